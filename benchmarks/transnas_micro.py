"""TransNAS-Bench-101, cells on seven tasks; import it with ``nasbed data import transnas_micro micro.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.transnas import EDGES, OPERATIONS, TransNASMicroSpace
from nasbed.benchmarks.tables.transnas import TransNAS


class TransNASMicro(TransNAS):
    """4,096 cells of four operations on six edges, each trained once on each of seven tasks (Duan et al., CVPR 2021).

    ``dataset`` is the task: ``class_scene``, ``class_object``, ``jigsaw`` and ``segmentsemantic`` have an accuracy in percent,
    ``room_layout`` a negative loss, ``normal`` and ``autoencoder`` a structural similarity; higher is better in all. There is one
    validation value, so there is no noise, no test value and no statement about generalisation. Neither times nor epochs were
    recorded: budgets count evaluations. ``measures = ["zen"]`` offers zen-score at its mean measured seconds.
    """

    table = "transnas_micro"
    space: TransNASMicroSpace

    def __init__(
        self, dataset: str = "class_scene", measures: Mapping[str, float] | Sequence[str] | None = None
    ) -> None:
        super().__init__(dataset, measures)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return dict.fromkeys(EDGES, OPERATIONS)

    def representatives(self) -> np.ndarray:
        """Each cell itself: no rule says which are the same network, since a skip that halves the resolution is no identity."""
        return np.arange(len(self.space))


@cache
def _space() -> TransNASMicroSpace:
    return TransNASMicroSpace()
