"""Every cell of NAS-Bench-201 trained on the digits of scikit-learn; made by ``nasbed tabulate studies/digits201.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space, decisions
from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.tables.tabulated import points, tabulated
from nasbed.benchmarks.training.supernets.plan import VERSION
from nasbed.errors import DataError
from nasbed.vocabulary import SharedWeights, TrainedSupernet


class Digits201(Table):
    """15,625 cells, 5,044 functions, each trained three times on 8 x 8 images of digits; every epoch is recorded.

    ``epochs`` are the fidelities, among 1 .. 12: points of one training that can be resumed (the last by default). Scores are
    always those of the last epoch. Cells that compute the same function share their trainings. Accuracies are in percent, of
    450 validation and 451 test images; costs are measured seconds on one thread of a CPU. ``objectives`` are ``accuracy``,
    ``loss``, ``parameters`` and ``flops``; the first is scored. ``folder`` is a table that ``nasbed tabulate`` wrote, instead of
    the shipped one.

    >>> table = Digits201(epochs=[1, 4, 12])
    >>> table.resumable, table.label
    (True, 'digits201/digits')
    """

    meanings: ClassVar[Mapping[str, str]] = {"folder": "a table that nasbed tabulate wrote, instead of the shipped one"}
    supernet_version = f"supernets {VERSION}"
    supernet_costs = (
        "its seconds are CPU seconds here, times the measured ratio of the table's seconds to those of this machine"
    )
    table = "digits201"
    known = ("digits",)
    space: NASBench201Space

    def __init__(
        self,
        dataset: str = "digits",
        epochs: Sequence[int] | None = None,
        objectives: Sequence[str] = ("accuracy",),
        folder: Path | str | None = None,
    ) -> None:
        manifest = tabulated(folder, self.own, "nasbench201")
        self.space = _space()
        if manifest.members != len(self.space):
            raise DataError(
                f"the table in {manifest.folder} holds {manifest.members:,} of {len(self.space):,} architectures; a search needs"
                " all: tabulate without a sample"
            )
        schedule = max(manifest.epochs)
        numbers = points(epochs, schedule)
        super().__init__(dataset, manifest=manifest, schedule=schedule, epochs=numbers, objectives=objectives)
        self.rows = manifest.opened(manifest.column("any", "row")).astype(np.int64)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return decisions()

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> TrainedSupernet:
        """Train a supernet of the table's network on its training images, or find it in a folder of trainings.

        Its seconds are those of the CPU, times the measured scale of this machine to the one on which the table was trained
        (``nasbed scale``), so that they compare with recorded ones. Raises :class:`~nasbed.errors.OptionError` for an unknown
        method or setting, :class:`~nasbed.errors.EngineError` without PyTorch, and :class:`~nasbed.errors.BudgetError` if the
        training takes more than this many ``seconds``.
        """
        from nasbed.benchmarks.training.supernets.of_tables import supernet_of

        return supernet_of(self, weights, seed, folder, seconds)

    def representatives(self) -> np.ndarray:
        """For each index, the smallest index of a cell that computes the same function."""
        rows = np.asarray(self.rows)
        _, first = np.unique(rows, return_index=True)
        found: np.ndarray = first[rows]
        return found


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
