"""What a statistic is: the numbers that it adds to the summary, where it is shown, under which heads, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import numpy as np


class Shown(StrEnum):
    """The forms in which tables show a statistic. CSV and JSON have the numbers of all statistics."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    LATEX = "latex"
    HTML = "html"


class Family(StrEnum):
    """What a statistic is of.

    ``SCORES``: the scores of a strategy's runs at the end of the budget, each in turn (:class:`FinalScores`). ``CONTRASTS``: the
    regrets of a strategy beside those of the reference, each in turn (:class:`Pair`). ``VERDICT``: the same of one regret
    alone, that on test, or where there is no test on validation; it adds no numbers of its own. ``COSTS``: what the runs spent
    (:class:`Spent`). In a table of their own stand ``ROBUST``, of scores as ``SCORES``; ``EQUIVALENCE``, of a :class:`Pair`, too;
    and ``ANYTIME``: the whole course of the searches (:class:`SearchCourse`).
    """

    SCORES = "scores"
    CONTRASTS = "contrasts"
    VERDICT = "verdict"
    COSTS = "costs"
    ROBUST = "robust"
    EQUIVALENCE = "equivalence"
    ANYTIME = "anytime"


class FinalScores(NamedTuple):
    """A score of the runs that have it, (seeds,), and the lowest that it can be."""

    values: np.ndarray
    least: float = -np.inf


class Pair(NamedTuple):
    """The regrets of a strategy and of the reference over the seeds in which both have one, lower is better; and ``tested``, what
    :func:`~nasbed.statistics.comparisons.contrasts` says of them.
    """

    ours: np.ndarray
    theirs: np.ndarray
    tested: Mapping[str, float]


class Thought(Protocol):
    """How long a strategy thought: on average before a trial, and in a run."""

    @property
    def mean(self) -> float:
        """Mean seconds before a trial."""

    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile of the seconds of a run."""


class Spent(NamedTuple):
    """What each run spent: evaluations, distinct networks and simulated seconds, (seeds,); how long the strategy thought; how many
    runs end without an incumbent; and the share of evaluations that keep to the constraints, where there are any.
    """

    evaluations: np.ndarray
    distinct: np.ndarray
    seconds: np.ndarray
    thinking: Thought
    without_incumbent: int
    feasible: float = np.nan


class SearchCourse(NamedTuple):
    """How the searches of a strategy went: ``curve``, the validation regret after each evaluation up to the last that all
    strategies have, and ``whole``, after each that was made, both (seeds, evaluations) and lower the better; the evaluations that
    each run ``spent``, (seeds,); the regret that is the ``target``; the lowest that a regret can be; and ``turn``, which turns
    what is counted in place of regrets where no best is known into values.
    """

    curve: np.ndarray
    whole: np.ndarray
    spent: np.ndarray
    target: float
    least: float = -np.inf
    turn: float = 1.0


class Written(Protocol):
    """The numbers of one row of a table by their names in the summary, less the name of the score, and the ways to write them."""

    def value(self, name: str) -> float:
        """The number itself; ``nan`` where there is none."""

    def number(self, name: str, sign: str = "") -> str:
        """With the decimals of its column; "+" as ``sign`` writes the sign."""

    def plus_minus(self, name: str, spread: str) -> str:
        """A number and its spread."""

    def share(self, name: str) -> str:
        """A share, in two decimals."""

    def p_value(self, name: str) -> str:
        """A p-value as tables write it, below 0.001 as a bound."""

    def amount(self, name: str, size: float = 1.0) -> str:
        """What was spent, in units of a size: one decimal, or three digits where it is below ten."""

    def between(self, name: str, low: str, high: str) -> str:
        """A positive number of any size with two others around it, three digits each."""

    def count(self, name: str) -> str:
        """A whole number with its thousands separated."""


class ShownUnit(NamedTuple):
    """A unit in which a column may show its numbers: what they are divided by, and the heads of the column then."""

    size: float
    head: str
    heads: Mapping[Shown, str] = {}


def never(row: Written) -> bool:
    """For statistics that are never set in bold."""
    return False


@dataclass(frozen=True)
class Statistic:
    """A statistic of the comparison of a study. Modules of this package list theirs in ``STATISTICS``.

    ``numbers`` computes what it adds to the summary, and so to CSV and JSON, under the names ``adds``: it is given what
    ``family`` says, and not asked where there are no runs, whose numbers are ``nan``. What only shows the numbers of another adds
    none. In the summary a number of a score or contrast is called ``SCORE_NAME``.

    ``shown`` are the forms in which it is a column. ``head`` is the head there, empty for the name of the score itself; ``heads``
    are heads of single forms, that of LaTeX as source; ``whole`` is the head in whole words, which pages speak. ``group`` is the
    head above, of neighbours among the costs. ``text`` is a cell, by default the number of the same name with the decimals of its
    column, and ``exact`` the number that the cell is of, which pages sort by; ``strong`` says which cells are bold in a page.

    ``about`` is what captions say, in whole sentences. Those of contrasts may have ``{reference}``, ``{better}`` (which sign of a
    difference is better), ``{test}`` and ``{win}`` (what a win is). What is ``optional`` is left out where no row has a number.
    Statistics stand in the order of ``place`` within a family. What may be shown in several ``units``, smallest first, is an
    amount, and stands in the one that suits its table (:meth:`in_unit`).
    """

    name: str
    family: Family
    head: str
    adds: tuple[str, ...] = ()
    numbers: Callable[[Any], Mapping[str, float]] | None = None
    shown: frozenset[Shown] = frozenset(Shown)
    heads: Mapping[Shown, str] = field(default_factory=dict)
    whole: str = ""
    group: str = ""
    text: Callable[[Written], str] | None = None
    exact: str = ""
    strong: Callable[[Written], bool] = never
    about: str = ""
    place: int = 1000
    optional: bool = False
    units: Sequence[ShownUnit] = ()

    def in_unit(self, largest: float) -> Statistic:
        """The same for numbers up to ``largest``: in the largest of its units that they reach, if it has several."""
        if not self.units:
            return self
        unit = next((unit for unit in reversed(self.units) if largest >= unit.size), self.units[0])
        return replace(
            self, head=unit.head, heads=unit.heads, units=(), text=lambda row: row.amount(self.name, unit.size)
        )

    def written(self, row: Written) -> str:
        """The text of a cell."""
        return row.number(self.name) if self.text is None else self.text(row)

    def value(self, row: Written) -> float:
        """The number that a cell is of."""
        return row.value(self.exact or self.name)

    def head_in(self, form: Shown) -> str:
        """The head of its column in a form."""
        return self.heads.get(form, self.head)
