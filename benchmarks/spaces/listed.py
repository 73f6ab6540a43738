"""Spaces whose decisions have names, of which all combinations are there or only those that somebody has listed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.spaces.variables import Variable, VariableSpace
from nasbed.errors import ArchitectureError
from nasbed.vocabulary import Arch, Space

if TYPE_CHECKING:
    from nasbed.streams import Stream

_TRIES = 64
"""How often a mixture of two parents is drawn before the child is one of them."""


class ListedSpace(VariableSpace, EnumeratedSpace):
    """The architectures ``archs``, places of values of ``variables``, in the order of their numbers.

    Neighbours differ in one decision: where its values have an order, by the step to the next value that is there, up or down;
    else by any other value that is there. An architecture with no such neighbour is joined to those at the smallest Hamming
    distance, and they to it, so that no search is stuck. ``writing`` is a space that has texts of its own for the same decisions.

    >>> variables = [Variable("depth", (8, 16, 32)), Variable("block", ("conv", "pool"))]
    >>> space = ListedSpace("example", variables, [(0, 0), (2, 0), (2, 1)])
    >>> space.neighbours((2, 0)), space.parse("block=pool,depth=32"), space.format((0, 0))
    ([(0, 0), (2, 1)], (2, 1), 'depth=8,block=conv')
    >>> space.parse("depth=16,block=pool")
    Traceback (most recent call last):
    nasbed.errors.ArchitectureError: depth=16,block=pool is not among the 3 architectures of 'example'
    """

    def __init__(
        self, name: str, variables: Sequence[Variable], archs: Sequence[Arch], writing: Space | None = None
    ) -> None:
        super().__init__(name, [len(variable.values) for variable in variables], archs)
        self._declare(variables)
        self._writing = writing
        self.is_product = len(self.archs) == prod(self.choices)
        if writing is not None:
            self.encodings = ("one_hot",)

    @cached_property
    def _lines(self) -> dict[tuple[int, Arch], list[int]]:
        """The values that are there in each decision with all others as they are, ascending."""
        lines: dict[tuple[int, Arch], list[int]] = {}
        for arch in self.archs:
            for place, value in enumerate(arch):
                lines.setdefault((place, (*arch[:place], *arch[place + 1 :])), []).append(value)
        for values in lines.values():
            values.sort()
        return lines

    def _around(self, arch: Arch) -> list[list[Arch]]:
        """The neighbours by decision; of decisions that have some."""
        found = []
        for place, (value, variable) in enumerate(zip(arch, self.variables, strict=True)):
            before, after = arch[:place], arch[place + 1 :]
            line = range(self.choices[place]) if self.is_product else self._lines[place, (*before, *after)]
            at = value if self.is_product else line.index(value)
            others = [*line[:at], *line[at + 1 :]]
            if variable.ordered:
                others = [*line[max(at - 1, 0) : at], *line[at + 1 : at + 2]]
            if others:
                found.append([(*before, other, *after) for other in others])
        return found

    @cached_property
    def _joined(self) -> dict[Arch, list[Arch]]:
        """What is joined to make up for what has no neighbour by one decision, both ways."""
        import numpy as np

        joined: dict[Arch, list[Arch]] = {}
        everything = np.array(self.archs)
        for index, arch in enumerate(self.archs if len(self.archs) > 1 and not self.is_product else ()):
            if self._around(arch):
                continue
            distances = (everything != everything[index]).sum(axis=1)
            distances[index] = len(arch) + 1
            for other in np.flatnonzero(distances == distances.min())[: len(arch)].tolist():
                joined.setdefault(arch, []).append(self.archs[other])
                joined.setdefault(self.archs[other], []).append(arch)
        return {arch: list(dict.fromkeys(others)) for arch, others in joined.items()}

    @property
    def apart(self) -> int:
        """How many architectures have no neighbour that differs in one decision."""
        return sum(not self._around(arch) for arch in self.archs) if not self.is_product else 0

    def neighbours(self, arch: Arch) -> list[Arch]:
        """The neighbours by decision and value, then what is joined beside them."""
        arch = self._own(arch)
        return [*(other for others in self._around(arch) for other in others), *self._joined.get(arch, ())]

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A neighbour: a decision that has some is drawn uniformly, then one of its neighbours."""
        arch = self._own(arch)
        groups = [*self._around(arch), *([joined] if (joined := self._joined.get(arch)) else [])]
        return rng.choice(rng.choice(groups))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """Each decision comes from either parent with probability 1/2, drawn again while nothing like it is listed; after 64 draws
        the child is the first parent.
        """
        first, second = self._own(first), self._own(second)
        for _ in range(_TRIES):
            child = tuple(a if rng.random() < 0.5 else b for a, b in zip(first, second, strict=True))
            if child in self:
                return child
        return first

    def parse(self, text: str) -> Arch:
        """The architecture of its text, or of an index; raises :class:`~nasbed.errors.ArchitectureError` for what is not listed."""
        stripped = self._written(text)
        numbered = self._numbered(stripped)
        if numbered is not None:
            return numbered
        arch = self._read(stripped, self.archs[0]) if self._writing is None else self._writing.parse(stripped)
        if arch not in self:
            raise ArchitectureError(f"{stripped[:80]} is not among the {len(self):,} architectures of {self.name!r}")
        return arch

    def format(self, arch: Arch) -> str:
        """The text of an architecture: ``name=value`` for each decision, or as the space writes it that has texts of its own."""
        own = self._own(arch)
        return self._text(own) if self._writing is None else self._writing.format(own)
