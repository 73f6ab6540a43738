"""A Gaussian process whose covariance is a sum: a trend over long distances, and deviations from it over short ones (Rasmussen and
Williams, Gaussian Processes for Machine Learning, MIT Press 2006, sections 4.2.4 and 5.4.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

_BOUND = (-9.0, 7.0)
"""The bounds of the logarithms that are learnt, so that covariances stay finite and can be factored."""
_JITTER = 1e-6
_BLOCK = 4_096
"""Rows of which the mean is computed at once: their covariances stay in the processor's cache."""


class Summand(NamedTuple):
    """One of the kernels that are summed: ``weight`` exp(-sum_k r_k (x_k - y_k)^2) over the entries k in ``columns``, where
    r_k = 1 / (2 ``lengths[k]``) before anything is learnt.
    """

    columns: np.ndarray
    lengths: np.ndarray
    weight: float


class SumOfKernels:
    """A Gaussian process of zero mean over vectors. Its covariance is the sum of ``parts``, and ``noise`` is the variance of what
    comes on top of it in a training.

    :meth:`learn` finds the most probable relevances r_k and weights of all parts, and noise, under independent normal priors of
    their logarithms around where they began, of the standard deviation ``spread``. It costs O(n^3) a step for n trainings;
    :meth:`mean` O(n) a vector, :meth:`posterior` O(n^2).
    """

    def __init__(self, parts: Sequence[Summand], noise: float, spread: float) -> None:
        self._parts, self._spread = parts, spread
        began = [np.append(-np.log(2 * part.lengths), np.log(part.weight)) for part in parts]
        self._ends = np.cumsum([len(one) for one in began])
        self._prior = np.append(np.concatenate(began), np.log(noise))
        self._logarithms = self._prior
        self._asked: np.ndarray | None = None

    @property
    def noise(self) -> float:
        """The variance of the noise."""
        return float(np.exp(self._logarithms[-1]))

    def learn(self, x: np.ndarray, scores: np.ndarray, steps: int) -> None:
        """Fit the logarithms to trainings, the rows of ``x`` and their scores, by at most so many ``steps`` of L-BFGS from where
        they are.
        """
        unit, each = np.eye(len(x)), [x[:, part.columns].astype(float) for part in self._parts]

        def loss(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
            """The negative log posterior of the logarithms but for a constant, and its gradient (equations 5.8 and 5.9)."""
            values, noise = self._split(logarithms)
            scaled = [_scaled(rows, one) for rows, one in zip(each, values, strict=True)]
            kernels = [_kernel(rows, rows, one[-1]) for rows, one in zip(scaled, values, strict=True)]
            factor = cholesky(sum(kernels) + (noise + _JITTER) * unit, lower=True, check_finite=False)
            inverse = cho_solve((factor, True), unit, check_finite=False)
            weights = inverse @ scores
            slope = (inverse - np.outer(weights, weights)) / 2
            gradient = []
            for rows, kernel in zip(scaled, kernels, strict=True):
                pull = -slope * kernel
                by_relevance = 2 * (pull.sum(axis=0) @ (rows * rows) - (rows * (pull @ rows)).sum(axis=0))
                gradient.append(np.append(by_relevance, -pull.sum()))
            off = (logarithms - self._prior) / self._spread
            value = scores @ weights / 2 + np.log(factor.diagonal()).sum() + off @ off / 2
            return float(value), np.append(np.concatenate(gradient), slope.trace() * noise) + off / self._spread

        bounds = [_BOUND] * len(self._prior)
        found = minimize(loss, self._logarithms, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
        self._logarithms, self._asked = found.x, None

    def fit(self, x: np.ndarray, scores: np.ndarray) -> None:
        """Condition on trainings: the rows of ``x`` and their scores."""
        self._values, noise = self._split(self._logarithms)
        self._known = [self._own(x, place) for place in range(len(self._parts))]
        covariances = self._with_known(x).astype(float) + (noise + _JITTER) * np.eye(len(x))
        self._factor = cholesky(covariances, lower=True, check_finite=False)
        self._weights = cho_solve((self._factor, True), scores, check_finite=False)

    def fitted(self, scores: np.ndarray) -> np.ndarray:
        """The mean of the noise-free score of each training, whose scores are those that it was fitted to."""
        return np.asarray(scores - (self.noise + _JITTER) * self._weights)

    def mean(self, x: np.ndarray) -> np.ndarray:
        """The mean of the scores of the rows of ``x`` (equation 2.25)."""
        blocks = [x[start : start + _BLOCK] for start in range(0, len(x), _BLOCK)]
        weights = self._weights.astype(np.float32)
        return np.concatenate([weights @ self._with_known(block) for block in blocks]).astype(float)

    def posterior(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the noise-free scores of the rows of ``x`` (equations 2.25 and 2.26). As long as the same array is
        given, its covariances with the trainings before are kept until the kernel is learnt anew.
        """
        if x is not self._asked:
            self._asked, self._seen = x, np.empty((0, len(x)), dtype=np.float32)
            self._asked_each = [self._own(x, place) for place in range(len(self._parts))]
        if (size := len(self._seen)) < len(self._known[0]):
            fresh = self._summed([known[size:] for known in self._known], self._asked_each)
            self._seen = np.concatenate([self._seen, fresh])
        solved = solve_triangular(self._factor.astype(np.float32), self._seen, lower=True, check_finite=False)
        variance = sum(one[-1] for one in self._values) - np.einsum("ij,ij->j", solved, solved).astype(float)
        return (self._weights.astype(np.float32) @ self._seen).astype(float), np.maximum(variance, _JITTER)

    def _split(self, logarithms: np.ndarray) -> tuple[list[np.ndarray], float]:
        """The relevances and, last, the weight of each part; and the noise."""
        *values, noise = np.split(np.exp(logarithms), self._ends)
        return values, float(noise[0])

    def _own(self, x: np.ndarray, place: int) -> np.ndarray:
        """The vectors that a part compares, scaled."""
        return _scaled(x[:, self._parts[place].columns], self._values[place].astype(np.float32))

    def _with_known(self, x: np.ndarray) -> np.ndarray:
        """The covariances of the trainings with the rows of ``x``, (trainings, rows), float32."""
        return self._summed(self._known, [self._own(x, place) for place in range(len(self._parts))])

    def _summed(self, x: Sequence[np.ndarray], y: Sequence[np.ndarray]) -> np.ndarray:
        """The covariances between vectors that are scaled for each part, (vectors of x, vectors of y), float32."""
        return np.asarray(sum(_kernel(one, two, own[-1]) for one, two, own in zip(x, y, self._values, strict=True)))


def _scaled(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The rows of ``x`` by the roots of their relevances, which stand before the last of ``values``."""
    return np.asarray(x * np.sqrt(values[:-1]))


def _kernel(x: np.ndarray, y: np.ndarray, weight: float) -> np.ndarray:
    """``weight`` exp(-|x - y|^2) between scaled rows, (rows of x, rows of y)."""
    kernel = (2 * x) @ y.T
    kernel -= np.einsum("ij,ij->i", y, y)
    kernel -= np.einsum("ij,ij->i", x, x)[:, None]
    np.exp(np.minimum(kernel, 0, out=kernel), out=kernel)
    kernel *= weight
    return np.asarray(kernel)
