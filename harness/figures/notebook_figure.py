"""Figures as notebooks show them."""

from __future__ import annotations

from matplotlib.figure import Figure

from nasbed.figures.formats import rendered

SCREEN, SHARP = 96.0, 2.0
"""Dots an inch of a screen, and how many of a picture's stand in place of each of them."""


class NotebookFigure(Figure):
    """A figure that a notebook shows where it is the value of a cell, without pyplot and without a magic, in its own size."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = (round(SCREEN * inches) for inches in self.get_size_inches())
        return rendered(self, "png", SHARP * SCREEN), {"width": width, "height": height}
