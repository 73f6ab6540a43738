"""What a figure is: its name, what it shows, and the functions that number, draw, lay out and describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.figures.layout import Sheet
    from nasbed.results.results import Results


def any_results(results: Results) -> None:
    """A requirement that all results meet; it never raises."""


def without_numbers(results: Results, frame: pd.DataFrame) -> str:
    """The sentence of a figure whose numbers do not fit in one."""
    return ""


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure. A module of this package that has one, called ``FIGURE``, is found by its name, which is the module's.

    ``numbers(results, **options)`` is all that it plots, as a frame. ``sheet(results, numbers, style, **options)`` says
    which panels a page gets, ``draw(results, numbers, ax=..., **options)`` draws one and computes nothing, and
    ``about(results, **options)`` is the caption. ``require(results)`` raises :class:`~nasbed.errors.OptionError` for results that
    cannot have it. ``says(results, numbers)`` is a sentence with the main numbers, for those who cannot see it
    (:mod:`nasbed.figures.sentences`). Reports show figures in the order of ``place``.
    """

    name: str
    place: int
    shows: str
    numbers: Callable[..., pd.DataFrame]
    draw: Callable[..., Axes]
    sheet: Callable[..., Sheet]
    about: Callable[..., str]
    require: Callable[[Results], None] = any_results
    says: Callable[[Results, pd.DataFrame], str] = without_numbers
