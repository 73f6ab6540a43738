"""A strategy whose search changes at fractions of the budget, by the stages of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.searches.incumbents import incumbents
from nasbed.searches.rules import Incumbent
from nasbed.searches.stages import Stage, joint_space
from nasbed.streams import Stream
from nasbed.vocabulary import Arch, Outcome, Proposal, Searcher, Spending, Strategy, Task


class StagedSearcher(Searcher):
    """A strategy under stages. Where a stage searches another half, the strategy starts anew on that half, and the other half is
    frozen at the incumbent by the rule ``incumbent``; else it goes on, and is told what the stage makes of its proposals.
    """

    __slots__ = (
        "_asked",
        "_complete",
        "_costs",
        "_feasible",
        "_incumbent",
        "_inner",
        "_owners",
        "_reached",
        "_rng",
        "_stage",
        "_stages",
        "_strategy",
        "_task",
        "_time",
        "_trained",
    )

    def __init__(
        self, strategy: Strategy, task: Task, rng: Stream, stages: Sequence[Stage], incumbent: Incumbent = "best"
    ) -> None:
        self._strategy, self._task, self._rng, self._incumbent = strategy, task, rng, incumbent
        self._stages = tuple(stages)
        self._stage = 0
        self._asked, self._trained, self._time = 0, 0, 0.0
        self._costs = dict.fromkeys(task.cost_names, 0.0)
        self._feasible: list[Outcome] = []
        self._reached: dict[int, int] = {}
        self._owners: dict[int, tuple[Searcher, Proposal, Proposal, int]] = {}
        self._inner = self._start(stages[0])

    def _start(self, stage: Stage) -> Searcher:
        task = self._task
        self._complete = _as_it_is
        if stage.search is not None:
            space, searched = joint_space(task.space, stage.search), stage.search
            at = self._best(space.default)
            task = replace(task, space=space.subspace(searched, at), shares_weights=False)
            self._complete = lambda arch: space.complete(arch, searched, at)
        searcher = self._strategy.start(task, self._rng)
        if not isinstance(searcher, Searcher):
            raise OptionError(f"start() returned {shown(searcher)}; expected a Searcher")
        return searcher

    def _best(self, default: Arch) -> Arch:
        """The incumbent among feasible outcomes so far; before there is one, the default."""
        if not self._feasible:
            return default
        values, epochs, archs = (
            np.array([[getattr(one, name) for one in self._feasible]]) for name in ("value", "epochs", "index")
        )
        place = incumbents(values, epochs, archs, self._incumbent)[0, -1]
        return self._feasible[place].arch if place >= 0 else default

    def _spent(self) -> float:
        """The fraction of the budget that has been spent, or committed to what is under way."""
        budget = self._task.budget
        spent = Spending(self._asked, self._trained, self._time, self._costs)
        return float(budget.meter.reading(spent)) / budget.amount

    def _advance(self) -> None:
        before = self._stages[self._stage]
        self._stage += 1
        stage = self._stages[self._stage]
        if stage.search != before.search:
            self._inner.close()
            self._inner = self._start(stage)

    def ask(self) -> Proposal | None:
        last = len(self._stages) - 1
        while self._stage < last and self._spent() >= self._stages[self._stage].until - 1e-12:
            self._advance()
        wanted = self._inner.ask()
        while wanted is None and not self._owners and self._stage < last:
            self._advance()
            wanted = self._inner.ask()
        if not isinstance(wanted, Proposal):
            return wanted
        given = Proposal(self._complete(wanted.arch), *wanted[1:])
        spent = 0
        if wanted.measure is None:
            epochs = self._stages[self._stage].epochs
            given = given._replace(epochs=epochs) if wanted.epochs is None and epochs else given
            self._asked += 1
            before = 0 if given.resume is None else self._reached.get(given.resume, 0)
            spent = (given.epochs or self._task.epochs[-1]) - before
            self._trained += spent
        self._owners[id(given)] = (self._inner, wanted, given, spent)
        return given

    def tell(self, outcome: Outcome) -> None:
        owner, wanted, _, spent = self._owners.pop(id(outcome.proposal))
        self._time = outcome.time
        for name, cost in zip(self._task.cost_names, outcome.costs, strict=True):
            self._costs[name] += cost
        if outcome.trial in self._reached:  # a repeat that was free or refused
            self._asked -= 1
            self._trained -= spent
        elif outcome.trial >= 0:
            self._reached[outcome.trial] = outcome.epochs
            if not outcome.violation:
                self._feasible.append(outcome)
        if outcome.trial >= 0:
            outcome = self._valued(outcome)
        if owner is self._inner:
            owner.tell(outcome._replace(arch=wanted.arch, proposal=wanted))

    def close(self) -> None:
        self._inner.close()

    def _valued(self, outcome: Outcome) -> Outcome:
        """The outcome with the value of the stage's objective first."""
        name = self._stages[self._stage].objective
        if name is None:
            return outcome
        place = [objective.name for objective in self._task.objectives].index(name)
        return outcome._replace(value=outcome.values[place])


def _as_it_is(arch: Arch) -> Arch:
    return arch
