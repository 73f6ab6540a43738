"""How much a search may spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasbed.errors import BudgetError, shown
from nasbed.numeric import real
from nasbed.vocabulary.meters import Meter, meter_of

EXAMPLE = 'budget = { evaluations = 200 } in a study, budget={"evaluations": 200} in Python'
"""How a budget is written."""


@dataclass(frozen=True)
class Budget:
    """How much a search may spend: evaluations, seconds, epochs of training, or what a plug-in's meter counts.

    >>> Budget.parse({"evaluations": 200})
    Budget(kind='evaluations', amount=200)
    >>> print(Budget("seconds", 12000.0))
    12,000 simulated seconds
    """

    kind: str
    amount: float

    def __post_init__(self) -> None:
        whole, amount = meter_of(self.kind).whole, real(self.amount)
        if amount is None or amount <= 0:
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a positive number")
        if whole and amount != int(amount):
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a whole number")
        object.__setattr__(self, "amount", int(amount) if whole else amount)

    @classmethod
    def parse(cls, given: Budget | Mapping[str, Any]) -> Budget:
        """A budget from a mapping of one key, as a study file writes it.

        Raises :class:`~nasbed.errors.BudgetError` where there is not exactly one key.
        """
        if isinstance(given, Budget):
            return given
        if not isinstance(given, Mapping) or len(given) != 1:
            raise BudgetError(f"budget {shown(given)}: expected one of evaluations, seconds or epochs, as {EXAMPLE}")
        ((kind, amount),) = given.items()
        return cls(kind, amount)

    @property
    def meter(self) -> Meter:
        """The meter, which says what an evaluation spends of it."""
        return meter_of(self.kind)

    @property
    def axis(self) -> Meter:
        """The meter along which figures follow a search under it."""
        return self.meter.axis

    @property
    def evaluations(self) -> int | None:
        """How many evaluations it buys; ``None`` where that is not known beforehand, since it does not count them alone."""
        meter = self.meter
        return int(self.amount) // meter.evaluation if meter.whole and not meter.epoch else None

    def __str__(self) -> str:
        return self.in_words()

    def in_words(self, *, simulated: bool = True) -> str:
        """The budget in words; ``simulated`` says that its clock is simulated and does not measure real time."""
        return self.meter.words(self.amount, simulated=simulated)
