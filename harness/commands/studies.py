"""Commands that run studies and show what they found."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasbed.commands.terminal import ENGINES, Json, open_console, print_json, print_table, with_progress

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.results.running import SliceRun
    from nasbed.tables.printed import PrintedTable


def run(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    seeds: Annotated[int | None, typer.Option(help="Number of seeds, instead of the study's.")] = None,
    engine: Annotated[str, typer.Option(help=ENGINES)] = "local",
    out: Annotated[Path | None, typer.Option(help="Results folder; results/NAME by default.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is stored.")] = False,
    figures: Annotated[bool, typer.Option(help="Draw the anytime curves, beside tables and numbers.")] = True,
    part: Annotated[
        str | None, typer.Option("--slice", help="Run the K-th of N slices only, as 3/100; nasbed merge joins them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run what a study has not stored yet; then write its tables and figures."""
    import warnings

    from nasbed.errors import StudyError, UnwiseWarning
    from nasbed.results.running import run_slice, run_study
    from nasbed.studies.study import Study

    if part is not None and fresh:
        raise StudyError(
            f"--fresh stands beside --slice {part}; delete the folder slices in the results folder to run them all anew"
        )
    sys.path.insert(0, str(study.resolve().parent))  # the study's own modules, wherever it is run from
    loaded = Study.load(study)
    for warning in loaded.examine():
        typer.echo(f"warning: {warning}", err=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnwiseWarning)
        if part is not None:
            chosen = part
            made = with_progress(
                f"{loaded.title}, slice {chosen}",
                lambda progress: run_slice(
                    loaded, chosen, out, engine=engine, seeds=seeds, progress=progress, command=sys.argv
                ),
            )
            _show_slice(made, as_json)
            return
        results = with_progress(
            loaded.title,
            lambda progress: run_study(
                loaded, out, engine=engine, seeds=seeds, fresh=fresh, progress=progress, command=sys.argv
            ),
        )
    folder = out if out is not None else Path("results") / loaded.name
    write_and_show(results, folder, figures, as_json)
    if not as_json:
        typer.echo(f"nasbed report {folder} draws every figure, and a page to explore")


def _show_slice(made: SliceRun, as_json: bool) -> None:
    if as_json:
        print_json({"folder": str(made.folder), "slice": str(made.part), "runs": made.runs})
        return
    what = f"{made.runs:,} runs made and stored" if made.runs else "all its runs were stored before"
    typer.echo(f"slice {made.part}: {what} in {made.folder}; nasbed merge {made.folder} joins all slices")


def merge(
    folders: Annotated[list[Path], typer.Argument(help="Results folders of one study, or one that holds slices.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder that takes them in; the folder itself where one is given.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Join what there is, though runs are missing.")] = False,
    as_json: Json = False,
) -> None:
    """Join what slices, or several machines, have stored of one study."""
    from nasbed.studies.merging import merge_folders

    sys.path.insert(0, os.getcwd())  # the study's own modules
    made = with_progress("joining", lambda progress: merge_folders(folders, out, partial=partial, progress=progress))
    if as_json:
        print_json({**asdict(made), "folder": str(made.folder)})
        return
    typer.echo(
        f"{made.folder} holds {made.runs:,} of {made.wanted:,} runs of the study {made.study}, joined from"
        f" {made.sources} folder{'s' * (made.sources > 1)};"
        f" nasbed {'report ' + str(made.folder) + ' shows them' if made.runs == made.wanted else 'run makes the rest'}"
    )


class Width(StrEnum):
    """The widths of figures that ``nasbed report`` offers."""

    single = "single"
    double = "double"


