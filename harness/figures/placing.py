"""Where panels stand in a figure: all of one size, what is said of several written once, nothing cut off. Lengths are in inches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import matplotlib as mpl
import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

GAP = 0.07
"""Around a panel and its labels, whose width differs a little from one resolution to the other."""

FINE = 200
"""Dots an inch at which texts are measured."""

HINTED = 1.06
"""How much wider a label is at the resolution that draws it widest."""

LABEL = 0.16
"""What the label of an axis takes that stands once for several panels, a line."""


class Shared(NamedTuple):
    """Labels of axes that stand once: one for all panels upwards, and one below each of some rows."""

    up: Text | None
    below: dict[int, Text]


def lift(figure: Figure, grid: np.ndarray, inner: bool) -> Shared:
    """Take the labels that panels have in common from them: that of a row, or of all rows, and unless each panel keeps its own
    (``inner``) that of all panels upwards.
    """
    rows = [[ax for ax in row if ax.figure is not None] for row in grid]
    named = [{ax.get_xlabel() for ax in row if ax.get_xlabel()} for row in rows]
    common = set().union(*named)
    below: dict[int, Text] = {}
    last = len(rows) - 1
    several = {place: rows[place] for place in range(len(rows)) if len(named[place]) == 1 and len(rows[place]) > 1}
    if len(common) == 1 and grid.size > 1:
        several = {last: [ax for row in rows for ax in row]}
    for place, panels in several.items():
        below[place] = _text(figure, next(ax.get_xlabel() for ax in panels if ax.get_xlabel()))
        for ax in panels:
            ax.set_xlabel("")
    left = [ax.get_ylabel() for row in rows for ax in row[:1]]
    up = None
    if len(left) > 1 and len(set(left)) == 1 and left[0] and not inner:
        up = _text(figure, left[0], 90)
        for ax in figure.axes:
            ax.set_ylabel("")
    return Shared(up, below)


def _text(figure: Figure, label: str, rotation: float = 0) -> Text:
    return figure.text(
        0,
        0,
        label,
        rotation=rotation,
        ha="left" if rotation else "center",
        va="center" if rotation else "bottom",
        fontsize=mpl.rcParams["axes.labelsize"],
        parse_math=False,
    )


def settle(figure: Figure, grid: np.ndarray, below: float, shared: Shared) -> None:
    """Place the panels above ``below`` so that all have one size and nothing is cut off: once, so that every format and every call
    gives the same. Texts are measured finely, since at few dots an inch letters are drawn narrower than they are in print.
    """
    dots = figure.dpi
    figure.set_dpi(FINE)
    margins = _usual(*grid.shape)
    size = _place(figure, grid, margins, below)
    for _ in range(2):
        margins = _margins(figure, grid, shared)
        before, size = size, _place(figure, grid, margins, below)
        if (
            np.abs(size - before) < 0.04 * size
        ).all():  # a panel of another size has other ticks, and labels of another width
            break
    _put(figure, grid, margins, shared)
    figure.set_dpi(dots)


def _put(figure: Figure, grid: np.ndarray, margins: Sequence[np.ndarray], shared: Shared) -> None:
    """Put the labels that stand once beside the panels that they belong to."""
    boxes = [ax.get_position() for ax in grid.flat if ax.figure is not None]
    width, height = figure.get_size_inches()
    middle = (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
    for row, text in shared.below.items():
        bottom = min(ax.get_position().y0 for ax in grid[row] if ax.figure is not None)
        text.set_position((middle, bottom - (margins[2][row] - 0.5 * GAP) / height))
    if shared.up is not None:
        upwards = (min(box.y0 for box in boxes) + max(box.y1 for box in boxes)) / 2
        shared.up.set_position((0.5 * GAP / width, upwards))


def _usual(rows: int, columns: int) -> list[np.ndarray]:
    """The margins of most figures, near enough for one pass to settle them."""
    first_column, first_row = (np.arange(count) == 0 for count in (columns, rows))
    return [
        np.where(first_column, 0.49, 0.32),
        np.full(columns, 0.14),
        np.full(rows, 0.3),
        np.where(first_row, 0.24, 0.11),
    ]


def _place(figure: Figure, grid: np.ndarray, margins: Sequence[np.ndarray], below: float) -> np.ndarray:
    """Give all panels one size, and the margins of their columns and rows between; their width and height in inches."""
    left, right, lower, upper = margins
    width, height = figure.get_size_inches()
    wide = max(0.2, (width - left.sum() - right.sum()) / grid.shape[1])
    high = max(0.2, (height - below - lower.sum() - upper.sum()) / grid.shape[0])
    for (row, column), ax in np.ndenumerate(grid):
        x = left[: column + 1].sum() + right[:column].sum() + column * wide
        y = height - upper[: row + 1].sum() - lower[:row].sum() - (row + 1) * high
        if ax.figure is not None:
            ax.set_position((x / width, y / height, wide / width, high / height))
    return np.array([wide, high])


def _margins(figure: Figure, grid: np.ndarray, shared: Shared) -> list[np.ndarray]:
    """What panels need at the left and right of each column, and below and above each row."""
    renderer = renderer_of(figure)
    around = np.zeros((*grid.shape, 4))
    for (row, column), ax in np.ndenumerate(grid):
        if ax.figure is not None:
            outer, inner = ax.get_tightbbox(renderer), ax.get_window_extent(renderer)
            across = ax.get_tightbbox(renderer, for_layout_only=True)  # titles may be wider than panels
            left = (outer if column == 0 else across).x0
            right = (outer if column == grid.shape[1] - 1 else across).x1
            around[row, column] = (inner.x0 - left, right - inner.x1, inner.y0 - outer.y0, outer.y1 - inner.y1)
    sides, ends = around[:, :, :2].max(axis=0).T, around[:, :, 2:].max(axis=1).T
    left, right, lower, upper = (one / figure.dpi + GAP for one in (*sides, *ends))
    left *= HINTED  # labels of some resolutions are wider than those of others
    for row in shared.below:
        lower[row] += LABEL
    left[0] += LABEL if shared.up is not None else 0.0
    return [left, right, lower, upper]


def renderer_of(figure: Figure) -> Any:
    """What measures the texts of a figure."""
    return cast(Any, figure.canvas).get_renderer()
