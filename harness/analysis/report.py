"""Writes a study's tables and figures into a folder."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

from nasbed.analysis import plots, tables
from nasbed.store import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nasbed.analysis.results import Results

# Dates left out, so that the same numbers give the same bytes.
_METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": "nasbed"}}


def write(results: Results, folder: Path) -> list[Path]:
    """``table.{md,tex,csv}``, ``finals.csv``, and ``curves`` (test regret) and ``curves_validation`` with their numbers."""
    curves = results.curves()
    files: dict[str, str | bytes] = {
        "table.md": tables.markdown(results),
        "table.tex": tables.latex(results),
        "table.csv": tables.csv(results),
        "finals.csv": results.finals().to_csv(index=False, float_format="%.8g", lineterminator="\n"),
        "curves.csv": curves.to_csv(index=False, float_format="%.8g", lineterminator="\n"),
    }
    for stem, metric in (("curves", "test_regret"), ("curves_validation", "validation_regret")):
        figure = plots.curves(results, metric, curves)
        files |= {f"{stem}.{kind}": rendered(figure, kind) for kind in _METADATA}
    for name, content in files.items():
        atomic_write(folder / name, content)
    return [folder / name for name in files]


def rendered(figure: Figure, kind: str) -> bytes:
    """A figure as ``pdf``, ``svg`` or ``png`` (300 dots an inch)."""
    buffer = io.BytesIO()
    with mpl.rc_context(plots.STYLE):  # type: ignore[arg-type]
        figure.savefig(buffer, format=kind, dpi=300, metadata=_METADATA[kind])
    return buffer.getvalue()
