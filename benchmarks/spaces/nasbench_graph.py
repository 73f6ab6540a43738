"""The space of NAS-Bench-Graph (Qin et al., NeurIPS 2022, arXiv 2206.09166): trees of four operations on a graph.

Each of four nodes reads the input (0) or an earlier node (1, 2, 3) and applies an operation; the nodes that nobody reads
are joined to the output. Many writings are the same network, since nodes have no order and a skip may do nothing, so
the architectures are no product of decisions: they are the 26,206 canonical writings.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from operator import index as as_index
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.errors import ArchitectureError, shown
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
"""Attention with two heads, graph convolution, isomorphism network, Chebyshev, GraphSAGE, ARMA, k-GNN, a fully connected
layer that ignores the edges, and nothing at all."""
STRUCTURES = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
"""What each node reads, for each of the nine trees of four nodes under the input."""
NODES = 4
LINKS = tuple(itertools.product(*(range(node + 1) for node in range(NODES))))
"""All 24 ways of writing what the nodes read."""

_NODE = re.compile(r"\s*([^~|\s]+)\s*~\s*([0-9]+)\s*")


class NASBenchGraphSpace(EnumeratedSpace):
    """The canonical architectures over ``operations``, the last of which is the skip, in the order of the published keys.

    An architecture is the number of its structure and the operations of its four nodes. :meth:`canonical` says which
    writings are the same. Two architectures are neighbours if one writing of the first and one of the second differ in
    what a single node reads or in a single operation: the relation is symmetric, and connects the space.

    >>> space = NASBenchGraphSpace()
    >>> arch = space.parse("|gcn~0|gin~1|fc~2|cheb~1|")
    >>> arch, space.key(arch), space.format(arch)
    ((6, 1, 2, 3, 7), 61237, '|gcn~0|gin~1|cheb~1|fc~2|')
    """

    encodings = ("one_hot", "adjacency", "operations")
    ambiguous = ("operations",)

    def __init__(self, operations: Sequence[str] = OPERATIONS, name: str = "nasbench_graph") -> None:
        self.operations = tuple(operations)
        self._skip = len(self.operations) - 1
        self._of_writing, codes = self._classes()
        shape = (len(STRUCTURES), *[len(self.operations)] * NODES)
        super().__init__(name, shape, _digits(codes, shape))
        self._around: dict[Arch, list[Arch]] = {}
        self._writings: tuple[np.ndarray, np.ndarray] | None = None

    def canonical(self, links: Sequence[int], operations: Sequence[int]) -> Arch:
        """The architecture of a writing: what each node reads, and its operation.

        A skip does nothing if other nodes read it, if it is alone in reading its source, or if it reads the raw input:
        such skips come first, in a chain from the input. The other nodes are numbered so that the structure and then the
        operations come as early as they can. A skip that is left joins its source to the output beside the nodes that
        read the same source.

        Raises :class:`~nasbed.errors.ArchitectureError` where nothing but skips is left, or for what is no writing.
        """
        known = len(self.operations)
        try:
            links, operations = tuple(map(as_index, links)), tuple(map(as_index, operations))
            fits = links in LINKS and len(operations) == NODES and all(0 <= one < known for one in operations)
        except TypeError:
            fits = False
        if not fits:
            raise ArchitectureError(
                f"{shown(links)}, {shown(operations)} is no writing of an architecture: expected {NODES} links, each to 0 or an"
                f" earlier node, and {NODES} operations below {known}"
            )
        skips = tuple(operation == self._skip for operation in operations)
        if all(skips):
            raise ArchitectureError("all four operations are skip: there is no network")
        structure, orders = _orders(links, skips)
        return (structure, *min(tuple(operations[node] for node in order) for order in orders))

    def _classes(self) -> tuple[np.ndarray, np.ndarray]:
        """For each writing (links, then operations) the index of its architecture, -1 where all are skips; and the code of
        each architecture, ascending: its numbers as the digits of one.
        """
        import numpy as np

        base = len(self.operations)
        writings = np.array(list(itertools.product(range(base), repeat=NODES)))
        weights = base ** np.arange(NODES - 1, -1, -1)
        masks = (writings == self._skip) @ (1 << np.arange(NODES))
        codes = np.full((len(LINKS), len(writings)), -1)
        for place, links in enumerate(LINKS):
            for mask in range((1 << NODES) - 1):
                rows = np.flatnonzero(masks == mask)
                structure, orders = _orders(links, tuple(bool(mask >> node & 1) for node in range(NODES)))
                smallest = np.min([writings[rows][:, order] @ weights for order in orders], axis=0)
                codes[place, rows] = structure * base**NODES + smallest
        known, indices = np.unique(codes, return_inverse=True)
        return indices.ravel() - 1, known[1:]

    def key(self, arch: Arch) -> int:
        """The published key: the numbers of ``arch`` as decimal digits, operations as in :data:`OPERATIONS`."""
        structure, *operations = self._own(arch)
        published = [OPERATIONS.index(self.operations[operation]) for operation in operations]
        return int("".join(map(str, (structure, *published))))

    def neighbours(self, arch: Arch) -> list[Arch]:
        """The architectures one change of a writing away, in the order of their indices."""
        arch = self._own(arch)
        if arch not in self._around:
            self._around[arch] = self._changed(arch)
        return list(self._around[arch])

    def _changed(self, arch: Arch) -> list[Arch]:
        import numpy as np

        if self._writings is None:
            order = np.argsort(self._of_writing, kind="stable")
            self._writings = order, np.searchsorted(self._of_writing[order], np.arange(len(self) + 1))
        order, starts = self._writings
        index = self.index(arch)
        writings = order[starts[index] : starts[index + 1]]
        found: set[int] = set()
        step = len(self._of_writing)
        for count in (*range(1, NODES + 1), *[len(self.operations)] * NODES):
            step //= count
            first = writings - writings // step % count * step
            for value in range(count):
                found.update(self._of_writing[first + value * step].tolist())
        return [self.archs[other] for other in sorted(found - {index, -1})]

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision, drawn uniformly from its neighbours."""
        return rng.choice(self.neighbours(arch))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """The structure and each operation come from either parent with probability 1/2, drawn again while that is not
        canonical: a mixture uniform among those in the space, the parents included.
        """
        first, second = self._own(first), self._own(second)
        while True:
            child = tuple(a if rng.random() < 0.5 else b for a, b in zip(first, second, strict=True))
            if child in self:
                return child

    def parse(self, text: str) -> Arch:
        """The architecture of ``|op~source|op~source|op~source|op~source|``, in any writing, or of an index.

        >>> NASBenchGraphSpace().parse("|gcn~0|skip~1|gcm~2|fc~3|")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: unknown operation 'gcm' of node 3; known: gat, gcn, gin, cheb, sage, ...
        """
        stripped = self._written(text)
        if (numbered := self._numbered(stripped)) is not None:
            return numbered
        nodes = [_NODE.fullmatch(node) for node in stripped.removeprefix("|").removesuffix("|").split("|")]
        if len(nodes) != NODES or not all(nodes):
            raise ArchitectureError(
                f"malformed architecture {text[:80]!r}; the form is |op~source|op~source|op~source|op~source|"
            )
        links, operations = [], []
        for place, node in enumerate(nodes, 1):
            assert node is not None
            operation, source = node.groups()
            if operation not in self.operations:
                known = ", ".join(self.operations)
                raise ArchitectureError(f"unknown operation {operation[:24]!r} of node {place}; known: {known}")
            if len(source) > 1 or int(source) >= place:
                raise ArchitectureError(f"node {place} reads {source[:24]}; expected 0, the input, or a node before it")
            links.append(int(source))
            operations.append(self.operations.index(operation))
        return self.canonical(links, operations)

    def format(self, arch: Arch) -> str:
        """The canonical writing of an architecture, ``|op~source|op~source|op~source|op~source|``."""
        structure, *operations = self._own(arch)
        nodes = zip(operations, STRUCTURES[structure], strict=True)
        return "|" + "".join(f"{self.operations[operation]}~{source}|" for operation, source in nodes)

    def _expected(self) -> str:
        return f"{super()._expected()}, and one of the {len(self):,} canonical writings (parse and canonical give them)"

    def _adjacency(self, arch: Arch) -> np.ndarray:
        """The 4 x 4 matrix of (source, node), sources from the input on, row by row, then each node's operation one-hot."""
        import numpy as np

        structure, *operations = arch
        links = np.zeros((NODES, NODES))
        links[STRUCTURES[structure], range(NODES)] = 1.0
        return np.concatenate([links.ravel(), np.eye(len(self.operations))[operations].ravel()])

    def _operations(self, arch: Arch) -> np.ndarray:
        """How many nodes have each operation."""
        import numpy as np

        return np.bincount(arch[1:], minlength=len(self.operations)).astype(float)


