"""The command line. What a command needs is imported when it runs, so that ``nasbed --help`` answers at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from nasbed.analysis.results import Results
    from nasbed.check import Check, Finding


class _Commands(TyperGroup):
    """The commands, of which each is stopped with one word and exit code 130."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from nasbed.errors import Interrupted

            raise Interrupted("stopped") from None


app = typer.Typer(
    cls=_Commands,
    help="A test bed for neural architecture search.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data = typer.Typer(help="Tables: what is here, and bringing your own.", no_args_is_help=True)
app.add_typer(data, name="data")
check = typer.Typer(help="Conformance: whether a benchmark or a strategy keeps the rules.", no_args_is_help=True)
app.add_typer(check, name="check")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


class Kind(StrEnum):
    """What can be listed."""

    strategies = "strategies"
    benchmarks = "benchmarks"


def _version(wanted: bool) -> None:
    if wanted:
        from nasbed import __version__

        typer.echo(f"nasbed {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    seeds: Annotated[int | None, typer.Option(help="Number of seeds, instead of the study's.")] = None,
    engine: Annotated[str, typer.Option(help="local:N is N processes; local is one for each core.")] = "local",
    out: Annotated[Path | None, typer.Option(help="Results folder; results/NAME by default.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is stored.")] = False,
    figures: Annotated[bool, typer.Option(help="Draw the anytime curves, beside tables and numbers.")] = True,
    as_json: Json = False,
) -> None:
    """Run what a study has not stored yet; then write its tables and figures."""
    import warnings

    from nasbed.errors import UnwiseWarning
    from nasbed.runner import run_study
    from nasbed.study import Study

    sys.path.insert(0, str(study.resolve().parent))  # the study's own modules, wherever it is run from
    loaded = Study.load(study)
    for warning in loaded.check():
        typer.echo(f"warning: {warning}", err=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnwiseWarning)
        results = _with_progress(
            loaded.title,
            lambda report: run_study(
                loaded, out, engine=engine, seeds=seeds, fresh=fresh, progress=report, command=sys.argv
            ),
        )
    _write_and_show(results, out if out is not None else Path("results") / loaded.name, figures, as_json)


class Device(StrEnum):
    """What trains."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


@app.command()
def tabulate(
    study: Annotated[Path, typer.Argument(help="What to train (TOML), as studies/digits201.toml.")],
    engine: Annotated[
        str, typer.Option(help="local:N is N processes; local is one for each core, on a GPU one in all.")
    ] = "local",
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.auto,
    sample: Annotated[int | None, typer.Option(help="Only a random sample of so many architectures.")] = None,
    out: Annotated[Path | None, typer.Option(help="Results folder; results/NAME by default.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again what is stored.")] = False,
    as_json: Json = False,
) -> None:
    """Train a whole space, or a sample of it, into a table that can be searched."""
    from nasbed.benchmarks.training.plan import Plan
    from nasbed.tabulation import tabulate as train

    plan = Plan.load(study).with_sample(sample)
    manifest = _with_progress(
        plan.title,
        lambda report: train(
            plan, out, engine=engine, device=device.value, fresh=fresh, progress=report, command=sys.argv
        ),
    )
    found = {
        "folder": str(manifest.folder),
        "architectures": manifest.members,
        "functions": manifest.architectures,
        "runs": manifest.runs,
        "epochs": manifest.epochs[-1],
        "checksum": manifest.checksum,
    }
    if as_json:
        _print_json(found)
        return
    typer.echo(
        f"{manifest.title}: {manifest.members:,} architectures, {manifest.architectures:,} functions,"
        f" {len(manifest.runs)} trainings each, in {manifest.folder}"
    )
    if plan.sample is None:
        typer.echo(f'search it with use = "digits201", folder = "{manifest.folder}"')


@app.command()
def agreement(
    folder: Annotated[
        Path | None, typer.Argument(help="A table that nasbed tabulate wrote; the shipped digits201 by default.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Architectures that are trained again.")] = 48,
    seeds: Annotated[int, typer.Option(help="New trainings of each.")] = 3,
    first_seed: Annotated[int, typer.Option(help="The first new seed; the table must not hold them.")] = 1000,
    engine: Annotated[str, typer.Option(help="local:N is N processes; local is one for each core.")] = "local",
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.auto,
    as_json: Json = False,
) -> None:
    """Train a random sample again with new seeds, and say whether a table agrees; exit code 1 where it does not."""
    from nasbed.agreement import agree

    found = _with_progress(
        "agreement",
        lambda report: agree(
            folder,
            sample=sample,
            seeds=seeds,
            first_seed=first_seed,
            engine=engine,
            device=device.value,
            progress=report,
        ),
    )
    if as_json:
        numbers = {name: None if value != value else value for name, value in vars(found).items()}
        _print_json({**numbers, "agrees": found.agrees})
    else:
        typer.echo(str(found))
    if not found.agrees:
        raise typer.Exit(1)


class Width(StrEnum):
    """How wide figures are."""

    single = "single"
    double = "double"


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A results folder.")],
    strategy: Annotated[
        list[str] | None, typer.Option(help="Show this strategy only; give it again for more. All by default.")
    ] = None,
    style: Annotated[Width, typer.Option(help="Figures as wide as one column of a page, or as two.")] = Width.double,
    figures: Annotated[bool, typer.Option(help="Write every figure that there is, and the reports.")] = True,
    engine: Annotated[str, typer.Option(help="local:N is N processes that turn figures into files.")] = "local:2",
    as_json: Json = False,
) -> None:
    """Write reports of stored results: a page to explore, markdown, LaTeX, a checklist, and every table and figure."""
    from nasbed.store import Store

    record = Store(folder).read_record()
    from nasbed.analysis.reports.writing import full  # a second of imports, which a refusal should not wait for
    from nasbed.analysis.results import Results

    results = Results.load(folder)
    shown = results.subset(strategy) if strategy else results
    if not figures:
        _write_and_show(shown, folder, False, as_json)
        return
    files = full(results, folder, record, strategies=strategy or None, style=style.value, engine=engine)
    _show(shown, folder, files, as_json)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A results folder.")],
    second: Annotated[Path, typer.Argument(help="Another, of the same strategies and benchmarks.")],
    metric: Annotated[str, typer.Option(help="validation_regret or test_regret.")] = "validation_regret",
    as_json: Json = False,
) -> None:
    """Set two results side by side: what differs in how they were made and in what was found, paired by seed."""
    from nasbed.errors import unknown
    from nasbed.store import Store

    for folder in (first, second):
        Store(folder).read_record()
    from nasbed.analysis.compare import compare as set_beside
    from nasbed.analysis.compare import notes, rows
    from nasbed.analysis.results import METRICS, Results

    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    found = set_beside(Results.load(first), Results.load(second), metric)
    if as_json:
        records = found.table.astype(object).where(found.table.notna(), None).to_dict(orient="records")
        _print_json({"differs": found.differs, "only": found.only, "metric": metric, "rows": records})
        return
    heads, cells = rows(found)
    table = _table(f"{first} and {second}", *heads)
    for row in cells:
        table.add_row(*row)
    _print(table)
    for note in notes(found):
        typer.echo(note)


@app.command()
def gate(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    against: Annotated[Path | None, typer.Option(help="The baseline to judge against.")] = None,
    update: Annotated[
        Path | None, typer.Option(help="Write this baseline instead, and print the drift since the first.")
    ] = None,
    margin: Annotated[str, typer.Option(help="The least regression that counts, in standard deviations.")] = "0.2sd",
    alpha: Annotated[float, typer.Option(help="The chance that a change of no effect is called worse.")] = 0.05,
    power: Annotated[float, typer.Option(help="The chance that a regression of the margin is caught.")] = 0.9,
    metric: Annotated[str, typer.Option(help="validation_regret or test_regret.")] = "validation_regret",
    strategy: Annotated[str | None, typer.Option(help="Judge this one only.")] = None,
    thinking: Annotated[
        float | None, typer.Option(help="Worse, too, where it thinks so many times as long as before.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of a baseline that --update writes.")] = 5_000,
    engine: Annotated[str, typer.Option(help="local:N is N processes; local is one for each core.")] = "local",
    markdown: Annotated[Path | None, typer.Option(help="Write the summary here.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    as_json: Json = False,
) -> None:
    """Was a change to a strategy a regression? Exit code 0 if not, 1 if it was, 3 if undecided."""
    from nasbed.errors import OptionError
    from nasbed.gate.commands import gate_command, update_command

    if (against is None) == (update is None):
        raise OptionError("give either --against FILE, to judge, or --update FILE, to write a baseline")
    sys.path.insert(0, str(study.resolve().parent))  # the study's own modules, wherever it is run from
    if update is not None:
        answer = _with_progress(
            study.stem, lambda report: update_command(study, update, seeds=seeds, engine=engine, progress=report)
        )
    else:
        assert against is not None
        answer = _with_progress(
            study.stem,
            lambda report: gate_command(
                study,
                against,
                margin=margin,
                alpha=alpha,
                power=power,
                metric=metric,
                strategy=strategy,
                thinking=thinking,
                engine=engine,
                as_json=as_json,
                markdown=markdown,
                junit=junit,
                progress=report,
            ),
        )
    typer.echo(answer.text.rstrip("\n"))
    raise typer.Exit(answer.exit_code)


@app.command(name="list")
def list_(
    kind: Annotated[Kind, typer.Argument(help="strategies or benchmarks.")],
    name: Annotated[str | None, typer.Argument(help="Only this one, as tpe or package.module:Class.")] = None,
    as_json: Json = False,
) -> None:
    """List what can be used in a study, with its options and their defaults, and what it needs."""
    from nasbed import catalogue

    entries = catalogue.strategies(name) if kind is Kind.strategies else catalogue.benchmarks(name)
    if as_json:
        _print_json(entries)
    elif name is None:
        _show_catalogue(kind, entries)
    else:
        _show_entry(kind, entries[0])


def _show_catalogue(kind: Kind, entries: list[dict[str, Any]]) -> None:
    table = _table(kind.value, "name", "what it is", "options", "needs")
    for entry in entries:
        options = [
            f"{o['name']} = {o['default']!r}{': ' if o['help'] else ''}{o['help']} ({o['accepts']})"
            for o in entry["options"]
        ]
        table.add_row(entry["name"], entry["summary"], "\n".join(options), _needs(kind, entry))
    _print(table)


def _needs(kind: Kind, entry: dict[str, Any]) -> str:
    """What a task must offer a strategy by its defaults, or how to get the table of a benchmark."""
    if not entry["needs"]:
        return ""
    return str(entry["needs"]) if kind is Kind.strategies else f"Not here yet: {entry['needs']}"


def _show_entry(kind: Kind, entry: dict[str, Any]) -> None:
    """One strategy or benchmark, an option a line."""
    typer.echo(f"{entry['name']}: {entry['summary']}")
    typer.echo(f"class: {entry['class']}")
    typer.echo(f"needs: {_needs(kind, entry) or 'nothing'}\n")
    table = _table("", "option", "default", "accepts", "what it means")
    for option in entry["options"]:
        table.add_row(option["name"], repr(option["default"]), option["accepts"], option["help"])
    if entry["options"]:
        _print(table)
    else:
        typer.echo("It has no options.")


@app.command()
def query(
    benchmark: Annotated[str, typer.Argument(help="A benchmark, as in nasbed list benchmarks.")],
    architecture: Annotated[str, typer.Argument(help="An architecture as its space writes it, or its index.")],
    dataset: Annotated[str | None, typer.Option(help="One data set; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show everything recorded of one architecture: every split, run and cost."""
    from nasbed import catalogue
    from nasbed.analysis.numbers import recorded

    found = catalogue.lookup(benchmark, architecture, dataset)
    if as_json:
        _print_json(found)
        return
    typer.echo(f"{found['architecture']}  (index {found['index']})")
    for label, rows in found["benchmarks"].items():
        table = _table(label, "metric", "split", "epochs", "value", "by run", "what it is")
        for row in rows:
            runs = (
                ", ".join(f"{run}: {recorded(value)}" for run, value in row["runs"].items())
                if len(row["runs"]) > 1
                else ""
            )
            split = "" if row["split"] == "none" else row["split"]
            value = "none" if row["value"] is None else f"{recorded(row['value'])} {row['unit']}"
            table.add_row(row["metric"], split, str(row["epochs"] or ""), value, runs, row["origin"])
        _print(table)


@app.command()
def landscape(
    benchmark: Annotated[str, typer.Argument(help="A benchmark, as in nasbed list benchmarks.")],
    dataset: Annotated[str | None, typer.Option(help="One data set; all by default.")] = None,
    epochs: Annotated[
        list[int] | None,
        typer.Option(help="A fidelity to compare; give it again for more. The benchmark's own by default."),
    ] = None,
    objective: Annotated[
        list[str] | None, typer.Option(help="An objective of the Pareto front; give it again for more.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; results/landscape-NAME by default.")] = None,
    as_json: Json = False,
) -> None:
    """Describe a benchmark's search space: how rugged, how noisy, which decisions matter; writes a table and a figure."""
    from nasbed.analysis.landscape.report import content, folder_of, scores, write
    from nasbed.analysis.landscape.survey import load, survey
    from nasbed.analysis.landscape.text import caption, notes

    found = survey(load(benchmark, dataset, epochs or None, objective or None))
    files = write(found, out if out is not None else Path("results") / folder_of(benchmark, dataset))
    if as_json:
        _print_json({"files": [str(file) for file in files], **content(found)})
        return
    heads, rows = scores(found, every_split=False)
    table = _table(found.name, *heads)
    for row in rows:
        table.add_row(*row)
    _print(table)
    for line in (caption(found), *notes(found)):
        typer.echo(line)
    typer.echo("\nwritten: " + ", ".join(str(file) for file in files))


@data.command(name="list")
def list_tables(as_json: Json = False) -> None:
    """List the tables that are here or can be had."""
    from nasbed import catalogue

    rows = catalogue.tables()
    if as_json:
        _print_json(rows)
        return
    table = _table("tables", "name", "what it is", "state", "licence")
    for row in rows:
        table.add_row(row["name"], row["title"], row["state"], row["licence"])
    _print(table)


@data.command()
def info(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list, or the folder of one.")],
    as_json: Json = False,
) -> None:
    """Say what a table holds, where it comes from, and verify its checksums."""
    from nasbed import catalogue

    found = catalogue.info(name)
    if as_json:
        _print_json(found)
        return
    for key, value in found.items():
        if key != "columns":
            typer.echo(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    table = _table("columns", "data set", "metric", "split", "unit", "what it is")
    for column in found["columns"]:
        table.add_row(column["dataset"], column["metric"], column["split"], column["unit"], column["origin"])
    _print(table)


@data.command(name="import")
def import_(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list.")],
    path: Annotated[Path, typer.Argument(help="Its published file, or a folder that holds its files.")],
) -> None:
    """Make a table in the data home from files that you have."""
    from nasbed.benchmarks import convert

    manifest = _with_progress(name, lambda report: convert.import_table(name, path, report))
    typer.echo(f"{manifest.title}: {len(manifest.columns)} columns in {manifest.folder}")


@data.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list.")],
    source: Annotated[Path | None, typer.Option("--from", help="Folder that holds the files already.")] = None,
) -> None:
    """Download a table's published files, verify them, and make the table."""
    from nasbed.benchmarks import convert

    manifest = _with_progress(name, lambda report: convert.fetch_table(name, source, report))
    typer.echo(f"{manifest.title}: {len(manifest.columns)} columns in {manifest.folder}")


@data.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Tables or their folders; all that are here by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every column and compare its checksum; exit code 1 where one is damaged."""
    from nasbed import catalogue

    rows = catalogue.verify(names or [])
    if as_json:
        _print_json(rows)
    for row in rows if not as_json else []:
        typer.echo(f"{row['name']}: {row['problem'] or str(row['columns']) + ' columns are whole'}")
    if any(row["problem"] for row in rows):
        raise typer.Exit(1)


@data.command()
def where() -> None:
    """Print the data home."""
    from nasbed.benchmarks.tables import home

    typer.echo(home.home())


@data.command()
def remove(name: Annotated[str, typer.Argument(help="An imported table.")]) -> None:
    """Delete an imported table."""
    from nasbed.benchmarks.tables import home

    typer.echo(f"removed {home.remove(name)}")


@check.command(name="benchmark")
def check_benchmark(
    name: Annotated[str, typer.Argument(help="A benchmark, as in nasbed list benchmarks, or package.module:Class.")],
    dataset: Annotated[str | None, typer.Option(help="One data set; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Run the conformance suite of a benchmark; exit code 1 where a check fails."""
    from nasbed.check import check_named

    _show_findings(_with_progress(name, lambda report: check_named(name, dataset, report)), as_json)


@check.command(name="strategy")
def check_strategy(
    name: Annotated[
        str,
        typer.Argument(
            help="A strategy, as in nasbed list strategies, or package.module:Class, or function:package.module:f."
        ),
    ],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the strategy, as population=20; give it again for more.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which a check is over, and broken.")] = 60,
    as_json: Json = False,
) -> None:
    """Run the conformance suite of a strategy, the most basic checks first; exit code 1 where one fails."""
    from nasbed.check import check_strategy as run_suite

    options = _parsed(option or [])
    progress = None if as_json else _show_check
    findings = run_suite(name, time_limit=time_limit, progress=progress, engine="local:1", **options)
    if as_json:
        _print_json({findings[0].subject: [vars(finding) for finding in findings]})
    else:
        _show_broken(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


def _show_check(check: Check, finding: Finding | None) -> None:
    """A line for each check: its name when it begins, and what it found when it is over."""
    if finding is None:
        typer.echo(f"{check!s:<43}", nl=False)
    else:
        note = f"see {finding.see}" if finding.see else finding.note
        typer.echo(f"{finding.verdict:<13}{note}".rstrip())


def _show_broken(findings: list[Finding]) -> None:
    """What is broken, with its rule, and how many checks hold."""
    broken = [finding for finding in findings if finding.problem]
    waiting = sum(bool(finding.see) for finding in findings)
    for finding in broken:
        typer.echo(f"\n{finding}\n  The rule: {finding.rule}")
    counts = [f"{len(findings) - len(broken) - waiting} of {len(findings)} checks hold"]
    counts += [f"{len(broken)} broken"] if broken else []
    counts += [f"{waiting} not covered until that is mended"] if waiting else []
    typer.echo("\n" + ", ".join(counts))


def _parsed(given: list[str]) -> dict[str, Any]:
    """Options as a study file writes them: name=value, the value as TOML does, or a text."""
    import tomllib

    from nasbed.errors import OptionError, shown

    options: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise OptionError(f"--option {shown(text)}; expected name=value, as population=20")
        try:
            options[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[name.strip()] = value.strip()
    return options


def _show_findings(found: dict[str, list[Finding]], as_json: bool) -> None:
    """Print what checks found; exit code 1 where one is broken."""
    findings = [finding for suite in found.values() for finding in suite]
    if as_json:
        _print_json({label: [vars(finding) for finding in suite] for label, suite in found.items()})
    else:
        for label, suite in found.items():
            table = _table(label, "check", "finding", "note")
            for finding in suite:
                table.add_row(finding.check, finding.verdict, finding.note)
            _print(table)
        _show_broken(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


T = TypeVar("T")


def _with_progress(title: str, work: Callable[[Callable[[str, int, int], None]], T]) -> T:
    """Do the work under a progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def report(label: str, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total or None, description=label or title)

        results = work(report)
        progress.update(task, description=title)
    return results


def _write_and_show(results: Results, folder: Path, figures: bool, as_json: bool) -> None:
    files = results.write(folder, figures=figures)
    _show(results, folder, files, as_json)


def _show(results: Results, folder: Path, files: list[Path], as_json: bool) -> None:
    if as_json:
        rows = [
            {name: None if value != value else value for name, value in row.items()}
            for row in results.summary().to_dict(orient="records")
        ]
        _print_json(
            {
                "folder": str(folder),
                "files": [str(file) for file in files],
                "warnings": results.warnings,
                "summary": rows,
            }
        )
        return
    from rich.cells import cell_len

    from nasbed.analysis.tables import COLUMNS, blocks, notes

    console, found = _console(), blocks(results)
    names = list(COLUMNS)
    widths = {
        name: max(len(COLUMNS[name]), *(cell_len(row[name]) for block in found for row in [*block.rows, block.floor]))
        for name in names
    }
    while len(names) > 2 and sum(widths[name] + 3 for name in names) > console.width:
        names.pop()
    for block in found:
        table = _table(block.title, *(COLUMNS[name] for name in names), right=True)
        for row in block.rows:
            table.add_row(*(row[name] for name in names))
        table.add_section()  # sets the floor apart from strategies, whatever they are called
        table.add_row(*(block.floor[name] for name in names))
        console.print(table)
    if hidden := len(COLUMNS) - len(names):
        typer.echo(f"(This terminal is too narrow for {hidden} columns; table.md has them.)\n")
    for note in notes(results):
        typer.echo(note)
    inside = [file for file in files if file.parent != folder]
    drawn = [f"{inside[0].parent} ({len(inside)} files)"] if inside else []
    typer.echo("\nwritten: " + ", ".join([*(str(file) for file in files if file.parent == folder), *drawn]))


def _table(title: str, *names: str, right: bool = False) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if right and place else "left", no_wrap=right and place > 0)
    return table


def _console() -> Console:
    from rich.console import Console

    # A pipe has no width: give it room rather than folded lines.
    return Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 180)


def _print(table: Table) -> None:
    _console().print(table)


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))
