"""The command line: which commands there are.

What a command needs is imported when it runs, and its options are read from its function then, so that ``nasbed --help`` answers at
once.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from nasbed.commands import (
    archive,
    comparing,
    conformance,
    data,
    exchange,
    gating,
    looking,
    monitoring,
    planning,
    studies,
    training,
)
from nasbed.commands.usage import as_ours, require_read


class _Commands(TyperGroup):
    """The commands, of which each is stopped with one word and exit code 130, and refuses words that it does not know as ours are
    refused.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with as_ours():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            with as_ours():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            from nasbed.errors import Interrupted

            raise Interrupted("stopped") from None


class _Command(TyperCommand):
    """A command whose arguments and options are read from its function when it is their turn."""

    def __init__(self, function: Callable[..., None], **settings: Any) -> None:
        self._function = function
        super().__init__(**settings)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = [*args]
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            require_read(self._function, error, words)
            raise

    @cached_property
    def _whole(self) -> Any:
        alone = typer.Typer(add_completion=False)
        alone.command()(self._function)
        return typer.main.get_command(alone)

    @property
    def params(self) -> Any:
        return self._whole.params

    @params.setter
    def params(self, none: Any) -> None:
        """There are none yet when typer makes the command."""

    @property
    def callback(self) -> Any:
        return self._whole.callback

    @callback.setter
    def callback(self, none: Any) -> None:
        """What typer calls would call nothing yet."""


class _OfAnIndex(_Command):
    """A command with an index among its arguments: a negative number is one, too, and no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.ignore_unknown_options = any(re.fullmatch(r"-[0-9]+", word) for word in args)
        return super().parse_args(ctx, args)


def _offer(
    commands: typer.Typer, function: Callable[..., None], name: str | None = None, kind: type[_Command] = _Command
) -> None:
    """Add the command that a function is, under its own name or another."""
    commands.command(
        name=name or function.__name__.replace("_", "-"),
        help=inspect.getdoc(function),
        cls=partial(kind, function),  # type: ignore[arg-type]
    )(lambda: None)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"nasbed {version('nasbed')}")
        raise typer.Exit


app = typer.Typer(
    cls=_Commands,
    help="A test bed for neural architecture search.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_offer(app, studies.run)
_offer(app, studies.merge)
_offer(app, training.train)
_offer(app, training.search_model)
_offer(app, training.predict)
_offer(app, training.tabulate)
_offer(app, training.agreement)
_offer(app, training.scale)
_offer(app, monitoring.status)
_offer(app, monitoring.watch)
_offer(app, monitoring.clean)
_offer(app, studies.report)
_offer(app, studies.compare)
_offer(app, planning.power)
_offer(app, comparing.equivalence)
_offer(app, comparing.stability)
_offer(app, exchange.export)
_offer(app, exchange.import_results)
_offer(app, gating.gate)
_offer(app, looking.list_, "list")
_offer(app, looking.query, kind=_OfAnIndex)
_offer(app, looking.landscape)

tables = typer.Typer(help="Tables: what is here, and bringing your own.", no_args_is_help=True)
_offer(tables, data.list_tables, "list")
_offer(tables, data.info)
_offer(tables, data.import_, "import")
_offer(tables, data.fetch)
_offer(tables, data.make)
_offer(tables, data.verify)
_offer(tables, data.where)
_offer(tables, data.remove)
app.add_typer(tables, name="data")

archived = typer.Typer(
    help="The archive: reference runs that ship with nasbed, and adding yours.", no_args_is_help=True
)
_offer(archived, archive.list_archive, "list")
_offer(archived, archive.add)
app.add_typer(archived, name="archive")

check = typer.Typer(help="Conformance: whether a benchmark or a strategy keeps the rules.", no_args_is_help=True)
_offer(check, conformance.check_benchmark, "benchmark")
_offer(check, conformance.check_strategy, "strategy")
app.add_typer(check, name="check")


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
