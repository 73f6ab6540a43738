"""A network that is a stack of layers as a drawing: a row a layer, a bar as wide as it is, from the input down to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.figures.cell_drawing import CHARACTER
from nasbed.figures.stacked import AROUND, Row, columns_of, drawn_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TINTS = ("#b5daf2", "#f7d394", "#a9dec8", "#efb9a4", "#dfc1d6", "#efe79a", "#d2d2d2")
"""Grounds of kinds of layers, in the order in which these come: lightened from Okabe and Ito's palette, which is told apart without
red or green. Texts say the kinds too.
"""
ROW = 0.155
"""Inches from a row to the next."""
LARGEST = 7.0
"""The size of the text in points, at most."""


def height_of(stack: Sequence[Row]) -> float:
    """The inches that the drawing of a stack is high."""
    columns = columns_of([stack])
    return ROW * (len(drawn_rows(stack, columns)) + any(columns.heads) + 0.8)


def draw_stack(axes: Axes, stack: Sequence[Row], width: float) -> None:
    """Draw a stack of layers into axes of ``width`` inches, whose frame is hidden."""
    from matplotlib.patches import Rectangle

    columns = columns_of([stack])
    rows = drawn_rows(stack, columns)
    size = min(LARGEST, 72 * width / (CHARACTER * (columns.width + 1)))
    first = -1.0 if any(columns.heads) else 0.0
    for head, at in zip(columns.heads, columns.at, strict=True):
        axes.text(at + AROUND, -1, head, fontsize=size, va="center", color="#444444", fontstyle="italic")
    line = columns.at[0] - 0.5
    axes.annotate(
        "", (line, sum(not row.note for row in rows) - 0.45), (line, -0.45), annotation_clip=False,
        arrowprops={"arrowstyle": "->,head_width=0.15,head_length=0.2", "color": "#555555", "linewidth": 0.8, "shrinkA": 0,
                    "shrinkB": 0},
    )  # fmt: skip
    for place, (name, parts, note) in enumerate(rows):
        axes.text(line - 0.4, place, name, fontsize=size, ha="right", va="center", color="#444444")
        for at, length, text, kind in parts:
            if length:
                tint = TINTS[kind % len(TINTS)]
                axes.add_patch(Rectangle((at, place - 0.42), length, 0.84, facecolor=tint, edgecolor="none", zorder=1))
            axes.text(
                at + AROUND,
                place,
                text,
                fontsize=size,
                va="center",
                zorder=2,
                parse_math=False,
                color="#444444" if note else "black",
                fontstyle="italic" if note else "normal",
            )
    axes.set(xlim=(-0.5, columns.width + 0.5), ylim=(len(rows) - 0.2, first - 0.8))
    axes.set_axis_off()