def proteins_space() -> NASBenchGraphSpace:
    """The 2,021 architectures that were trained on ogbn-proteins: those of five operations."""
    return NASBenchGraphSpace(("gcn", "sage", "arma", "fc", "skip"), "nasbench_graph_proteins")


@cache
def _orders(links: tuple[int, ...], skips: tuple[bool, ...]) -> tuple[int, list[list[int]]]:
    """The structure of a writing once the skips that do nothing are in front, and every numbering of its nodes that has it:
    for each place the node of the writing that stands there.
    """
    parents, idle = list(links), []
    moved = True
    while moved:
        moved = False
        for node in range(NODES):
            if not skips[node] or node in idle:
                continue
            others = [other for other in range(NODES) if other != node and other not in idle]
            read = [other for other in others if parents[other] == node + 1]
            alone = all(parents[other] != parents[node] for other in others)
            if read or alone or parents[node] == 0:
                for other in read:
                    parents[other] = parents[node]
                idle.append(node)
                moved = True
    working = [node for node in range(NODES) if node not in idle]
    found: dict[int, list[list[int]]] = {}
    for numbering in itertools.permutations(working):
        order = idle + list(numbering)
        place = {node + 1: number for number, node in enumerate(order, 1)} | {0: len(idle)}
        written = (*range(len(idle)), *(place[parents[node]] for node in numbering))
        if written in STRUCTURES:
            found.setdefault(STRUCTURES.index(written), []).append(order)
    ((structure, orders),) = found.items()
    return structure, orders


def _digits(codes: np.ndarray, shape: tuple[int, ...]) -> list[Arch]:
    """Codes as tuples of their digits."""
    import numpy as np

    return list(zip(*(digits.tolist() for digits in np.unravel_index(codes, shape)), strict=True))
