"""NSGA-II: Deb, Pratap, Agarwal and Meyarivan, A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II, IEEE Transactions on
Evolutionary Computation 6(2), 2002, section III.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nasbed.strategies.models.pareto import Preference, constrained_preferences
from nasbed.strategies.models.variation import require_variation
from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class NSGA2(Script):
    """NSGA-II: the least dominated of parents and children survive, and among those of one rank the least crowded.

    Parents are chosen by tournaments of two under the same order. An architecture without a value of some objective is dominated by
    all that have every value, and one that breaks the constraints by all that break them less (constrained domination, section
    VI-A). A generation is a batch for parallel workers. The paper has a population of 100, over 250 generations of continuous
    variables; the defaults here are for a few hundred evaluations, and a child that was asked for before is drawn again.
    """

    population: int = option(20, "members of a generation", low=2)
    crossover_probability: float = option(0.9, "probability that a child has two parents", low=0, high=1)
    mutation_probability: float = option(0.5, "probability that one decision of a child changes", low=0, high=1)
    draws: int = option(
        10, "draws of a child before one that was asked for already is taken; 1: repeats, as published", low=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_variation(self)

    @property
    def warm_up(self) -> int:
        """The size of the first generation, which is drawn at random."""
        return self.population

    @property
    def needs(self) -> Needs:
        """It needs two objectives or more to trade off."""
        return Needs(objectives=2)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        children = [task.space.sample(rng) for _ in range(self.population)]
        asked = set(children)
        alive: list[Outcome] = []
        while True:
            pool = alive + (yield [Proposal(child) for child in children])
            keys = constrained_preferences(pool)
            best = sorted(range(len(pool)), key=keys.__getitem__)[: self.population]
            alive, keys = [pool[place] for place in best], [keys[place] for place in best]
            children = []
            for _ in range(self.population):
                for _ in range(self.draws):
                    child = self._child(alive, keys, task, rng)
                    if child not in asked:
                        break
                asked.add(child)
                children.append(child)

    def _child(self, alive: Sequence[Outcome], keys: Sequence[Preference], task: Task, rng: Stream) -> Arch:
        child = _parent(alive, keys, rng)
        if rng.random() < self.crossover_probability:
            child = task.space.crossover(child, _parent(alive, keys, rng), rng)
        return task.space.mutate(child, rng) if rng.random() < self.mutation_probability else child


def _parent(alive: Sequence[Outcome], keys: Sequence[Preference], rng: Stream) -> Arch:
    """The winner of a binary tournament; of equals the one drawn first."""
    first, second = rng.below(len(alive)), rng.below(len(alive))
    return alive[second if keys[second] < keys[first] else first].arch
