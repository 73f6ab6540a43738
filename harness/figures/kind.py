"""What a figure is: its name, what it shows, and the functions that number, draw, lay out and describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

from nasbed.figures.edges import keep_whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.figures.layout import Sheet
    from nasbed.results.results import Results


def any_results(results: Results) -> None:
    """A requirement that all results meet; it never raises."""


def whole(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """All numbers of a figure, of which nothing is left out where benchmarks are many."""
    return frame


def without_numbers(results: Results, frame: pd.DataFrame) -> str:
    """The sentence of a figure whose numbers do not fit in one."""
    return ""


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure. A module of this package that has one, called ``FIGURE``, is found by its name, which is the module's.

    ``numbers(results, **options)`` is all that it plots, as a frame. ``sheet(results, numbers, style, **options)`` says
    which panels a page gets, ``panel(results, numbers, ax=..., **options)`` draws one and computes nothing, and
    ``about(results, **options)`` is the caption. ``require(results)`` raises :class:`~nasbed.errors.OptionError` for results that
    cannot have it. ``says(results, numbers)`` is a sentence with the main numbers, for those who cannot see it
    (:mod:`nasbed.figures.sentences`). ``condensed(results, numbers)`` is what is drawn of them where benchmarks are many. Reports
    show figures in the order of ``place``.
    """

    name: str
    place: int
    shows: str
    numbers: Callable[..., pd.DataFrame]
    panel: Callable[..., Axes]
    sheet: Callable[..., Sheet]
    about: Callable[..., str]
    require: Callable[[Results], None] = any_results
    says: Callable[[Results, pd.DataFrame], str] = without_numbers
    condensed: Callable[[Results, pd.DataFrame], pd.DataFrame] = whole

    def draw(
        self,
        results: Results,
        numbers: pd.DataFrame | None = None,
        *,
        ax: Axes | None = None,
        title: str | None = None,
        legend: bool = False,
        **options: Any,
    ) -> Axes:
        """Draw one panel into axes, or into those of a new figure of one column's width, with its labels and its title.

        ``options`` are those of the panel, as ``benchmark``; the first panel is drawn where they name none. ``title`` is that of
        the panel unless it is given, and ``legend`` adds the legend. Fonts and sizes are those of matplotlib's ``rcParams``.
        """
        mine = {name: value for name, value in options.items() if name in signature(self.sheet).parameters}
        frame = self.numbers(results) if numbers is None else numbers
        sheet = self.sheet(results, frame, "single", **mine)
        panels = [panel for panel in sheet.panels if panel is not None]
        asked = _NAMING & set(options)
        named = [panel for panel in panels if all(panel.options.get(name) == options[name] for name in asked)]
        drawn = self.panel(results, numbers, ax=ax, **options)
        keep_whole(drawn)
        drawn.set_title((named or panels)[0].title if title is None else title, parse_math=False)
        if legend and sheet.legend:
            handles, labels = zip(*sheet.legend, strict=True)
            for text in drawn.legend(handles, labels, frameon=False).get_texts():
                text.set_parse_math(False)
        return drawn


_NAMING = {"benchmark", "strategy", "axis", "fidelity"}
"""Options that say which panel is drawn."""
