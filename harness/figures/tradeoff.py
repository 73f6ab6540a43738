"""What thinking buys: regret against the strategy's own time a query, at a quarter, half and all of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import OptionError
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet, marker_keys
from nasbed.figures.lines import to_the_bottom
from nasbed.figures.sentences import typical
from nasbed.figures.style import METRIC, axes_or_new, difference_unit
from nasbed.results.known import require_best
from nasbed.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

SHARES = (0.25, 0.5, 1.0)
"""The shares of a budget of evaluations after which regrets are shown; of another budget only its end is."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no thinking time was kept, or no best is known."""
    require_best(results.benchmarks.values(), "the figure 'tradeoff'")
    if all(np.isnan(series.mean_thinking) for series in results.series):
        raise OptionError(
            "no thinking times are stored; the figure 'tradeoff' needs results that nasbed ran, with their timings"
        )


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, share (of the budget), x (milliseconds of thinking a query), mean (regret), low, high."""
    require(results)
    rows = []
    for label in results.benchmarks:
        budget = results.series_of(label, results.strategies[0]).rules.budget
        for strategy in results.strategies:
            series = results.series_of(label, strategy)
            for share in SHARES if budget.evaluations is not None else (1.0,):
                mine = series.runs.validation_regret
                at = mine.shape[1] if share == 1 else min(max(1, round(share * budget.amount)), mine.shape[1])
                regret = mine[~np.isnan(mine[:, at - 1]), at - 1]
                if len(regret) and not np.isnan(series.mean_thinking):
                    low, high = mean_interval(regret, least=0.0)
                    rows.append(
                        (label, strategy, share, 1e3 * series.mean_thinking, regret.mean(), float(low), float(high))
                    )
    return pd.DataFrame(rows, columns=["benchmark", "strategy", "share", "x", "mean", "low", "high"])


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default; open marks are parts of the budget."""
    ax = axes_or_new(ax)
    numbers = _numbers(results) if numbers is None else numbers
    benchmark = benchmark or next(iter(results.benchmarks))
    mine = numbers[numbers["benchmark"] == benchmark]
    logarithmic = bool((mine["mean"] > 0).all())
    for strategy in results.strategies:
        rows = mine[mine["strategy"] == strategy]
        if rows.empty:
            continue
        colour, _, marker = results.looks[strategy]
        ax.plot(rows["x"], rows["mean"], color=colour, linewidth=0.7, zorder=2)
        series, end = rows[rows["share"] < 1], rows[rows["share"] == 1]
        ax.plot(
            series["x"],
            series["mean"],
            marker,
            color=colour,
            markerfacecolor="white",
            markersize=2.8,
            markeredgewidth=0.7,
            zorder=3,
        )
        low = to_the_bottom(end["low"], mine["mean"]) if logarithmic else end["low"]
        ax.vlines(end["x"], low, end["high"], color="black", linewidth=0.8, zorder=5)
        ax.plot(end["x"], end["mean"], marker, color=colour, markersize=5, label=strategy, zorder=4)
    ax.set_xscale("log")
    if logarithmic:
        ax.set_yscale("log")
        ax.set_ylim(
            bottom=min(ax.get_ylim()[0], mine["mean"].min() / 1.5)
        )  # room for a mark whose interval ends at the bottom
    ax.margins(x=0.12)
    ax.set_xlabel("thinking a query (ms)")
    ax.set_ylabel(f"{METRIC['validation_regret']} ({difference_unit(results.benchmarks[benchmark])})")
    return ax


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """Three panels in a row of a page's width."""
    labels = list(results.benchmarks)
    across = min(len(labels), 3) if style == "double" else 1
    panels = [Panel(label, {"benchmark": label}) for label in labels]
    return Sheet(panels, across, 2.0, marker_keys(results))


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    return (
        "Validation regret at the end of the budget (filled; mean over seeds, with its 95 % t interval in black) and after"
        " a quarter and half of its evaluations (open, from above) against the strategy's own thinking time a query, mean over the"
        " search, on the machine of the run; simulated time does not contain it."
    )


FIGURE = FigureKind(
    "tradeoff",
    70,
    "regret against the strategy's own thinking time",
    _numbers,
    draw,
    sheet,
    about,
    require,
    typical("milliseconds of thinking a query", "x"),
)
