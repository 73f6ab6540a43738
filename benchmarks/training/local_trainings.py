"""Trainings that a table lacks, made by the recipe of that table and kept in a local one."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training import digits
from nasbed.benchmarks.training.device import out_of_memory
from nasbed.benchmarks.training.plan import TrainingPlan
from nasbed.benchmarks.training.trainings import ENDED, NO_MEMORY, NO_NUMBER, MadeTraining, TrainingTable
from nasbed.vocabulary import Arch

VERSION = 1
"""Changes when the same training would give other numbers."""
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

    def _train(self, cell: Arch, epochs: int, seed: int, checkpoint: Path) -> MadeTraining:
        from nasbed.benchmarks.training.device import trainer_of
        from nasbed.benchmarks.training.trainer import TrainingState

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
