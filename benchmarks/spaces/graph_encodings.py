"""Labelled graphs without circles as vectors: adjacency and paths (White et al., NeurIPS 2020, arXiv 2007.04965), and counts of
neighbourhoods (Shervashidze et al., JMLR 12, 2011).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from nasbed.vocabulary import Graph

if TYPE_CHECKING:
    import numpy as np


def adjacency(graph: Graph, labels: Sequence[str], vertices: int) -> np.ndarray:
    """The upper triangle of the matrix of a graph, filled up to so many ``vertices``, row by row; then for each vertex an entry for
    each of the ``labels``. Vertices that have none of these, as inputs, have zeros.
    """
    import numpy as np

    matrix, named = np.zeros((vertices, vertices)), np.zeros((vertices, len(labels)))
    for source, target in graph.edges:
        matrix[source, target] = 1.0
    for vertex, label in enumerate(graph.labels):
        if label in labels:
            named[vertex, labels.index(label)] = 1.0
    return np.concatenate([matrix[np.triu_indices(vertices, 1)], named.ravel()])


@cache
def paths(graph: Graph) -> frozenset[tuple[str, ...]]:
    """The labels along each path from a vertex that reads nothing to an output.

    >>> sorted(paths(Graph(("x", "h0", "linear", "tanh>h0"), ((0, 2), (1, 2), (2, 3)), frozenset({3}))))
    [('h0', 'linear', 'tanh>h0'), ('x', 'linear', 'tanh>h0')]
    """
    above = _read(graph)
    ways: list[frozenset[tuple[str, ...]]] = []
    for vertex, label in enumerate(graph.labels):
        before = [way for source in above[vertex] for way in ways[source]] if above[vertex] else [()]
        ways.append(frozenset((*way, label) for way in before))
    return frozenset(way for vertex in graph.outputs for way in ways[vertex])


@cache
def histogram(graph: Graph, depth: int) -> Counter[str]:
    """How often each neighbourhood occurs: the label of a vertex with those of what it reads, up to ``depth`` steps. Vertices that
    read nothing are told by their readers alone.

    >>> sorted(histogram(Graph(("x", "h0", "linear", "tanh>h0"), ((0, 2), (1, 2), (2, 3)), frozenset({3})), 1))
    ['linear', 'linear(h0,x)', 'tanh>h0', 'tanh>h0(linear)']
    """
    above = _read(graph)
    names = list(graph.labels)
    found = Counter[str]()
    for step in range(depth + 1):
        if step:
            near = [[names[source] for source in above[vertex]] for vertex in range(len(names))]
            names = [
                f"{label}({','.join(one if vertex in graph.ordered else sorted(one))})" if one else label
                for vertex, (label, one) in enumerate(zip(graph.labels, near, strict=True))
            ]
        found.update(name for vertex, name in enumerate(names) if above[vertex])
    return found


def vocabulary(histograms: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    """The entries of an encoding of counts by bits: each name with 1 up to the most times that it occurs in one.

    >>> vocabulary([{"a": 2}, {"a": 1, "b": 1}])
    [('a', 1), ('a', 2), ('b', 1)]
    """
    most = defaultdict[str, int](int)
    for counts in histograms:
        for name, count in counts.items():
            most[name] = max(most[name], count)
    return [(name, least) for name in sorted(most) for least in range(1, most[name] + 1)]


def _read(graph: Graph) -> list[list[int]]:
    """For each vertex what it reads, in the order of the edges."""
    above: list[list[int]] = [[] for _ in graph.labels]
    for source, target in graph.edges:
        above[target].append(source)
    return above
