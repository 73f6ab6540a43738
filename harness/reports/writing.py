"""Writes a study's tables, figures and reports into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from nasbed.engines.in_process import InProcess
from nasbed.engines.opening import open_engine
from nasbed.errors import WorkerDied
from nasbed.figures import drawing
from nasbed.figures.formats import KINDS
from nasbed.files import Content
from nasbed.reports import checklist, html, markdown, paper
from nasbed.results.known import followed_on_test
from nasbed.results.multiobjective import fronts
from nasbed.studies.appearance import Appearing
from nasbed.studies.store import write_all
from nasbed.tables import comparison as tables
from nasbed.tables import fronts as fronts_table

if TYPE_CHECKING:
    from nasbed.figures.style import Style
    from nasbed.results.results import Results


CURVES = {"curves": "test_regret", "curves_validation": "validation_regret"}


def write_tables(
    results: Results, folder: Path | str, executor: Executor | None = None, *, figures: bool = True
) -> list[Path]:
    """``table.{md,tex,csv}``, ``finals.csv``, and ``curves`` (test regret, where there are test values) and
    ``curves_validation`` with their numbers.

    Where a benchmark has several objectives, ``fronts.md`` has the indicators of the fronts beside them; where incumbents were
    trained anew, ``retrainings.csv`` has all scores of those trainings. Without ``figures`` there are tables and numbers only.
    """
    curves = results.curves()
    executor = executor or InProcess()
    drawn = {
        stem: executor.submit(
            drawing.pictures,
            drawing.render(results, "curves", frame=curves, captioned=True, metric=metric),
            KINDS,
        )
        for stem, metric in CURVES.items()
        if figures and (metric == "validation_regret" or any(map(followed_on_test, results.benchmarks.values())))
    }
    files: dict[str, Content] = {
        "table.md": tables.markdown(results),
        "table.tex": tables.latex(results),
        "table.csv": tables.csv(results),
        "finals.csv": _finals(results),
        "curves.csv": drawing.csv_parts(curves),
    }
    if len(retrainings := results.retrainings()):
        files["retrainings.csv"] = drawing.csv_parts(retrainings)
    if fronts.multiobjective(results):
        files["fronts.md"] = fronts_table.markdown(results)
    for stem, pictures in drawn.items():
        files |= {f"{stem}.{kind}": picture for kind, picture in pictures.result().items()}
    return write_all(folder, files)


def _finals(results: Results) -> Iterator[str]:
    """The text of ``finals.csv``, a series at a time."""
    for place, series in enumerate(results.series):
        yield from drawing.csv_parts(results.finals_of(series), head=not place)


def write_report(
    results: Results,
    folder: Path | str,
    record: Mapping[str, Any] | None = None,
    *,
    style: Style = "double",
    engine: str = "here",
    **appearance: Unpack[Appearing],
) -> list[Path]:
    """What :func:`write_tables` writes, all figures that the results can have in ``figures/``, and the reports.

    The reports are ``report.html``, ``report.md``, ``report.tex`` (with ``figures.tex`` and ``table.tex``) and ``checklist.md``.
    ``record`` is the content of ``run.json``, and ``engine`` is where figures become pictures; ``labels``, ``colors``,
    ``markers``, ``order`` and ``strategies`` are those of :meth:`Results.appearing <nasbed.results.results.Results.appearing>`.
    """
    shown = results.appearing(**appearance)
    try:
        with open_engine(engine) as executor:
            drawn = drawing.drawn(shown, style=style, executor=executor)
            written = write_tables(shown, folder, executor)
    except WorkerDied as died:
        raise WorkerDied(
            f"a worker process died ({died}) while it drew; the results are whole, and the same command draws them again"
            " (--engine local:1 takes less memory)"
        ) from None
    pictures = {
        figure.name.replace("_", " "): (figure.caption, figure.pictures["svg"])
        for figure in drawn
        if figure.name != "curves"
    }
    reports: dict[str, str | bytes] = {
        "report.html": html.page(shown, shown.curves(), record, pictures),
        "report.md": markdown.report(shown, drawn, record),
        "report.tex": paper.document(shown),
        "figures.tex": paper.figures(drawn),
        "checklist.md": checklist.markdown(shown, record),
    }
    files = {name: content for figure in drawn for name, content in figure.files().items()}
    return [*written, *write_all(folder, reports), *write_all(Path(folder) / "figures", files)]
