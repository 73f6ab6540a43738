"""Covariances of a product kernel between all candidates and the trainings, kept as two small factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_HOLES = 4
"""The most pairs of parts for each architecture, so that sums over all pairs pay."""
_BLOCK = 32
"""Rows of a triangular matrix that are multiplied at once."""


class Covariances:
    """exp(-sum_k r_k (x_k - y_k)^2) between each row x of ``features`` (architectures, entries) and the row y of each training, for
    relevances r_k.

    It is the product of what the first entries give and what the others give. Architectures combine few distinct parts of each
    kind (three decisions of five choices have 125), so that both factors are (trainings, distinct parts), and a sum over trainings
    is one product of small matrices with an entry for each pair of parts. Where pairs by far outnumber the architectures, the first
    part is the whole row.
    """

    def __init__(self, features: np.ndarray, relevances: np.ndarray) -> None:
        cut = _cut(features)
        (rows, which), (others, other) = _distinct(features[:, :cut]), _distinct(features[:, cut:])
        if len(rows) * len(others) > _HOLES * len(features):
            rows, which = features, np.arange(len(features))
            others, other = features[:1, :0], np.zeros(len(features), dtype=np.intp)
        self._rows, self._which = (rows.astype(float), others.astype(float)), (which, other)
        cells = which * len(others) + other
        whole = len(cells) == len(rows) * len(others) and bool((cells == np.arange(len(cells))).all())
        self._cells = None if whole else cells
        """The pair of parts of each architecture, unless the pairs are the architectures, in their order."""
        self._count = 0
        self._factors = np.empty((0, len(rows))), np.empty((0, len(others)))
        self._rounded = tuple(factor.astype(np.float32) for factor in self._factors)
        self.scale(relevances, [])

    def scale(self, relevances: np.ndarray, places: Sequence[int]) -> None:
        """Begin anew with these relevances and the trainings at ``places``."""
        width, cut = np.sqrt(relevances), self._rows[0].shape[1]
        self._scaled = self._rows[0] * width[:cut], self._rows[1] * width[cut : cut + self._rows[1].shape[1]]
        self._norms = tuple(np.einsum("ij,ij->i", rows, rows) for rows in self._scaled)
        self._count = 0
        self.extend(places)

    def extend(self, places: Sequence[int]) -> None:
        """More trainings, of the architectures at ``places``."""
        begin, end = self._count, self._count + len(places)
        if end > len(self._factors[0]):
            self._factors, self._rounded = (
                (_longer(first, end), _longer(second, end)) for first, second in (self._factors, self._rounded)
            )
        for factor, rounded, which, rows, norms in zip(
            self._factors, self._rounded, self._which, self._scaled, self._norms, strict=True
        ):
            own = which[list(places)]
            kernel = rows[own] @ rows.T
            kernel *= 2
            kernel -= norms
            kernel -= norms[own][:, None]
            rounded[begin:end] = np.exp(kernel, out=factor[begin:end])
        self._count = end

    def at(self, places: int | Sequence[int]) -> np.ndarray:
        """The covariances of each training with the architectures at ``places``, (trainings, places), or (trainings,) with one."""
        first, second = (
            factor[: self._count, which[places]] for factor, which in zip(self._factors, self._which, strict=True)
        )
        return np.asarray(first * second)

    def combined(self, weights: np.ndarray) -> np.ndarray:
        """The sum over the trainings, each multiplied by its weight, for every architecture, in the precision of the weights."""
        factors = self._rounded if weights.dtype == np.float32 else self._factors
        first, second = (factor[: len(weights)] for factor in factors)
        return self._of_pairs((first.T @ (weights[:, None] * second)).ravel())

    def squares(self, triangle: np.ndarray) -> np.ndarray:
        """The sum of the squares of what a lower triangular matrix (trainings, trainings) makes of them, for every architecture. In
        float32: it takes n^2 N operations for n trainings and N architectures.
        """
        triangle = triangle.astype(np.float32)
        first, second = (factor[: self._count] for factor in self._rounded)
        pairs = (first[:, :, None] * second[:, None, :]).reshape(self._count, first.shape[1] * second.shape[1])
        total = np.zeros(pairs.shape[1])
        for begin in range(0, self._count, _BLOCK):
            end = min(begin + _BLOCK, self._count)
            made = triangle[begin:end, :end] @ pairs[:end]
            made *= made
            total += np.ones(len(made), dtype=np.float32) @ made
        return self._of_pairs(total)

    def _of_pairs(self, values: np.ndarray) -> np.ndarray:
        return values if self._cells is None else values[self._cells]


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
    _, first, which = np.unique(bits @ odd, return_index=True, return_inverse=True)
    order = first.argsort()
    found = rows[first[order]]
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    which = place[which]
    if not np.array_equal(found[which], rows):  # two rows with one number: all count as distinct
        return rows, np.arange(len(rows))
    return found, which
