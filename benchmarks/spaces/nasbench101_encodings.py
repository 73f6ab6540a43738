"""Cells of NAS-Bench-101 as vectors: the encodings that White et al. compare (NeurIPS 2020, arXiv 2007.04965).

Each takes a graph written in full (the edges of a matrix of ``vertices`` vertices), the operations of many cells of that graph,
(cells, inner vertices), and ``vertices``; it gives (cells, entries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench101_graphs import Edge, pairs

_OPERATIONS = 3
_EDGES = 9
TRUNCATED = 40
"""Entries of the truncated encoding of paths, those of up to three operations (White et al., BANANAS, AAAI 2021)."""
_MOST = 8
"""The most paths that a cell has."""


def one_hot(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """Two entries for each place of the matrix, and three for each inner vertex, which are 0 where the cell has no such vertex."""
    bits = _bits(edges, vertices)
    repeated = np.tile(np.stack([1.0 - bits, bits], axis=1).ravel(), (len(labels), 1))
    return np.concatenate([repeated, _operations(labels, vertices)], axis=1)


def adjacency(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """The upper triangle of the matrix row by row, then three entries for each inner vertex."""
    repeated = np.tile(_bits(edges, vertices), (len(labels), 1))
    return np.concatenate([repeated, _operations(labels, vertices)], axis=1)


def categorical_adjacency(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """The numbers of the edges among the places of the upper triangle, from 1 up, ascending and filled up to nine with 0; then the
    number of each inner vertex's operation, from 1 up, 0 where there is none.
    """
    found = np.zeros((len(labels), _EDGES + vertices - 2))
    found[:, : len(edges)] = np.flatnonzero(_bits(edges, vertices)) + 1
    found[:, _EDGES : _EDGES + labels.shape[1]] = labels + 1
    return found


def path(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """An entry for each sequence of operations that a path may have, the shortest first, set where the cell has such a path."""
    found = np.zeros((len(labels), sum(_OPERATIONS**length for length in range(vertices - 1))))
    for column in _paths(edges, labels, vertices):
        found[np.arange(len(labels)), column] = 1.0
    return found


def truncated_path(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """The first 40 entries of :func:`path`."""
    return path(edges, labels, vertices)[:, :TRUNCATED]


def categorical_path(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> np.ndarray:
    """The numbers of the paths that are set in :func:`path`, from 1 up, ascending and filled up with 0."""
    found = np.zeros((len(labels), _MOST))
    rows, columns = np.nonzero(path(edges, labels, vertices))
    starts = np.searchsorted(rows, np.arange(len(labels)))
    found[rows, np.arange(len(rows)) - starts[rows]] = columns + 1
    return found


ENCODINGS: Mapping[str, Callable[[Sequence[Edge], np.ndarray, int], np.ndarray]] = {
    one.__name__: one for one in (one_hot, adjacency, categorical_adjacency, path, categorical_path, truncated_path)
}


def _bits(edges: Sequence[Edge], vertices: int) -> np.ndarray:
    return np.array([float(pair in edges) for pair in pairs(vertices)])


def _operations(labels: np.ndarray, vertices: int) -> np.ndarray:
    found = np.zeros((len(labels), (vertices - 2) * _OPERATIONS))
    for vertex, column in enumerate(labels.T):
        found[np.arange(len(labels)), vertex * _OPERATIONS + column] = 1.0
    return found


def _paths(edges: Sequence[Edge], labels: np.ndarray, vertices: int) -> list[np.ndarray]:
    """For each path from input to output the number of its sequence of operations, (cells,)."""
    found = []
    for inner in _ways(tuple(edges), vertices):
        number = np.zeros(len(labels), dtype=np.intp)
        for vertex in inner:
            number = number * _OPERATIONS + labels[:, vertex - 1]
        found.append(number + sum(_OPERATIONS**length for length in range(len(inner))))
    return found


@cache
def _ways(edges: tuple[Edge, ...], vertices: int) -> list[tuple[int, ...]]:
    """The inner vertices of every path from input to output."""
    left: list[tuple[int, ...]] = [(0,)]
    found: list[tuple[int, ...]] = []
    while left:
        so_far = left.pop()
        for source, target in edges:
            if source == so_far[-1]:
                (found if target == vertices - 1 else left).append((*so_far, target))
    return [way[1:-1] for way in found]
