"""From shards of networks for sequences to a table: counts of sequences and losses after every epoch, seconds, and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasbed.benchmarks.tables.manifest import Manifest, Split
from nasbed.benchmarks.training import columns
from nasbed.benchmarks.training.images.table.shards import read
from nasbed.benchmarks.training.sequences.networks.network import sequence_shape
from nasbed.benchmarks.training.sequences.sources import LICENCES, load_sequences
from nasbed.benchmarks.training.sequences.table.shards import SequenceShard

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
    counts: dict[Split, int] = {split: len(data.splits[split].labels) for split in _PARTS}
    filled: list[columns.Filled] = []
    for split, count in counts.items():
        seen = "the same, during each epoch" if split == "train" else f"{count:,} others"
        origin = f"trained on {counts['train']:,} sequences, evaluated on {seen}"
        correct, losses = arrays[f"{split}_correct"], arrays[f"{split}_loss"]
        filled += columns.curves(plan.data, epochs, split, origin, count, correct, losses)
    measured = f"with one seed alone: {trainer}"
    filled.append(columns.timed(plan.data, epochs, arrays["seconds"], measured, "smaller widths or batches"))
    filled.append(columns.outcomes(plan.data, epochs, arrays["outcome"]))
    shape = sequence_shape(data)
    parameters, flops = zip(*(plan.training(arch)[0].sizes(shape) for arch in plan.members()), strict=True)
    filled += columns.sizes(parameters, flops, "computed from the layers, for the longest sequence")
    return columns.write_table(
        plan,
        target,
        filled,
        trainer=trainer,
        trained=_words(plan),
        licence=LICENCES[plan.data],
        source=data.origin,
        architectures=len(parameters),
    )


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
