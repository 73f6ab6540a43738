"""The two-level bootstrap: benchmarks are drawn anew, and seeds within each, for what holds over benchmarks like these.

Three questions are asked of the same resamples: who ranks where and by how much apart, who is ahead of whom, and which share of a
reference's scores is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from nasbed.errors import OptionError, shown, unknown
from nasbed.statistics.estimators import shares_in_blocks
from nasbed.statistics.paired import FEWEST as FEWEST_SEEDS
from nasbed.statistics.precision import settled
from nasbed.statistics.ranks import RESAMPLES, average_ranks
from nasbed.statistics.spread import in_spreads, spread

_SEED = 0x6E617362

Unit = Literal["mean", "spread"]


def two_level_bootstrap(
    scores: Mapping[str, np.ndarray], reference: str, level: float = 0.95, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """Intervals over both sources of chance: benchmarks are drawn anew, and seeds within each, the same for all strategies.

    ``scores`` by strategy are (seeds, benchmarks), lower is better. A row a strategy: ``rank`` of its mean over seeds, mean over
    benchmarks, with ``rank_low`` and ``rank_high``; ``difference`` from the reference in standard deviations of the
    reference's seeds, mean over benchmarks, with its interval; ``ahead``, the share of resamples in which it is ahead of the
    reference (``nan`` below six seeds). Where the reference has no spread on a benchmark, or there is one seed, there is no such
    unit: differences and shares are ``nan``. With few benchmarks an interval speaks of benchmarks like these, and is too narrow for
    all there may be: see docs/statistics.md. Raises :class:`~nasbed.errors.OptionError`.
    """
    names, values = _of_equal_seeds(scores, reference)
    ends = _ends(level)
    home, unit = names.index(reference), spread(values[names.index(reference)])
    means, drawn = _resampled_means(values, resamples)
    ranks = stats.rankdata(means, axis=-1).mean(axis=1)
    away = _away(means, unit[drawn], home)
    observed = np.stack(values).mean(axis=1).T
    rank_low, rank_high = np.quantile(ranks, ends, axis=0)
    low, high = np.quantile(away, ends, axis=0)
    return pd.DataFrame(
        {
            "strategy": names,
            "rank": average_ranks(observed),
            "rank_low": rank_low,
            "rank_high": rank_high,
            "difference": _away(observed[None], unit[None], home)[0],
            "difference_low": low,
            "difference_high": high,
            "ahead": _share_below(away, len(values[0])),
        }
    )


def share_ahead(scores: Mapping[str, np.ndarray], reference: str, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Share of the resamples of :func:`two_level_bootstrap` in which the strategy of the row is ahead of that of the column.

    Ahead is who has the lower mean normalised difference from the reference; ties count half, and the diagonal is a half. ``nan``
    where the reference has no spread, and below six seeds.
    """
    names, values = _of_equal_seeds(scores, reference)
    home = names.index(reference)
    means, drawn = _resampled_means(values, resamples)
    away = _away(means, spread(values[home])[drawn], home)
    apart = away[:, :, None] - away[:, None, :]
    return pd.DataFrame(_share_below(apart, len(values[0])), index=names, columns=names)


