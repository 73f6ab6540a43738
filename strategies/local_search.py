"""Local search with restarts: White, Nolen and Savani, UAI 2021 (arXiv 2005.02960), algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nasbed.strategies.models.asked import Asked
from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class LocalSearch(Script):
    """From a random architecture, evaluate the neighbours and move to the best while that improves; then restart.

    ``best`` evaluates all neighbours before it moves (a batch for parallel workers), ``first`` moves as soon as one is
    better. What has been evaluated is remembered and not asked for again within the search. With a ``prior``, as the ranks of other
    tasks, each start is the best by it of what was drawn so far and is not evaluated yet.
    """

    improvement: Literal["best", "first"] = option("best", "move to the best neighbour, or to the first that is better")
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
            start = task.space.sample(rng)
            if self.prior:
                yield from ranks.ask([start, *(task.space.sample(rng) for _ in range(self.pool - 1))])
                start = max((arch for arch in ranks.values if arch not in values), key=ranks.rank, default=start)
            outcome = yield Proposal(start)
            here = _remember(values, outcome)
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
