"""Bayesian optimization with a Gaussian process: expected improvement (Jones, Schonlau and Welch 1998) under
an exponential kernel of the Hamming distance (the diffusion kernel of COMBO, Oh et al., NeurIPS 2019, on complete graphs) that
learns how much each choice matters (automatic relevance determination: Rasmussen and Williams 2006, section 5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasbed.strategies.models.gaussian_process import GaussianProcess, most_promising, normal_scores
from nasbed.strategies.models.kriging_believer import KrigingBeliever
from nasbed.strategies.models.modelled import RandomStart
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Needs, Outcome, Proposal, Searcher, Stream, Task, option

_GROWTH = 1.5
"""The kernel is learnt anew whenever there are this many times the trainings of the last time."""
_EVIDENCE = 10.0
"""The number of trainings that the trust in a prior counts as."""


@dataclass(frozen=True)
class GPBO(RandomStart):
    """After some random architectures, trains the architecture with the highest expected improvement among those not yet asked for.

    Values are replaced by the normal scores of their ranks, so scale and outliers do not matter; a failed training has the lowest
    rank. The more relevant the two choices in which architectures differ, the less alike the architectures are; relevances and
    noise are learnt from the trainings. Trainings under way count with the value predicted for them, which keeps parallel workers
    apart (the kriging believer of Ginsbourger, Le Riche and Carraro 2010). Once all have been asked for, architectures are drawn at
    random. A query takes O(n^2 + n N) for n trainings among N architectures. Where a space does not list its architectures, the
    candidates are 1,000 drawn at random and the neighbours of the five best.

    With a ``prior``, a measure such as the ranks on other data sets, every architecture is measured, the best by the prior are
    trained first in place of random ones, and the mean of the process is a multiple of the prior's normal scores. The multiple is
    learnt: it is the slope of the trainings' scores on the prior, shrunk towards ``trust`` as if ten trainings had already shown
    that slope.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    length: float = option(2.0, "length scale of the kernel, in decisions that differ, before it learns", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores, before it is learnt", above=0)
    spread: float = option(1.0, "standard deviation of what is learnt, in logarithms; 0 learns nothing", low=0)
    prior: str = option("", "measure that is believed beforehand, as transfer; empty: none")
    trust: float = option(0.5, "slope of scores on the prior that is believed before any training", low=0, high=1)

    @property
    def needs(self) -> Needs:
        """With a prior, it needs that measure in the benchmark, and a space that lists its architectures."""
        return Needs(measures=(self.prior,), enumerable=True) if self.prior else Needs()

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: GPBO, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._pool = CandidatePool(task.space, "one_hot")
        self._process = GaussianProcess(self._pool.vectors, options.length, options.noise, options.spread)
        self._learn_at = float(options.initial) if options.spread else np.inf
        self._trainings = KrigingBeliever(self._pool)
        self._prior = _Prior(options, self._pool) if options.prior else None

    def ask(self) -> Proposal | None:
        if self._prior and not self._prior.known:
            return self._prior.ask()
        trainings, begun = self._trainings, len(self._trainings.places) >= self._options.initial
        if self._prior and not begun:
            place, believed = self._prior.best(self._pool.asked), 0.0
        elif not begun or not trainings.told or self._pool.exhausted:
            (proposal,) = self._pool.start(1, self._rng)
            trainings.ask(proposal, 0.0)
            return proposal
        else:
            place, believed = self._most_promising()
        (proposal,) = self._pool.batch([place], 1, self._rng)
        trainings.ask(proposal, believed)
        return proposal

    def tell(self, outcome: Outcome) -> None:
        if self._prior and outcome.proposal.measure:
            self._prior.tell(outcome)
        else:
            self._trainings.tell(outcome)

    def _most_promising(self) -> tuple[int, float]:
        """The place of the architecture with the highest expected improvement, and the mean of its score."""
        self._pool.widen(self._rng)
        places, scores, offset = self._trainings.places, self._trainings.scores(), None
        self._process.follow(self._pool.vectors, places)
        if self._prior:
            offset = self._prior.offset(places, scores)
            scores = scores - offset[places]
        if len(scores) >= self._learn_at:
            self._process.learn(scores)
            self._learn_at = _GROWTH * len(scores)
        mean, sd = self._process.posterior(scores)
        if offset is not None:
            mean = mean + offset
        best = mean[self._trainings.trained].max()
        ties = most_promising(mean, sd, best, self._pool.asked)
        place = int(ties[self._rng.below(len(ties))])
        return place, float(mean[place])


class _Prior:
    """A measure of all candidates, and what it lets one expect of their scores."""

    def __init__(self, options: GPBO, pool: CandidatePool) -> None:
        self._trust, self._pool = options.trust, pool
        self._left = [Proposal(arch, measure=options.prior) for arch in reversed(pool.archs)]
        self._values = np.full(len(pool.archs), np.nan)
        self._told = 0
        self._scores = np.empty(0)

    @property
    def known(self) -> bool:
        """Whether every candidate has been measured."""
        return self._told == len(self._values)

    def ask(self) -> Proposal | None:
        """The next architecture to measure; ``None`` while the last measures are under way."""
        return self._left.pop() if self._left else None

    def tell(self, outcome: Outcome) -> None:
        """Take in a measure; scores are there after the last."""
        self._values[self._pool.places([outcome.arch])] = outcome.worth
        self._told += 1
        if self.known:
            self._scores = normal_scores(np.where(np.isfinite(self._values), self._values, -np.inf))

    def best(self, asked: np.ndarray) -> int:
        """The place of the best that was not asked for, the first of equals."""
        return int(np.where(asked, -np.inf, self._scores).argmax())

    def offset(self, places: Sequence[int], scores: np.ndarray) -> np.ndarray:
        """What the prior expects of every candidate beyond the mean of the trainings at ``places``, whose scores are given."""
        seen = self._scores[places]
        centred = seen - seen.mean()
        slope = (centred @ scores + _EVIDENCE * self._trust) / (centred @ centred + _EVIDENCE)
        return np.asarray(max(slope, 0.0) * (self._scores - seen.mean()))
