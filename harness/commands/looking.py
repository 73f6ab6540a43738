"""Commands that look things up: what there is, what is recorded, what a space is like."""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from nasbed.commands.conformance import parsed
from nasbed.commands.terminal import Json, print_json, print_table
from nasbed.tables.printed import printed

Option = Annotated[
    list[str] | None, typer.Option(help="An option of the benchmark, as vertices=5; give it again for more.")
]
_TWO = 2
"""Consecutive epochs up to which each is named."""
_TABLES = 8
"""Data sets up to which what is recorded of an architecture is a table of each."""


class Listed(StrEnum):
    """The kinds of entries that ``nasbed list`` can show."""

    strategies = "strategies"
    benchmarks = "benchmarks"


def list_(
    kind: Annotated[Listed, typer.Argument(help="strategies or benchmarks.")],
    name: Annotated[str | None, typer.Argument(help="Only this one, as tpe or package.module:Class.")] = None,
    as_json: Json = False,
) -> None:
    """List what can be used in a study, with its options and their defaults, and what it needs."""
    from nasbed.commands import catalogue

    entries = catalogue.strategies(name) if kind is Listed.strategies else catalogue.benchmarks(name)
    if as_json:
        print_json(entries)
    elif name is None:
        _show_catalogue(kind, entries)
    else:
        _show_entry(kind, entries[0])


def _show_catalogue(kind: Listed, entries: list[dict[str, Any]]) -> None:
    rows = []
    for entry in entries:
        options = [
            f"{o['name']} = {o['default']!r}{': ' if o['help'] else ''}{o['help']} ({o['accepts']})"
            for o in entry["options"]
        ]
        rows.append([entry["name"], entry["summary"], "\n".join(options), _needs(kind, entry)])
    print_table(printed(["name", "what it is", "options", "needs"], rows, title=kind.value))


def _needs(kind: Listed, entry: dict[str, Any]) -> str:
    """What a task must offer a strategy by its defaults; what a benchmark trains with, or how to get its table."""
    if not entry["needs"]:
        return entry.get("to_train") or ""
    return str(entry["needs"]) if kind is Listed.strategies else f"Not here yet: {entry['needs']}"


def _show_entry(kind: Listed, entry: dict[str, Any]) -> None:
    """One strategy or benchmark, an option a line."""
    typer.echo(f"{entry['name']}: {entry['summary']}")
    typer.echo(f"class: {entry['class']}")
    typer.echo(f"needs: {_needs(kind, entry) or 'nothing'}\n")
    rows = [[one["name"], repr(one["default"]), one["accepts"], one["help"]] for one in entry["options"]]
    if rows:
        print_table(printed(["option", "default", "accepts", "what it means"], rows))
    else:
        typer.echo("It has no options.")
    if offers := entry.get("offers"):
        _show_offers(offers)


def _show_offers(offers: dict[str, Any]) -> None:
    """What can be named in the options of a benchmark; what it searches by default is marked."""
    from nasbed.vocabulary import RETRAINED

    space, fidelities = offers["space"], offers["fidelities"]
    typer.echo(f"As {offers['benchmark']}; * is what is searched by default.")
    if offers["datasets"]:
        typer.echo(f"data sets: {', '.join(offers['datasets'])}")
    typer.echo(f"space: {space['name']}, {space['size']:,} architectures; encodings: {', '.join(space['encodings'])}")
    related = "a training can be resumed" if fidelities["resumable"] else "each is a training of its own"
    several = f"; {related}" if len(fidelities["epochs"]) > 1 else ""
    typer.echo(f"fidelities (epochs): {_spans(fidelities['epochs'], fidelities['searched'])}{several}")
    typer.echo(f"costs: {', '.join(offers['costs'])} ({offers['cost_model']})")
    if offers["surrogate"]:
        typer.echo(f"answers: of a surrogate, a model that was fitted to {offers['surrogate']}; none is of a training")
    by = ", as the surrogate says it" if offers["surrogate"] else ""
    judged = {RETRAINED: "test, by networks of its incumbent trained anew; a search sees validation alone"}
    typer.echo(f"judged on: {judged.get(offers['judged_on'], offers['judged_on'])}{by}\n")
    objectives = [[_marked(one), one["unit"], one["direction"]] for one in offers["objectives"]]
    print_table(printed(["objective", "unit", "direction"], objectives))
    if offers["measures"]:
        costs = [[_marked(one), _seconds(one["seconds"])] for one in offers["measures"]]
        print_table(printed(["measure", "seconds a query"], costs))


