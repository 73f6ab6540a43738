"""How networks are trained, without torch: the recipe of NAS-Bench-201."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nasbed.errors import OptionError

SPLITS = ("train", "validation", "test")
METRICS = ("loss", "correct")
"""Mean cross-entropy (nats), and the number of images that are classified correctly."""


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum; the learning rate falls from ``rate`` to 0 by a cosine, set once an epoch, without warm-up;
    weight decay on every parameter; the last partial batch is kept (Dong and Yang, ICLR 2020, section 2.3).

    Raises :class:`~nasbed.errors.OptionError` for a number out of range.
    """

    epochs: int = 12
    batch: int = 32
    rate: float = 0.1
    momentum: float = 0.9
    decay: float = 5e-4

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10_000:
                raise OptionError(f"{name} = {value!r}; expected a whole number in 1 .. 10,000")
        for name, low, high in (("rate", 0.0, math.inf), ("momentum", 0.0, 1.0)):
            if not _number(value := getattr(self, name)) or not low < value < high:
                raise OptionError(f"{name} = {value!r}; expected a number above {low:g} and below {high:g}")
        if not _number(self.decay) or not 0 <= self.decay < math.inf:
            raise OptionError(f"decay = {self.decay!r}; expected a finite number, at least 0")

    def rate_of(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return self.rate * (1 + math.cos(math.pi * epoch / self.epochs)) / 2


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
