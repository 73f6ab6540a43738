"""Lines with bands, a colour and dash a strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.figures.layout import Panel, Sheet, line_keys
from nasbed.figures.style import line_of
from nasbed.results.known import in_simulated_time

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.vocabulary import Meter


def bands(ax: Axes, frame: pd.DataFrame, results: Results, scale: float = 1.0) -> None:
    """Means as lines and intervals as bands; ``frame`` has the columns strategy, x (divided by ``scale``), mean, low, high."""
    looks = line_of(results.looks)
    by = dict(iter(frame.groupby("strategy", sort=False)))
    for strategy in results.strategies:
        if strategy in by:
            line = by[strategy]
            x = line["x"].to_numpy() / scale
            colour = looks[strategy]["color"]
            ax.fill_between(x, line["low"], line["high"], color=colour, alpha=0.18, linewidth=0)
            ax.plot(x, line["mean"], label=strategy, **looks[strategy])


def bands_along(ax: Axes, frame: pd.DataFrame, axis: Meter, results: Results) -> None:
    """Means and intervals as :func:`bands` draws them, against the readings of a meter on a logarithmic axis with its name."""
    scale, unit = axis.unit(frame["x"].max())
    bands(ax, frame, results, scale)
    ax.set_xscale("log")
    ax.set_xlim(frame["x"].min() / scale, max(frame["x"].max(), 1.1 * frame["x"].min()) / scale)
    ax.set_xlabel(axis.label(unit, simulated=in_simulated_time(results.benchmarks.values())))


def to_the_bottom(low: pd.Series[float], means: pd.Series[float]) -> pd.Series[float]:
    """Lower ends for a logarithmic axis: 0, which is drawn at its bottom, where they are below a quarter of the lowest mean.

    An interval may end near 0 or below; an axis that followed it there would show nothing else.
    """
    return low.where(low >= means[means > 0].min() / 4, 0.0)


def sheet(results: Results, frame: pd.DataFrame, style: str) -> Sheet:
    """One panel for each benchmark of the frame, last for all together; three in a row of a page, four where that is all."""
    drawn = set(frame["benchmark"])
    labels = [label for label in dict.fromkeys([*results.benchmarks, *frame["benchmark"]]) if label in drawn]
    most = 2 if style == "single" else 4 if len(labels) == 4 else 3
    across = 1 if style == "single" and len(labels) < 4 else min(len(labels), most)
    panels = [Panel(label, {"benchmark": label}) for label in labels]
    height = 1.9 if across < 4 else 1.7
    return Sheet(panels, across, height, line_keys(results))
