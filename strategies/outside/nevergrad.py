"""Optimizers of Nevergrad (Rapin and Teytaud, 2018), by their interface of ask and tell."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.vocabulary import Arch, OptionError, Stream, Task, option, unknown


@dataclass(frozen=True)
class Nevergrad(OutsideStrategy):
    """An optimizer of Nevergrad chooses the architecture, with its own defaults; tried with version 1.0.12.

    A decision is a ``Choice``, or a ``TransitionChoice`` where its values have an order. NGOpt, the default of the documentation,
    picks an algorithm by the number of decisions, the budget and the workers; it is told the budget where that counts evaluations.
    Losses are the negated values of all objectives. A failed training has an infinite loss, which Nevergrad clips. An optimizer
    that takes no architectures but its own is not told of one that had to be drawn at random.
    """

    optimizer: str = option("NGOpt", "the name of an optimizer in nevergrad.optimizers.registry")

    package: ClassVar[str] = "nevergrad"
    installed_by: ClassVar[str] = "nasbed[nevergrad]"
    distributions: ClassVar[tuple[str, ...]] = ("nevergrad",)

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """An optimizer of Nevergrad's whose parametrization has the seed."""
        return _Search(self, task, seed)


class _Search(OutsideSearch):
    several = True
    tries = 100

    def __init__(self, options: Nevergrad, task: Task, seed: int) -> None:
        import nevergrad

        known = nevergrad.optimizers.registry
        if options.optimizer not in known:
            raise unknown("optimizer", options.optimizer, sorted(known), "nevergrad")
        made = known[options.optimizer]
        if task.workers > 1 and made.no_parallelization:
            raise OptionError(
                f"Nevergrad: optimizer = {options.optimizer!r} has one proposal out at a time; expected workers = 1, or another, as"
                ' "NGOpt"'
            )
        self._parameters = Parameters(task.space)
        choices = nevergrad.p
        described = choices.Instrumentation(
            **{
                one.name: (choices.TransitionChoice if one.ordered else choices.Choice)(range(one.size))
                for one in self._parameters
            }
        )
        described.random_state = np.random.RandomState(np.random.MT19937(seed))
        counted = task.budget.kind == "evaluations"
        self._optimizer: Any = made(described, int(task.budget.amount) if counted else None, task.workers)
        self._cannot = nevergrad.errors.TellNotAskedNotSupportedError
        self._objectives = len(task.objectives)

    def suggest(self) -> Suggestion:
        candidate = self._optimizer.ask()
        return Suggestion(candidate, self._parameters.arch(candidate.kwargs[name] for name in self._parameters.names))

    def insert(self, arch: Arch) -> Any:
        return self._optimizer.parametrization.spawn_child(new_value=((), self._parameters.named(arch)))

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        with suppress(self._cannot):
            self._optimizer.tell(handle, told[0] if len(told) == 1 else list(told))

    def report_failure(self, handle: Any) -> None:
        self.report(handle, (math.inf,) if self._objectives == 1 else (5e20,) * self._objectives)
