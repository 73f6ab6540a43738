"""Labelled data in splits, and networks that can be trained on them: what all kinds of data have in common, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class LabelledData(Protocol):
    """Labelled examples of one kind in the splits ``train``, ``validation`` and ``test``."""

    @property
    def name(self) -> str:
        """What the data are called."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""

    @property
    def splits(self) -> Mapping[str, Any]:
        """The examples of each split, with their ``labels``."""

    @property
    def origin(self) -> str:
        """Where the data are from, how they were split and what was left out, in a sentence."""

    @property
    def checksum(self) -> str:
        """SHA-256 of all that a training sees."""

    def normalised(self, split: str) -> Any:
        """The examples of a split as a network reads them."""


class Network(Protocol):
    """A network that can be trained on a kind of data: what it is, and how it is built, without torch until it is."""

    def described(self) -> dict[str, Any]:
        """What decides the network beside the shape of its data and its classes, as plain data."""

    def build(self, data: Any, seeds: Sequence[int]) -> Any:
        """The network with the initial weights of a seed, or several side by side: a module that a fit of its data can train."""

    def sizes(self, data: Any) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one example."""

    def together(self, data: Any) -> int:
        """How many seeds of it are trained on a CPU faster in one program than one after another; 1 where it cannot be."""
