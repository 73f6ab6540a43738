"""Panels in rows, one legend under all, and the caption where it is wanted. Lengths are in inches."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator, SymmetricalLogLocator

from nasbed.figures import fonts
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

GAP = 0.07
"""Around a panel and its labels, whose width differs a little from one resolution to the other."""


class Panel(NamedTuple):
    """A panel's title and the options with which its figure is drawn into it."""

    title: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """Panels in the order of reading, so many in a row, ``None`` is a gap; ``height`` is that of one.

    ``legend`` are the marks and labels under all panels. ``inner`` says that each panel keeps the label of its vertical axis.
    ``width`` is less than the paper's where a figure needs no more.
    """

    panels: Sequence[Panel | None]
    across: int
    height: float = 1.75
    legend: Sequence[tuple[Line2D, str]] = ()
    inner: bool = False
    sharex: Share = False
    sharey: Share = False
    width: float = field(default=float("inf"))


def line_keys(results: Results, floor: bool = False) -> list[tuple[Line2D, str]]:
    """Legend entries for the lines of the strategies."""
    styles = line_of(results.looks)
    keys = [(Line2D([], [], **{**styles[name], "markevery": None}), name) for name in results.strategies]
    return [*keys, (Line2D([], [], **FLOOR), FLOOR_LABEL)] if floor else keys


def marker_keys(results: Results) -> list[tuple[Line2D, str]]:
    """Entries of the legend for strategies that are drawn as markers."""
    looks = ((name, results.looks[name]) for name in results.strategies)
    return [
        (Line2D([], [], color=look.color, marker=look.marker, markersize=4.5, linestyle="none"), name)
        for name, look in looks
    ]


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
        titles = [_title(panel.title if panel else "", width / sheet.across - 0.25) for panel in panels]
        above = sum(
            0.14 * max(title.count("\n") for title in titles[row * sheet.across : (row + 1) * sheet.across])
            for row in range(down)
        )
        total = down * sheet.height + above + key + text
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
                ax.set_title(titles[place], parse_math=False)
            plain_ticks(ax, width / sheet.across)
            if place % sheet.across and not sheet.inner:
                ax.set_ylabel("")
            if sheet.sharex:
                last = place + sheet.across >= len(panels) or panels[place + sheet.across] is None
                ax.tick_params(labelbottom=last)
                ax.set_xlabel(ax.get_xlabel() if last else "")
        if words:
            _caption(figure, words, width, total)
        fonts.fit(figure)
        if legend:
            legend.set_bbox_to_anchor((0.5, (text + 0.01) / total), transform=figure.transFigure)
        _settle(figure, grid, text + key)
    return figure


def _settle(figure: Figure, grid: np.ndarray, below: float) -> None:
    """Place the panels above ``below`` so that all have one size and nothing is cut off: once, so that every format and every call
    gives the same.
    """
    size = _place(figure, grid, _usual(*grid.shape), below)
    for _ in range(2):
        before, size = size, _place(figure, grid, _margins(figure, grid), below)
        if (
            np.abs(size - before) < 0.04 * size
        ).all():  # a panel of another size has other ticks, and labels of another width
            break


def _usual(rows: int, columns: int) -> list[np.ndarray]:
    """The margins of most figures, near enough for one pass to settle them."""
    first_column, first_row = (np.arange(count) == 0 for count in (columns, rows))
    return [
        np.where(first_column, 0.49, 0.32),
        np.full(columns, 0.14),
        np.full(rows, 0.44),
        np.where(first_row, 0.24, 0.11),
    ]


def _place(figure: Figure, grid: np.ndarray, margins: Sequence[np.ndarray], below: float) -> np.ndarray:
    """Give all panels one size, and the margins of their columns and rows between; their width and height in inches."""
    left, right, lower, upper = margins
    width, height = figure.get_size_inches()
    wide = (width - left.sum() - right.sum()) / grid.shape[1]
    high = (height - below - lower.sum() - upper.sum()) / grid.shape[0]
    for (row, column), ax in np.ndenumerate(grid):
        x = left[: column + 1].sum() + right[:column].sum() + column * wide
        y = height - upper[: row + 1].sum() - lower[:row].sum() - (row + 1) * high
        if ax.figure is not None:
            ax.set_position((x / width, y / height, wide / width, high / height))
    return np.array([wide, high])


