"""A network for sequences as a training takes it: what it is, how it is built, and how large it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.spaces.sequence_layers import SequenceShape, SequenceStack
from nasbed.benchmarks.training.plain import PlainNetwork
from nasbed.benchmarks.training.sequences.networks.plain import plain_sequence

if TYPE_CHECKING:
    from nasbed.benchmarks.training.sequences.networks.module import SequenceNetworks
    from nasbed.benchmarks.training.sequences.sequences import SequenceData

_MOST = 8
"""The most networks of a program."""


def sequence_shape(data: SequenceData) -> SequenceShape:
    """What a network has to know of a data set."""
    return SequenceShape(data.tokens, data.channels, len(data.classes), data.longest, data.task)


@dataclass(frozen=True)
class SequenceNetwork:
    """A stack of recurrent, convolutional or attending layers with a linear classifier at its end."""

    stack: SequenceStack

    def described(self) -> dict[str, Any]:
        """The stack, as plain data."""
        return {"sequence": str(self.stack)}

    def build(self, data: SequenceData, seeds: Sequence[int]) -> SequenceNetworks:
        """The network with the initial weights of a seed, or several side by side."""
        from nasbed.benchmarks.training.sequences.networks.module import SequenceNetworks

        return SequenceNetworks(self.stack, sequence_shape(data), seeds)

    def sizes(self, data: SequenceData) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one sequence of the longest length."""
        return self.stack.sizes(sequence_shape(data))

    def together(self, data: SequenceData) -> int:
        """How many seeds of it are trained faster in one program than one after another."""
        return _MOST

    def plain(self, data: SequenceData) -> PlainNetwork:
        """The network as PyTorch's own modules."""
        return plain_sequence(self.stack, sequence_shape(data))
