"""Whether numbers vary at all, and by how much: the one test for constant scores.

The standard deviation of equal numbers is often not exactly 0, because their mean is rounded: it comes out as 1e-15 or so, and what
is divided by it as 1e15 standard deviations. Numbers that lie closer together than rounding puts them have *no spread*, and
nothing can be said in units of it.
"""

from __future__ import annotations

import numpy as np

from nasbed.statistics.precision import resolutions

NO_SPREAD = "no spread"
"""What tables say where a number would be in standard deviations of scores that do not vary."""


def varies(values: np.ndarray, axis: int | None = None, scale: np.ndarray | float = 0.0) -> np.ndarray:
    """Whether numbers differ by more than rounding: by more than the :func:`~nasbed.statistics.precision.resolution` of the largest
    of them in size, or of ``scale``.

    ``scale`` is for differences: the size of what was subtracted, since they are rounded like that. A ``nan`` varies not.

    >>> varies(np.full(5, 0.1)), varies(np.array([0.1, 0.1, 0.2]))
    (np.False_, np.True_)
    """
    values = np.asarray(values, float)
    return np.asarray(np.ptp(values, axis=axis) > _least(values, axis, scale))[()]


def spread(values: np.ndarray, axis: int = 0, scale: np.ndarray | float = 0.0) -> np.ndarray:
    """Standard deviation of a sample (n - 1) along an axis: exactly 0 where the numbers do not vary, ``nan`` of a single one.

    ``scale`` as in :func:`varies`.

    >>> float(np.full(10, 0.3).std(ddof=1)) > 0, float(spread(np.full(10, 0.3)))
    (True, 0.0)
    """
    values = np.asarray(values, float)
    if values.shape[axis] < 2:
        return np.full(np.delete(values.shape, axis), np.nan)[()]
    constant = np.ptp(values, axis=axis) <= _least(values, axis, scale)  # of nan neither this nor the contrary
    return np.where(constant, 0.0, values.std(axis=axis, ddof=1))[()]


def _least(values: np.ndarray, axis: int | None, scale: np.ndarray | float) -> np.ndarray:
    """The least range that means something."""
    return resolutions(np.maximum(np.abs(values).max(axis=axis), scale))


def difference_spread(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Standard deviation of paired differences over the first axis; 0 where they differ by no more than the scores are rounded."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    scale = np.maximum(np.abs(ours).max(axis=0), np.abs(theirs).max(axis=0))
    return spread(ours - theirs, scale=scale)


def in_spreads(amount: np.ndarray | float, unit: np.ndarray | float) -> np.ndarray:
    """An amount in standard deviations ``unit`` of :func:`spread`; ``nan`` where that is 0: there is no such number."""
    amount, unit = np.broadcast_arrays(np.asarray(amount, float), np.asarray(unit, float))
    found: np.ndarray = np.divide(amount, unit, out=np.full(amount.shape, np.nan), where=unit > 0)
    return np.asarray(found)[()]
