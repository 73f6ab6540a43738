"""Spaces that are a list of architectures: what every space has, whichever architectures are in the list."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nasbed.errors import ArchitectureError, shown, unknown
from nasbed.protocol import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream


class EnumeratedSpace(ABC):
    """Architectures that take one of ``choices[i]`` values in each position ``i``, though not every combination need be one.

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
        self._encoded: dict[str, np.ndarray] = {}

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
            raise ArchitectureError(f"{shown(arch)} is outside the space {self.name!r}: expected {self._expected()}")
        return self.index(arch)

    def _own(self, arch: Arch) -> Arch:
        """``arch`` as the space holds it, of plain integers where it was given equal numbers of another type."""
        return self.archs[self.require(arch)]

    def _written(self, text: str) -> str:
        """``text`` without the blanks around it; raises :class:`~nasbed.errors.ArchitectureError` for what is no text."""
        if not isinstance(text, str):
            raise ArchitectureError(
                f"{shown(text)} is no text: expected an architecture of {self.name!r} as text, such as"
                f" {self.format(self.archs[0])!r}, or its index as text, such as '0'"
            )
        return text.strip()

    def _numbered(self, text: str) -> Arch | None:
        """The architecture of an index, ``None`` for a text that is no number."""
        if not (text.isascii() and text.isdigit()):
            return None
        number = text.lstrip("0") or "0"
        if len(number) > 9 or int(number) >= len(self):
            raise ArchitectureError(f"index {number[:24]} is outside 0 .. {len(self) - 1}")
        return self.archs[int(number)]

    def _expected(self) -> str:
        return f"a tuple of {len(self.choices)} integers, each below {self.choices}"

    def sample(self, rng: Stream) -> Arch:
        """An architecture, uniformly."""
        return self.archs[int(rng.random() * len(self.archs))]

    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        """A float vector of ``arch`` in one of ``encodings``; ``one_hot`` has ``sum(choices)`` entries."""
        own = self._own(arch)
        self._require_encoding(encoding)
        vector: np.ndarray = getattr(self, f"_{encoding}")(own)
        return vector

    def _require_encoding(self, encoding: str) -> None:
        if not isinstance(encoding, str) or encoding not in self.encodings:
            raise unknown("encoding", encoding, self.encodings, self.name)

    def encode_all(self, encoding: str = "one_hot") -> np.ndarray:
        """The vectors of all architectures, (architectures, entries) of float32; made once, so it cannot be written to."""
        import numpy as np

        self._require_encoding(encoding)
        if encoding not in self._encoded:
            vectors = np.array([self.encode(arch, encoding) for arch in self.archs], dtype=np.float32)
            vectors.flags.writeable = False
            self._encoded[encoding] = vectors
        return self._encoded[encoding]

    def _one_hot(self, arch: Arch) -> np.ndarray:
        import numpy as np

        vector = np.zeros(sum(self.choices))
        start = 0
        for value, count in zip(arch, self.choices, strict=True):
            vector[start + value] = 1.0
            start += count
        return vector

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
