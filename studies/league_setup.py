"""What the league consists of: rows (strategies) and families of tasks, the studies that they come to, and what those will take."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import tomli_w

import nasbed
from nasbed.errors import StudyError, require_name
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = ROOT / "studies" / "league" / "families.toml"
STRATEGIES = ROOT / "studies" / "league" / "strategies.toml"
RIVALS = ("random_search", "regularized_evolution")
REFERENCE = RIVALS[0]
HUNTERS = 30
"""Seeds that look for the optimum, the first ones."""
PATIENCE = 1_000
"""Queries after which a search for the optimum is given up."""
LOOP_MS = 0.15
"""Milliseconds of an evaluation apart from the strategy's thinking: loop, table, record, and scores, of rows that were run."""
ASSUMED_MS = {True: 10.0, False: 0.2}
"""Milliseconds that a row is taken to think before an evaluation where that is not known: slow rows, and others."""
ASSUMED_QUERIES = {True: 300, False: PATIENCE}
"""Queries that a hunt of a row is taken to need where that was never measured: slow rows, and others."""


@dataclass(frozen=True)
class Row:
    """A strategy of the league: its entry of a study, and what the league does with it."""

    entry: Mapping[str, Any]
    slow: bool = False
    evaluations: int = 0
    """How far its searches go where it is slow and a family is read so far; else they stop where all rows are compared."""
    seeds: Mapping[str, int] = field(default_factory=dict)
    """Its seeds on families where it has others than slow or fast rows have."""
    families: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    hunt: bool = True
    ms: float | None = None
    """CPU time of its thinking before an evaluation in milliseconds, about, for a plan."""

    @property
    def label(self) -> str:
        """What it is called."""
        return str(self.entry.get("label", self.entry["use"]))

    def runs_on(self, family: Family) -> bool:
        """Whether it takes part in a family."""
        return family.use not in self.without and (not self.families or family.use in self.families)


@dataclass(frozen=True)
class Family:
    """Data sets of one benchmark, with the seeds and the evaluations at which searches on them are read."""

    use: str
    title: str
    datasets: tuple[str, ...]
    seeds: int
    budgets: tuple[int, ...]
    slow_seeds: int
    common: int
    """Evaluations after which all rows are compared: those at which slow rows stop."""
    hunt: bool = False
    unit: Literal["mean", "spread"] = "mean"
    answer_ms: float = 0.0

    def seeds_of(self, row: Row, most: int | None = None) -> int:
        """How many seeds a row has."""
        seeds = row.seeds.get(self.use, self.slow_seeds if row.slow else self.seeds)
        return seeds if most is None else min(seeds, most)

    def evaluations_of(self, row: Row) -> int:
        """How long the searches of a row are."""
        return max(self.common, min(row.evaluations, self.budgets[-1])) if row.slow else self.budgets[-1]

    @property
    def benchmarks(self) -> list[dict[str, str]]:
        """The entries of a study."""
        return [{"use": self.use, "dataset": dataset} for dataset in self.datasets]

    def hunts(self, row: Row) -> bool:
        """Whether queries to the optimum are measured."""
        return self.hunt and row.hunt


def families(path: Path = FAMILIES) -> dict[str, Family]:
    """The families of the league by the benchmark that they are of."""
    found = {}
    for entry in _entries(path, "family"):
        slow = entry.pop("slow")
        entry |= {"datasets": tuple(entry["datasets"]), "budgets": tuple(entry["budgets"])}
        found[entry["use"]] = Family(**entry, slow_seeds=slow["seeds"], common=slow["evaluations"])
    return found


def rows(path: Path = STRATEGIES, known: Iterable[str] = ()) -> dict[str, Row]:
    """The rows of the league by label, in the order of the file; ``known`` are the families that they may name.

    Raises :class:`~nasbed.errors.StudyError` for a label that stands there twice.
    """
    found: dict[str, Row] = {}
    for entry in _entries(path, "strategy"):
        own = {key: entry.pop(key) for key in ("slow", "evaluations", "seeds", "hunt", "ms") if key in entry}
        for key in ("families", "without"):
            own[key] = tuple(entry.pop(key, ()))
        for key in ("families", "without", "seeds"):
            for name in own.get(key, ()) if known else ():
                require_name("family", name, tuple(known), f"{key} of {entry['use']}")
        row = Row(entry, **own)
        if row.label in found:
            raise StudyError(f"{path.name}: two rows are called {row.label!r}; give one of them another label")
        found[row.label] = row
    return found


