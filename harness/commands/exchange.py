"""Commands that bring records from elsewhere, and take results there."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nasbed.commands.conformance import parsed
from nasbed.commands.terminal import Json, print_json


class ExportFormat(StrEnum):
    """The formats that ``nasbed export`` writes."""

    csv = "csv"
    parquet = "parquet"
    ioh = "ioh"
    croissant = "croissant"


class ImportFormat(StrEnum):
    """The formats that ``nasbed import-results`` reads."""

    csv = "csv"
    ioh = "ioh"
    coco = "coco"
    optuna = "optuna"


def export(
    folders: Annotated[list[Path], typer.Argument(help="A results folder; several are exported as one.")],
    out: Annotated[Path, typer.Option(help="Where to write; a folder of its own.")],
    format: Annotated[
        list[ExportFormat] | None,
        typer.Option(help="Again for more; csv by default. croissant describes the tables that are written with it."),
    ] = None,
    creator: Annotated[str | None, typer.Option(help="For croissant: who made the data.")] = None,
    license: Annotated[str | None, typer.Option(help="For croissant: the licence of the data, as a URL.")] = None,
    url: Annotated[str | None, typer.Option(help="For croissant: where the data are published.")] = None,
    cite_as: Annotated[str | None, typer.Option(help="For croissant: how to cite them.")] = None,
    apart: Annotated[
        bool,
        typer.Option("--apart", help="Add the folder to labels under which several folders have different strategies."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write all evaluations and final scores for other tools: CSV, Parquet, IOHprofiler, and a description as Croissant."""
    from nasbed.studies.store import Store

    for folder in folders:
        Store(folder).read_record()
    from nasbed.exchange.exporting import export_results

    about = {"creator": creator, "license": license, "url": url, "citeAs": cite_as}
    files = export_results(
        folders,
        out,
        [one.value for one in format or [ExportFormat.csv]],
        {name: value for name, value in about.items() if value is not None},
        apart=apart,
    )
    if as_json:
        print_json({"folder": str(out), "files": [str(file) for file in files]})
        return
    typer.echo(f"written to {out}: {', '.join(file.relative_to(out).as_posix() for file in files)}")


def import_results(
    file: Annotated[
        str,
        typer.Argument(
            help="A CSV file, a folder of IOHprofiler or COCO or a file of it, or sqlite:///FILE of Optuna."
        ),
    ],
    benchmark: Annotated[
        list[str], typer.Option(help="What was searched, as in nasbed list benchmarks; again for more.")
    ],
    budget: Annotated[str, typer.Option(help="What a run could spend, as evaluations=200.")],
    out: Annotated[Path, typer.Option(help="The results folder, which must not be there yet.")],
    dataset: Annotated[
        str | None, typer.Option(help="The data set that was searched; by default those that the file names by label.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the benchmark, as noise=0.5; give it again for more.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="What the file calls a benchmark, as C100=nasbench201/cifar100; again for more."),
    ] = None,
    format: Annotated[ImportFormat | None, typer.Option(help="Where the name of the file does not say it.")] = None,
    strategy: Annotated[str | None, typer.Option(help="The label of all records, where the file names none.")] = None,
    reference: Annotated[str | None, typer.Option(help="The strategy to compare with; the first by default.")] = None,
    title: Annotated[str | None, typer.Option(help="The title of reports.")] = None,
    noise: Annotated[str, typer.Option(help="How the search was answered: draw, mean, or a recorded run.")] = "draw",
    repeats: Annotated[str, typer.Option(help="charge, free or refuse.")] = "charge",
    incumbent: Annotated[str, typer.Option(help="best or mean.")] = "best",
    workers: Annotated[int, typer.Option(help="Evaluations that went on at once.")] = 1,
    as_json: Json = False,
) -> None:
    """Turn records made elsewhere into a results folder, which report, compare, export and status read."""
    from nasbed.exchange.importing import import_results as read

    results = read(
        file,
        benchmark,
        _budget(budget),
        out,
        dataset=dataset,
        options=parsed(option or []),
        labels=_labels(label or []),
        format=None if format is None else format.value,
        strategy=strategy,
        reference=reference,
        title=title,
        noise=noise,
        repeats=repeats,
        incumbent=incumbent,
        workers=workers,
        command=sys.argv,
    )
    runs = sum(len(series.runs.seeds) for series in results.series)
    if as_json:
        print_json(
            {
                "folder": str(out),
                "strategies": results.strategies,
                "benchmarks": list(results.benchmarks),
                "runs": runs,
                "warnings": results.warnings,
            }
        )
        return
    for text in results.warnings:
        typer.echo(f"warning: {text}", err=True)
    typer.echo(
        f"{out} holds {runs:,} runs made elsewhere, of {', '.join(results.strategies)} on {', '.join(results.benchmarks)};"
        f" nasbed report {out} shows them"
    )


def _labels(given: list[str]) -> dict[str, str]:
    """Labels of a file and those here, written as C100=nasbench201/cifar100; raises :class:`~nasbed.errors.OptionError`."""
    from nasbed.errors import OptionError, shown

    pairs = [text.rpartition("=") for text in given]
    for text, (theirs, _, ours) in zip(given, pairs, strict=True):
        if not theirs or not ours:
            raise OptionError(f"--label {shown(text)}; expected LABEL=BENCHMARK, as C100=nasbench201/cifar100")
    return {theirs: ours for theirs, _, ours in pairs}


def _budget(text: str) -> dict[str, float]:
    """A budget that is written as evaluations=200; raises :class:`~nasbed.errors.BudgetError`."""
    from nasbed.errors import BudgetError, shown

    kind, _, amount = text.partition("=")
    try:
        return {kind.strip(): float(amount.replace("_", ""))}
    except ValueError:
        raise BudgetError(
            f"--budget {shown(text)}; expected KIND=AMOUNT, as evaluations=200 or seconds=12000"
        ) from None
