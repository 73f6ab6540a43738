"""Parzen estimators of categorical choices: of each decision alone (Bergstra et al., NeurIPS 2011, section 4), and mixtures of
product kernels (Aitchison and Aitken, Biometrika 63, 1976).

Architectures are rows of codes: (architectures, decisions) of whole numbers. In a space that is no product, what is sampled may
lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from math import prod
from typing import Protocol

import numpy as np

_LEAST, _MOST = 1e-300, 1e300
"""The least density, so that a ratio of two is a number; and a number of which no random share is a choice."""
_KEPT = 512
"""How many tables of kernels are kept, by how many there are: searches of a study ask for the same again and again."""


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
        first, second = np.maximum(self.probabilities, _LEAST)
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
        logarithm: np.ndarray = np.log(np.maximum(np.add.reduce(each, axis=1) / len(self._codes), _LEAST))
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


class Mixtures:
    """Two mixtures, of the ``first`` of some architectures and of the others, with a kernel at each of their n and one component of
    weight ``prior`` that is uniform.

    A kernel counts the choice of its centre once and every choice s = ``prior`` / (n + 1) times: it draws a decision of c choices
    anew with probability c / (c + 1 / s). So it is (1 + 1 / s) ** (m - decisions) times the product of (1 + s) / (1 + c s), where m
    is how many decisions agree with its centre. The architectures are columns of a ``table``: the choice of each decision, and
    then, with a row for every choice of every decision, 1 where it is chosen and 0 where not. The others have decisions + 1 more in
    the rows of the first decision, so that a sum over one row of each decision tells the part, too.
    """

    def __init__(self, table: np.ndarray, choices: tuple[int, ...], first: int, prior: float) -> None:
        self._table, self._choices, self._first, self._prior = table, choices, first, prior

    def sample(self, count: int, rng: np.random.Generator, copies: bool = True) -> np.ndarray:
        choices, _, _ = _columns(self._choices)
        shares, weights = _drawn_anew(self._choices, self._first, self._prior)
        if not copies:
            shares = shares[:-1]
            count = int(rng.binomial(count, shares[-1]))
        chance = rng.random((2 + len(choices), count))
        scaled = weights.take(shares.searchsorted(chance[0] * shares[-1], "right"), axis=1)
        scaled *= chance[2:]
        drawn: np.ndarray = self._table[: len(choices)].take((chance[1] * self._first).astype(np.intp), axis=1)
        np.copyto(drawn, scaled, casting="unsafe", where=scaled < choices)
        return drawn.T

    def log_ratio(self, codes: np.ndarray) -> np.ndarray:
        first, others = self._first, self._table.shape[1] - self._first
        _, rows, kind = _columns(self._choices)
        kernels, uniform = _parts(self._choices, first, others, self._prior)
        agreeing = np.add.reduce(self._table.take(codes.T + rows, axis=0), axis=0, dtype=kind)
        sums = np.add.reduceat(kernels.take(agreeing), (0, first), axis=1)
        sums += uniform
        ratio: np.ndarray = np.log(sums[:, 0] / sums[:, 1])
        return ratio


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
def _columns(choices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.dtype]:
    """The number of choices of each decision and the row of its first choice in a table of :class:`Mixtures`, two columns,
    (decisions, 1), and the type of a sum over its rows.
    """
    counts = np.array(choices)[:, None]
    return counts, len(choices) + counts.cumsum(axis=0) - counts, np.min_scalar_type(2 * len(choices) + 1)


@lru_cache(maxsize=_KEPT)
def _drawn_anew(choices: tuple[int, ...], count: int, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """What a mixture of so many kernels draws anew, by cases: everything, from the uniform component; nothing before one decision,
    which is drawn anew; nothing at all.

    Returns the probability of each case or one before it, (decisions + 2,), and by decision and case the number of which a random
    share is the new choice, where it is below the number of choices.
    """
    decisions, weight = len(choices), (count + 1) / prior
    kept = np.cumprod([count / (count + prior), *(weight / (one + weight) for one in choices)])
    scales = np.full((decisions, decisions + 2), _MOST)
    for decision, one in enumerate(choices):
        scales[decision, : decision + 2] = one + weight
        scales[decision, [0, decision + 1]] = one
    return np.append(1 - kept, 1.0), scales


@lru_cache(maxsize=_KEPT)
def _parts(choices: tuple[int, ...], first: int, others: int, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """What a kernel adds to the density of its part by how many decisions agree, none to all, for either part one after the other;
    and what the uniform component adds to the density of either.
    """
    kernels, uniform = list[float](), list[float]()
    for count in (first, others):
        share, whole = prior / (count + 1), count + prior
        most = prod((1 + share) / (1 + one * share) for one in choices) / whole
        kernels += [most * (1 + 1 / share) ** missing for missing in range(-len(choices), 1)]
        uniform.append(max(prior / prod(map(float, choices)) / whole, _LEAST))
    return np.array(kernels), np.array(uniform)


@cache
def _cells(choices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The number of the first cell of each row, and 1 for the cells that are choices of their decision and 0 for those beyond, in a
    table with a row for each decision and a column for each choice.
    """
    most = max(choices)
    within = np.arange(most) < np.array(choices)[:, None]
    return most * np.arange(len(choices)), within.astype(float)
