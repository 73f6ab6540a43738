"""Grids of which some variables are of the architecture and the others hyperparameters of its training, listed or not."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from nasbed.benchmarks.spaces.base import changed
from nasbed.benchmarks.spaces.product import MixedRadixSpace, ProductSpace
from nasbed.benchmarks.spaces.variables import Variable, VariableSpace
from nasbed.errors import ArchitectureError, shown, unknown
from nasbed.vocabulary import Arch, Half

if TYPE_CHECKING:
    from nasbed.streams import Stream


class _JointGrid(VariableSpace):
    """Every combination of the values of ``variables``, numbered with the last variable changing fastest."""

    def _declare_with(self, variables: Sequence[Variable], default: Mapping[str, float | str]) -> None:
        self._declare(variables)
        self.default: Arch = tuple(variable.values.index(default[variable.name]) for variable in variables)
        self._free = tuple(place for place, count in enumerate(self.choices) if count > 1)
        if not self._free:
            raise ValueError(f"{self.name}: no variable has more than one value")

    @abstractmethod
    def _of(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> Self:
        """A grid of the same kind."""

    def subspace(self, searched: Half, at: Arch) -> Self:
        """The grid of its own in which every variable but those of ``searched`` has one value, that of ``at``.

        Raises :class:`~nasbed.errors.ArchitectureError` for an ``at`` outside the space, and
        :class:`~nasbed.errors.UnknownNameError` for a half in which nothing is free.
        """
        at = self._own(at)
        halves = list(dict.fromkeys(self.variables[place].half for place in self._free))
        if searched not in halves:
            raise unknown("half", searched, halves, self.name)
        values = [variable.values[value] for variable, value in zip(self.variables, at, strict=True)]
        variables = [
            variable if variable.half == searched else replace(variable, values=(value,))
            for variable, value in zip(self.variables, values, strict=True)
        ]
        names = [variable.name for variable in variables]
        return self._of(f"{self.name}, {searched} alone", variables, dict(zip(names, values, strict=True)))

    def complete(self, arch: Arch, searched: Half, at: Arch) -> Arch:
        """The configuration that ``arch`` stands for in the part of ``searched`` and ``at``; raises
        :class:`~nasbed.errors.ArchitectureError` for what changes a frozen decision.
        """
        at = self._own(at)
        if not isinstance(arch, tuple) or len(arch) != len(at):
            raise ArchitectureError(f"{shown(arch)}: expected a tuple of {len(at)} integers")
        decisions = zip(self.variables, arch, at, strict=True)
        if any(value and variable.half != searched for variable, value, _ in decisions):
            raise ArchitectureError(
                f"{shown(arch)} changes more than the {searched}; every other decision has the one value 0"
            )
        decisions = zip(self.variables, arch, at, strict=True)
        return tuple(value if variable.half == searched else kept for variable, value, kept in decisions)

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """A configuration in which one decision, drawn uniformly, takes another of its values, drawn uniformly."""
        self.require(arch)
        place = self._free[rng.below(len(self._free))]
        return changed(arch, place, rng.below(self.choices[place] - 1))

    def parse(self, text: str) -> Arch:
        """The configuration of ``name=value,name=value``, in any order of the names, or of an index.

        >>> space = JointGridSpace("example", [Variable("units", (16, 32))], {"units": 16})
        >>> space.parse("units=17")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: units = '17' is not on the grid; did you mean 16? known: 16, 32
        """
        stripped = self._written(text)
        numbered = self._numbered(stripped)
        return self._read(stripped, self.default) if numbered is None else numbered

    def format(self, arch: Arch) -> str:
        """``name=value`` for each variable, in the order of ``variables``."""
        return self._text(self._own(arch))


class JointGridSpace(_JointGrid, ProductSpace):
    """Every combination of the values of ``variables``, numbered with the last variable changing fastest.

    ``default`` is a configuration, whose values a frozen half takes where nothing else is said. Encodings, both injective:
    ``one_hot``, and ``ordinal``, in which a variable of numbers is one entry, its place among its values scaled to [0, 1].

    >>> space = JointGridSpace(
    ...     "example",
    ...     [Variable("units", (16, 32, 64), "architecture"), Variable("schedule", ("cosine", "const"), "hyperparameters")],
    ...     {"units": 32, "schedule": "const"},
    ... )
    >>> arch = space.parse("schedule=const, units=64")
    >>> arch, space.index(arch), space.format(arch), space.encode(arch, "ordinal").tolist()
    ((2, 1), 5, 'units=64,schedule=const', [1.0, 0.0, 1.0])
    >>> space.subspace("architecture", arch).archs, space.complete((2, 0), "architecture", space.default)
    (((0, 0), (1, 0), (2, 0)), (2, 1))
    """

    def __init__(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> None:
        choices = [len(variable.values) for variable in variables]
        super().__init__(name, choices, list(itertools.product(*map(range, choices))))
        self._declare_with(variables, default)

    def _of(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> Self:
        return type(self)(name, variables, default)


class LongJointGridSpace(_JointGrid, MixedRadixSpace):
    """The same where there are too many configurations to list them, and variables have many values.

    Neighbours are a step of the grid away: the next value below or above of a variable of numbers, any other of one of texts.
    A mutation takes any other value, so that a search does not creep.

    >>> rates = Variable("rate", (0.001, 0.01, 0.1), "hyperparameters")
    >>> space = LongJointGridSpace(
    ...     "example",
    ...     [rates, Variable("schedule", ("cosine", "const"), "hyperparameters")],
    ...     {"rate": 0.1, "schedule": "const"},
    ... )
    >>> space.size, [space.format(arch) for arch in space.neighbours(space.default)]
    (6, ['rate=0.01,schedule=const', 'rate=0.1,schedule=cosine'])
    """

    def __init__(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> None:
        super().__init__(name, [len(variable.values) for variable in variables])
        self._declare_with(variables, default)

    def _of(self, name: str, variables: Sequence[Variable], default: Mapping[str, float | str]) -> Self:
        return type(self)(name, variables, default)

    def neighbours(self, arch: Arch) -> list[Arch]:
        """All configurations in which one variable is a step further on its grid, or has another text."""
        arch = self._own(arch)
        found = super().neighbours(arch)
        return [other for other in found if self._is_step(arch, other)]

    def _is_step(self, arch: Arch, other: Arch) -> bool:
        decisions = zip(self.variables, arch, other, strict=True)
        return all(not variable.ordered or abs(one - two) <= 1 for variable, one, two in decisions)
