"""Writes a study's tables, figures and reports into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from nasbed.engines.in_process import InProcess
from nasbed.engines.opening import open_engine
from nasbed.errors import WorkerDied
from nasbed.figures import drawing
from nasbed.figures.formats import KINDS
from nasbed.figures.pages import pages
from nasbed.files import Content
from nasbed.progress import Progress, silent
from nasbed.reports import checklist, html, markdown, paper
from nasbed.results.known import followed_on_test
from nasbed.studies.appearance import Appearing
from nasbed.studies.store import write_all
from nasbed.tables import forms
from nasbed.tables.compact import compact as compact_of

if TYPE_CHECKING:
    from nasbed.figures.style import Style
    from nasbed.results.results import Results


BESIDE = ("run.json", "study.toml")
"""Files of a run to which the page has links, where they are."""

CURVES = {"curves": "test_regret", "curves_validation": "validation_regret"}


def write_tables(
    results: Results,
    folder: Path | str,
    executor: Executor | None = None,
    *,
    figures: bool = True,
    columns: Sequence[str] | None = None,
) -> list[Path]:
    """Write ``table.{md,tex,csv}``, ``table_compact.tex`` (with the ``columns`` of :func:`~nasbed.tables.compact.compact_tables`),
    ``finals.csv``, and ``curves`` (test regret, if there are test values) and ``curves_validation`` with their numbers.

    With many benchmarks curves come in parts, ``curves_2`` and so on (:mod:`nasbed.figures.pages`). If incumbents were trained
    anew, ``retrainings.csv`` has all scores of those trainings. Without ``figures`` there are tables and numbers only.
    """
    compact = compact_of(results, columns)
    curves = results.curves()
    executor = executor or InProcess()
    drawn = {
        f"{stem}{part.name.removeprefix('curves')}": executor.submit(
            drawing.pictures,
            drawing.render(part.results, "curves", frame=part.drawn, captioned=True, metric=metric),
            KINDS,
        )
        for stem, metric in CURVES.items()
        if figures and (metric == "validation_regret" or any(map(followed_on_test, results.benchmarks.values())))
        for part in pages(results, drawing.figure_kind("curves"), curves)
    }
    files: dict[str, Content] = {
        "table.md": forms.markdown(results),
        "table.tex": forms.latex(results),
        "table_compact.tex": compact,
        "table.csv": forms.csv(results),
        "finals.csv": _finals(results),
        "curves.csv": drawing.csv_parts(curves),
    }
    if len(retrainings := results.retrainings()):
        files["retrainings.csv"] = drawing.csv_parts(retrainings)
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
    columns: Sequence[str] | None = None,
    progress: Progress = silent,
    **appearance: Unpack[Appearing],
) -> list[Path]:
    """Write the tables of :func:`write_tables`, all figures of the results into ``figures/``, and the reports.

    The reports are ``report.html``, ``report.md``, ``report.tex`` (with ``figures.tex`` and ``table.tex``) and ``checklist.md``.
    Captions in the paper are short; ``captions.tex`` has them in full. ``record`` is the content of ``run.json``, ``engine`` runs
    the drawing of figures, ``columns`` are those of ``table_compact.tex``, and ``progress`` is called for each figure; ``labels``,
    ``colors``, ``markers``, ``order`` and ``strategies`` are those of :meth:`Results.appearing
    <nasbed.results.results.Results.appearing>`.
    """
    shown = results.appearing(**appearance)
    compact_of(shown, columns)  # a column that is not there is refused before anything is drawn
    try:
        with open_engine(engine) as executor:
            drawn = drawing.drawn(shown, style=style, executor=executor, narrow=True, progress=progress)
            written = write_tables(shown, folder, executor, columns=columns)
    except WorkerDied as died:
        raise WorkerDied(
            f"a worker process died ({died}) while it drew; the results are whole, and the same command draws them again"
            " (--engine local:1 takes less memory)"
        ) from None
    files = {name: content for figure in drawn for name, content in figure.files().items()}
    beside = [file.name for file in written] + [
        "checklist.md",
        *(name for name in BESIDE if (Path(folder) / name).exists()),
    ]
    beside += [f"figures/{name}" for name in files]
    reports: dict[str, str | bytes] = {
        "report.html": html.page(shown, shown.curves(), record, drawn, beside),
        "report.md": markdown.report(shown, drawn, record),
        "report.tex": paper.document(shown),
        "figures.tex": paper.figures(drawn, shown),
        "captions.tex": paper.captions(drawn, shown),
        "checklist.md": checklist.markdown(shown, record),
    }
    return [*written, *write_all(folder, reports), *write_all(Path(folder) / "figures", files)]
