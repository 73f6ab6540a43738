"""What is optimised, and in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np


Turnable = TypeVar("Turnable", float, "np.ndarray")


@dataclass(frozen=True)
class Objective:
    """What is optimised: its name, its unit, and whether its natural numbers are maximised.

    It alone turns signs. Inside a search, higher is better; what a user gives or reads is in natural numbers, which have the unit
    and the sign of the objective. Regret and optimism are differences of signed numbers and the same in both; a regret is at least
    0 where the best of the space is known.

    >>> loss = Objective("loss", "nats", maximise=False)
    >>> loss.signed(0.58), loss.natural(-0.58)
    (-0.58, 0.58)
    """

    name: str
    unit: str
    maximise: bool = True

    @property
    def sign(self) -> float:
        """1 where the natural numbers are maximised, -1 where they are minimised."""
        return 1.0 if self.maximise else -1.0

    @property
    def words(self) -> str:
        """Its name as a text has it."""
        return "FLOPs" if self.name == "flops" else self.name.replace("_", " ")

    @property
    def difference_unit(self) -> str:
        """The unit of a difference between two of its values: percent differ by points."""
        return "% points" if self.unit == "%" else self.unit

    def signed(self, values: Turnable) -> Turnable:
        """Natural numbers as a search sees them: higher is better."""
        return values if self.maximise else -1.0 * values

    def natural(self, values: Turnable) -> Turnable:
        """Values as a search sees them, turned into natural numbers: the inverse of :meth:`signed`."""
        return self.signed(values)


def signs(objectives: Sequence[Objective]) -> np.ndarray:
    """Factors that turn natural numbers, whose last axis is the objective, into what a search sees, and back: 1 where an objective
    is maximised, -1 where it is minimised, (objectives,).

    >>> signs((Objective("accuracy", "%"), Objective("latency", "ms", maximise=False)))
    array([ 1., -1.])
    """
    import numpy as np

    return np.array([objective.sign for objective in objectives])


def natural(objectives: Sequence[Objective], values: Sequence[float]) -> tuple[float, ...]:
    """The ``values`` of an :class:`Outcome` in the natural numbers of its objectives.

    >>> natural((Objective("accuracy", "%"), Objective("latency", "ms", maximise=False)), (91.5, -3.2))
    (91.5, 3.2)
    """
    return tuple(objective.natural(value) for objective, value in zip(objectives, values, strict=True))
