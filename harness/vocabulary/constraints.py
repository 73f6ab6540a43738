"""Constraints: bounds that architectures must keep to, on objectives that the architecture alone decides."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nasbed.errors import OptionError, shown
from nasbed.vocabulary.objectives import Objective
from nasbed.vocabulary.units import bound

_FORM = re.compile(r"\s*(<=|>=)\s*(\S+)\s+(\S.*?)\s*")


@dataclass(frozen=True)
class Constraint:
    """A bound on an objective, in its natural unit: feasible architectures have at most, or at least, this value.

    >>> latency = Constraint.parse(Objective("latency", "ms", maximise=False), "<= 5 ms")
    >>> str(latency), latency.violation(-4.0), latency.violation(-6.0), latency.violation(math.nan)
    ('latency at most 5 ms', 0.0, 0.2, inf)
    """

    objective: Objective
    at_most: bool
    bound: float

    @classmethod
    def parse(cls, objective: Objective, given: object) -> Constraint:
        """A constraint from its text; raises :class:`~nasbed.errors.OptionError` for any other form, or another unit."""
        found = _FORM.fullmatch(given) if isinstance(given, str) else None
        try:
            limit = float(found[2]) if found else math.nan
        except ValueError:
            limit = math.nan
        if found is None or not math.isfinite(limit):
            raise OptionError(
                f'constraints: {objective.name} = {shown(given)}; expected a bound with its unit, as "<= 5 {objective.unit}" or'
                f' ">= 5 {objective.unit}"'
            )
        if found[3] != objective.unit:
            raise OptionError(
                f"constraints: {objective.name} = {shown(given)} is in {found[3]}, and {objective.name} is recorded in"
                f" {objective.unit}; write the bound in {objective.unit}"
            )
        return cls(objective, found[1] == "<=", limit)

    def violation(self, value: float) -> float:
        """By how much a ``value`` as a search sees it (higher is better) breaks the bound: the excess as a share of the bound, or
        the excess itself if the bound is 0; 0 where the bound is kept, infinite where there is no value.
        """
        beyond = self.objective.natural(value) - self.bound
        excess = (beyond if self.at_most else -beyond) / (abs(self.bound) or 1.0)
        return math.inf if excess != excess else max(excess, 0.0)

    def __str__(self) -> str:
        side = "at most" if self.at_most else "at least"
        return f"{self.objective.words} {side} {bound(self.bound, self.objective.unit)}"


def total_violation(
    constraints: Sequence[Constraint], objectives: Sequence[Objective]
) -> Callable[[Sequence[float]], float]:
    """A function that takes the values of all objectives and gives the sum of the violations of all constraints."""
    bounds = [(objectives.index(one.objective), one.violation) for one in constraints]
    return lambda values: math.fsum(violation(values[place]) for place, violation in bounds)
