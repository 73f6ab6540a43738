"""Cells of NAS-Bench-201 in the table ``hw_nasbench360``, whose metric depends on the data set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space, decisions
from nasbed.benchmarks.tables.table import Table


class MeasuredCells(Table):
    """One task of the table: a score of each cell, and what devices measured."""

    table = "hw_nasbench360"
    untimed = "its file holds no times of trainings"
    space: NASBench201Space

    def __init__(self, dataset: str | None = None, objectives: Sequence[str] | None = None) -> None:
        super().__init__(self.known[0] if dataset is None else dataset, objectives=objectives)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The edges, target first, and their operations."""
        return decisions()

    def representatives(self) -> np.ndarray:
        """For each index the smallest index of an isomorphic cell, by the published rules."""
        return np.array(self.space.classes)


@cache
def _space() -> NASBench201Space:
    return NASBench201Space()
