"""A set of architectures in which many are looked up at once."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Sequence
from math import prod
from operator import mul

import numpy as np

from nasbed.vocabulary import Arch

_DENSE = 2**20
"""The most combinations of choices of which each has a mark of its own."""
_WORD = 2**64


class RowSet:
    """Architectures of decisions with so many ``choices`` each, each known by one number.

    Up to 2^20 combinations are numbered. Of more, the number is the sum of the codes by random odd weights modulo 2^64: that of two
    which differ is the same with a probability of about 2^-62.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        size = prod(choices)
        self._dense = size <= _DENSE
        if self._dense:
            self._weights = [prod(choices[:place]) for place in range(len(choices))]
        else:
            self._weights = (np.random.default_rng(0).integers(2**62, size=len(choices)) * 2 + 1).tolist()
        self._factors = np.array(self._weights)
        self._lacking = np.ones(size if self._dense else 0, dtype=bool)
        self._numbers = array("q")
        """The numbers of the architectures, ascending, where not every combination has a mark."""

    def add(self, arch: Arch) -> None:
        """Take in an architecture, which may be there already."""
        number = sum(map(mul, arch, self._weights))
        if self._dense:
            self._lacking[number] = False
        else:
            insort(self._numbers, (number + _WORD // 2) % _WORD - _WORD // 2)

    def lacks(self, codes: np.ndarray) -> np.ndarray:
        """Which of the architectures that are rows of codes, (architectures, decisions), are not there: bools, one for each."""
        numbers = self._factors @ codes.T
        if self._dense:
            free: np.ndarray = self._lacking.take(numbers)
            return free
        if not self._numbers:
            return np.ones(len(codes), dtype=bool)
        known = np.frombuffer(self._numbers, dtype=np.int64)
        lacking: np.ndarray = known.take(known.searchsorted(numbers), mode="clip") != numbers
        return lacking
