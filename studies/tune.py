"""Chooses the options of every strategy of the league with the same care: equal queries, one procedure, other benchmarks.

Usage: python studies/tune.py [LABEL ...] [--plan FILE --kept FOLDER --workers 2] tunes strategies of studies/tuning/plan.toml, by
default all, keeps a line a setting in results/tuning.csv, prints the row of each in a study and writes the table of
docs/strategies.md. What was searched is kept in results/tuning and not searched again, unless its strategy, benchmark or rules
have changed.

Candidates are the listed settings, of which the first is the standing one, and settings drawn from the ranges (a scrambled Sobol
sequence) up to the number of the first round. In each round all that are left make the same further searches, benchmark by
benchmark and seed by seed, and those with the best mean score over all of their searches go on to the next one. At the end the
best of them other than the standing setting meets it on seeds that no round has used. Each strategy spends the same number of
queries.

The score of a search is its validation regret (noise-free, of the incumbent) divided by the mean regret of random search on that
benchmark after as many evaluations, mean over the evaluations at which it is read: 1 is random search, 0 the best architecture.
So it has no scale of its own, and unlike a rank it does not depend on what else is in the race. Where nobody knows the best, it
is that of 20,000 random architectures, so a score may be negative. The difference between both settings has a 95 % bootstrap
interval over benchmarks and over seeds within each. Where it does not lie below 0, the standing setting stays.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import exp, log
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from pages import write_blocks
from scipy.stats import qmc

import nasbed
from nasbed.errors import OptionError
from nasbed.files import atomic_write
from nasbed.searches.incumbents import incumbents
from nasbed.searches.rules import Rules
from nasbed.streams import stream
from nasbed.studies.series import Entry, Series, loaded
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown
from nasbed.vocabulary import Budget

ROOT = Path(__file__).resolve().parent.parent
PLAN, TABLE, KEPT = (
    ROOT / "studies" / "tuning" / "plan.toml",
    ROOT / "results" / "tuning.csv",
    ROOT / "results" / "tuning",
)
PAGE = ROOT / "docs" / "strategies.md"
KNOWN = 20_000
"""Random architectures, the best of which stands for the best of a space where that is not known."""
YARDSTICK, YARDSTICK_SEEDS = "random_search", 50
RESAMPLES, LEVEL = 10_000, 0.95
HEAD = (
    "strategy",
    "stage",
    "setting",
    "searches",
    "score",
    "difference",
    "low",
    "high",
    "benchmarks_better",
    "adopted",
)

Setting = dict[str, Any]


@dataclass(frozen=True)
class Round:
    """So many settings make so many further searches each."""

    settings: int
    searches: int


@dataclass(frozen=True)
class Plan:
    """What all strategies have in common."""

    evaluations: int
    read: tuple[int, ...]
    first_seed: int
    rounds: tuple[Round, ...]
    final: int
    benchmarks: tuple[dict[str, Any], ...]
    strategies: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, path: Path | str) -> Plan:
        """Read the file of a plan."""
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        return cls(
            content["evaluations"],
            tuple(content["read"]),
            content["first_seed"],
            tuple(Round(**one) for one in content["round"]),
            content["final"],
            tuple(content["benchmark"]),
            {one.get("label", one["use"]): one for one in content["strategy"]},
        )

    @property
    def searches(self) -> int:
        """Searches that each strategy makes."""
        return sum(one.settings * one.searches for one in self.rounds) + 2 * self.final

    def place(self, number: int) -> tuple[int, int]:
        """The benchmark and the seed of a search by its number: all benchmarks with a seed, then all with the next."""
        seed, benchmark = divmod(number, len(self.benchmarks))
        return benchmark, self.first_seed + seed

    def series(self, use: str, setting: Setting, benchmark: int) -> Series:
        """The searches of a setting on a benchmark."""
        options = dict(self.benchmarks[benchmark])
        place = Entry(options.pop("use"), "benchmark", options)
        return Series(Entry(use, use, setting), place, Rules(Budget("evaluations", self.evaluations)))


def drawn(ranges: Mapping[str, Any], point: Sequence[float]) -> Setting:
    """The setting at a point of the unit cube. A name such as ``options.gamma`` is of an entry of a table."""
    setting: Setting = {}
    for (name, allowed), at in zip(ranges.items(), point, strict=True):
        if isinstance(allowed, list):
            value = allowed[int(at * len(allowed))]
        else:
            low, high, whole = allowed["low"], allowed["high"], isinstance(allowed["low"], int)
            ends = (low - 0.5, high + 0.5) if whole else (low, high)
            if allowed.get("log"):
                value = exp(log(ends[0]) + at * (log(ends[1]) - log(ends[0])))
            else:
                value = ends[0] + at * (ends[1] - ends[0])
            value = min(max(round(value), low), high) if whole else float(f"{value:.3g}")
        table, _, entry = name.rpartition(".")
        (setting.setdefault(table, {}) if table else setting)[entry] = value
    return setting


def candidates(entry: Mapping[str, Any], count: int) -> list[Setting]:
    """The listed settings of a strategy and drawn ones, as many as ``count`` in all, no two alike; what it refuses is left out."""
    found = [dict(one) for one in entry["settings"]]
    fixed = {name: value for name, value in found[0].items() if not isinstance(value, dict)}
    label = entry.get("label", entry["use"])
    seed = int(stream(0, label, "candidates").numpy.integers(2**32))
    points = qmc.Sobol(len(entry["ranges"]), seed=np.random.default_rng(seed)).random_base2(10)
    for point in points:
        if len(found) == count:
            return found
        setting = {**fixed, **drawn(entry["ranges"], point)}
        if setting not in found and accepted(entry["use"], setting):
            found.append(setting)
    assert len(found) >= count, f"{label}: the ranges hold {len(found)} settings of the {count} that are wanted"
    return found[:count]


def accepted(use: str, setting: Setting) -> bool:
    """Whether a strategy takes a setting: options may contradict each other."""
    try:
        nasbed.load_strategy(use, **setting)
    except OptionError:
        return False
    return True


@cache
def best_of(use: str, options: str) -> float:
    """The best noise-free validation value of a benchmark, or of many random architectures where it is not known."""
    benchmark = loaded(use, json.loads(options))
    referee = benchmark.referee()
    best = float(referee.best()[0])
    if np.isnan(best):
        rng = stream(0, benchmark.label, "best")
        some = np.array([benchmark.space.index(benchmark.space.sample(rng)) for _ in range(KNOWN)])
        best = float(referee.validation(some).max())
    return best


def regrets(series: Series, seed: int, read: Sequence[int]) -> list[float]:
    """The regret of one search after each number of evaluations in ``read``."""
    benchmark = series.load_benchmark()
    result = nasbed.search(series.load_strategy(), benchmark, budget=series.rules.budget, seed=seed)
    rows = np.array([(one.value, one.epochs, one.index) for one in result.outcomes]).T
    values, epochs, archs = rows[:1], rows[1:2].astype(int), rows[2:].astype(int)
    places = incumbents(values, epochs, archs, series.rules.incumbent)[0]
    at = [int(places[min(count, len(places)) - 1]) for count in read]
    assert min(at) >= 0, f"no training of seed {seed} succeeded on {benchmark.label}"
    best = best_of(series.benchmark.use, json.dumps(series.benchmark.options))
    return [best - value for value in benchmark.referee().validation(archs[0, at]).tolist()]


class Searches:
    """Makes searches, in processes where there are several workers, and keeps their regrets in a folder."""

    def __init__(self, plan: Plan, folder: Path | str, workers: int = 1) -> None:
        self._plan, self._folder = plan, Path(folder)
        spawned = get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, mp_context=spawned) if workers > 1 else None
        self._keys: dict[tuple[str, str, int], Series] = {}
        self.made = 0

    def _series(self, use: str, setting: Setting, benchmark: int) -> Series:
        return self._keys.setdefault((use, json.dumps(setting), benchmark), self._plan.series(use, setting, benchmark))

    def scores(self, label: str, use: str, settings: Sequence[Setting], numbers: Sequence[int]) -> np.ndarray:
        """The scores of searches by their numbers, (settings, numbers)."""
        places = [self._plan.place(number) for number in numbers]
        wanted = [(self._series(use, setting, at), seed) for setting in settings for at, seed in places]
        found = self._found(label, wanted).reshape(len(settings), len(numbers), -1)
        scales = np.array([self._scale(at) for at, _ in places])
        return (found / scales).mean(axis=2)

    def _scale(self, benchmark: int) -> np.ndarray:
        """The mean regret of random search on a benchmark."""
        series, first = self._series(YARDSTICK, {}, benchmark), self._plan.first_seed
        return self._found(YARDSTICK, [(series, first + seed) for seed in range(YARDSTICK_SEEDS)]).mean(axis=0)

    def _found(self, label: str, wanted: Sequence[tuple[Series, int]]) -> np.ndarray:
        file = self._folder / f"{label.replace(' ', '_')}.json"
        kept: dict[str, list[float]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        names = [series.run_id(seed)[:16] for series, seed in wanted]
        left = {name: one for name, one in zip(names, wanted, strict=True) if name not in kept}
        made = self._made(list(left.values()))
        names_left = iter(left)
        while some := list(islice(made, 20)):
            kept |= {next(names_left): one for one in some}
            self.made += len(some)
            atomic_write(file, json.dumps(kept))
        return np.array([kept[name] for name in names])

    def _made(self, wanted: Sequence[tuple[Series, int]]) -> Iterator[list[float]]:
        mapped = map if self._pool is None else self._pool.map
        columns = [one for one, _ in wanted], [seed for _, seed in wanted], [self._plan.read] * len(wanted)
        return iter(mapped(regrets, *columns))


@dataclass(frozen=True)
class Verdict:
    """What tuning says of one strategy. The difference is the challenger's score less the standing setting's, with its interval."""

    standing: Setting
    challenger: Setting
    scores: tuple[float, float]
    difference: float
    low: float
    high: float
    better: int
    """Benchmarks on which the challenger is ahead."""

    @property
    def adopted(self) -> bool:
        """Whether the challenger is shown to be better."""
        return self.high < 0


def interval(differences: np.ndarray, name: str) -> tuple[float, float]:
    """The bootstrap interval of a mean of (seeds, benchmarks): benchmarks are drawn anew, and seeds within each."""
    rng = stream(0, name, "interval").numpy
    seeds, benchmarks = differences.shape
    columns = rng.integers(benchmarks, size=(RESAMPLES, 1, benchmarks))
    rows = rng.integers(seeds, size=(RESAMPLES, seeds, benchmarks))
    means = differences[rows, columns].mean(axis=(1, 2))
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def tune(plan: Plan, label: str, searches: Searches) -> tuple[Verdict, list[tuple[Any, ...]]]:
    """Tune one strategy; its verdict, and a row for each candidate with the last round that it was in."""
    entry = plan.strategies[label]
    left = candidates(entry, plan.rounds[0].settings)
    standing, begin, so_far = left[0], 0, np.empty((len(left), 0))
    rows = {}
    for number, one in enumerate(plan.rounds):
        order = np.argsort(so_far.mean(axis=1), kind="stable")[: one.settings] if number else np.arange(one.settings)
        left, so_far = [left[place] for place in order], so_far[order]
        ahead = range(begin, begin + one.searches)
        so_far = np.hstack([so_far, searches.scores(label, entry["use"], left, ahead)])
        begin = ahead.stop
        for setting, score in zip(left, so_far.mean(axis=1), strict=True):
            name = json.dumps(setting)
            rows[name] = (label, f"round {number + 1}", name, begin, f"{score:.4f}", *[""] * 5)
    others = [place for place in np.argsort(so_far.mean(axis=1), kind="stable") if left[place] != standing]
    challenger = left[others[0]]
    count = len(plan.benchmarks)
    fresh = range(-(-begin // count) * count, -(-begin // count) * count + plan.final)
    final = searches.scores(label, entry["use"], [standing, challenger], fresh)
    differences = (final[1] - final[0]).reshape(-1, count)
    low, high = interval(differences, label)
    better = int((differences.mean(axis=0) < 0).sum())
    scores = float(final[0].mean()), float(final[1].mean())
    verdict = Verdict(standing, challenger, scores, float(differences.mean()), low, high, better)
    for name, setting, score in zip(("standing", "challenger"), (standing, challenger), scores, strict=True):
        against = [f"{one:.4f}" for one in (verdict.difference, low, high)] if name == "challenger" else [""] * 3
        ahead_on = str(better) if name == "challenger" else ""
        chosen = verdict.adopted == (name == "challenger")
        rows[name] = (
            label,
            name,
            json.dumps(setting),
            plan.final,
            f"{score:.4f}",
            *against,
            ahead_on,
            "yes" if chosen else "no",
        )
    return verdict, list(rows.values())


def keep(rows: Sequence[tuple[Any, ...]], order: Sequence[str], table: Path) -> None:
    """Replace what is kept of the strategies in ``rows``."""
    old = list(csv.reader(table.open(encoding="utf-8")))[1:] if table.exists() else []
    again = {str(row[0]) for row in rows}
    every = [*(row for row in old if row[0] not in again), *rows]
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerows([HEAD, *sorted(every, key=lambda row: list(order).index(row[0]))])
    atomic_write(table, text.getvalue())


def told(table: Path) -> str:
    """The table of a page: each strategy, both scores, and what became of it."""
    rows = []
    with table.open(encoding="utf-8") as file:
        ends = [row for row in csv.DictReader(file) if row["adopted"]]
    for standing, other in zip(ends[::2], ends[1::2], strict=True):
        before, after = flat(json.loads(standing["setting"])), flat(json.loads(other["setting"]))
        changed = ", ".join(f"{name} {value}" for name, value in after.items() if before.get(name) != value)
        found = [f"{float(other[name]):+.2f}" for name in ("difference", "low", "high")]
        scores = [f"{float(one['score']):.2f}" for one in (standing, other)]
        cells = [*scores, f"{found[0]} [{found[1]}, {found[2]}]", other["benchmarks_better"], other["adopted"]]
        rows.append([standing["strategy"], changed, *cells])
    return markdown(
        printed(["strategy", "best other setting", "standing", "other", "difference", "ahead on", "adopted"], rows)
    )


def flat(setting: Setting) -> Setting:
    """A setting with the entries of its tables beside the rest."""
    tables = [one for one in setting.values() if isinstance(one, dict)]
    return {name: value for name, value in setting.items() if not isinstance(value, dict)} | dict(
        pair for one in tables for pair in one.items()
    )


def main() -> None:
    """Tune, keep, and print what is adopted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="*", metavar="LABEL", help="strategies to tune; all by default")
    parser.add_argument("--plan", type=Path, default=PLAN, help="what is tuned, and how")
    parser.add_argument("--table", type=Path, default=TABLE, help="where the settings and their scores are kept")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where searches are kept")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    given = parser.parse_args()
    plan = Plan.load(given.plan)
    for label in given.labels:
        if label not in plan.strategies:
            parser.error(f"unknown strategy {label!r}; known: {', '.join(plan.strategies)}")
    searches = Searches(plan, given.kept, given.workers)
    print(f"# {plan.searches} searches of {plan.evaluations} queries for each strategy")
    for label in given.labels or plan.strategies:
        verdict, rows = tune(plan, label, searches)
        keep(rows, list(plan.strategies), given.table)
        line = f"{verdict.scores[0]:.3f} to {verdict.scores[1]:.3f} [{verdict.low:+.3f}, {verdict.high:+.3f}]"
        print(f"# {label}: {line}, better on {verdict.better} of {len(plan.benchmarks)}: ", end="")
        print("adopted" if verdict.adopted else "the standing setting stays")
        chosen = verdict.challenger if verdict.adopted else verdict.standing
        row = {"use": plan.strategies[label]["use"], "label": label, **chosen}
        print(tomli_w.dumps({"strategy": [row]}), flush=True)
        if given.table == TABLE:
            write_blocks(PAGE, {"tuning": told(TABLE)})


if __name__ == "__main__":
    main()
