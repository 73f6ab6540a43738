"""Where the vertices of a graph without circles are drawn: in layers from what it reads down to what it hands on (Sugiyama, Tagawa
and Toda, IEEE TSMC 11, 1981).

A vertex is a layer below the last that it reads. An edge that passes layers bends in each of them, and the order within layers
is the better of a few sweeps by the middle of what is read, and of what reads, so that few edges cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from nasbed.vocabulary import Graph

_SWEEPS = 12
Point = tuple[float, int]
"""A place: across, in places from the left, and the layer, from 0 down."""


class LaidGraph(NamedTuple):
    """The place of each vertex that has an edge, by its number, and for each edge the points on its way, both ends included;
    ``width`` is how many places the widest layer has, and ``depth`` how many layers there are.
    """

    places: dict[int, Point]
    ways: tuple[tuple[Point, ...], ...]
    width: int
    depth: int


def layout(graph: Graph) -> LaidGraph:
    """Where to draw a graph.

    >>> found = layout(Graph(("x", "h0", "linear", "tanh", "sum"), ((0, 2), (1, 2), (2, 3), (2, 4), (3, 4)), frozenset({4})))
    >>> found.places
    {0: (0.0, 0), 1: (1.0, 0), 2: (0.5, 1), 3: (0.0, 2), 4: (0.5, 3)}
    >>> found.ways[3], found.width, found.depth
    (((0.5, 1), (1.0, 2), (0.5, 3)), 2, 4)
    """
    layer = _layers(graph)
    layers: list[list[int]] = [[] for _ in range(1 + max(layer.values(), default=0))]
    for vertex, place in layer.items():
        layers[place].append(vertex)
    chains, fresh = [], len(graph.labels)
    for source, target in graph.edges:
        bends = range(layer[source] + 1, layer[target])
        for place, bend in enumerate(bends):
            layers[bend].append(fresh + place)
        chains.append((source, *range(fresh, fresh + len(bends)), target))
        fresh += len(bends)
    order = _ordered(layers, [pair for chain in chains for pair in pairwise(chain)])
    width = max(map(len, order), default=0)
    at: dict[int, Point] = {
        vertex: ((width - len(row)) / 2 + place, depth)
        for depth, row in enumerate(order)
        for place, vertex in enumerate(row)
    }
    ways = tuple(tuple(at[vertex] for vertex in chain) for chain in chains)
    return LaidGraph({vertex: at[vertex] for vertex in sorted(layer)}, ways, width, len(order))


def _layers(graph: Graph) -> dict[int, int]:
    """The layer of each vertex that has an edge: 0 where it reads nothing."""
    found: dict[int, int] = {}
    for source, target in sorted(graph.edges, key=lambda edge: (edge[1], edge[0])):
        found.setdefault(source, 0)
        found[target] = max(found.get(target, 0), found[source] + 1)
    return found


def _ordered(layers: Sequence[Sequence[int]], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The layers in the order with the fewest crossings that the sweeps find, the first of several."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for source, target in links:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    order = [list(row) for row in layers]
    best, fewest = [row[:] for row in order], _crossings(order, below)
    for sweep in range(_SWEEPS):
        near = below if sweep % 2 else above
        depths = range(len(order)) if near is above else reversed(range(len(order)))
        for depth in depths:
            where = {vertex: place - len(row) / 2 for row in order for place, vertex in enumerate(row)}
            middles = {
                vertex: sum(where[one] for one in near[vertex]) / len(near[vertex]) if vertex in near else where[vertex]
                for vertex in order[depth]
            }
            order[depth].sort(key=middles.__getitem__)
        if (crossings := _crossings(order, below)) < fewest:
            best, fewest = [row[:] for row in order], crossings
    return best


def _crossings(order: Sequence[Sequence[int]], below: Mapping[int, Sequence[int]]) -> int:
    """How many pairs of links between neighbouring layers cross."""
    total = 0
    for row, following in pairwise(order):
        place = {vertex: at for at, vertex in enumerate(following)}
        ends = [(at, place[target]) for at, vertex in enumerate(row) for target in below.get(vertex, ())]
        total += sum((a - c) * (b - d) < 0 for number, (a, b) in enumerate(ends) for c, d in ends[:number])
    return total
