"""The command that plans a comparison: how many seeds it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nasbed.commands.terminal import Json, open_console, print_json


def power(
    folder: Annotated[
        Path | None, typer.Argument(help="A results folder, whose spread over seeds is planned with.")
    ] = None,
    dz: Annotated[
        list[float] | None,
        typer.Option(help="A difference in standard deviations of the paired differences; again for more."),
    ] = None,
    difference: Annotated[
        list[float] | None,
        typer.Option(help="A difference in the unit of the score, of results or with --sd; again for more."),
    ] = None,
    sd: Annotated[float | None, typer.Option(help="The standard deviation of the paired differences.")] = None,
    seeds: Annotated[
        list[int] | None, typer.Option(help="Ask what so many seeds find, instead; again for more.")
    ] = None,
    power: Annotated[float, typer.Option(help="The chance that the difference is found.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="The level of the test, before Holm's correction.")] = 0.05,
    contrasts: Annotated[
        int | None, typer.Option(help="Contrasts that are tested together; those of the results, or 1, by default.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Of results: validation_regret, the default, or test_regret.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How many seeds does a comparison need? Of a difference in standard deviations, or of results and their spread."""
    from nasbed.errors import OptionError
    from nasbed.statistics import planning
    from nasbed.tables.seeds import effects_table, plan_note, results_table

    if folder is not None:
        for name, given in (("dz", dz), ("sd", sd)):
            if given:
                raise OptionError(f"--{name} stands beside the results folder {folder}; keep one of them")
        if seeds and difference:
            raise OptionError(_BOTH)
        from nasbed.results.results import Results

        results = Results.load(folder)
        family = contrasts if contrasts is not None else _family(results, metric or planning.METRIC)
        plan = planning.plan_results(
            results, difference or (), metric or planning.METRIC, family, alpha, power, seeds or ()
        )
        table = results_table(plan)
    else:
        if metric is not None:
            raise OptionError(f"--metric {metric} is of results; give a results folder, or leave it out")
        effects = _effects(dz, difference, sd)
        family = contrasts if contrasts is not None else 1
        if seeds and effects:
            raise OptionError(_BOTH)
        plan = (
            planning.plan_seeds(seeds, family, alpha, power)
            if seeds
            else planning.plan_effects(effects or planning.EFFECTS, family, alpha, power)
        )
        table = effects_table(plan, sd)
    if as_json:
        print_json(_told(plan, alpha, power, family))
        return
    from nasbed.tables.renderers.terminal import terminal

    open_console().print(terminal(table))
    typer.echo(plan_note(alpha, power, family))
    if folder is not None:
        half = f"; differences are {planning.HALF:g} standard deviations of {results.reference}, and --difference names another"
        typer.echo(
            "The spread is that of the seeds now, for whose error the plan allows, and common seeds pair the strategies"
            f"{'' if difference or seeds else half}."
        )


_BOTH = "--seeds asks what can be found, and stands beside the difference to find; keep one of them"


def _family(results: Any, metric: str) -> int:
    """The contrasts of results with their reference; 1 where there is one strategy, which is refused later."""
    from nasbed.statistics.power import family_of

    return family_of(results.scores(metric), results.reference) if len(results.strategies) > 1 else 1


def _effects(dz: list[float] | None, difference: list[float] | None, sd: float | None) -> list[float]:
    """The standardised differences that are asked for; raises :class:`~nasbed.errors.OptionError`."""
    from nasbed.errors import OptionError

    if difference and sd is None:
        raise OptionError(
            f"--difference {difference[0]:g} has no unit to be judged in; give a results folder, or --sd, the standard deviation of"
            " the paired differences"
        )
    if sd is not None and not 0 < sd < float("inf"):
        raise OptionError(f"--sd {sd:g}; expected a standard deviation above 0, in the unit of the score")
    for one in difference or ():
        if not 0 < abs(one) < float("inf"):
            raise OptionError(f"--difference {one:g}; expected a difference that is not 0, in the unit of --sd")
    return [*(dz or ()), *(one / sd for one in difference or () if sd is not None)]


def _told(plan: Any, alpha: float, power: float, contrasts: int) -> dict[str, Any]:
    """A plan for scripts to read; numbers that there are not, and infinite ones, are null."""
    rows = [
        {
            name: None if isinstance(value, float) and not abs(value) < float("inf") else value
            for name, value in row.items()
        }
        for row in plan.to_dict(orient="records")
    ]
    return {"alpha": alpha, "power": power, "contrasts": contrasts, "rows": rows}
