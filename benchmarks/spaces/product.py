"""Spaces in which every decision is independent of the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING

from nasbed.errors import ArchitectureError, unknown
from nasbed.protocol import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream


class ProductSpace(ABC):
    """Architectures that take one of ``choices[i]`` values in each position ``i``.

    ``archs`` lists them in the order of their indices, and ``index`` is the inverse: one dictionary look-up, which is
    also the test of membership (``KeyError`` outside).
    """

    name: str
    choices: tuple[int, ...]
    archs: tuple[Arch, ...]
    index: Callable[[Arch], int]
    encodings: tuple[str, ...] = ("one_hot",)

    def __init__(self, name: str, choices: Sequence[int], archs: Sequence[Arch]) -> None:
        self.name = name
        self.choices = tuple(choices)
        self.archs = tuple(archs)
        self._codes = dict(zip(self.archs, range(len(archs)), strict=True))
        self.index = self._codes.__getitem__
        if len(self._codes) != prod(self.choices):
            raise ValueError(f"{name}: {len(self._codes)} architectures, expected {prod(self.choices)}")

    def __len__(self) -> int:
        return len(self.archs)

    def __contains__(self, arch: object) -> bool:
        try:
            return arch in self._codes
        except TypeError:
            return False

    def require(self, arch: Arch) -> int:
        """The index of ``arch``; raises :class:`~nasbed.errors.ArchitectureError` outside the space."""
        if arch not in self:
            raise ArchitectureError(
                f"{arch!r} is outside the space {self.name!r}: expected a tuple of {len(self.choices)} integers,"
                f" each below {self.choices}"
            )
        return self.index(arch)

    def sample(self, rng: Stream) -> Arch:
        """An architecture, uniformly."""
        return self.archs[int(rng.random() * len(self.archs))]

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures at Hamming distance 1, by position and then by value."""
        self.require(arch)
        return [
            (*arch[:place], value, *arch[place + 1 :])
            for place, count in enumerate(self.choices)
            for value in range(count)
            if value != arch[place]
        ]

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent with probability 1/2."""
        self.require(first)
        self.require(second)
        return tuple(a if rng.random() < 0.5 else b for a, b in zip(first, second, strict=True))

    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        """A float vector of ``arch`` in one of ``encodings``; ``one_hot`` has ``sum(choices)`` entries."""
        self.require(arch)
        if encoding not in self.encodings:
            raise unknown("encoding", encoding, self.encodings, self.name)
        vector: np.ndarray = getattr(self, f"_{encoding}")(arch)
        return vector

    def _one_hot(self, arch: Arch) -> np.ndarray:
        import numpy as np

        vector = np.zeros(sum(self.choices))
        start = 0
        for value, count in zip(arch, self.choices, strict=True):
            vector[start + value] = 1.0
            start += count
        return vector

    @abstractmethod
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision."""

    @abstractmethod
    def parse(self, text: str) -> Arch:
        """The architecture that ``text`` writes; raises :class:`~nasbed.errors.ArchitectureError`."""

    @abstractmethod
    def format(self, arch: Arch) -> str:
        """The text of an architecture; the inverse of :meth:`parse`."""
