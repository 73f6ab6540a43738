"""Statistics on arrays whose first axis is the seed; seeds are the block, and strategies are paired by them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy import stats
from threadpoolctl import ThreadpoolController

RESAMPLES = 5_000
_BOOTSTRAP_SEED = 0x6E617362


def bootstrap_mean(
    values: np.ndarray, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile-bootstrap interval of the mean over the first axis, resampling seeds.

    Returns the lower and upper ends, with the shape of the other axes. The resamples are the same in every call, so
    the intervals of a table and a curve agree. One seed gives ``nan``.

    >>> low, high = bootstrap_mean(np.arange(100.0))
    >>> bool(43 < low < 45 < 54 < high < 56)
    True
    """
    flat = values.reshape(len(values), -1)
    if len(flat) < 2:
        nothing = np.full(values.shape[1:], np.nan)
        return nothing, nothing
    with _linear_algebra().limit(limits=1):  # the last bits depend on the number of threads
        means = flat.T @ _weights(len(flat), resamples)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


@lru_cache(maxsize=4)
def _weights(count: int, resamples: int) -> np.ndarray:
    """How often each seed is drawn, as a share, in each resample, (seeds, resamples)."""
    rng = np.random.Generator(np.random.PCG64(_BOOTSTRAP_SEED))
    return np.ascontiguousarray((rng.multinomial(count, np.full(count, 1 / count), size=resamples) / count).T)


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


def contrast(values: np.ndarray, reference: np.ndarray) -> Contrast:
    """Compare two columns of regrets (lower is better), seed by seed.

    Differences are rounded to 1e-6, so that equal scores are equal, and zeros are ranked and dropped (Pratt 1959).
    ``p`` is 1 where no pair differs and ``nan`` with fewer than six pairs, where no p below 0.05 is possible.
    """
    difference = np.round(values - reference, 6)
    low, high = bootstrap_mean(difference)
    wins = float((difference < 0).mean() + (difference == 0).mean() / 2)
    if len(difference) < 6:
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


def described(name: str, scores: np.ndarray) -> dict[str, float]:
    """Mean, sd, median and 95 % interval of the mean, as ``NAME_STATISTIC``, over the runs that have the score."""
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        return {f"{name}_{statistic}": np.nan for statistic in ("mean", "sd", "median", "low", "high")}
    low, high = bootstrap_mean(scores)
    return {
        f"{name}_mean": float(scores.mean()),
        f"{name}_sd": float(scores.std(ddof=1)) if len(scores) > 1 else np.nan,
        f"{name}_median": float(np.median(scores)),
        f"{name}_low": float(low),
        f"{name}_high": float(high),
    }
