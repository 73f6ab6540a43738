"""Architectures in the order of their worth, and the Parzen estimators of the first and of the others of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nasbed.strategies.models.parzen import DensityRatio, Independent, Kernels, Mixtures
from nasbed.vocabulary import Arch


class Ranked(Protocol):
    """Architectures in an order into which more are put one by one."""

    def insert(self, place: int, arch: Arch) -> None:
        """Put in an architecture before the one that is at ``place`` by now."""

    def parted(self, first: int) -> DensityRatio:
        """The densities of the ``first`` architectures, and of the others."""


class RankedCounts:
    """Densities of each decision alone: choices are counted once, when an architecture comes or goes from one part to the other."""

    def __init__(self, choices: Sequence[int], prior: float) -> None:
        self._choices, self._prior = tuple(choices), prior
        self._most = max(choices)
        self._counts = np.zeros((2, len(choices), self._most), dtype=np.int64)
        """How often each choice of a decision is among the first, and among the others."""
        self._cells = self._counts.reshape(-1).data
        self._archs: list[Arch] = []
        self._first = 0

    def insert(self, place: int, arch: Arch) -> None:
        self._archs.insert(place, arch)
        inside = place < self._first
        self._count(arch, 0 if inside else 1, 1)
        self._first += inside

    def parted(self, first: int) -> Independent:
        while self._first < first:
            self._move(self._archs[self._first], 1, 0)
            self._first += 1
        while self._first > first:
            self._first -= 1
            self._move(self._archs[self._first], 0, 1)
        return Independent(self._counts, self._choices, self._prior)

    def _move(self, arch: Arch, origin: int, to: int) -> None:
        self._count(arch, origin, -1)
        self._count(arch, to, 1)

    def _count(self, arch: Arch, part: int, by: int) -> None:
        cells, most = self._cells, self._most
        cell = part * len(arch) * most
        for choice in arch:
            cells[cell + choice] += by
            cell += most


class RankedRows:
    """Mixtures with a product kernel at each of n architectures, whose component counts its own choice once and every choice
    ``prior`` / (n + 1) times.
    """

    def __init__(self, choices: Sequence[int], prior: float) -> None:
        self._choices, self._prior = np.array(choices), prior
        self._codes = np.empty((64, len(choices)), dtype=np.intp)
        """The architectures as rows, and room for more."""
        self._count = 0

    def insert(self, place: int, arch: Arch) -> None:
        count, codes = self._count, self._codes
        if count == len(codes):
            self._codes = codes = np.concatenate([codes, np.empty_like(codes)])
        codes[place + 1 : count + 1] = codes[place:count]
        codes[place] = arch
        self._count += 1

    def parted(self, first: int) -> Mixtures:
        return Mixtures(self._mixture(self._codes[:first]), self._mixture(self._codes[first : self._count]))

    def _mixture(self, codes: np.ndarray) -> Kernels:
        counts, each = self._choices, self._prior / (len(codes) + 1)
        return Kernels(codes, counts, (counts - 1) * each / (1 + counts * each), self._prior)
