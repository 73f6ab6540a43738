"""Local search with restarts: White, Nolen and Savani, UAI 2021 (arXiv 2005.02960), algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nasbed.strategies.models.asked import Asked
from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class LocalSearch(Script):
    """From the best of some random architectures, moves to a better neighbour as long as there is one; then restarts.

    ``best`` evaluates all neighbours before it moves (a batch for parallel workers), ``first`` moves as soon as one is better.
    Algorithm 1 of the paper is ``best`` from one random architecture; the authors' code moves to the ``first`` and begins with the
    best of ten ``starts``; the defaults were tuned (docs/strategies.md). Outcomes are remembered, and no neighbour is asked for
    twice within the search. With a ``prior``, such as the ranks on other data sets, starts are the best by the prior among the
    architectures drawn so far and not evaluated yet.
    """

    improvement: Literal["best", "first"] = option(
        "first", "move to the best neighbour, or to the first that is better"
    )
    starts: int = option(15, "random architectures before each climb, which begins at the best of them", low=1)
    prior: str = option("", "measure by which starts are chosen, as transfer; empty: they are random")
    pool: int = option(1000, "architectures drawn for the prior before each start", low=1)

    @property
    def needs(self) -> Needs:
        """It needs the prior, where there is one, among the measures of the benchmark."""
        return Needs(measures=(self.prior,) if self.prior else ())

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        values: dict[Arch, float] = {}
        ranks = Asked(self.prior)
        while True:
            starts = [task.space.sample(rng) for _ in range(self.starts)]
            if self.prior:
                yield from ranks.ask([*starts, *(task.space.sample(rng) for _ in range(self.pool - self.starts))])
                new = (arch for arch in ranks.values if arch not in values)
                starts = sorted(new, key=ranks.rank, reverse=True)[: self.starts] or starts
            begun = [_remember(values, outcome) for outcome in (yield [Proposal(arch) for arch in starts])]
            here = max(begun, key=values.__getitem__)
            improved = True
            while improved:
                around = task.space.neighbours(here)
                rng.shuffle(around)
                asked = [Proposal(arch) for arch in around if arch not in values]
                if self.improvement == "best":
                    for outcome in (yield asked):
                        _remember(values, outcome)
                else:
                    known = max((arch for arch in around if arch in values), key=values.__getitem__, default=here)
                    while values[known] <= values[here] and asked:
                        known = _remember(values, (yield asked.pop()))
                best = max((arch for arch in around if arch in values), key=values.__getitem__)
                improved = values[best] > values[here]
                here = best if improved else here


def _remember(values: dict[Arch, float], outcome: Outcome) -> Arch:
    """Keep the worth of an outcome."""
    values[outcome.arch] = outcome.worth
    return outcome.arch
