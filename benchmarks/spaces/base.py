"""What every space of ours has, whether it lists its architectures or not."""

from __future__ import annotations

import re
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nasbed.errors import ArchitectureError, shown, unknown
from nasbed.numeric import whole
from nasbed.vocabulary import Arch, counting

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream


def changed(arch: Arch, place: int, other: int) -> Arch:
    """``arch`` with another value at a place: the one numbered ``other`` among those that it does not have there, from 0 up.

    >>> [changed((0, 1, 2), 1, other) for other in range(2)]
    [(0, 0, 2), (0, 2, 2)]
    """
    return (*arch[:place], other + (other >= arch[place]), *arch[place + 1 :])


def is_number(text: str) -> bool:
    """Whether a text is a whole number in the digits 0 to 9, without a sign.

    >>> is_number("007"), is_number("-1"), is_number("٣"), is_number("")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit()


class CodedSpace(ABC):
    """Architectures that take one of ``choices[i]`` values in each position ``i``, though not every combination need be one.

    ``index`` gives the number of an architecture, and ``KeyError`` outside of the space; :meth:`at` is the inverse.
    """

    name: str
    choices: tuple[int, ...]
    index: Callable[[Arch], int]
    encodings: tuple[str, ...] = ("one_hot",)
    ambiguous: tuple[str, ...] = ()
    """Those of the encodings that give some different architectures the same vector, as published."""

    def __init__(self, name: str, choices: Sequence[int]) -> None:
        self.name = name
        self.choices = tuple(choices)

    @property
    @abstractmethod
    def size(self) -> int:
        """One more than the highest index of an architecture."""

    @abstractmethod
    def __contains__(self, arch: object) -> bool: ...

    def at(self, index: int) -> Arch:
        """The architecture of a number; raises :class:`~nasbed.errors.ArchitectureError` where there is none."""
        number = whole(index)
        if number is None:
            raise ArchitectureError(f"index {shown(index)} is no whole number; expected one in 0 .. {self.size - 1}")
        if not 0 <= number < self.size:
            raise self._beyond(str(number))
        return self._at(number)

    def _beyond(self, number: str) -> ArchitectureError:
        return ArchitectureError(f"index {number[:24]} is outside 0 .. {self.size - 1}")

    @abstractmethod
    def _at(self, index: int) -> Arch:
        """The architecture of a number from 0 up, below the size."""

    def require(self, arch: Arch) -> int:
        """The index of ``arch``; raises :class:`~nasbed.errors.ArchitectureError` outside the space."""
        if arch not in self:
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._expected()}")
        return self.index(arch)

    def _own(self, arch: Arch) -> Arch:
        """``arch`` as the space holds it, of plain integers where it was given equal numbers of another type."""
        return self._at(self.require(arch))

    def _written(self, text: str) -> str:
        """``text`` without the ASCII blanks around it.

        Raises :class:`~nasbed.errors.ArchitectureError` for what is no text, and for a negative index.
        """
        if not isinstance(text, str):
            raise ArchitectureError(
                f"{shown(text)} is no text: expected an architecture of {self.name!r} as text, such as"
                f" {self.format(self._at(0))!r}, or its index as text, such as '0'"
            )
        stripped = text.strip(string.whitespace)
        if re.fullmatch(r"-[0-9]+", stripped):
            raise self._beyond(stripped)
        return stripped

    def _numbered(self, text: str) -> Arch | None:
        """The architecture of an index, ``None`` for a text that is no number."""
        if not is_number(text):
            return None
        number = text.lstrip("0") or "0"
        if len(number) > len(str(self.size)):
            raise self._beyond(number)
        return self.at(int(number))

    def _expected(self) -> str:
        return f"a tuple of {len(self.choices)} integers, each below {self.choices}"

    @abstractmethod
    def sample(self, rng: Stream) -> Arch:
        """An architecture of the space, drawn uniformly."""

    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        """A float vector of ``arch`` in one of ``encodings``; ``one_hot`` has ``sum(choices)`` entries, all 0 for a decision that
        does not count.
        """
        own = self._own(arch)
        self._require_encoding(encoding)
        return self._vector(own, encoding)

    def _vector(self, arch: Arch, encoding: str) -> np.ndarray:
        """The vector of an architecture of the space in a known encoding: by default what the method of its name gives."""
        vector: np.ndarray = getattr(self, f"_{encoding}")(arch)
        return vector

    def _require_encoding(self, encoding: str) -> None:
        if not isinstance(encoding, str) or encoding not in self.encodings:
            raise unknown("encoding", encoding, self.encodings, self.name)

    def _one_hot(self, arch: Arch) -> np.ndarray:
        import numpy as np

        vector, there, start = [0.0] * sum(self.choices), set(counting(self, arch)), 0
        for place, (value, count) in enumerate(zip(arch, self.choices, strict=True)):
            if place in there:
                vector[start + value] = 1.0
            start += count
        return np.array(vector)

    def _operations(self, arch: Arch) -> np.ndarray:
        """How often each value is taken, for spaces whose decisions mean the same: the histogram of operations, which
        Weisfeiler-Lehman kernels begin with (Shervashidze et al., JMLR 12, 2011).
        """
        import numpy as np

        return np.bincount(arch, minlength=max(self.choices)).astype(float)

    @abstractmethod
    def neighbours(self, arch: Arch) -> list[Arch]:
        """All architectures that differ from ``arch`` in one decision, in a fixed order."""

    @abstractmethod
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture that differs from ``arch`` in one decision."""

    @abstractmethod
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        """A child that takes each decision from either parent with probability 1/2."""

    @abstractmethod
    def parse(self, text: str) -> Arch:
        """The architecture that ``text`` writes; raises :class:`~nasbed.errors.ArchitectureError`."""

    @abstractmethod
    def format(self, arch: Arch) -> str:
        """The text of an architecture; the inverse of :meth:`parse`."""
