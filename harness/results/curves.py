"""Anytime curves: mean regret with its interval, against evaluations, the clock, and what else a budget counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nasbed.results.judge import ScoredRuns
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary import Budget, Meter
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS

POINTS = 120
"""Points of a curve that is not against evaluations."""


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


def against(axis: Meter, scored: ScoredRuns, metric: str, budget: Budget, horizon: float) -> Points:
    """The metric against the readings of a meter, as simulated seconds or epochs, up to ``horizon``.

    The curve begins when every run has an incumbent. Under a budget of this kind, and for runs that their strategy ended,
    the incumbent is carried to the horizon; runs that another budget stopped are followed until the first of them stops, so that
    the curve is a mean over all seeds throughout.
    """
    end = min(horizon, known_to(axis, scored, budget))
    start = float(scored.along(axis)[:, 0].max())
    grid = spaced(axis, start, end, POINTS) if 0 < start < end else np.array([start])
    return grid, values_at(axis, scored, metric, grid)


def spaced(axis: Meter, first: float, last: float, points: int) -> np.ndarray:
    """Readings of a meter from ``first`` to ``last``, evenly spaced in logarithms; where it counts in whole numbers those, all
    if they are few.
    """
    grid = np.geomspace(first, last, points)
    return np.unique(grid.round()) if axis.whole else grid


def values_at(axis: Meter, scored: ScoredRuns, metric: str, grid: np.ndarray) -> np.ndarray:
    """The metric of each run at readings of a meter, (runs, points); ``nan`` where a run has no evaluation yet."""
    place = np.stack([np.searchsorted(row, grid, side="right") for row in scored.along(axis)]) - 1
    there = np.take_along_axis(getattr(scored, metric), np.maximum(place, 0), axis=1)
    return np.where(place >= 0, there, np.nan)


def known_to(axis: Meter, scored: ScoredRuns, budget: Budget) -> float:
    """Up to which reading all runs are known: the last of the first run that a budget of another kind than the axis stopped;
    infinite where there is none.
    """
    stopped = ~scored.ended & (budget.meter is not axis)
    return float(scored.last_of(scored.along(axis))[stopped].min(initial=np.inf))


def curve(x: np.ndarray, values: np.ndarray, least: float = -np.inf) -> Curve:
    """The curve of points; those where a run has no incumbent are left out. ``least`` is the lowest that a value can be."""
    there = ~np.isnan(values).any(axis=0)
    low, high = mean_interval(values[:, there], least=least)
    return Curve(x[there], values[:, there].mean(axis=0), low, high)


def horizon(axis: Meter, scored: list[ScoredRuns], budget: Budget) -> float:
    """The end of an axis: the budget where it is of that kind, else the longest run of any strategy."""
    if budget.meter is axis:
        return float(budget.amount)
    readings = [one.along(axis) for one in scored]
    return max(float(one[np.isfinite(one)].max(initial=0.0)) for one in readings)


def axes(budgets: Iterable[Budget]) -> list[Meter]:
    """What searches under these budgets are followed along: evaluations and the clock, and what else a budget counts."""
    return list(dict.fromkeys([EVALUATIONS, SECONDS, *(budget.axis for budget in budgets)]))