def report(
    folders: Annotated[list[Path], typer.Argument(help="A results folder; several make one report, with --out.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Show this strategy and the reference alone; again for more. Written beside the full report."
        ),
    ] = None,
    labels: Annotated[list[str] | None, typer.Option(help="NAME=LABEL: show it as that; again for more.")] = None,
    colors: Annotated[
        list[str] | None, typer.Option(help="NAME=COLOR, as random_search=#555555; again for more.")
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option(help="The strategy or benchmark to show first; again for what comes next.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Report what is stored of a study that is not complete.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; the results folder, or below it with --only, by default.")
    ] = None,
    style: Annotated[Width, typer.Option(help="Figures as wide as one column of a page, or as two.")] = Width.double,
    columns: Annotated[
        list[str] | None,
        typer.Option(help="A column of table_compact.tex, as test_regret or evaluations; again for more."),
    ] = None,
    figures: Annotated[bool, typer.Option(help="Write every figure that there is, and the reports.")] = True,
    engine: Annotated[str, typer.Option(help="local:N is N processes that turn figures into files.")] = "local:2",
    apart: Annotated[
        bool,
        typer.Option("--apart", help="Add the folder to labels under which several folders have different strategies."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write reports of stored results: a page to explore, markdown, LaTeX, a checklist, and every table and figure."""
    from nasbed.errors import StoreError
    from nasbed.studies.store import Store

    given = list({path.resolve(): path for path in folders}.values())
    if len(given) > 1 and out is None:
        raise StoreError(f"{len(given)} folders, and nothing says where their report belongs; name a folder with --out")
    if len(given) > 1 and out is not None and out.resolve() in map(Path.resolve, given):
        raise StoreError(f"--out {out} is one of the folders, which keeps its own report; name another")
    _require_free(out, given)
    folder, records = given[0], {str(path): Store(path).read_record() for path in given}
    from nasbed.reports.session import of_folders
    from nasbed.reports.writing import write_report  # a second of imports, which a refusal should not wait for
    from nasbed.results.results import Results

    found, *others = map(_so_far if partial else Results.load, given)
    whole = found.merge(*others, names=list(records), apart=apart) if others else found
    shown = whole.appearing(
        labels=_pairs("labels", labels), colors=_pairs("colors", colors), order=order, strategies=only
    )
    target = out if out is not None else folder / _selection(shown.strategies) if only else folder
    if only:
        kept = "" if shown.reference in only else f", and {shown.reference}, the reference"
        typer.echo(f"shown are {', '.join(only)}{kept}; the full report stays as it is", err=True)
    if not figures:
        write_and_show(shown, target, False, as_json, columns)
        return
    files = with_progress(
        "report",
        lambda progress: write_report(
            shown, target, of_folders(records), style=style.value, engine=engine, columns=columns, progress=progress
        ),
    )
    show(shown, target, files, as_json)


def _so_far(folder: Path) -> Results:
    """What there is of a study, with a warning of what is not there yet."""
    from nasbed.errors import StoreError, named
    from nasbed.monitoring.so_far import results_so_far

    found = results_so_far(folder)
    if found.results is None:
        raise StoreError(f"{named(folder)}: {found.lacking}; run the study first")
    if found.lacking:
        found.results.warnings.append(found.lacking)
    return found.results


def _pairs(option: str, given: list[str] | None) -> dict[str, str] | None:
    """Options of the form NAME=VALUE as a mapping; raises :class:`~nasbed.errors.OptionError`."""
    from nasbed.errors import OptionError, shown

    for pair in given or ():
        if not all(pair.partition("=")):
            raise OptionError(f"--{option} {shown(pair)}; expected NAME=VALUE, as random_search=RS")
    return dict(pair.split("=", 1) for pair in given) if given else None


def _selection(strategies: list[str]) -> str:
    """The folder, below that of the results, of a report of some strategies."""
    import hashlib
    import re

    names = "+".join(re.sub(r"[^A-Za-z0-9_.-]+", "_", name) for name in strategies)
    return f"only/{names if len(names) <= 60 else names[:50] + '-' + hashlib.sha256(names.encode()).hexdigest()[:8]}"


def compare(
    first: Annotated[Path, typer.Argument(help="A results folder.")],
    second: Annotated[
        Path | None, typer.Argument(help="Another, of the same strategies and benchmarks; none with --archive.")
    ] = None,
    metric: Annotated[str, typer.Option(help="validation_regret or test_regret.")] = "validation_regret",
    archive: Annotated[
        list[str] | None,
        typer.Option(
            help="Strategies of the archive, as regularized_evolution,gp_bo; again for more: report the folder beside their runs,"
            " which are not made anew."
        ),
    ] = None,
    archive_folder: Annotated[
        Path | None, typer.Option(help="Another archive than the one that ships with nasbed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where that report is written; against_archive in the folder by default.")
    ] = None,
    figures: Annotated[
        bool, typer.Option(help="With --archive, write every figure that there is, and the reports.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Set two results side by side: what differs in how they were made and in what was found, paired by seed."""
    from nasbed.errors import OptionError, unknown
    from nasbed.studies.store import Store

    if (second is None) == (not archive):
        said = f"both {second} and --archive {','.join(archive)}" if archive else "nothing to compare with"
        raise OptionError(f"{first}: {said}; name another results folder, or strategies of the archive with --archive")
    for folder in (first, second):
        if folder is not None:
            Store(folder).read_record()
    if second is None:
        names = [name.strip() for given in archive or () for name in given.split(",")]
        _against_archive(first, list(filter(None, names)), archive_folder, out, figures, as_json)
        return
    from nasbed.reports.compare import compare as set_beside
    from nasbed.reports.compare import notes, printed_comparison
    from nasbed.results.results import Results
    from nasbed.results.series import METRICS

    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    found = set_beside(Results.load(first), Results.load(second), metric)
    if as_json:
        records = found.table.astype(object).where(found.table.notna(), None).to_dict(orient="records")
        print_json({"differs": found.differs, "only": found.only, "metric": metric, "rows": records})
        return
    print_table(replace(printed_comparison(found), title=f"{first} and {second}"))
    for note in notes(found):
        typer.echo(note)


def _against_archive(
    folder: Path, strategies: list[str], archive: Path | None, out: Path | None, figures: bool, as_json: bool
) -> None:
    """Report results beside archived runs, in a folder of its own."""
    from nasbed.reports.session import of_folders
    from nasbed.reports.writing import write_report
    from nasbed.results.archive.compared import beside_archive
    from nasbed.results.results import Results
    from nasbed.studies.store import Store

    _require_free(out, [])
    found = beside_archive(Results.load(folder), strategies, archive)
    target = out if out is not None else folder / "against_archive"
    if not figures:
        write_and_show(found, target, False, as_json)
        return
    record = of_folders({str(folder): Store(folder).read_record()})
    files = with_progress("report", lambda progress: write_report(found, target, record, progress=progress))
    show(found, target, files, as_json)


def _require_free(out: Path | None, given: Sequence[Path]) -> None:
    """Raises :class:`~nasbed.errors.StoreError` where a report would replace that of results which it does not show."""
    from nasbed.errors import StoreError, named
    from nasbed.studies.store import Store

    if out is not None and Store(out).record.exists() and out.resolve() not in map(Path.resolve, given):
        raise StoreError(
            f"--out {named(out)} holds other results, whose tables these would replace; name another folder"
        )


def write_and_show(
    results: Results, folder: Path, figures: bool, as_json: bool, columns: list[str] | None = None
) -> None:
    from nasbed.reports.writing import write_tables

    files = write_tables(results, folder, figures=figures, columns=columns)
    show(results, folder, files, as_json)


def show(results: Results, folder: Path, files: list[Path], as_json: bool) -> None:
    if as_json:
        from nasbed.tables.forms import statistics

        rows = [
            {name: None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}
            for row in statistics(results).to_dict(orient="records")
        ]
        print_json(
            {
                "folder": str(folder),
                "files": [str(file) for file in files],
                "warnings": results.warnings,
                "summary": rows,
            }
        )
        return
    from nasbed.tables import across, comparison, fronts
    from nasbed.tables.notes import notes

    if several := fronts.tables(results):
        typer.echo(f"{fronts.ABOUT_CELLS}\n")
        _print_fitting(several)
        typer.echo("\n".join(fronts.about(results)) + "\n")
    _print_fitting(comparison.tables(results))
    if together := across.tables(results):
        _print_fitting(together)
        typer.echo(f"{across.note(results)}\n")
    for note in notes(results):
        typer.echo(note)
    inside = [file for file in files if file.parent != folder]
    drawn = [f"{inside[0].parent} ({len(inside)} files)"] if inside else []
    typer.echo("\nwritten: " + ", ".join([*(str(file) for file in files if file.parent == folder), *drawn]))


def _print_fitting(tables: list[PrintedTable]) -> None:
    """Print tables; a terminal that is too narrow for the last of their columns is told which, and a pipe has room for all."""
    from nasbed.errors import listing
    from nasbed.tables.renderers.terminal import fitting, terminal

    console = open_console(room=1_000)
    shown = fitting(tables, console.width)
    for table in shown:
        console.print(terminal(table))
    hidden = max(
        ([head.text for head in one.heads[len(cut.heads) :]] for one, cut in zip(tables, shown, strict=True)), key=len
    )
    if hidden:
        where = f"table.md has {'it' if len(hidden) == 1 else 'them'}"
        typer.echo(f"(This terminal is too narrow for {listing(hidden)}; {where}.)\n")
