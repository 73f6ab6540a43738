"""Writes a study's tables, figures and page into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbed.analysis import figures, plots, tables
from nasbed.analysis.figures import KINDS, rendered
from nasbed.analysis.multiobjective import fronts
from nasbed.analysis.multiobjective import table as fronts_table
from nasbed.analysis.reports import html
from nasbed.analysis.results import METRICS
from nasbed.analysis.statistics.power import power_line
from nasbed.store import atomic_write

if TYPE_CHECKING:
    from nasbed.analysis.figures.style import Style
    from nasbed.analysis.results import Results

__all__ = ["full", "rendered", "write"]


def write(results: Results, folder: Path) -> list[Path]:
    """``table.{md,tex,csv}``, ``finals.csv``, and ``curves`` (test regret) and ``curves_validation`` with their numbers.

    Where a benchmark has several objectives, ``fronts.md`` has the indicators of the fronts beside them.
    """
    curves = results.curves()
    files: dict[str, str | bytes] = {
        "table.md": tables.markdown(results),
        "table.tex": tables.latex(results),
        "table.csv": tables.csv(results),
        "finals.csv": results.finals().to_csv(index=False, float_format="%.8g", lineterminator="\n"),
        "curves.csv": curves.to_csv(index=False, float_format="%.8g", lineterminator="\n"),
    }
    if fronts.several(results):
        files["fronts.md"] = fronts_table.markdown(results)
    for stem, metric in (("curves", "test_regret"), ("curves_validation", "validation_regret")):
        figure = plots.curves(results, metric, curves)
        files |= {f"{stem}.{kind}": rendered(figure, kind) for kind in KINDS}
    for name, content in files.items():
        atomic_write(folder / name, content)
    return [folder / name for name in files]


def full(
    results: Results,
    folder: Path,
    record: Mapping[str, Any] | None = None,
    *,
    strategies: Sequence[str] | None = None,
    style: Style = "double",
) -> list[Path]:
    """What :func:`write` writes, ``report.html``, and in ``figures/`` all figures that the results can have.

    ``record`` is the content of ``run.json``, for the page; ``strategies`` are those shown, all by default.
    """
    shown = results if strategies is None else results.subset(strategies)
    written = write(shown, folder)
    powers = [line for metric in METRICS if (line := power_line(shown, metric))]
    atomic_write(folder / "report.html", html.page(shown, shown.curves(), record, powers))
    drawn = figures.write(results, folder / "figures", style=style, strategies=strategies)
    return [*written, folder / "report.html", *drawn]
