"""The cell of NAS-Bench-201 (Dong and Yang, ICLR 2020, arXiv 2001.00326), also NATS-Bench's topology space.

Four nodes, an edge from every node to every later one, and one of five operations on each of the six edges. An
architecture is six integers, one an edge in the order of its string: 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.errors import ArchitectureError, shown
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of each position."""
PATHS = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The positions of the edges of each path from input to output."""

TRAINED_BY = """
    [network]
    channels = 16
    cells = 5
    stages = 3
    [recipe]
    epochs = 200
    batch = 256
    rate = 0.1
    momentum = 0.9
    decay = 5e-4
    """
"""Network and recipe of the published trainings (section 2 and Table 5 of the paper)."""

_NONE = OPERATIONS.index("none")
_CODE = {name: code for code, name in enumerate(OPERATIONS)}
# An edge is drawn by its target, uniformly of three, then uniformly among the edges into it, then one of the four
# other operations: 18 x 4 equally likely cases.
_MOVES = tuple(
    (edge, shift) for edge in (0,) * 6 + (1,) * 3 + (2,) * 3 + (3,) * 2 + (4,) * 2 + (5,) * 2 for shift in range(4)
)


def decisions() -> dict[str, tuple[str, ...]]:
    """The edges, target first, and the operations on each."""
    return {f"{target}←{source}": OPERATIONS for source, target in EDGES}


def official_order() -> list[Arch]:
    """All 15,625 architectures in the order of the official files.

    The official list is the product of the operations over the edges after ``random.seed(88); random.shuffle``. The
    shuffle is written out because Python promises the bits of its generator, not the algorithm of ``shuffle``.
    """
    archs = list(itertools.product(range(len(OPERATIONS)), repeat=len(EDGES)))
    bits = random.Random(88).getrandbits
    for i in range(len(archs) - 1, 0, -1):
        width = (i + 1).bit_length()
        j = bits(width)
        while j > i:
            j = bits(width)
        archs[i], archs[j] = archs[j], archs[i]
    return archs


class NASBench201Space(ProductSpace):
    """The 15,625 cells, numbered in the official order.

    Encodings: ``one_hot`` (30 entries), ``adjacency`` (16) and ``path`` (155), all injective, and ``operations``, how many edges
    have each (5).

    >>> space = NASBench201Space()
    >>> arch = space.parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|")
    >>> arch, space.index(arch), len(space.neighbours(arch))
    ((3, 0, 3, 1, 0, 1), 11472, 24)
    """

    encodings = ("one_hot", "adjacency", "path", "operations")
    ambiguous = ("operations",)

    def __init__(self) -> None:
        super().__init__("nasbench201", (len(OPERATIONS),) * len(EDGES), official_order())

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """One edge gets another operation, as in the benchmark's own code: a target node is drawn uniformly, then an
        edge into it, so that the edge into the first node is drawn three times as often as each edge into the last.
        """
        edge, operation = _MOVES[int(rng.random() * 72)]
        try:
            # changed(arch, edge, operation), written out: the call would be felt in the loop
            return (*arch[:edge], operation + (operation >= arch[edge]), *arch[edge + 1 :])
        except (TypeError, IndexError, ValueError):
            self.require(arch)
            raise

    def parse(self, text: str) -> Arch:
        """The architecture of an official string ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``, or of an index.

        >>> NASBench201Space().parse("|nor_conv_3x3~0|+|nor_conv~0|skip_connect~1|+|none~0|none~1|none~2|")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: unknown operation 'nor_conv' on edge 2<-0 (character 19); known: ...
        """
        stripped = self._written(text)
        numbered = self._numbered(stripped)
        return _parse(stripped) if numbered is None else numbered

    def format(self, arch: Arch) -> str:
        """The official string of a cell, ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        return "+".join("|" + "".join(f"{name}~{source}|" for name, source in edges) for edges in self.nodes(arch))

    def _adjacency(self, arch: Arch) -> np.ndarray:
        """The 4 x 4 matrix of (source, target) with the operation's number + 1 on each edge, row by row."""
        import numpy as np

        matrix = np.zeros((4, 4))
        for operation, edge in zip(arch, EDGES, strict=True):
            matrix[edge] = operation + 1
        return matrix.ravel()

    def _path(self, arch: Arch) -> np.ndarray:
        """155 entries, one for each sequence of one, two or three operations, set where a path from input to output
        carries it (White et al., BANANAS, AAAI 2021, section 3.1).
        """
        import numpy as np

        base = len(OPERATIONS)
        vector = np.zeros(base + base**2 + base**3)
        for path in PATHS:
            number = 0
            for edge in path:
                number = number * base + arch[edge]
            vector[sum(base**n for n in range(1, len(path))) + number] = 1.0
        return vector

    def pruned(self, arch: Arch) -> Arch:
        """``arch`` with ``none`` on every edge that is on no path of other operations from input to output.

        9,445 of these are distinct.
        """
        arch = self._own(arch)
        live = {edge for path in PATHS if all(arch[e] != _NONE for e in path) for edge in path}
        return tuple(operation if edge in live else _NONE for edge, operation in enumerate(arch))

    def connected(self, arch: Arch) -> bool:
        """Whether the input reaches the output; 15,284 do."""
        return any(operation != _NONE for operation in self.pruned(arch))

    def nodes(self, arch: Arch) -> list[tuple[tuple[str, int], ...]]:
        """For each node after the input its incoming edges, (operation, source)."""
        edges = list(zip(self._own(arch), EDGES, strict=True))
        return [
            tuple((OPERATIONS[operation], source) for operation, (source, to) in edges if to == target)
            for target in (1, 2, 3)
        ]

    def expression(self, arch: Arch, *, zeros: bool = True) -> str:
        """The cell as :func:`unique_string`, equal for cells that the published rules call isomorphic.

        6,466 are distinct, without ``zeros`` 12,751.
        """
        return unique_string(self.nodes(arch), zeros)

    def canonical(self, arch: Arch) -> Arch:
        """The representative of the isomorphic cells of ``arch``: the one of smallest index. 6,466 are distinct."""
        return self.archs[self.classes[self.require(arch)]]

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """For each index the smallest index of an isomorphic cell."""
        first: dict[str, int] = {}
        return tuple(first.setdefault(self.expression(arch), index) for index, arch in enumerate(self.archs))


