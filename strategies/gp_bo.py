"""Bayesian optimization with a Gaussian process over all architectures: expected improvement (Jones, Schonlau and Welch 1998) under
an exponential kernel of the Hamming distance (the diffusion kernel of COMBO, Oh et al., NeurIPS 2019, on complete graphs).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import ndtr, ndtri

from nasbed.protocol import Outcome, Proposal, Searcher, Strategy, Stream, Task, option


@dataclass(frozen=True)
class GPBO(Strategy):
    """After some random architectures, train the one of the highest expected improvement among all not asked for yet.

    Values are replaced by the normal scores of their ranks, so scale and outliers do not matter; a failed training has the
    lowest rank. Trainings that are still out count with the value that was believed of them, which keeps parallel workers
    apart (the kriging believer of Ginsbourger, Le Riche and Carraro 2010). Once everything was asked for, architectures are
    drawn at random. A query takes O(n^2 + n N) for n trainings among N architectures, since the Cholesky factor grows by a
    row.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    length: float = option(2.0, "length scale of the kernel, in decisions that differ", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores", above=0)

    @property
    def warm_up(self) -> int:
        """The random architectures at the start."""
        return self.initial

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: GPBO, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._places = {arch: place for place, arch in enumerate(task.space.archs)}
        self._process = _Process(np.array(task.space.archs, dtype=np.int16), options)
        self._asked = np.zeros(len(self._places), dtype=bool)
        self._out: dict[int, list[int]] = {}
        self._values: dict[int, float] = {}
        """The value of each row of the process that has been told."""
        self._believed: list[float] = []

    def ask(self) -> Proposal:
        if len(self._believed) < self._options.initial or not self._values or self._asked.all():
            place, believed = self._places[self._space.sample(self._rng)], 0.0
        else:
            mean, sd = self._process.posterior(self._scores())
            best = mean[[self._process.places[row] for row in self._values]].max()
            gain = (mean - best) / sd
            improvement = sd * (gain * ndtr(gain) + np.exp(-gain * gain / 2) / np.sqrt(2 * np.pi))
            improvement[self._asked] = -1.0
            ties = np.flatnonzero(improvement == improvement.max())
            place = int(ties[self._rng.below(len(ties))])
            believed = float(mean[place])
        self._asked[place] = True
        self._out.setdefault(place, []).append(len(self._believed))
        self._believed.append(believed)
        self._process.add(place)
        return Proposal(self._space.archs[place])

    def tell(self, outcome: Outcome) -> None:
        row = self._out[self._places[outcome.arch]].pop(0)
        self._values[row] = outcome.worth

    def _scores(self) -> np.ndarray:
        """Normal scores of the ranks of what was told, and what is believed of the rest."""
        scores = np.array(self._believed)
        rows, values = list(self._values), np.array(list(self._values.values()))
        ordered = np.sort(values)
        ranks = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
        scores[rows] = ndtri(ranks / (2 * len(values)))
        return scores


class _Process:
    """A Gaussian process on all architectures, with the covariances of what was added to everything solved by its factor."""

    def __init__(self, codes: np.ndarray, options: GPBO) -> None:
        self._codes, self._length, self._noise = codes, options.length, options.noise
        self.places: list[int] = []
        self._factor = np.zeros((64, 64))
        self._solved = np.empty((64, len(codes)), dtype=np.float32)
        self._variance = np.ones(len(codes))

    def add(self, place: int) -> None:
        """One more training, of the architecture at ``place``."""
        size = len(self.places)
        if size == len(self._factor):
            self._factor = np.pad(self._factor, (0, size))
            self._solved = np.concatenate([self._solved, np.empty_like(self._solved)])
        known = self._solved[:size]
        column = known[:, place]
        root = np.sqrt(max(1.0 + self._noise - float(column @ column), 1e-9))
        covariance = np.exp(-(self._codes != self._codes[place]).sum(axis=1) / self._length)
        row = (covariance - column @ known) / root
        self._factor[size, :size], self._factor[size, size] = column, root
        self._solved[size] = row
        self._variance -= row * row
        self.places.append(place)

    def posterior(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation everywhere, given the score of each training."""
        size = len(self.places)
        weights = solve_triangular(self._factor[:size, :size], scores, lower=True, check_finite=False)
        mean = weights.astype(np.float32) @ self._solved[:size]
        return mean.astype(float), np.sqrt(np.maximum(self._variance, 1e-9))
