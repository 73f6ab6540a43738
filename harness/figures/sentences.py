"""What a figure shows, as a sentence with its main numbers, for readers who cannot see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nasbed.figures.arrays import TOGETHER
from nasbed.results.known import better
from nasbed.tables.numbers import number

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results

Sentence = Callable[["Results", "pd.DataFrame"], str]
"""The sentence of a figure, of the results and of the numbers that it plots."""

MOST = 3
"""Benchmarks that have a sentence of their own; of more it is counted who is best on how many."""


def at_the_end(what: str, *, highest: bool = False) -> Sentence:
    """The sentence of lines: who has the lowest mean where the lines end, or the highest, and who the other extreme.

    Its frame has the columns strategy, x and mean, and benchmark where there are panels.
    """

    def sentence(results: Results, frame: pd.DataFrame) -> str:
        return extremes(_last(frame, "x", "mean"), f"{what} at the end", highest=highest)

    return sentence


def typical(what: str, column: str, *, highest: bool = False) -> Sentence:
    """The sentence of points or of a table: who has the lowest median of a column, or the highest."""

    def sentence(results: Results, frame: pd.DataFrame) -> str:
        return extremes(_by_name(frame, column, lambda of: float(of.median())), what, highest=highest)

    return sentence


def in_the_middle(what: str) -> Sentence:
    """The sentence of distributions: who has the largest share in the middle of the axis."""

    def sentence(results: Results, frame: pd.DataFrame) -> str:
        found: dict[str, dict[str, float]] = {}
        for label, mine in frame.groupby("benchmark", sort=False, observed=True):
            points = mine["x"].drop_duplicates().sort_values()
            middle = float(points.iloc[len(points) // 2])
            there = mine[mine["x"] == middle]
            found[f"{label} at {number(middle, 3)}"] = dict(zip(there["strategy"], there["mean"], strict=True))
        return extremes(found, what, highest=True)

    return sentence


def of_curves(results: Results, frame: pd.DataFrame) -> str:
    """The sentence of anytime curves: who is best after all evaluations, by lower regrets or better values."""
    mine = frame[(frame["axis"] == "evaluations") & (frame["metric"] == frame["metric"].iloc[-1])]
    what = f"mean {str(mine['metric'].iloc[0]).replace('_', ' ')} at the end"
    highest = any(better(results.benchmarks[label]) == "higher" for label in mine["benchmark"].unique())
    return extremes(_last(mine, "x", "mean"), what, highest=highest)


def of_paths(results: Results, frame: pd.DataFrame) -> str:
    """The sentence of searches that are followed one by one: the regret of the last incumbent of each."""
    return extremes(_last(frame[frame["incumbent"]], "evaluation", "regret"), "regret of the last incumbent")


def of_fronts(results: Results, frame: pd.DataFrame) -> str:
    """The sentence of fronts: how many architectures each has, and how many of them are on the true one."""
    found = []
    for label, mine in frame.groupby("benchmark", sort=False, observed=True):
        true = set(mine.loc[mine["source"] == "true front", "architecture"])
        parts = [
            f"{strategy} {len(of)}, {len(true & set(of))} of them on the true front"
            for strategy, of in mine[mine["source"] == "run"].groupby("strategy", sort=False)["architecture"]
        ]
        found.append(f"Architectures on the fronts of {label}, whose true front has {len(true)}: {'; '.join(parts)}.")
    return " ".join(found)


def extremes(values: Mapping[str, Mapping[str, float]], what: str, *, highest: bool = False) -> str:
    """Who has the best and who the worst of some values, given by benchmark and strategy; empty where there are none.

    >>> extremes({"cifar10": {"tpe": 0.25, "random_search": 0.5}}, "mean regret")
    'Lowest mean regret on cifar10: tpe, 0.250; highest: random_search, 0.500.'
    >>> extremes({"": {"tpe": 1.5}}, "mean rank")
    'Mean rank: tpe, 1.50.'
    """
    first, last = ("highest", "lowest") if highest else ("lowest", "highest")
    ranked = {
        label: sorted(known, key=known.__getitem__, reverse=highest)
        for label, by_name in values.items()
        if (known := {name: value for name, value in by_name.items() if value == value})
    }
    if TOGETHER in ranked:
        ranked = {TOGETHER: ranked[TOGETHER]}
    if len(ranked) > MOST:
        counts = Counter(names[0] for names in ranked.values())
        listed = ", ".join(f"{name} on {count}" for name, count in counts.most_common(MOST))
        return f"{first.capitalize()} {what}, of {len(ranked)} benchmarks: {listed}."
    found = []
    for label, names in ranked.items():
        on, of = f" on {label}" if label else "", values[label]
        best, worst = (f"{name}, {number(float(of[name]), 3)}" for name in (names[0], names[-1]))
        if len(names) == 1:
            found.append(f"{what[:1].upper()}{what[1:]}{on}: {best}.")
        else:
            found.append(f"{first.capitalize()} {what}{on}: {best}; {last}: {worst}.")
    return " ".join(found)


def _by_name(frame: pd.DataFrame, column: str, of: Callable[[pd.Series], float]) -> dict[str, dict[str, float]]:
    """A number of a column by benchmark and strategy; the benchmark is empty where there is none."""
    found: dict[str, dict[str, float]] = {}
    names = [name for name in ("benchmark", "strategy") if name in frame]
    for place, values in frame.groupby(names, sort=False, observed=True)[column]:
        *labels, strategy = map(str, place if isinstance(place, tuple) else (place,))
        found.setdefault("".join(labels), {})[strategy] = of(values)
    return found


def _last(frame: pd.DataFrame, x: str, column: str) -> dict[str, dict[str, float]]:
    """The number of a column where each line ends."""
    return _by_name(frame.dropna(subset=[column]).sort_values(x, kind="stable"), column, lambda of: float(of.iloc[-1]))
