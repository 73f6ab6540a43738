"""Parzen estimators of categorical choices: of each decision alone (Bergstra et al., NeurIPS 2011, section 4), and mixtures of
product kernels (Aitchison and Aitken, Biometrika 63, 1976).

Architectures are rows of codes: (architectures, decisions) of whole numbers. In a space that is no product, what is sampled may
lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Density(Protocol):
    """A probability distribution over architectures, which are rows of codes, (architectures, decisions)."""

    def log(self, codes: np.ndarray) -> np.ndarray:
        """The natural logarithm of the probability of each row."""

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """``count`` architectures as rows of codes, (count, decisions), drawn independently."""


class Independent:
    """Every decision alone: a choice is as probable as it is frequent among ``codes``, to which ``prior`` is added."""

    def __init__(self, codes: np.ndarray, choices: Sequence[int], prior: float) -> None:
        values = np.arange(max(choices))
        counts = (codes[:, :, None] == values).sum(axis=0) + prior
        counts[values >= np.array(choices)[:, None]] = 0.0
        self.probabilities: np.ndarray = counts / counts.sum(axis=1, keepdims=True)
        """(decisions, choices); 0 beyond the choices of a decision."""

    def log(self, codes: np.ndarray) -> np.ndarray:
        each = self.probabilities[np.arange(codes.shape[1]), codes]
        logarithm: np.ndarray = np.log(np.maximum(each, _LEAST)).sum(axis=1)
        return logarithm

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        below = self.probabilities.cumsum(axis=1)[:, :-1]
        drawn: np.ndarray = (rng.random((count, len(below), 1)) >= below).sum(axis=2)
        return drawn


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
        for column, centre, width, low in zip(codes.T, self._codes.T, self.bandwidth, other, strict=True):
            each *= np.where(column[:, None] == centre, 1 - width, low)
        total = each.sum(axis=1) + self._prior / self._choices.prod(dtype=float)
        logarithm: np.ndarray = np.log(np.maximum(total / (len(self._codes) + self._prior), _LEAST))
        return logarithm

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


_LEAST = 1e-300
"""The least density, so that a ratio of two is a number."""
