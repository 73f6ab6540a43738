"""Conditional spaces of which some decisions are of the architecture and the others hyperparameters of its training."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from nasbed.benchmarks.spaces.conditional import ConditionalGridSpace, Decision, Value
from nasbed.errors import ArchitectureError, shown, unknown
from nasbed.vocabulary import Arch, Half


class ConditionalJointSpace(ConditionalGridSpace):
    """A conditional space with two halves; ``default`` is the configuration whose values a frozen half takes."""

    def __init__(self, name: str, decisions: Sequence[Decision], default: Arch) -> None:
        super().__init__(name, decisions)
        self.default = default

    def coded(self, wanted: Mapping[str, Value]) -> Arch:
        """The architecture in which the decisions have ``wanted`` values, by their names, and 0 where nothing is wanted.

        Raises :class:`~nasbed.errors.ArchitectureError` for a value that a decision does not have, and for what cannot be built.
        """
        named = ((decision, wanted.get(decision.name)) for decision in self.variables)
        return self.canonical(tuple(0 if value is None else _code(decision, value) for decision, value in named))

    def subspace(self, searched: Half, at: Arch) -> Self:
        """The space of its own in which every decision but those of ``searched`` has one value, that of ``at``, numbered 0.

        Raises :class:`~nasbed.errors.ArchitectureError` for an ``at`` outside the space, and
        :class:`~nasbed.errors.UnknownNameError` for a half in which nothing is free.
        """
        at = self._own(at)
        free = {self.variables[place].half for place in self.counting(at) if self.choices[place] > 1}
        halves = list(dict.fromkeys(decision.half for decision in self.variables if decision.half in free))
        if searched not in halves:
            raise unknown("half", searched, halves, self.name)
        return self._part(
            f"{self.name}, {searched} alone",
            [
                decision if decision.half == searched else replace(decision, values=(decision.values[code],))
                for decision, code in zip(self.variables, at, strict=True)
            ],
            tuple(code if decision.half == searched else 0 for decision, code in zip(self.variables, at, strict=True)),
        )

    @abstractmethod
    def _part(self, name: str, decisions: Sequence[Decision], default: Arch) -> Self:
        """The same space with fewer values of some decisions."""

    def complete(self, arch: Arch, searched: Half, at: Arch) -> Arch:
        """The architecture of this space that ``arch`` stands for in the part of ``searched`` and ``at``; raises
        :class:`~nasbed.errors.ArchitectureError` for what changes a frozen decision.
        """
        at = self._own(at)
        if not isinstance(arch, tuple) or len(arch) != len(at):
            raise ArchitectureError(f"{shown(arch)}: expected a tuple of {len(at)} integers")
        decisions = list(zip(self.variables, arch, at, strict=True))
        if any(value and decision.half != searched for decision, value, _ in decisions):
            raise ArchitectureError(
                f"{shown(arch)} changes more than the {searched}; every other decision has the one value 0"
            )
        return tuple(value if decision.half == searched else kept for decision, value, kept in decisions)


def _code(decision: Decision, value: Value) -> int:
    """The place of a value among those of a decision; raises :class:`~nasbed.errors.ArchitectureError`."""
    for code, known in enumerate(decision.values):
        if known == value:
            return code
    raise ArchitectureError(
        f"{decision.name} = {value}; expected one of {', '.join(str(known) for known in decision.values)}"
    )
