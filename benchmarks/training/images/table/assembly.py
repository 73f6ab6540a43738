"""From shards to a table: counts of images and losses after every epoch, seconds, and which cells share a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbed.benchmarks.tables.manifest import Manifest, Split
from nasbed.benchmarks.training import columns
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.images.table.shards import Shard, TableShard, read

_SPLITS: tuple[tuple[Split, str], ...] = (
    ("train", "trained on 896 digits, evaluated on the same, during each epoch"),
    ("validation", "trained on 896 digits, evaluated on 450 others"),
    ("test", "trained on 896 digits, evaluated on 451 others"),
)


def shards(plan: TrainingPlan) -> list[Shard]:
    """All shards of a plan, those of the first seed first; it is the one whose networks are also timed alone."""
    groups = plan.groups()
    return [
        Shard(number, group, seed, plan.shape, plan.recipe, timed=seed == plan.first_seed)
        for seed in plan.seed_numbers
        for number, group in enumerate(groups)
    ]


def again(plan: TrainingPlan, rows: Sequence[int], seeds: Sequence[int], workers: int) -> list[Shard]:
    """Shards of some rows of the table of a plan with other seeds, those of the first seed first, untimed."""
    cells, _ = plan.rows()
    size = max(1, min(plan.together, -(-len(rows) * len(seeds) // max(1, workers))))
    groups = [tuple(cells[row] for row in rows[start : start + size]) for start in range(0, len(rows), size)]
    return [
        Shard(number, group, seed, plan.shape, plan.recipe, timed=False)
        for seed in seeds
        for number, group in enumerate(groups)
    ]


def finals(parts: Sequence[Shard], folder: Path) -> np.ndarray:
    """Final test accuracies of shards, in percent, (rows, seeds); a failed training has classified nothing."""
    by_seed: dict[int, list[np.ndarray]] = {}
    for part in parts:
        by_seed.setdefault(part.seed, []).append(read(part, folder)["test_correct"][:, -1])
    correct = np.stack([np.concatenate(own) for own in by_seed.values()], axis=1)
    accuracies: np.ndarray = 100.0 * np.nan_to_num(correct) / digits.SIZES["test"]
    return accuracies


def assemble(plan: TrainingPlan, folder: Path, target: Path, trainer: str) -> Manifest:
    """Write the table of a plan whose shards are all in ``folder``; ``trainer`` says what trained them.

    A failed training has no loss and classifies no image correctly from the epoch on in which it failed. Raises
    :class:`~nasbed.errors.DataError` where nothing could be trained.
    """
    parts = shards(plan)
    held = [read(shard, folder) for shard in parts]
    by_seed = [
        [arrays for shard, arrays in zip(parts, held, strict=True) if shard.seed == s] for s in plan.seed_numbers
    ]

    def stacked(name: str) -> np.ndarray:
        return np.stack([np.concatenate([arrays[name] for arrays in seed]) for seed in by_seed], axis=1)

    cells, rows = plan.rows()
    data, epochs = plan.data, plan.recipe.epochs
    filled: list[columns.Filled] = []
    for split, origin in _SPLITS:
        correct, losses = stacked(f"{split}_correct"), stacked(f"{split}_loss")
        filled += columns.curves(data, epochs, split, origin, digits.SIZES[split], correct, losses)
    seconds = np.concatenate([arrays["seconds"] for arrays in by_seed[0]])
    remedy = "fewer channels or cells, or smaller batches"
    filled.append(columns.timed(data, epochs, seconds, f"alone: {trainer}", remedy))
    filled.append(columns.outcomes(data, epochs, stacked("outcome")))
    parameters, flops = ([size(cell) for cell in cells] for size in (plan.shape.parameters, plan.shape.flops))
    filled += columns.sizes(parameters, flops, "computed from the cell without dead edges")
    shared = "the row of each architecture: those that compute the same function share one"
    filled.append((columns.once("any", "row", "index", shared, axes=["member"]), rows.astype(np.uint16)))
    return columns.write_table(
        plan,
        target,
        filled,
        trainer=trainer,
        trained=_words(plan),
        licence="digits: CC BY 4.0 (UCI)",
        source="Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, UCI 1998), as shipped by scikit-learn",
        architectures=len(cells),
        members=len(rows),
    )


def _words(plan: TrainingPlan) -> str:
    shape, recipe = plan.shape, plan.recipe
    return (
        f"{shape.stages} stage{'s' if shape.stages > 1 else ''} of {shape.cells} cell{'s' if shape.cells > 1 else ''},"
        f" {shape.channels} channels; {recipe.epochs} epochs, batches of {recipe.batch}, SGD with Nesterov momentum"
        f" {recipe.momentum:g}, rate {recipe.rate:g} falling by a cosine, weight decay {recipe.decay:g};"
        f" seeds {', '.join(map(str, plan.seed_numbers))}"
    )


def missing(parts: Sequence[TableShard], folder: Path) -> list[TableShard]:
    """The shards that are still to be trained; those that are there are read, and refused if damaged or of another training."""
    absent = []
    for shard in parts:
        if shard.path(folder).exists():
            read(shard, folder)
        else:
            absent.append(shard)
    return absent
