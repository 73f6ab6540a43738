"""Which graphs of NAS-Bench-101's cells are one change apart, and where the operations go."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nasbed.benchmarks.spaces import nasbench101_graphs as graphs
from nasbed.benchmarks.spaces.nasbench101_graphs import CellGraph, Edge

Order = tuple[int | None, ...]
"""For each inner vertex of the other graph the inner vertex of this one whose operation it has, ``None`` for a new vertex."""


@lru_cache(1 << 12)
def neighbours_of(vertices: int, code: int, most: int, edges: int) -> tuple[tuple[CellGraph, Order], ...]:
    """The graphs one change away from a graph: an edge added or removed, or a vertex put on an edge or taken out, with at most
    ``most`` vertices and ``edges`` edges.
    """
    found: dict[tuple[int, int, Order], tuple[CellGraph, Order]] = {}
    for other, kept in _changed(set(graphs.edges_of(code, vertices)), vertices, most):
        if len(other) > edges:
            continue
        order = _sorted(other, kept)
        place = {vertex: at for at, vertex in enumerate(order)}
        written = graphs.pruned(graphs.code_of([(place[a], place[b]) for a, b in other], len(order)), len(order))
        assert written is not None
        graph = graphs.graphs(len(order), edges)[written.code]
        moved = [order[at] for at in written.order[1:-1]]
        labels = tuple(vertex - 1 if vertex < vertices else None for vertex in moved)
        found[graph.vertices, graph.code, labels] = graph, labels
    return tuple(found.values())


def _changed(edges: set[Edge], vertices: int, most: int) -> Iterator[tuple[set[Edge], list[int]]]:
    """The edges of each changed graph, and its vertices; a new vertex has the number ``vertices``, and may lead back."""
    last, everything = vertices - 1, list(range(vertices))
    into = {vertex: [a for a, b in edges if b == vertex] for vertex in everything}
    out = {vertex: [b for a, b in edges if a == vertex] for vertex in everything}
    before = {vertex: {vertex} for vertex in everything}
    for vertex in everything:
        for source in into[vertex]:
            before[vertex] |= before[source]
    for edge in sorted(edges):
        source, target = edge
        if len(out[source]) > 1 and len(into[target]) > 1:
            yield edges - {edge}, everything
        if vertices < most:
            path = {(source, vertices), (vertices, target)}
            yield (edges - {edge}) | path, [*everything, vertices]
            yield edges | path, [*everything, vertices]
    for source in everything[:-1]:
        for target in everything[1:]:
            if (source, target) not in edges and target not in before[source]:
                yield edges | {(source, target)}, everything
    for vertex in everything[1:last]:
        if len(into[vertex]) == len(out[vertex]) == 1:
            source, target = into[vertex][0], out[vertex][0]
            through = {(source, vertex), (vertex, target)}
            yield (edges - through) | {(source, target)}, [one for one in everything if one != vertex]


def _sorted(edges: set[Edge], vertices: list[int]) -> list[int]:
    """The vertices in an order in which every edge leads forward: input first, output last."""
    left, order = sorted(vertices), []
    while left:
        free = next(one for one in left if not any(b == one and a in left for a, b in edges))
        left.remove(free)
        order.append(free)
    return order
