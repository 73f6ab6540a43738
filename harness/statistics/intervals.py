"""The interval of a mean over seeds, and that of a mean share: one rule each for tables, curves and comparisons."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nasbed.statistics.spread import spread

NAME = "95 % t intervals"
"""What captions call the intervals of means; they add over what."""


COVERAGE = {3: 0.885, 5: 0.897, 10: 0.911, 20: 0.928, 30: 0.943, 50: 0.939, 100: 0.946, 300: 0.943}
"""How often the 95 % interval of a mean regret holds the truth, by seeds, on the regrets of real searches, as measured by
``studies/statistics_calibration.py`` (``results/statistics_calibration.csv``).
"""


def coverage(seeds: int) -> tuple[int, float] | None:
    """The largest number of seeds, at most so many, for which the coverage of the interval was measured, and that; below it none.

    >>> coverage(12), coverage(2)
    ((10, 0.911), None)
    """
    measured = [count for count in COVERAGE if count <= seeds]
    return (measured[-1], COVERAGE[measured[-1]]) if measured else None


def mean_interval(
    values: np.ndarray, level: float = 0.95, *, least: float = -np.inf, most: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Student's t interval of the mean over the first axis, the seeds: mean -/+ t sd / sqrt(n), t of n - 1 degrees of freedom.

    Returns the lower and upper ends, with the shape of the other axes; ``nan`` of one seed. ``least`` and ``most`` are the ends
    of what the score can be, at which intervals stop: no validation regret is below 0, no share above 1. Of the intervals that
    were tried on scores of real searches it covers the mean most reliably with few seeds: see docs/statistics.md.

    >>> low, high = mean_interval(np.arange(10.0))
    >>> float(low.round(3)), float(high.round(3))
    (2.334, 6.666)
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    mean = values.mean(axis=0)
    half = _quantile(len(values) - 1, level) * spread(values) / np.sqrt(len(values))
    lowest, highest = np.minimum(values.min(axis=0), least), np.maximum(values.max(axis=0), most)
    return np.asarray(np.maximum(mean - half, lowest)), np.asarray(np.minimum(mean + half, highest))


def share_interval(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a mean share over the first axis, the seeds; ``values`` are shares from 0 to 1, mostly one of the two.

    A t interval is far too narrow for shares near 0 or 1, and has no width where all runs agree. Wilson's (JASA 22, 1927) is wide
    enough; here it has t of n - 1 degrees of freedom in place of the normal quantile, and for values between 0 and 1, as means
    over benchmarks or targets are, the number of runs that vary as much (Korn and Graubard, Survey Methodology 24, 1998). Returns
    the ends, with the shape of the other axes; ``nan`` of one seed.

    >>> low, high = share_interval(np.array([1.0] * 10))
    >>> float(low.round(3)), float(high)
    (0.661, 1.0)
    """
    values = np.asarray(values, float)
    count = len(values)
    if count < 2:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    share = np.clip(values.mean(axis=0), 0.0, 1.0)
    unit, own = share * (1 - share), spread(values) ** 2 * (count - 1) / count
    ratio = np.divide(own, unit, out=np.ones(np.shape(unit)), where=unit > 0)  # of their variance to that of yes and no
    part = _quantile(count - 1, level) ** 2 * ratio / count
    middle, half = (share + part / 2) / (1 + part), np.sqrt(part * (unit + part / 4)) / (1 + part)
    return np.asarray(np.maximum(middle - half, 0.0)), np.asarray(np.minimum(middle + half, 1.0))


@lru_cache(maxsize=64)
def _quantile(freedom: int, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))
