"""Figures for papers. They compute nothing: what is drawn comes from ``Results.curves`` and is written beside them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.analysis.results import Results
    from nasbed.protocol import Benchmark

# Okabe and Ito's colours, which stay apart under the common colour-vision deficiencies, black and yellow left out; the
# dashes keep lines apart in greyscale.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#555555", "#E69F00", "#882255", "#44AA99", "#999933")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (4, 1, 1, 1)),
    (0, (8, 2)),
    (0, (4, 1, 1, 1, 1, 1)),
    (0, (2, 2)),
)
WIDTH = 7.0
"""Inches: the width of a page of two columns."""

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "nasbed",
}
METRIC = {"validation_regret": "validation regret", "test_regret": "test regret"}


def style_of(strategies: list[str]) -> dict[str, dict[str, Any]]:
    """One colour and dash for each strategy, in the order of the study, for all figures."""
    return {
        name: {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[place % len(DASHES)]}
        for place, name in enumerate(strategies)
    }


def curves(results: Results, metric: str = "test_regret", frame: pd.DataFrame | None = None) -> Figure:
    """Regret against evaluations (top) and simulated time (bottom), a column for each benchmark.

    Lines are means over seeds, bands 95 % bootstrap intervals, the dotted line is the floor. ``frame`` is
    ``results.curves()`` where it is at hand.
    """
    frame = results.curves() if frame is None else frame
    frame = frame[frame["metric"] == metric]
    benchmarks = list(results.benchmarks)
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        caption = textwrap.wrap(figure_caption(results), 128)
        longest = max(len(name) for name in (*results.strategies, "floor: exhaustive search"))
        columns = max(1, int((WIDTH - 0.2) / (0.062 * longest + 0.5)))
        legend_rows = -(-(len(results.strategies) + 1) // columns)
        below = 0.13 * len(caption) + 0.19 * legend_rows + 0.25
        across = max(8, int(0.8 * WIDTH / len(benchmarks) / 0.066))
        titles = [textwrap.fill(label.replace(" → ", "\n→ "), across, replace_whitespace=False) for label in benchmarks]
        above = 0.1 + 0.15 * max(title.count("\n") + 1 for title in titles)
        height = 3.95 + below + above
        figure = Figure(figsize=(WIDTH, height))
        grid = figure.subplots(2, len(benchmarks), squeeze=False, sharey="col")
        for column, label in enumerate(benchmarks):
            for row, axis in enumerate(("evaluations", "seconds")):
                draw(grid[row][column], results, frame, label, metric, axis)
            grid[0][column].set_title(titles[column], parse_math=False)
        *curves, floor = grid[0][0].lines
        handles = [*curves[: len(results.strategies)], floor]
        labels = [*results.strategies, "floor: exhaustive search"]
        for axes in grid[:, 0]:
            axes.set_ylabel(f"{METRIC[metric]} ({_difference(results.benchmarks[benchmarks[0]])})")
        figure.subplots_adjust(
            left=0.085,
            right=0.98,
            top=1 - above / height,
            bottom=(below + 0.3) / height,
            hspace=0.36,
            wspace=0.24 + 0.08 * max(0, len(benchmarks) - 3),
        )
        legend = figure.legend(
            handles,
            [str(place) for place in range(len(labels))],
            loc="upper center",
            ncols=columns,
            frameon=False,
            handlelength=2.8,
            columnspacing=1.6,
            bbox_to_anchor=(0.5, (below - 0.08) / height),
        )
        for text, label in zip(legend.get_texts(), labels, strict=True):  # as it is: no mathematics, nothing hidden
            text.set_text(label)
            text.set_parse_math(False)
        figure.text(
            0.02,
            0.012,
            "\n".join(caption),
            fontsize=6.5,
            color="#333333",
            va="bottom",
            parse_math=False,
            linespacing=1.35,
        )
    return figure


def _difference(benchmark: Benchmark) -> str:
    """The unit of a difference of the objective."""
    unit = benchmark.objectives[0].unit
    return "% points" if unit == "%" else unit


def draw(axes: Axes, results: Results, frame: pd.DataFrame, benchmark: str, metric: str, axis: str) -> None:
    """One panel: the curves of a benchmark."""
    styles = style_of(results.strategies)
    mine = frame[(frame["benchmark"] == benchmark) & (frame["axis"] == axis)]
    long = axis == "seconds" and mine["x"].max() > 1800
    scale = 3600.0 if long else 1.0
    for strategy in results.strategies:
        curve = mine[mine["strategy"] == strategy]
        x = curve["x"] / scale
        axes.fill_between(x, curve["low"], curve["high"], color=styles[strategy]["color"], alpha=0.18, linewidth=0)
        axes.plot(x, curve["mean"], label=strategy, **styles[strategy])
    floor = results.floor(benchmark)[0 if metric == "validation_regret" else 1]
    if floor > 0:
        axes.axhline(floor, color="black", linewidth=0.9, linestyle=(0, (1, 2)))
    axes.plot(
        [],
        [],
        color="black",
        linewidth=0.9,
        linestyle=(0, (1, 2)),
        label="floor: exhaustive search",
    )
    axes.set_xlabel("evaluations" if axis == "evaluations" else f"simulated time ({'hours' if long else 'seconds'})")
    if mine.empty:
        axes.set_xticks([])
        axes.text(
            0.5,
            0.75,
            "at no moment does\nevery run have an incumbent",
            transform=axes.transAxes,
            ha="center",
            va="center",
        )
        return
    if (mine["mean"] > 0).any():
        axes.set_yscale("log")
    axes.set_xscale("log")
    start, end = mine["x"].min() / scale, mine["x"].max() / scale
    axes.set_xlim(start, end if end > start else 2 * start)
    for side, (low, high) in ((axes.yaxis, axes.get_ylim()), (axes.xaxis, axes.get_xlim())):
        if side.get_scale() == "log":
            crowded = side is axes.xaxis and len(results.benchmarks) > 2
            side.set_major_locator(LogLocator(subs=_ticks(high / low * (12 if crowded else 1))))
            side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            side.set_minor_formatter(NullFormatter())


def _ticks(ratio: float) -> tuple[float, ...]:
    """Multiples of powers of ten that are labelled on a logarithmic axis whose ends have this ratio."""
    if ratio > 300:
        return (1.0,)
    return (1.0, 2.0, 5.0) if ratio > 12 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def _raised(results: Results) -> bool:
    return any(len({stage.epochs for stage in part.rules.stages}) > 1 for part in results.parts)


def figure_caption(results: Results) -> str:
    """What the figure shows and under which protocol."""
    return (
        "Mean over seeds of the incumbent's regret with 95 % bootstrap intervals; logarithmic axes; dotted: the floor,"
        " expected regret of exhaustive search under the same noise, at the highest fidelity offered (not drawn where it is 0). A"
        " curve against time begins when every run has an incumbent and ends where its first run does. "
        + ("Where a stage raises the fidelity, the incumbent begins anew. " if _raised(results) else "")
        + " ".join([results.caption(), *(f"Warning: {warning}." for warning in results.warnings)])
    )
