"""Figures of results for papers, by name. Each is re-rendered from the records, of all strategies or of some.

A figure is a module of this package. ``numbers(results)`` is all that it plots, as a frame; ``draw(results, numbers, ax=...)``
draws it into axes and computes nothing; ``sheet`` says which panels a page gets; ``about`` says what is shown, for the caption;
``require``, where there is one, raises for results that cannot have it.
"""

from nasbed.figures.drawing import (
    FIGURES,
    KINDS,
    Drawn,
    available,
    caption,
    drawn,
    module,
    numbers,
    pictures,
    render,
    rendered,
    write,
)

__all__ = [
    "FIGURES",
    "KINDS",
    "Drawn",
    "available",
    "caption",
    "drawn",
    "module",
    "numbers",
    "pictures",
    "render",
    "rendered",
    "write",
]
