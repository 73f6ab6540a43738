"""Where the vertices of a graph without circles are drawn: in layers from what it reads down to what it hands on (Sugiyama, Tagawa
and Toda, IEEE TSMC 11, 1981).

A vertex is a layer below the last that it reads. An edge that passes layers may bend in each of them, and the order within layers
is the better of a few sweeps by the middle of what is read, and of what reads, so that few edges cross. Within a layer each
has the room that its label needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from nasbed.vocabulary import Graph

_SWEEPS = 12
AROUND = 1.6
"""Characters of a vertex beside its label."""
BEND = 0.8
"""Characters that an edge takes where it passes a layer."""
PORT = 2.0
"""Characters between the ends of edges that are numbered."""
CLEAR = 1.0
"""Characters between two neighbours of a layer."""
Point = tuple[float, int]
"""A place: across, in characters from the left, and the layer, from 0 down."""


class LaidGraph(NamedTuple):
    """The place of each vertex that has an edge, by its number, and for each edge the points on its way, both ends included, of
    which the last is beside the middle of its vertex where edges are numbered; ``width`` is in characters of the labels, and
    ``depth`` how many layers there are.
    """

    places: dict[int, Point]
    ways: tuple[tuple[Point, ...], ...]
    width: float
    depth: int


def layout(graph: Graph) -> LaidGraph:
    """Where to draw a graph.

    >>> found = layout(Graph(("x", "h0", "linear", "tanh", "sum"), ((0, 2), (1, 2), (2, 3), (2, 4), (3, 4)), frozenset({4})))
    >>> [depth for _, depth in found.places.values()], found.depth
    ([0, 0, 1, 2, 3], 4)
    >>> found.places[0][0] < found.places[2][0] < found.places[1][0]
    True
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
    links = [pair for chain in chains for pair in pairwise(chain)]
    order = _ordered(layers, links)
    sizes = {vertex: len(graph.labels[vertex]) + AROUND for vertex in layer}
    across = _across(order, links, {vertex: sizes.get(vertex, BEND) for row in order for vertex in row})
    depths = {vertex: depth for depth, row in enumerate(order) for vertex in row}
    left = min((across[vertex] - sizes.get(vertex, BEND) / 2 for vertex in across), default=0.0)
    at: dict[int, Point] = {vertex: (round(x - left, 2), depths[vertex]) for vertex, x in across.items()}
    ways = _ports([[at[vertex] for vertex in chain] for chain in chains], graph)
    width = max((at[vertex][0] + sizes.get(vertex, BEND) / 2 for vertex in at), default=0.0)
    return LaidGraph({vertex: at[vertex] for vertex in sorted(layer)}, ways, width, len(order))


def _across(
    order: Sequence[Sequence[int]], links: Sequence[tuple[int, int]], sizes: Mapping[int, float]
) -> dict[int, float]:
    """How far across the middle of each vertex and bend is, in the order of their layers and clear of one another: as near to what
    it is linked with as a few sweeps bring it, bends nearest, so that long edges are straight (Gansner et al., IEEE
    Transactions on Software Engineering 19, 1993, section 4).
    """
    bends = {one for row in order for one in row if sizes[one] == BEND}
    linked: dict[int, list[tuple[int, float]]] = {one: [] for row in order for one in row}
    for source, target in links:
        weight = (1.0, 2.0, 8.0)[(source in bends) + (target in bends)]
        linked[source].append((target, weight))
        linked[target].append((source, weight))
    starts = {}
    for row in order:
        starts[id(row)] = list(accumulate((sizes[one] + sizes[other]) / 2 + CLEAR for one, other in pairwise(row)))
    across = {
        one: start - (starts[id(row)][-1] if len(row) > 1 else 0.0) / 2
        for row in order
        for one, start in zip(row, [0.0, *starts[id(row)]], strict=True)
    }
    for sweep in range(_SWEEPS):
        for row in order if sweep % 2 == 0 else reversed(order):
            wanted, weights = [], []
            for one in row:
                total = sum(weight for _, weight in linked[one])
                wanted.append(sum(weight * across[other] for other, weight in linked[one]) / total)
                weights.append(total)
            across.update(zip(row, _apart(wanted, weights, [0.0, *starts[id(row)]]), strict=True))
    return across


def _ports(ways: list[list[Point]], graph: Graph) -> tuple[tuple[Point, ...], ...]:
    """The ways with ends side by side where the order of what a vertex reads matters, so that each can be numbered."""
    for vertex in graph.ordered:
        into = [way for way, (_, target) in zip(ways, graph.edges, strict=True) if target == vertex]
        into.sort(key=lambda way: way[-2][0])
        for place, way in enumerate(into):
            across, depth = way[-1]
            way[-1] = (round(across + PORT * (place - (len(into) - 1) / 2), 2), depth)
    return tuple(map(tuple, ways))


def _apart(wanted: Sequence[float], weights: Sequence[float], starts: Sequence[float]) -> list[float]:
    """The places nearest to those that are wanted, in least squares, which are apart as ``starts`` are at least: by pooling
    neighbours that are too near (isotonic regression).

    >>> _apart([0.0, 0.0, 9.0], [1.0, 1.0, 1.0], [0.0, 2.0, 4.0])
    [-1.0, 1.0, 9.0]
    """
    pools: list[tuple[float, float, int]] = []
    for want, weight, start in zip(wanted, weights, starts, strict=True):
        mean, heavy, count = want - start, weight, 1
        while pools and pools[-1][0] >= mean:
            other, load, more = pools.pop()
            mean, heavy, count = (mean * heavy + other * load) / (heavy + load), heavy + load, count + more
        pools.append((mean, heavy, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + start for mean, start in zip(means, starts, strict=True)]


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
