"""Anytime curves: mean regret with its interval, against evaluations and against simulated time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.results.judge import ScoredRuns
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary import Budget

POINTS = 120
"""Points of a curve against time."""


@dataclass(frozen=True)
class Curve:
    """Mean over seeds at each ``x``, with the ends of a 95 % t interval."""

    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


Points = tuple[np.ndarray, np.ndarray]
"""Where a curve is drawn, (points,), and the values of each run there, (seeds, points)."""


def against_evaluations(scored: ScoredRuns, metric: str, width: int) -> Points:
    """The metric after 1 .. ``width`` evaluations.

    Runs that their strategy ended are carried forward; the curve stops where the budget stopped the first run, so that
    it is a mean over all seeds throughout.
    """
    values = getattr(scored, metric)
    values = np.concatenate([values, np.repeat(values[:, -1:], max(0, width - values.shape[1]), axis=1)], axis=1)
    shown = int(scored.count[~scored.ended].min(initial=width))
    return np.arange(1, shown + 1, dtype=float), values[:, :shown]


def against_time(scored: ScoredRuns, metric: str, budget: Budget, horizon: float) -> Points:
    """The metric against the simulated clock, in seconds, up to ``horizon``.

    The curve begins when every run has an incumbent. Under a budget of seconds, and for runs that their strategy ended,
    the incumbent is carried to the horizon; runs that a budget of evaluations or epochs stopped are followed until the
    first of them stops, so that the curve is a mean over all seeds throughout.
    """
    last = np.take_along_axis(scored.time, np.maximum(scored.count - 1, 0)[:, None], axis=1)[:, 0]
    stopped = ~scored.ended & (budget.kind != "seconds")
    end = float(last[stopped].min(initial=horizon))
    start = float(scored.time[:, 0].max())
    grid = np.geomspace(start, end, POINTS) if 0 < start < end else np.array([start])
    place = (scored.time[:, :, None] <= grid).sum(axis=1) - 1
    return grid, np.take_along_axis(getattr(scored, metric), place, axis=1)


def curve(x: np.ndarray, values: np.ndarray, least: float = -np.inf) -> Curve:
    """The curve of points; those where a run has no incumbent are left out. ``least`` is the lowest that a value can be."""
    there = ~np.isnan(values).any(axis=0)
    low, high = mean_interval(values[:, there], least=least)
    return Curve(x[there], values[:, there].mean(axis=0), low, high)


def horizon(scored: list[ScoredRuns], budget: Budget) -> float:
    """The end of the time axis: the budget in seconds, else the longest run of any strategy."""
    if budget.kind == "seconds":
        return float(budget.amount)
    return max(float(one.time[np.isfinite(one.time)].max(initial=0.0)) for one in scored)
