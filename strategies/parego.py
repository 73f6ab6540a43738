"""ParEGO: Knowles, ParEGO: A Hybrid Algorithm with On-Line Landscape Approximation for Expensive Multiobjective Optimization
Problems, IEEE Transactions on Evolutionary Computation 10(1), 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from nasbed.protocol import Needs, Outcome, Proposal, Searcher, Strategy, Stream, Task, option
from nasbed.strategies.models.gaussian_process import GaussianProcess, expected_improvement, normal_scores
from nasbed.strategies.models.pareto import ranks


@dataclass(frozen=True)
class ParEGO(Strategy):
    """Before each training the objectives become one by random weights; a Gaussian process of it over all architectures says
    which of those not asked for yet has the highest expected improvement.

    Weights are uniform on the simplex, where the paper draws from a lattice, and objectives are scaled by the range of the front
    seen so far, where it takes all: one failed network would squeeze the accuracies of all others together. The
    scalarisation is replaced by the normal scores of its ranks; an architecture without a value of every objective has the
    lowest. The kernel is fixed, where the paper fits it each time. The process knows nothing of trainings that are still
    out: their weights differ, which keeps parallel workers apart. Once everything was asked for, architectures are drawn at
    random.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    rho: float = option(0.05, "weight of the sum beside the maximum in the scalarisation", low=0)
    length: float = option(2.0, "length scale of the kernel, in decisions that differ", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores", above=0)

    @property
    def warm_up(self) -> int:
        """The random architectures at the start."""
        return self.initial

    @property
    def needs(self) -> Needs:
        """Objectives to trade off."""
        return Needs(objectives=2)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: ParEGO, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._objectives = len(task.objectives)
        self._process = GaussianProcess(task.space.encode_all("one_hot"), options.length, options.noise)
        self._to_sample = options.initial
        self._asked = np.zeros(len(task.space), dtype=bool)
        self._values: list[tuple[float, ...]] = []

    def ask(self) -> Proposal:
        if self._to_sample or not self._values or self._asked.all():
            self._to_sample = max(0, self._to_sample - 1)
            place = self._space.index(self._space.sample(self._rng))
        else:
            place = self._most_promising()
        self._asked[place] = True
        return Proposal(self._space.archs[place])

    def tell(self, outcome: Outcome) -> None:
        self._process.add(self._space.index(outcome.arch))
        self._values.append(outcome.values)

    def _most_promising(self) -> int:
        shares = np.array([-log(1.0 - self._rng.random()) for _ in range(self._objectives)])
        scores = normal_scores(scalarised(np.array(self._values), shares / shares.sum(), self._options.rho))
        mean, sd = self._process.posterior(scores)
        improvement = expected_improvement(mean, sd, mean[self._process.places].max())
        improvement[self._asked] = -1.0
        ties = np.flatnonzero(improvement == improvement.max())
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
