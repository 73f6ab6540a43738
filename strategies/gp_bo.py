"""Bayesian optimization with a Gaussian process: expected improvement (Jones, Schonlau and Welch 1998) under
an exponential kernel of the Hamming distance (the diffusion kernel of COMBO, Oh et al., NeurIPS 2019, on complete graphs) that
learns how much each choice matters (automatic relevance determination: Rasmussen and Williams 2006, section 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.strategies.models.gaussian_process import GaussianProcess, expected_improvement, normal_scores
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Arch, Outcome, Proposal, Searcher, Strategy, Stream, Task, option

_GROWTH = 1.5
"""The kernel is learnt anew whenever there are so many times the trainings of the last time."""


@dataclass(frozen=True)
class GPBO(Strategy):
    """After some random architectures, train the one of the highest expected improvement among all not asked for yet.

    Values are replaced by the normal scores of their ranks, so scale and outliers do not matter; a failed training has the
    lowest rank. Two architectures that differ in a decision are the less alike the more relevant the two choices are, and
    relevances and noise are learnt from the trainings. Trainings that are still out count with the value that was believed of
    them, which keeps parallel workers apart (the kriging believer of Ginsbourger, Le Riche and Carraro 2010). Once everything
    was asked for, architectures are drawn at random. A query takes O(n^2 + n N) for n trainings among N architectures. Where a
    space has no list of them, 1,000 that are drawn at random and the neighbours of the five best are the candidates.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    length: float = option(2.0, "length scale of the kernel, in decisions that differ, before it learns", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores, before it is learnt", above=0)
    spread: float = option(1.0, "standard deviation of what is learnt, in logarithms; 0 learns nothing", low=0)

    @property
    def warm_up(self) -> int:
        """The number of random architectures at the start."""
        return self.initial

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: GPBO, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._pool = CandidatePool(task.space, "one_hot")
        self._process = GaussianProcess(self._pool.vectors, options.length, options.noise, options.spread)
        self._learn_at = float(options.initial) if options.spread else np.inf
        self._places: list[int] = []
        """Where the architectures that were asked for stand among the candidates, in order."""
        self._out: dict[Arch, list[int]] = {}
        self._values: dict[int, float] = {}
        """The value of each row of the process that has been told."""
        self._believed: list[float] = []

    def ask(self) -> Proposal:
        if len(self._believed) < self._options.initial or not self._values or self._pool.exhausted:
            (proposal,), believed = self._pool.start(1, self._rng), 0.0
        else:
            self._pool.widen(self._rng)
            self._process.follow(self._pool.vectors, self._places)
            scores = self._scores()
            if len(scores) >= self._learn_at:
                self._process.learn(scores)
                self._learn_at = _GROWTH * len(scores)
            mean, sd = self._process.posterior(scores)
            best = mean[[self._process.places[row] for row in self._values]].max()
            improvement = expected_improvement(mean, sd, best)
            improvement[self._pool.asked] = -1.0
            ties = np.flatnonzero(improvement == improvement.max())
            place = int(ties[self._rng.below(len(ties))])
            (proposal,), believed = self._pool.batch([place], 1, self._rng), float(mean[place])
        self._out.setdefault(proposal.arch, []).append(len(self._believed))
        self._places += self._pool.places([proposal.arch]).tolist()
        self._believed.append(believed)
        return proposal

    def tell(self, outcome: Outcome) -> None:
        row = self._out[outcome.arch].pop(0)
        self._values[row] = outcome.worth
        self._pool.tell([outcome])

    def _scores(self) -> np.ndarray:
        """Normal scores of the ranks of what was told, and what is believed of the rest."""
        scores = np.array(self._believed)
        scores[list(self._values)] = normal_scores(np.array(list(self._values.values())))
        return scores
