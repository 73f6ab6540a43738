"""Hyperband: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, JMLR 18, 2018 (arXiv 1603.06560), algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from nasbed.protocol import Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class Hyperband(Script):
    """Brackets of successive halving that begin at every rung in turn, from many short trainings to a few whole ones.

    The rungs are those of successive halving. With s_max rungs above the lowest, bracket s = s_max .. 0 begins with
    ceil((s_max + 1) / (s + 1) eta^s) random architectures s rungs below the last. A rung is a batch for parallel
    workers. Trainings are resumed where the task allows it.
    """

    eta: int = option(3, "one in eta goes on to the next rung", low=2)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        rungs, eta = task.rungs(self.eta), self.eta
        highest = len(rungs) - 1
        while True:
            for below in range(highest, -1, -1):
                first, *others = rungs[highest - below :]
                size = -(-(highest + 1) * eta**below // (below + 1))
                alive = yield [Proposal(task.space.sample(rng), first) for _ in range(size)]
                for epochs in others:
                    best = sorted(alive, key=attrgetter("worth"), reverse=True)[: len(alive) // eta]
                    alive = yield [Proposal(one.arch, epochs, one.trial if task.resumable else None) for one in best]
