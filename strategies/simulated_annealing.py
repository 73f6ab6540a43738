"""Simulated annealing: Kirkpatrick, Gelatt and Vecchi, Science 220, 1983, with geometric cooling."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class SimulatedAnnealing(Script):
    """A walk by mutation: always to a better architecture, to a worse one with probability exp(difference / temperature).

    The temperature is in units of the first objective (percentage points of accuracy) and is multiplied by ``cooling`` after every
    step; the paper stays at each temperature until the walk is in equilibrium, for which a search of a few hundred trainings has no
    time. The walk never moves to a failed training.
    """

    temperature: float = option(2.0, "at the start, in units of the first objective", above=0)
    cooling: float = option(0.97, "factor of the temperature, every step", above=0, high=1)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        here = yield Proposal(task.space.sample(rng))
        while here.failed:
            here = yield Proposal(task.space.sample(rng))
        temperature = self.temperature
        while True:
            there = yield Proposal(task.space.mutate(here.arch, rng))
            loss = here.value - there.value
            if not there.failed and (loss <= 0 or (temperature > 0 and rng.random() < exp(-loss / temperature))):
                here = there
            temperature *= self.cooling
