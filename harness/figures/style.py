"""One look for all figures: sizes and fonts, and what the looks of strategies are to matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from nasbed.errors import unknown
from nasbed.results.looks import Look

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.vocabulary import Benchmark

Style = Literal["single", "double"]

WIDTHS = {"single": 3.33, "double": 7.0}
"""Inches: one column of a page of two, and the whole page."""

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.3,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "nasbed",
}
METRIC = {"validation_regret": "validation regret", "test_regret": "test regret"}

FLOOR: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": (0, (1, 2))}
"""The look of the floor, regret of exhaustive search."""

FLOOR_LABEL = "floor: exhaustive search"


def width_of(style: str) -> float:
    """The width of a figure in inches for a style of paper. Raises :class:`~nasbed.errors.UnknownNameError`."""
    if style not in WIDTHS:
        raise unknown("style of paper", style, WIDTHS)
    return WIDTHS[style]


def style_of(looks: Mapping[str, Look]) -> dict[str, dict[str, Any]]:
    """The colour and dash of each strategy, as options of a line."""
    return {name: {"color": look.color, "linestyle": look.linestyle} for name, look in looks.items()}


def marker_of(looks: Mapping[str, Look]) -> dict[str, str]:
    """The marker of each strategy."""
    return {name: look.marker for name, look in looks.items()}


def line_of(looks: Mapping[str, Look]) -> dict[str, dict[str, Any]]:
    """Colour and dash of each strategy, and a few markers on the line where two strategies have the same dash."""
    styles, marks = style_of(looks), marker_of(looks)
    if len({str(look.linestyle) for look in looks.values()}) == len(looks):
        return styles
    sparse: dict[str, Any] = {"markersize": 3.2, "markeredgewidth": 0}
    return {
        name: styles[name]
        | {"marker": marks[name], "markevery": (0.02 + 0.2 * (place % 9) / 9, 0.2)}
        | sparse  # a fifth of the diagonal apart, each strategy's shifted
        for place, name in enumerate(looks)
    }


def broken(text: str, wide: int) -> str:
    """A text in lines of so many characters: at spaces, not within a short unit in brackets, else after ``_``, ``/`` and ``-``,
    else anywhere; after ``/`` alone where that takes no more lines.

    >>> broken("nasbench201/ImageNet16-120", 24).split(), broken("ImageNet16-120", 12).split()
    (['nasbench201/', 'ImageNet16-120'], ['ImageNet16-', '120'])
    >>> broken("regret (% points)", 12).split("\\n")
    ['regret', '(% points)']
    """
    paths = re.findall(_PATHS, text)
    fine, coarse = _lines(re.findall(_PIECES, text), wide), _lines(paths, wide)
    whole = all(len(path.strip()) <= wide for path in paths)
    return "\n".join(coarse if whole and len(coarse) <= len(fine) else fine)


_PIECES = r" *\([^()]{1,12}\)| *[^ _/-]+[_/-]*| *[_/-]+"
_PATHS = r" *\([^()]{1,12}\)| *[^ /]+/*| *//*"


def _lines(pieces: Sequence[str], wide: int) -> list[str]:
    """Lines of whole pieces, as far as a piece is no wider than a line."""
    lines = [""]
    for piece in pieces:
        if len(lines[-1] + piece) <= wide or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
        while len(lines[-1]) > wide:
            lines[-1:] = [lines[-1][:wide], lines[-1][wide:]]
    return lines


def difference_unit(benchmark: Benchmark) -> str:
    """The unit of a difference of the objective that scores are of."""
    return benchmark.objectives[0].difference_unit


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes, or those of a new figure of one column's width."""
    if ax is not None:
        return ax
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        return Figure(figsize=(WIDTHS["single"], 2.4), layout="constrained").subplots()


def panel_of(
    numbers: pd.DataFrame, ax: Axes | None, benchmark: str | None, labels: Iterable[str]
) -> tuple[Axes, str, pd.DataFrame]:
    """What a panel is drawn into and from: its axes (new ones where there are none), its benchmark (the first of ``labels`` where
    none is named), and the numbers of that.
    """
    label = benchmark or next(iter(labels))
    return axes_or_new(ax), label, numbers[numbers["benchmark"] == label]
