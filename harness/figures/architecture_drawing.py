"""An architecture as a drawing: the graph of its cell, or the stack of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.errors import ArchitectureError
from nasbed.figures.cell_drawing import LAYER, draw_cell
from nasbed.figures.layered import layout
from nasbed.figures.stack_drawing import draw_stack, height_of
from nasbed.figures.stacked import rows_of
from nasbed.figures.style import STYLE, WIDTHS
from nasbed.vocabulary import Arch, Space, graph_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def drawn(space: Space, arch: Arch) -> Figure:
    """The figure of an architecture, one column wide; raises :class:`~nasbed.errors.ArchitectureError` where its space has neither
    a graph whose vertices are operations nor layers, and for what is not in it.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    graph, stack, width = graph_of(space, arch), rows_of(space, arch), WIDTHS["single"]
    if graph is None and stack is None:
        raise ArchitectureError(
            f"{space.name!r} has nothing to draw: it gives no graph of an architecture in which operations are vertices, and no"
            " layers"
        )
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        if graph is not None:
            found = layout(graph)
            figure = Figure(figsize=(width, 0.15 + LAYER * found.depth))
            draw_cell(figure.add_axes((0, 0, 1, 1)), graph, found, width)
        else:
            assert stack is not None
            figure = Figure(figsize=(width, height_of(stack)))
            draw_stack(figure.add_axes((0, 0, 1, 1)), stack, width)
    return figure
