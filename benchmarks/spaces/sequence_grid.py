"""Grids of decisions of which each combination is a network for sequences, so that it can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.sequence import drawn_stack
from nasbed.benchmarks.spaces.sequence_layers import SequenceStack
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.vocabulary import Arch

Network = Callable[[Mapping[str, float | str]], tuple[SequenceStack, str]]
"""The stack of layers that the value of each decision says, and its training in words."""


class SequenceGridSpace(JointGridSpace):
    """Every combination of the values of ``variables``; ``network`` says of each which layers it is, and how it is trained."""

    def __init__(
        self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str], network: Network
    ) -> None:
        super().__init__(name, variables, default)
        self._network = network

    def _of(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> Self:
        return type(self)(name, variables, default, self._network)

    def drawn_layers(self, arch: Arch) -> tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...]:
        """The network as rows of a drawing, from the input to the classifier, and how it is trained: a name, and one part as
        kind, details and width.
        """
        chosen = zip(self.variables, self._own(arch), strict=True)
        stack, training = self._network({variable.name: variable.values[code] for variable, code in chosen})
        return drawn_stack(stack, "linear", "", "", training)
