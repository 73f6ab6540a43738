"""Panels with a row for each strategy: its name at the left, and what that takes. Lengths are in inches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.style import broken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

ROOM = {"single": 1.25, "double": 2.5}
"""Inches for the names of strategies beside a panel."""


def wrapped(names: Sequence[str], room: float) -> list[str]:
    """Names for an axis, broken into lines that fit ``room`` inches."""
    return [broken(name, max(8, int(room / (0.054 if len(names) <= MANY_ROWS else 0.044)))) for name in names]


MANY_ROWS = 9
"""Names beside a panel beyond which their letters are small, and rows low."""


def name_rows(ax: Axes, names: Sequence[str], room: float) -> None:
    """Names at the left of a panel, one at each whole number upwards or downwards, in ``room`` inches."""
    ax.set_yticks(range(len(names)), wrapped(names, room), parse_math=False)
    if len(names) > MANY_ROWS:
        ax.tick_params(axis="y", labelsize=6)


def lay_rows(ax: Axes, names: Sequence[str], room: float) -> None:
    """Rows from the first name on top to the last, with their names but without ticks."""
    name_rows(ax, names, room)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def height_of_rows(names: Sequence[str], room: float) -> float:
    """Inches that names in rows take, which are all of one height."""
    lines = 1 + max(name.count("\n") for name in wrapped(names, room))
    return len(names) * (max(0.186, 0.128 * lines) if len(names) <= MANY_ROWS else 0.1 * max(1.1, lines))


def sheet_of_rows(
    labels: Sequence[str],
    names: Sequence[str],
    style: str,
    keys: Sequence[tuple[Line2D, str]] = (),
    *,
    wide: float = 1.0,
    least: float = 1.2,
    options: Mapping[str, Any] | None = None,
) -> Sheet:
    """A panel for each benchmark, three in a row, with the names of the rows at the left, which have less room beside three.

    ``wide`` is by how much these need more than names alone, ``least`` the height of a panel of few rows; ``options`` are those of
    every panel beside ``benchmark`` and ``room``.
    """
    across = min(len(labels), 3)
    room = ROOM[style] * (wide if across < 3 else 0.84)
    height = max(least, 0.62 + height_of_rows(names, room))
    panels = [Panel(label, {**(options or {}), "benchmark": label, "room": room}) for label in labels]
    return Sheet(panels, across, height, keys, sharey="row", least=height, beside=room)
