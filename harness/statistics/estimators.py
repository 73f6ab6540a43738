"""Aggregates over seeds and benchmarks, their intervals, and effect sizes of one strategy against another.

Scores are (seeds, benchmarks), lower is better. Interquartile mean, stratified bootstrap, probability of improvement and
performance profiles: Agarwal et al., Deep RL at the Edge of the Statistical Precipice, NeurIPS 2021 (arXiv 2108.13264),
sections 4.1 to 4.3, turned round because regrets are the better the lower. A12: Vargha and Delaney, JEBS 25, 2000.
Bayesian signed-rank test: Benavoli et al., ICML 2014 and JMLR 18(77), 2017, section 4.2. Bayesian t test: the same, section 4.1,
with independent differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from nasbed.errors import OptionError, shown
from nasbed.statistics.intervals import mean_interval
from nasbed.statistics.paired import FEWEST
from nasbed.statistics.precision import resolution, settled
from nasbed.statistics.spread import difference_spread, in_spreads, spread

Estimator = Callable[[np.ndarray], np.ndarray]
"""Makes numbers (...) of scores (..., seeds, benchmarks)."""

RESAMPLES = 2_000

FEW = 500
"""Seeds up to which an interquartile mean is resampled: of more the interval of a trimmed mean is as good."""

_SEED = 0x6E617362


def mean(scores: np.ndarray) -> np.ndarray:
    """Mean over seeds and benchmarks of scores (..., seeds, benchmarks)."""
    found: np.ndarray = np.mean(scores, axis=(-2, -1))
    return found


def median(scores: np.ndarray) -> np.ndarray:
    """Median over benchmarks of the means over seeds, as in Agarwal et al."""
    found: np.ndarray = np.median(np.mean(scores, axis=-2), axis=-1)
    return found


def interquartile_mean(scores: np.ndarray) -> np.ndarray:
    """Mean of the middle half of all scores: a quarter is cut off at each end.

    >>> float(interquartile_mean(np.array([[0.0], [1.0], [3.0], [100.0]])))
    2.0
    """
    flat = np.sort(scores.reshape(*scores.shape[:-2], -1), axis=-1)
    cut = flat.shape[-1] // 4
    found: np.ndarray = flat[..., cut : flat.shape[-1] - cut].mean(axis=-1)
    return found


def interquartile_interval(
    values: np.ndarray, level: float = 0.95, *, least: float = -np.inf, most: float = np.inf
) -> tuple[float, float]:
    """Interval of the interquartile mean of the runs on one benchmark, (seeds,).

    From four seeds on these are percentiles of the interquartile means of bootstrap resamples, as far out as the ends of a t
    interval are (Hesterberg, The American Statistician 69, 2015, section 3.3); above :data:`FEW` it is
    :func:`trimmed_interval`. Of up to three nothing is trimmed, so it is the interval of their mean, which stops at ``least`` and
    ``most``, the ends of what a score can be. Of the intervals that were tried on scores of real searches it covers best: see
    docs/statistics.md. The resamples are the same in every call. ``nan`` of one seed.

    >>> low, high = interquartile_interval(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0]))
    >>> round(low, 2), round(high, 2)
    (0.87, 52.5)
    """
    ordered = np.sort(np.asarray(values, float))
    count = len(ordered)
    if count < 4:
        low, high = mean_interval(ordered, level, least=least, most=most)
        return float(low), float(high)
    if count > FEW:
        return trimmed_interval(ordered, level)
    means = np.clip(_interquartile_weights(count) @ ordered, ordered[0], ordered[-1])  # equal values stay equal
    tail = float(ndtr(-np.sqrt(count / (count - 1)) * stdtrit(count - 1, (1 + level) / 2)))
    middle, (low, high) = float(interquartile_mean(ordered[:, None])), np.quantile(means, [tail, 1 - tail])
    return min(float(low), middle), max(float(high), middle)


def trimmed_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Interval of the interquartile mean of many values, (seeds,), without resamples: Student's t for a trimmed mean.

    Tukey and McLaughlin (Sankhya A 25, 1963), with Yuen's (Biometrika 61, 1974) standard error: of h values that are left, t of
    h - 1 degrees of freedom times the root of the winsorised sum of squares over h (h - 1). It ends within the values.

    >>> low, high = trimmed_interval(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100.0]))
    >>> round(low, 2), round(high, 2)
    (0.06, 6.94)
    """
    ordered = np.sort(np.asarray(values, float))
    cut = len(ordered) // 4
    left = len(ordered) - 2 * cut
    middle = float(ordered[cut : cut + left].mean())
    winsorised = np.clip(ordered, ordered[cut], ordered[cut + left - 1])
    error = float(spread(winsorised)) * np.sqrt((len(ordered) - 1) / (left * (left - 1)))
    half = float(stdtrit(left - 1, (1 + level) / 2)) * error
    return float(max(middle - half, ordered[0])), float(min(middle + half, ordered[-1]))


