"""The graphs of NAS-Bench-101's cells without their operations: pruned, told apart up to isomorphism, and counted.

A graph of n vertices is a code: the bits of the upper triangle of its adjacency matrix, row by row, the first edge highest.
Vertex 0 is the input and vertex n - 1 the output. Of all codes of isomorphic graphs the smallest stands for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

Edge = tuple[int, int]
_BACK = 1 << 40
"""Weight of an edge that would lead back, above every code."""


class Labelling(NamedTuple):
    """The operations of a graph's inner vertices that differ up to its symmetries, smallest first; and for every labelling the
    place of the one that is the same cell.
    """

    distinct: tuple[tuple[int, ...], ...]
    place: dict[tuple[int, ...], int]


class CellGraph(NamedTuple):
    """One graph up to isomorphism: its smallest code, and the labellings that make different cells of it."""

    vertices: int
    code: int
    labelling: Labelling


@cache
def pairs(vertices: int) -> tuple[Edge, ...]:
    """The places of the upper triangle, (source, target), row by row."""
    return tuple(itertools.combinations(range(vertices), 2))


@cache
def _bits(vertices: int) -> dict[Edge, int]:
    last = len(pairs(vertices)) - 1
    return {pair: 1 << last - place for place, pair in enumerate(pairs(vertices))}


def code_of(edges: Sequence[Edge], vertices: int) -> int:
    """The code of edges that lead from lower to higher vertices, each once.

    >>> code_of([(0, 1), (1, 2)], 3)
    5
    """
    bits = _bits(vertices)
    return sum(bits[edge] for edge in edges)


@lru_cache(1 << 16)
def edges_of(code: int, vertices: int) -> tuple[Edge, ...]:
    """The edges of a code, row by row."""
    return tuple(pair for pair, bit in _bits(vertices).items() if code & bit)


def alive(edges: Sequence[Edge], vertices: int) -> list[int]:
    """The vertices on a path from input to output, ascending; none where there is no path. Edges are as :func:`edges_of` has them.

    >>> alive([(0, 1), (0, 3), (2, 3)], 4)
    [0, 3]
    """
    reached, used = {0}, {vertices - 1}
    for source, target in edges:
        if source in reached:
            reached.add(target)
    for source, target in sorted(edges, key=lambda edge: -edge[1]):
        if target in used:
            used.add(source)
    kept = sorted(reached & used)
    return kept if len(kept) > 1 else []


@cache
def _orders(vertices: int) -> np.ndarray:
    """Every order of the inner vertices, (orders, vertices): the vertex that stands at each place."""
    inner = itertools.permutations(range(1, vertices - 1))
    return np.array([(0, *order, vertices - 1) for order in inner])


@cache
def _weights(vertices: int) -> np.ndarray:
    """What each edge adds to the code of a graph whose vertices are put into each order, (places, orders)."""
    where = np.argsort(_orders(vertices), axis=1)
    weight = np.full((vertices, vertices), _BACK)
    for (source, target), bit in _bits(vertices).items():
        weight[source, target] = bit
    return np.stack([weight[where[:, source], where[:, target]] for source, target in pairs(vertices)])


def _reordered(codes: np.ndarray, vertices: int) -> np.ndarray:
    """The codes of graphs in every order of their inner vertices, (graphs, orders); at least 2^40 where an edge leads back."""
    shifts = np.arange(len(pairs(vertices)) - 1, -1, -1)
    found: np.ndarray = (codes[:, None] >> shifts & 1) @ _weights(vertices)
    return found


@cache
def graphs(vertices: int, edges: int) -> dict[int, CellGraph]:
    """The graphs of exactly so many vertices, every one on a path from input to output, and at most so many edges: by code.

    >>> [len(graphs(vertices, 9)) for vertices in range(2, 8)]
    [1, 2, 10, 97, 810, 1574]
    """
    codes = np.arange(1 << len(pairs(vertices)), dtype=np.int64)
    codes = codes[sum(codes >> place & 1 for place in range(len(pairs(vertices)))) <= edges]
    for vertex in range(vertices):
        into = code_of([(source, vertex) for source in range(vertex)], vertices)
        out = code_of([(vertex, target) for target in range(vertex + 1, vertices)], vertices)
        codes = codes[((codes & into > 0) | (vertex == 0)) & ((codes & out > 0) | (vertex == vertices - 1))]
    moved = _reordered(codes, vertices)
    smallest = codes == moved.min(axis=1)
    orders = _orders(vertices)[:, 1:-1] - 1
    found = {}
    for code, same in zip(codes[smallest].tolist(), moved[smallest] == codes[smallest][:, None], strict=True):
        symmetries = tuple(map(tuple, orders[same].tolist()))
        found[code] = CellGraph(vertices, code, _labelling(symmetries, vertices - 2))
    return found


@cache
def _labelling(symmetries: tuple[tuple[int, ...], ...], inner: int, operations: int = 3) -> Labelling:
    smallest = {
        labels: min(tuple(labels[vertex] for vertex in order) for order in symmetries)
        for labels in itertools.product(range(operations), repeat=inner)
    }
    distinct = tuple(sorted(set(smallest.values())))
    number = {labels: place for place, labels in enumerate(distinct)}
    return Labelling(distinct, {labels: number[least] for labels, least in smallest.items()})


class Pruned(NamedTuple):
    """What of a graph lies on paths from input to output: the vertices in its smallest order, and its code in that order."""

    order: tuple[int, ...]
    code: int


@lru_cache(1 << 18)
def pruned(code: int, vertices: int) -> Pruned | None:
    """A graph without its dead ends, in its smallest writing; ``None`` where no path leads from input to output.

    >>> pruned(code_of([(0, 1), (1, 3), (0, 2)], 4), 4)
    Pruned(order=(0, 1, 3), code=5)
    """
    edges = edges_of(code, vertices)
    kept = alive(edges, vertices)
    if not kept:
        return None
    place = {vertex: at for at, vertex in enumerate(kept)}
    inside = [(place[source], place[target]) for source, target in edges if source in place and target in place]
    count = len(kept)
    if count <= 3:  # one order only
        return Pruned(tuple(kept), code_of(inside, count))
    codes = _reordered(np.array([code_of(inside, count)]), count)[0]
    best = int(codes.argmin())
    return Pruned(tuple(kept[vertex] for vertex in _orders(count)[best].tolist()), int(codes[best]))


def packed(edges: Sequence[Edge], labels: Sequence[int]) -> int:
    """A writing of a cell in 34 bits: the code of its graph, then two for each operation, then three for its vertices.

    >>> unpacked(packed(((0, 1), (1, 2)), [2]))
    (((0, 1), (1, 2)), [2])
    """
    count = len(labels) + 2
    code = code_of(edges, count)
    return (code << 10 | sum(label << 2 * place for place, label in enumerate(labels))) << 3 | count


def unpacked(writing: int) -> tuple[tuple[Edge, ...], list[int]]:
    """The edges and the operations of a packed writing."""
    count, labels = writing & 7, writing >> 3 & 1023
    return edges_of(writing >> 13, count), [labels >> 2 * place & 3 for place in range(count - 2)]
