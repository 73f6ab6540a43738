"""The command line: which commands there are.

What a command needs is imported when it runs, so that ``nasbed --help`` answers at once.
"""

from __future__ import annotations

import re
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


class _Commands(TyperGroup):
    """The commands, of which each is stopped with one word and exit code 130."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from nasbed.errors import Interrupted

            raise Interrupted("stopped") from None


class _OfAnIndex(TyperCommand):
    """A command with an index among its arguments: a negative number is one, too, and no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.ignore_unknown_options = any(re.fullmatch(r"-[0-9]+", word) for word in args)
        return super().parse_args(ctx, args)


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

app.command()(studies.run)
app.command()(studies.merge)
app.command()(training.train)
app.command(name="search-model")(training.search_model)
app.command()(training.predict)
app.command()(training.tabulate)
app.command()(training.agreement)
app.command()(training.scale)
app.command()(monitoring.status)
app.command()(monitoring.watch)
app.command()(monitoring.clean)
app.command()(studies.report)
app.command()(studies.compare)
app.command()(planning.power)
app.command()(comparing.equivalence)
app.command()(comparing.stability)
app.command()(exchange.export)
app.command(name="import-results")(exchange.import_results)
app.command()(gating.gate)
app.command(name="list")(looking.list_)
app.command(cls=_OfAnIndex)(looking.query)
app.command()(looking.landscape)

tables = typer.Typer(help="Tables: what is here, and bringing your own.", no_args_is_help=True)
tables.command(name="list")(data.list_tables)
tables.command()(data.info)
tables.command(name="import")(data.import_)
tables.command()(data.fetch)
tables.command()(data.make)
tables.command()(data.verify)
tables.command()(data.where)
tables.command()(data.remove)
app.add_typer(tables, name="data")

archived = typer.Typer(
    help="The archive: reference runs that ship with nasbed, and adding yours.", no_args_is_help=True
)
archived.command(name="list")(archive.list_archive)
archived.command()(archive.add)
app.add_typer(archived, name="archive")

check = typer.Typer(help="Conformance: whether a benchmark or a strategy keeps the rules.", no_args_is_help=True)
check.command(name="benchmark")(conformance.check_benchmark)
check.command(name="strategy")(conformance.check_strategy)
app.add_typer(check, name="check")


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
