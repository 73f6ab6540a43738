"""Spaces in which every decision is independent of the others: listed, or numbered by mixed radix where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.streams import Stream


class _Independent(CodedSpace):
    """Every combination of ``choices`` is an architecture."""

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


class ProductSpace(_Independent, EnumeratedSpace):
    """Every combination of ``choices`` is an architecture; ``archs`` gives their order."""

    def __init__(self, name: str, choices: Sequence[int], archs: Sequence[Arch]) -> None:
        super().__init__(name, choices, archs)
        if len(self._codes) != prod(self.choices):
            raise ValueError(f"{name}: {len(self._codes)} architectures, expected {prod(self.choices)}")


class MixedRadixSpace(_Independent):
    """Every combination of ``choices`` is an architecture, and none is listed: there may be any number of them.

    An architecture's number is that of its decisions as digits, each to the base of its choices; the last decision changes
    first. Python's integers hold it, however large.
    """

    def __init__(self, name: str, choices: Sequence[int]) -> None:
        super().__init__(name, choices)
        self._size = prod(self.choices)
        self.index = self._number

    @property
    def size(self) -> int:
        """How many architectures the space has."""
        return self._size

    def __contains__(self, arch: object) -> bool:
        try:
            self._number(arch)  # type: ignore[arg-type]  # what is no architecture has no number
        except KeyError:
            return False
        return True

    def _number(self, arch: Arch) -> int:
        if not isinstance(arch, tuple):
            raise KeyError(arch)
        number = 0
        try:
            for value, count in zip(arch, self.choices, strict=True):
                digit = int(value)
                if digit != value or not 0 <= digit < count:
                    raise KeyError(arch)
                number = number * count + digit
        except (TypeError, ValueError, OverflowError):
            raise KeyError(arch) from None
        return number

    def _at(self, index: int) -> Arch:
        left, values = int(index), []
        for count in reversed(self.choices):
            left, value = divmod(left, count)
            values.append(value)
        return tuple(reversed(values))

    def sample(self, rng: Stream) -> Arch:
        """An architecture, uniformly: each decision by a draw of its own."""
        return tuple(rng.below(count) for count in self.choices)
