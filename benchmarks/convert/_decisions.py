"""The architectures in a user's own file: their decisions with the values of each, or texts of a space that is known."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from nasbed.benchmarks.convert._roles import Declarations, Roles, texts_in
from nasbed.benchmarks.convert._sheet import CellSheet, number_of
from nasbed.benchmarks.spaces.nasbench201 import decisions
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.tables.own import cells
from nasbed.errors import ArchitectureError, DataError, named, require_name, shown

CELL = "|"
"""What the texts of cells of NAS-Bench-201 begin with."""
_TEXTS = 1_000
"""The most architectures that may have names alone, each the neighbour of all others."""


@dataclass(frozen=True)
class Decided:
    """The architectures of a file: ``codes`` is that of each row, and ``archs`` are those that occur, (architectures, decisions),
    ascending, as places of the values of ``variables``. ``space`` names a space that is known.
    """

    variables: tuple[Variable, ...]
    codes: np.ndarray
    archs: np.ndarray
    space: str = "own"

    @property
    def combinations(self) -> int:
        """How many combinations of the values there are."""
        return prod(len(variable.values) for variable in self.variables)


def decided(sheet: CellSheet, roles: Roles, declared: Declarations) -> Decided:
    """The architectures; raises :class:`~nasbed.errors.DataError` for a cell of a decision that cannot be one."""
    order = texts_in("ordinal", declared.ordinal, lambda text: [word.strip() for word in text.split(",")])
    for option, names in (("ordinal", [*order]), ("categorical", declared.categorical)):
        for name in names:
            require_name(f"decision in --{option}", name, roles.decisions, named(sheet.path))
    for name in roles.decisions:
        if "" in sheet.cells[name]:
            sheet.refuse(
                name, sheet.cells[name].index(""), "the cell is empty; write the decision, as none where it is left out"
            )
    (only, *more) = roles.decisions
    if not more and all(text.startswith(CELL) for text in sheet.cells[only]):
        return _cells(sheet, only)
    variables, columns = [], []
    for name in roles.decisions:
        variable = _variable(sheet, name, name in declared.categorical, order.get(name))
        place = {text: at for at, text in enumerate(variable.texts)}
        numeric = variable.numeric
        at = {text: place[_normal(text) if numeric else text] for text in set(sheet.cells[name])}
        columns.append([at[text] for text in sheet.cells[name]])
        variables.append(variable)
    if not more and not variables[0].ordered and len(variables[0].values) > _TEXTS:
        raise DataError(
            f"{named(sheet.path)}: {shown(only)} has {len(variables[0].values):,} texts, and nothing says which are alike; give a"
            " column for each decision, or the cells of NAS-Bench-201 as their strings"
        )
    archs, codes = np.unique(np.array(columns).T, axis=0, return_inverse=True)
    return Decided(tuple(variables), codes.ravel(), archs)


def _cells(sheet: CellSheet, name: str) -> Decided:
    """Cells of NAS-Bench-201, by their strings; the edges are the decisions."""
    space, found = cells(), {}
    for place, text in enumerate(sheet.cells[name]):
        if text not in found:
            try:
                found[text] = space.parse(text)
            except ArchitectureError as error:
                sheet.refuse(name, place, str(error))
    archs, codes = np.unique(np.array([found[text] for text in sheet.cells[name]]), axis=0, return_inverse=True)
    variables = tuple(Variable(edge, operations) for edge, operations in decisions().items())
    return Decided(variables, codes.ravel(), archs, space.name)


def _variable(sheet: CellSheet, name: str, categorical: bool, order: list[str] | None) -> Variable:
    texts = sheet.cells[name]
    if any(sign in name for sign in ",=") or name.isdigit():
        raise DataError(
            f"{named(sheet.path)}: the decision {shown(name)} has a comma, an equals sign or digits alone for a name; rename it"
        )
    if commas := [place for place, text in enumerate(texts) if "," in text]:
        sheet.refuse(
            name, commas[0], f"{shown(texts[commas[0]])} has a comma, which separates decisions; write another sign"
        )
    if order is not None:
        for place, text in enumerate(texts):
            if text not in order:
                sheet.refuse(name, place, f"{shown(text)} is not in --ordinal {name}={','.join(order)}")
        return Variable(name, tuple(word for word in order if word in texts), ranked=True)
    if not categorical and all(_is_number(text) for text in set(texts)):
        return Variable(name, tuple(sorted({_value(text) for text in set(texts)})))
    return Variable(name, tuple(sorted(set(texts))))


def _is_number(text: str) -> bool:
    """Whether a text is a number, and no code such as 007."""
    number = number_of(text)
    if number is None or not np.isfinite(number):
        return False
    digits = text.lstrip("+-")
    return len(digits) < 2 or digits[0] != "0" or digits[1] in ".eE"


def _value(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _normal(text: str) -> str:
    """A number as texts of its variable write it."""
    return str(_value(text))
