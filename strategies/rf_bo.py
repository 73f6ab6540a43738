"""Bayesian optimization with a random forest, after SMAC: Hutter, Hoos and Leyton-Brown, LION 2011, section 4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from nasbed.strategies.models.forest import Forest
from nasbed.strategies.models.modelled import ModelBased
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Outcome, Proposal, Searcher, Stream, Task, option


@dataclass(frozen=True)
class RFBO(ModelBased):
    """Trains the architecture with the highest expected improvement among those not yet asked for, under the normal distribution
    with the mean and the standard deviation over the trees of a random forest. Every ``interleave``-th architecture is drawn at
    random.

    Departures from SMAC: the forest learns the normal scores of the ranks of the values, not logarithms, which suit costs;
    improvement is sought in the whole space, not by local search (where a space does not list its architectures, among 1,000 drawn
    at random and the neighbours of the five best); and an architecture is trained once, so nothing is raced. A failed training has
    the lowest rank. Several workers get the next best until an outcome arrives. The defaults were tuned (docs/strategies.md); the
    paper draws every second architecture at random, and its trees split on 5/6 of the features, down to 10 trainings.
    """

    initial: int = option(13, "random architectures before the model is asked", low=1)
    interleave: int = option(0, "one in so many architectures is drawn at random; 0: none", low=0)
    trees: int = option(10, "trees of the forest", low=2)
    features: float = option(0.474, "fraction of the features that are candidates for a split", above=0, high=1)
    split: int = option(5, "fewest trainings that are split further", low=2)
    encoding: str = option("one_hot", "encoding of the space, or auto: path where there is one")

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: RFBO, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._pool = CandidatePool(task.space, options.encoding)
        self._forest = Forest(options.trees, "random", options.features, options.split)
        self._count = 0
        self._improvement: np.ndarray | None = None
        """The expected improvement of each architecture, until an outcome is told."""

    def ask(self) -> Proposal:
        self._count += 1
        modelled = self._count - self._options.initial
        if modelled <= 0:
            return self._pool.start(1, self._rng)[0]
        every = self._options.interleave
        if not len(self._pool.known()[1]) or (every and modelled % every == 0):
            return self._pool.batch((), 1, self._rng)[0]
        if self._improvement is None:
            self._pool.widen(self._rng)
        left = self._pool.left()
        if not len(left):
            return self._pool.batch((), 1, self._rng)[0]
        if self._improvement is None:
            self._improvement = self._expected()
        promise = self._improvement[left]
        ties = left[promise == promise.max()]
        return self._pool.batch([ties[self._rng.below(len(ties))]], 1, self._rng)[0]

    def tell(self, outcome: Outcome) -> None:
        self._pool.tell([outcome])
        self._improvement = None

    def _expected(self) -> np.ndarray:
        x, y = self._pool.known()
        ordered = np.sort(y)
        ranks = np.searchsorted(ordered, y, side="left") + np.searchsorted(ordered, y, side="right")
        scores = ndtri(ranks / (2 * len(y)))
        mean, sd = self._forest.fit(x, scores, self._rng.numpy).predict(self._pool.vectors)
        sd = np.maximum(sd, 1e-9)
        gain = (mean - scores.max()) / sd
        expected: np.ndarray = sd * (gain * ndtr(gain) + np.exp(-gain * gain / 2) / np.sqrt(2 * np.pi))
        return expected
