"""How much a search may spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from nasbed.errors import BudgetError, require_name, shown
from nasbed.numeric import real

BudgetKind = Literal["evaluations", "seconds", "epochs"]


EXAMPLE = 'budget = { evaluations = 200 } in a study, budget={"evaluations": 200} in Python'
"""How a budget is written."""


@dataclass(frozen=True)
class Budget:
    """How much a search may spend: evaluations, simulated seconds, or epochs of training.

    >>> Budget.parse({"evaluations": 200})
    Budget(kind='evaluations', amount=200)
    >>> print(Budget("seconds", 12000.0))
    12,000 simulated seconds
    """

    kind: BudgetKind
    amount: float

    def __post_init__(self) -> None:
        require_name("budget", self.kind, get_args(BudgetKind))
        amount = real(self.amount)
        if amount is None or amount <= 0:
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a positive number")
        if self.kind != "seconds" and amount != int(amount):
            raise BudgetError(f"budget of {shown(self.amount)} {self.kind}: expected a whole number")
        object.__setattr__(self, "amount", amount if self.kind == "seconds" else int(amount))

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
        return cls(kind, amount)  # type: ignore[arg-type]  # checked on construction

    def __str__(self) -> str:
        return self.in_words()

    def in_words(self, *, simulated: bool = True) -> str:
        """The budget for readers; seconds are ``simulated``, or of real time."""
        words = "simulated seconds" if self.kind == "seconds" and simulated else self.kind
        return f"{self.amount:,.10g} {words.removesuffix('s') if self.amount == 1 else words}"
