"""Regularized evolution helped by a zero-cost proxy: Abdelfattah et al., ICLR 2021 (arXiv 2101.08134), section 4, warm-up and move
proposal, on Real et al., AAAI 2019, algorithm 1. Population and sample as in NAS-Bench-201; pool as in the authors' example.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from nasbed.strategies.models.asked import Asked
from nasbed.vocabulary import (
    Arch,
    Needs,
    OptionError,
    Outcome,
    Proposal,
    Proposals,
    Script,
    Space,
    Stream,
    Task,
    option,
)


@dataclass(frozen=True)
class ProxyEvolution(Script):
    """The first population is the best of a pool by a proxy, and each child the best of several mutations by the proxy.

    The proxy of an architecture is asked for once. A child is an architecture not trained before, if its parent's mutations include
    one. As many children are bred and trained together as there are workers. Failed trainings never join the population.
    """

    proxy: str = option("synflow", "measure to rank by, higher is better; parameters and flops are free yardsticks")
    pool: int = option(3000, "random draws that the first population is chosen from; 0: it is random", low=0)
    children: int = option(10, "mutations of a parent that compete to be the child; 1: it is random", low=1)
    population: int = option(10, "members that are alive at once", low=2)
    sample: int = option(3, "candidates for parent, drawn with replacement", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.pool < self.population:
            raise OptionError(
                f"ProxyEvolution: pool = {self.pool} and population = {self.population}; expected a pool at least as large, since"
                " the population is the best of it; raise pool, lower population, or set pool = 0 for a random one"
            )

    @property
    def warm_up(self) -> int:
        """The size of the first population, which is trained before any child."""
        return self.population

    @property
    def needs(self) -> Needs:
        """It needs the proxy among the measures of the benchmark."""
        return Needs(measures=(self.proxy,))

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        known = Asked(self.proxy)
        chosen = [task.space.sample(rng) for _ in range(self.pool or self.population)]
        if self.pool:
            yield from known.ask(chosen)
            chosen = sorted(dict.fromkeys(chosen), key=known.rank, reverse=True)[: self.population]
        trained = set(chosen)
        alive: deque[Outcome] = deque(maxlen=self.population)
        while True:
            outcomes: list[Outcome] = yield [Proposal(arch) for arch in chosen]
            alive.extend(outcome for outcome in outcomes if not outcome.failed)
            broods = [self._brood(alive, task.space, rng) for _ in range(task.workers)]
            if self.children > 1:
                yield from known.ask(arch for brood in broods for arch in brood)
            chosen = []
            for brood in broods:
                child = max([arch for arch in brood if arch not in trained] or brood, key=known.rank)
                trained.add(child)
                chosen.append(child)

    def _brood(self, alive: Sequence[Outcome], space: Space, rng: Stream) -> list[Arch]:
        if not alive:
            return [space.sample(rng) for _ in range(self.children)]
        parent = max((rng.choice(alive) for _ in range(self.sample)), key=lambda member: member.value)
        return [space.mutate(parent.arch, rng) for _ in range(self.children)]