def unique_string(nodes: Iterable[Iterable[tuple[str, int]]], zeros: bool | None = True) -> str:
    """The published string of a cell (section 2.1 of the paper; ``to_unique_str`` of the official packages).

    ``nodes`` holds for each node after the input its incoming edges, (operation, source). The inputs of a node are added,
    in alphabetical order of their text. A skip stands for its input and, with ``zeros``, an edge with ``none``, or out of a
    node that is itself one such edge, stands for ``#``; ``zeros=None`` writes both out as operations. Sums are not
    flattened, so two cells that differ only in how a sum is nested may have two strings.

    >>> nodes = [[("nor_conv_1x1", 0)], [("none", 0), ("skip_connect", 1)]]
    >>> unique_string(nodes), unique_string(nodes, zeros=False)
    ('#+(0)@nor_conv_1x1', '(0)@none+(0)@nor_conv_1x1')
    """
    texts = ["0"]
    for edges in nodes:
        texts.append("+".join(sorted(_term(operation, texts[source], zeros) for operation, source in edges)))
    return texts[-1]


def _term(operation: str, source: str, zeros: bool | None) -> str:
    if zeros and (operation == "none" or source == "#"):
        return "#"
    if operation == "skip_connect" and zeros is not None:
        return source
    return f"({source})@{operation}"


def _parse(text: str) -> Arch:
    codes: list[int] = []
    at = 0

    def malformed(expected: str) -> ArchitectureError:
        found = repr(text[at : at + 12]) if at < len(text) else "the end"
        return ArchitectureError(
            f"malformed architecture {shown(text)}: expected {expected} at character {at + 1}, found {found};"
            " the form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        )

    def expect(token: str) -> None:
        nonlocal at
        if not text.startswith(token, at):
            raise malformed(repr(token))
        at += len(token)

    for place, (source, target) in enumerate(EDGES):
        if place in (1, 3):
            expect("+")
        if place in (0, 1, 3):
            expect("|")
        end = text.find("~", at)
        name = text[at : end if end >= 0 else None]
        if not name:
            raise malformed("an operation")
        if name not in _CODE:
            raise ArchitectureError(
                f"unknown operation {name[:24]!r} on edge {target}<-{source} (character {at + 1});"
                f" known: {', '.join(OPERATIONS)}"
            )
        codes.append(_CODE[name])
        at += len(name)
        expect(f"~{source}|")
    if at != len(text):
        raise ArchitectureError(f"malformed architecture {shown(text)}: {shown(text[at:])} after the last edge")
    return tuple(codes)
