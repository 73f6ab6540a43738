"""Regularized (aging) evolution: Real et al., AAAI 2019, algorithm 1."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from nasbed.vocabulary import Outcome, Proposal, Searcher, Strategy, Stream, Task, option


@dataclass(frozen=True)
class RegularizedEvolution(Strategy):
    """The best of a random sample of the population is mutated; the child replaces the oldest member.

    The paper has a population of 100 and a sample of 25 for 20,000 trainings, NAS-Bench-201 has 10 and 3 for about 100. The
    defaults were tuned for 100 trainings, on other benchmarks (docs/strategies.md). Failed trainings never join the population.
    With several workers, parents are chosen among the members whose outcomes have arrived.
    """

    population: int = option(23, "members that are alive at once", low=2)
    sample: int = option(16, "candidates for parent, drawn with replacement", low=1)

    @property
    def warm_up(self) -> int:
        """The size of the initial population, which is drawn at random."""
        return self.population

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    __slots__ = ("_alive", "_candidates", "_random", "_rng", "_space", "_to_sample")

    def __init__(self, options: RegularizedEvolution, task: Task, rng: Stream) -> None:
        self._space, self._rng, self._random = task.space, rng, rng.random
        self._candidates = options.sample
        self._to_sample = options.population
        self._alive: deque[Outcome] = deque(maxlen=options.population)

    def ask(self) -> Proposal:
        alive = self._alive
        if self._to_sample or not alive:
            self._to_sample = max(0, self._to_sample - 1)
            return Proposal(self._space.sample(self._rng))
        random, size = self._random, len(alive)
        parent = alive[int(random() * size)]
        for _ in range(self._candidates - 1):
            rival = alive[int(random() * size)]
            if rival.value > parent.value:
                parent = rival
        return Proposal(self._space.mutate(parent.arch, self._rng))

    def tell(self, outcome: Outcome) -> None:
        if not outcome.failed:
            self._alive.append(outcome)