def _entries(path: Path, kind: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))[kind]
    return entries


def study_of(family: Family, row: Row, seeds: int) -> nasbed.Study:
    """The searches of a row on a family."""
    return _study(family, row, seeds, {"evaluations": family.evaluations_of(row)}, family.benchmarks, row.entry)


def hunt_of(family: Family, row: Row, dataset: str, seeds: int) -> nasbed.Study:
    """Searches without noise that end at the architecture of the best mean validation."""
    table = nasbed.load_benchmark(family.use, dataset=dataset)
    best = int(table.referee().validation(np.arange(len(table.space))).argmax())
    options = {key: value for key, value in row.entry.items() if key not in ("use", "label")}
    wrapped = {
        "use": "until_found:UntilFound",
        "label": row.label,
        "strategy": row.entry["use"],
        "options": json.dumps(options),
        "architecture": best,
    }
    entry = {"use": family.use, "dataset": dataset}
    return _study(family, row, seeds, {"evaluations": PATIENCE}, [entry], wrapped, noise="mean")


def _study(
    family: Family,
    row: Row,
    seeds: int,
    budget: dict[str, int],
    benchmarks: list[dict[str, str]],
    entry: Mapping[str, Any],
    **rules: str,
) -> nasbed.Study:
    content = {
        "name": f"league-{family.use.replace('_', '-')}",
        "title": f"The league: {family.title}",
        "seeds": seeds,
        "budget": budget,
        "reference": row.label,
        **rules,
        "benchmark": benchmarks,
        "strategy": [dict(entry)],
    }
    return nasbed.Study.parse(tomli_w.dumps(content))


def plan(chosen: Iterable[Row], ground: Iterable[Family], kept: pd.DataFrame, most: int | None = None) -> pd.DataFrame:
    """What the searches of rows on families will take: a line each, with ``searches``, ``evaluations``, ``ms`` of CPU an
    evaluation, whether that was ``measured`` there, and ``minutes`` of CPU in all, hunts included.

    Where CPU time was not measured on a family it is by what the row declares, or else by what slow rows and others are taken to
    think.
    """
    lines = []
    measured = kept.groupby(["strategy", "family"], observed=True)["cpu_ms"].mean().dropna()
    for row in chosen:
        for family in ground:
            if not row.runs_on(family):
                continue
            there = (row.label, family.use) in measured.index
            thinking = ASSUMED_MS[row.slow] if row.ms is None else row.ms
            ms = float(measured[row.label, family.use]) if there else thinking + LOOP_MS + family.answer_ms
            searches = family.seeds_of(row, most) * len(family.datasets)
            evaluations = searches * family.evaluations_of(row)
            hunters = min(family.seeds_of(row, most), HUNTERS) * len(family.datasets)
            hunted = hunters * _queries(kept, row, family) if family.hunts(row) else 0.0
            minutes = (evaluations + hunted) * ms / 60_000
            lines.append((row.label, family.use, searches, evaluations, ms, there, minutes))
    return pd.DataFrame(lines, columns=["strategy", "family", "searches", "evaluations", "ms", "measured", "minutes"])


def _queries(kept: pd.DataFrame, row: Row, family: Family) -> float:
    """Queries of a hunt, by those that were measured."""
    mine = kept.loc[(kept["strategy"] == row.label) & (kept["family"] == family.use), "queries"].dropna()
    return float(mine.mean()) if len(mine) else float(ASSUMED_QUERIES[row.slow])


def told(planned: pd.DataFrame) -> str:
    """A plan as a table: minutes of CPU by row and family, with their sums; ``~`` where it was not measured there."""
    names = list(dict.fromkeys(planned["family"]))
    lines = []
    for label, mine in planned.groupby("strategy", sort=False):
        cells = mine.set_index("family")
        text = [
            f"{'' if cells.loc[name, 'measured'] else '~'}{cells.loc[name, 'minutes']:.2f}"
            if name in cells.index
            else "–"
            for name in names
        ]
        lines.append([str(label), *text, f"{mine['minutes'].sum():.1f}"])
    sums = planned.groupby("family", sort=False)["minutes"].sum()
    lines.append(["all", *(f"{sums[name]:.1f}" for name in names), f"{planned['minutes'].sum():.1f}"])
    searches = int(planned["searches"].sum())
    head = f"{searches:,} searches, {int(planned['evaluations'].sum()):,} evaluations; minutes of CPU:"
    return f"{head}\n\n{markdown(printed(['strategy', *names, 'all'], lines))}"
