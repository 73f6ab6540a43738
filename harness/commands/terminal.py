"""What commands share: how they print, and the options that several have."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nasbed.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console

    from nasbed.tables.printed import PrintedTable


Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


class Device(StrEnum):
    """The devices on which a command can train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


T = TypeVar("T")


def with_progress(title: str, work: Callable[[Progress], T]) -> T:
    """Do the work under a progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=None)

        def progress(label: str, done: int, total: int) -> None:
            bars.update(task, completed=done, total=total or None, description=label or title)

        results = work(progress)
        bars.update(task, description=title)
    return results


def open_console() -> Console:
    from rich.console import Console

    # A pipe has no width: give it room rather than folded lines.
    return Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 180)


def print_table(table: PrintedTable) -> None:
    """Print a table whose cells a narrow terminal may fold."""
    from nasbed.tables.renderers.terminal import terminal

    open_console().print(terminal(table, wrapped=True))


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))
