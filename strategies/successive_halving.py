"""Successive halving: Jamieson and Talwalkar, AISTATS 2016 (arXiv 1502.07943); rungs as in Li et al., JMLR 18, 2018."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from nasbed.vocabulary import Needs, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class SuccessiveHalving(Script):
    """Random architectures are trained a little; the best 1 / ``eta`` go on to the next rung, up to the last; then it restarts.

    The last rung is the task's highest fidelity, each one before it the highest that is at most 1 / ``eta`` of the next. A
    bracket begins with as many architectures as leave one at the end; a rung is a batch for parallel workers. Trainings are
    resumed where the task allows it.
    """

    eta: int = option(3, "one in eta goes on to the next rung", low=2)

    @property
    def needs(self) -> Needs:
        """It needs fidelities that give two rungs at least: the highest is ``eta`` times the lowest or more."""
        return Needs(fidelity_ratio=self.eta)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        rungs = task.rungs(self.eta)
        while True:
            size = self.eta ** (len(rungs) - 1)
            alive = yield [Proposal(task.space.sample(rng), rungs[0]) for _ in range(size)]
            for epochs in rungs[1:]:
                best = sorted(alive, key=attrgetter("worth"), reverse=True)[: len(alive) // self.eta]
                alive = yield [Proposal(one.arch, epochs, one.trial if task.resumable else None) for one in best]
