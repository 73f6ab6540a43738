"""From shards of networks for sequences to a table: counts of sequences and losses after every epoch, seconds, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbed.benchmarks.convert._folder import write
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.benchmarks.training.assembly import CODES, along, halves, once
from nasbed.benchmarks.training.sequences.networks.network import sequence_shape
from nasbed.benchmarks.training.sequences.sources import LICENCES, load_sequences
from nasbed.benchmarks.training.sequences.table.shards import SequenceShard
from nasbed.benchmarks.training.shards import read
from nasbed.errors import DataError

if TYPE_CHECKING:
    from nasbed.benchmarks.training.sequences.table.plan import SequencePlan

_PARTS: tuple[Split, ...] = ("train", "validation", "test")


def shards(plan: SequencePlan) -> list[SequenceShard]:
    """All shards of a plan, in the order of their networks."""
    return _shards(plan, range(plan.networks), plan.seed_numbers, plan.together)


def again(plan: SequencePlan, rows: Sequence[int], seeds: Sequence[int], workers: int) -> list[SequenceShard]:
    """Shards of some rows of the table of a plan with other seeds, enough of them for so many workers."""
    return _shards(plan, rows, seeds, max(1, min(plan.together, -(-len(rows) // max(1, workers)))))


def _shards(plan: SequencePlan, rows: Sequence[int], seeds: Sequence[int], size: int) -> list[SequenceShard]:
    members = plan.members()
    trained = [plan.training(members[row]) for row in rows]
    groups = [trained[start : start + size] for start in range(0, len(trained), size)]
    return [SequenceShard(number, tuple(own), tuple(seeds), plan.data) for number, own in enumerate(groups)]


def assemble(plan: SequencePlan, folder: Path, target: Path, trainer: str) -> Manifest:
    """Write the table of a plan whose shards are all in ``folder``; ``trainer`` says what trained them.

    A failed training has no loss and classifies no sequence correctly from the epoch on in which it failed. Raises
    :class:`~nasbed.errors.DataError` where nothing could be trained.
    """
    held = [read(shard, folder) for shard in shards(plan)]
    arrays = {name: np.concatenate([own[name] for own in held]) for name in held[0]}
    data, epochs = load_sequences(plan.data), plan.recipe.epochs
    sizes: dict[Split, int] = {split: len(data.splits[split].labels) for split in _PARTS}
    columns: list[tuple[Column, np.ndarray]] = []
    for split, count in sizes.items():
        seen = "the same, during each epoch" if split == "train" else f"{count:,} others"
        origin = f"trained on {sizes['train']:,} sequences, evaluated on {seen}"
        counts = np.nan_to_num(arrays[f"{split}_correct"], nan=0.0).astype(np.uint16)
        columns.append((along(plan.data, epochs, split, "accuracy", origin, count), counts))
        columns.append((along(plan.data, epochs, split, "loss", origin), halves(arrays[f"{split}_loss"])))
    seconds = arrays["seconds"] * epochs
    if not (timed := np.isfinite(seconds)).any():
        raise DataError("no network fits into memory; use smaller widths or batches")
    seconds = np.where(timed, seconds, seconds[timed].max()).astype(np.float32)
    origin = f"{epochs} times one epoch, evaluation included, measured with one seed alone: {trainer}"
    columns.append((once(plan.data, "training_time", "s", origin, epochs), seconds))
    columns.append((once(plan.data, "outcome", "code", CODES, epochs, ["architecture", "run"]), arrays["outcome"]))
    shape = sequence_shape(data)
    parameters, flops = zip(*(plan.training(arch)[0].sizes(shape) for arch in plan.members()), strict=True)
    origin = "computed from the layers, for the longest sequence"
    columns.append((once(plan.data, "parameters", "parameters", origin), np.array(parameters)))
    columns.append((once(plan.data, "flops", "multiply-accumulates", origin), np.array(flops)))
    manifest = Manifest(
        folder=target,
        name=plan.name,
        title=plan.title,
        space=plan.space,
        architectures=len(parameters),
        epochs=[epochs],
        resumable=True,
        runs=[str(seed) for seed in plan.seed_numbers],
        report="test",
        cost_model=f"measured seconds of a network that is trained by itself, evaluation included ({trainer})",
        licence=f"Apache-2.0; {LICENCES[plan.data]}",
        sources=[data.origin, f"trained by nasbed tabulate, {trainer}: {_words(plan)}"],
        datasets=[plan.data],
        study=plan.dump(),
    )
    write(manifest, columns)
    return Manifest.load(target)


def finals(parts: Sequence[SequenceShard], folder: Path) -> np.ndarray:
    """Final test accuracies of shards, in percent, (rows, seeds); a failed training has classified nothing."""
    correct = np.concatenate([read(part, folder)["test_correct"][:, :, -1] for part in parts])
    accuracies: np.ndarray = 100.0 * np.nan_to_num(correct) / len(load_sequences(parts[0].data).splits["test"].labels)
    return accuracies


def _words(plan: SequencePlan) -> str:
    recipe = plan.recipe
    decided = [name for name in ("optimizer", "rate", "batch", "decay") if name in plan.decisions]
    said = {
        "optimizer": f"optimizer {recipe.optimizer}",
        "rate": f"rate {recipe.rate:g}",
        "batch": f"batches of {recipe.batch}",
        "decay": f"weight decay {recipe.decay:g}",
    }
    rest = ", ".join(text for name, text in said.items() if name not in decided)
    seeds = ", ".join(map(str, plan.seed_numbers))
    return (
        f"{recipe.epochs} epochs, {rest}, the rate falling by a cosine; {', '.join(decided) or 'nothing more'} as decided;"
        f" seeds {seeds}, in one program"
    )
