"""Architectures of a larger space of which some were evaluated, so few of them that hardly two differ in one decision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.errors import ArchitectureError
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

_BLOCK = 1_000
"""Architectures of which all distances are known at once."""


class Writings(Protocol):
    """What a larger space says of its architectures: how they are written, each in one way."""

    name: str
    choices: tuple[int, ...]

    def counting(self, arch: Arch) -> list[int]:
        """The places of the decisions that count in an architecture, ascending."""

    def canonical(self, arch: Arch) -> Arch:
        """The one writing of an architecture; raises :class:`~nasbed.errors.ArchitectureError` for what is none."""

    def parse(self, text: str) -> Arch:
        """The architecture of a text; raises :class:`~nasbed.errors.ArchitectureError`."""

    def format(self, arch: Arch) -> str:
        """The text of an architecture."""

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions by name, and their values as texts."""


class SampledSpace(EnumeratedSpace):
    """The architectures ``archs`` of the space ``whole``, in the order of their numbers; texts are those of ``whole``.

    Neighbours are the ``nearest`` in the encoding ``near``, whose entries are 0 and 1, with all that are as near as the last of
    these, and those to which an architecture is one of the nearest. The distance is in how many entries two differ: of ``one_hot``
    two for a decision in which they differ, one for a decision that only one has. With ``stands`` the nearest, the first of
    several, stands for what is not listed where a strategy draws decision by decision (:meth:`canonical`): nearly all that is
    drawn so is of ``whole``, and none of the list.

    >>> from nasbed.benchmarks.spaces.hw_gpt import space_of
    >>> whole, layers = space_of("s"), "-2" * 10 + "-4" * 9
    >>> texts = [f"gpt-s-10-{width}{layers}-{heads}-True" for width, heads in ((192, 4), (192, 8), (768, 8))]
    >>> space = SampledSpace(whole, [whole.parse(text) for text in texts])
    >>> [[space.index(other) for other in space.neighbours(arch)] for arch in space.archs]
    [[1], [0, 2], [1]]
    """

    def __init__(
        self, whole: Writings, archs: Sequence[Arch], near: str = "one_hot", nearest: int = 1, stands: bool = False
    ) -> None:
        super().__init__(f"{whole.name}, {len(archs):,} measured", whole.choices, archs)
        self.whole = whole
        self.near = near
        self.nearest = nearest
        self.stands = stands

    def counting(self, arch: Arch) -> list[int]:
        """The places of the decisions that count in an architecture, ascending."""
        return self.whole.counting(arch)

    def canonical(self, arch: Arch) -> Arch:
        """The one writing of an architecture, with 0 in place of what does not count; for what is not listed the nearest, where it
        ``stands`` for that. Raises :class:`~nasbed.errors.ArchitectureError` where it does not, and for what is none of ``whole``.
        """
        own = self.whole.canonical(arch)
        return self._nearest_of(own) if self.stands and own not in self else self._own(own)

    def _nearest_of(self, arch: Arch) -> Arch:
        """The architecture that is nearest to one of the larger space, the first of several."""
        import numpy as np

        entries, counts = self._entries
        starts = np.cumsum((0, *self.choices[:-1]))
        there = self.whole.counting(arch)
        shared = entries[starts[there] + np.array(arch)[there]].sum(axis=0, dtype=np.int16)
        return self.archs[int((counts - 2 * shared).argmin())]

    @cached_property
    def _entries(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether each architecture has each value of each decision that counts in it, (values, architectures); and how many
        decisions count in it.
        """
        import numpy as np

        entries = np.ascontiguousarray(self.encode_all("one_hot").T.astype(np.uint8))
        return entries, entries.sum(axis=0, dtype=np.int16)

    @cached_property
    def _codes_by_decision(self) -> np.ndarray:
        """What each decision is in all architectures, (decisions, architectures)."""
        import numpy as np

        return np.array(self.archs, dtype=np.uint8).T.copy()

    @cached_property
    def _near(self) -> list[list[int]]:
        """The numbers of the neighbours of each architecture, ascending."""
        import numpy as np

        vectors, near = self.encode_all(self.near), [set[int]() for _ in self.archs]
        last = min(self.nearest, len(vectors) - 1) - 1
        values = vectors.sum(axis=1)
        for start in range(0, len(vectors) if len(vectors) > 1 else 0, _BLOCK):
            block = vectors[start : start + _BLOCK]
            distances = values[start : start + _BLOCK, None] + values - 2 * (block @ vectors.T)
            distances[np.arange(len(block)), start + np.arange(len(block))] = np.inf
            reach = np.partition(distances, last, axis=1)[:, last, None]
            for own, other in np.argwhere(distances <= reach).tolist():
                near[start + own].add(other)
                near[other].add(start + own)
        return [sorted(places) for places in near]

    def neighbours(self, arch: Arch) -> list[Arch]:
        """The nearest architectures, and those to which this is one of the nearest, in the order of their numbers."""
        return [self.archs[place] for place in self._near[self.require(arch)]]

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A neighbour, drawn uniformly from all of them."""
        return rng.choice(self.neighbours(arch))

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """An architecture that has each decision from either parent, drawn uniformly from those that are listed: often a parent."""
        import numpy as np

        parents = self.archs[self.require(first)], self.archs[self.require(second)]
        left = np.arange(len(self.archs))
        for codes, one, other in zip(self._codes_by_decision, *parents, strict=True):
            here = codes[left]
            left = left[(here == one) | (here == other)]
        return self.archs[rng.choice(left.tolist())]

    def parse(self, text: str) -> Arch:
        """The architecture of its text, or of an index; raises :class:`~nasbed.errors.ArchitectureError` for what is not listed."""
        written = self._written(text)
        if (numbered := self._numbered(written)) is not None:
            return numbered
        arch = self.whole.parse(written)
        if arch not in self:
            raise ArchitectureError(
                f"{written} was not measured: it is not among the {len(self):,} architectures of {self.name!r};"
                f" an index in 0 .. {len(self) - 1} is of one that is"
            )
        return arch

    def format(self, arch: Arch) -> str:
        """The text of an architecture."""
        return self.whole.format(self._own(arch))

    def _expected(self) -> str:
        return f"one of the {len(self):,} architectures that were measured"
