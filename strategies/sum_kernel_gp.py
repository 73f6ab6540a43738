"""Bayesian optimization with a Gaussian process whose kernel is a sum of a trend and of deviations from it (Rasmussen and Williams
2006, section 5.4.3), on decisions and on the histogram of operations with which Weisfeiler-Lehman kernels of architectures begin
(Ru et al., ICLR 2021, arXiv 2006.07556).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.strategies.models.gaussian_process import most_promising
from nasbed.strategies.models.kriging_believer import KrigingBeliever
from nasbed.strategies.models.modelled import RandomStart
from nasbed.strategies.models.pool import CandidatePool, encoded
from nasbed.strategies.models.sum_of_kernels import Summand, SumOfKernels
from nasbed.vocabulary import Outcome, Proposal, Searcher, Stream, Task, option

_GROWTH = 1.5
"""The kernel is learnt anew whenever there are this many times the trainings of the last time."""
_STEPS = 10
"""Iterations of L-BFGS each time that the kernel is learnt; the next time goes on from there."""


@dataclass(frozen=True)
class SumKernelGP(RandomStart):
    """After some random architectures, trains the architecture with the highest expected improvement on the best mean so far.

    Values are replaced by the normal scores of their ranks; a failed training has the lowest rank. The kernel is the sum of a trend
    and of deviations from it, both exponential in the squared distance, with a relevance of each entry. The trend has a long length
    scale (``far``): it sees the decisions and, where the space has the encoding ``operations``, how often each operation occurs.
    Deviations have a short one (``near``) and see the decisions alone. Decisions are one-hot; where the space has the encoding
    ``ordinal``, those with an order are places on a scale. Relevances, the variances of both parts and the noise are learnt from
    the trainings, as their most probable values.

    The improvement is that of a training, its noise included, on the highest posterior mean of the trained architectures, in which
    noise is averaged out (the best noisy value is no measure of it: Letham et al., Bayesian Analysis 14, 2019). Trainings under way
    count with the value predicted for them (Ginsbourger, Le Riche and Carraro 2010).

    Whenever the kernel is learnt, the ``shortlist`` architectures with the highest mean become the candidates until the next time:
    a query takes O(n^2) for each candidate. Once all have been asked for, architectures are drawn at random. Where a space does not
    list its architectures, 1,000 drawn at random and the neighbours of the five best stand for it.
    """

    initial: int = option(5, "random architectures before the model is asked", low=1)
    near: float = option(2.0, "length scale of deviations, in decisions that differ, before it learns", above=0)
    far: float = option(16.0, "length scale of the trend, in decisions or operations, before it learns", above=0)
    deviation: float = option(0.5, "variance of deviations, that of the trend being 1, before it learns", above=0)
    ordered: float = option(20.0, "decisions that the range of an ordered one counts as, before it learns", above=0)
    noise: float = option(0.1, "variance of the noise, in normal scores, before it is learnt", above=0)
    spread: float = option(1.0, "standard deviation of what is learnt, in logarithms", above=0)
    shortlist: int = option(1000, "architectures of the highest mean that are candidates until it learns again", low=1)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: SumKernelGP, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._pool = CandidatePool(task.space, "ordinal" if "ordinal" in task.space.encodings else "one_hot")
        self._vectors = _Vectors(self._pool, options.ordered)
        self._process: SumOfKernels | None = None
        self._learn_at = float(options.initial)
        self._shortlist = np.empty(0, dtype=np.intp)
        self._listed = np.empty((0, 0), dtype=np.float32)
        self._trainings = KrigingBeliever(self._pool)

    def ask(self) -> Proposal | None:
        trainings = self._trainings
        if len(trainings.places) < self._options.initial or not trainings.told or self._pool.exhausted:
            (proposal,), believed = self._pool.start(1, self._rng), 0.0
        else:
            place, believed = self._most_promising()
            (proposal,) = self._pool.batch([place], 1, self._rng)
        trainings.ask(proposal, believed)
        return proposal

    def tell(self, outcome: Outcome) -> None:
        self._trainings.tell(outcome)

    def _most_promising(self) -> tuple[int, float]:
        """The place of the architecture with the highest expected improvement, and the mean of its score."""
        self._pool.widen(self._rng)
        grown = self._vectors.follow()
        scores = self._trainings.scores()
        x = self._vectors.rows[self._trainings.places]
        if self._process is None:
            self._process = SumOfKernels(self._parts(), self._options.noise, self._options.spread)
        if learns := len(scores) >= self._learn_at:
            self._process.learn(x, scores, _STEPS)
            self._learn_at = _GROWTH * len(scores)
        self._process.fit(x, scores)
        if learns or grown or self._pool.asked[self._shortlist].all():
            self._choose_candidates(self._process)
        if not len(self._shortlist):
            return self._pool.draw(self._rng), 0.0
        mean, variance = self._process.posterior(self._listed)
        best = self._process.fitted(scores)[self._trainings.told].max()
        sd = np.sqrt(variance + self._process.noise)
        ties = most_promising(mean, sd, best, self._pool.asked[self._shortlist])
        chosen = int(ties[self._rng.below(len(ties))])
        return int(self._shortlist[chosen]), float(mean[chosen])

    def _choose_candidates(self, process: SumOfKernels) -> None:
        """The architectures of the highest mean among those not asked for, in order."""
        left, wanted = self._pool.left(), self._options.shortlist
        if len(left) > wanted:
            mean = process.mean(self._vectors.rows[left])
            left = np.sort(left[np.argpartition(-mean, wanted)[:wanted]])
        self._shortlist, self._listed = left, self._vectors.rows[left]

    def _parts(self) -> list[Summand]:
        """Deviations, which see the decisions alone, and the trend, which sees all."""
        decisions, entries = self._pool.vectors.shape[1], self._vectors.rows.shape[1]
        near, far = np.full(decisions, self._options.near), np.full(entries, self._options.far)
        return [Summand(np.arange(decisions), near, self._options.deviation), Summand(np.arange(entries), far, 1.0)]


class _Vectors:
    """The vectors of a pool's architectures by which the process compares: decisions, then how often each operation is there."""

    def __init__(self, pool: CandidatePool, ordered: float) -> None:
        self._pool, self._ordered = pool, ordered
        self._scale: np.ndarray | None = None
        self.rows = np.empty((0, 0), dtype=np.float32)

    def follow(self) -> bool:
        """Take in what has joined the pool; whether anything has."""
        known, archs = len(self.rows), self._pool.archs
        if known == len(archs):
            return False
        fresh = self._pool.vectors[known:]
        if self._scale is None:
            # An entry with other values than 0 and 1 is a decision with an order. Two one-hot entries differ by a square of 2.
            scales = ((fresh != 0) & (fresh != 1)).any(axis=0)
            self._scale = np.where(scales, np.sqrt(2 * self._ordered), 1.0).astype(np.float32)
        fresh = fresh * self._scale
        if "operations" in self._pool.space.encodings:
            fresh = np.hstack([fresh, encoded(self._pool.space, archs[known:], "operations")])
        self.rows = np.concatenate([self.rows, fresh]) if known else fresh
        return True
