"""Commands that train a table, and train a sample of it again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasbed.commands.terminal import Device, Json, print_json, with_progress

if TYPE_CHECKING:
    pass


def tabulate(
    study: Annotated[Path, typer.Argument(help="What to train (TOML), as studies/digits201.toml.")],
    engine: Annotated[
        str, typer.Option(help="local:N is N processes; local is one for each core, on a GPU one in all.")
    ] = "local",
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.auto,
    sample: Annotated[int | None, typer.Option(help="Only a random sample of so many architectures.")] = None,
    out: Annotated[Path | None, typer.Option(help="Results folder; results/NAME by default.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again what is stored.")] = False,
    as_json: Json = False,
) -> None:
    """Train a whole space, or a sample of it, into a table that can be searched."""
    from nasbed.benchmarks.training.plan import TrainingPlan
    from nasbed.tabulation.tabulate import tabulate as train

    plan = TrainingPlan.load(study).with_sample(sample)
    manifest = with_progress(
        plan.title,
        lambda progress: train(
            plan, out, engine=engine, device=device.value, fresh=fresh, progress=progress, command=sys.argv
        ),
    )
    found = {
        "folder": str(manifest.folder),
        "architectures": manifest.members,
        "functions": manifest.architectures,
        "runs": manifest.runs,
        "epochs": manifest.epochs[-1],
        "checksum": manifest.checksum,
    }
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{manifest.title}: {manifest.members:,} architectures, {manifest.architectures:,} functions,"
        f" {len(manifest.runs)} trainings each, in {manifest.folder}"
    )
    if plan.sample is None:
        typer.echo(f'search it with use = "digits201", folder = "{manifest.folder}"')


def agreement(
    folder: Annotated[
        Path | None, typer.Argument(help="A table that nasbed tabulate wrote; the shipped digits201 by default.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Architectures that are trained again.")] = 48,
    seeds: Annotated[int, typer.Option(help="New trainings of each.")] = 3,
    first_seed: Annotated[int, typer.Option(help="The first new seed; the table must not hold them.")] = 1000,
    engine: Annotated[str, typer.Option(help="local:N is N processes; local is one for each core.")] = "local",
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.auto,
    as_json: Json = False,
) -> None:
    """Train a random sample again with new seeds, and say whether a table agrees; exit code 1 where it does not."""
    from nasbed.tabulation.agreement import agree

    found = with_progress(
        "agreement",
        lambda progress: agree(
            folder,
            sample=sample,
            seeds=seeds,
            first_seed=first_seed,
            engine=engine,
            device=device.value,
            progress=progress,
        ),
    )
    if as_json:
        numbers = {name: None if value != value else value for name, value in vars(found).items()}
        print_json({**numbers, "agrees": found.agrees})
    else:
        typer.echo(str(found))
    if not found.agrees:
        raise typer.Exit(1)
