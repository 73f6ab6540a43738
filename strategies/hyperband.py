"""Hyperband: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, JMLR 18, 2018 (arXiv 1603.06560), algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from operator import attrgetter

from nasbed.strategies.models.brackets import brackets
from nasbed.vocabulary import Needs, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class Hyperband(Script):
    """Brackets of successive halving that begin at every rung in turn, from many short trainings to a few full ones.

    The rungs are those of successive halving. With s_max rungs above the lowest, bracket s = s_max .. 0 begins with
    ceil((s_max + 1) / (s + 1) eta^s) random architectures s rungs below the last. A rung is a batch for parallel
    workers. Trainings are resumed where the task allows it.
    """

    eta: int = option(3, "one in eta goes on to the next rung", low=2)

    @property
    def needs(self) -> Needs:
        """It needs fidelities that give two rungs at least: the highest is ``eta`` times the lowest or more."""
        return Needs(fidelity_ratio=self.eta)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        rungs = task.rungs(self.eta)
        for start, size in cycle(brackets(len(rungs), self.eta)):
            first, *others = rungs[start:]
            alive = yield [Proposal(task.space.sample(rng), first) for _ in range(size)]
            for epochs in others:
                best = sorted(alive, key=attrgetter("worth"), reverse=True)[: len(alive) // self.eta]
                alive = yield [Proposal(one.arch, epochs, one.trial if task.resumable else None) for one in best]
