"""Parzen estimators of categorical choices: of each decision alone (Bergstra et al., NeurIPS 2011, section 4), and mixtures of
product kernels (Aitchison and Aitken, Biometrika 63, 1976).

Architectures are rows of codes: (architectures, decisions) of whole numbers. In a space that is no product, what is sampled may
lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol, Self

import numpy as np


class Density(Protocol):
    """A probability distribution over architectures, which are rows of codes, (architectures, decisions)."""

    def log(self, codes: np.ndarray) -> np.ndarray:
        """The natural logarithm of the probability of each row."""

    def log_ratio(self, other: Self, codes: np.ndarray) -> np.ndarray:
        """The natural logarithm of how many times as probable each row is as under another density of the same kind."""

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """``count`` architectures as rows of codes, (count, decisions), drawn independently."""


class Independent:
    """Every decision alone: a choice is as probable as it is frequent among ``codes``, to which ``prior`` is added."""

    def __init__(self, codes: np.ndarray, choices: Sequence[int], prior: float) -> None:
        offsets, _ = _cells(tuple(choices))
        self._take(_shares(codes + offsets, 1, choices, prior)[0], offsets)

    @classmethod
    def parted(cls, codes: np.ndarray, first: int, choices: Sequence[int], prior: float) -> tuple[Self, Self]:
        """The densities of the ``first`` rows and of the others, counted in one pass."""
        offsets, within = _cells(tuple(choices))
        cells = codes + offsets
        cells[first:] += within.size
        parts = cls.__new__(cls), cls.__new__(cls)
        for part, shares in zip(parts, _shares(cells, 2, choices, prior), strict=True):
            part._take(shares, offsets)
        return parts

    def _take(self, probabilities: np.ndarray, offsets: np.ndarray) -> None:
        self.probabilities = probabilities
        """(decisions, choices); 0 beyond the choices of a decision."""
        self._offsets = offsets

    def log(self, codes: np.ndarray) -> np.ndarray:
        return self._sums(np.log(np.maximum(self.probabilities, _LEAST)), codes)

    def log_ratio(self, other: Self, codes: np.ndarray) -> np.ndarray:
        ratios = np.maximum(self.probabilities, _LEAST) / np.maximum(other.probabilities, _LEAST)
        return self._sums(np.log(ratios), codes)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        below = self.probabilities.cumsum(axis=1).T[:-1, :, None]
        uniform = rng.random(
            (count, len(self.probabilities))
        ).T.copy()  # a decision's numbers in a row are compared at once
        kind = np.uint8 if len(below) < 256 else np.intp
        passed = np.add.reduce((uniform >= below).view(np.uint8), axis=0, dtype=kind)
        drawn: np.ndarray = passed.astype(np.intp).T
        return drawn

    def _sums(self, table: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The sum of what a table of decisions and choices has for each row."""
        summed: np.ndarray = np.add.reduce(table.take(codes.T + self._offsets[:, None]))
        return summed


class Kernels:
    """A mixture with one component at each row of ``codes``, and one of weight ``prior`` that is uniform.

    A component keeps the choice of a decision with probability 1 - bandwidth, and has each of its c - 1 others with bandwidth /
    (c - 1). At the bandwidth of :func:`flat` all choices are alike; above 1 the kernel has negative values, and their sum is
    cut off at almost 0.
    """

    def __init__(self, codes: np.ndarray, choices: Sequence[int], bandwidth: np.ndarray, prior: float = 0.0) -> None:
        self._codes, self._choices, self._prior = codes, np.array(choices), prior
        self.bandwidth = bandwidth

    def log(self, codes: np.ndarray) -> np.ndarray:
        other = self.bandwidth / np.maximum(self._choices - 1, 1)
        each = np.ones((len(codes), len(self._codes)))
        parts = zip(codes.T, self._codes.T, self.bandwidth, other, self._choices.tolist(), strict=True)
        for column, centre, width, low, choices in parts:
            each *= np.where(np.arange(choices)[:, None] == centre, 1 - width, low).take(column, axis=0)
        total = each.sum(axis=1) + self._prior / self._choices.prod(dtype=float)
        logarithm: np.ndarray = np.log(np.maximum(total / (len(self._codes) + self._prior), _LEAST))
        return logarithm

    def log_ratio(self, other: Self, codes: np.ndarray) -> np.ndarray:
        rows = np.ascontiguousarray(codes)
        bytewise = rows.view(
            f"V{rows.itemsize * rows.shape[1]}"
        ).ravel()  # np.unique with an axis takes seven times as long
        _, first, again = np.unique(bytewise, return_index=True, return_inverse=True)
        ratio: np.ndarray = (self.log(rows[first]) - other.log(rows[first]))[again]
        return ratio

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        component = (rng.random(count) * (len(self._codes) + self._prior)).astype(int)
        uniform = component >= len(self._codes)
        centre = self._codes[np.where(uniform, 0, component)]
        moved = rng.random(centre.shape) < np.where(uniform[:, None], flat(self._choices), self.bandwidth)
        step = 1 + (rng.random(centre.shape) * (self._choices - 1)).astype(int)
        drawn: np.ndarray = np.where(moved, (centre + step) % self._choices, centre)
        return drawn


def flat(choices: Sequence[int] | np.ndarray) -> np.ndarray:
    """The bandwidth at which a kernel is uniform: (c - 1) / c for each number c of choices."""
    bandwidth: np.ndarray = 1 - 1 / np.asarray(choices)
    return bandwidth


def _shares(cells: np.ndarray, parts: int, choices: Sequence[int], prior: float) -> np.ndarray:
    """How frequent each choice of a decision is, (parts, decisions, choices), with ``prior`` added to its count. The cells of one
    part follow those of another.
    """
    _, within = _cells(tuple(choices))
    counts = np.bincount(cells.ravel(), minlength=parts * within.size).reshape(parts, *within.shape) + prior
    counts *= within
    shares: np.ndarray = counts / np.add.reduce(counts, axis=2, keepdims=True)
    return shares


@cache
def _cells(choices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The number of the first cell of each row, and 1 for the cells that are choices of their decision and 0 for those beyond, in a
    table with a row for each decision and a column for each choice.
    """
    most = max(choices)
    within = np.arange(most) < np.array(choices)[:, None]
    return most * np.arange(len(choices)), within.astype(float)


_LEAST = 1e-300
"""The least density, so that a ratio of two is a number."""
