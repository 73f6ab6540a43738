"""Genetic algorithms of pymoo (Blank and Deb, IEEE Access 8, 2020), by their interface of ask and tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.vocabulary import Stream, Task, option


@dataclass(frozen=True)
class Pymoo(OutsideStrategy):
    """pymoo's genetic algorithm for mixed variables, generation by generation; tried with version 0.6.2.

    A decision is a ``Choice``, or an ``Integer`` where its values have an order. Defaults are those of ``MixedVariableGA``: a
    population of 50 that is also the number of children, uniform crossover of choices, no duplicates. With one objective the
    fittest survive, with several the survivors are those of NSGA-II (``RankAndCrowding``), as in its documentation. A failed
    training and a suggestion that stands for no architecture are infeasible. Workers wait for the end of a generation. A search
    ends when no child is new.
    """

    population: int = option(50, "architectures that survive a generation, and children of one", low=2, high=1_000_000)

    package: ClassVar[str] = "pymoo"
    installed_by: ClassVar[str] = "nasbed[pymoo]"
    distributions: ClassVar[tuple[str, ...]] = ("pymoo",)

    @property
    def warm_up(self) -> int:
        """The size of the random population at the start."""
        return self.population

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """An algorithm of pymoo's that is set up for the space."""
        return _Search(self, task, seed)


class _Search(OutsideSearch):
    several = True
    tries = 100

    def __init__(self, options: Pymoo, task: Task, seed: int) -> None:
        from pymoo.core.mixed import MixedVariableGA
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination
        from pymoo.core.variable import Choice, Integer
        from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

        self._parameters = Parameters(task.space)
        self._objectives = len(task.objectives)
        variables = {
            one.name: Integer(bounds=(0, one.size - 1)) if one.ordered else Choice(options=list(range(one.size)))
            for one in self._parameters
        }
        self._problem = Problem(vars=variables, n_obj=self._objectives, n_ieq_constr=1)
        survival = {"survival": RankAndCrowding()} if self._objectives > 1 else {}
        self._algorithm: Any = MixedVariableGA(pop_size=options.population, **survival)
        self._algorithm.setup(self._problem, termination=NoTermination(), seed=seed, verbose=False)
        self._generation: Any = None
        self._next = self._due = 0
        self._answers: dict[int, tuple[list[float], float]] = {}

    def suggest(self) -> Suggestion | None:
        if self._generation is None:
            self._generation, self._next, self._answers = self._algorithm.ask(), 0, {}
            self._due = 0 if self._generation is None else len(self._generation)
        if self._next == self._due:
            return None
        place = self._next
        self._next += 1
        chosen = self._generation[place].X
        return Suggestion(place, self._parameters.arch(chosen[name] for name in self._parameters.names))

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self._take(handle, list(told), -1.0)

    def report_failure(self, handle: Any) -> None:
        self._take(handle, [0.0] * self._objectives, 1.0)

    def _take(self, place: int, losses: list[float], violation: float) -> None:
        """Keep an answer, and end the generation with the last."""
        from pymoo.core.evaluator import Evaluator
        from pymoo.problems.static import StaticProblem

        self._answers[place] = losses, violation
        if len(self._answers) < self._due:
            return
        answers = [self._answers[one] for one in range(self._due)]
        known = StaticProblem(
            self._problem, F=np.array([one for one, _ in answers]), G=np.array([[one] for _, one in answers])
        )
        Evaluator().eval(known, self._generation)
        self._algorithm.tell(infills=self._generation)
        self._generation = None
