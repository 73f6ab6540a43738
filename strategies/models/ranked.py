"""Architectures in the order of their worth, and the Parzen estimators of the first and of the others of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from nasbed.strategies.models.mixtures import Mixtures, Redraws
from nasbed.strategies.models.parzen import DensityRatio, Independent
from nasbed.vocabulary import Arch


class Ranked(ABC):
    """Architectures in an order into which more are put one by one, in two parts: the first of them and the others."""

    def __init__(self) -> None:
        self._archs: list[Arch] = []
        self._first = 0

    def insert(self, place: int, arch: Arch) -> None:
        """Put in an architecture before the one that is at ``place`` by now."""
        self._archs.insert(place, arch)
        inside = place < self._first
        self._put(place, inside)
        self._first += inside

    def parted(self, first: int) -> DensityRatio:
        """The densities of the ``first`` architectures, and of the others; they hold until more are put in."""
        while self._first < first:
            self._move(self._first, True)
            self._first += 1
        while self._first > first:
            self._first -= 1
            self._move(self._first, False)
        return self._densities()

    @abstractmethod
    def _put(self, place: int, inside: bool) -> None:
        """Count the new architecture at a place to the first, ``inside``, or to the others."""

    @abstractmethod
    def _move(self, place: int, inside: bool) -> None:
        """Count the architecture at a place to the first, ``inside``, or to the others, and no longer to the other part."""

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

    def _put(self, place: int, inside: bool) -> None:
        self._count(place, inside, 1)

    def _move(self, place: int, inside: bool) -> None:
        self._count(place, not inside, -1)
        self._count(place, inside, 1)

    def _densities(self) -> Independent:
        return Independent(self._counts, self._choices, self._prior)

    def _count(self, place: int, inside: bool, by: int) -> None:
        arch, cells, most = self._archs[place], self._cells, self._most
        cell = 0 if inside else len(arch) * most
        for choice in arch:
            cells[cell + choice] += by
            cell += most


class RankedRows(Ranked):
    """Mixtures with a product kernel at each architecture, whose component counts its own choice once and every choice
    ``prior`` / (n + 1) times, where its part has n architectures. Architectures are columns of one table, as they came.
    """

    def __init__(self, choices: Sequence[int], prior: float) -> None:
        super().__init__()
        self._choices, self._prior = tuple(choices), prior
        self._redraws = Redraws(self._choices, prior)
        decisions = len(choices)
        self._starts = list(accumulate(choices, initial=decisions))
        """The row of the first choice of each decision, and one beyond the last row."""
        self._table = np.empty((self._starts[-1], 0), dtype=np.min_scalar_type(max(2 * decisions + 1, *choices)))
        self._columns = np.empty(0, dtype=np.intp)
        """The column of each architecture, in their order."""
        self._allot(64)

    def _allot(self, room: int) -> None:
        """Make room for so many architectures, of which those to come are of the others."""
        table, columns = np.zeros((len(self._table), room), self._table.dtype), np.zeros(room, np.intp)
        table[len(self._choices) : self._starts[1]] = len(self._choices) + 1
        held = len(self._columns)
        table[:, :held], columns[:held] = self._table, self._columns
        self._table, self._columns, self._cells = table, columns, table.reshape(-1).data

    def _put(self, place: int, inside: bool) -> None:
        cell = column = len(self._archs) - 1
        if column == len(self._columns):
            self._allot(2 * column)
        cells, columns, width = self._cells, self._columns, len(self._columns)
        for choice, start in zip(self._archs[place], self._starts, strict=False):
            cells[cell] = choice
            cells[(start + choice) * width + column] += 1
            cell += width
        columns[place + 1 : column + 1] = columns[place:column]
        columns[place] = column
        if inside:
            self._move(place, inside)

    def _move(self, place: int, inside: bool) -> None:
        cells, width, column, by = self._cells, len(self._columns), self._columns.item(place), len(self._choices) + 1
        for row in range(len(self._choices), self._starts[1]):
            cells[row * width + column] += -by if inside else by

    def _densities(self) -> Mixtures:
        table = self._table[:, : len(self._archs)]
        return Mixtures(table, self._choices, self._columns[: self._first], self._prior, self._redraws)
