"""Searches in stages: what an evaluation is, or which half of the space is searched, changes at fractions of the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import get_args

from nasbed.errors import OptionError, located, require_name, shown, unknown
from nasbed.numeric import real, whole
from nasbed.vocabulary import Half, JointSpace, Space, Task


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
                joint = joint_space(task.space, stage.search)
                joint.subspace(stage.search, joint.default)


def joint_space(space: Space, searched: Half) -> JointSpace:
    """The space, of which a half is searched. Raises :class:`~nasbed.errors.OptionError` where it has no halves."""
    if not isinstance(space, JointSpace):
        raise OptionError(
            f"search = {searched!r}: the space {space.name!r} is no joint space, it has no hyperparameters"
        )
    return space


def described(stages: Sequence[Stage]) -> list[str]:
    """The stages in words; none where the search has no stages."""
    starts = [0.0, *(stage.until for stage in stages)]
    return [stage.sentence(start) for stage, start in zip(stages, starts, strict=False)]
