"""NAS-Bench-201 after 200 epochs, from the tables that ship with the package (``data/nasbench201/manifest.toml``)."""

from __future__ import annotations

from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.table import DATA, Table


class NASBench201(Table):
    """15,625 cells trained for 200 epochs with two or three seeds (Dong and Yang, ICLR 2020; runs of NATS-Bench).

    ``dataset`` is ``cifar10``, ``cifar100`` or ``ImageNet16-120``. On ``cifar10`` the search sees the trainings on
    25,000 images, validated on the other 25,000; test accuracy is that of separate trainings on all 50,000. Accuracies
    are in percent, costs in seconds of training.

    >>> table = NASBench201("cifar10")
    >>> round(table.referee().best()[0], 5), table.objectives[0].unit
    (91.60667, '%')
    """

    folder = DATA / "nasbench201"
    space: NASBench201Space

    def __init__(self, dataset: str = "cifar10") -> None:
        super().__init__(dataset)
        self.space = _space()

    def representatives(self) -> np.ndarray:
        """For each index the smallest index of an isomorphic cell, by the published rules."""
        return np.array(self.space.classes)


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
