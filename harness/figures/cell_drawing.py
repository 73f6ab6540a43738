"""A cell as a drawing: vertices in layers, from what it reads down to what it hands on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nasbed.figures.layered import LaidGraph
from nasbed.vocabulary import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

GROUNDS = {"input": "#d9e8f5", "inner": "#ffffff", "output": "#f6dfb5"}
"""Grounds of what a cell reads, of what is inside, and of what it hands on: each lighter than the text by far."""
LAYER = 0.42
"""Inches from a layer to the next."""
FULL = 56
"""Characters that a column is wide where all have room: the text is smaller where a cell is wider, and never larger."""
CHARACTER = 0.6
"""The width of a character, as a share of the text's size."""


def draw_cell(axes: Axes, graph: Graph, found: LaidGraph, width: float) -> None:
    """Draw a graph as it is laid out into axes of ``width`` inches, whose frame is hidden."""
    from matplotlib.patches import PathPatch

    for way in found.ways:
        axes.add_patch(PathPatch(_bent(way), fill=False, edgecolor="#555555", linewidth=0.8, zorder=1))
    size = 72 * width / (CHARACTER * (max(found.width, FULL) + 1))
    for vertex, (across, depth) in found.places.items():
        ground = GROUNDS[kind_of(graph, vertex)]
        axes.text(
            across, depth, graph.labels[vertex], ha="center", va="center", fontsize=size, zorder=2, parse_math=False,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": ground, "edgecolor": "#333333", "linewidth": 0.7},
        )  # fmt: skip
    for way, order in zip(found.ways, orders(graph), strict=True):
        if order:
            across, depth = way[-1]
            axes.annotate(
                str(order), (across, depth - 0.4), ha="center", va="center", fontsize=5.5, zorder=3,
                bbox={"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
    half = (max(found.width, FULL) + 1) / 2
    axes.set(xlim=(found.width / 2 - half, found.width / 2 + half), ylim=(found.depth - 0.55, -0.55))
    axes.set_axis_off()


def kind_of(graph: Graph, vertex: int) -> str:
    """Whether a vertex is an ``output``, an ``input``, which reads nothing, or ``inner``."""
    if vertex in graph.outputs:
        return "output"
    return "inner" if any(target == vertex for _, target in graph.edges) else "input"


def orders(graph: Graph) -> list[int]:
    """For each edge its place among those that its target reads, from 1 up, where their order matters; else 0."""
    seen, found = dict.fromkeys(graph.ordered, 0), []
    for _, target in graph.edges:
        if target in seen:
            seen[target] += 1
        found.append(seen.get(target, 0))
    return found


def _bent(way: tuple[tuple[float, int], ...]) -> Path:
    """A way through points, upright in each of them."""
    from matplotlib.path import Path

    points, codes = [way[0]], [Path.MOVETO]
    for (across, depth), (next_across, next_depth) in pairwise(way):
        points += [(across, depth + 0.5), (next_across, next_depth - 0.5), (next_across, next_depth)]  # type: ignore[list-item]
        codes += [Path.CURVE4] * 3
    return Path(points, codes)
