"""SMS-EMOA: Beume, Naujoks and Emmerich, SMS-EMOA: Multiobjective Selection Based on Dominated Hypervolume, European Journal of
Operational Research 181(3), 2007, with the reduction by the number of dominating points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.strategies.models.pareto import contributions, feasible, ranks, rows
from nasbed.strategies.models.variation import require_variation
from nasbed.vocabulary import Arch, Needs, Outcome, Proposal, Searcher, Strategy, Stream, Task, option


@dataclass(frozen=True)
class SMSEMOA(Strategy):
    """Steady-state evolution: each child joins the population, and then the member that contributes least is removed.

    That is the member of the last front that is dominated by the most others or, if none is dominated, the one whose removal
    shrinks the hypervolume least. For the hypervolume, objectives are scaled by the population's range, and the reference point
    lies one range below its worst. Parents are drawn uniformly. An architecture without a value of some objective never joins. The
    paper has a population of 100, over many thousands of evaluations of continuous variables; the defaults here are for a few
    hundred, and a child that was asked for before is drawn again. Several workers stay busy, since a child waits for no other.
    """

    population: int = option(20, "members that are alive at once", low=2)
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
        """The size of the initial population, which is drawn at random."""
        return self.population

    @property
    def needs(self) -> Needs:
        """It needs two objectives or more to trade off."""
        return Needs(objectives=2)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    __slots__ = ("_alive", "_asked", "_options", "_rng", "_space", "_to_sample")

    def __init__(self, options: SMSEMOA, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._to_sample = options.population
        self._alive: list[Outcome] = []
        self._asked: set[Arch] = set()

    def ask(self) -> Proposal:
        if self._to_sample or not self._alive:
            self._to_sample = max(0, self._to_sample - 1)
            arch = self._space.sample(self._rng)
        else:
            for _ in range(self._options.draws):
                arch = self._child()
                if arch not in self._asked:
                    break
        self._asked.add(arch)
        return Proposal(arch)

    def tell(self, outcome: Outcome) -> None:
        if feasible(outcome):
            self._alive.append(outcome)
            if len(self._alive) > self._options.population:
                del self._alive[least(rows(self._alive))]

    def _child(self) -> Arch:
        rng, options = self._rng, self._options
        child = rng.choice(self._alive).arch
        if rng.random() < options.crossover_probability:
            child = self._space.crossover(child, rng.choice(self._alive).arch, rng)
        return self._space.mutate(child, rng) if rng.random() < options.mutation_probability else child


def least(values: np.ndarray) -> int:
    """The row to remove; of equals the first, which is the oldest."""
    rank = ranks(values)
    if rank.any():
        last = np.flatnonzero(rank == rank.max())
        rivals = values[last][:, None]
        dominators = ((values >= rivals).all(axis=2) & (values > rivals).any(axis=2)).sum(axis=1)
        return int(last[dominators.argmax()])
    span = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    return int(contributions(scaled, -1.0).argmin())
