"""A generational genetic algorithm: Goldberg, Genetic Algorithms in Search, Optimization and Machine Learning, 1989, chapter 3."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import Literal

from nasbed.strategies.models.variation import require_variation
from nasbed.vocabulary import (
    Arch,
    OptionError,
    Outcome,
    Proposal,
    Proposals,
    Script,
    Stream,
    Task,
    architecture_of,
    option,
)


@dataclass(frozen=True)
class GeneticAlgorithm(Script):
    """The best few of a generation survive; children of two parents each, crossed over and mutated, fill the other places.

    Selection is by ``tournament`` (the best of ``tournament_size``), by ``rank`` (linear, the best expects two children, the worst
    none: Baker 1985), or by ``roulette`` (in proportion to how far the value is above the generation's worst). Crossover cuts both
    parents at one place or at ``cuts`` places, or takes each decision from either (``uniform``); a child outside the space is
    replaced by one of the space's own crossover. The book's simple algorithm is ``roulette`` and ``one_point`` without an elite,
    with a population of 30 and crossover with probability 0.6; there each bit flips with probability 1/30, here one decision
    changes or none. Failed trainings are worse than any other. A generation is a batch for parallel workers.
    """

    population: int = option(20, "members of a generation", low=2)
    elite: int = option(2, "the best members, which stay without another training", low=0)
    selection: Literal["tournament", "rank", "roulette"] = option("tournament", "how parents are chosen")
    tournament_size: int = option(3, "candidates of a tournament, drawn with replacement", low=1)
    crossover: Literal["uniform", "one_point", "multi_point"] = option("uniform", "how two parents make a child")
    cuts: int = option(2, "places at which multi_point cuts", low=1)
    crossover_probability: float = option(0.9, "probability that a child has two parents", low=0, high=1)
    mutation_probability: float = option(0.5, "probability that one decision of a child changes", low=0, high=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.elite >= self.population:
            raise OptionError(
                f"GeneticAlgorithm: elite = {self.elite} and population = {self.population}; expected a smaller elite, since the"
                " other places of a generation are those of its children; lower elite, or raise population"
            )
        require_variation(self)

    @property
    def warm_up(self) -> int:
        """The size of the first generation, which is drawn at random."""
        return self.population

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        alive: list[Outcome] = yield [Proposal(task.space.sample(rng)) for _ in range(self.population)]
        while True:
            alive.sort(key=attrgetter("worth"), reverse=True)
            parent = self._selector(alive, rng)
            elite = alive[: self.elite]
            children = [self._child(parent, task, rng) for _ in range(self.population - len(elite))]
            alive = elite + (yield [Proposal(child) for child in children])

    def _child(self, parent: Callable[[], Arch], task: Task, rng: Stream) -> Arch:
        child = parent()
        if rng.random() < self.crossover_probability:
            child = self._crossed(child, parent(), task, rng)
        return task.space.mutate(child, rng) if rng.random() < self.mutation_probability else child

    def _crossed(self, first: Arch, second: Arch, task: Task, rng: Stream) -> Arch:
        if self.crossover == "uniform" or len(first) < 2:
            return task.space.crossover(first, second, rng)
        wanted = 1 if self.crossover == "one_point" else min(self.cuts, len(first) - 1)
        places = list(range(1, len(first)))
        rng.shuffle(places)
        child: list[int] = []
        parents = first, second
        for number, end in enumerate([*sorted(places[:wanted]), len(first)]):
            child += parents[number % 2][len(child) : end]
        crossed = architecture_of(task.space, tuple(child))
        return task.space.crossover(first, second, rng) if crossed is None else crossed

    def _selector(self, alive: Sequence[Outcome], rng: Stream) -> Callable[[], Arch]:
        """Draws parents from a generation, best first."""
        size = len(alive)
        if self.selection == "tournament":
            random, others = rng.random, range(self.tournament_size - 1)

            def winner() -> Arch:
                best = int(random() * size)
                for _ in others:
                    rival = int(random() * size)
                    if rival < best:
                        best = rival
                return alive[best].arch

            return winner
        if self.selection == "rank":
            weights = [float(size - 1 - place) for place in range(size)]
        else:
            worst = min((one.value for one in alive if not one.failed), default=0.0)
            weights = [0.0 if one.failed else one.value - worst for one in alive]
        totals = list(accumulate(weights))
        if totals[-1] <= 0:
            return lambda: alive[rng.below(size)].arch
        return lambda: alive[min(bisect(totals, rng.random() * totals[-1]), size - 1)].arch
