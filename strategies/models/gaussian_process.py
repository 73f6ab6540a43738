"""A Gaussian process over the candidates for training: Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press
2006, sections 2.2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, log, pi, sqrt

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dtrtri
from scipy.optimize import fmin_l_bfgs_b
from scipy.special import ndtr, ndtri

from nasbed.strategies.models.covariances import Covariances

_STEPS = 10
"""Iterations of L-BFGS each time that the kernel is learnt; the next time goes on from there."""
_BOUND = (-9.0, 7.0)
"""The bounds of the logarithms that are learnt, so that covariances stay finite and can be factored."""
_JITTER = 1e-6
_TINY = 1e-12
"""An improvement, in the highest deviation, below which none is left out."""
_SLACK = 1e-9
"""The share by which rounding may raise an improvement."""
_HIGH = 4.0
"""How many deviations above its mean an architecture counts as that is to improve the most, by which others are measured."""
_NEWTON = 6
"""Steps of Newton's method: the last change the tenth digit."""


class GaussianProcess:
    """Covariances are exp(-sum_k r_k (x_k - y_k)^2) between the rows x, y of ``features`` (architectures, entries): a squared
    exponential kernel with a relevance r_k of each entry (equation 5.1). The variance of the noise comes on top of theirs, 1.

    At first r_k = 1 / (2 ``length``): on one-hot vectors exp(-H / ``length``), with H the number of decisions that differ.
    :meth:`learn` then finds the most probable relevances and noise, under independent normal priors of their logarithms around
    where they began, of the standard deviation ``spread``.

    An architecture costs O(n N) to add to n others among N, since the inverse of the Cholesky factor grows by a row, and what a row
    explains is subtracted from all variances; learning costs O(n^2 N + n^3).
    """

    def __init__(self, features: np.ndarray, length: float, noise: float, spread: float = 1.0) -> None:
        self._features, self._spread = features, spread
        self._prior = np.log(np.append(np.full(features.shape[1], 1 / (2 * length)), noise))
        self._logarithms = self._prior
        self.places: list[int] = []
        self._inverse = np.zeros((64, 64))
        """The inverse of the Cholesky factor of the trainings' covariances, and room for more."""
        self._variance = np.ones(len(features), dtype=np.float32)
        self._covariances = Covariances(features)
        self._covariances.scale(np.exp(self._logarithms[:-1]), [])

    @property
    def _noise(self) -> float:
        return float(np.exp(self._logarithms[-1]))

    def follow(self, features: np.ndarray, places: Sequence[int]) -> None:
        """Take in trainings: ``places`` are those of all so far, in order. Where architectures have joined ``features`` since,
        which are then another array, the covariances are solved anew.
        """
        if features is not self._features:
            self._features = features
            self.places = list(places)
            self._make_room(len(places))
            self._covariances = Covariances(features)
            self._solve()
        for place in places[len(self.places) :]:
            self.add(place)

    def add(self, place: int) -> None:
        """One more training, of the architecture at ``place``."""
        size = len(self.places)
        self._make_room(size + 1)
        inverse = self._inverse[:size, :size]
        column = inverse @ self._covariances.at(place)
        root = sqrt(max(1.0 + self._noise - float(column @ column), _JITTER))
        self._covariances.extend([place])
        row = self._inverse[size, : size + 1]
        row[:size] = column @ inverse
        row[:size] /= -root
        row[size] = 1 / root
        explained = self._covariances.combined(row.astype(np.float32))
        explained *= explained
        self._variance -= explained
        self.places.append(place)

    def learn(self, scores: np.ndarray) -> None:
        """Fit relevances and noise to the score of each training."""
        x = self._features[self.places].astype(float)
        squares, count = x * x, len(x)

        def loss(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
            """The negative log posterior of the logarithms but for a constant, and its gradient (equations 5.8 and 5.9)."""
            relevances, noise = np.exp(logarithms[:-1]), np.exp(logarithms[-1])
            norms = squares @ relevances
            kernel = (x * (2 * relevances)) @ x.T
            kernel -= norms
            kernel -= norms[:, None]
            np.exp(kernel, out=kernel)
            covariances = kernel.copy()
            covariances.flat[:: count + 1] += noise + _JITTER
            factor = _factor(covariances)
            half, _ = dpotri(factor, lower=1)
            inverse = half + half.T
            inverse.flat[:: count + 1] = half.diagonal()
            weights = inverse @ scores
            slope = weights[:, None] * weights
            slope -= inverse
            trace = slope.trace()
            slope *= kernel
            by_relevance = (slope.sum(axis=0) @ squares - (x * (slope @ x)).sum(axis=0)) * relevances
            off = (logarithms - self._prior) / self._spread
            value = scores @ weights / 2 + np.log(factor.diagonal()).sum() + off @ off / 2
            return value, np.append(by_relevance, -trace * noise / 2) + off / self._spread

        bounds = [_BOUND] * len(self._prior)
        self._logarithms, _, _ = fmin_l_bfgs_b(loss, self._logarithms, bounds=bounds, maxiter=_STEPS)
        self._solve()

    def posterior(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the noise-free score of every architecture, given the score of each training."""
        inverse = self._inverse[: len(self.places), : len(self.places)]
        mean = self._covariances.combined((inverse @ scores) @ inverse)
        return mean, np.sqrt(np.maximum(self._variance, _JITTER)).astype(float)

    def _make_room(self, size: int) -> None:
        """Room for so many trainings."""
        if size > len(self._inverse):
            self._inverse = np.pad(self._inverse, (0, max(size, 2 * len(self._inverse)) - len(self._inverse)))

    def _solve(self) -> None:
        """Everything that follows from the logarithms, for the trainings so far."""
        size = len(self.places)
        self._covariances.scale(np.exp(self._logarithms[:-1]), self.places)
        factor = _factor(self._covariances.at(self.places) + (self._noise + _JITTER) * np.eye(size))
        self._inverse[:size, :size], _ = dtrtri(factor, lower=1)
        explained = self._covariances.squares(self._inverse[:size, :size])
        self._variance = (1.0 - explained).astype(np.float32)


def _factor(matrix: np.ndarray) -> np.ndarray:
    """The lower Cholesky factor of a symmetric matrix, which is overwritten; raises :class:`numpy.linalg.LinAlgError` where it has
    none.
    """
    factor, failed = dpotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the covariances of the trainings are not positive definite")
    return np.asarray(factor)


def normal_scores(values: np.ndarray) -> np.ndarray:
    """The normal quantile of each value's mid-rank: scale and outliers do not matter, and -inf is the lowest."""
    ordered = np.sort(values)
    ranks = ordered.searchsorted(values, side="left") + ordered.searchsorted(values, side="right")
    return np.asarray(ndtri(ranks / (2 * len(values))))


def expected_improvement(mean: np.ndarray, sd: np.ndarray, best: float) -> np.ndarray:
    """By how much normal variables exceed ``best`` on average, and 0 where they do not (Jones, Schonlau and Welch 1998)."""
    gain = (mean - best) / sd
    return np.asarray(sd * (gain * ndtr(gain) + np.exp(-gain * gain / 2) / np.sqrt(2 * np.pi)))


def most_promising(mean: np.ndarray, sd: np.ndarray, best: float, asked: np.ndarray) -> np.ndarray:
    """The places of the highest :func:`expected_improvement` among those that were not ``asked`` for, ascending: more than one only
    if they tie.

    Once all were asked for, all tie. It is computed only where it can be the highest. It is convex in mean and deviation together,
    so that where it is at most what one of them reaches is a convex set: means below the chord between two of its points are in it.
    """
    (known,) = asked.nonzero()
    if len(known) == len(mean):
        return np.arange(len(mean))
    score = _HIGH * sd
    score += mean
    score[known] = -np.inf
    first, high = int(score.argmax()), float(sd.max())
    deviation = float(sd[first])
    reached = deviation * _excess((float(mean[first]) - best) / deviation) * (1 - _SLACK)
    if reached > _TINY * high:
        slope = (_mean_that_reaches(reached, high) - reached) / high
        score = np.multiply(sd, -slope, out=score)
        score += mean
        left = score >= best + reached
        left[first] = True
        left[known] = False
    else:
        left = ~asked
    (places,) = left.nonzero()
    improvement = expected_improvement(mean[places], sd[places], best)
    return np.asarray(places[improvement == improvement.max()])


def _excess(gain: float) -> float:
    """By how much a normal variable of this mean and deviation 1 exceeds 0 on average."""
    return gain * erfc(-gain / sqrt(2)) / 2 + exp(-gain * gain / 2) / sqrt(2 * pi)


def _mean_that_reaches(improvement: float, sd: float) -> float:
    """The mean, or one a little lower, at which a normal variable exceeds 0 by ``improvement`` on average. The logarithm of that is
    concave in the mean, so that Newton's steps end below.
    """
    target, gain = log(improvement / sd), 0.0
    for _ in range(_NEWTON):
        reached = _excess(gain)
        gain += (target - log(reached)) * reached / (erfc(-gain / sqrt(2)) / 2)
    return gain * sd
