"""The trivial rule that a search has to beat where larger is better: take the largest that fits, or sizes spread evenly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Proposals, Script, Stream, Task, is_enumerable, option


@dataclass(frozen=True)
class LargestFitting(Script):
    """Evaluates architectures in the order of a measure, such as parameters, and learns nothing from outcomes.

    It asks for the measure of all architectures that the space lists, or of a pool that it draws, and leaves out those that break a
    constraint on an objective of the same name. The ``largest`` come first; with ``spread`` the largest, the smallest, and then
    those that halve the gaps between the ranks of the ones before, as a front needs. Of equals, the one listed first comes first.
    """

    measure: str = option(
        "parameters", "measure to order by; parameters, macs and flops are free where they are offered"
    )
    order: Literal["largest", "spread"] = option("largest", "largest first, or ranks that halve the gaps, for a front")
    pool: int = option(0, "architectures that are drawn; 0: all of a space that is listed, 1,000 of any other", low=0)

    @property
    def needs(self) -> Needs:
        """It needs the measure among those of the benchmark."""
        return Needs(measures=(self.measure,))

    def search(self, task: Task, rng: Stream) -> Proposals:
        """Ask for the measure, then propose one architecture after another; it ends once none is left."""
        measured = yield [Proposal(arch, measure=self.measure) for arch in self._candidates(task, rng)]
        ranked = sorted((one for one in measured if self._fits(task, one)), key=lambda one: -one.value)
        for rank in _halving(len(ranked)) if self.order == "spread" else range(len(ranked)):
            yield Proposal(ranked[rank].arch)

    def _candidates(self, task: Task, rng: Stream) -> list[Arch]:
        if is_enumerable(task.space) and not self.pool:
            return list(task.space.archs)
        return list(dict.fromkeys(task.space.sample(rng) for _ in range(self.pool or 1000)))

    def _fits(self, task: Task, outcome: Outcome) -> bool:
        """Whether there is a value that breaks no constraint on an objective of this name."""
        bounds = [one for one in task.constraints if one.objective.name == self.measure]
        value = outcome.value
        return not math.isnan(value) and not any(one.violation(one.objective.signed(value)) for one in bounds)


def _halving(count: int) -> list[int]:
    """The ranks below ``count``: the first, the last, and then those in the middle of each gap, the widest gaps first.

    >>> _halving(6), _halving(1)
    ([0, 5, 2, 1, 3, 4], [0])
    """
    order = dict.fromkeys(rank for rank in (0, count - 1) if rank >= 0)
    gaps = [(0, count - 1)]
    for low, high in gaps:
        if high - low > 1:
            order[middle := (low + high) // 2] = None
            gaps += [(low, middle), (middle, high)]
    return list(order)
