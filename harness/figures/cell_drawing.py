"""An architecture as a drawing of its cell: vertices in layers, from what it reads down to what it hands on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nasbed.errors import ArchitectureError
from nasbed.figures.layered import LaidGraph, layout
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.vocabulary import Arch, Graph, Space, graph_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

GROUNDS = {"input": "#d9e8f5", "inner": "#ffffff", "output": "#f6dfb5"}
"""Grounds of what a cell reads, of what is inside, and of what it hands on: each lighter than the text by far."""
_LAYER = 0.42
"""Inches from a layer to the next."""


def drawn(space: Space, arch: Arch) -> Figure:
    """The figure of an architecture, one column wide; raises :class:`~nasbed.errors.ArchitectureError` where its space has no
    graph whose vertices are operations, and for what is not in it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    graph = graph_of(space, arch)
    if graph is None:
        raise ArchitectureError(
            f"{space.name!r} has no cells to draw: it gives no graph of an architecture in which operations are vertices"
        )
    found = layout(graph)
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTHS["single"], 0.15 + _LAYER * found.depth))
        draw_cell(figure.add_axes((0, 0, 1, 1)), graph, found)
    return figure


def draw_cell(axes: Axes, graph: Graph, found: LaidGraph) -> None:
    """Draw a graph as it is laid out into axes, whose frame is hidden."""
    from matplotlib.patches import PathPatch

    for way in found.ways:
        axes.add_patch(PathPatch(_bent(way), fill=False, edgecolor="#555555", linewidth=0.8, zorder=1))
    size = 7 if found.width <= 5 else 35 / found.width
    for vertex, (across, depth) in found.places.items():
        ground = GROUNDS[kind_of(graph, vertex)]
        axes.text(
            across, depth, graph.labels[vertex], ha="center", va="center", fontsize=size, zorder=2, parse_math=False,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": ground, "edgecolor": "#333333", "linewidth": 0.7},
        )  # fmt: skip
    for way, order in zip(found.ways, orders(graph), strict=True):
        if order:
            (near, depth), (across, _) = way[-2:][0], way[-1]
            axes.annotate(
                str(order), (across + 0.28 * (near - across), depth + 0.62), ha="center", va="center", fontsize=5.5, zorder=3,
                bbox={"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
    axes.set(xlim=(-0.75, found.width - 0.25), ylim=(found.depth - 0.55, -0.55))
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
