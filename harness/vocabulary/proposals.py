"""What a strategy asks for, and what it is told."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

Arch = tuple[int, ...]
"""An architecture: one small integer for each decision, in the order of its space."""


class SharedWeights(NamedTuple):
    """The weights of a supernet, one network that holds every architecture of a space as a part, named by how it is trained: a
    ``method``, such as ``"uniform"``, and its ``settings`` as pairs of name and value.

    As the ``measure`` of a proposal, it asks for the accuracy of the architecture with these weights, in percent: on all validation
    images, or with ``on_batch`` on one batch that is drawn for each architecture. The supernet's training is charged in seconds
    with the first query of a search, never again. A proposal of :data:`DERIVED` asks for the architecture in which the training
    ends, and its outcome holds it.

    >>> SharedWeights.by("darts", order=2, epochs=50)
    SharedWeights(method='darts', settings=(('epochs', 50), ('order', 2)), on_batch=False)
    """

    method: str
    settings: tuple[tuple[str, Any], ...] = ()
    on_batch: bool = False

    @classmethod
    def by(cls, method: str, /, *, on_batch: bool = False, **settings: Any) -> SharedWeights:
        """The weights of a supernet that is trained by a method with these settings; the benchmark decides the others."""
        return cls(method, tuple(sorted(settings.items())), on_batch)


DERIVED: Arch = ()
"""Stands in a proposal for the architecture in which the training of a supernet ends."""


class Proposal(NamedTuple):
    """What a strategy asks for.

    ``arch`` is a tuple: a list or an array is refused. ``epochs`` is the fidelity (``None``: the task's highest). ``resume`` is
    the trial whose training goes on, where the task is resumable. ``measure`` names a cheap measure instead of training
    (``None``: train), or the weights of a supernet.
    """

    arch: Arch
    epochs: int | None = None
    resume: int | None = None
    measure: str | SharedWeights | None = None


class Outcome(NamedTuple):
    """The answer to a proposal. There is no field for a test value.

    ``value`` is the first of ``values``: one for each objective of the task, higher is better, so a loss of 0.58 is -0.58 here
    (:func:`natural` turns it back). The value ``nan`` says that the training failed, and was charged; an infinite value from a
    benchmark is told as ``nan``, too. ``cost`` is what this evaluation took, in simulated seconds, and ``time`` the simulated clock
    when it arrived. ``trial`` numbers evaluations in the order in which they started. The outcome of a measure has the trial -1, 0
    epochs, and the value of the measure alone. ``index`` is the number of the architecture in its space. ``further_costs`` are what
    the evaluation took beside seconds, in the order of ``Task.cost_names``; mostly there are none. ``violation`` is 0 where the
    architecture keeps to all ``Task.constraints``; else by how much it breaks them: the excess over each bound as a share of that
    bound, summed, and infinite where what is bounded has no value.
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
    violation: float = 0.0

    @property
    def costs(self) -> tuple[float, ...]:
        """All that the evaluation took, in the order of ``Task.cost_names``: seconds first."""
        return self.cost, *self.further_costs

    @property
    def failed(self) -> bool:
        """Whether the first objective has no value; an infinite value never gets here, see
        :func:`~nasbed.searches.oracles.examined`.
        """
        return self.value != self.value

    @property
    def worth(self) -> float:
        """The value, to rank by: a failed training is worse than any other."""
        return -math.inf if self.failed else self.value
