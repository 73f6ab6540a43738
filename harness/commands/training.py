"""Commands that train a table, and train a sample of it again."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasbed.commands.conformance import parsed
from nasbed.commands.terminal import ENGINES, Device, Json, print_json, print_table, with_progress

if TYPE_CHECKING:
    from nasbed.training.fitted import FittedNetwork

Export = Annotated[
    list[str] | None,
    typer.Option(help="python, weights or onnx; give it again for more. All that can be written by default."),
]
Data = Annotated[
    str, typer.Option(help="The name of a data set, or the path of a folder or file of images or sequences.")
]
Folder = Annotated[Path | None, typer.Option(help="Where published data sets lie; in the data home by default.")]
Tokens = Annotated[str | None, typer.Option(help="What texts are read as: characters (by default) or words.")]
Option = Annotated[
    list[str] | None,
    typer.Option(help="A further option of what trains, as precision=bfloat16; give it again for more."),
]
Longest = Annotated[int | None, typer.Option(help="The most steps of a sequence; what is longer is cut.")]


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
    from nasbed.benchmarks.training.plans import load_plan
    from nasbed.tabulation.tabulate import tabulate as train

    plan = load_plan(study).with_sample(sample)
    manifest = with_progress(
        plan.title,
        lambda progress: train(
            plan, out, engine=engine, device=device.value, fresh=fresh, progress=progress, command=sys.argv
        ),
    )
    found = {
        "folder": str(manifest.folder),
        "architectures": manifest.members or manifest.architectures,
        "functions": manifest.architectures,
        "runs": manifest.runs,
        "epochs": manifest.epochs[-1],
        "checksum": manifest.checksum,
    }
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{manifest.title}: {found['architectures']:,} architectures, {manifest.architectures:,} functions,"
        f" {len(manifest.runs)} trainings each, in {manifest.folder}"
    )
    if plan.sample is None:
        typer.echo(
            f'search it with use = "{plan.benchmark}", dataset = "{plan.data}", folder = "{manifest.folder}"; look one up with'
            f" nasbed query {plan.benchmark} 0 --option {shlex.quote(f'folder={manifest.folder}')}"
        )
    else:
        typer.echo(
            "it holds a sample, and a search needs all architectures: this table is for reading, as with nasbed data info"
            f" {shlex.quote(str(manifest.folder))}"
        )


def agreement(
    folder: Annotated[
        Path | None, typer.Argument(help="A table that nasbed tabulate wrote; the shipped digits201 by default.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Architectures that are trained again.")] = 48,
    seeds: Annotated[int, typer.Option(help="New trainings of each.")] = 3,
    first_seed: Annotated[int, typer.Option(help="The first new seed; the table must not hold them.")] = 1000,
    engine: Annotated[str, typer.Option(help=ENGINES)] = "local",
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.auto,
    as_json: Json = False,
) -> None:
    """Train a random sample again with new seeds, and say whether a table agrees; exit code 1 where it does not."""
    from nasbed.tabulation.agreement import agree, trained_table

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
        table = trained_table(folder)
        print_json({"table": table.name, "checksum": table.checksum, **numbers, "agrees": found.agrees})
    else:
        typer.echo(str(found))
    if not found.agrees:
        raise typer.Exit(1)


def train(
    architecture: Annotated[
        str | None, typer.Argument(help="As its space writes it, or an index; the hand-designed default if left out.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="The name of a data set (digits by default), or the path of a folder or file."),
    ] = None,
    folder: Folder = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            help="What trains: chain, cells or sizes on images, sequence on sequences; with --best a label of the study."
        ),
    ] = None,
    best: Annotated[
        Path | None, typer.Option(help="Take the best architecture, by validation, of a results folder.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="20 by default, or what the study says.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Trainings: 3 by default, or what the study says.")] = None,
    limit: Annotated[float | None, typer.Option(help="The most seconds that one training may take.")] = None,
    device: Annotated[Device | None, typer.Option(help="auto is a GPU where there is one; cpu by default.")] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(help="Distil from the network in a folder that nasbed train wrote, trained on the same data."),
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the distillation; 4 by default.")] = None,
    teacher_weight: Annotated[
        float | None, typer.Option(help="The teacher's share of the loss, from 0 to 1; 0.9 by default.")
    ] = None,
    tokens: Tokens = None,
    longest: Longest = None,
    option: Option = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the network; results/DATA-model by default.")] = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Train one architecture on images or sequences with several seeds, and export the network."""
    from nasbed.training.fitting import default_data
    from nasbed.training.fitting import train as fit
    from nasbed.training.writing import forms_of

    forms_of(export)
    source = best if best is not None else Path(data or default_data(benchmark))
    place = out or Path("results") / f"{source.stem}-model"
    fitted = with_progress(
        "training",
        lambda progress: fit(
            architecture,
            data=data,
            folder=folder,
            benchmark=benchmark,
            options=_options(train, option, tokens, longest),
            best=best,
            epochs=epochs,
            seeds=seeds,
            limit=limit,
            device=None if device is None else device.value,
            teacher=teacher,
            temperature=temperature,
            teacher_weight=teacher_weight,
            out=place,
            progress=progress,
            command=sys.argv,
        ),
    )
    _show_network(fitted, place, export, as_json)


