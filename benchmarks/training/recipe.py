"""How networks are trained, without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from nasbed.benchmarks.training.distillation import Distillation
from nasbed.errors import OptionError, require_name, shown
from nasbed.numeric import real, require_whole

SPLITS = ("train", "validation", "test")
METRICS = ("loss", "correct")
"""Mean cross-entropy (nats), and the number of images that are classified correctly."""


Optimizer = Literal["sgd", "adam", "rmsprop"]
"""SGD with Nesterov momentum; Adam and RMSprop with PyTorch's defaults."""
Precision = Literal["float32", "bfloat16"]
"""In what convolutions and products of a training step are computed, and what lies between them; weights, batch norm's sums, loss,
optimizer and evaluation are float32 with either.
"""


@dataclass(frozen=True)
class Recipe:
    """The recipe of NAS-Bench-201 where nothing else is said: SGD with Nesterov momentum; the learning rate falls from ``rate`` to
    0 by a cosine over ``epochs``, set once an epoch, without warm-up; weight decay on every parameter; the last partial batch
    is kept (Dong and Yang, ICLR 2020, section 2.3). A training that stops before the last epoch is the beginning of a longer one.
    With a ``distillation`` the network learns from a teacher beside the labels; ``precision`` is that of its steps.

    Rates above 10 and decays above 1 make the parameters of any network grow without bound. Raises
    :class:`~nasbed.errors.OptionError` for a number out of range.
    """

    epochs: int = 12
    batch: int = 32
    rate: float = 0.1
    momentum: float = 0.9
    decay: float = 5e-4
    optimizer: Optimizer = "sgd"
    distillation: Distillation | None = None
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            object.__setattr__(self, name, require_whole(name, getattr(self, name), 1, 10_000))
        rate, momentum, decay = real(self.rate), real(self.momentum), real(self.decay)
        if rate is None or not 1e-9 <= rate <= 10:
            raise OptionError(f"rate = {shown(self.rate)}; expected a learning rate from 1e-09 to 10, such as 0.1")
        if momentum is None or not 0 < momentum < 1:
            raise OptionError(f"momentum = {shown(self.momentum)}; expected a number above 0 and below 1, such as 0.9")
        if decay is None or not 0 <= decay <= 1:
            raise OptionError(f"decay = {shown(self.decay)}; expected a weight decay from 0 to 1, such as 0.0005")

        require_name("optimizer", self.optimizer, get_args(Optimizer))
        require_name("precision", self.precision, get_args(Precision))

    def described(self) -> dict[str, Any]:
        """What decides the numbers of a training, as plain data; trainings of before had no other optimizer than SGD, no other
        precision than float32, and no teacher.
        """
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.optimizer == "sgd":
            del said["optimizer"]
        if self.precision == "float32":
            del said["precision"]
        taught = said.pop("distillation")
        return said if taught is None else {**said, "distillation": taught.described()}

    def rate_of(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return self.rate * (1 + math.cos(math.pi * epoch / self.epochs)) / 2