def _spans(epochs: list[int], searched: list[int]) -> str:
    """Epochs in words, three and more in a row by their ends; those that are searched by themselves, and marked.

    >>> _spans([1, 2, 3, 4, 12], [4, 12])
    '1 to 3, 4*, 12*'
    >>> _spans([1, 2, 4], [4])
    '1, 2, 4*'
    """
    said: list[str] = []
    # what stays the same along consecutive numbers is the number less its place
    for _, found in groupby(enumerate(epochs), lambda one: (one[1] in searched and one[1], one[1] - one[0])):
        run = [number for _, number in found]
        said += [f"{run[0]} to {run[-1]}"] if len(run) > _TWO else [f"{n}{'*' * (n in searched)}" for n in run]
    return ", ".join(said)


def _marked(one: dict[str, Any]) -> str:
    return f"{one['name']}{'*' if one['searched'] else ''}"


def _seconds(seconds: float | None) -> str:
    return "to be declared" if seconds is None else f"{seconds:g}"


def query(
    benchmark: Annotated[str, typer.Argument(help="A benchmark, as in nasbed list benchmarks.")],
    architecture: Annotated[str, typer.Argument(help="An architecture as its space writes it, or its index.")],
    dataset: Annotated[str | None, typer.Option(help="One data set; all by default, many as one table.")] = None,
    option: Option = None,
    drawing: Annotated[Path | None, typer.Option(help="A file to draw it into: .pdf, .svg or .png.")] = None,
    as_json: Json = False,
) -> None:
    """Show everything recorded of one architecture: every split, run and cost."""
    from nasbed.commands import catalogue
    from nasbed.tables.numbers import recorded

    options = parsed(option or [])
    found = catalogue.lookup(benchmark, architecture, dataset, options, needed=drawing is None)
    if drawing is not None:
        catalogue.draw(benchmark, architecture, drawing, dataset, options)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found['architecture']}  (index {found['index']})")
    if len(found["benchmarks"]) > _TABLES:
        _show_together(found["benchmarks"])
        return
    for label, recordings in found["benchmarks"].items():
        rows = []
        for row in recordings:
            runs = (
                ", ".join(f"{run}: {recorded(value)}" for run, value in row["runs"].items())
                if len(row["runs"]) > 1
                else ""
            )
            split = "" if row["split"] == "none" else row["split"]
            value = "none" if row["value"] is None else f"{recorded(row['value'])} {row['unit']}"
            rows.append([row["metric"], split, str(row["epochs"] or ""), value, runs, row["origin"]])
        print_table(printed(["metric", "split", "epochs", "value", "by run", "what it is"], rows, title=label))


def _show_together(benchmarks: dict[str, list[dict[str, Any]]]) -> None:
    """What is recorded of one architecture on many data sets as one table, a row each: means, where there are several runs."""
    from nasbed.tables.numbers import recorded

    def of(row: dict[str, Any]) -> str:
        split, epochs = ("" if row["split"] == "none" else row["split"]), (row["epochs"] or "")
        after = f"{epochs} epoch{'s' * (epochs != 1)}" if epochs else ""
        return " ".join(filter(None, (row["metric"], f"({row['unit']})", split, after)))

    heads = list(dict.fromkeys(of(row) for rows in benchmarks.values() for row in rows))
    cells = []
    for label, rows in benchmarks.items():
        held = {of(row): "none" if row["value"] is None else recorded(row["value"]) for row in rows}
        cells.append([label, *(held.get(head, "") for head in heads)])
    origins = dict.fromkeys(row["origin"] for rows in benchmarks.values() for row in rows)
    print_table(printed(["data set", *heads], cells))
    typer.echo(f"what it is: {next(iter(origins))}" if len(origins) == 1 else "--dataset NAME says what each number is")


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
    option: Option = None,
    out: Annotated[Path | None, typer.Option(help="Folder; results/landscape-NAME by default.")] = None,
    as_json: Json = False,
) -> None:
    """Describe a benchmark's search space: how rugged, how noisy, which decisions matter; writes a table and a figure."""
    from nasbed.landscape.report import content, folder_of, scores, write
    from nasbed.landscape.survey import load, survey
    from nasbed.landscape.text import best_in_words, caption, notes

    options = option or []
    said = {"dataset": dataset, "epochs": epochs or None, "objectives": objective or None, **parsed(options)}
    found = survey(load(benchmark, **said))
    files = write(found, out if out is not None else Path("results") / folder_of(benchmark, dataset, *options))
    if as_json:
        print_json({"files": [str(file) for file in files], **content(found)})
        return
    print_table(scores(found, every_split=False))
    for line in (*map(best_in_words, found.sites), caption(found), *notes(found)):
        typer.echo(line)
    typer.echo("\nwritten: " + ", ".join(str(file) for file in files))
