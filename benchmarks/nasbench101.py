"""NAS-Bench-101 on CIFAR-10; import it with ``nasbed data import nasbench101 nasbench_only108.tfrecord``, or the full file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np

from nasbed.benchmarks.spaces.nasbench101 import OPERATIONS, VERTICES, NASBench101Space, Operators, size_of
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError
from nasbed.numeric import require_whole
from nasbed.vocabulary import Arch

NAMES = ("hash_high", "hash_low", "writing", "order")
"""Columns that say how the official file names a cell, not the results of its trainings."""


class NASBench101(Table):
    """423,624 cells, each trained three times for 108 epochs, and, from the full file, for 4, 12 and 36 (Ying et al., ICML 2019).

    Accuracies are in percent of 9,984 images, costs in seconds of training. Trainings of different lengths are separate, each with
    its own schedule, and none is resumed; ``epochs`` are their lengths, the fidelities (108 by default). With ``schedule`` the
    fidelities are the half and the end of that one training, as in ``schedule = 108, epochs = [54, 108]``. Scores are always those
    at the end of the longest training in the table. ``objectives`` beside ``accuracy`` are ``parameters``.

    ``vertices`` restricts the space to cells of at most that many vertices; regrets still count from the best of all cells.
    ``operators`` = ``"matrices"`` draws random cells and mutants as the code of the paper does, by matrices; a small cell has many
    of these.
    """

    table = "nasbench101"
    known = ("cifar10",)
    space: NASBench101Space
    meanings: ClassVar[Mapping[str, str]] = {
        "schedule": "epochs of the training whose half and end are the fidelities",
        "vertices": "the most vertices that a cell may have",
        "operators": "random cells and mutants, drawn as cells or as the matrices of the paper's code",
    }

    def __init__(
        self,
        dataset: str = "cifar10",
        epochs: Sequence[int] | None = None,
        schedule: int | None = None,
        objectives: Sequence[str] = ("accuracy",),
        vertices: int | None = None,
        operators: Literal["cells", "matrices"] = "cells",
    ) -> None:
        manifest = self.own()
        most = vertices_of(manifest)
        wanted = most if vertices is None else require_whole("vertices", vertices, 2, most)
        default = manifest.epochs[-1:] if schedule is None else None
        super().__init__(
            dataset,
            manifest=manifest,
            epochs=default if epochs is None else epochs,
            schedule=schedule,
            objectives=objectives,
        )
        self.space = _space(wanted, operators)
        self.is_subspace = wanted < most
        if self.is_subspace:
            self.rows = slice(len(self.space))
            self.label += f", at most {wanted} vertices"

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The places of the matrix, source first, and the operations of the inner vertices."""
        edges = {f"edge {source}-{target}": ("none", "edge") for source, target in self.space.pairs}
        return edges | {f"vertex {vertex}": OPERATIONS for vertex in range(1, self.space.vertices - 1)}

    def representatives(self) -> np.ndarray:
        """Each cell itself: the space holds no network twice."""
        return np.arange(len(self.space))

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one cell: a row for each metric, split and schedule, the test split included."""
        return [row for row in super().lookup(arch) if row["metric"] not in NAMES]


@cache
def _space(vertices: int, operators: Operators) -> NASBench101Space:
    return NASBench101Space(vertices, operators)


def vertices_of(manifest: Manifest) -> int:
    """The most vertices of the cells that a table holds; raises :class:`~nasbed.errors.DataError` where it holds others."""
    for vertices in range(2, VERTICES + 1):
        if size_of(vertices) == manifest.architectures:
            return vertices
    raise DataError(
        f"the table {manifest.name!r} in {manifest.folder} has {manifest.architectures:,} architectures; expected the cells of at"
        f" most {VERTICES} vertices, 423,624"
    )
