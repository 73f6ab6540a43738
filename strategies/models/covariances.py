"""Covariances of a product kernel between all candidates and the trainings, kept as two small factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_HOLES = 4
"""The most pairs of parts for each architecture, so that sums over all pairs pay."""
_BLOCK = 16
"""Rows of a triangular matrix that are multiplied at once."""


class Covariances:
    """exp(-sum_k r_k (x_k - y_k)^2) between each row x of ``features`` (architectures, entries) and the row y of each training, for
    relevances r_k.

    It is the product of what the first entries give and what the others give. Architectures combine few distinct parts of each
    kind (three decisions of five choices have 125), and trainings fewer. Both factors are (distinct parts of trainings, distinct
    parts), and a sum over trainings is a product of small matrices with an entry for each pair of parts. Where pairs by far
    outnumber the architectures, the first part is the whole row. Relevances are given by :meth:`scale`.
    """

    def __init__(self, features: np.ndarray) -> None:
        self._cut = _cut(features)
        (rows, which), (others, other) = _distinct(features[:, : self._cut]), _distinct(features[:, self._cut :])
        if len(rows) * len(others) > _HOLES * len(features):
            rows, which = features, np.arange(len(features))
            others, other = features[:1, :0], np.zeros(len(features), dtype=np.intp)
            self._cut = features.shape[1]
        self._first, self._second = _Factor(rows, which), _Factor(others, other)
        cells = which * len(others) + other
        whole = len(cells) == len(rows) * len(others) and bool((cells == np.arange(len(cells))).all())
        self._cells = None if whole else cells
        """The pair of parts of each architecture, unless the pairs are the architectures, in their order."""

    def scale(self, relevances: np.ndarray, places: Sequence[int]) -> None:
        """Begin anew with these relevances and the trainings at ``places``."""
        self._first.scale(relevances[: self._cut])
        self._second.scale(relevances[self._cut :])
        self.extend(places)

    def extend(self, places: Sequence[int]) -> None:
        """More trainings, of the architectures at ``places``."""
        self._first.extend(places)
        self._second.extend(places)
        self._pairs = self._first.numbers * self._second.count + self._second.numbers

    def at(self, places: int | Sequence[int]) -> np.ndarray:
        """The covariances of each training with the architectures at ``places``, (trainings, places), or (trainings,) with one."""
        return np.asarray(self._first.at(places) * self._second.at(places))

    def combined(self, weights: np.ndarray) -> np.ndarray:
        """The sum over the trainings, each multiplied by its weight, for every architecture, in the precision of the weights."""
        first, second = self._first.known(weights.dtype), self._second.known(weights.dtype)
        of_pairs = np.zeros(len(first) * len(second), dtype=weights.dtype)
        np.add.at(of_pairs, self._pairs, weights)
        return self._of_pairs((first.T @ (of_pairs.reshape(len(first), len(second)) @ second)).ravel())

    def squares(self, triangle: np.ndarray) -> np.ndarray:
        """The sum of the squares of what a lower triangular matrix (trainings, trainings) makes of them, for every architecture. In
        float32: it takes n m N operations for n trainings of m distinct parts, and N architectures.
        """
        single = np.dtype(np.float32)
        triangle, firsts, seconds = triangle.astype(single), self._first.numbers, self._second.numbers
        total = np.zeros((self._first.known(single).shape[1], self._second.known(single).shape[1]))
        for begin in range(0, len(triangle), _BLOCK):
            rows = triangle[begin : begin + _BLOCK, : begin + _BLOCK].T
            end, size = rows.shape
            first = self._first.known(single)[: firsts[:end].max() + 1]
            second = self._second.known(single)[: seconds[:end].max() + 1]
            of_pairs = np.zeros((len(first), size, len(second)), dtype=single)
            cells = (firsts[:end, None] * size + np.arange(size)) * len(second) + seconds[:end, None]
            np.add.at(of_pairs.reshape(-1), cells.ravel(), rows.ravel())
            made = first.T @ (of_pairs.reshape(-1, len(second)) @ second).reshape(len(first), -1)
            made = made.reshape(len(total), size, -1)
            total += np.einsum("ijk,ijk->ik", made, made)
        return self._of_pairs(total.ravel())

    def _of_pairs(self, values: np.ndarray) -> np.ndarray:
        return values if self._cells is None else values[self._cells]


class _Factor:
    """What parts of one kind give: the covariances of the distinct parts of trainings with all, ``parts`` (parts, entries), of
    which each architecture has the one that ``which`` says.
    """

    def __init__(self, parts: np.ndarray, which: np.ndarray) -> None:
        self._parts, self._which = parts.astype(float), which
        self._rows = np.empty((0, len(parts)))
        self._rounded = self._rows.astype(np.float32)

    def scale(self, relevances: np.ndarray) -> None:
        """Begin anew with these relevances, without trainings."""
        self._scaled = self._parts * np.sqrt(relevances)
        self._norms = np.einsum("ij,ij->i", self._scaled, self._scaled)
        self._numbers: dict[int, int] = {}
        """The row of each part that a training has."""
        self.numbers = np.empty(0, dtype=np.intp)
        """The row of the part of each training."""

    def extend(self, places: Sequence[int]) -> None:
        """More trainings, of the architectures at ``places``."""
        parts, begin = self._which[list(places)].tolist(), len(self._numbers)
        new = [part for part in dict.fromkeys(parts) if part not in self._numbers]
        if new:
            end = begin + len(new)
            if end > len(self._rows):
                self._rows, self._rounded = _longer(self._rows, end), _longer(self._rounded, end)
            kernel = (2 * self._scaled[new]) @ self._scaled.T
            kernel -= self._norms
            kernel -= self._norms[new][:, None]
            self._rounded[begin:end] = np.exp(kernel, out=self._rows[begin:end])
            self._numbers |= zip(new, range(begin, end), strict=True)
        self.numbers = np.concatenate([self.numbers, np.array([self._numbers[part] for part in parts], dtype=np.intp)])

    @property
    def count(self) -> int:
        """The number of distinct parts of trainings."""
        return len(self._numbers)

    def known(self, precision: np.dtype) -> np.ndarray:
        """The covariances of the distinct parts of trainings with all parts."""
        return (self._rounded if precision == np.float32 else self._rows)[: len(self._numbers)]

    def at(self, places: int | Sequence[int]) -> np.ndarray:
        """The covariances of the part of each training with those of the architectures at ``places``."""
        return self._rows[: len(self._numbers), self._which[places]][self.numbers]


def _longer(rows: np.ndarray, least: int) -> np.ndarray:
    """An array that begins with these rows and has room for at least so many, and for twice as many as now."""
    longer = np.empty((max(64, least, 2 * len(rows)), rows.shape[1]), dtype=rows.dtype)
    longer[: len(rows)] = rows
    return longer


def _cut(features: np.ndarray) -> int:
    """The entry at which rows are parted: the nearest to the middle between two decisions, before which the sum of one-hot
    vectors is the same in all rows; else the middle.
    """
    entries: int = features.shape[1]
    for cut in sorted(range(1, entries), key=lambda entry: abs(2 * entry - entries)):
        sums = features[:, :cut] @ np.ones(cut, dtype=features.dtype)
        if bool((sums == sums[:1]).all()):
            return cut
    return entries // 2


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows in the order in which they first occur, and the place of each row among them."""
    bits = np.ascontiguousarray(rows, dtype=np.float32).view(np.int32)
    odd = np.random.default_rng(0).integers(2**62, size=bits.shape[1]) * 2 + 1
    numbers, which = np.unique(bits @ odd, return_inverse=True)
    first = np.empty(len(numbers), dtype=np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    order = first.argsort()
    found = rows[first[order]]
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    which = place[which]
    if not np.array_equal(found[which], rows):  # two rows with one number: all count as distinct
        return rows, np.arange(len(rows))
    return found, which
