"""Runs the league of strategies and writes its tables into docs/strategies.md: regrets, contrasts, queries to the optimum.

Usage: python studies/league.py [LABEL ...] [--engine local:2]. Rows of studies/league.toml are run one by one into
results/league, and what is stored is not run again. The tables are made of the rows that are complete.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

import nasbed
from nasbed.analysis.stats import Contrast, bootstrap_mean, contrast, holm
from nasbed.errors import NasbedError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "league"
BUDGETS = (50, 100, 200, 400)
PATIENCE = 1_000
"""Queries after which a search for the optimum is given up."""
RIVALS = ("random_search", "regularized_evolution")
LEVEL = 0.05
METRICS = {"validation_regret": "Validation regret", "test_regret": "Test regret"}


@dataclass(frozen=True)
class Row:
    """A strategy of the league: what it found, (seeds, budgets) for each metric and benchmark."""

    label: str
    regrets: Mapping[str, Mapping[str, np.ndarray]]
    thinking: float
    queries: Mapping[str, np.ndarray]
    """To the optimum, (seeds,) for each benchmark; ``PATIENCE`` where it was not found."""


def study_of(content: dict[str, Any], entry: dict[str, Any]) -> nasbed.Study:
    """The league with one strategy alone."""
    only = {**content, "reference": entry.get("label", entry["use"]), "strategy": [entry]}
    return nasbed.Study.parse(tomli_w.dumps(only))


def hunt_of(content: dict[str, Any], entry: dict[str, Any], benchmark: dict[str, Any]) -> nasbed.Study:
    """A search without noise that ends at the architecture of the best mean validation."""
    table = nasbed.load_benchmark(benchmark["use"], dataset=benchmark["dataset"])
    best = int(table.referee().validation(np.arange(len(table.space))).argmax())
    label = entry.get("label", entry["use"])
    options = {key: value for key, value in entry.items() if key not in ("use", "label")}
    wrapped = {
        "use": "until_found:UntilFound",
        "label": label,
        "strategy": entry["use"],
        "options": json.dumps(options),
        "architecture": best,
    }
    rules = {"budget": {"evaluations": PATIENCE}, "noise": "mean", "benchmark": [benchmark], "strategy": [wrapped]}
    return nasbed.Study.parse(tomli_w.dumps({**content, **rules, "reference": label}))


def row_of(content: dict[str, Any], entry: dict[str, Any], engine: str | None) -> Row:
    """A row from what is stored, run before where an engine is given."""
    label = entry.get("label", entry["use"])
    folder = FOLDER / label.replace(" ", "_")

    def results(study: nasbed.Study, name: str) -> nasbed.Results:
        if engine is not None:
            return nasbed.run_study(study, folder / name, engine=engine)
        found = nasbed.Results.load(folder / name)
        if len(found.parts[0].judged.seeds) != len(study.seeds) or found.warnings:
            raise nasbed.NasbedError(f"{folder / name} is incomplete or of other code")
        return found

    searched = results(study_of(content, entry), "regrets")
    regrets = {
        part.benchmark: {metric: _at_budgets(getattr(part.judged, metric)) for metric in METRICS}
        for part in searched.parts
    }
    queries = {}
    for benchmark, part in zip(content["benchmark"], searched.parts, strict=True):
        hunted = results(hunt_of(content, entry, benchmark), f"optimum-{benchmark['dataset']}").parts[0].judged
        queries[part.benchmark] = np.where(hunted.validation_regret[:, -1] < 1e-9, hunted.count, PATIENCE)
    return Row(label, regrets, float(np.mean([part.thinking for part in searched.parts])), queries)


def _at_budgets(regret: np.ndarray) -> np.ndarray:
    """(seeds, budgets); a search that its strategy ended keeps its incumbent."""
    return np.stack([regret[:, min(budget, regret.shape[1]) - 1] for budget in BUDGETS], axis=1)


def contrasts(rows: Sequence[Row], metric: str) -> dict[tuple[str, str, int, str], Contrast]:
    """By row, benchmark, budget and rival: paired by seed, corrected by Holm over all of the metric."""
    by_label = {row.label: row for row in rows}
    found = {}
    for row in rows:
        for rival in RIVALS:
            if rival in by_label and row.label != rival:
                for benchmark, of in row.regrets.items():
                    theirs = by_label[rival].regrets[benchmark][metric]
                    for place, budget in enumerate(BUDGETS):
                        found[row.label, benchmark, budget, rival] = contrast(of[metric][:, place], theirs[:, place])
    adjusted = holm(np.array([one.p for one in found.values()]))
    return {
        key: Contrast(**{**vars(one), "p_holm": float(p)})
        for (key, one), p in zip(found.items(), adjusted, strict=True)
    }


def mark(found: Mapping[tuple[str, str, int, str], Contrast], label: str, benchmark: str, budget: int) -> str:
    """``*`` better than both rivals, ``°`` better than random search alone, ``×`` worse than random search."""
    versus = [found.get((label, benchmark, budget, rival)) for rival in RIVALS]
    better = [one is not None and one.p_holm < LEVEL and one.difference < 0 for one in versus]
    worse = versus[0] is not None and versus[0].p_holm < LEVEL and versus[0].difference > 0
    return r"\*" if all(better) else "°" if better[0] else "×" if worse else ""


def table(rows: Sequence[Row], benchmark: str, floor: tuple[float, float], families: Mapping[str, Any]) -> list[str]:
    """A table of one benchmark, best validation regret at 200 evaluations first."""
    heads = [f"{word} {budget}" for word in ("val", "test") for budget in BUDGETS]
    lines = [f"| {benchmark} | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for row in sorted(rows, key=lambda row: row.regrets[benchmark]["validation_regret"][:, 2].mean()):
        cells = [
            f"{row.regrets[benchmark][metric][:, place].mean():.2f}{mark(families[metric], row.label, benchmark, budget)}"
            for metric in METRICS
            for place, budget in enumerate(BUDGETS)
        ]
        lines.append(f"| {row.label} | {' | '.join(cells)} |")
    cells = [f"{one:.2f}" for one in floor for _ in BUDGETS]
    return [*lines, f"| floor | {' | '.join(cells)} |", ""]


def hunts(rows: Sequence[Row], benchmarks: Sequence[str]) -> list[str]:
    """Queries to the optimum, and thinking time."""
    lines = [f"| strategy | {' | '.join(benchmarks)} | ms a query |", "| --- |" + " ---: |" * (len(benchmarks) + 1)]
    for row in sorted(rows, key=lambda row: float(np.mean([one.mean() for one in row.queries.values()]))):
        cells = []
        for benchmark in benchmarks:
            queries = row.queries[benchmark].astype(float)
            low, high = bootstrap_mean(queries)
            missed = int((queries >= PATIENCE).sum())
            cells.append(f"{queries.mean():.0f} [{low:.0f}, {high:.0f}]" + (f", {missed} missed" if missed else ""))
        lines.append(f"| {row.label} | {' | '.join(cells)} | {1e3 * row.thinking:.2g} |")
    return [*lines, ""]


def tables(rows: Sequence[Row], content: dict[str, Any]) -> dict[str, str]:
    """The blocks of the page by name."""
    searched = [nasbed.load_benchmark("nasbench201", dataset=one["dataset"]) for one in content["benchmark"]]
    families = {metric: contrasts(rows, metric) for metric in METRICS}
    blocks: list[str] = []
    for benchmark in searched:
        referee = benchmark.referee()
        index, seen, chance = referee.winner("draw")
        values = referee.validation(index), referee.test(index, seen)
        floor = [float(best - chance @ value) for best, value in zip(referee.best(), values, strict=True)]
        blocks += table(rows, benchmark.label, (floor[0], floor[1]), families)
    family = f"Holm's family: {len(families['test_regret']):,} contrasts a metric. {content['seeds']} seeds."
    return {
        "regrets": "\n".join([*blocks, family]),
        "hunts": "\n".join(hunts(rows, [benchmark.label for benchmark in searched])).rstrip(),
    }


def inserted(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block between its two marks."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Run, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", nargs="*", help="rows to run; none: all")
    parser.add_argument("--engine", default="local", help="local:N is N processes")
    parser.add_argument("--page", action="store_true", help="write the tables alone")
    given = parser.parse_args()
    content = tomllib.loads((ROOT / "studies" / "league.toml").read_text(encoding="utf-8"))
    rows = []
    for entry in content["strategy"]:
        label = entry.get("label", entry["use"])
        wanted = not given.page and (not given.labels or label in given.labels)
        try:
            rows.append(row_of(content, entry, given.engine if wanted else None))
        except NasbedError as error:
            print(f"{label} is left out: {error}")
    page = ROOT / "docs" / "strategies.md"
    page.write_text(inserted(page.read_text(encoding="utf-8"), tables(rows, content)), encoding="utf-8")


if __name__ == "__main__":
    main()
