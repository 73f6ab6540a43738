"""Single path one-shot search with uniform sampling: Guo et al., ECCV 2020 (arXiv 1904.00420), sections 3.2 and 3.4; or with the
sampling of FairNAS: Chu et al., ICCV 2021 (arXiv 1907.01845), algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nasbed.strategies.models.one_shot import WeightSharing
from nasbed.vocabulary import (
    Arch,
    OptionError,
    Outcome,
    Proposal,
    Proposals,
    Stream,
    Task,
    option,
)

_TRIES = 10
"""Draws of a child, none of them new, before a random architecture takes its place."""


@dataclass(frozen=True)
class SPOS(WeightSharing):
    """A genetic algorithm on the accuracy that architectures inherit from a supernet; the best architecture is then evaluated.

    The first generation is random; in each later one, half of the architectures are mutations of the best and half are children of
    two of them. A mutation changes one decision, where the paper draws each decision anew with probability 0.1. An architecture is
    scored once, on all validation images. The search ends with its one evaluation.
    """

    sampling: Literal["uniform", "fair"] = option(
        "uniform", "how the supernet's paths are drawn: uniform, or fair, each operation equally often"
    )
    population: int = option(50, "architectures that are scored in a generation", low=2)
    generations: int = option(20, "generations, the random first one included", low=1)
    best: int = option(10, "architectures from which the next generation descends", low=2)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.best > self.population:
            raise OptionError(
                f"SPOS: best = {self.best} and population = {self.population}; expected no more than are scored in a generation;"
                " lower best, or raise population"
            )

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends with its one evaluation."""
        weights = self.trained_by(self.sampling)
        scored: dict[Arch, Outcome] = {}
        brood = dict.fromkeys(task.space.sample(rng) for _ in range(self.population))
        for generation in range(self.generations):
            if generation:
                brood = self._descendants(list(scored.values()), task, rng)
            outcomes: list[Outcome] = yield [Proposal(arch, measure=weights) for arch in brood if arch not in scored]
            scored |= {outcome.arch: outcome for outcome in outcomes}
        yield Proposal(max(scored.values(), key=lambda outcome: outcome.worth).arch)

    def _descendants(self, scored: list[Outcome], task: Task, rng: Stream) -> dict[Arch, None]:
        """The next generation."""
        parents = [one.arch for one in sorted(scored, key=lambda one: one.worth, reverse=True)[: self.best]]
        known = {one.arch for one in scored}
        brood: dict[Arch, None] = {}
        for place in range(self.population):
            for _ in range(_TRIES):
                parent = parents[rng.below(len(parents))]
                if place % 2:
                    child = task.space.crossover(parent, parents[rng.below(len(parents))], rng)
                else:
                    child = task.space.mutate(parent, rng)
                if child not in known and child not in brood:
                    break
            else:
                child = task.space.sample(rng)
            brood[child] = None
        return brood
