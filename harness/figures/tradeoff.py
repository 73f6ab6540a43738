"""What thinking buys: regret against the strategy's own time a query, at a quarter, half and all of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from nasbed.errors import OptionError
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Sheet
from nasbed.figures.lines import to_the_bottom
from nasbed.figures.naming import called
from nasbed.figures.rows import ROOM, lay_rows, sheet_of_rows
from nasbed.figures.sentences import typical
from nasbed.figures.style import METRIC, difference_unit, panel_of
from nasbed.results.known import require_best
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary.units import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

SHARES = (0.25, 0.5, 1.0)
"""The shares of a budget of evaluations after which regrets are shown; of another budget only its end is."""


EARLIER: dict[float, dict[str, Any]] = {
    0.25: {"markersize": 2.8, "markeredgewidth": 0.7, "markerfacecolor": "white"},
    0.5: {"markersize": 4.2, "markeredgewidth": 0.7, "fillstyle": "left", "markerfacecoloralt": "white"},
}
"""How the marks before the end of the budget look: open, and half filled."""


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
    room: float = ROOM["double"],
) -> Axes:
    """The panel of a benchmark, the first by default: a row a strategy, the one that thinks least on top, with its time."""
    numbers = _numbers(results) if numbers is None else numbers
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    logarithmic = bool((mine["mean"] > 0).all())
    ordered = _ordered(numbers)
    for place, strategy in enumerate(ordered.index):
        rows = mine[mine["strategy"] == strategy]
        colour, _, marker = results.looks[strategy]
        ax.plot(rows["mean"], [place] * len(rows), color=colour, linewidth=0.7, zorder=2)
        for share, row in zip(rows["share"], rows.to_dict("records"), strict=True):
            if share < 1:
                ax.plot(row["mean"], place, marker, color=colour, zorder=3, **EARLIER[share])
        end = rows[rows["share"] == 1]
        low = to_the_bottom(end["low"], mine["mean"]) if logarithmic else end["low"]
        ax.hlines([place] * len(end), low, end["high"], color="black", linewidth=0.8, zorder=5)
        ax.plot(end["mean"], [place] * len(end), marker, color=colour, markersize=4.5, label=strategy, zorder=4)
    if logarithmic:
        ax.set_xscale("log")
        ax.set_xlim(mine["mean"].min() / 1.8, 1.3 * max(mine["mean"].max(), mine["high"].max()))
    lay_rows(ax, _named(results, numbers), room)
    ax.grid(axis="y", color="#eeeeee", linewidth=0.5)
    ax.set_axisbelow(True)
    ax.set_xlabel(f"{METRIC['validation_regret']} ({difference_unit(results.benchmarks[benchmark])})")
    return ax


def _ordered(numbers: pd.DataFrame) -> pd.Series:
    """Milliseconds a query of each strategy, mean over benchmarks, the least first."""
    return numbers.groupby("strategy", sort=False)["x"].mean().sort_values(kind="stable")


def _named(results: Results, numbers: pd.DataFrame) -> list[str]:
    names = called(results.strategies)
    return [f"{names[str(strategy)]}, {written(value / 1e3, 's')}" for strategy, value in _ordered(numbers).items()]


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """Three panels in a row, with the names and times at the left."""
    marks: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": "black"}
    keys = [
        (Line2D([], [], **EARLIER[share], **marks), words)
        for share, words in ((0.25, "a quarter of the budget"), (0.5, "half"))
        if (numbers["share"] == share).any()
    ]
    keys.append((Line2D([], [], markersize=4.5, **marks), "all of the budget"))
    return sheet_of_rows(list(results.benchmarks), _named(results, numbers), style, keys, wide=1.15)


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    return (
        "Validation regret at the end of the budget (filled; mean over seeds, with its 95 % t interval in black) and after"
        " a quarter (open) and half of its evaluations (half filled; neither under a budget of another kind), strategies in order"
        " of their own thinking time a query, which stands beside their names: mean over the search and over benchmarks, on the"
        " machine of the run; simulated time does not contain it."
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
