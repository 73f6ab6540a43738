"""What the gate measures of a run: the area under a regret curve, and the regret at the end. Lower is better.

The area is the mean regret over the budget from ``start`` on, after the initial sample of the strategy. Before a run has an
incumbent, the regret of its first one counts; a run that ended before its budget is carried forward.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nasbed.results.judge import ScoredRuns
from nasbed.statistics.anytime import area_under_curve
from nasbed.vocabulary import Budget

METRICS = ("validation_regret", "test_regret")
"""The regrets whose area may be tested."""


def columns_of(metric: str) -> tuple[str, str]:
    """The scores of a run that are of a regret: the area under its curve, and the regret at the end.

    >>> columns_of("test_regret")
    ('area_test_regret', 'final_test_regret')
    """
    return f"area_{metric}", f"final_{metric}"


COLUMNS = tuple(name for metric in METRICS for name in columns_of(metric))
"""The scores of a run."""

WARM_UP = 10
"""Evaluations, at least, that are left out of the area: its first ones differ most between seeds, and least between strategies."""

_SHARE = 0.1
"""What is left out of a budget that is not in evaluations."""


def start_of(budget: Budget, warm_up: int) -> float:
    """Where the area under a curve begins: a number of evaluations under a budget of evaluations, else a share of the budget.

    >>> start_of(Budget("evaluations", 100), warm_up=10), start_of(Budget("seconds", 12_000), warm_up=10)
    (10, 0.1)
    """
    if budget.evaluations is None:
        return _SHARE
    return min(max(WARM_UP, warm_up), budget.evaluations // 2)


def run_scores(judged: ScoredRuns, budget: Budget, start: float) -> dict[str, np.ndarray]:
    """The scores of runs by :data:`COLUMNS`, (runs,) each, in the unit of the objective; ``nan`` without any incumbent.

    The area is over what the budget counts: evaluations, the simulated clock, epochs, or another cost.
    """
    found = {}
    for metric in METRICS:
        curve = _backfilled(getattr(judged, metric))
        found[f"area_{metric}"] = _area(curve, judged, budget, start)
        found[f"final_{metric}"] = curve[:, -1]
    return {name: found[name] for name in COLUMNS}


def unscored(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which runs have no score at all, because they have no incumbent, (runs,)."""
    missing: np.ndarray = np.isnan(np.stack(list(columns.values()))).all(axis=0)
    return missing


def _area(curve: np.ndarray, judged: ScoredRuns, budget: Budget, start: float) -> np.ndarray:
    if budget.evaluations is not None:
        missing = budget.evaluations - curve.shape[1]
        whole = np.concatenate([curve, np.repeat(curve[:, -1:], max(0, missing), axis=1)], axis=1)
        return area_under_curve(whole, int(start))
    readings = judged.along(budget.axis)
    weights = _held(readings, start * budget.amount, float(budget.amount))
    found: np.ndarray = (curve * weights).sum(axis=1) / weights.sum(axis=1)
    return found


def _held(readings: np.ndarray, begin: float, end: float) -> np.ndarray:
    """How much of the budget passed after each arrival with its incumbent, within an interval that the first is taken to begin."""
    arrivals = np.clip(np.where(np.isfinite(readings), readings, end), begin, end)
    arrivals[:, 0] = begin
    return np.diff(np.concatenate([arrivals, np.full((len(readings), 1), end)], axis=1), axis=1)


def _backfilled(curve: np.ndarray) -> np.ndarray:
    """Each run's first number in place of the ``nan`` before it."""
    there = ~np.isnan(curve)
    first = np.take_along_axis(curve, there.argmax(axis=1)[:, None], axis=1)
    filled: np.ndarray = np.where(there, curve, first)
    return filled
