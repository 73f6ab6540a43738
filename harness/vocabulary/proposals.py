"""What a strategy asks for, and what it is told."""

from __future__ import annotations

import math
from typing import NamedTuple

Arch = tuple[int, ...]
"""An architecture: one small integer for each decision, in the order of its space."""


class Proposal(NamedTuple):
    """What a strategy asks for.

    ``arch`` is a tuple: a list or an array is refused. ``epochs`` is the fidelity (``None``: the task's highest). ``resume`` is
    the trial whose training goes on, where the task is resumable. ``measure`` names a cheap measure instead of training
    (``None``: train).
    """

    arch: Arch
    epochs: int | None = None
    resume: int | None = None
    measure: str | None = None


class Outcome(NamedTuple):
    """The answer to a proposal. There is no field for a test number.

    ``value`` is the first of ``values``: one for each objective of the task, higher is better, so a loss of 0.58 is -0.58 here
    (:func:`natural` turns it back). The value ``nan`` says that the training failed, and was charged; a benchmark that answers
    with an infinite value is told as ``nan``, too. ``cost`` is what this evaluation took, in simulated seconds, and ``time``
    the simulated clock when it arrived. ``trial`` numbers evaluations in the order in which they started. The outcome
    of a measure has the trial -1 and 0 epochs, and its value alone. ``index`` is the number of the architecture in its space.
    ``further_costs`` are what it took beside seconds, in the order of ``Task.cost_names``; mostly there are none.
    """

    arch: Arch
    value: float
    cost: float
    time: float
    trial: int
    epochs: int
    values: tuple[float, ...]
    proposal: Proposal
    index: int = -1  # type: ignore[assignment]  # a tuple's method of this name is of no use here
    further_costs: tuple[float, ...] = ()

    @property
    def costs(self) -> tuple[float, ...]:
        """All that the evaluation took, in the order of ``Task.cost_names``: seconds first."""
        return self.cost, *self.further_costs

    @property
    def failed(self) -> bool:
        """Whether the first objective has no value; an infinite one does not get here, see
        :func:`~nasbed.searches.oracles.examined`."""
        return self.value != self.value

    @property
    def worth(self) -> float:
        """The value, to rank by: a failed training is worse than any other."""
        return -math.inf if self.failed else self.value
