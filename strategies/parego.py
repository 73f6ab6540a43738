"""ParEGO: Knowles, ParEGO: A Hybrid Algorithm with On-Line Landscape Approximation for Expensive Multiobjective Optimization
Problems, IEEE Transactions on Evolutionary Computation 10(1), 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from nasbed.strategies.models.gaussian_process import GaussianProcess, most_promising, normal_scores
from nasbed.strategies.models.modelled import RandomStart
from nasbed.strategies.models.pareto import ranks
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Needs, Outcome, Proposal, Searcher, Stream, Task, option


@dataclass(frozen=True)
class ParEGO(RandomStart):
    """Before each training, random weights turn the objectives into one; a Gaussian process of this objective says which of the
    architectures not yet asked for has the highest expected improvement.

    Weights are uniform on the simplex, where the paper draws from a lattice, and objectives are scaled by the range of the front
    seen so far, where the paper takes the range of all values: there one failed network would squeeze the accuracies of all others
    together. The scalarised values are replaced by the normal scores of their ranks; an architecture without a value of every
    objective has the lowest rank. There are ``initial`` random architectures, where the paper has 11 d - 1 of a Latin hypercube in
    d dimensions. The kernel is fixed, where the paper fits it each time. The process knows nothing of trainings under way; their
    weights differ, which keeps parallel workers apart. Once all have been asked for, architectures are drawn at random. Where a
    space does not list its architectures, the candidates are 1,000 drawn at random and the neighbours of the five best by the
    scalarisation.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    rho: float = option(0.05, "weight of the sum beside the maximum in the scalarisation", low=0)
    length: float = option(2.0, "length scale of the kernel, in decisions that differ", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores", above=0)

    @property
    def needs(self) -> Needs:
        """It needs two objectives or more to trade off."""
        return Needs(objectives=2)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: ParEGO, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._objectives = len(task.objectives)
        self._pool = CandidatePool(task.space, "one_hot")
        self._process = GaussianProcess(self._pool.vectors, options.length, options.noise)
        self._to_sample = options.initial
        self._places: list[int] = []
        """The places among the candidates of the architectures with an outcome, in order."""
        self._values: list[tuple[float, ...]] = []

    def ask(self) -> Proposal:
        if self._to_sample or not self._values or self._pool.exhausted:
            self._to_sample = max(0, self._to_sample - 1)
            return self._pool.start(1, self._rng)[0]
        return self._pool.batch([self._most_promising()], 1, self._rng)[0]

    def tell(self, outcome: Outcome) -> None:
        self._places += self._pool.places([outcome.arch]).tolist()
        self._values.append(outcome.values)

    def _most_promising(self) -> int:
        shares = np.array([-log(1.0 - self._rng.random()) for _ in range(self._objectives)])
        scores = normal_scores(scalarised(np.array(self._values), shares / shares.sum(), self._options.rho))
        told = [self._pool.archs[self._places[row]] for row in np.argsort(-scores, kind="stable")]
        self._pool.widen(self._rng, list(dict.fromkeys(told)))
        self._process.follow(self._pool.vectors, self._places)
        mean, sd = self._process.posterior(scores)
        ties = most_promising(mean, sd, mean[self._process.places].max(), self._pool.asked)
        return int(ties[self._rng.below(len(ties))])


def scalarised(values: np.ndarray, weights: np.ndarray, rho: float) -> np.ndarray:
    """Minus the augmented Tchebycheff function of each row of objectives: the best value of an objective costs 0, the worst on
    the front 1 (the worst of all where the front does not vary in it). A row with nan is -inf.
    """
    scores = np.full(len(values), -np.inf)
    valid = ~np.isnan(values).any(axis=1)
    if valid.any():
        seen = values[valid]
        front = np.ptp(seen[ranks(seen) == 0], axis=0)
        span = np.where(front > 0, front, np.ptp(seen, axis=0))
        costs = weights * np.divide(seen.max(axis=0) - seen, span, out=np.zeros(seen.shape), where=span > 0)
        scores[valid] = -(costs.max(axis=1) + rho * costs.sum(axis=1))
    return scores
