"""Commands that say what goes on in a folder, show it as a page, and remove what is of no use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nasbed.commands.terminal import Json, print_json, print_table

Folder = Annotated[Path, typer.Argument(help="A folder that nasbed run, tabulate, train or search-model writes.")]


def status(folder: Folder, as_json: Json = False) -> None:
    """Say how far the work in a folder has come, whether it goes on, and what to do next."""
    from nasbed.monitoring import words
    from nasbed.monitoring.status import read_status

    found = read_status(folder)
    if as_json:
        print_json(found.data())
        return
    typer.echo(words.headline(found))
    if progress := words.progress_words(found):
        typer.echo(progress)
    if table := words.series_table(found):
        print_table(table)
    for text in words.remarks(found):
        typer.echo(text)
    if found.log:
        typer.echo("\n".join(["", "the last lines of the log:", *found.log]))


def watch(
    folder: Folder,
    port: Annotated[int, typer.Option(help="The port on this machine; 0 is any that is free.")] = 0,
    every: Annotated[float, typer.Option(help="Seconds between two makings of the report, at least.")] = 10.0,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve a page on this machine that follows the work in a folder and shows the report of what is stored; Ctrl-C ends it."""
    from nasbed.monitoring.server import watch as serve

    def announce(address: str) -> None:
        typer.echo(f"{address} shows {folder}; Ctrl-C ends it")
        if open_:
            typer.launch(address)

    serve(folder, port, every, announce)


def clean(
    folder: Folder,
    study: Annotated[
        Path | None, typer.Option(help="Keep what this study file needs with the code as it is now, not as it was run.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove what is listed.")] = False,
    as_json: Json = False,
) -> None:
    """List what nothing uses in a folder, as runs of old code or options, with its size; remove it with --remove."""
    from dataclasses import asdict

    from nasbed.monitoring.clean import clean as sweep
    from nasbed.tables.printed import printed

    if study is not None:
        sys.path.insert(0, str(study.resolve().parent))  # the study's own modules
    found = sweep(folder, study=study, remove=remove)
    total = sum(one.bytes for one in found)
    if as_json:
        print_json({"folder": str(folder), "removed": remove, "bytes": total, "unused": [asdict(one) for one in found]})
        return
    if not found:
        typer.echo(f"{folder}: nothing is unused")
        return
    rows = ([one.path, one.why, f"{one.files:,}", f"{one.bytes:,}"] for one in found)
    print_table(printed(["what", "why", "files", "bytes"], rows, title="unused", left=2))
    typer.echo(f"{'removed' if remove else 'unused'}: {total:,} bytes{'' if remove else '; --remove removes them'}")
