"""Panels in rows, one legend under all, and the caption where it is wanted. Lengths are in inches."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator, SymmetricalLogLocator

from nasbed.figures import fonts, naming, placing
from nasbed.figures.edges import keep_whole
from nasbed.figures.notebook_figure import NotebookFigure
from nasbed.figures.style import FLOOR, FLOOR_LABEL, STYLE, WIDTHS, broken, line_of, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.legend import Legend

    from nasbed.results.results import Results

Share = bool | Literal["row", "col"]

CHARACTER = 0.062
"""Width of a character of 8 points, about."""

CROWDED, SMALL = 14, 6
"""Entries of a legend beyond which its letters are small, and the points of those."""

NARROW, TITLES = 1.6, 7
"""Inches of a panel with its labels below which titles are small, and the points of those."""

LOW = 2.95
"""The height that a figure of one column of a page keeps below, where its panels can be as low as that."""


class Panel(NamedTuple):
    """A panel's title and the options with which its figure is drawn into it."""

    title: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """Panels in the order of reading, so many in a row, ``None`` is a gap; ``height`` is that of one.

    ``legend`` are the marks and labels under all panels. ``inner`` says that each panel keeps the label of its vertical axis.
    ``beside`` is what names take at the left. ``width`` is less than the paper's where a figure needs no more. In one
    column of a page panels are lowered so that the figure is no higher than ``LOW``, but not below ``least``.
    """

    panels: Sequence[Panel | None]
    across: int
    height: float = 1.75
    legend: Sequence[tuple[Line2D, str]] = ()
    inner: bool = False
    sharex: Share = False
    sharey: Share = False
    width: float = field(default=float("inf"))
    beside: float = 0.0
    least: float = 0.95


def line_keys(results: Results, floor: bool = False) -> list[tuple[Line2D, str]]:
    """Legend entries for the lines of the strategies."""
    styles, called = line_of(results.looks), naming.called(results.strategies)
    keys = [(Line2D([], [], **{**styles[name], "markevery": None}), called[name]) for name in results.strategies]
    return [*keys, (Line2D([], [], **FLOOR), FLOOR_LABEL)] if floor else keys


