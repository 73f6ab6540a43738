"""Searches in stages: what an evaluation is, or which half of the space is searched, changes at fractions of the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import get_args

from nasbed.errors import OptionError, located, require_name, shown, unknown
from nasbed.numeric import real, whole
from nasbed.streams import Stream
from nasbed.vocabulary import Arch, Half, JointSpace, Outcome, Proposal, Searcher, Space, Spending, Strategy, Task


@dataclass(frozen=True)
class Stage:
    """A part of the budget, ``until`` the fraction at which it ends.

    In it a proposal that names no epochs is trained for ``epochs``; the value that the strategy is told is that of
    ``objective``; and ``search`` is the half of a joint space that is searched, the other half being frozen at the
    incumbent (before there is one, at the space's default). What is not given stays as the task has it.
    """

    until: float = 1.0
    epochs: int | None = None
    objective: str | None = None
    search: Half | None = None

    def sentence(self, start: float) -> str:
        """The stage in words, for captions."""
        changes = [
            *([f"{self.epochs} epochs"] if self.epochs else []),
            *([f"objective {self.objective}"] if self.objective else []),
            *([f"searching the {self.search} alone"] if self.search else []),
        ]
        return f"{start:.0%} to {self.until:.0%} of the budget: {', '.join(changes) or 'as declared'}"


def parse(given: object) -> tuple[Stage, ...]:
    """Stages from a list of tables, as a study file writes them; the last ends at 1.

    Raises :class:`~nasbed.errors.OptionError`.

    >>> parse([{"until": 0.5, "epochs": 12}, {"epochs": 200}])
    (Stage(until=0.5, epochs=12, objective=None, search=None), Stage(until=1.0, epochs=200, objective=None, search=None))
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(one, Mapping) for one in given):
        raise OptionError(
            f"stages = {shown(given)}; expected a list such as [{{ until = 0.5, epochs = 12 }}, {{ epochs = 200 }}]"
        )
    known = [field.name for field in fields(Stage)]
    stages: list[Stage] = []
    for place, table in enumerate(given, 1):
        with located(f"stage {place}"):
            for key in table:
                if key not in known:
                    raise unknown("key", key, known)
            stages.append(_checked(Stage(**{"until": 1.0, **table}), stages[-1].until if stages else 0.0))
    if stages and stages[-1].until != 1:
        raise OptionError(f"the last stage ends at {stages[-1].until!r}; expected 1, the end of the budget")
    return tuple(stages)


def _checked(stage: Stage, start: float) -> Stage:
    until, epochs = real(stage.until), whole(stage.epochs)
    if until is None or not start < until <= 1:
        raise OptionError(
            f"until = {shown(stage.until)}; expected a fraction of the budget, more than {start:g}, at most 1"
        )
    if stage.epochs is not None and epochs is None:
        raise OptionError(f"epochs = {shown(stage.epochs)}; expected a whole number")
    if stage.search is not None:
        require_name("half of a joint space", stage.search, get_args(Half))
    return replace(stage, until=until, epochs=epochs)


def require_offered(stages: Sequence[Stage], task: Task) -> None:
    """Raises :class:`~nasbed.errors.UnknownNameError` or :class:`~nasbed.errors.OptionError` for what a task does not offer."""
    names = [objective.name for objective in task.objectives]
    for place, stage in enumerate(stages, 1):
        with located(f"stage {place}"):
            if stage.epochs is not None and stage.epochs not in task.epochs:
                raise unknown("number of epochs", stage.epochs, map(str, task.epochs))
            if stage.objective is not None:
                require_name("objective", stage.objective, names)
            if stage.search is not None:
                joint = _joint(task.space, stage.search)
                joint.subspace(stage.search, joint.default)


def _joint(space: Space, searched: Half) -> JointSpace:
    if not isinstance(space, JointSpace):
        raise OptionError(
            f"search = {searched!r}: the space {space.name!r} is no joint space, it has no hyperparameters"
        )
    return space


class StagedSearcher(Searcher):
    """A strategy under stages. Where a stage searches another half, the strategy starts anew on that half; else it goes on,
    and is told what the stage makes of its proposals.
    """

    __slots__ = (
        "_asked",
        "_best",
        "_complete",
        "_costs",
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

    def __init__(self, strategy: Strategy, task: Task, rng: Stream, stages: Sequence[Stage]) -> None:
        self._strategy, self._task, self._rng = strategy, task, rng
        self._stages = tuple(stages)
        self._stage = 0
        self._asked, self._trained, self._time = 0, 0, 0.0
        self._costs = dict.fromkeys(task.cost_names, 0.0)
        self._best: Outcome | None = None
        self._reached: dict[int, int] = {}
        self._owners: dict[int, tuple[Searcher, Proposal, Proposal, int]] = {}
        self._inner = self._start(stages[0])

    def _start(self, stage: Stage) -> Searcher:
        task = self._task
        self._complete = _as_it_is
        if stage.search is not None:
            space, searched = _joint(task.space, stage.search), stage.search
            at = self._best.arch if self._best is not None else space.default
            task = replace(task, space=space.subspace(searched, at), shares_weights=False)
            self._complete = lambda arch: space.complete(arch, searched, at)
        searcher = self._strategy.start(task, self._rng)
        if not isinstance(searcher, Searcher):
            raise OptionError(f"start() returned {shown(searcher)}; expected a Searcher")
        return searcher

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
            if (
                not outcome.failed
                and not outcome.violation
                and (self._best is None or _rank(outcome) > _rank(self._best))
            ):
                self._best = outcome
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


def _rank(outcome: Outcome) -> tuple[int, float]:
    return outcome.epochs, outcome.value


def described(stages: Sequence[Stage]) -> list[str]:
    """The stages in words; none where the search has no stages."""
    starts = [0.0, *(stage.until for stage in stages)]
    return [stage.sentence(start) for stage, start in zip(stages, starts, strict=False)]
