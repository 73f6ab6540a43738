"""Strategies ranked across benchmarks, where benchmarks are the blocks, and how stable such rankings are.

Friedman's test and Nemenyi's and Conover's comparisons (scikit-posthocs), critical differences and their diagram: Demšar, JMLR 7,
2006, section 3.2.2. Below six benchmarks those are refused: the chi-square approximation of Friedman's test fails and Nemenyi's
test can find hardly anything; the two-level bootstrap over benchmarks and seeds takes their place
(:mod:`nasbed.statistics.two_levels`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from nasbed.errors import OptionError, unknown
from nasbed.statistics.estimators import shares_in_blocks
from nasbed.statistics.paired import holm
from nasbed.statistics.precision import settled

FEWEST = 6
"""Benchmarks below which tests across benchmarks are refused."""

RESAMPLES = 2_000
_SEED = 0x6E617362

Test = Literal["nemenyi", "conover"]


def average_ranks(table: np.ndarray) -> np.ndarray:
    """Mean rank of each strategy, (strategies,), 1 is the best, of a table (benchmarks, strategies) of which lower is better.

    >>> average_ranks(np.array([[0.1, 0.2, 0.2], [0.3, 0.1, 0.5]])).tolist()
    [1.5, 1.75, 2.75]
    """
    found: np.ndarray = stats.rankdata(table, axis=-1).mean(axis=-2)
    return found


def friedman(table: np.ndarray) -> float:
    """p-value of Friedman's test that all strategies rank alike, blocks are the benchmarks (rows).

    Raises :class:`~nasbed.errors.OptionError` below six benchmarks or three strategies.
    """
    _require_blocks(table, 3)
    if not np.ptp(stats.rankdata(table, axis=1), axis=1).any():
        return 1.0
    return float(stats.friedmanchisquare(*table.T).pvalue)


@dataclass(frozen=True)
class RankComparison:
    """Mean ranks over benchmarks, the pairwise p-values, and the cliques that the test cannot tell apart.

    ``friedman`` is the p-value of Friedman's test, ``nan`` of two strategies, for which it is not made. ``difference`` is Nemenyi's
    critical difference of mean ranks (``nan`` for Conover, whose p-values are corrected by
    Holm); ``cliques`` are the largest groups of strategies, best first, no two of which differ significantly.
    """

    strategies: tuple[str, ...]
    ranks: np.ndarray
    p: np.ndarray
    friedman: float
    difference: float
    cliques: tuple[tuple[str, ...], ...]


def critical_difference(
    table: np.ndarray, strategies: Sequence[str], test: Test = "nemenyi", alpha: float = 0.05
) -> RankComparison:
    """Compare strategies across benchmarks; the table is (benchmarks, strategies), lower is better.

    Where Friedman's test finds nothing at ``alpha``, all strategies are one clique. Raises
    :class:`~nasbed.errors.OptionError` below six benchmarks or two strategies.
    """
    import scikit_posthocs

    _require_blocks(table, 2)
    if test not in ("nemenyi", "conover"):
        raise unknown("test across benchmarks", test, ("nemenyi", "conover"))
    names = tuple(strategies)
    count = len(names)
    if count != table.shape[1]:
        raise OptionError(f"{count} names ({', '.join(names)}) for a table of {table.shape[1]} strategies")
    ranks = average_ranks(table)
    overall = friedman(table) if count > 2 else float("nan")
    if test == "nemenyi":
        p = scikit_posthocs.posthoc_nemenyi_friedman(table).to_numpy()
        difference = _nemenyi(count, len(table), alpha)
        apart = np.abs(ranks[:, None] - ranks) >= difference
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # the same order, or only ties, on every benchmark
            p = scikit_posthocs.posthoc_conover_friedman(table).to_numpy()
        p = np.where(np.isnan(p), 1.0, p)
        upper = np.triu_indices(count, 1)
        p[upper] = p.T[upper] = holm(p[upper])
        difference = float("nan")
        apart = p < alpha
    if overall >= alpha:
        apart = np.zeros_like(apart)
    return RankComparison(names, ranks, p, overall, difference, _cliques(names, ranks, apart))


@lru_cache(maxsize=64)
def _nemenyi(strategies: int, benchmarks: int, alpha: float) -> float:
    """Demšar's equation for the critical difference: the studentised range over the root of 2, infinite degrees of freedom."""
    q = stats.studentized_range.ppf(1 - alpha, strategies, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(strategies * (strategies + 1) / (6 * benchmarks)))


def _cliques(names: tuple[str, ...], ranks: np.ndarray, apart: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """The longest runs of neighbours in rank whose members are not apart, those inside a longer one left out."""
    order = np.argsort(ranks, kind="stable")
    runs: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and not apart[np.ix_(order[first : last + 2], order[first : last + 2])].any():
            last += 1
        if last > first and not (runs and runs[-1][1] >= last):
            runs.append((first, last))
    return tuple(tuple(names[place] for place in order[first : last + 1]) for first, last in runs)


def rank_stability(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray], level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """Kendall's tau-b between two rankings of the same strategies, with its interval over resampled seeds.

    Each strategy's scores are (seeds,), lower is better: of two budgets, or of two benchmarks. The same resample of seeds
    serves all strategies and both rankings. 1: the same order; ``nan`` where a ranking is all ties.
    """
    if list(first) != list(second) or len(first) < 2:
        raise OptionError(
            f"rankings of {', '.join(first)} and of {', '.join(second)}; expected the same two or more strategies"
        )
    one, two = (np.stack([np.asarray(scores, float) for scores in of.values()]) for of in (first, second))
    seeds = one.shape[1]
    if two.shape[1] != seeds:
        raise OptionError(f"scores of {seeds} and {two.shape[1]} seeds; expected the same seeds")
    if np.isnan(one).any() or np.isnan(two).any():
        raise OptionError("some runs have no score; leave their seeds out")
    rng = np.random.Generator(np.random.PCG64(_SEED))
    both = np.concatenate([one, two]).T
    means = np.concatenate([weights @ both for weights in shares_in_blocks(rng, resamples, seeds)])
    drawn = _tau(means[:, : len(one)], means[:, len(one) :])
    drawn = drawn[~np.isnan(drawn)]
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) and seeds > 1 else (np.nan, np.nan)
    (tau,) = _tau(one.mean(axis=1)[None], two.mean(axis=1)[None])
    return float(tau), float(ends[0]), float(ends[1])


def _tau(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of each pair of rows."""
    pairs = np.array(list(combinations(range(one.shape[1]), 2)))
    a, b = (np.sign(settled(of[:, pairs[:, 0]] - of[:, pairs[:, 1]], of)) for of in (one, two))
    norm = np.sqrt((a != 0).sum(axis=1) * (b != 0).sum(axis=1))
    tau: np.ndarray = np.divide((a * b).sum(axis=1), norm, out=np.full(len(one), np.nan), where=norm > 0)
    return tau


def _require_blocks(table: np.ndarray, strategies: int) -> None:
    if table.ndim != 2 or table.shape[1] < strategies:
        raise OptionError(
            f"a table of the shape {table.shape}; expected (benchmarks, strategies) with {strategies} or more strategies"
        )
    if np.isnan(table).any():
        raise OptionError("some strategies have no score on some benchmarks; leave out the one or the other")
    if len(table) < FEWEST:
        raise OptionError(
            f"{len(table)} benchmarks; a test across benchmarks needs {FEWEST} or more: use two_level_bootstrap, which resamples"
            " benchmarks and seeds"
        )
