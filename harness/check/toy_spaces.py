"""Made-up spaces of kinds that other made-up tasks lack: with holes, and of cells."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import is_number
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.errors import ArchitectureError
from nasbed.streams import Stream
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np


class TriangleSpace(EnumeratedSpace):
    """Three decisions that may not fall: no product, so that most tuples within ``choices`` are no architecture."""

    def __init__(self) -> None:
        found = [arch for arch in itertools.product(range(4), range(5), range(6)) if arch[0] <= arch[1] <= arch[2]]
        super().__init__("triangle", (4, 5, 6), found)

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures that differ from ``arch`` in one decision, by position and then by value."""
        self.require(arch)
        changed = ((*arch[:i], value, *arch[i + 1 :]) for i, count in enumerate(self.choices) for value in range(count))
        return [other for other in changed if other != arch and other in self]

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision, drawn uniformly."""
        return rng.choice(self.neighbours(arch))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent, or the first parent where that is no architecture."""
        child = tuple(a if rng.random() < 0.5 else b for a, b in zip(first, second, strict=True))
        return child if child in self else first

    def parse(self, text: str) -> Arch:
        """The architecture that three digits write, none lower than the one before."""
        text = self._written(text)
        arch = tuple(map(int, text)) if is_number(text) else ()
        if arch not in self:
            raise ArchitectureError(f"malformed architecture {text[:40]!r}: expected three digits that do not fall")
        return arch

    def format(self, arch: Arch) -> str:
        """The three digits that write an architecture."""
        self.require(arch)
        return "".join(map(str, arch))


class CellSpace(DigitSpace):
    """The 729 cells of NAS-Bench-201 that are made of its first three operations, with the encodings of all."""

    encodings = NASBench201Space.encodings

    def __init__(self) -> None:
        super().__init__("cells", (3,) * 6)
        self._cells = NASBench201Space()

    def _adjacency(self, arch: Arch) -> np.ndarray:
        return self._cells.encode(arch, "adjacency")

    def _path(self, arch: Arch) -> np.ndarray:
        return self._cells.encode(arch, "path")
