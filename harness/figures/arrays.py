"""What several figures plot: regrets of all runs on a common axis, and lines with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.results.curves import spaced
from nasbed.statistics.intervals import share_interval
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.vocabulary import Meter

POINTS = 50
"""Points of a line."""

TOGETHER = "all benchmarks"
"""The label of the mean over benchmarks."""

Ends = tuple[np.ndarray, np.ndarray]
"""The lower and the upper ends of intervals."""

LINE = ("benchmark", "strategy", "x", "mean", "low", "high")
"""Columns of lines with intervals."""


def axis_of(results: Results, benchmark: str | None = None) -> Meter:
    """What runs are followed along: what their budgets count. Of benchmarks whose budgets count different things beside
    evaluations it is the clock.
    """
    all_series = [series for series in results.series if benchmark in (None, series.benchmark)]
    counted = {series.rules.budget.axis for series in all_series} - {EVALUATIONS}
    return counted.pop() if len(counted) == 1 else SECONDS if counted else EVALUATIONS


def together(results: Results) -> bool:
    """Whether a mean over benchmarks is of like things: there are several, and all have the same budget in evaluations. A
    benchmark of the label of that mean takes its place.
    """
    budgets = {series.rules.budget for series in results.series}
    several = len(results.benchmarks) > 1 and TOGETHER not in results.benchmarks
    return several and len(budgets) == 1 and axis_of(results) is EVALUATIONS


def points_of(results: Results, benchmark: str) -> np.ndarray:
    """Points on the axis at which the runs of all strategies are compared.

    Against evaluations, up to where a budget ends the first run of any strategy; runs that their strategy ended are carried
    forward. Against what else a budget counts, up to the budget.
    """
    scored = [results.series_of(benchmark, name).runs for name in results.strategies]
    budget = results.series_of(benchmark, results.strategies[0]).rules.budget
    axis = axis_of(results, benchmark)
    if axis is EVALUATIONS:
        longest = max(one.width for one in scored)
        width = min(int(one.count[~one.ended].min(initial=longest)) for one in scored)
        return spaced(axis, 1, max(1, width), POINTS)
    first = min(float(one.first(axis).min()) for one in scored)
    return spaced(axis, min(first, budget.amount), budget.amount, POINTS)


def regrets(
    results: Results, benchmark: str, x: np.ndarray, metric: str = "validation_regret"
) -> dict[str, np.ndarray]:
    """By strategy the regret of each run at points ``x`` of the axis, (seeds, points); ``nan`` without an incumbent."""
    scored = {name: results.series_of(benchmark, name).runs for name in results.strategies}
    axis = axis_of(results, benchmark)
    if axis is EVALUATIONS:
        return {name: getattr(one, metric)[:, np.minimum(x.astype(int), one.width) - 1] for name, one in scored.items()}
    return {name: one.at(axis, metric, x) for name, one in scored.items()}


def lines(
    benchmark: str, x: np.ndarray, values: Mapping[str, np.ndarray], ends: Callable[[np.ndarray], Ends] = share_interval
) -> pd.DataFrame:
    """Means over seeds with 95 % intervals, a row a strategy and point: the columns ``LINE``.

    ``values`` by strategy are (seeds, points), shares or what else ``ends`` knows the interval of.
    """
    frames = []
    for strategy, mine in values.items():
        low, high = ends(mine)
        content = {
            "benchmark": benchmark,
            "strategy": strategy,
            "x": x,
            "mean": mine.mean(axis=0),
            "low": low,
            "high": high,
        }
        frames.append(pd.DataFrame(content))
    return pd.concat(frames, ignore_index=True)
