"""Asynchronous successive halving: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, algorithm 2."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

from nasbed.vocabulary import Needs, Outcome, Proposal, Searcher, Strategy, Stream, Task, option


@dataclass(frozen=True)
class ASHA(Strategy):
    """An architecture among the best 1 / ``eta`` of its rung so far is promoted; if there is none, a random architecture begins.

    No worker waits for a rung to be complete. Higher rungs are looked at first. The rungs are those of successive halving.
    Trainings are resumed where the task allows it; a failed training is never promoted.
    """

    eta: int = option(3, "one in eta goes on to the next rung", low=2)

    @property
    def needs(self) -> Needs:
        """It needs fidelities that give two rungs at least: the highest is ``eta`` times the lowest or more."""
        return Needs(fidelity_ratio=self.eta)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: ASHA, task: Task, rng: Stream) -> None:
        self._eta, self._task, self._rng = options.eta, task, rng
        self._rungs = task.rungs(options.eta)
        self._arrived: list[list[Outcome]] = [[] for _ in self._rungs]
        """The outcomes of each rung, best first."""
        self._promoted: set[int] = set()

    def ask(self) -> Proposal:
        for rung in range(len(self._rungs) - 2, -1, -1):
            arrived = self._arrived[rung]
            for one in arrived[: len(arrived) // self._eta]:
                if one.trial not in self._promoted and not one.failed:
                    self._promoted.add(one.trial)
                    resume = one.trial if self._task.resumable else None
                    return Proposal(one.arch, self._rungs[rung + 1], resume)
        return Proposal(self._task.space.sample(self._rng), self._rungs[0])

    def tell(self, outcome: Outcome) -> None:
        insort(self._arrived[self._rungs.index(outcome.epochs)], outcome, key=lambda one: -one.worth)
