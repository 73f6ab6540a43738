"""Trainings that a table lacks, made by the recipe of that table, on its data or on others, and kept in a local one."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training.device import load_torch, out_of_memory, trainer_of
from nasbed.benchmarks.training.images.images import SPLITS, ImageData
from nasbed.benchmarks.training.images.networks.networks import CellNetwork
from nasbed.benchmarks.training.images.networks.training import ImageTraining
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.local.trainings import ENDED, NO_MEMORY, NO_NUMBER, MadeTraining, TrainingTable
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fitting.fit import Fit

VERSION = 1
"""Changes when the same training would give other numbers."""
_SCORES = ("accuracy", "loss")
_PATIENCE = 20.0
"""Seconds of training after which a checkpoint is written."""


@dataclass(frozen=True)
class LocalTrainings:
    """Trainings by the network and recipe of a ``plan``, on a CPU; what has been made lies in ``folder`` and is not made again.

    The learning rate falls to 0 at the last of the epochs asked for, so a training of more epochs is another one.
    """

    plan: TrainingPlan
    folder: Path

    def identity(self, cell: Arch, epochs: int, seed: int) -> dict[str, Any]:
        """What names a training: cell and network, data and split, recipe with its schedule, and seed."""
        return {
            "version": VERSION,
            "cell": list(cell),
            "shape": self.plan.shape.described(),
            "data": self.plan.data,
            "splits": digits.SIZES,
            "recipe": replace(self.plan.recipe, epochs=epochs).described(),
            "seed": seed,
        }

    def made(self, cell: Arch, epochs: int, seed: int) -> MadeTraining:
        """A training of so many epochs, made now where it is not there; while another process makes it, this one waits.

        Curves have ``loss``, in nats, and ``correct``, a count of images; seconds are those of the CPU, evaluation included.
        Raises :class:`~nasbed.errors.DataError` for a damaged file, :class:`~nasbed.errors.StoreError` where none can be
        written.
        """
        identity = self.identity(cell, epochs, seed)
        return TrainingTable(self.folder).made(
            identity, epochs, lambda checkpoint: self._train(cell, epochs, seed, checkpoint)
        )[0]

    def scored(self, cell: Arch, epochs: int, seed: int) -> MadeTraining:
        """A training to its end, with accuracy (in percent) and loss of every split as its scores."""
        made = self.made(cell, epochs, seed)
        if made.outcome != ENDED:
            return made
        curves = {split: {name: self._curve(made, split, name) for name in _SCORES} for split in digits.SIZES}
        scores = {split: {name: curve[-1] for name, curve in of.items()} for split, of in curves.items()}
        return replace(made, curves=curves, scores=scores)

    def _curve(self, made: MadeTraining, split: str, metric: str) -> list[float | None]:
        return [self.value(made, split, metric, epoch) for epoch in range(1, made.epochs + 1)]

    def found(self, cell: Arch, epochs: int, seed: int) -> MadeTraining | None:
        """A training with its scores, where it has been made."""
        known = TrainingTable(self.folder).find(self.identity(cell, epochs, seed))
        return None if known is None else self.scored(cell, epochs, seed)

    def value(self, made: MadeTraining, split: str, metric: str, epochs: int) -> float:
        """A metric after so many epochs: accuracy in percent, or loss; ``nan`` where the training failed before."""
        number = made.at(split, "correct" if metric == "accuracy" else metric, epochs)
        if number is None:
            return math.nan
        return 100.0 * number / digits.SIZES[split] if metric == "accuracy" else number

    def _train(self, cell: Arch, epochs: int, seed: int, checkpoint: Path) -> MadeTraining:
        from nasbed.benchmarks.training.images.table.trainer import TrainingState

        load_torch()  # off the clock
        by, began = {"trainer": trainer_of("cpu")}, time.process_time()
        try:
            recipe = replace(self.plan.recipe, epochs=epochs)
            training = TrainingState([cell], self.plan.shape, recipe, seed, digits.splits())
            if checkpoint.exists():
                training.restore(checkpoint)
            begun, saved = time.process_time(), time.perf_counter()

            def ended() -> None:
                nonlocal begun, saved
                training.curves.seconds[training.epoch - 1] = time.process_time() - begun
                if training.epoch < epochs and time.perf_counter() - saved > _PATIENCE:
                    training.save(checkpoint)
                    saved = time.perf_counter()
                begun = time.process_time()

            curves = training.run(after=ended)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            return MadeTraining(0, NO_MEMORY, {}, [time.process_time() - began], made=by)
        failed = bool(np.isnan(curves.values["train"]["loss"]).any())
        outcome = NO_NUMBER if failed else ENDED
        return MadeTraining(epochs, outcome, _plain(curves.values), curves.seconds.tolist(), made=by)


@dataclass(frozen=True, eq=False)
class ImageTrainings:
    """Trainings of cells on image ``data`` in the network of a ``shape``, by a ``recipe``, on a CPU; what has been made lies in
    ``folder`` and is not made again, as of :class:`LocalTrainings`.
    """

    shape: NetworkShape
    recipe: Recipe
    data: ImageData
    folder: Path

    def made(self, cell: Arch, epochs: int, seed: int, splits: tuple[str, ...] = ()) -> MadeTraining:
        """A training of so many epochs, made now where it is not there; while another process makes it, this one waits.

        Curves are of training and validation; other ``splits`` are looked at where they are asked for.
        """
        training = self._training(cell, epochs, seed)

        def make(checkpoint: Path) -> MadeTraining:
            load_torch()  # off the clock
            trainer, begun = trainer_of("cpu"), time.process_time()

            def ended(fit: Fit[ImageData]) -> None:
                nonlocal begun
                fit.curves.seconds[-1] = time.process_time() - begun
                begun = time.process_time()

            (made,) = training.make(epochs, splits, checkpoint, ended)
            made.made["trainer"] = trainer
            return made

        return TrainingTable(self.folder).made(training.identity(), epochs, make, splits)[0]

    def scored(self, cell: Arch, epochs: int, seed: int) -> MadeTraining:
        """A training to its end, with its scores on every split."""
        return self.made(cell, epochs, seed, SPLITS)

    def found(self, cell: Arch, epochs: int, seed: int) -> MadeTraining | None:
        """A training with its scores, where it has been made."""
        return TrainingTable(self.folder).find(self._training(cell, epochs, seed).identity())

    def value(self, made: MadeTraining, split: str, metric: str, epochs: int) -> float:
        """A metric after so many epochs: accuracy in percent, or loss; ``nan`` where the training failed before."""
        number = made.at(split, metric, epochs)
        return math.nan if number is None else number

    def _training(self, cell: Arch, epochs: int, seed: int) -> ImageTraining:
        return ImageTraining(CellNetwork(cell, self.shape), self.data, replace(self.recipe, epochs=epochs), seed)


def _plain(values: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, list[float | None]]]:
    """The curves of the one network as plain data."""
    return {
        split: {name: [one if math.isfinite(one) else None for one in row[0].tolist()] for name, row in metrics.items()}
        for split, metrics in values.items()
    }


def trained_cell(table: Table, index: int) -> Arch:
    """The cell that the table trained for an architecture: without dead edges that which stands for its function, whose trainings
    all architectures of the function share.
    """
    rows = np.asarray(table.rows)
    cells = [live(table.space.at(member)) for member in np.flatnonzero(rows == rows[index]).tolist()]
    return min(cells, key=lambda cell: sum(operation > 1 for operation in cell))  # other than none and skip_connect
