"""What is a difference and what an error of rounding. The tolerance follows the scale of the numbers, so that a latency in seconds
is judged as an accuracy in percent is.
"""

from __future__ import annotations

from math import ceil, log10

import numpy as np

DIGITS = 12
"""Significant digits in which numbers that are meant to be equal agree. Means of the same runs in another order, and differences
of equal pairs, differ only beyond them; float64 has 15.
"""

_LOWEST, _HIGHEST = -323, 308
_TENS = np.array([float(f"1e{n}") for n in range(_LOWEST, _HIGHEST + 1)])
_STEPS = np.array([float(f"1e{n - DIGITS}") for n in range(_LOWEST, _HIGHEST + 2)])
"""Powers of ten, and the resolution of numbers up to each. NumPy's own powers and logarithms differ between processors by a digit
in the last place.
"""

_MOST = 300
"""Decimals from which on nothing is rounded: ten to a higher power is no float64."""


def settled(values: np.ndarray, *of: np.ndarray | float, digits: int = DIGITS) -> np.ndarray:
    """Values rounded to so many digits of the largest number that they were computed from, so that equal ones are equal.

    ``of`` are those numbers, the values themselves by default: of a difference what was subtracted, since an error of its
    size is left. ``nan`` and infinite numbers stay as they are, and there is no negative zero.

    >>> settled(np.array([0.3 - 0.2, 0.2 - 0.1]), 0.3).tolist()
    [0.1, 0.1]
    >>> settled(np.array([3e-9, 1e-9, -1e-25])).tolist()
    [3e-09, 1e-09, 0.0]
    """
    found = np.asarray(values, float)
    largest = _largest(*(of or (found,)))
    decimals = digits - ceil(log10(largest)) if largest else _MOST
    rounded: np.ndarray = (found if decimals >= _MOST else np.round(found, decimals)) + 0.0
    return rounded


def resolution(*of: np.ndarray | float) -> float:
    """The least difference that means something between numbers computed from ``of``; 0 where all of those are 0.

    >>> resolution(93.7) < 1e-9 < resolution(93_700.0), resolution(0.0)
    (True, 0.0)
    """
    return float(resolutions(_largest(*of)))


def resolutions(sizes: np.ndarray | float) -> np.ndarray:
    """The :func:`resolution` of numbers of each of some sizes.

    >>> resolutions(np.array([93.7, 0.0])).tolist()
    [1e-10, 0.0]
    """
    sizes = np.asarray(sizes, float)
    usual = np.isfinite(sizes) & (sizes > 0)
    found: np.ndarray = np.where(usual, _STEPS[np.searchsorted(_TENS, sizes)], sizes)
    return found


def _largest(*of: np.ndarray | float) -> float:
    """The largest finite magnitude; 0 where there is none."""
    largest = 0.0
    for one in of:
        magnitude = np.abs(np.asarray(one, float))
        largest = max(largest, float(magnitude.max(initial=0.0, where=np.isfinite(magnitude))))
    return largest
