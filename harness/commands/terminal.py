"""What commands share: how they print, and the options that several have."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nasbed.errors import written_out
from nasbed.progress import Course, Pauses, Progress, line, pace, silent

if TYPE_CHECKING:
    from rich.console import Console

    from nasbed.gate.page import Block
    from nasbed.tables.printed import PrintedTable


ENGINES = "local:N is N processes; local is one for each core; dask:... is a cluster (docs/cluster.md)."
"""What ``--engine`` takes."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]


class Device(StrEnum):
    """The devices on which a command can train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


T = TypeVar("T")

QUIET = "NASBED_PROGRESS"
"""The environment variable that is "off" where nobody wants to read how far a command is."""

_LOOK = 0.5
"""Seconds between looks at whether a line is due."""


def with_progress(title: str, work: Callable[[Progress], T]) -> T:
    """Do the work and say on standard error how far it is: a bar in a terminal, elsewhere a line now and then."""
    from rich.console import Console

    with _warnings():
        if os.environ.get(QUIET) == "off":
            return work(silent)
        console = Console(stderr=True)
        if sys.stderr.isatty() and console.is_terminal and not console.is_dumb_terminal:
            return _under_a_bar(title, work, console)
        return _with_lines(title, work)


@contextmanager
def _warnings() -> Iterator[None]:
    """Say on standard error what engines warn of while the block lasts, as that no worker is there.

    What a session warns of itself is told by the command, and is left out.
    """
    from nasbed.studies.sessions import LOGGER, OWNER

    class Warned(logging.Handler):
        """Writes warnings to standard error, each on a line of its own."""

        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno == logging.WARNING and not hasattr(record, OWNER):
                _say(f"warning: {written_out(record.getMessage())}\n")

    handler = Warned(logging.WARNING)
    LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


def _say(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
        sys.stderr.write(text)
        sys.stderr.flush()


def _under_a_bar(title: str, work: Callable[[Progress], T], console: Console) -> T:
    from rich.console import RenderableType
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.table import Column
    from rich.text import Text

    course = Course(title)

    class Bar(Bars):
        """A bar that shows, whenever it is drawn, how far the course is by then."""

        def get_renderables(self) -> Iterable[RenderableType]:
            state = course.state()
            for task in self.task_ids:
                self.update(
                    task,
                    description=written_out(state["what"]),
                    completed=state["done"],
                    total=state["total"] or None,
                    pace=", ".join(pace(state)),
                )
            return super().get_renderables()

    class What(ProgressColumn):
        """What is done, cut where the terminal is narrow; so is the bar, before any number."""

        def render(self, task: Task) -> Text:
            return Text(task.description, no_wrap=True, overflow="ellipsis")

    columns = (
        What(),
        BarColumn(),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[pace]}", markup=False),
    )
    with Bar(*columns, console=console) as bar:
        bar.add_task("", total=None, pace="")
        results = work(course)
        course.what = title
    return results


def _with_lines(title: str, work: Callable[[Progress], T]) -> T:
    """Do the work, and write a line on how far it is after a few seconds, then ever more seldom, and one at the end if any."""
    course, over = Course(title), Event()
    said: list[tuple[str, int, int]] = []

    def say(**of_end: None) -> None:
        state = {**course.state(), **of_end}
        now = state["what"], state["done"], state["failed"]
        if now not in said[-1:] or state["done"] != state["total"]:
            _say(written_out(line(state)) + "\n")
        said.append(now)

    def follow() -> None:
        pauses = Pauses(time.monotonic())
        while not over.wait(_LOOK):
            if pauses.over(time.monotonic()):
                say()

    thread = Thread(target=follow, daemon=True)
    thread.start()
    try:
        return work(course)
    finally:
        over.set()
        thread.join()
        if said:
            say(seconds_left=None)


def open_console(room: int = 180) -> Console:
    """A console on standard output. A pipe has no width, so it gets ``room`` rather than folded lines."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else room)


def print_table(table: PrintedTable) -> None:
    """Print a table whose cells a narrow terminal may fold."""
    from nasbed.tables.renderers.terminal import terminal

    open_console().print(terminal(table, wrapped=True))


def print_page(page: Sequence[Block]) -> None:
    """Print headings, words, tables and lists: in bold and colours in a terminal, in a pipe plain and aligned."""
    from rich.text import Text

    from nasbed.gate.page import Heading, Items, Words
    from nasbed.tables.renderers.terminal import terminal

    console = open_console()
    colours = {"good": "bold green", "bad": "bold red", "open": "bold yellow", "": "bold"}
    before: Block | None = None
    for block in page:
        if before is not None and not isinstance(before, Heading):
            console.print()
        if isinstance(block, Heading):
            console.print(Text(written_out(block.text), style=colours[block.sign]))
        elif isinstance(block, Words):
            console.print(Text(written_out(block.text), style="dim" if block.small else ""))
        elif isinstance(block, Items):
            for item in block.items:
                console.print(Text(written_out(f"- {item}"), style="yellow" if block.warning else ""))
        else:
            console.print(terminal(block))
        before = block


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))
