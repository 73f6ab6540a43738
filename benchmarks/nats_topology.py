"""The topology space of NATS-Bench, from its official files, imported as the table ``nats_topology``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.nasbench201 import TRAINED_BY, NASBench201Space, decisions
from nasbed.benchmarks.tables.measures import DEVICES
from nasbed.benchmarks.tables.table import Table


class NATSTopology(Table):
    """15,625 cells, every recorded epoch of their trainings of 12 and of 200 epochs (Dong et al., TPAMI 2021).

    ``dataset`` is ``cifar10``, ``cifar100`` or ``ImageNet16-120``. On ``cifar10`` the search sees the trainings on 25,000
    images, validated on the other 25,000; test accuracy is that of separate trainings on all 50,000. Accuracies are in
    percent, losses in nats, costs in seconds of training and of the validation pass at its end.

    ``schedule`` is the training that is searched, 12 or 200, and ``epochs`` the fidelities: points of that one training, its
    end by default. On ``cifar10`` every epoch of the 200 was validated, on the others only the last. Scores are always
    those after 200 epochs. ``objectives`` are ``accuracy``, ``loss``, ``latency`` and, where ``hw_nasbench201`` has been
    imported, its latencies and energies; the first is scored.
    """

    table = "nats_topology"
    devices = DEVICES
    trained_by = TRAINED_BY
    known = ("cifar10", "cifar100", "ImageNet16-120")
    searched: ClassVar[Mapping[str, str]] = {"cifar10": "cifar10-valid"}
    space: NASBench201Space
    meanings: ClassVar[Mapping[str, str]] = {"schedule": "epochs of the training that is searched: 12 or 200"}

    def __init__(
        self,
        dataset: str = "cifar10",
        schedule: int = 200,
        epochs: Sequence[int] | None = None,
        objectives: Sequence[str] = ("accuracy",),
    ) -> None:
        super().__init__(dataset, schedule=schedule, epochs=epochs, objectives=objectives)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return decisions()

    def representatives(self) -> np.ndarray:
        """For each index, the smallest index of an isomorphic cell, by the published rules."""
        return np.array(self.space.classes)


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
