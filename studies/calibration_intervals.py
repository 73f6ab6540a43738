"""How often intervals hold the truth: those that tables, pages and figures have, and others that were tried in their place.

Each measure takes ``(rng, size, repetitions)`` and says of each repetition whether the interval of a sample of that size holds what
the sample was drawn from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from calibration_samples import BENCHMARKS, BUDGETS, STRATEGIES, Ends, Rng, Sample, cells, draws, inside, population
from calibration_searches import grids, scores_of, searches_of
from scipy import stats

from nasbed.statistics.estimators import interquartile_interval, interquartile_mean, trimmed_interval
from nasbed.statistics.importance import shares
from nasbed.statistics.intervals import mean_interval, share_interval

LEVEL = 0.95
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
DRAWN = 1_000
"""Resamples of the intervals that are compared with the one that is used."""


def student(sample: np.ndarray) -> Ends:
    """The interval that tables and curves have."""
    return mean_interval(sample.T, LEVEL)


def _resampled(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of resamples, (repetitions, resamples), the same resamples of all repetitions."""
    size = sample.shape[1]
    weights = np.random.default_rng(size).multinomial(size, np.full(size, 1 / size), DRAWN).T / size
    means = sample @ weights
    variance = np.maximum(sample**2 @ weights - means**2, 0) * size / (size - 1)
    return means, np.sqrt(variance)


def percentile(sample: np.ndarray) -> Ends:
    """Percentiles of the means of resamples (Efron 1979)."""
    low, high = np.quantile(_resampled(sample)[0], TAILS, axis=1)
    return low, high


def expanded(sample: np.ndarray) -> Ends:
    """Percentiles further out, as a t interval's ends are (Hesterberg 2015, section 3.3)."""
    size = sample.shape[1]
    tail = stats.norm.cdf(-np.sqrt(size / (size - 1)) * stats.t.ppf(TAILS[1], size - 1))
    low, high = np.quantile(_resampled(sample)[0], [tail, 1 - tail], axis=1)
    return low, high


def accelerated(sample: np.ndarray) -> Ends:
    """Bias-corrected and accelerated percentiles (Efron 1987)."""
    centre = sample.mean(axis=1, keepdims=True)
    return _bca(np.sort(_resampled(sample)[0], axis=1), centre, sample)


def _bca(resampled: np.ndarray, centre: np.ndarray, influence: np.ndarray) -> Ends:
    """The ends of a BCa interval: sorted estimates of resamples, the estimate, and what each value does to it."""
    below = (resampled < centre - 1e-12).mean(axis=1) + (np.abs(resampled - centre) <= 1e-12).mean(axis=1) / 2
    bias = stats.norm.ppf(np.clip(below, 1 / DRAWN, 1 - 1 / DRAWN))
    away = influence - influence.mean(axis=1, keepdims=True)
    scale = 6 * (away**2).sum(axis=1) ** 1.5
    acceleration = np.divide((away**3).sum(axis=1), scale, out=np.zeros(len(away)), where=scale > 1e-12)
    ends = []
    for z in stats.norm.ppf(TAILS):
        share = stats.norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
        place = np.clip(share * (DRAWN - 1), 0, DRAWN - 1)
        lower, upper = np.floor(place).astype(int), np.ceil(place).astype(int)
        rows = np.arange(len(away))
        ends.append(resampled[rows, lower] + (place - lower) * (resampled[rows, upper] - resampled[rows, lower]))
    return ends[0], ends[1]


def studentised(sample: np.ndarray) -> Ends:
    """Quantiles of t in the resamples (Efron 1982); resamples without spread say nothing and count as 0."""
    centre = sample.mean(axis=1, keepdims=True)
    means, deviations = _resampled(sample)
    t = np.divide(means - centre, deviations, out=np.zeros(means.shape), where=deviations > 1e-9)
    low, high = np.quantile(t, TAILS, axis=1)
    deviation = sample.std(axis=1, ddof=1)
    return centre[:, 0] - high * deviation, centre[:, 0] - low * deviation


INTERVALS: dict[str, Callable[[np.ndarray], Ends]] = {
    "t interval (used)": student,
    "percentile bootstrap": percentile,
    "expanded percentiles": expanded,
    "BCa bootstrap": accelerated,
    "bootstrap-t": studentised,
}


def interval(rng: Rng, size: int, repetitions: int, draw: Callable[[Rng, int, int], Sample], method: str) -> np.ndarray:
    """Whether an interval of a mean holds it."""
    sample, truth = draw(rng, size, repetitions)
    return inside(INTERVALS[method](sample), truth)


