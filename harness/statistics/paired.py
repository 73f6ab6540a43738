"""Statistics on arrays whose first axis is the seed; seeds are the block, and strategies are paired by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from nasbed.statistics.intervals import mean_interval
from nasbed.statistics.precision import settled
from nasbed.statistics.spread import spread

FEWEST = 6
"""Pairs below which no two-sided signed-rank p under 0.05 is possible, and nothing is tested."""


@dataclass(frozen=True)
class Contrast:
    """A strategy against the reference on one benchmark, paired by seed; differences are strategy minus reference.

    ``p`` is that of the two-sided Wilcoxon signed-rank test, ``p_holm`` after Holm's correction over its family, ``wins``
    the share of seeds in which the strategy is better (lower), ties counted half.
    """

    difference: float
    difference_low: float
    difference_high: float
    wins: float
    p: float
    p_holm: float = float("nan")


def untested(seeds: int) -> str:
    """What a caption says in place of the test where there are too few seeds for one; empty where it is made.

    >>> untested(3)
    'there is no p, for a signed-rank test needs 6 seeds or more and there are 3'
    """
    return (
        f"there is no p, for a signed-rank test needs {FEWEST} seeds or more and there are {seeds}"
        if seeds < FEWEST
        else ""
    )


_DIGITS = 9
"""Digits in which differences of regrets that are meant to be equal agree: regrets are settled on the scale of scores, which may be
a thousand times theirs, and ranks of a signed-rank test tell apart whatever differs.
"""


def contrast(values: np.ndarray, reference: np.ndarray) -> Contrast:
    """Compare two columns of regrets (lower is better), seed by seed.

    Differences are :func:`~nasbed.statistics.precision.settled`, so that equal scores are equal; zeros are ranked and dropped
    (Pratt 1959).
    ``p`` is 1 where no pair differs and ``nan`` with fewer than six pairs, where no p below 0.05 is possible.
    """
    difference = settled(values - reference, values, reference, digits=_DIGITS)
    low, high = mean_interval(difference)
    wins = float((difference < 0).mean() + (difference == 0).mean() / 2)
    if len(difference) < FEWEST:
        p = float("nan")
    elif not difference.any():
        p = 1.0
    else:
        p = float(stats.wilcoxon(difference, zero_method="pratt", method="approx").pvalue)
    return Contrast(float(difference.mean()), float(low), float(high), wins, p)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment of a family of p-values (Scandinavian Journal of Statistics 1979); ``nan`` stays out.

    >>> holm(np.array([0.01, 0.04, 0.03, np.nan])).round(3).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    adjusted = np.full(len(p_values), np.nan)
    there = np.flatnonzero(~np.isnan(p_values))
    order = there[np.argsort(p_values[there], kind="stable")]
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def described(name: str, scores: np.ndarray, *, least: float = -np.inf) -> dict[str, float]:
    """Mean, sd, median and 95 % interval of the mean, as ``NAME_STATISTIC``, over the runs that have the score.

    ``least`` is the lowest that the score can be. The sd of scores that do not vary is 0.
    """
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        return {f"{name}_{statistic}": np.nan for statistic in ("mean", "sd", "median", "low", "high")}
    low, high = mean_interval(scores, least=least)
    return {
        f"{name}_mean": float(scores.mean()),
        f"{name}_sd": float(spread(scores)),
        f"{name}_median": float(np.median(scores)),
        f"{name}_low": float(low),
        f"{name}_high": float(high),
    }
