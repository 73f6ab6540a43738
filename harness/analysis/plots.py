"""The anytime curves with their caption, at the width of a page. The other figures are in ``nasbed.analysis.figures``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nasbed.analysis.figures import caption, fonts, layout
from nasbed.analysis.figures.curves import draw, sheet
from nasbed.analysis.figures.style import COLOURS as COLOURS
from nasbed.analysis.figures.style import DASHES as DASHES
from nasbed.analysis.figures.style import METRIC as METRIC
from nasbed.analysis.figures.style import STYLE as STYLE
from nasbed.analysis.figures.style import WIDTHS
from nasbed.analysis.figures.style import style_of as style_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from nasbed.analysis.results import Results

WIDTH = WIDTHS["double"]
"""Inches: the width of a page of two columns."""


def curves(results: Results, metric: str = "test_regret", frame: pd.DataFrame | None = None) -> Figure:
    """Regret against evaluations (top) and simulated time (bottom), a column for each benchmark.

    Lines are means over seeds, bands 95 % t intervals, the dotted line is the floor. ``frame`` is
    ``results.curves()`` where it is at hand.
    """
    frame = results.curves() if frame is None else frame
    fonts.warn([*results.strategies, *results.benchmarks])
    panels = sheet(results, frame, "double", results.strategies, metric=metric)
    return layout.lay_out(panels, "double", partial(draw, results, frame), figure_caption(results))


def figure_caption(results: Results) -> str:
    """What the figure shows and under which protocol."""
    return caption(results, "curves")
