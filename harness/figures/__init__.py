"""Figures of results for papers, by name. Each is re-rendered from the records, of all strategies or of some.

A figure is a module of this package with a :class:`~nasbed.figures.kind.FigureKind` called ``FIGURE``.
"""

from nasbed.figures.drawing import (
    Drawn,
    available,
    caption,
    drawn,
    figure_kind,
    figure_kinds,
    left_out,
    numbers,
    pictures,
    render,
    write,
)
from nasbed.figures.formats import KINDS, rendered

__all__ = [
    "KINDS",
    "Drawn",
    "available",
    "caption",
    "drawn",
    "figure_kind",
    "figure_kinds",
    "left_out",
    "numbers",
    "pictures",
    "render",
    "rendered",
    "write",
]