@lru_cache(maxsize=8)
def _interquartile_weights(count: int) -> np.ndarray:
    """The weight of each of so many ordered values in the interquartile mean of each resample, (resamples, values)."""
    drawn = np.random.Generator(np.random.PCG64(_SEED)).integers(0, count, (RESAMPLES, count))
    cut = count // 4
    kept = np.sort(drawn, axis=1)[:, cut : count - cut] + count * np.arange(RESAMPLES)[:, None]
    times: np.ndarray = np.bincount(kept.ravel(), minlength=RESAMPLES * count).reshape(RESAMPLES, count)
    return times / (count - 2 * cut)


def stratified_bootstrap(
    scores: np.ndarray, estimator: Estimator, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile interval of an estimate: seeds are drawn anew within each benchmark, independently.

    The resamples are the same in every call. ``nan`` with one seed. Raises :class:`~nasbed.errors.OptionError`.
    """
    _require_scores(scores)
    _require_level(level)
    if len(scores) < 2:
        return float("nan"), float("nan")
    drawn = _resampled(scores, estimator, resamples)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled(scores: np.ndarray, estimator: Estimator, resamples: int) -> np.ndarray:
    """The estimate on each resample, in blocks that fit the memory."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    seeds, benchmarks = scores.shape
    block = max(1, 4_000_000 // scores.size)
    found = []
    for first in range(0, resamples, block):
        drawn = rng.integers(0, seeds, (min(block, resamples - first), seeds, benchmarks))
        found.append(estimator(np.take_along_axis(scores[None], drawn, axis=1)))
    return np.concatenate(found)


def probability_of_improvement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Chance that a run of ours is better (lower) than one of theirs, ties half, mean over benchmarks: the A12 effect size.

    Seeds are not paired here; both are (seeds, benchmarks), numbers of seeds may differ.

    >>> probability_of_improvement(np.array([[1.0], [2.0]]), np.array([[2.0], [3.0]]))
    0.875
    """
    _require_scores(ours, theirs)
    return float(np.mean([_beats(a, b) for a, b in zip(ours.T, theirs.T, strict=True)]))


def _beats(ours: np.ndarray, theirs: np.ndarray) -> float:
    ordered = np.sort(ours)
    lower = np.searchsorted(ordered, theirs, side="left") + np.searchsorted(ordered, theirs, side="right")
    return float(lower.sum() / (2 * len(ours) * len(theirs)))


def probability_of_improvement_interval(
    ours: np.ndarray, theirs: np.ndarray, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile interval by resampling seeds within benchmarks, for both strategies alike: seeds are paired.

    ``nan`` with one seed. Raises :class:`~nasbed.errors.OptionError` where the numbers of seeds differ.
    """
    _require_scores(ours, theirs)
    _require_level(level)
    if ours.shape != theirs.shape:
        raise OptionError(f"scores of {len(ours)} and {len(theirs)} seeds; paired intervals need the same seeds")
    if len(ours) < 2:
        return float("nan"), float("nan")
    weights = _weights(*ours.shape, resamples)
    total = np.zeros(resamples)
    for column, (a, b) in enumerate(zip(ours.T, theirs.T, strict=True)):
        share, order = weights[:, column], np.argsort(b, kind="stable")
        at_most = np.concatenate([np.zeros((resamples, 1)), np.cumsum(share[:, order], axis=1)], axis=1)
        not_above = [at_most[:, np.searchsorted(b[order], a, side)] for side in ("left", "right")]
        total += 1 - np.einsum("ri,ri->r", share, not_above[0] + not_above[1]) / 2
    low, high = np.quantile(total / ours.shape[1], [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=2)
def _weights(seeds: int, benchmarks: int, resamples: int) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(_SEED))
    return resampled_shares(rng, resamples * benchmarks, seeds).reshape(resamples, benchmarks, seeds)


def shares_in_blocks(rng: np.random.Generator, resamples: int, seeds: int) -> Iterator[np.ndarray]:
    """What :func:`resampled_shares` gives, in blocks of resamples that fit the memory."""
    block = max(1, 1_000_000 // seeds)
    for first in range(0, resamples, block):
        yield resampled_shares(rng, min(block, resamples - first), seeds)


def resampled_shares(rng: np.random.Generator, resamples: int, seeds: int) -> np.ndarray:
    """How often each seed is drawn in each bootstrap resample, as a share of all draws, (resamples, seeds)."""
    drawn = rng.integers(0, seeds, (resamples, seeds)) + seeds * np.arange(resamples)[:, None]
    counts: np.ndarray = np.bincount(drawn.ravel(), minlength=resamples * seeds)
    return counts.reshape(resamples, seeds) / seeds


def performance_profile(scores: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """Share of runs, mean over benchmarks, whose score is at most each tau: the higher the better.

    >>> performance_profile(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 2.0, 9.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    _require_scores(scores)
    shares = [np.searchsorted(np.sort(column), taus, side="right") / len(column) for column in scores.T]
    profile: np.ndarray = np.mean(shares, axis=0)
    return profile


@dataclass(frozen=True)
class Posterior:
    """Probabilities that a strategy is better, equivalent within the region of practical equivalence, or worse."""

    better: float
    equivalent: float
    worse: float

    @property
    def tost(self) -> float:
        """The p of two one-sided t tests (TOST) that the mean lies outside of the region, for a posterior of :func:`bayesian_mean`.

        With Jeffreys' prior the tails of the posterior are the p-values of those tests, so the larger is that of both.
        """
        return max(self.better, self.worse)


def bayesian_signed_rank(differences: np.ndarray, rope: float, draws: int = 20_000) -> Posterior:
    """Bayesian signed-rank test of paired differences (ours minus theirs, lower is better), with a region of equivalence.

    A Dirichlet process with a pseudo-observation at 0 of weight 1/2: weights of the pairs are drawn from its posterior, and the
    region that most Walsh averages (means of two differences) fall into wins a draw. ``rope`` is half the width of the
    region, in the unit of the differences, its ends included; with 0 what is equivalent are ties. Draws are the same in every
    call. Raises :class:`~nasbed.errors.OptionError`, also for fewer than six differences.

    Made for one difference a benchmark. It asks where a pair's difference lies, not where their mean does: seeds whose
    differences vary by more than ``rope`` are never equivalent, however many they are; see :func:`bayesian_mean`.
    """
    values = _require_differences(differences, rope)
    values = np.concatenate([[0.0], values])
    order = np.argsort(values, kind="stable")
    values, concentration = values[order], np.where(order == 0, 0.5, 1.0)
    edge = 2 * rope + resolution(values, rope)
    lower, not_higher = np.searchsorted(values, -edge - values), np.searchsorted(values, edge - values, side="right")
    rng = np.random.Generator(np.random.PCG64(_SEED))
    wins = np.zeros(3)
    block = max(1, 1_000_000 // len(values))
    for first in range(0, draws, block):
        weights = rng.dirichlet(concentration, min(block, draws - first))
        at_most = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)
        below, not_above = (np.einsum("di,di->d", weights, at_most[:, place]) for place in (lower, not_higher))
        shares = np.stack([below, not_above - below, 1 - not_above], axis=1)
        won = shares >= shares.max(axis=1, keepdims=True) - 1e-12
        wins += (won / won.sum(axis=1, keepdims=True)).sum(axis=0)
    better, equivalent, worse = (wins / draws).tolist()
    return Posterior(better, equivalent, worse)


def bayesian_mean(differences: np.ndarray, rope: float) -> Posterior:
    """Where the mean of paired differences lies (ours minus theirs, lower is better): the Bayesian t test.

    Under Jeffreys' prior (of mean and variance, 1 / variance) the posterior of the mean is Student's t distribution of n - 1
    degrees of freedom around the mean of the differences, with the scale sd / sqrt(n): its 95 % are the interval of
    :func:`~nasbed.statistics.intervals.mean_interval`. ``rope`` is half the width of the region of equivalence, in the
    unit of the differences, its ends included. Differences without spread lie where they lie. Raises
    :class:`~nasbed.errors.OptionError`, also for fewer than six differences.
    """
    values = _require_differences(differences, rope)
    mean, scale = float(values.mean()), float(spread(values)) / np.sqrt(len(values))
    if not scale:
        edge = rope + resolution(values, rope)
        better, worse = float(mean < -edge), float(mean > edge)
    else:
        better, worse = stdtr(len(values) - 1, (np.array([-rope - mean, mean - rope])) / scale).tolist()
    return Posterior(better, 1 - better - worse, worse)


def _require_differences(differences: np.ndarray, rope: float) -> np.ndarray:
    values = np.asarray(differences, float)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise OptionError(f"differences of the shape {values.shape}; expected finite numbers, a pair each")
    if len(values) < FEWEST:
        raise OptionError(
            f"{len(values)} differences; a posterior needs {FEWEST} or more: fewer say nothing of how far others lie"
        )
    if not 0 <= rope < np.inf:
        raise OptionError(f"rope = {shown(rope)}; expected half the width of a region of equivalence, 0 or more")
    return settled(values)


def standardised_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Mean paired difference over the standard deviation of the differences (Cohen's d_z).

    ``nan`` where the differences have no spread, all of them 0 or another number, and of one pair.
    """
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    if len(difference) < 2:
        return float("nan")
    return float(in_spreads(difference.mean(), difference_spread(ours, theirs)))


def _require_scores(*several: np.ndarray) -> None:
    for scores in several:
        if scores.ndim != 2 or not scores.size:
            raise OptionError(f"scores of the shape {scores.shape}; expected (seeds, benchmarks)")
        if np.isnan(scores).any():
            raise OptionError(
                f"{int(np.isnan(scores).any(axis=1).sum())} of {len(scores)} seeds have no score somewhere; leave those seeds out"
            )
    if len({scores.shape[1] for scores in several}) > 1:
        raise OptionError(
            f"scores on {' and '.join(str(scores.shape[1]) for scores in several)} benchmarks; expected the same benchmarks"
        )


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        raise OptionError(f"level = {level:g}; expected a share between 0 and 1")