def _margins(figure: Figure, grid: np.ndarray) -> list[np.ndarray]:
    """What panels need at the left and right of each column, and below and above each row."""
    renderer = _renderer(figure)
    around = np.zeros((*grid.shape, 4))
    for place, ax in np.ndenumerate(grid):
        if ax.figure is not None:
            outer, inner = ax.get_tightbbox(renderer), ax.get_window_extent(renderer)
            around[place] = (inner.x0 - outer.x0, outer.x1 - inner.x1, inner.y0 - outer.y0, outer.y1 - inner.y1)
    across, upwards = around[:, :, :2].max(axis=0).T, around[:, :, 2:].max(axis=1).T
    return [one / figure.dpi + GAP for one in (*across, *upwards)]


def _title(text: str, room: float) -> str:
    """On several lines where it is too long for one, and where it says that a search is reported elsewhere."""
    return "\n".join(broken(line, max(8, int(room / CHARACTER))) for line in text.replace(" → ", "\n→ ").split("\n"))


def _legend(figure: Figure, keys: Sequence[tuple[Line2D, str]], width: float) -> Legend:
    """As many columns as fit."""
    narrow = width < WIDTHS["double"] / 2
    lines = any(handle.get_linestyle() != "None" for handle, _ in keys)
    labels = [broken(label, int((width - 0.6) / 0.058)) for _, label in keys]
    for columns in range(min(len(keys), 8), 0, -1):
        legend = figure.legend(
            [handle for handle, _ in keys],
            [str(place) for place in range(len(keys))],
            loc="lower center",
            ncols=columns,
            frameon=False,
            fontsize=7 if narrow else 8,
            handlelength=2.8 if lines else 1.0,
            columnspacing=1.0 if narrow else 1.4,
            labelspacing=0.35,
            borderaxespad=0.0,
            borderpad=0.1,
        )
        for text, label in zip(legend.get_texts(), labels, strict=True):  # as it is: no mathematics, nothing hidden
            text.set_text(label)
            text.set_parse_math(False)
        fonts.fit(figure)
        if columns == 1 or legend.get_window_extent(_renderer(figure)).width <= (width - 0.1) * figure.dpi:
            return legend
        legend.remove()
    raise AssertionError("one column is always taken")


def _height(legend: Legend, figure: Figure) -> float:
    return float(legend.get_window_extent(_renderer(figure)).height / figure.dpi)


def _renderer(figure: Figure) -> Any:
    return cast(Any, figure.canvas).get_renderer()


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


def plain_ticks(ax: Axes, width: float) -> None:
    """Numbers without powers on logarithmic axes, as many as a panel of this width has room for."""
    for side, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
        scale = side.get_scale()
        if scale == "log":
            subs = _subs(high / low * (12 if side is ax.xaxis and width < 2.2 else 1))
            side.set_major_locator(LogLocator(subs=subs))
            if len(subs) > 1:
                side.set_minor_locator(NullLocator())
        elif scale == "symlog":
            side.set_major_locator(_symlog(side, low, high, 4 if width < 2.2 else 7))
        if scale in ("log", "symlog"):
            side.set_major_formatter(FuncFormatter(_plain))
            side.set_minor_formatter(NullFormatter())


def _plain(value: float, _: int) -> str:  # a lambda could not be sent to another process
    return f"{value:g}"


def _subs(ratio: float) -> tuple[float, ...]:
    """Multiples of powers of ten that are labelled on a logarithmic axis whose ends have this ratio."""
    if ratio > 300:
        return (1.0,)
    return (1.0, 2.0, 5.0) if ratio > 12 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def _symlog(side: Axis, low: float, high: float, most: int) -> FixedLocator:
    """Zero and powers of ten from the linear part on; every second or third where there are more than ``most``."""
    transform = side.get_transform()
    ticks = SymmetricalLogLocator(transform).tick_values(low, high)
    powers = [tick for tick in sorted(ticks) if tick > 0 and tick <= high]
    step = -(-len(powers) // most)
    return FixedLocator([0.0, *powers[::step]])
