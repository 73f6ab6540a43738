"""Spaces in which every decision is independent of the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.protocol import Arch

if TYPE_CHECKING:
    from nasbed.streams import Stream


class ProductSpace(EnumeratedSpace):
    """Every combination of ``choices`` is an architecture; ``archs`` gives their order."""

    def __init__(self, name: str, choices: Sequence[int], archs: Sequence[Arch]) -> None:
        super().__init__(name, choices, archs)
        if len(self._codes) != prod(self.choices):
            raise ValueError(f"{name}: {len(self._codes)} architectures, expected {prod(self.choices)}")

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures at Hamming distance 1, by position and then by value."""
        arch = self._own(arch)
        return [
            (*arch[:place], value, *arch[place + 1 :])
            for place, count in enumerate(self.choices)
            for value in range(count)
            if value != arch[place]
        ]

    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent with probability 1/2."""
        pairs = zip(self._own(first), self._own(second), strict=True)
        return tuple(a if rng.random() < 0.5 else b for a, b in pairs)
