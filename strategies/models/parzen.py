"""Parzen estimators of categorical choices: of each decision alone (Bergstra et al., NeurIPS 2011, section 4), and mixtures of
product kernels (Aitchison and Aitken, Biometrika 63, 1976).

Architectures are rows of codes: (architectures, decisions) of whole numbers. In a space that is no product, what is sampled may
lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

LEAST = 1e-300
"""The least density, so that a ratio of two is a number."""


class DensityRatio(Protocol):
    """Two probability distributions over architectures, which are rows of codes, (architectures, decisions)."""

    def sample(self, count: int, rng: np.random.Generator, copies: bool = True) -> np.ndarray:
        """``count`` architectures as rows of codes, (count, decisions), drawn independently from the first distribution. Without
        ``copies`` those are left out that are an architecture of the first set as it is, where a distribution knows them.
        """

    def log_ratio(self, codes: np.ndarray) -> np.ndarray:
        """The natural logarithm of how many times as probable each row is under the first as under the second."""


class Independent:
    """Every decision alone: a choice is as probable as it is frequent in a set of architectures, to which ``prior`` is added.
    ``counts`` say how often each choice is in either of two sets, (2, decisions, most choices).
    """

    def __init__(self, counts: np.ndarray, choices: tuple[int, ...], prior: float) -> None:
        self.probabilities = _shares(counts, choices, prior)
        """(2, decisions, most choices); 0 beyond the choices of a decision."""
        self._offsets, _ = _cells(choices)

    def sample(self, count: int, rng: np.random.Generator, copies: bool = True) -> np.ndarray:
        first = self.probabilities[0]
        below = np.add.accumulate(first, axis=1).T[:-1, :, None]
        # A decision's numbers in a row are compared at once.
        uniform = rng.random((count, len(first))).T.copy()
        kind = np.uint8 if len(below) < 256 else np.intp
        passed = np.add.reduce((uniform >= below).view(np.uint8), axis=0, dtype=kind)
        drawn: np.ndarray = passed.astype(np.intp).T
        return drawn

    def log_ratio(self, codes: np.ndarray) -> np.ndarray:
        first, second = np.maximum(self.probabilities, LEAST)
        table = np.log(first / second)
        summed: np.ndarray = np.add.reduce(table.take((codes + self._offsets).T))
        return summed


class Kernels:
    """A mixture with one component at each row of ``codes``.

    A component keeps the choice of a decision with probability 1 - bandwidth, and has each of its c - 1 others with bandwidth /
    (c - 1). At the bandwidth of :func:`flat` all choices are alike; above 1 the kernel has negative values, and their sum is
    cut off at almost 0.
    """

    def __init__(self, codes: np.ndarray, choices: Sequence[int] | np.ndarray, bandwidth: np.ndarray) -> None:
        self._codes, self._choices = codes, np.array(choices)
        self.bandwidth = bandwidth

    def log(self, codes: np.ndarray) -> np.ndarray:
        """The natural logarithm of the probability of each row."""
        offsets, table = self._table()
        first, *later = (codes + offsets).T
        each = table.take(first, axis=0)
        for cells in later:
            each *= table.take(cells, axis=0)
        logarithm: np.ndarray = np.log(np.maximum(np.add.reduce(each, axis=1) / len(self._codes), LEAST))
        return logarithm

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """``count`` architectures as rows of codes, (count, decisions), drawn independently."""
        drawn = self._codes.take((rng.random(count) * len(self._codes)).astype(int), axis=0)
        moved = rng.random(drawn.shape) < self.bandwidth
        (at,) = moved.ravel().nonzero()  # most stay as they are
        choices, cells = self._choices[at % len(self._choices)], drawn.ravel()
        step = rng.random(drawn.size)[at]
        cells[at] = (cells[at] + 1 + (step * (choices - 1)).astype(int)) % choices
        return drawn

    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """What each choice of a decision has under each component, (choices of all decisions, components), and where in it those of
        each decision begin.
        """
        offsets, count = self._choices.cumsum() - self._choices, len(self._codes)
        table = (self.bandwidth / np.maximum(self._choices - 1, 1)).repeat(self._choices * count)
        table[(self._codes + offsets) * count + np.arange(count)[:, None]] = 1 - self.bandwidth
        return offsets, table.reshape(-1, count)


def flat(choices: Sequence[int] | np.ndarray) -> np.ndarray:
    """The bandwidth at which a kernel is uniform: (c - 1) / c for each number c of choices."""
    bandwidth: np.ndarray = 1 - 1 / np.asarray(choices)
    return bandwidth


def frequencies(codes: np.ndarray, choices: Sequence[int]) -> np.ndarray:
    """How frequent each choice of a decision is among rows of codes, (decisions, most choices)."""
    offsets, within = _cells(tuple(choices))
    counts = np.bincount((codes + offsets).ravel(), minlength=within.size).reshape(within.shape)
    return _shares(counts, tuple(choices), 0.0)


def _shares(counts: np.ndarray, choices: tuple[int, ...], prior: float) -> np.ndarray:
    """How frequent each choice of a decision is, with ``prior`` added to its count: (..., decisions, most choices)."""
    _, within = _cells(choices)
    shares: np.ndarray = counts + prior
    shares *= within
    shares /= np.add.reduce(shares, axis=-1, keepdims=True)
    return shares


@cache
def _cells(choices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The number of the first cell of each row, and 1 for the cells that are choices of their decision and 0 for those beyond, in a
    table with a row for each decision and a column for each choice.
    """
    most = max(choices)
    within = np.arange(most) < np.array(choices)[:, None]
    return most * np.arange(len(choices)), within.astype(float)
