"""Figures as files: the bytes of each kind of them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from nasbed.errors import unknown
from nasbed.figures import fonts
from nasbed.figures.style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("pdf", "svg", "png")

# Dates left out, so that the same numbers give the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {"Software": "nasbed"},
}


def rendered(figure: Figure, kind: str, dots: float = 300) -> bytes:
    """A figure as ``pdf``, ``svg`` or ``png``; ``dots`` an inch are those of a picture and of what is rasterised in a vector file.

    Raises :class:`~nasbed.errors.UnknownNameError`.
    """
    if kind not in KINDS:
        raise unknown("kind of file", kind, KINDS)
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    before = figure.dpi
    # Figure.savefig would draw everything twice.
    canvas: Any = {"pdf": FigureCanvasPdf, "svg": FigureCanvasSVG, "png": FigureCanvasAgg}[kind](figure)
    with mpl.rc_context(STYLE), fonts.quiet():  # type: ignore[arg-type]
        figure.set_dpi(dots)
        getattr(canvas, f"print_{kind}")(buffer, metadata=_METADATA[kind])
        figure.set_dpi(before)
    FigureCanvasAgg(figure)
    return buffer.getvalue()
