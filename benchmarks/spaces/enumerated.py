"""Spaces that are a list of architectures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream


class EnumeratedSpace(CodedSpace):
    """``archs`` lists the architectures in the order of their indices, and ``index`` is the inverse: one dictionary look-up,
    which is also the test of membership (``KeyError`` outside).
    """

    archs: tuple[Arch, ...]

    def __init__(self, name: str, choices: Sequence[int], archs: Sequence[Arch]) -> None:
        super().__init__(name, choices)
        self.archs = tuple(archs)
        self._codes = dict(zip(self.archs, range(len(archs)), strict=True))
        self.index = self._codes.__getitem__
        self._encoded: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.archs)

    @property
    def size(self) -> int:
        """How many architectures the space has."""
        return len(self.archs)

    def __contains__(self, arch: object) -> bool:
        try:
            return arch in self._codes
        except TypeError:
            return False

    def _at(self, index: int) -> Arch:
        return self.archs[index]

    def sample(self, rng: Stream) -> Arch:
        """An architecture of the space, drawn uniformly by one draw."""
        return self.archs[int(rng.random() * len(self.archs))]

    def encode_all(self, encoding: str = "one_hot") -> np.ndarray:
        """The vectors of all architectures, (architectures, entries) of float32; made once, so it cannot be written to."""
        self._require_encoding(encoding)
        if encoding not in self._encoded:
            vectors = self._vectors(encoding)
            vectors.flags.writeable = False
            self._encoded[encoding] = vectors
        return self._encoded[encoding]

    def _vectors(self, encoding: str) -> np.ndarray:
        """The vectors of all architectures in a known encoding, one after another unless there is a faster way."""
        import numpy as np

        return np.array([self.encode(arch, encoding) for arch in self.archs], dtype=np.float32)
