"""Architectures in the order of their worth, and the Parzen estimators of the first and of the others of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from nasbed.strategies.models.parzen import DensityRatio, Independent, Mixtures
from nasbed.vocabulary import Arch


class Ranked(ABC):
    """Architectures in an order into which more are put one by one, in two parts: the first, 0, and the others, 1."""

    def __init__(self) -> None:
        self._archs: list[Arch] = []
        self._first = 0

    def insert(self, place: int, arch: Arch) -> None:
        """Put in an architecture before the one that is at ``place`` by now."""
        self._archs.insert(place, arch)
        inside = place < self._first
        self._put(arch, 0 if inside else 1)
        self._first += inside

    def parted(self, first: int) -> DensityRatio:
        """The densities of the ``first`` architectures, and of the others; they hold until more are put in."""
        while self._first < first:
            self._move(self._archs[self._first], 1, 0)
            self._first += 1
        while self._first > first:
            self._first -= 1
            self._move(self._archs[self._first], 0, 1)
        return self._densities()

    def _move(self, arch: Arch, origin: int, to: int) -> None:
        self._drop(arch, origin)
        self._put(arch, to)

    @abstractmethod
    def _put(self, arch: Arch, part: int) -> None:
        """Count an architecture to a part."""

    @abstractmethod
    def _drop(self, arch: Arch, part: int) -> None:
        """Count an architecture no longer to a part."""

    @abstractmethod
    def _densities(self) -> DensityRatio:
        """The densities of the two parts."""


class RankedCounts(Ranked):
    """Densities of each decision alone: choices are counted once, when an architecture comes or goes from one part to the other."""

    def __init__(self, choices: Sequence[int], prior: float) -> None:
        super().__init__()
        self._choices, self._prior = tuple(choices), prior
        self._most = max(choices)
        self._counts = np.zeros((2, len(choices), self._most), dtype=np.int64)
        """How often each choice of a decision is among the first, and among the others."""
        self._cells = self._counts.reshape(-1).data

    def _put(self, arch: Arch, part: int) -> None:
        self._count(arch, part, 1)

    def _drop(self, arch: Arch, part: int) -> None:
        self._count(arch, part, -1)

    def _densities(self) -> Independent:
        return Independent(self._counts, self._choices, self._prior)

    def _count(self, arch: Arch, part: int, by: int) -> None:
        cells, most = self._cells, self._most
        cell = part * len(arch) * most
        for choice in arch:
            cells[cell + choice] += by
            cell += most


class RankedRows(Ranked):
    """Mixtures with a product kernel at each architecture, whose component counts its own choice once and every choice
    ``prior`` / (n + 1) times, where its part has n architectures.

    Architectures are columns of one table, in any order within a part: the first fill it from its middle to the left, the others to
    the right.
    """

    def __init__(self, choices: Sequence[int], prior: float) -> None:
        super().__init__()
        self._choices, self._prior = tuple(choices), prior
        self._starts = list(accumulate(choices, initial=len(choices)))[:-1]
        """The row of the first choice of each decision."""
        self._held: tuple[list[Arch], list[Arch]] = ([], [])
        """The architectures of either part, from the middle."""
        self._allot(64)

    def _allot(self, room: int) -> None:
        """A table with so much room for either part, and what there is by now in it."""
        self._room = room
        decisions, kind = len(self._choices), np.min_scalar_type(max(2 * len(self._choices) + 1, *self._choices))
        self._table = np.zeros((decisions + sum(self._choices), 2 * room), dtype=kind)
        self._table[decisions : decisions + self._choices[0], room:] = decisions + 1
        self._cells = self._table.reshape(-1).data
        for part, held in enumerate(self._held):
            for place, arch in enumerate(held):
                self._write(arch, part, place, 1)

    def _write(self, arch: Arch, part: int, place: int, chosen: int) -> None:
        """Write an architecture into a column, or take it out again where ``chosen`` is -1."""
        cells, width = self._cells, 2 * self._room
        column = self._room + place if part else self._room - 1 - place
        for choice, start in zip(arch, self._starts, strict=True):
            cells[(start + choice) * width + column] += chosen
        if not part:
            for decision, choice in enumerate(arch):
                cells[decision * width + column] = choice

    def _put(self, arch: Arch, part: int) -> None:
        held = self._held[part]
        held.append(arch)
        if len(held) > self._room:
            self._allot(2 * self._room)
        else:
            self._write(arch, part, len(held) - 1, 1)

    def _drop(self, arch: Arch, part: int) -> None:
        held = self._held[part]
        place, last = held.index(arch), held.pop()
        self._write(last, part, len(held), -1)
        if place < len(held):
            self._write(arch, part, place, -1)
            self._write(last, part, place, 1)
            held[place] = last

    def _densities(self) -> Mixtures:
        first, others = map(len, self._held)
        columns = self._table[:, self._room - first : self._room + others]
        return Mixtures(columns, self._choices, first, self._prior)
