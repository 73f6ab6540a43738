"""The space of NAS-Bench-NLP (Klyuchnikov et al., arXiv 2006.07116), as far as its cells were trained: a list of graphs.

An architecture has five numbers for each node: its operation from 1 up, 0 where the cell has no such node; what it reads, in
three places, from 1 up, 0 for nothing; and the state that it makes, from 1 up, 0 for none. It is the canonical writing of its
cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.graph_encodings import adjacency, histogram, paths, vocabulary
from nasbed.benchmarks.spaces.recurrent_cells import (
    OPERATIONS,
    SOURCES,
    STATES,
    Cell,
    Node,
    cell_of,
    cell_of_recipe,
    format_cell,
    labels_of,
    parse_cell,
)
from nasbed.benchmarks.spaces.sampled import SampledSpace
from nasbed.errors import ArchitectureError, shown
from nasbed.numeric import whole
from nasbed.vocabulary import Arch, Graph

if TYPE_CHECKING:
    import numpy as np

READS = 3
"""The most inputs of a node."""
_NUMBERS = 2 + READS
"""Numbers of an architecture for each node."""
DEPTH = 2
"""How far a neighbourhood of a node reaches towards what it reads (Ru et al., NAS-BOWL, ICLR 2021)."""


class RecurrentCellWritings:
    """How cells of at most ``nodes`` nodes are written, as numbers and as texts; one that was never trained has a writing too.

    >>> writings = RecurrentCellWritings(2)
    >>> writings.parse("|linear~x+h0|tanh~1>h0|")
    (1, 1, 2, 0, 0, 2, 5, 0, 0, 1)
    >>> writings.choices
    (8, 5, 5, 5, 4, 8, 6, 6, 6, 4)
    """

    name = "nasbench_nlp"

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes
        self.choices = tuple(
            count
            for place in range(nodes)
            for count in (1 + len(OPERATIONS), *(1 + len(SOURCES) + place,) * READS, 1 + STATES)
        )

    def arch_of(self, cell: Cell) -> Arch:
        """The numbers of a cell."""
        numbers = [0] * len(self.choices)
        for place, (operation, reads, state) in enumerate(cell):
            start = place * _NUMBERS
            numbers[start] = 1 + operation
            numbers[start + 1 : start + 1 + len(reads)] = [1 + read for read in reads]
            numbers[start + _NUMBERS - 1] = state
        return tuple(numbers)

    def cell(self, arch: Arch) -> Cell:
        """The cell that numbers, each below its choices, are a writing of; raises :class:`~nasbed.errors.ArchitectureError`."""
        written = [arch[start : start + _NUMBERS] for start in range(0, len(arch), _NUMBERS)]
        there = [place for place, numbers in enumerate(written) if numbers[0]]
        number = {len(SOURCES) + place: len(SOURCES) + rank for rank, place in enumerate(there)}
        number |= {source: source for source in range(len(SOURCES))}
        found = []
        for place in there:
            operation, *reads, state = written[place]
            if lost := [read for read in reads if read and read - 1 not in number]:
                raise ArchitectureError(f"a node reads node {lost[0] - len(SOURCES)}, which the cell does not have")
            found.append(Node(operation - 1, tuple(number[read - 1] for read in reads if read), state))
        return cell_of(found, self.nodes)

    def canonical(self, arch: Arch) -> Arch:
        """The canonical writing of the cell that numbers are a writing of; raises :class:`~nasbed.errors.ArchitectureError`."""
        form = isinstance(arch, tuple) and len(arch) == len(self.choices)
        values = [whole(value) for value in arch] if form else []
        if not form or not all(v is not None and 0 <= v < count for v, count in zip(values, self.choices, strict=True)):
            raise ArchitectureError(
                f"{shown(arch)} is outside the space {self.name!r}: expected a tuple of {len(self.choices)} integers, five for"
                " each node, each below its number of choices"
            )
        return self.arch_of(self.cell(tuple(value or 0 for value in values)))

    def counting(self, arch: Arch) -> list[int]:
        """The places of the numbers that count: of all nodes of the cell, and the operation of one more, which it lacks."""
        present = sum(1 for start in range(0, len(arch), _NUMBERS) if arch[start])
        return list(range(min(present * _NUMBERS + 1, len(arch))))

    def parse(self, text: str) -> Arch:
        """The architecture of a text, or of a published recipe."""
        return self.arch_of((cell_of_recipe if text.lstrip().startswith("{") else parse_cell)(text, self.nodes))

    def format(self, arch: Arch) -> str:
        """The text of an architecture in its canonical writing."""
        return format_cell(self.cell(arch))

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """What each number says, and its choices in words."""
        found: dict[str, tuple[str, ...]] = {}
        for place in range(1, self.nodes + 1):
            before = ("nothing", *SOURCES, *(str(other) for other in range(1, place)))
            found[f"node {place}"] = ("none", *(operation.name for operation in OPERATIONS))
            found |= {f"node {place}: input {number}": before for number in range(1, READS + 1)}
            found[f"node {place}: state"] = ("none", *SOURCES[1:])
        return found


class NASBenchNLPSpace(SampledSpace):
    """The cells that were trained, by their texts. Neighbours are the nearest by neighbourhoods of their nodes.

    Encodings: ``one_hot`` of the numbers; ``adjacency``, the places of the matrix, row by row, and the label of each node;
    ``path``, an entry for each sequence of labels from what is read to a new state that some cell has;
    ``operations``, how often each occurs; and ``weisfeiler_lehman``, for each neighbourhood of a node up to two steps towards what
    it reads an entry for every count up to the most that a cell has, set where it has so many.

    >>> space = NASBenchNLPSpace(["|linear~x+h0|tanh~1>h0|", "|linear~x+h0|sigm~1>h0|", "|linear~x+h0|sum~1+h0|tanh~2>h0|"])
    >>> [space.index(other) for other in space.neighbours(space.at(0))], space.encode(space.at(2), "operations").tolist()
    ([1, 2], [1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    """

    encodings = ("one_hot", "adjacency", "path", "operations", "weisfeiler_lehman")
    ambiguous = ("adjacency", "path", "operations", "weisfeiler_lehman")

    def __init__(self, texts: Sequence[str]) -> None:
        cells = [parse_cell(text) for text in texts]
        self.writings = RecurrentCellWritings(max(map(len, cells)))
        super().__init__(
            self.writings, [self.writings.arch_of(cell) for cell in cells], near="weisfeiler_lehman", nearest=3
        )
        self._graphs = [_graph(cell) for cell in cells]

    def graph(self, arch: Arch) -> Graph:
        """The cell of an architecture as a graph: what it reads, then its nodes."""
        return self._graphs[self.require(arch)]

    @cached_property
    def _paths(self) -> list[tuple[str, ...]]:
        """The sequences of labels that paths of some cell have, the shortest first."""
        return sorted({one for graph in self._graphs for one in paths(graph)}, key=lambda one: (len(one), one))

    @cached_property
    def _neighbourhoods(self) -> list[tuple[str, int]]:
        return vocabulary(histogram(graph, DEPTH) for graph in self._graphs)

    def _adjacency(self, arch: Arch) -> np.ndarray:
        return adjacency(self.graph(arch), self._labels, len(SOURCES) + self.writings.nodes)

    def _path(self, arch: Arch) -> np.ndarray:
        import numpy as np

        there = paths(self.graph(arch))
        return np.array([float(one in there) for one in self._paths])

    def _operations(self, arch: Arch) -> np.ndarray:
        import numpy as np

        operations = [node.operation for node in self.writings.cell(arch)]
        return np.bincount(operations, minlength=len(OPERATIONS)).astype(float)

    def _weisfeiler_lehman(self, arch: Arch) -> np.ndarray:
        import numpy as np

        counts = histogram(self.graph(arch), DEPTH)
        return np.array([float(counts[name] >= least) for name, least in self._neighbourhoods])

    @cached_property
    def _labels(self) -> list[str]:
        return sorted({label for graph in self._graphs for label in graph.labels[len(SOURCES) :]})


def _graph(cell: Cell) -> Graph:
    """What a cell may read, then its nodes; an edge where one reads another, in the order in which it reads them."""
    edges = [(read, len(SOURCES) + place) for place, node in enumerate(cell) for read in node.reads]
    made = [len(SOURCES) + place for place, node in enumerate(cell) if node.state]
    ordered = [len(SOURCES) + place for place, node in enumerate(cell) if OPERATIONS[node.operation].ordered]
    return Graph((*SOURCES, *labels_of(cell)), tuple(edges), frozenset(made), frozenset(ordered))