def search_model(
    data: Data,
    minutes: Annotated[float, typer.Option(help="Real time of the search; the final trainings come after it.")],
    strategy: Annotated[str, typer.Option(help="A strategy of nasbed list.")] = "asha",
    benchmark: Annotated[
        str | None, typer.Option(help="What trains, and in which space: chain on images, sequence on sequences.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Final trainings of what was found.")] = 3,
    workers: Annotated[
        int | None, typer.Option(help="Trainings at once; one a core by default, on a GPU one in all.")
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(help="The most seconds that one training of the search may take; a third of it by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of the search.")] = 0,
    folder: Folder = None,
    device: Annotated[Device, typer.Option(help="auto is a GPU where there is one.")] = Device.cpu,
    tokens: Tokens = None,
    longest: Longest = None,
    option: Option = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the network; results/DATA-search by default.")] = None,
    export: Export = None,
    as_json: Json = False,
) -> None:
    """Search a network for images or sequences in so many minutes, train it anew with several seeds, and export it."""
    from nasbed.training.searched import search_model as searched
    from nasbed.training.writing import forms_of

    forms_of(export)
    place = out or Path("results") / f"{Path(data).stem}-search"
    fitted = with_progress(
        "search",
        lambda progress: searched(
            data,
            minutes=minutes,
            strategy=strategy,
            benchmark=benchmark,
            options=_options(search_model, option, tokens, longest),
            seeds=seeds,
            workers=workers,
            limit=limit,
            seed=seed,
            folder=folder,
            device=device.value,
            out=place,
            progress=progress,
            announce=lambda text: typer.echo(text, err=True),
            command=sys.argv,
        ),
    )
    _show_network(fitted, place, export, as_json)


def predict(
    folder: Annotated[
        Path, typer.Argument(help="A folder that nasbed train or search-model wrote; its network.py is run.")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            help="Examples as those that were trained on: .txt with a text a line, .tsv, .csv, .ts or .npz."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Print what a trained network says of each example in a file: its class, or the token that follows."""
    from nasbed.training.predicted import predict_file

    found = predict_file(folder, file)
    if as_json:
        print_json({"folder": str(folder), "file": str(file), "predicted": found})
        return
    for name in found:
        typer.echo(name if name.isprintable() and name.strip() else repr(name))


def _options(
    command: Callable[..., None], option: list[str] | None, tokens: str | None, longest: int | None
) -> dict[str, Any] | None:
    """The options of what trains, where one is given: how sequences are read, and what the command has no word for."""
    from nasbed.errors import OptionError

    given = parsed(option or [])
    for name in given:
        if name in signature(command).parameters:
            raise OptionError(f"--option {name}: the command has a word for this; say --{name.replace('_', '-')}")
    read = {"tokens": tokens, "longest": longest}
    return {**given, **{name: value for name, value in read.items() if value is not None}} or None


def _show_network(fitted: FittedNetwork, folder: Path, export: list[str] | None, as_json: bool) -> None:
    """Export a network, and say what it scores, where it is and how it is used."""
    from nasbed.benchmarks.training.trained.layout import NETWORK, WEIGHTS
    from nasbed.training.card import cost_words, size_words
    from nasbed.training.scores import score_table
    from nasbed.training.writing import skipped

    files = fitted.export(folder, export)
    left_out = skipped() if export is None else []
    if as_json:
        frame = fitted.scores
        print_json(
            {
                "folder": str(folder),
                "architecture": fitted.architecture,
                "origin": fitted.origin.record,
                "best_seed": fitted.trained.best_seed,
                "outcomes": [one.outcome for one in fitted.trained.trainings],
                "costs": fitted.costs,
                "scores": frame.astype(object).where(frame.notna(), None).to_dict(orient="records"),
                "files": [str(file) for file in files],
                "skipped": left_out,
            }
        )
        return
    print_table(score_table(fitted.scores, f"{fitted.architecture}, {_trainings(fitted)}"))
    for line in (fitted.origin.words, size_words(fitted.trained), *cost_words(fitted.trained), *left_out):
        typer.echo(line)
    several = "of the seed with the best validation accuracy, " if len(fitted.trained.trainings) > 1 else ""
    typer.echo(f"\nwritten to {folder}: {', '.join(file.name for file in files)}")
    if {NETWORK, WEIGHTS} <= {file.name for file in files}:
        typer.echo(
            f"the network ({several}seed {fitted.trained.best_seed}) is used, in that folder, by:"
            f" from network import predict; predict({fitted.trained.kind.argument(fitted.trained.benchmark.loaded)})"
        )
    else:
        typer.echo(
            f"the network is {several}seed {fitted.trained.best_seed}; {folder / 'README.md'} says how to use it"
        )


def _trainings(fitted: FittedNetwork) -> str:
    """How many trainings the scores are of, and which failed."""
    failed = [
        f"seed {seed}: {one.outcome}" for seed, one in enumerate(fitted.trained.trainings) if one.outcome != "ended"
    ]
    of = f"{len(fitted.trained.trainings)} seeds" if len(fitted.trained.trainings) > 1 else "1 seed"
    lost = f", of which failed: {', '.join(failed)}" if failed else ""
    return f"{of}{lost}, after the last of {fitted.trained.benchmark.epochs[-1]} epochs"


def scale(
    folder: Annotated[Path, typer.Argument(help="The folder of a fallback, which keeps what it trains.")],
    table: Annotated[
        Path | None, typer.Option(help="A table that nasbed tabulate wrote; the shipped digits201 by default.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Cells that are timed.")] = 24,
    as_json: Json = False,
) -> None:
    """Measure how seconds of this machine compare with those of a table, and keep that beside what a fallback trains."""
    from nasbed.benchmarks.digits201 import Digits201
    from nasbed.benchmarks.training.local.scales import measure

    trained = Digits201(folder=table)
    found = with_progress("scale", lambda progress: measure(trained, folder, sample, progress))
    if as_json:
        print_json(vars(found))
    else:
        typer.echo(f"{found}, in {folder}")
