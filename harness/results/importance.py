"""What the options of a grid matter on each benchmark, what each level and pair reaches, and which setting is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import OptionError
from nasbed.results.grids import OptionGrid, grids
from nasbed.results.known import turn_of
from nasbed.statistics.importance import Share, best_settings, mean_share, shares
from nasbed.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from nasbed.results.results import Results

ALL = "all benchmarks"

COLUMNS = ["grid", "benchmark", "kind", "option", "other", "level", "other_level", "value", "low", "high", "noise"]


def require_grid(results: Results) -> list[OptionGrid]:
    """The grids of results; raises :class:`~nasbed.errors.OptionError` where there are none, or too few seeds."""
    if not (found := grids(results)):
        raise OptionError(
            "no grid among the strategies; importance of options needs a [[strategy]] with grid = { option = [...] } and all its"
            " settings"
        )
    seeds = [len(grid.scores(results, "validation_regret", label)) for grid in found for label in results.benchmarks]
    if min(seeds) < 2:
        raise OptionError(
            f"{min(seeds)} seeds on which every setting of a grid has a score; importance needs two or more"
        )
    return found


def importance(results: Results, metric: str = "validation_regret") -> pd.DataFrame:
    """Importance of the options of each grid, in long form.

    ``kind`` is ``share`` (of the variance between settings, of ``option``, or with ``other`` of the pair beyond both, with 95 %
    percentile intervals over seeds, and ``noise``, what chance alone would put there), ``main`` (mean score of a level, with a
    95 % t interval over seeds), ``pair`` (of two levels) or ``best`` (the best setting as ``level``: its mean score, with a t
    interval, and in ``noise`` the share of resamples of seeds in which another one is better). The benchmark ``all benchmarks`` has
    means of the shares. Where no best is known scores are values in natural units. Raises :class:`~nasbed.errors.OptionError`.
    """
    rows = []
    for grid in require_grid(results):
        options, every = list(grid.levels), []
        for label in results.benchmarks:
            scores = grid.scores(results, metric, label)
            every.append(found := shares(scores))
            rows += [_share_row(grid.use, label, options, share) for share in found]
            turn = turn_of(results.benchmarks[label])
            rows += [(grid.use, label, *row) for row in _effects(turn * scores, grid)]
            rows.append((grid.use, label, *_best(scores, turn, grid)))
        if len(every) > 1:
            rows += [_share_row(grid.use, ALL, options, mean_share(several)) for several in zip(*every, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _share_row(use: str, label: str, options: list[str], of: Share) -> tuple[object, ...]:
    first, *second = (options[place] for place in of.of)
    return (use, label, "share", first, *(second or [""]), "", "", of.share, *of.interval(), of.noise)


def _effects(scores: np.ndarray, grid: OptionGrid) -> list[tuple[object, ...]]:
    """The mean score of each level, and of each two levels of two options, over all that the others are set to."""
    rows: list[tuple[object, ...]] = []
    options = list(grid.levels)
    for place, option in enumerate(options):
        of_level = scores.mean(axis=tuple(axis for axis in range(1, scores.ndim) if axis != 1 + place))
        low, high = mean_interval(of_level)
        for at, level in enumerate(grid.levels[option]):
            rows.append(("main", option, "", level, "", of_level[:, at].mean(), low[at], high[at], np.nan))
        for beyond, other in enumerate(options[place + 1 :], place + 1):
            rest = tuple(axis for axis in range(1, scores.ndim) if axis - 1 not in (place, beyond))
            of_both = scores.mean(axis=(0, *rest))
            rows += [
                ("pair", option, other, level, second, of_both[at, also], np.nan, np.nan, np.nan)
                for at, level in enumerate(grid.levels[option])
                for also, second in enumerate(grid.levels[other])
            ]
    return rows


def _best(scores: np.ndarray, turn: float, grid: OptionGrid) -> tuple[object, ...]:
    flat = scores.reshape(len(scores), -1)
    place, wins = best_settings(flat)
    reached = turn * flat[:, place]
    low, high = mean_interval(reached)
    at = np.unravel_index(place, scores.shape[1:])
    setting = ", ".join(
        f"{option} {grid.levels[option][int(level)]}" for option, level in zip(grid.levels, at, strict=True)
    )
    return "best", "", "", setting, "", reached.mean(), float(low), float(high), 1 - float(wins[place])
