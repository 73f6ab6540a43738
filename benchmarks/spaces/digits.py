"""Product spaces whose architectures are written as digits, one a decision."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from nasbed.benchmarks.spaces.base import CodedSpace, changed, is_number
from nasbed.benchmarks.spaces.product import MixedRadixSpace, ProductSpace
from nasbed.errors import ArchitectureError
from nasbed.streams import Stream
from nasbed.vocabulary import Arch


class _Digits(CodedSpace):
    """How architectures are changed and written, each decision with two to ten values: by digits from ``first`` on."""

    first: int = 0

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture in which one decision, drawn uniformly, takes another of its values, drawn uniformly."""
        self.require(arch)
        place = rng.below(len(arch))
        return changed(arch, place, rng.below(self.choices[place] - 1))

    def parse(self, text: str) -> Arch:
        """The architecture of its digits; a number of fewer digits than there are decisions is an index.

        >>> DigitSpace("example", (3, 3)).parse("7")
        (2, 1)
        >>> DigitSpace("example", (3, 3)).parse("31")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: malformed architecture '31': expected 2 digits, each below (3, 3)
        """
        digits = self._written(text)
        number = is_number(digits) and len(digits) <= len(self.choices)
        if number and len(digits) < len(self.choices) and int(digits) < self.size:
            return self.at(int(digits))
        arch = tuple(int(digit) - self.first for digit in digits) if number else ()
        if arch not in self:
            begin = f" from {self.first} on" if self.first else ""
            most = tuple(count + self.first for count in self.choices)
            raise ArchitectureError(
                f"malformed architecture {text[:40]!r}: expected {len(self.choices)} digits{begin}, each below {most}"
            )
        return arch

    def format(self, arch: Arch) -> str:
        """The digits of an architecture, one for each decision."""
        return "".join(str(value + self.first) for value in self._own(arch))


class DigitSpace(_Digits, ProductSpace):
    """Architectures in the order of their digits, each decision with at most ten values; digits count from ``first``.

    >>> space = DigitSpace("example", (3, 3))
    >>> space.parse("21"), space.index((2, 1)), space.format((2, 1))
    ((2, 1), 7, '21')
    """

    def __init__(self, name: str, choices: Sequence[int], first: int = 0) -> None:
        self.first = first
        super().__init__(name, choices, list(itertools.product(*map(range, choices))))


class LongDigitSpace(_Digits, MixedRadixSpace):
    """The same where there are too many architectures to list them.

    >>> space = LongDigitSpace("example", (10,) * 15)
    >>> space.size, space.at(42), space.format(space.parse("42"))
    (1000000000000000, (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2), '000000000000042')
    """
