"""Lines with bands, a colour and dash a strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.figures.layout import Panel, Sheet, line_keys
from nasbed.figures.style import line_of
from nasbed.results.known import in_simulated_time
from nasbed.vocabulary.meters import EVALUATIONS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.vocabulary import Meter


BANDS = 12
"""Strategies beyond which only means are drawn: more bands cover each other."""


def about_bands(results: Results) -> str:
    """A sentence for captions that intervals are not drawn, after a space; empty where they are."""
    return (
        f" Of more than {BANDS} strategies the intervals are in the numbers alone."
        if len(results.strategies) > BANDS
        else ""
    )


def bands(ax: Axes, frame: pd.DataFrame, results: Results, scale: float = 1.0) -> None:
    """Means as lines and intervals as bands; ``frame`` has the columns strategy, x (divided by ``scale``), mean, low, high."""
    looks = line_of(results.looks)
    by = dict(iter(frame.groupby("strategy", sort=False)))
    for strategy in results.strategies:
        if strategy in by:
            line = by[strategy]
            x = line["x"].to_numpy() / scale
            colour = looks[strategy]["color"]
            if len(results.strategies) <= BANDS:
                ax.fill_between(x, line["low"], line["high"], color=colour, alpha=0.18, linewidth=0)
            ax.plot(x, line["mean"], label=strategy, **looks[strategy])


def bands_along(ax: Axes, frame: pd.DataFrame, axis: Meter, results: Results) -> None:
    """Means and intervals as :func:`bands` draws them, against the readings of a meter on a logarithmic axis with its name."""
    scale, unit = axis.unit(frame["x"].max())
    bands(ax, frame, results, scale)
    ax.set_xscale("log")
    ax.set_xlim(frame["x"].min() / scale, max(frame["x"].max(), 1.1 * frame["x"].min()) / scale)
    ax.set_xlabel(label_of(axis, unit, results))


def label_of(axis: Meter, unit: str, results: Results) -> str:
    """The name of an axis with its unit; of evaluations, where there are several fidelities, that each counts one."""
    any_of = axis is EVALUATIONS and any(len(series.searched.epochs) > 1 for series in results.series)
    return axis.label(unit, simulated=in_simulated_time(results.benchmarks.values())) + " (any fidelity)" * any_of


def to_the_bottom(low: pd.Series[float], means: pd.Series[float]) -> pd.Series[float]:
    """Lower ends for a logarithmic axis: 0, which is drawn at its bottom, where they are below a quarter of the lowest mean.

    An interval may end near 0 or below; an axis that followed it there would show nothing else.
    """
    return low.where(low >= means[means > 0].min() / 4, 0.0)


def sheet(results: Results, frame: pd.DataFrame, style: str) -> Sheet:
    """One panel for each benchmark of the frame, last for all together; three in a row; of four two
    in one column of a page, all across two."""
    drawn = set(frame["benchmark"])
    labels = [
        label for label in dict.fromkeys([*results.benchmarks, *frame["benchmark"]]) if label in drawn or not drawn
    ]
    across = 2 if style == "single" and len(labels) == 4 else 4 if len(labels) == 4 else min(len(labels), 3)
    panels = [Panel(label, {"benchmark": label}) for label in labels]
    return Sheet(panels, across, 1.9 if across < 4 else 1.7, line_keys(results))
