"""Cells of NAS-Bench-101 as its scripts write them: a matrix and a list of operations."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.compat._refusals import NotAllowed, Partial
from nasbed.benchmarks.spaces.nasbench101_graphs import alive
from nasbed.benchmarks.spaces.nasbench101_hash import INPUT, OUTPUT, hash_of
from nasbed.errors import shown


class ModelSpec(Partial):
    """``nasbench.api.ModelSpec``: an upper-triangular matrix of 0 and 1, and the operation of each vertex.

    ``matrix`` and ``ops`` are pruned: vertices on no path from the first to the last are taken out. Where there is no path they are
    ``None``, and ``valid_spec`` is false. ``original_matrix`` and ``original_ops`` are copies of what was given.
    """

    withheld: ClassVar = {
        "visualize": "drawings are not made; spec.matrix and spec.ops can be handed to the package graphviz"
    }

    def __init__(self, matrix: Any, ops: Sequence[str], data_format: str = "channels_last") -> None:
        given = np.array(matrix)
        if given.ndim != 2 or given.shape[0] != given.shape[1] or len(given) < 2:
            raise NotAllowed(f"matrix has the shape {given.shape}; expected a square of 2 vertices or more")
        if len(ops) != len(given):
            raise NotAllowed(f"ops has {len(ops)} entries for a matrix of {len(given)} vertices; expected as many")
        if given.dtype.kind not in "biuf" or not np.isin(given, (0, 1)).all():
            raise NotAllowed("matrix has other entries than 0 and 1; expected 1 for an edge and 0 for none")
        if np.tril(given).any():
            raise NotAllowed("matrix has an edge on or below its diagonal; expected an upper-triangular matrix")
        self.original_matrix = given
        self.original_ops = deepcopy(ops)
        self.data_format = data_format
        self.matrix: Any = None
        self.ops: Any = None
        kept = alive([(int(a), int(b)) for a, b in np.argwhere(given)], len(given))
        self.valid_spec = bool(kept)
        if kept:
            self.matrix = given[np.ix_(kept, kept)]
            self.ops = [ops[vertex] for vertex in kept]

    def hash_spec(self, canonical_ops: Sequence[str]) -> str:
        """The published hash of the cell, the same for every order of its vertices; ``canonical_ops`` numbers the operations."""
        if not self.valid_spec:
            raise NotAllowed("the cell has no path from its first vertex to its last; expected a valid_spec")
        known = list(canonical_ops)
        if unknown := [name for name in self.ops[1:-1] if name not in known]:
            raise NotAllowed(f"the operation {shown(unknown[0])} is not among {', '.join(map(str, known))}")
        edges = [(int(a), int(b)) for a, b in np.argwhere(self.matrix)]
        return hash_of(edges, [INPUT, *map(known.index, self.ops[1:-1]), OUTPUT])