def relative_scores(
    scores: Mapping[str, np.ndarray],
    reference: str,
    unit: Unit = "mean",
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """What is left of the reference's scores, over benchmarks of different scales, with intervals over benchmarks and seeds.

    ``scores`` by strategy are (seeds, benchmarks), lower is better. Strategies may have different numbers of seeds, if those of
    one are the first of another's: the seeds that all have are resampled together, so that strategies are paired by them, and
    the further ones apart. ``unit`` is ``mean`` of regrets: the mean over seeds divided by the reference's, so that 0.4 says that
    40 % of its regret is left; or ``spread``, of scores without a known best: the difference of means in standard deviations of
    the reference's seeds. A row a strategy: ``seeds``; ``relative``, the mean of that over benchmarks; ``rank`` of the mean over
    seeds, mean over benchmarks, each with the ends ``_low`` and ``_high``; ``best``, the share of resamples in which no
    strategy has a lower ``relative``, shared where several have it.

    Raises :class:`~nasbed.errors.OptionError`, also where the reference has a mean, or a spread, of 0 on some benchmark.

    >>> of = {"random": np.array([[2.0, 20.0], [4.0, 40.0]]), "other": np.array([[1.0, 30.0], [2.0, 60.0]])}
    >>> relative_scores(of, "random")[["strategy", "relative", "rank"]].to_numpy().tolist()
    [['random', 1.0, 1.5], ['other', 1.0, 1.5]]
    """
    if unit not in ("mean", "spread"):
        raise unknown("unit of relative scores", unit, ("mean", "spread"))
    ends = _ends(level)
    names, values = _checked(scores, reference)
    home = names.index(reference)
    scale = values[home].mean(axis=0) if unit == "mean" else spread(values[home])
    if not (scale > 0).all():
        raise OptionError(
            f"the reference {shown(reference)} has a {unit} of {scale.min():g} on some benchmark; expected one above 0, in which"
            " scores can be given"
        )
    observed = np.stack([one.mean(axis=0) for one in values], axis=1)
    means, drawn = _resampled_means(values, resamples)

    def relative(of: np.ndarray, units: np.ndarray) -> np.ndarray:
        if unit == "spread":
            return _away(of, units, home)
        found: np.ndarray = in_spreads(of, of[:, :, [home]]).mean(axis=1)
        return found

    away, ranks = relative(means, scale[drawn]), stats.rankdata(means, axis=-1).mean(axis=1)
    away = away[~np.isnan(away).any(axis=1)]  # without the resamples in which the reference is at 0
    first = settled(away) == settled(away).min(axis=1, keepdims=True)
    low, high = np.quantile(away, ends, axis=0)
    rank_low, rank_high = np.quantile(ranks, ends, axis=0)
    return pd.DataFrame(
        {
            "strategy": names,
            "seeds": [len(one) for one in values],
            "relative": relative(observed[None], scale[None])[0],
            "relative_low": low,
            "relative_high": high,
            "rank": average_ranks(observed),
            "rank_low": rank_low,
            "rank_high": rank_high,
            "best": (first / first.sum(axis=1, keepdims=True)).mean(axis=0),
        }
    )


def _ends(level: float) -> list[float]:
    if not 0 < level < 1:
        raise OptionError(f"level = {level:g}; expected a share between 0 and 1")
    return [(1 - level) / 2, (1 + level) / 2]


def _checked(scores: Mapping[str, np.ndarray], reference: str) -> tuple[list[str], list[np.ndarray]]:
    """Names and scores, (seeds, benchmarks) each."""
    if reference not in scores:
        raise OptionError(f"the reference {shown(reference)} is not among the strategies {', '.join(scores)}")
    values = [np.asarray(one, float) for one in scores.values()]
    if any(one.ndim != 2 or not len(one) or one.shape[1] != values[0].shape[1] for one in values):
        raise OptionError(
            f"scores of the shapes {_shapes(scores)}; expected (seeds, benchmarks), of the same benchmarks for all strategies"
        )
    if any(np.isnan(one).any() for one in values):
        raise OptionError("some runs have no score; leave their seeds out")
    return list(scores), values


def _of_equal_seeds(scores: Mapping[str, np.ndarray], reference: str) -> tuple[list[str], list[np.ndarray]]:
    if reference in scores and len({np.shape(one) for one in scores.values()}) > 1:
        raise OptionError(
            f"scores of the shapes {_shapes(scores)}; expected (seeds, benchmarks), the same for all strategies"
        )
    return _checked(scores, reference)


def _shapes(scores: Mapping[str, np.ndarray]) -> str:
    return ", ".join(map(str, sorted({np.shape(one) for one in scores.values()})))


def _resampled_means(values: Sequence[np.ndarray], resamples: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over seeds on each drawn benchmark, (resamples, benchmarks, strategies), and which it is, (resamples, benchmarks).

    Where strategies have different numbers of seeds, those that the same strategies share are drawn together, as many as there
    are.
    """
    counts, benchmarks = np.array([len(one) for one in values]), values[0].shape[1]
    bounds = [0, *sorted(set(counts.tolist()))]
    rng, again = (np.random.Generator(np.random.PCG64(_SEED)) for _ in range(2))
    for _ in shares_in_blocks(rng, resamples * benchmarks, bounds[1]):
        pass  # the benchmarks are drawn after the seeds, of which there are too many to be kept
    drawn = rng.integers(0, benchmarks, (resamples, benchmarks))
    places = [np.flatnonzero(drawn.ravel() == benchmark) for benchmark in range(benchmarks)]
    means = np.zeros((resamples * benchmarks, len(values)))
    for begin, end in pairwise(bounds):
        inside = np.flatnonzero(counts >= end)
        part, row = np.stack([values[place][begin:end] for place in inside.tolist()]), 0
        for weights in shares_in_blocks(again if begin == 0 else rng, resamples * benchmarks, end - begin):
            for benchmark in range(benchmarks):
                mine = places[benchmark]
                mine = mine[(mine >= row) & (mine < row + len(weights))]
                found = weights[mine - row] @ part[:, :, benchmark].T
                means[np.ix_(mine, inside)] += found * ((end - begin) / counts[inside])
            row += len(weights)
    for benchmark, mine in enumerate(places):
        means[mine] = settled(means[mine], *(one[:, benchmark] for one in values))
    return means.reshape(resamples, benchmarks, len(values)), drawn


def _away(means: np.ndarray, units: np.ndarray, home: int) -> np.ndarray:
    """Mean over benchmarks of the difference from strategy ``home`` in units of each, (resamples, strategies)."""
    found: np.ndarray = in_spreads(means - means[:, :, [home]], units[:, :, None]).mean(axis=1)
    return found


def _share_below(differences: np.ndarray, seeds: int) -> np.ndarray:
    """The share of resamples, on the first axis, below 0, ties half; ``nan`` where there is no difference to speak of, and with so
    few seeds that a share of 1 means nothing.
    """
    unknown = np.isnan(differences) | (seeds < FEWEST_SEEDS)
    found: np.ndarray = np.where(unknown, np.nan, (differences < 0) + 0.5 * (differences == 0)).mean(axis=0)
    return found
