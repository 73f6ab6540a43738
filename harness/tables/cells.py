"""The numbers of a summary's rows as the text of cells: which decimals a column has, and how each number is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

from nasbed.tables import numbers
from nasbed.tables.numbers import Form

Row = Mapping[Any, Any]
"""A row of a summary, by its columns."""

_WHOLE = Form(0)

FLOOR = "floor"
"""What the last row of a table is called; it is set apart from those of strategies, which may have any label."""

DIFFERENCES = ("difference", "difference_low", "difference_high")


@dataclass(frozen=True)
class WrittenRow:
    """The numbers of a row of which the names begin with ``prefix``, and how they are written; ``form`` is that of the column."""

    row: Row
    prefix: str = ""
    form: Form = _WHOLE

    def value(self, name: str) -> float:
        """The number itself; ``nan`` where there is none."""
        found: float = self.row.get(f"{self.prefix}{name}", nan)
        return found

    def number(self, name: str, sign: str = "") -> str:
        """With the decimals of its column."""
        return numbers.text(self.value(name), self.form, sign)

    def plus_minus(self, name: str, spread: str) -> str:
        """A number and its spread."""
        return numbers.plus_minus(self.value(name), self.value(spread), self.form)

    def share(self, name: str) -> str:
        """A share, in two decimals."""
        return numbers.text(self.value(name), Form(2))

    def p_value(self, name: str) -> str:
        """A p-value as tables write it, below 0.001 as a bound."""
        return numbers.p_value(self.value(name))

    def amount(self, name: str, size: float = 1.0) -> str:
        """What was spent, in units of a size: one decimal, or three digits where it is below ten or from ten million on."""
        value = self.value(name) / size
        return f"{value:,.1f}" if 10 <= value < 1e7 or not value else numbers.number(value, 3)

    def between(self, name: str, low: str, high: str) -> str:
        """A positive number of any size with two others around it, three digits each."""
        middle, *ends = (numbers.number(self.value(one), 3) for one in (name, low, high))
        return middle if isnan(self.value(name)) else f"{middle} [{', '.join(ends)}]"

    def count(self, name: str) -> str:
        """A whole number with its thousands separated."""
        return f"{self.value(name):,}"


def score_forms(rows: Sequence[Row], metric: str, floor: float) -> list[Form]:
    """How the scores of each strategy of a benchmark are written, and last the floor."""
    sources = [(row, level(row, metric)) for row in rows]
    return numbers.column([*((row[f"{name}_mean"], row[f"{name}_sd"]) for row, name in sources), (floor, nan)])


def difference_forms(rows: Sequence[Row], metric: str) -> list[Form]:
    """How the differences from the reference are written; half of their interval is their spread."""
    found = []
    for row in rows:
        difference, low, high = (row.get(f"{metric}_{name}", nan) for name in DIFFERENCES)
        found.append((difference, (high - low) / 2))
    return numbers.column(found)


def level(row: Row, metric: str) -> str:
    """The score whose mean stands under a metric: its own, or the validation value where there is no validation regret."""
    absent = metric == "validation_regret" and isnan(row["validation_regret_mean"])
    return "validation" if absent else metric
