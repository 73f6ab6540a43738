"""The hyperparameters that a space decides beside an architecture: how its networks are trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from nasbed.benchmarks.spaces.conditional import Decision, Value
from nasbed.benchmarks.spaces.texts import NUMBER, read_words

OPTIMIZERS = ("sgd", "adam", "rmsprop")
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
BATCHES = (16, 32, 64, 128)
DECAYS = (0.0, 1e-4, 5e-4, 1e-3)
HYPERPARAMETERS: Mapping[str, tuple[Value, ...]] = {
    "optimizer": OPTIMIZERS,
    "rate": RATES,
    "batch": BATCHES,
    "decay": DECAYS,
}
"""The hyperparameters and their values, in the order of their decisions."""


class TrainedConfiguration(Protocol):
    """What says how a network is trained."""

    @property
    def optimizer(self) -> Literal["sgd", "adam", "rmsprop"]: ...

    @property
    def rate(self) -> float: ...

    @property
    def batch(self) -> int: ...

    @property
    def decay(self) -> float: ...


def training_decisions() -> list[Decision]:
    """The decisions on the training, which always count."""
    return [Decision(name, values, "hyperparameters") for name, values in HYPERPARAMETERS.items()]


def trained(configuration: TrainedConfiguration) -> dict[str, Any]:
    """The hyperparameters of a configuration by name."""
    return {name: getattr(configuration, name) for name in HYPERPARAMETERS}


def training_text(configuration: TrainedConfiguration) -> str:
    """The hyperparameters as they are written behind the bar."""
    return "{optimizer} rate {rate:g} batch {batch} decay {decay:g}".format(**trained(configuration))


_WORDS: dict[str, tuple[str, Value | None]] = {name: ("optimizer", name) for name in OPTIMIZERS}
_WORDS |= {name: (name, NUMBER) for name in HYPERPARAMETERS if name != "optimizer"}


def read_training(text: str, default: TrainedConfiguration) -> dict[str, Any]:
    """The hyperparameters of a text such as ``adam rate 0.001 batch 32 decay 0``; what it leaves out is the default's.

    Raises :class:`~nasbed.errors.ArchitectureError` for a text of another form.
    """
    return {**trained(default), **read_words(text, "the training", _WORDS)}
