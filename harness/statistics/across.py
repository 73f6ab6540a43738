"""Strategies over all benchmarks of a study together, where the benchmarks are a sample of those that there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import OptionError
from nasbed.statistics.paired import contrast, holm
from nasbed.statistics.precision import settled
from nasbed.statistics.ranks import FEWEST
from nasbed.statistics.spread import in_spreads, spread
from nasbed.statistics.two_levels import two_level_bootstrap

if TYPE_CHECKING:
    from nasbed.statistics.scored import Scored


def whole_seeds(results: Scored, metric: str = "validation_regret") -> dict[str, np.ndarray]:
    """Scores at the end of the budget of the seeds that have an incumbent everywhere, (seeds, benchmarks) by strategy."""
    scores = results.scores(metric)
    there = ~np.any([np.isnan(mine).any(axis=1) for mine in scores.values()], axis=0)
    return {name: mine[there] for name, mine in scores.items()}


def across_benchmarks(results: Scored, metric: str = "validation_regret", level: float = 0.95) -> pd.DataFrame:
    """A row a strategy, over all benchmarks: how it ranks, by how much it is better than the reference, and whether that is chance.

    ``rank``, and ``gain`` over the reference in standard deviations of the reference's seeds on each benchmark (positive is
    better), both means over benchmarks of means over seeds, with the ends of their intervals by
    :func:`~nasbed.statistics.two_levels.two_level_bootstrap` (``rank_low``, ``gain_high`` ...); ``ahead``, the share of its
    resamples in which the strategy is ahead of the reference; ``wins``, the share of benchmarks on which its mean is better, ties
    half; ``p`` of the two-sided Wilcoxon signed-rank test of these gains, whose blocks are the benchmarks, and ``p_holm``
    corrected over the strategies. Gains, ``ahead`` and ``p`` are ``nan`` where the reference has no spread on some benchmark, and
    of the reference itself all that compares. Seeds without an incumbent somewhere are left out, and
    ``attrs["seeds"]`` counts the others.

    Raises :class:`~nasbed.errors.OptionError` below six benchmarks, below two strategies, and where no seed is left.
    """
    scores, reference = whole_seeds(results, metric), results.reference
    seeds, benchmarks = next(iter(scores.values())).shape
    if benchmarks < FEWEST or len(scores) < 2 or not seeds:
        raise OptionError(
            f"{len(scores)} strategies on {benchmarks} benchmarks, with {seeds} seeds that all have a score of: expected two"
            f" strategies or more, {FEWEST} benchmarks or more, which are the blocks of the test, and a seed"
        )
    frame = two_level_bootstrap(scores, reference, level)
    unit, home = spread(scores[reference]), scores[reference].mean(axis=0)
    found = []
    for name in frame["strategy"]:
        means = scores[name].mean(axis=0)
        away = settled(means - home, means, home)
        tested = contrast(in_spreads(away, unit), np.zeros(benchmarks)) if (unit > 0).all() else None
        wins = float((away < 0).mean() + (away == 0).mean() / 2)
        found.append({"wins": wins, "p": tested.p if tested else np.nan})
    gains = {
        "gain": -frame["difference"],
        "gain_low": -frame["difference_high"],
        "gain_high": -frame["difference_low"],
    }
    frame = frame[["strategy", "rank", "rank_low", "rank_high"]].assign(**gains, ahead=frame["ahead"])
    frame = pd.concat([frame, pd.DataFrame(found)], axis=1)
    frame.loc[frame["strategy"] == reference, [*gains, "ahead", "wins", "p"]] = np.nan
    frame["p_holm"] = holm(frame["p"].to_numpy(float))
    frame.attrs |= {"block": "benchmarks, and seeds within them", "seeds": seeds, "benchmarks": benchmarks}
    return frame
