"""The cells that the records of a file of NAS-Bench-101 are of: by their hashes, which are computed again."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from nasbed.benchmarks.spaces import nasbench101_graphs as graphs
from nasbed.benchmarks.spaces.nasbench101 import OPERATIONS, NASBench101Space
from nasbed.benchmarks.spaces.nasbench101_hash import INPUT, OUTPUT, hash_of
from nasbed.errors import ArchitectureError, DataError, shown


class RecordedCells:
    """The cells that were met so far, by index of the space: their hashes, how the file writes them, and in which order they came.

    The cell of each hash is found from the first record that names it, and its hash is computed; later records must write the
    same cell.
    """

    def __init__(self, space: NASBench101Space) -> None:
        self.space = space
        self.hashes = np.zeros((len(space), 2), dtype=np.uint64)
        self.writings = np.zeros(len(space), dtype=np.uint64)
        self.order = np.full(len(space), -1, dtype=np.int32)
        self._written = np.zeros(len(space), dtype=np.uint32)
        self._index: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._index)

    def index(self, name: str, adjacency: str, operations: str) -> int:
        """The index of the cell of a record; raises :class:`~nasbed.errors.DataError` where hash and cell do not fit."""
        found = self._index.get(name)
        text = crc32(operations.encode(), crc32(adjacency.encode()))
        if found is None:
            return self._first(name, adjacency, operations, text)
        if self._written[found] != text and self._read(adjacency, operations)[0] != found:
            raise DataError(f"the records of {name} are of different cells")
        return found

    def _first(self, name: str, adjacency: str, operations: str, text: int) -> int:
        index, edges, labels = self._read(adjacency, operations)
        expected = hash_of(edges, [INPUT, *labels, OUTPUT])
        if name != expected:
            raise DataError(f"its hash is {shown(name)}; that of its cell is {expected}")
        self.hashes[index] = int(name[:16], 16), int(name[16:], 16)
        self.writings[index] = graphs.packed(edges, labels)
        self._written[index] = text
        self.order[index] = len(self._index)
        self._index[name] = index
        return index

    def _read(self, adjacency: str, operations: str) -> tuple[int, tuple[graphs.Edge, ...], list[int]]:
        names = operations.split(",")
        count = len(names)
        rows = [adjacency[start : start + count] for start in range(0, len(adjacency), count)]
        edges = tuple((a, b) for a, row in enumerate(rows) for b, bit in enumerate(row) if bit == "1")
        if (
            not 2 <= count <= self.space.vertices
            or len(adjacency) != count**2
            or not set(adjacency) <= {"0", "1"}
            or any(a >= b for a, b in edges)
        ):
            raise DataError(
                f"its adjacency is {shown(adjacency)} for {count} operations; expected the rows of an upper-triangular matrix of"
                f" 0 and 1, of at most {self.space.vertices} vertices"
            )
        if (names[0], names[-1]) != ("input", "output") or not set(names[1:-1]) <= set(OPERATIONS):
            raise DataError(
                f"its operations are {shown(operations)}; expected input, then any of {', '.join(OPERATIONS)}, then output"
            )
        labels = [OPERATIONS.index(name) for name in names[1:-1]]
        if len(graphs.alive(edges, count)) != count:
            raise DataError(f"its adjacency is {shown(adjacency)}: a vertex is on no path from input to output")
        try:
            return self.space.number(edges, labels, count), edges, labels
        except ArchitectureError as error:
            raise DataError(str(error)) from None
