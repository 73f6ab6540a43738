"""Commands on tables: what is here, and bringing one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from nasbed.commands.terminal import Json, print_json, print_table, with_progress
from nasbed.tables.printed import printed


def _held(columns: int, files: int) -> str:
    """What a table has, in words."""
    return f"{columns} columns" if columns else f"{files} files"


def list_tables(as_json: Json = False) -> None:
    """List the tables that are here or can be had."""
    from nasbed.commands import catalogue

    rows = catalogue.tables()
    if as_json:
        print_json(rows)
        return
    cells = ([row["name"], row["title"], row["state"], row["licence"]] for row in rows)
    print_table(printed(["name", "what it is", "state", "licence"], cells, title="tables"))


def info(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list, or the folder of one.")],
    as_json: Json = False,
) -> None:
    """Say what a table holds, where it comes from, and verify its checksums."""
    from nasbed.commands import catalogue

    found = catalogue.info(name)
    if as_json:
        print_json(found)
        return
    for key, value in found.items():
        if key != "columns" and (value is False or value not in (0, "", [], {})):
            _show(key.replace("_", " "), _said(value))
    if not found["columns"]:
        return
    cells = ([one[key] for key in ("dataset", "metric", "split", "unit", "origin")] for one in found["columns"])
    print_table(printed(["data set", "metric", "split", "unit", "what it is"], cells, title="columns"))


def import_(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list.")],
    path: Annotated[Path, typer.Argument(help="Its published file, or a folder that holds its files.")],
) -> None:
    """Make a table in the data home from files that you have."""
    from nasbed.benchmarks import convert

    manifest = with_progress(name, lambda progress: convert.import_table(name, path, progress))
    typer.echo(f"{manifest.title}: {_held(len(manifest.columns), len(manifest.files))} in {manifest.folder}")


def fetch(
    name: Annotated[str, typer.Argument(help="A table, as in nasbed data list.")],
    source: Annotated[Path | None, typer.Option("--from", help="Folder that holds the files already.")] = None,
) -> None:
    """Download a table's published files, verify them, and make the table."""
    from nasbed.benchmarks import convert

    manifest = with_progress(name, lambda progress: convert.fetch_table(name, source, progress))
    typer.echo(f"{manifest.title}: {_held(len(manifest.columns), len(manifest.files))} in {manifest.folder}")


def make(
    name: Annotated[str, typer.Argument(help="What the table is to be called, as in use = NAME of a study.")],
    file: Annotated[Path, typer.Argument(help="CSV (also .csv.gz) or Parquet, a row a training or an epoch of one.")],
    decisions: Annotated[
        str,
        typer.Option(help="The columns of the architecture, as a,b,c; those before the first known column by default."),
    ] = "",
    categorical: Annotated[str, typer.Option(help="Decisions whose numbers are names without an order, as a,b.")] = "",
    ordinal: Annotated[
        list[str] | None,
        typer.Option(help="The order of a decision's texts, as size=small,medium,large; again for more."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="A metric's direction and unit, as latency:min:ms or accuracy:max:fraction; again for more."),
    ] = None,
    ignore: Annotated[str, typer.Option(help="Columns to leave out, as a,b.")] = "",
    separate: Annotated[
        bool, typer.Option("--separate", help="Numbers of epochs are trainings of their own, not points of one.")
    ] = False,
    seconds: Annotated[
        str | None, typer.Option(help="What the seconds of a row are of: cumulative (the default), each or total.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="The data that the networks were trained on.")] = "own",
    title: Annotated[str, typer.Option(help="What the table is, in a line.")] = "",
    licence: Annotated[str, typer.Option(help="The licence of the numbers.")] = "not stated",
    source: Annotated[list[str] | None, typer.Option(help="Where the numbers come from; again for more.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the table of your own of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Make a table of your own from a file of trainings: check it, write it, and say what it holds and what is missing."""
    from nasbed.benchmarks import convert

    declared = convert.Declarations(
        _words(decisions), _words(categorical), ordinal or [], metric or [], _words(ignore), separate, seconds
    )
    made = with_progress(
        name,
        lambda progress: convert.make_table(
            name,
            file,
            declared,
            dataset=dataset,
            title=title,
            licence=licence,
            sources=source or [],
            replace=replace,
            progress=progress,
        ),
    )
    found = convert.described(made)
    if as_json:
        print_json(found)
        return
    for key, value in found.items():
        _show(key, value if isinstance(value, list) else [value])


def _show(key: str, lines: Sequence[object]) -> None:
    """A line behind the key, several below it."""
    typer.echo(f"{key}: {lines[0]}" if len(lines) == 1 else f"{key}:")
    for line in lines if len(lines) > 1 else ():
        typer.echo(f"  {line}")


def _said(value: Any) -> list[str]:
    """What a manifest says of one thing, in lines.

    >>> _said(15625), _said(True), _said(["cifar10", "cifar100"]), _said({"model.onnx": "b45c"})
    (['15,625'], ['yes'], ['cifar10, cifar100'], ['model.onnx, SHA-256 b45c'])
    """
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, int):
        return [f"{value:,}"]
    if isinstance(value, dict):
        return [f"{name}, SHA-256 {digest}" for name, digest in value.items()]
    if isinstance(value, str):
        return value.strip().splitlines()
    if value and isinstance(value[0], dict):
        return [
            f"{one['name']}: {', '.join(map(str, one['values']))}{', in this order' * one['ordered']}" for one in value
        ]
    texts = list(map(str, value))
    return texts if any(" " in text for text in texts) else [", ".join(texts)]


def _words(text: str) -> list[str]:
    """The names in a text that separates them by commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Tables or their folders; all that are here by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every column and compare its checksum; exit code 1 where one is damaged."""
    from nasbed.commands import catalogue

    rows = catalogue.verify(names or [])
    if as_json:
        print_json(rows)
    for row in rows if not as_json else []:
        typer.echo(f"{row['name']}: {row['problem'] or _held(row['columns'], row['files']) + ' are whole'}")
    if any(row["problem"] for row in rows):
        raise typer.Exit(1)


def where() -> None:
    """Print the folder in which imported tables are kept."""
    from nasbed.benchmarks.tables import places

    typer.echo(places.home())


def remove(name: Annotated[str, typer.Argument(help="An imported table.")]) -> None:
    """Delete an imported table from this machine."""
    from nasbed.benchmarks.tables import home

    typer.echo(f"removed {home.remove(name)}")
