"""Commands that answer one question of stored results: are strategies alike in practice, is their ranking the same elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nasbed.commands.terminal import Json, open_console, print_json

METRIC = "validation_regret, test_regret or optimism."


def equivalence(
    folder: Annotated[Path, typer.Argument(help="A results folder.")],
    rope: Annotated[
        float | None,
        typer.Option(help="The largest difference that does not matter, in the unit of the score; 0.1 sd by default."),
    ] = None,
    metric: Annotated[str, typer.Option(help=METRIC)] = "validation_regret",
    at: Annotated[int | None, typer.Option(help="After so many evaluations, not at the end.")] = None,
    as_json: Json = False,
) -> None:
    """Are strategies alike in practice? How probable it is that a difference from the reference is too small to matter."""
    from nasbed.results.results import Results
    from nasbed.tables.equivalence import equivalence_note, equivalence_table, found_equivalences

    results = Results.load(folder)
    found = found_equivalences(results, rope, metric, at)
    if as_json:
        print_json(found.astype(object).where(found.notna(), None).to_dict(orient="records"))
        return
    from nasbed.tables.renderers.terminal import terminal

    open_console().print(terminal(equivalence_table(found)))
    typer.echo(equivalence_note(results, metric))


def stability(
    folder: Annotated[Path, typer.Argument(help="A results folder.")],
    at: Annotated[
        list[int] | None,
        typer.Option(
            help="Rank after so many evaluations; again for more. By default after a quarter of them and at the end."
        ),
    ] = None,
    metric: Annotated[str, typer.Option(help=METRIC)] = "validation_regret",
    as_json: Json = False,
) -> None:
    """Is the ranking of the strategies the same at another budget, and on another data set?"""
    from nasbed.results.results import Results
    from nasbed.statistics.comparisons import ranking_stability
    from nasbed.tables.stability import stability_note, stability_table, usual_budgets

    results = Results.load(folder)
    found = ranking_stability(results, at or usual_budgets(results), metric)
    if as_json:
        print_json(found.astype(object).where(found.notna(), None).to_dict(orient="records"))
        return
    from nasbed.tables.renderers.terminal import terminal

    open_console().print(terminal(stability_table(found)))
    typer.echo(stability_note(results, metric))
