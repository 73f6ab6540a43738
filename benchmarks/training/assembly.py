"""From shards to a table: counts of images and losses after every epoch, seconds, and which cells share a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from nasbed.benchmarks.convert._folder import write
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.benchmarks.training import digits
from nasbed.benchmarks.training.plan import TrainingPlan
from nasbed.benchmarks.training.shards import Shard, TableShard, read
from nasbed.errors import DataError

_SPLITS: tuple[tuple[Split, str], ...] = (
    ("train", "trained on 896 digits, evaluated on the same, during each epoch"),
    ("validation", "trained on 896 digits, evaluated on 450 others"),
    ("test", "trained on 896 digits, evaluated on 451 others"),
)
CODES = "0 ended well, 1 a loss that is no number, 2 out of memory"


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
    epochs, sizes = plan.recipe.epochs, {"parameters": plan.shape.parameters, "flops": plan.shape.flops}
    columns: list[tuple[Column, np.ndarray]] = []
    for split, origin in _SPLITS:
        counts = np.nan_to_num(stacked(f"{split}_correct"), nan=0.0).astype(np.uint16)
        columns.append((along(plan.data, epochs, split, "accuracy", origin, digits.SIZES[split]), counts))
        columns.append((along(plan.data, epochs, split, "loss", origin), halves(stacked(f"{split}_loss"))))
    seconds = np.concatenate([arrays["seconds"] for arrays in by_seed[0]]) * epochs
    if not (timed_well := np.isfinite(seconds)).any():
        raise DataError("no network fits into memory; use fewer channels or cells, or smaller batches")
    seconds = np.where(timed_well, seconds, seconds[timed_well].max())
    timed = f"{epochs} times one epoch, evaluation included, measured alone: {trainer}"
    columns.append((once(plan.data, "training_time", "s", timed, epochs), seconds.astype(np.float32)))
    columns.append((once(plan.data, "outcome", "code", CODES, epochs, ["architecture", "run"]), stacked("outcome")))
    for name, size in sizes.items():
        origin = "computed from the cell without dead edges"
        columns.append((once(plan.data, name, _UNITS[name], origin), np.array([size(cell) for cell in cells])))
    shared = "the row of each architecture: those that compute the same function share one"
    columns.append((once(plan.data, "row", "index", shared, axes=["member"]), rows.astype(np.uint16)))
    manifest = Manifest(
        folder=target,
        name=plan.name,
        title=plan.title,
        space=plan.space,
        architectures=len(cells),
        members=len(rows),
        epochs=[epochs],
        resumable=True,
        runs=[str(seed) for seed in plan.seed_numbers],
        report="test",
        cost_model=f"measured seconds of a network that is trained by itself, evaluation included ({trainer})",
        licence="Apache-2.0; digits: CC BY 4.0 (UCI)",
        sources=[
            "Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, UCI 1998), as shipped by scikit-learn",
            f"trained by nasbed tabulate, {trainer}: {_words(plan)}",
        ],
        datasets=[plan.data],
        study=plan.dump(),
    )
    write(manifest, columns)
    return Manifest.load(target)


_UNITS = {"parameters": "parameters", "flops": "multiply-accumulates"}


def along(
    dataset: str, epochs: int, split: Split, metric: Literal["accuracy", "loss"], origin: str, count: int = 0
) -> Column:
    """A metric after every epoch; accuracies are stored as how many of ``count`` were right."""
    accuracy = metric == "accuracy"
    return Column(
        file=f"{split}_{metric}.npy",
        metric=metric,
        split=split,
        dataset=dataset,
        unit="%" if accuracy else "nats",
        direction="maximise" if accuracy else "minimise",
        axes=["architecture", "run", "epoch"],
        origin=origin,
        epochs=epochs,
        images=count,
        at=list(range(1, epochs + 1)),
    )


def once(
    data: str, metric: str, unit: str, origin: str, epochs: int = 0, axes: Sequence[str] = ("architecture",)
) -> Column:
    """A number of a whole training, or of the architecture alone."""
    direction: Literal["minimise", "none"] = "none" if metric in ("outcome", "row") else "minimise"
    dataset = data if epochs else "any"
    return Column(f"{metric}.npy", metric, "none", dataset, unit, direction, list(axes), origin, epochs)


def halves(values: np.ndarray) -> np.ndarray:
    """Losses as 16-bit floats; what is too large for them stays the largest."""
    largest = float(np.finfo(np.float16).max)
    return np.minimum(values, largest).astype(np.float16)


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
