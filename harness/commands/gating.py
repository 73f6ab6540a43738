"""The command that judges a change to a strategy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nasbed.commands.terminal import ENGINES, Json, print_page, with_progress


def gate(
    study: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    against: Annotated[Path | None, typer.Option(help="The baseline to judge against.")] = None,
    update: Annotated[
        Path | None, typer.Option(help="Write this baseline instead, and print the drift since the first.")
    ] = None,
    margin: Annotated[str, typer.Option(help="The least regression that counts, in standard deviations.")] = "0.2sd",
    alpha: Annotated[float, typer.Option(help="The chance that a change of no effect is called worse.")] = 0.05,
    power: Annotated[float, typer.Option(help="The chance that a regression of the margin is caught.")] = 0.9,
    metric: Annotated[str, typer.Option(help="validation_regret or test_regret.")] = "validation_regret",
    strategy: Annotated[str | None, typer.Option(help="Judge this one only.")] = None,
    thinking: Annotated[
        str, typer.Option(help="Slower, and so failed, where it thinks so many times as long as before; or off.")
    ] = "5",
    tail_seeds: Annotated[
        int | None, typer.Option(help="Seeds that are looked through for rare disasters, 375 if not given; 0 for none.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of a baseline that --update writes.")] = 5_000,
    engine: Annotated[str, typer.Option(help=ENGINES)] = "local",
    markdown: Annotated[Path | None, typer.Option(help="Write the summary here.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    as_json: Json = False,
) -> None:
    """Was a change to a strategy a regression? Exit code 0 if not, 1 if it was, 3 if undecided.

    A ledger beside the baseline counts the candidates that were judged against it.
    """
    from nasbed.errors import OptionError
    from nasbed.gate.commands import gate_command, update_command

    if (against is None) == (update is None):
        raise OptionError("give either --against FILE, to judge, or --update FILE, to write a baseline")
    if update is not None and strategy is not None:
        raise OptionError(
            f"--strategy {strategy} beside --update: a baseline holds every strategy of the study, and only --against judges one of"
            " them; leave --strategy out, or write a study of that strategy alone"
        )
    sys.path.insert(0, str(study.resolve().parent))  # the study's own modules, wherever it is run from
    if update is not None:
        answer = with_progress(
            study.stem,
            lambda progress: update_command(
                study, update, seeds=seeds, metric=metric, engine=engine, progress=progress
            ),
        )
    else:
        assert against is not None
        answer = with_progress(
            study.stem,
            lambda progress: gate_command(
                study,
                against,
                margin=margin,
                alpha=alpha,
                power=power,
                metric=metric,
                strategy=strategy,
                thinking=thinking,
                tail_seeds=tail_seeds,
                engine=engine,
                as_json=as_json,
                markdown=markdown,
                junit=junit,
                progress=progress,
            ),
        )
    if answer.page:
        print_page(answer.page)
    else:
        typer.echo(answer.text.rstrip("\n"))
    raise typer.Exit(answer.exit_code)
