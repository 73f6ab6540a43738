"""The space of NAS-Bench-101 (Ying et al., ICML 2019, arXiv 1902.09635): cells as labelled graphs, each network once.

A cell has up to seven vertices and nine edges. The first vertex is its input and the last its output; each other one sums what
it reads and applies one of three operations. Vertices that are on no path from input to output are no part of the cell, and
the order of the vertices does not matter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from nasbed.benchmarks.spaces import nasbench101_graphs as graphs
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.spaces.nasbench101_moves import neighbours_of
from nasbed.errors import ArchitectureError, OptionError, shown
from nasbed.numeric import require_whole, whole
from nasbed.vocabulary import Arch, Graph

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
"""The operations in the order of their numbers, by their official names."""
VERTICES, EDGES = 7, 9
"""The most vertices and edges of a cell, the input and the output included."""

_SHORT = tuple(name.split("-")[0] for name in OPERATIONS)
_TRIES = 1_000
"""Children that are no writing of a cell before the first parent is taken."""
_NODE = re.compile(r"\s*([^~|\s]+)\s*~\s*([0-9+\s]+)")
Operators = Literal["cells", "matrices"]


class NASBench101Space(EnumeratedSpace):
    """The 423,624 cells, or those of at most ``vertices`` vertices: in the order of their vertices, graphs and operations.

    An architecture is the upper triangle of an adjacency matrix of seven vertices, row by row, then the operations of the five
    inner vertices. The smallest graph and labelling of all writings stand for a cell; one of fewer vertices leaves the last
    inner ones without edges and with operation 0. :meth:`canonical` gives the cell of any matrix.

    Two cells are neighbours if an operation is another, an edge is added or removed, or a vertex is put on an edge u-w (which may
    stay) or taken from between its one source and its one reader; every vertex stays on a path. ``operators`` =
    ``matrices`` draws samples and mutants as the paper's code does instead, see :meth:`sample` and :meth:`mutate`.

    >>> space = NASBench101Space(vertices=5)
    >>> len(space), space.format(space.parse("|conv1x1~0|maxpool3x3~0+1|conv3x3~1|output~2|"))
    (2532, '|conv1x1~0|maxpool3x3~0+1|output~2|')
    """

    encodings = ("one_hot", "adjacency", "categorical_adjacency", "path", "categorical_path", "truncated_path")
    ambiguous = ("path", "categorical_path", "truncated_path")

    def __init__(self, vertices: int = VERTICES, operators: Operators = "cells") -> None:
        self.vertices = require_whole("vertices", vertices, 2, VERTICES)
        if operators not in ("cells", "matrices"):
            raise OptionError(f"operators = {shown(operators)}; expected 'cells' or 'matrices'")
        self.operators = operators
        self.pairs = graphs.pairs(self.vertices)
        self._inner = self.vertices - 2
        self._graphs: list[graphs.CellGraph] = []
        self._starts: list[int] = []
        self._start_of: dict[tuple[int, int], int] = {}
        archs: list[Arch] = []
        for count in range(2, self.vertices + 1):
            for graph in graphs.graphs(count, EDGES).values():
                self._graphs.append(graph)
                self._starts.append(len(archs))
                self._start_of[count, graph.code] = len(archs)
                bits, unused = self._written_in_full(graph), (0,) * (self.vertices - count)
                archs += [(*bits, *labels, *unused) for labels in graph.labelling.distinct]
        name = "nasbench101" if self.vertices == VERTICES else f"nasbench101, at most {self.vertices} vertices"
        super().__init__(name, (2,) * len(self.pairs) + (len(OPERATIONS),) * self._inner, archs)

    def _written_in_full(self, graph: graphs.CellGraph) -> Arch:
        """The upper triangle of a graph whose output is the last of all vertices."""
        last = {graph.vertices - 1: self.vertices - 1}
        edges = {(source, last.get(target, target)) for source, target in graphs.edges_of(graph.code, graph.vertices)}
        return tuple(int(pair in edges) for pair in self.pairs)

    # encodings

    def _vector(self, arch: Arch, encoding: str) -> np.ndarray:
        import numpy as np

        from nasbed.benchmarks.spaces.nasbench101_encodings import ENCODINGS

        _, labels, count = self.cell(self.index(arch))
        edges = [pair for pair, value in zip(self.pairs, arch, strict=False) if value]
        vector: np.ndarray = ENCODINGS[encoding](
            edges, np.array([labels], dtype=np.intp).reshape(1, count - 2), self.vertices
        )[0]
        return vector

    def _vectors(self, encoding: str) -> np.ndarray:
        import numpy as np

        from nasbed.benchmarks.spaces.nasbench101_encodings import ENCODINGS

        encoded, vectors = ENCODINGS[encoding], None
        for start, graph in zip(self._starts, self._graphs, strict=True):
            labels = np.array(graph.labelling.distinct, dtype=np.intp).reshape(
                len(graph.labelling.distinct), graph.vertices - 2
            )
            edges = [pair for pair, value in zip(self.pairs, self.archs[start], strict=False) if value]
            rows = encoded(edges, labels, self.vertices)
            if vectors is None:
                vectors = np.empty((len(self), rows.shape[1]), dtype=np.float32)
            vectors[start : start + len(rows)] = rows
        assert vectors is not None
        return vectors

    # cells and their writings

    def number(self, edges: Sequence[graphs.Edge], operations: Sequence[int], vertices: int) -> int:
        """The index of the cell that a graph of up to seven vertices and the operations of its inner ones are a writing of.

        Vertices on no path from input to output are left out. Raises :class:`~nasbed.errors.ArchitectureError` where nothing is
        left, or too much.
        """
        found = graphs.pruned(graphs.code_of(edges, vertices), vertices)
        if found is None:
            raise ArchitectureError("no path leads from the input to the output: there is no network")
        count = len(found.order)
        start = self._start_of.get((count, found.code))
        if start is None:
            raise ArchitectureError(
                f"the cell has {count} vertices and {found.code.bit_count()} edges on paths from input to output; expected at most"
                f" {self.vertices} vertices and {EDGES} edges"
            )
        labelling = self._graphs[bisect_right(self._starts, start) - 1].labelling
        return start + labelling.place[tuple(operations[vertex - 1] for vertex in found.order[1:-1])]

    def cell(self, index: int) -> tuple[tuple[graphs.Edge, ...], Arch, int]:
        """The edges, the operations of the inner vertices, and the number of vertices of a cell, in its smallest writing."""
        place = bisect_right(self._starts, index) - 1
        graph = self._graphs[place]
        labels = graph.labelling.distinct[index - self._starts[place]]
        return graphs.edges_of(graph.code, graph.vertices), labels, graph.vertices

    def graph(self, arch: Arch) -> Graph:
        """The cell of an architecture as a graph: its input, its operations, its output."""
        edges, labels, count = self.cell(self.require(arch))
        return Graph(("input", *(_SHORT[label] for label in labels), "output"), edges, frozenset({count - 1}))

    def canonical(self, arch: Arch) -> Arch:
        """The architecture that a matrix and operations of this form are a writing of; raises
        :class:`~nasbed.errors.ArchitectureError` for what has another form, no path, or too many edges.
        """
        form = isinstance(arch, tuple) and len(arch) == len(self.choices)
        values = [whole(value) for value in arch] if form else []
        if not form or not all(v is not None and 0 <= v < count for v, count in zip(values, self.choices, strict=True)):
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._form()}")
        edges = [pair for pair, value in zip(self.pairs, values, strict=False) if value]
        return self.archs[self.number(edges, [value or 0 for value in values[len(self.pairs) :]], self.vertices)]

    def counting(self, arch: Arch) -> list[int]:
        """The places of the decisions that count: every edge, and the operations of the vertices that the cell has."""
        edges, last = len(self.pairs), self.vertices - 1
        inside = {target for (_, target), value in zip(self.pairs, arch, strict=False) if value and target < last}
        return [*range(edges), *(edges + vertex - 1 for vertex in sorted(inside))]

    def _form(self) -> str:
        return super()._expected()

    def _expected(self) -> str:
        return f"{self._form()}, and the smallest writing of its cell (canonical gives it)"

    # operators

    def sample(self, rng: Stream) -> Arch:
        """A cell, uniformly; of ``matrices`` the cell of a matrix and operations drawn uniformly among those that are one."""
        if self.operators == "cells":
            return super().sample(rng)
        while True:
            bits = rng.below(1 << len(self.pairs))
            drawn = self._among((*(bits >> place & 1 for place in range(len(self.pairs))), *self._any(rng)))
            if drawn is not None:
                return drawn

    def _any(self, rng: Stream) -> list[int]:
        return [rng.below(len(OPERATIONS)) for _ in range(self._inner)]

    def _among(self, writing: Arch) -> Arch | None:
        try:
            return self.canonical(writing)
        except ArchitectureError:
            return None

    def neighbours(self, arch: Arch) -> list[Arch]:
        """The cells one change away, in the order of their indices."""
        return [self.archs[other] for other in self._around(self.require(arch))]

    def _around(self, index: int) -> list[int]:
        """The indices of the neighbours of a cell, ascending."""
        own = bisect_right(self._starts, index) - 1
        start, (count, code, (distinct, number)) = self._starts[own], self._graphs[own]
        labels = distinct[index - start]
        found = set()
        for graph, order in neighbours_of(count, code, self.vertices, EDGES):
            other, place = self._start_of[graph.vertices, graph.code], graph.labelling.place
            for fresh in range(len(OPERATIONS) if None in order else 1):
                found.add(other + place[tuple([fresh if at is None else labels[at] for at in order])])
        for at in range(len(labels)):
            for operation in range(len(OPERATIONS)):
                found.add(start + number[(*labels[:at], operation, *labels[at + 1 :])])
        found.discard(index)
        return sorted(found)

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A neighbour, drawn uniformly. Of ``matrices``, as the paper's code: every edge of the matrix flips with probability 1/7
        and every operation is another with probability 1/5, drawn again until that is a cell, which may be the parent.
        """
        if self.operators == "cells":
            return self.archs[rng.choice(self._around(self.require(arch)))]
        own = self._own(arch)
        edges = len(self.pairs)
        while True:
            flipped = [value ^ (rng.random() < 1 / self.vertices) for value in own[:edges]]
            changed = [
                (value + 1 + rng.below(len(OPERATIONS) - 1)) % len(OPERATIONS)
                if rng.random() < 1 / self._inner
                else value
                for value in own[edges:]
            ]
            mutant = self._among((*flipped, *changed))
            if mutant is not None:
                return mutant

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """Each decision from either parent with probability 1/2, drawn again while that is no smallest writing of a cell; the
        first parent where a thousand mixtures were none.
        """
        first, second = self._own(first), self._own(second)
        for _ in range(_TRIES):
            child = tuple([a if a == b or rng.random() < 0.5 else b for a, b in zip(first, second, strict=True)])
            if child in self._codes:
                return child
        return first

    # texts

    def parse(self, text: str) -> Arch:
        """The architecture of ``|op~sources|...|output~sources|``, in any order of the vertices, or of an index.

        Sources are joined by ``+``; 0 is the input, and vertices read those before them.

        >>> NASBench101Space(5).parse("|conv3x3~0|conv2x2~1|output~2|")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: unknown operation 'conv2x2' of vertex 2; known: conv3x3, conv1x1, maxpool3x3
        """
        stripped = self._written(text)
        if (numbered := self._numbered(stripped)) is not None:
            return numbered
        nodes = [_NODE.fullmatch(node) for node in stripped.removeprefix("|").removesuffix("|").split("|")]
        if not 0 < len(nodes) < self.vertices or not all(nodes):
            raise ArchitectureError(
                f"malformed architecture {text[:80]!r}; the form is |operation~source+source|...|output~source|, with at most"
                f" {self._inner} operations"
            )
        edges, operations = set(), []
        for vertex, node in enumerate(nodes, 1):
            assert node is not None
            name, sources = node.groups()
            known = _SHORT if vertex < len(nodes) else ("output",)
            short = name.split("-")[0]
            if short not in known or name not in (short, *OPERATIONS):
                expected = f"known: {', '.join(_SHORT)}" if vertex < len(nodes) else "the last vertex is the output"
                raise ArchitectureError(f"unknown operation {name[:24]!r} of vertex {vertex}; {expected}")
            if vertex < len(nodes):
                operations.append(known.index(short))
            for source in sources.split("+"):
                number = source.strip()
                if not number.isdecimal() or len(number) > 1 or int(number) >= vertex:
                    raise ArchitectureError(
                        f"vertex {vertex} reads {number[:24]!r}; expected 0, the input, or a vertex before it"
                    )
                edges.add((int(number), vertex))
        return self.archs[self.number(sorted(edges), operations, len(nodes) + 1)]

    def format(self, arch: Arch) -> str:
        """The smallest writing of a cell: ``|conv3x3~0|output~0+1|`` has two vertices that read the input."""
        edges, labels, count = self.cell(self.require(arch))
        names = [*(_SHORT[label] for label in labels), "output"]
        sources = ["+".join(str(a) for a, b in edges if b == vertex) for vertex in range(1, count)]
        return "|" + "".join(f"{name}~{read}|" for name, read in zip(names, sources, strict=True))


def size_of(vertices: int) -> int:
    """How many cells of at most so many vertices there are.

    >>> [size_of(vertices) for vertices in range(2, 8)]
    [1, 7, 91, 2532, 64542, 423624]
    """
    counted = (graphs.graphs(count, EDGES).values() for count in range(2, vertices + 1))
    return sum(len(graph.labelling.distinct) for found in counted for graph in found)
