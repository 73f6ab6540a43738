"""Knowledge distillation as a part of a recipe, without torch: from whom a network learns beside its labels, and how much."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from nasbed.errors import OptionError, shown
from nasbed.numeric import real

if TYPE_CHECKING:
    from torch import Tensor

    from nasbed.benchmarks.training.images.images import ImageData

BEST = "best"
"""The teacher of a search that is its best network so far."""


class Teacher(Hashable, Protocol):
    """A trained network that another learns from; two that are equal give the same logits."""

    @property
    def words(self) -> str:
        """Who it is, for a sentence."""

    def described(self) -> Any:
        """What decides its logits, as plain data."""

    def network(self, data: Any, device: str) -> Callable[[Tensor], Tensor]:
        """Its logits (images, classes) for normalised images, in evaluation mode and without gradient."""


@dataclass(frozen=True)
class Distillation:
    """A training by the labels and by a ``teacher`` (Hinton, Vinyals and Dean, arXiv 1503.02531, section 2): the loss is
    (1 - w) CE(labels, student) + w T² KL(teacher at T, student at T), where T is the ``temperature`` that logits are divided by, w
    the ``teacher_weight``, and T² keeps the gradients of the second term as large as those of the first.

    Defaults are those of Zagoruyko and Komodakis (ICLR 2017, section 4.1). With a weight of 0 the training is the plain one, and
    the teacher is not asked. Raises :class:`~nasbed.errors.OptionError` for a number out of range.
    """

    teacher: Teacher
    temperature: float = 4.0
    teacher_weight: float = 0.9

    def __post_init__(self) -> None:
        temperature, weight = real(self.temperature), real(self.teacher_weight)
        if temperature is None or not 0.1 <= temperature <= 100:
            raise OptionError(
                f"temperature = {shown(self.temperature)}; expected a number from 0.1 to 100 that logits are divided by, such as 4"
            )
        if weight is None or not 0 <= weight <= 1:
            raise OptionError(
                f"teacher_weight = {shown(self.teacher_weight)}; expected the teacher's share of the loss, from 0 to 1, such as 0.9"
            )
        object.__setattr__(self, "temperature", float(temperature))
        object.__setattr__(self, "teacher_weight", float(weight))

    def described(self) -> dict[str, Any]:
        """What decides the numbers of a training, as plain data."""
        return {
            "teacher": self.teacher.described(),
            "temperature": self.temperature,
            "teacher_weight": self.teacher_weight,
        }


@dataclass(frozen=True)
class BestSoFar:
    """Stands for the best network of a search so far, before it is known who that is."""

    words: str = "the best network of the search so far"

    def described(self) -> str:
        """The name of what it stands for."""
        return BEST

    def network(self, data: ImageData, device: str) -> Callable[[Tensor], Tensor]:
        """There is no such network outside of a search; raises :class:`~nasbed.errors.OptionError`."""
        raise OptionError(
            "teacher = 'best' is known in a search alone; expected the folder of a network that nasbed train wrote"
        )
