"""Aggregates over seeds and benchmarks, their intervals, and effect sizes of one strategy against another.

Scores are (seeds, benchmarks), lower is better. Interquartile mean, stratified bootstrap, probability of improvement and
performance profiles: Agarwal et al., Deep RL at the Edge of the Statistical Precipice, NeurIPS 2021 (arXiv 2108.13264),
sections 4.1 to 4.3, turned round because regrets are the better the lower. A12: Vargha and Delaney, JEBS 25, 2000.
Bayesian signed-rank test: Benavoli et al., ICML 2014 and JMLR 18(77), 2017, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nasbed.errors import OptionError

Estimator = Callable[[np.ndarray], np.ndarray]
"""From scores (..., seeds, benchmarks) to numbers (...)."""

RESAMPLES = 2_000
_SEED = 0x6E617362


def mean(scores: np.ndarray) -> np.ndarray:
    """Mean over seeds and benchmarks."""
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


def stratified_bootstrap(
    scores: np.ndarray, estimator: Estimator, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile interval of an estimate: seeds are drawn anew within each benchmark, independently.

    The resamples are the same in every call. ``nan`` with one seed. Raises :class:`~nasbed.errors.OptionError`.
    """
    _require_scores(scores)
    if not 0 < level < 1:
        raise OptionError(f"level = {level:g}; expected a share between 0 and 1")
    if len(scores) < 2:
        return float("nan"), float("nan")
    drawn = _resampled([scores], resamples, lambda one: estimator(one[0]))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled(of: list[np.ndarray], resamples: int, estimate: Callable[[list[np.ndarray]], np.ndarray]) -> np.ndarray:
    """An estimate on resamples of several arrays that share their seeds, in blocks that fit the memory."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    seeds, benchmarks = of[0].shape
    block = max(1, 4_000_000 // (seeds * benchmarks))
    found = []
    for first in range(0, resamples, block):
        drawn = rng.integers(0, seeds, (min(block, resamples - first), seeds, benchmarks))
        found.append(estimate([np.take_along_axis(one[None], drawn, axis=1) for one in of]))
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
    if ours.shape != theirs.shape:
        raise OptionError(f"scores of {len(ours)} and {len(theirs)} seeds; paired intervals need the same seeds")
    if len(ours) < 2:
        return float("nan"), float("nan")
    rng = np.random.Generator(np.random.PCG64(_SEED))
    weights = rng.multinomial(len(ours), np.full(len(ours), 1 / len(ours)), (resamples, ours.shape[1])) / len(ours)
    total = np.zeros(resamples)
    for column, (a, b) in enumerate(zip(ours.T, theirs.T, strict=True)):
        better = (a[:, None] < b) + 0.5 * (a[:, None] == b)
        share = weights[:, column]
        total += np.einsum("ri,ri->r", share @ better, share)
    low, high = np.quantile(total / ours.shape[1], [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def performance_profile(scores: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """Share of runs, mean over benchmarks, whose score is at most each tau: the higher the better.

    >>> performance_profile(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 2.0, 9.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    _require_scores(scores)
    shares = [np.searchsorted(np.sort(column), taus, side="right") / len(column) for column in scores.T]
    return np.mean(shares, axis=0)


@dataclass(frozen=True)
class Posterior:
    """Probabilities that a strategy is better, equivalent within the region of practical equivalence, or worse."""

    better: float
    equivalent: float
    worse: float


def bayesian_signed_rank(differences: np.ndarray, rope: float, draws: int = 20_000) -> Posterior:
    """Bayesian signed-rank test of paired differences (ours minus theirs, lower is better), with a region of equivalence.

    A Dirichlet process with a pseudo-observation at 0 of weight 1/2: weights are drawn from its posterior, and the
    region that most pairs' means fall into wins a draw. ``rope`` is half the width of the region, in the unit of the
    differences. Draws are the same in every call. Raises :class:`~nasbed.errors.OptionError`.
    """
    values = np.asarray(differences, float)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise OptionError(f"differences of the shape {values.shape}; expected one or more finite numbers, a pair each")
    if not 0 <= rope < np.inf:
        raise OptionError(f"rope = {rope!r}; expected half the width of a region of equivalence, 0 or more")
    values = np.concatenate([[0.0], values])
    pairs = values[:, None] + values
    lower, higher = (pairs < -2 * rope).astype(float), (pairs > 2 * rope).astype(float)
    rng = np.random.Generator(np.random.PCG64(_SEED))
    shape = np.concatenate([[0.5], np.ones(len(values) - 1)])
    wins = np.zeros(3)
    block = max(1, 4_000_000 // len(values))
    for first in range(0, draws, block):
        weights = rng.dirichlet(shape, min(block, draws - first))
        below = np.einsum("di,di->d", weights @ lower, weights)
        above = np.einsum("di,di->d", weights @ higher, weights)
        shares = np.stack([below, 1 - below - above, above], axis=1)
        won = shares >= shares.max(axis=1, keepdims=True) - 1e-12
        wins += (won / won.sum(axis=1, keepdims=True)).sum(axis=0)
    better, equivalent, worse = (wins / draws).tolist()
    return Posterior(better, equivalent, worse)


def standardised_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Mean paired difference over the standard deviation of the differences (Cohen's d_z); 0 where no pair differs."""
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    spread = float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    return float(difference.mean() / spread) if spread else 0.0


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
