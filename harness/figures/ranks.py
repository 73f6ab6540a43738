"""Mean rank over the course of a search: strategies are ranked on each seed at each moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from nasbed.errors import OptionError
from nasbed.figures.arrays import TOGETHER, axis_of, lines, regrets, together
from nasbed.figures.kind import FigureKind
from nasbed.figures.lines import bands_along
from nasbed.figures.lines import sheet as sheet
from nasbed.figures.style import axes_or_new
from nasbed.results.known import score_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where there is one strategy only, and nothing to compare it with."""
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); the figure 'ranks' compares two or more")


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, x, mean (rank, 1 is the best), low and high (95 % t over seeds).

    ``x`` are evaluations, or what else the budget counts, such as simulated seconds or epochs.
    """
    require(results)
    frames, found = [], []
    for label in results.benchmarks:
        x, values = regrets(results, label)
        ordered = np.nan_to_num(np.stack(list(values.values())), nan=np.inf)
        ranks = dict(zip(values, stats.rankdata(ordered, axis=0), strict=True))
        frames.append(lines(label, x, ranks, 1.0, len(ranks)))
        found.append((x, ranks))
    if together(results) and len({len(x) for x, _ in found}) == 1:
        means = {name: np.mean([ranks[name] for _, ranks in found], axis=0) for name in results.strategies}
        frames.append(lines(TOGETHER, found[0][0], means, 1.0, len(means)))
    return pd.concat(frames, ignore_index=True)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    order: Sequence[str] | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default; the best rank is on top."""
    ax = axes_or_new(ax)
    numbers = _numbers(results) if numbers is None else numbers
    benchmark = benchmark or next(iter(results.benchmarks))
    mine = numbers[numbers["benchmark"] == benchmark]
    axis = axis_of(results, None if benchmark == TOGETHER else benchmark)
    bands_along(ax, mine, axis, results, order)
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
        " seeds."
    )


FIGURE = FigureKind("ranks", 20, "mean rank over the course of the search", _numbers, draw, sheet, about, require)
