"""A Gaussian process over the candidates for training: Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press
2006, sections 2.2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

_STEPS = 10
"""Iterations of L-BFGS each time that the kernel is learnt; the next time goes on from there."""
_BOUND = (-9.0, 7.0)
"""The bounds of the logarithms that are learnt, so that covariances stay finite and can be factored in float32."""
_JITTER = 1e-6


class GaussianProcess:
    """Covariances are exp(-sum_k r_k (x_k - y_k)^2) between the rows x, y of ``features`` (architectures, entries): a squared
    exponential kernel with a relevance r_k of each entry (equation 5.1). The variance of the noise comes on top of theirs, 1.

    At first r_k = 1 / (2 ``length``): on one-hot vectors exp(-H / ``length``), with H the number of decisions that differ.
    :meth:`learn` then finds the most probable relevances and noise, under independent normal priors of their logarithms around
    where they began, of the standard deviation ``spread``.

    An architecture costs O(n N) to add to n others among N, since the Cholesky factor and the
    covariances solved by it grow by a row; learning costs O(n^2 N + n^3).
    """

    def __init__(self, features: np.ndarray, length: float, noise: float, spread: float = 1.0) -> None:
        size, entries = features.shape
        self._features, self._spread = features, spread
        self._prior = np.log(np.append(np.full(entries, 1 / (2 * length)), noise))
        self._logarithms = self._prior
        self.places: list[int] = []
        self._factor = np.zeros((64, 64))
        self._solved = np.empty((64, size), dtype=np.float32)
        self._variance = np.ones(size)
        self._scale()

    def follow(self, features: np.ndarray, places: Sequence[int]) -> None:
        """Take in trainings: ``places`` are those of all so far, in order. Where architectures have joined ``features`` since,
        which are then another array, the covariances are solved anew.
        """
        if features is not self._features:
            self._features = features
            self.places = list(places)
            self._make_room(len(places))
            self._scale()
            self._solve()
        for place in places[len(self.places) :]:
            self.add(place)

    def add(self, place: int) -> None:
        """One more training, of the architecture at ``place``."""
        size = len(self.places)
        self._make_room(size + 1)
        known = self._solved[:size]
        column = known[:, place]
        root = np.sqrt(max(1.0 + self._noise - float(column @ column), _JITTER))
        row = (self._covariances([place])[0] - column @ known) / np.float32(root)
        self._factor[size, :size], self._factor[size, size] = column, root
        self._solved[size] = row
        self._variance -= row * row
        self.places.append(place)

    def learn(self, scores: np.ndarray) -> None:
        """Fit relevances and noise to the score of each training."""
        x, unit = self._features[self.places].astype(float), np.eye(len(self.places))
        squares = x * x

        def loss(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
            """The negative log posterior of the logarithms but for a constant, and its gradient (equations 5.8 and 5.9)."""
            relevances, noise = np.exp(logarithms[:-1]), np.exp(logarithms[-1])
            norms = squares @ relevances
            kernel = np.exp(2 * (x * relevances) @ x.T - norms - norms[:, None])
            factor = cholesky(kernel + (noise + _JITTER) * unit, lower=True, check_finite=False)
            inverse = cho_solve((factor, True), unit, check_finite=False)
            weights = inverse @ scores
            slope = (inverse - np.outer(weights, weights)) / 2
            pull = -slope * kernel
            by_relevance = 2 * (pull.sum(axis=0) @ squares - (x * (pull @ x)).sum(axis=0)) * relevances
            off = (logarithms - self._prior) / self._spread
            value = scores @ weights / 2 + np.log(factor.diagonal()).sum() + off @ off / 2
            return value, np.append(by_relevance, slope.trace() * noise) + off / self._spread

        bounds = [_BOUND] * len(self._prior)
        found = minimize(
            loss, self._logarithms, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
        )
        self._logarithms = found.x
        self._scale()
        self._solve()

    def _make_room(self, size: int) -> None:
        """Room for so many trainings, and for all architectures."""
        rows, columns = len(self._factor), len(self._features)
        while rows < size:
            rows *= 2
        if rows > len(self._factor):
            self._factor = np.pad(self._factor, (0, rows - len(self._factor)))
        if self._solved.shape != (rows, columns):
            solved = np.empty((rows, columns), dtype=np.float32)
            if self._solved.shape[1] == columns:
                solved[: len(self._solved)] = self._solved
            self._solved = solved

    def _solve(self) -> None:
        """The Cholesky factor of the trainings' covariances, and the covariances with all architectures solved by it."""
        size, unit = len(self.places), np.eye(len(self.places))
        kernel = self._covariances(self.places)
        factor = cholesky(kernel[:, self.places] + (self._noise + _JITTER) * unit, lower=True, check_finite=False)
        self._factor[:size, :size] = factor
        self._solved[:size] = solve_triangular(factor.astype(np.float32), kernel, lower=True, check_finite=False)
        self._variance = 1.0 - np.einsum("ij,ij->j", self._solved[:size], self._solved[:size]).astype(float)

    def posterior(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the noise-free score of every architecture, given the score of each training."""
        size = len(self.places)
        weights = solve_triangular(self._factor[:size, :size], scores, lower=True, check_finite=False)
        mean = weights.astype(np.float32) @ self._solved[:size]
        return mean.astype(float), np.sqrt(np.maximum(self._variance, _JITTER))

    def _scale(self) -> None:
        """What follows from the logarithms."""
        self._noise = float(np.exp(self._logarithms[-1]))
        self._scaled = self._features * np.exp(self._logarithms[:-1] / 2).astype(np.float32)
        self._norms = np.einsum("ij,ij->i", self._scaled, self._scaled)

    def _covariances(self, places: list[int]) -> np.ndarray:
        """The covariances of the architectures at ``places`` with all, (places, architectures), float32."""
        kernel = self._scaled[places] @ self._scaled.T
        kernel *= 2
        kernel -= self._norms
        kernel -= self._norms[places][:, None]
        return np.asarray(np.exp(kernel, out=kernel))


def normal_scores(values: np.ndarray) -> np.ndarray:
    """The normal quantile of each value's mid-rank: scale and outliers do not matter, and -inf is the lowest."""
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return np.asarray(ndtri(ranks / (2 * len(values))))


def expected_improvement(mean: np.ndarray, sd: np.ndarray, best: float) -> np.ndarray:
    """By how much normal variables exceed ``best`` on average, and 0 where they do not (Jones, Schonlau and Welch 1998)."""
    gain = (mean - best) / sd
    return np.asarray(sd * (gain * ndtr(gain) + np.exp(-gain * gain / 2) / np.sqrt(2 * np.pi)))


def most_promising(mean: np.ndarray, sd: np.ndarray, best: float, asked: np.ndarray) -> np.ndarray:
    """The places of the highest :func:`expected_improvement` among those that were not ``asked`` for, ascending: more than one only
    if they tie.

    Once all were asked for, all tie. It is computed only where it can be the highest: by Gordon's bound of Mills' ratio (Annals of
    Mathematical Statistics 12, 1941) a standard normal variable exceeds x by less than phi(x) / (1 + x^2) on average where x > 0,
    and by at most that more than -x elsewhere.
    """
    if asked.all():
        return np.arange(len(mean))
    gain = (mean - best) / sd
    squares = gain * gain
    bound = sd * (np.maximum(gain, 0.0) + np.exp(-squares / 2) / (np.sqrt(2 * np.pi) * (1 + squares)))
    bound[asked] = -np.inf
    first = [int(bound.argmax())]
    (reached,) = expected_improvement(mean[first], sd[first], best)
    left = np.flatnonzero(bound >= reached * (1 - 1e-6)) if reached > 0 else np.flatnonzero(~asked)
    improvement = expected_improvement(mean[left], sd[left], best)
    return np.asarray(left[improvement == improvement.max()])