def interquartile_sample(rng: Rng, size: int, repetitions: int) -> Sample:
    """Regrets of a strategy, and the interquartile means of what they were drawn from."""
    cell = rng.integers(0, len(cells()), (repetitions, 1))
    truth = interquartile_mean(cells()[:, :, None])
    return cells()[cell, draws(rng, (repetitions, size))], truth[cell[:, 0]]


@cache
def _order_weights(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of ordered values, (values, ...): in the interquartile mean and in the winsorised mean of each resample, and in the
    interquartile mean without each value.
    """
    ordered = np.sort(np.random.default_rng(size).integers(0, size, (DRAWN, size)), axis=1)
    cut, least = size // 4, (size - 1) // 4
    kept = ordered[:, cut : size - cut]
    ends = np.clip(ordered, kept[:, :1], kept[:, -1:])
    middle, winsorised = (_counts(places, size) / places.shape[1] for places in (kept, ends))
    left = np.array([np.delete(np.arange(size), place)[least : size - 1 - least] for place in range(size)])
    return middle.T, winsorised.T, (_counts(left, size) / left.shape[1]).T


def _counts(places: np.ndarray, size: int) -> np.ndarray:
    """How often each place occurs in each row."""
    return np.stack([np.bincount(row, minlength=size) for row in places])


def _winsorised_error(variance: np.ndarray, size: int) -> np.ndarray:
    """Yuen's standard error of an interquartile mean."""
    left = size - 2 * (size // 4)
    found: np.ndarray = np.sqrt(variance * (size - 1) / (left * (left - 1)))
    return found


def interquartile_used(sample: np.ndarray) -> Ends:
    """The interval that tables have."""
    low, high = np.array([interquartile_interval(one, LEVEL, least=0.0) for one in sample]).T
    return low, high


def interquartile_trimmed(sample: np.ndarray) -> Ends:
    """Student's t for a trimmed mean (Tukey and McLaughlin 1963)."""
    low, high = np.array([trimmed_interval(one, LEVEL) for one in sample]).T
    return low, high


def interquartile_percentile(sample: np.ndarray) -> Ends:
    """Percentiles of the resamples (Efron 1979)."""
    low, high = np.quantile(np.sort(sample, axis=1) @ _order_weights(sample.shape[1])[0], TAILS, axis=1)
    return low, high


def interquartile_accelerated(sample: np.ndarray) -> Ends:
    """Bias-corrected and accelerated percentiles (Efron 1987), acceleration from the jackknife."""
    ordered = np.sort(sample, axis=1)
    middle, _, without = _order_weights(sample.shape[1])
    jackknife = ordered @ without
    return _bca(np.sort(ordered @ middle, axis=1), interquartile_mean(sample[:, :, None])[:, None], -jackknife)


def interquartile_studentised(sample: np.ndarray) -> Ends:
    """Quantiles of t in the resamples, with the standard error of a trimmed mean; resamples without spread count as 0."""
    size = sample.shape[1]
    ordered = np.sort(sample, axis=1)
    middle, winsorised, _ = _order_weights(size)
    centre, means = interquartile_mean(sample[:, :, None]), ordered @ middle
    variance = np.maximum(ordered**2 @ winsorised - (ordered @ winsorised) ** 2, 0) * size / (size - 1)
    errors = _winsorised_error(variance, size)
    t = np.divide(means - centre[:, None], errors, out=np.zeros(means.shape), where=errors > 1e-9)
    low, high = np.quantile(t, TAILS, axis=1)
    cut = size // 4
    ends = np.clip(ordered, ordered[:, cut : cut + 1], ordered[:, size - cut - 1 : size - cut])
    error = _winsorised_error(ends.var(axis=1, ddof=1), size)
    return centre - high * error, centre - low * error


INTERQUARTILE: dict[str, Callable[[np.ndarray], Ends]] = {
    "expanded percentiles (used)": interquartile_used,
    "t interval of a trimmed mean": interquartile_trimmed,
    "percentile bootstrap": interquartile_percentile,
    "BCa bootstrap": interquartile_accelerated,
    "bootstrap-t": interquartile_studentised,
}


def interquartile(rng: Rng, size: int, repetitions: int, method: str) -> np.ndarray:
    """Whether an interval of the interquartile mean of a strategy's runs on one benchmark holds it."""
    sample, truth = interquartile_sample(rng, size, repetitions)
    return inside(INTERQUARTILE[method](sample), truth)


def mean_of(rng: Rng, size: int, repetitions: int, kind: str) -> np.ndarray:
    """Whether the t interval of a mean of areas under curves, or of an indicator of fronts, none of them below 0, holds it."""
    every = scores_of(kind)
    search = rng.integers(0, len(every), (repetitions, 1))
    sample = every[search, rng.integers(0, every.shape[1], (repetitions, size))]
    return inside(mean_interval(sample.T, LEVEL, least=0.0), every[search[:, 0]].mean(axis=1))


def difference_of(rng: Rng, size: int, repetitions: int, kind: str) -> np.ndarray:
    """Whether the t interval of a mean paired difference of a kind of scores holds it; two strategies on the same benchmark."""
    table = scores_of(kind)
    names = searches_of(kind)
    pairs = [
        (i, j) for i, (one, _) in enumerate(names) for j, (other, _) in enumerate(names) if i != j and one == other
    ]
    ours, theirs = (table[place] for place in np.array(pairs)[rng.integers(0, len(pairs), repetitions)].T)
    difference = ours - theirs
    sample = np.take_along_axis(difference, rng.integers(0, table.shape[1], (repetitions, size)), axis=1)
    return inside(mean_interval(sample.T, LEVEL), difference.mean(axis=1))


def share_of_runs(rng: Rng, size: int, repetitions: int, used: bool, benchmarks: int = 1) -> np.ndarray:
    """Whether the interval of a share of runs holds it, that which is used or the t interval: of a strategy's runs, those within a
    regret (a point of a performance profile), the mean over benchmarks of as many as are asked for.
    """
    strategy, budget = rng.integers(0, len(STRATEGIES), repetitions), rng.integers(0, len(BUDGETS), repetitions)
    first = rng.integers(0, len(BENCHMARKS), repetitions)
    units = population().mean(axis=(0, 2, 3))
    within = np.zeros((repetitions, cells().shape[1]))
    for further in range(benchmarks):
        where = (first + further) % len(BENCHMARKS)
        scaled = population()[strategy, where, budget] / units[where, None]
        if not further:
            limit = np.take_along_axis(scaled, draws(rng, (repetitions, 1)), axis=1)
        within += (scaled <= limit) / benchmarks
    sample = np.take_along_axis(within, draws(rng, (repetitions, size)), axis=1)
    ends = share_interval(sample.T, LEVEL) if used else mean_interval(sample.T, LEVEL, least=0.0, most=1.0)
    return inside(ends, within.mean(axis=1))


def share_of_targets(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Whether the interval of the share of 51 targets that runs have reached holds it: the end of a distribution of runtimes."""
    cell = cells()[rng.integers(0, len(cells()), repetitions)]
    reached = (cell[:, :, None] <= np.geomspace(0.01, 3.0, 51)).mean(axis=2)
    sample = np.take_along_axis(reached, draws(rng, (repetitions, size)), axis=1)
    return inside(share_interval(sample.T, LEVEL), reached.mean(axis=1))


def mean_rank(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Whether the t interval of a strategy's mean rank among five, ranked on each seed, holds it."""
    found = []
    for _ in range(repetitions):
        chosen = rng.permutation(len(STRATEGIES))[:5]
        where = rng.integers(0, population().shape[1]), rng.integers(0, population().shape[2])
        ranks = stats.rankdata(population()[chosen, *where], axis=0)[0]
        ends = mean_interval(ranks[draws(rng, (size,))], LEVEL, least=1.0, most=5.0)
        found.append(inside((float(ends[0]), float(ends[1])), float(ranks.mean())))
    return np.array(found)


def option_shares(rng: Rng, size: int, repetitions: int, options: int) -> np.ndarray:
    """Whether the intervals of the shares of variance that one option, or a pair of them, explains hold them: all of a grid."""
    truths = [shares(whole, 1) for whole in grids()]
    found = []
    for _ in range(repetitions):
        place = int(rng.integers(0, len(truths)))
        whole = grids()[place]
        sample = shares(whole[rng.integers(0, len(whole), size)])
        found += [
            inside(one.interval(LEVEL), truth.share)
            for one, truth in zip(sample, truths[place], strict=True)
            if len(one.of) == options
        ]
    return np.array(found)


def wilson(rng: Rng, size: int, repetitions: int) -> np.ndarray:
    """Whether Wilson's interval of a share of so many images that are told right holds it: shares from 0.5 to 1."""
    share = rng.uniform(0.5, 1.0, repetitions)
    right = rng.binomial(size, share)
    counts, place = np.unique(right, return_inverse=True)
    ends = np.array([stats.binomtest(int(one), size).proportion_ci(LEVEL, "wilson") for one in counts])[place]
    return inside((ends[:, 0], ends[:, 1]), share)
