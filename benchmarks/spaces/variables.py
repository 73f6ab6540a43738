"""Decisions that have names and values, and how architectures made of them are written: ``name=value,name=value``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.errors import ArchitectureError, unknown
from nasbed.vocabulary import Arch, Half

if TYPE_CHECKING:
    import numpy as np


_LISTED = 20
"""Values of a variable that a message lists in full."""


@dataclass(frozen=True)
class Variable:
    """One decision: its name, its values (numbers in ascending order, or texts), and the half of the space that it is in.

    Numbers have an order, and texts have none, unless ``ranked`` says otherwise.
    """

    name: str
    values: tuple[float | str, ...]
    half: Half = "architecture"
    ranked: bool | None = None

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers."""
        return not any(isinstance(value, str) for value in self.values)

    @property
    def ordered(self) -> bool:
        """Whether the values have an order, in which they stand."""
        return self.numeric if self.ranked is None else self.ranked

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as they are written."""
        return tuple(map(str, self.values))

    def code(self, text: str) -> int:
        """The place of a value; a number may be written in any way. Raises :class:`~nasbed.errors.ArchitectureError`.

        >>> Variable("init_lr", (0.0005, 0.001), "hyperparameters").code("1e-3")
        1
        """
        number = _number(text) if self.numeric else None
        for place, value in enumerate(self.values):
            if text == str(value) or (number is not None and number == value):
                return place
        if number is not None:
            near = [min(self.texts, key=lambda known: abs(float(known) - number))]
        else:
            near = get_close_matches(text, self.texts, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise ArchitectureError(f"{self.name} = {text[:40]!r} is not on the grid; {guess}known: {self._listed()}")

    def _listed(self) -> str:
        """The values as texts; of many the first and the last, and how many there are."""
        if len(self.values) <= _LISTED:
            return ", ".join(self.texts)
        return f"{', '.join(self.texts[:3])}, ..., {self.texts[-1]} ({len(self.values)} values)"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


class VariableSpace(CodedSpace):
    """How architectures of ``variables`` are written and encoded. Encodings, both injective: ``one_hot``, and ``ordinal``, in which
    a variable whose values have an order is one entry, its place among its values scaled to [0, 1].
    """

    encodings: tuple[str, ...] = ("one_hot", "ordinal")
    variables: tuple[Variable, ...]

    def _declare(self, variables: Sequence[Variable]) -> None:
        """Take the variables, in the order of the decisions."""
        self.variables = tuple(variables)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The variables by name, and their values as texts, in the order of their numbers."""
        return {variable.name: variable.texts for variable in self.variables}

    def ordered(self) -> tuple[bool, ...]:
        """For each variable whether its values have an order, in which they are numbered."""
        return tuple(variable.ordered for variable in self.variables)

    def _ordinal(self, arch: Arch) -> np.ndarray:
        import numpy as np

        entries: list[float] = []
        for value, variable in zip(arch, self.variables, strict=True):
            count = len(variable.values)
            entries += (
                [value / max(count - 1, 1)] if variable.ordered else [float(value == one) for one in range(count)]
            )
        return np.array(entries)

    def _read(self, text: str, example: Arch) -> Arch:
        """The place of each value in ``name=value,name=value``, in any order of the names; it may lie outside of the space. The
        ``example`` shows the form where a text is malformed.
        """
        names = [variable.name for variable in self.variables]
        given: dict[str, str] = {}
        for part in text.split(","):
            name, sign, value = (word.strip() for word in part.partition("="))
            if not sign:
                form = self._text(example)
                raise ArchitectureError(f"malformed configuration {text[:80]!r}; the form is {form}, in any order")
            if name not in names:
                raise ArchitectureError(str(unknown("variable", name[:40], names, self.name)))
            if name in given:
                raise ArchitectureError(f"{name} is given twice: {given[name][:40]!r} and {value[:40]!r}")
            given[name] = value
        if missing := [name for name in names if name not in given]:
            raise ArchitectureError(f"the configuration {text[:80]!r} says nothing of {', '.join(missing)}")
        return tuple(variable.code(given[variable.name]) for variable in self.variables)

    def _text(self, arch: Arch) -> str:
        """``name=value`` for each variable, in the order of ``variables``."""
        decisions = zip(self.variables, arch, strict=True)
        return ",".join(f"{variable.name}={variable.texts[value]}" for variable, value in decisions)
