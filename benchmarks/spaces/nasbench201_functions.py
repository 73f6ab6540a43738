"""Which NAS-Bench-201 cells compute the same function: 5,044 distinct ones among the 15,625.

Two cells are the same if their outputs are equal for every input, once the convolutions of one carry the weights of those
of the other. The rule of the paper (skip and zero operations in the string, 6,466 classes) merges some that differ and
splits some that are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS, PATHS
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

_NONE, _SKIP, _CONV1, _CONV3, _POOL = range(len(OPERATIONS))
_Sum = tuple[tuple[Any, int], ...]
"""Terms with how often each is added. A term is the cell's input or a convolution's output, pooled some times: pooling
is linear, so it goes through sums and commutes with nothing else."""


def live(arch: Arch) -> Arch:
    """The cell with ``none`` on every edge that is on no path without ``none`` from input to output.

    >>> live((3, 0, 1, 1, 0, 4))
    (3, 0, 1, 1, 0, 4)
    >>> live((3, 0, 1, 1, 0, 0))
    (0, 0, 0, 1, 0, 0)
    """
    kept = {edge for path in PATHS if all(arch[edge] != _NONE for edge in path) for edge in path}
    return tuple(operation if edge in kept else _NONE for edge, operation in enumerate(arch))


def function(arch: Arch) -> _Sum:
    """A value that two cells share if and only if they compute the same function.

    >>> function((1, 0, 1, 0, 0, 3)) == function((0, 0, 0, 3, 0, 0)), function((4, 0, 0, 0, 3, 0)) == function((3, 0, 0, 0, 4, 0))
    (True, False)
    """
    return _function(live(arch))


@cache
def _function(pruned: Arch) -> _Sum:
    """The value of a cell without dead edges, which is that of many cells with some."""
    return min(_output(pruned, labels) for labels in _labellings(pruned))


def representatives(archs: Sequence[Arch]) -> np.ndarray:
    """For each architecture the place in ``archs`` of the one that stands for its function: that with the fewest operations
    other than ``none`` and ``skip_connect`` once dead edges are gone, the earliest of several.
    """
    import numpy as np

    groups: dict[_Sum, list[int]] = {}
    for place, arch in enumerate(archs):
        groups.setdefault(function(arch), []).append(place)
    found = np.empty(len(archs), dtype=np.int64)
    for places in groups.values():
        found[places] = min(places, key=lambda place: sum(operation > _SKIP for operation in live(archs[place])))
    return found


def _labellings(arch: Arch) -> Iterator[Mapping[int, int]]:
    """All ways of numbering the convolutions, those of one kind among themselves: only which are the same one matters."""
    kinds = [[edge for edge, operation in enumerate(arch) if operation == kind] for kind in (_CONV1, _CONV3)]
    for orders in product(*(permutations(range(len(edges))) for edges in kinds)):
        yield {
            edge: label
            for edges, order in zip(kinds, orders, strict=True)
            for edge, label in zip(edges, order, strict=True)
        }


def _output(arch: Arch, labels: Mapping[int, int]) -> _Sum:
    nodes: list[_Sum] = [(((0, 0), 1),)]
    for target in (1, 2, 3):
        terms: Counter[Any] = Counter()
        for edge, (source, to) in enumerate(EDGES):
            if to == target and nodes[source]:
                terms.update(_through(arch[edge], labels.get(edge, 0), nodes[source]))
        nodes.append(tuple(sorted(terms.items())))
    return nodes[3]


@cache
def _through(operation: int, label: int, value: _Sum) -> dict[Any, int]:
    """What an operation makes of a sum. A term is (0, pools) for the input and (1, pools, operation, label, sum) for others."""
    if operation == _NONE:
        return {}
    if operation == _SKIP:
        return dict(value)
    if operation == _POOL:
        return {(term[0], term[1] + 1, *term[2:]): times for term, times in value}
    return {(1, 0, operation, label, value): 1}
