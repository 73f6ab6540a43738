"""What every table of trainings holds: curves, seconds, outcomes and sizes as columns, and the manifest that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from nasbed.benchmarks.convert._folder import write
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import DataError

Filled = tuple[Column, np.ndarray]
"""A column with its values."""


class DescribedPlan(Protocol):
    """What a manifest says of a plan, whatever is trained."""

    @property
    def name(self) -> str:
        """The name of the table."""

    @property
    def title(self) -> str:
        """The table in a few words."""

    @property
    def space(self) -> str:
        """The name of the space."""

    @property
    def data(self) -> str:
        """The name of the data set."""

    @property
    def recipe(self) -> Recipe:
        """How every network is trained."""

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds of the trainings."""

    def dump(self) -> str:
        """The text of the file of the plan."""


def curves(
    data: str, epochs: int, split: Split, origin: str, count: int, correct: np.ndarray, losses: np.ndarray
) -> list[Filled]:
    """How many of the ``count`` examples of a split were classified correctly, and the mean loss, (architectures, runs, epochs).
    Where a training has failed none were, and there is no loss.
    """
    counts = np.nan_to_num(correct, nan=0.0).astype(np.uint16)
    return [
        (_along(data, epochs, split, "accuracy", origin, count), counts),
        (_along(data, epochs, split, "loss", origin), _halves(losses)),
    ]


def timed(data: str, epochs: int, seconds: np.ndarray, measured: str, remedy: str) -> Filled:
    """The seconds of whole trainings by those of an epoch (architectures,); ``measured`` says how. A network that did not fit into
    memory is taken for as slow as the slowest.

    Raises :class:`~nasbed.errors.DataError`, with the remedy, where nothing could be trained.
    """
    whole = seconds * epochs
    if not (known := np.isfinite(whole)).any():
        raise DataError(f"no network fits into memory; use {remedy}")
    origin = f"{epochs} times one epoch, evaluation included, measured {measured}"
    values = np.where(known, whole, whole[known].max()).astype(np.float32)
    return once(data, "training_time", "s", origin, epochs), values


def outcomes(data: str, epochs: int, codes: np.ndarray) -> Filled:
    """How trainings ended (architectures, runs), as the codes of shards."""
    said = "0 ended well, 1 a loss that is no number, 2 out of memory"
    return once(data, "outcome", "code", said, epochs, ["architecture", "run"]), codes


def sizes(parameters: Sequence[int], flops: Sequence[int], origin: str) -> list[Filled]:
    """The sizes of each architecture."""
    return [
        (once("any", "parameters", "parameters", origin), np.array(parameters)),
        (once("any", "flops", "multiply-accumulates", origin), np.array(flops)),
    ]


def once(
    data: str, metric: str, unit: str, origin: str, epochs: int = 0, axes: Sequence[str] = ("architecture",)
) -> Column:
    """A number of a whole training, or of the architecture alone."""
    direction: Literal["minimise", "none"] = "none" if metric in ("outcome", "row") else "minimise"
    return Column(f"{metric}.npy", metric, "none", data, unit, direction, list(axes), origin, epochs)


def write_table(
    plan: DescribedPlan,
    target: Path,
    columns: list[Filled],
    *,
    trainer: str,
    trained: str,
    licence: str,
    source: str,
    architectures: int,
    members: int = 0,
) -> Manifest:
    """Write the table of a plan, of data with a ``licence`` from a ``source``; ``trained`` says how the ``trainer`` trained.

    ``architectures`` counts its rows, and ``members`` the architectures of the space where some of them share a row.
    """
    manifest = Manifest(
        folder=target,
        name=plan.name,
        title=plan.title,
        space=plan.space,
        architectures=architectures,
        members=members,
        epochs=[plan.recipe.epochs],
        resumable=True,
        runs=[str(seed) for seed in plan.seed_numbers],
        report="test",
        cost_model=f"measured seconds of a network that is trained by itself, evaluation included ({trainer})",
        licence=f"Apache-2.0; {licence}",
        sources=[source, f"trained by nasbed tabulate, {trainer}: {trained}"],
        datasets=[plan.data],
        study=plan.dump(),
    )
    write(manifest, columns)
    return Manifest.load(target)


def _along(
    data: str, epochs: int, split: Split, metric: Literal["accuracy", "loss"], origin: str, count: int = 0
) -> Column:
    """A metric after every epoch; accuracies are stored as how many of ``count`` were right."""
    accuracy = metric == "accuracy"
    return Column(
        file=f"{split}_{metric}.npy",
        metric=metric,
        split=split,
        dataset=data,
        unit="%" if accuracy else "nats",
        direction="maximise" if accuracy else "minimise",
        axes=["architecture", "run", "epoch"],
        origin=origin,
        epochs=epochs,
        images=count,
        at=list(range(1, epochs + 1)),
    )


def _halves(values: np.ndarray) -> np.ndarray:
    """Losses as 16-bit floats; what is too large for them stays the largest."""
    largest = float(np.finfo(np.float16).max)
    return np.minimum(values, largest).astype(np.float16)
