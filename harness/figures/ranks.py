"""Mean rank over the course of a search: strategies are ranked on each seed at each moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from nasbed.errors import OptionError
from nasbed.figures.arrays import POINTS, TOGETHER, axis_of, lines, points_of, regrets, together
from nasbed.figures.kind import FigureKind
from nasbed.figures.lines import about_bands, bands_along
from nasbed.figures.lines import sheet as sheet
from nasbed.figures.sentences import at_the_end
from nasbed.figures.style import panel_of
from nasbed.results.known import score_names
from nasbed.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results


_BESIDE = 4
"""Points at which runs are ranked at a time."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where there is one strategy only, and nothing to compare it with."""
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); the figure 'ranks' compares two or more")


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, x, mean (rank, 1 is the best), low and high (95 % t over seeds).

    ``x`` are evaluations, or what else the budget counts, such as simulated seconds or epochs.
    """
    require(results)
    grids = {label: points_of(results, label) for label in results.benchmarks}
    frames: dict[str, list[pd.DataFrame]] = {label: [] for label in grids}
    common = len({tuple(x) for x in grids.values()}) == 1 and (together(results) or _same_epochs(results))
    names = results.strategies
    ends = partial(mean_interval, least=1.0, most=len(names))
    for block in range(0, POINTS, _BESIDE):
        total: np.ndarray | None = None
        for label, grid in grids.items():
            x = grid[block : block + _BESIDE]
            if not len(x):
                continue
            values = regrets(results, label, x)
            ranks = stats.rankdata(np.nan_to_num(np.stack([values[name] for name in names]), nan=np.inf), axis=0)
            frames[label].append(lines(label, x, dict(zip(names, ranks, strict=True)), ends))
            if common:
                total = ranks if total is None else total + ranks
        if total is not None:
            means = dict(zip(names, total / len(grids), strict=True))
            frames.setdefault(TOGETHER, []).append(lines(TOGETHER, x, means, ends))
    parts = [pd.concat(of).sort_values("strategy", key=_places(names), kind="stable") for of in frames.values()]
    return pd.concat(parts, ignore_index=True)


def _same_epochs(results: Results) -> bool:
    """Whether several benchmarks have the same budget in epochs, along which a mean over them is of like things."""
    budgets = {series.rules.budget for series in results.series}
    counted = all(budget.meter.epoch and not budget.meter.clock for budget in budgets)
    return counted and len(budgets) == 1 < len(results.benchmarks) and TOGETHER not in results.benchmarks


def _places(names: Sequence[str]) -> Callable[[pd.Series], pd.Series]:
    """The order of strategies in a study."""
    return lambda column: column.map(list(names).index)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default; the best rank is on top."""
    numbers = _numbers(results) if numbers is None else numbers
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    axis = axis_of(results, None if benchmark == TOGETHER else benchmark)
    bands_along(ax, mine, axis, results)
    ax.set_ylim(len(results.strategies) + 0.1, 0.9)
    ax.yaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.set_ylabel("mean rank")
    return ax


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    score = score_names(results.benchmarks.values(), "validation_regret")
    return (
        f"Mean rank on {score} over the course of the search, 1 is the best of {len(results.strategies)} strategies,"
        " ranked on each seed (ties share their ranks, a run without an incumbent is last), with 95 % t intervals over"
        f" seeds.{about_bands(results)}"
    )


FIGURE = FigureKind(
    "ranks",
    20,
    "mean rank over the course of the search",
    _numbers,
    draw,
    sheet,
    about,
    require,
    at_the_end("mean rank"),
)
