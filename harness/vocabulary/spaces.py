"""What a space of architectures is: how they are numbered, drawn, changed, written and encoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

from nasbed.errors import ArchitectureError
from nasbed.streams import Stream
from nasbed.vocabulary.proposals import Arch

if TYPE_CHECKING:
    import numpy as np


class Space(Protocol):
    """The architectures that may be proposed.

    ``index`` numbers them and raises ``KeyError`` for anything outside; :meth:`at` is its inverse. Numbers are Python integers from
    0 up, below ``size``, and 0 is always the number of an architecture. A space may be too large to be listed; one that lists its
    architectures is an :class:`EnumerableSpace`. ``choices`` holds the number of values of each decision.
    """

    name: str
    choices: tuple[int, ...]
    index: Callable[[Arch], int]

    @property
    def size(self) -> int:
        """One more than the highest number of an architecture; for a space that lists its architectures, how many there are."""

    @property
    def encodings(self) -> tuple[str, ...]:
        """The names of the encodings that :meth:`encode` can make."""

    def __contains__(self, arch: object) -> bool: ...

    def at(self, index: int) -> Arch:
        """The architecture of a number; raises :class:`~nasbed.errors.ArchitectureError` where there is none."""

    def sample(self, rng: Stream) -> Arch:
        """An architecture of the space, drawn uniformly. Where the space has no list and decisions do not always count, each
        decision that counts may be drawn uniformly instead.
        """

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision."""

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures that differ from ``arch`` in one decision, in a fixed order; for ordered decisions with many values,
        only those one step away.
        """

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent with equal probability."""

    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        """A float vector of ``arch`` in one of ``encodings``."""

    def require(self, arch: Arch) -> int:
        """The index of ``arch``; raises :class:`~nasbed.errors.ArchitectureError` outside the space."""

    def parse(self, text: str) -> Arch:
        """The architecture that ``text`` writes; raises :class:`~nasbed.errors.ArchitectureError`."""

    def format(self, arch: Arch) -> str:
        """The text of an architecture; the inverse of :meth:`parse`."""


class EnumerableSpace(Space, Protocol):
    """A space that lists its architectures: ``archs`` holds them in the order of their numbers, which are all below its length.

    Whatever goes through a whole space asks for this, by :func:`is_enumerable`: exhaustive search, landscapes, true fronts, models
    that score every candidate.
    """

    archs: tuple[Arch, ...]

    def __len__(self) -> int: ...

    def encode_all(self, encoding: str = "one_hot") -> np.ndarray:
        """The vectors of all architectures, (architectures, entries) of float32 in the order of ``archs``; made once for all
        searches, so it is read-only.
        """


def is_enumerable(space: Space) -> TypeGuard[EnumerableSpace]:
    """Whether a space lists its architectures. It asks the class, which takes no time: ``isinstance`` of a protocol looks for
    every member in the object, and would make a list that is made on demand.
    """
    return hasattr(type(space), "__len__") and hasattr(type(space), "encode_all")


class ConditionalSpace(Space, Protocol):
    """A space in which some decisions count only where others have certain values. One that does not count is 0, so that each
    architecture is written once.
    """

    def counting(self, arch: Arch) -> list[int]:
        """The places of the decisions that count in an architecture, ascending."""

    def canonical(self, arch: Arch) -> Arch:
        """The architecture with 0 for each decision that does not count; raises :class:`~nasbed.errors.ArchitectureError` for one
        that cannot be built.
        """


def is_conditional(space: Space) -> TypeGuard[ConditionalSpace]:
    """Whether a space has decisions that do not always count; it asks the class, as :func:`is_enumerable` does."""
    return hasattr(type(space), "counting")


def architecture_of(space: Space, drawn: Arch) -> Arch | None:
    """The architecture for which values of all decisions stand, when a strategy draws them one by one; ``None`` where there is
    none.
    """
    if drawn in space:
        return drawn
    if not is_conditional(space):
        return None
    try:
        return space.canonical(drawn)
    except ArchitectureError:
        return None


def counting(space: Space, arch: Arch) -> list[int]:
    """The places of the decisions that count in an architecture: all of them, unless the space has others."""
    return space.counting(arch) if is_conditional(space) else list(range(len(arch)))


class OrderedSpace(Space, Protocol):
    """A space in which the values of some decisions have an order, as numbers have, and are numbered in it."""

    def ordered(self) -> tuple[bool, ...]:
        """For each decision whether its values have an order."""


def ordered(space: Space) -> tuple[bool, ...]:
    """For each decision of a space whether its values have an order: none has, unless the space says so."""
    said: Callable[[Space], tuple[bool, ...]] | None = getattr(type(space), "ordered", None)
    return (False,) * len(space.choices) if said is None else said(space)


class Graph(NamedTuple):
    """A cell as a directed acyclic graph: the label of each vertex, which comes after the vertices that it reads, and the edges,
    source first.

    ``outputs`` are the vertices that the cell hands on. ``ordered`` are the vertices whose inputs have an order that matters; it is
    the order of the edges.
    """

    labels: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    outputs: frozenset[int]
    ordered: frozenset[int] = frozenset()


def graph_of(space: Space, arch: Arch) -> Graph | None:
    """The graph of an architecture, with operations as vertices; ``None`` where the space has no method ``graph``."""
    said: Callable[[Space, Arch], Graph] | None = getattr(type(space), "graph", None)
    return None if said is None else said(space, arch)


Half = Literal["architecture", "hyperparameters"]
"""A part of a joint space."""


@runtime_checkable
class JointSpace(Protocol):
    """A space in which some decisions belong to the architecture and the others are hyperparameters of its training.

    ``default`` is the configuration whose values a frozen half takes by default.
    """

    default: Arch

    def subspace(self, searched: Half, at: Arch) -> Space:
        """The subspace in which the decisions of ``searched`` are free, and each other decision has one value: that of ``at``,
        numbered 0.
        """

    def complete(self, arch: Arch, searched: Half, at: Arch) -> Arch:
        """The architecture of this space for which ``arch`` stands in the subspace of ``searched`` and ``at``."""
