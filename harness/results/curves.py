"""Anytime curves: mean regret with its interval, against evaluations, the clock, and what else a budget counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.results.kept import Runs
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary import Budget, Meter
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS

POINTS = 120
"""Points of a curve that is not against evaluations."""

_BESIDE = 16
"""Points, about so many, whose intervals are computed at a time."""


@dataclass(frozen=True)
class Curve:
    """Mean over seeds at each ``x``, with the ends of a 95 % t interval."""

    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


Points = tuple[np.ndarray, np.ndarray]
"""Where a curve is drawn, (points,), and the values of each run there, (seeds, points)."""


def against_evaluations(scored: Runs, metric: str, width: int) -> Points:
    """The metric after 1 .. ``width`` evaluations.

    Runs that their strategy ended are carried forward; the curve stops where the budget stopped the first run, so that
    it is a mean over all seeds throughout.
    """
    return carried(getattr(scored, metric), scored, width)


def carried(values: np.ndarray, scored: Runs, width: int) -> Points:
    """The same of ``values`` of the runs after each of their evaluations, (runs, evaluations)."""
    values = np.concatenate([values, np.repeat(values[:, -1:], max(0, width - values.shape[1]), axis=1)], axis=1)
    shown = int(scored.count[~scored.ended].min(initial=width))
    return np.arange(1, shown + 1, dtype=float), values[:, :shown]


def against(axis: Meter, scored: Runs, metric: str, budget: Budget, horizon: float) -> Points:
    """The metric against the readings of a meter, as simulated seconds or epochs, up to ``horizon``.

    The curve begins when every run has an incumbent. Under a budget of this kind, and for runs that their strategy ended,
    the incumbent is carried to the horizon; runs that another budget stopped are followed until the first of them stops, so that
    the curve is a mean over all seeds throughout.
    """
    end = min(horizon, known_to(axis, scored, budget))
    start = float(scored.first(axis).max())
    grid = spaced(axis, start, end, POINTS) if 0 < start < end else np.array([start])
    return grid, scored.at(axis, metric, grid)


def spaced(axis: Meter, first: float, last: float, points: int) -> np.ndarray:
    """Readings of a meter from ``first`` to ``last``, evenly spaced in logarithms; where it counts in whole numbers those, all
    if they are few.
    """
    grid = np.geomspace(first, last, points)
    return np.unique(grid.round()) if axis.whole else grid


def known_to(axis: Meter, scored: Runs, budget: Budget) -> float:
    """Up to which reading all runs are known: the last of the first run that a budget of another kind than the axis stopped;
    infinite where there is none.
    """
    stopped = ~scored.ended & (budget.meter is not axis)
    return float(scored.last(axis)[stopped].min(initial=np.inf))


def curve(x: np.ndarray, values: np.ndarray, least: float = -np.inf) -> Curve:
    """The curve of points; those where a run has no incumbent are left out. ``least`` is the lowest that a value can be."""
    there = np.flatnonzero(~np.isnan(values).any(axis=0))
    means, lows, highs = [], [], []
    for some in np.array_split(
        there, max(1, len(there) // _BESIDE)
    ):  # what is computed of all at once would fill memory
        there_ = values[:, some]
        low, high = mean_interval(there_, least=least)
        means.append(there_.mean(axis=0))
        lows.append(low)
        highs.append(high)
    return Curve(x[there], *map(np.concatenate, (means, lows, highs)))


def horizon(axis: Meter, scored: Sequence[Runs], budget: Budget) -> float:
    """The end of an axis: the budget where it is of that kind, else the longest run of any strategy."""
    if budget.meter is axis:
        return float(budget.amount)
    readings = [one.last(axis) for one in scored]
    return max(float(one[np.isfinite(one)].max(initial=0.0)) for one in readings)


def axes(budgets: Iterable[Budget]) -> list[Meter]:
    """What searches under these budgets are followed along: evaluations and the clock, and what else a budget counts."""
    return list(dict.fromkeys([EVALUATIONS, SECONDS, *(budget.axis for budget in budgets)]))


def require_evaluations(scored: Iterable[Runs], *several: int) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for numbers of evaluations that no search has made."""
    longest = max((int(runs.count.max(initial=0)) for runs in scored), default=0)
    for number in several:
        if not 1 <= number <= longest:
            raise OptionError(f"at = {shown(number)}; expected evaluations, 1 .. {longest:,}, the most of any search")