def lay_out(sheet: Sheet, style: str, draw: Callable[..., Any], caption: str = "") -> Figure:
    """A figure of a paper's style: ``draw(ax=..., **options)`` fills each panel."""
    width = min(width_of(style), sheet.width)
    down = -(-len(sheet.panels) // sheet.across)
    panels = [*sheet.panels, *[None] * (down * sheet.across - len(sheet.panels))]
    with mpl.rc_context(STYLE), fonts.quiet():  # type: ignore[arg-type]
        figure = NotebookFigure(figsize=(width, 1.0))
        FigureCanvasAgg(figure)
        words = textwrap.wrap(caption, int(18.3 * width)) if caption else []
        legend = _legend(figure, sheet.legend, width) if sheet.legend else None
        key = _height(legend, figure) + 0.06 if legend else 0.0
        text = 0.123 * len(words) + 0.1 if words else 0.0
        cell = (width - sheet.beside) / sheet.across
        titling = TITLES if cell < NARROW else mpl.rcParams["axes.titlesize"]
        titles = [
            _title(panel.title if panel else "", (cell - (0.06 if sheet.beside else 0.25)) * 8 / titling)
            for panel in panels
        ]
        above = sum(
            0.14 * max(title.count("\n") for title in titles[row * sheet.across : (row + 1) * sheet.across])
            for row in range(down)
        )
        height = sheet.height
        if style == "single":
            height = max(min(height, (LOW - above - key - text) / down), min(height, sheet.least))
        total = down * height + above + key + text
        figure.set_size_inches(width, total)
        grid = figure.subplots(down, sheet.across, squeeze=False, sharex=sheet.sharex, sharey=sheet.sharey)
        for place, (ax, panel) in enumerate(zip(grid.flat, panels, strict=True)):
            if panel is None:
                ax.remove()
                continue
            # by this size the number of ticks is chosen anew wherever the figure is saved
            ax.tick_params(axis="x", labelsize=mpl.rcParams["xtick.labelsize"])
            ax.tick_params(axis="y", labelsize=mpl.rcParams["ytick.labelsize"])
            draw(ax=ax, **panel.options)
            for name in (ax.xaxis.label, ax.yaxis.label):
                name.set_parse_math(False)
            if titles[place]:
                ax.set_title(titles[place], parse_math=False, fontsize=titling)
            plain_ticks(ax, cell, height)
            if place % sheet.across and not sheet.inner:
                ax.set_ylabel("")
            if sheet.sharex:
                ax.tick_params(labelbottom=place + sheet.across >= len(panels) or panels[place + sheet.across] is None)
        if words:
            _caption(figure, words, width, total)
        shared = placing.lift(figure, grid, sheet.inner)
        for ax in figure.axes:
            ax.set_xlabel(broken(ax.get_xlabel(), max(8, int((width / sheet.across - 0.1) / CHARACTER))))
            ax.set_ylabel(broken(ax.get_ylabel(), max(8, int((height - 0.1) / CHARACTER))))
        if shared.up is not None:
            shared.up.set_text(broken(shared.up.get_text(), int((total - text - key) / CHARACTER)))
        fonts.fit(figure)
        if legend:
            legend.set_bbox_to_anchor((0.5, (text + 0.01) / total), transform=figure.transFigure)
        placing.settle(figure, grid, text + key, shared)
        for ax in figure.axes:
            keep_whole(ax)
    return figure


def _title(text: str, room: float) -> str:
    """On several lines where it is too long for one, and where it says that a search is reported elsewhere."""
    return "\n".join(broken(line, max(12, int(room / CHARACTER))) for line in text.replace(" → ", "\n→ ").split("\n"))


def _legend(figure: Figure, keys: Sequence[tuple[Line2D, str]], width: float) -> Legend:
    """As many columns as fit."""
    narrow = width < WIDTHS["double"] / 2
    lines = any(handle.get_linestyle() != "None" for handle, _ in keys)
    size = SMALL if len(keys) > CROWDED else 7 if narrow else 8
    labels = [broken(label, int((width - 0.6) / 0.058)) for _, label in keys]
    for columns in range(min(len(keys), 8), 0, -1):
        legend = figure.legend(
            [handle for handle, _ in keys],
            [str(place) for place in range(len(keys))],
            loc="lower center",
            ncols=columns,
            frameon=False,
            fontsize=size,
            handlelength=2.8 if lines and size > SMALL else 2.0 if lines else 1.0,
            columnspacing=1.0 if narrow else 1.4,
            labelspacing=0.35,
            borderaxespad=0.0,
            borderpad=0.1,
        )
        for text, label in zip(legend.get_texts(), labels, strict=True):  # as it is: no mathematics, nothing hidden
            text.set_text(label)
            text.set_parse_math(False)
        fonts.fit(figure)
        if columns == 1 or _fits(legend, figure, width):
            return legend
        legend.remove()
    raise AssertionError("one column is always taken")


def _fits(legend: Legend, figure: Figure, width: float) -> bool:
    """Whether a legend is no wider than the figure, at any resolution."""
    drawn = legend.get_window_extent(placing.renderer_of(figure)).width / figure.dpi
    return bool(placing.HINTED * drawn <= width - 0.1)


def _height(legend: Legend, figure: Figure) -> float:
    return float(legend.get_window_extent(placing.renderer_of(figure)).height / figure.dpi)


def _caption(figure: Figure, words: list[str], width: float, height: float) -> None:
    figure.text(
        0.1 / width,
        0.05 / height,
        "\n".join(words),
        fontsize=6.5,
        color="#333333",
        va="bottom",
        parse_math=False,
        linespacing=1.3,
    )


def plain_ticks(ax: Axes, width: float, height: float) -> None:
    """Numbers without powers on logarithmic axes, as many as a panel of this width and height has room for."""
    for side, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
        scale = side.get_scale()
        if scale == "log":
            most = max(3, int(width / 0.36) if side is ax.xaxis else int(height / 0.3))
            subs = _subs(low, high, min(most, 8))
            side.set_major_locator(LogLocator(subs=subs, numticks=most))
            if len(subs) > 1:
                side.set_minor_locator(NullLocator())
        elif scale == "symlog":
            room = width if side is ax.xaxis else 1.5 * height
            side.set_major_locator(_symlog(side, low, high, 2 if room < 1.6 else 4 if room < 2.2 else 7))
        if scale in ("log", "symlog"):
            side.set_major_formatter(FuncFormatter(_plain))
            side.set_minor_formatter(NullFormatter())


def _plain(value: float, _: int) -> str:  # a lambda could not be sent to another process
    return f"{value:g}"


_SUBS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0))


def _subs(low: float, high: float, most: int) -> tuple[float, ...]:
    """Multiples of powers of ten that are labelled on a logarithmic axis: as many as there is room for ``most`` numbers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for subs in _SUBS:
        if sum(low <= one * 10.0**power <= high for power in powers for one in subs) <= most:
            return subs
    return (1.0,)


def _symlog(side: Axis, low: float, high: float, most: int) -> FixedLocator:
    """Zero and powers of ten from the linear part on; every second or third where there are more than ``most``."""
    transform = side.get_transform()
    ticks = SymmetricalLogLocator(transform).tick_values(low, high)
    powers = [tick for tick in sorted(ticks) if tick > 0 and tick <= high]
    if len(powers) > 2 and most <= 4:  # the first is next to 0
        powers = powers[1:]
    step = -(-len(powers) // most)
    return FixedLocator([0.0, *powers[::step]])
