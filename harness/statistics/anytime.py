"""How good a search was over its whole course: area under the curve, time to a target, and distributions of such times.

Runtimes and their empirical distribution follow COCO: Hansen et al., Optimization Methods and Software 36, 2021, sections 4.2 and
4.4; the expected running time is that of Hansen et al., INRIA RR-6828, 2009. Runtimes are defined for validation alone: a
search cannot know, and so cannot stop at, a test score.
"""

from __future__ import annotations

import numpy as np

from nasbed.errors import OptionError


def area_under_curve(curve: np.ndarray, start: int = 0) -> np.ndarray:
    """Mean regret over the evaluations from number ``start`` (0 is the first) on, (runs,), of a curve (runs, evaluations).

    Lower is better; ``nan`` where a run has no incumbent at ``start``. Raises :class:`~nasbed.errors.OptionError`.

    >>> area_under_curve(np.array([[4.0, 2.0, 0.0, 0.0]]), start=1).round(3).tolist()
    [0.667]
    """
    if not 0 <= start < curve.shape[1]:
        raise OptionError(f"start = {start}; expected a number of evaluations from 0 to {curve.shape[1] - 1}")
    area: np.ndarray = curve[:, start:].mean(axis=1)
    return area


def targets_of(best: float, worst: float, count: int = 51) -> np.ndarray:
    """Regrets from ``worst`` to ``best``, hardest last, evenly spaced on a logarithmic scale as COCO's are.

    Both are regrets in the unit of the objective, 0 < best < worst. Raises :class:`~nasbed.errors.OptionError`.

    >>> targets_of(0.01, 10.0, 4).round(6).tolist()
    [10.0, 1.0, 0.1, 0.01]
    """
    if not 0 < best < worst < np.inf or count < 1:
        raise OptionError(
            f"best = {best:g}, worst = {worst:g}, count = {count}; expected regrets with 0 < best < worst and a count of 1 or more"
        )
    return np.geomspace(worst, best, count)


def runtime_to_target(curve: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Evaluations until the regret is at most each target, (runs, targets); ``inf`` where it never is.

    ``curve`` (runs, evaluations) is a regret, in which the incumbent may get worse again: the first hit counts.

    >>> runtime_to_target(np.array([[3.0, 1.0, 1.0]]), np.array([3.0, 2.0, 0.5])).tolist()
    [[1.0, 2.0, inf]]
    """
    lowest = np.fmin.accumulate(curve, axis=1)
    hit = lowest[:, :, None] <= np.asarray(targets, float)
    return np.where(hit[:, -1], hit.argmax(axis=1) + 1.0, np.inf)


def ecdf(runtimes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Share of all pairs of run and target that are solved within each ``x`` evaluations.

    Without COCO's simulated restarts: a run that missed a target never solves it. Raises :class:`~nasbed.errors.OptionError`.

    >>> ecdf(np.array([[1.0, 4.0], [2.0, np.inf]]), np.array([1.0, 3.0, 9.0])).tolist()
    [0.25, 0.5, 0.75]
    """
    ordered = np.sort(runtimes, axis=None)
    if not ordered.size:
        raise OptionError(
            f"runtimes of the shape {np.shape(runtimes)}; expected (runs, targets) with one or more of each"
        )
    return np.searchsorted(ordered, x, side="right") / ordered.size


def expected_running_time(runtimes: np.ndarray, spent: np.ndarray) -> float:
    """Evaluations that restarts of the search need for a target on average: all that were spent over the successes.

    ``runtimes`` (runs,) are those to one target, ``inf`` where it was missed, ``spent`` (runs,) the evaluations of each
    whole run, which a miss has cost. ``inf`` where no run succeeded. Raises :class:`~nasbed.errors.OptionError`.

    >>> expected_running_time(np.array([10.0, np.inf, 20.0]), np.array([100, 100, 100]))
    65.0
    """
    runtimes, spent = np.asarray(runtimes, float), np.asarray(spent, float)
    if runtimes.shape != spent.shape or runtimes.ndim != 1 or not runtimes.size:
        raise OptionError(
            f"runtimes of the shape {runtimes.shape} and spent of {spent.shape}; expected a number a run in both, to one target"
        )
    reached = np.isfinite(runtimes)
    if not reached.any():
        return float("inf")
    return float(np.where(reached, runtimes, spent).sum() / reached.sum())
