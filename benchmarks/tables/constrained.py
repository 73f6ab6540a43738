"""Benchmarks of which a search is to find the best architecture that keeps to bounds, as a latency of at most 5 ms."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Protocol, runtime_checkable

import numpy as np

from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, require_name, shown
from nasbed.vocabulary import Benchmark, Objective
from nasbed.vocabulary.constraints import Constraint, total_violation

FORM = 'constraints = { latency = "<= 5 ms" }'


@runtime_checkable
class Computing(Protocol):
    """A benchmark without a list of its space, which computes some objectives, and how they break ``constraints``, when asked."""

    def trained(self, objective: Objective) -> bool:
        """Whether more than the architecture alone decides an objective."""

    def range_of(self, objective: Objective) -> tuple[float, float]:
        """The lowest and the highest value in the space of an objective that the architecture alone decides, in its unit."""


def constrained(benchmark: Benchmark, given: object) -> Benchmark:
    """The benchmark under ``constraints``, texts by the names of objectives; its label says them.

    Raises :class:`~nasbed.errors.OptionError` for what is no table with several objectives and computes none, for bounds on the
    first of these, which is what searches are scored on, or on one that trainings decide, for another unit, and where no
    architecture is feasible.
    """
    if not isinstance(benchmark, (Table, Computing)) or len(benchmark.objectives) < 2:
        raise OptionError(
            f"constraints = {shown(given)}: {benchmark.label} is no table with several objectives; name in a table, as nasbench201,"
            ' what they bound, as objectives = ["accuracy", "latency"]'
        )
    if not isinstance(given, Mapping) or not given:
        raise OptionError(f"constraints = {shown(given)}; expected a bound for an objective or more, as {FORM}")
    first, *others = benchmark.objectives
    found: list[Constraint] = []
    for name, text in given.items():
        require_name("constrained objective", name, [one.name for one in others], benchmark.label)
        objective = next(one for one in others if one.name == name)
        if benchmark.trained(objective):
            source = "said by a surrogate" if benchmark.surrogate else "measured anew by each training"
            raise OptionError(
                f"constraints: {name} of {benchmark.label} is {source}; expected an objective that the"
                " architecture alone decides, as latency, parameters or flops"
            )
        found += [Constraint.parse(objective, one) for one in (text if isinstance(text, list) and text else [text])]
    made = copy(benchmark)
    made.constraints = tuple(found)
    made.label = f"{benchmark.label}, {', '.join(map(str, found))}"
    if isinstance(made, Table):
        bounded = list(dict.fromkeys(one.objective for one in found))
        rows = np.column_stack(list(map(made.everywhere, bounded))).tolist()
        made.broken = np.array(list(map(total_violation(found, bounded), rows)))
    if not _feasible(made):
        raise OptionError(
            f"constraints = {shown(dict(given))}: no architecture of {benchmark.label} is feasible, so there is no best"
            f" {first.name}; loosen a bound"
        )
    return made


def _feasible(made: Benchmark) -> bool:
    """Whether some architecture of a table keeps to its constraints; of a space without a list, whether each bound is within the
    values that there are.
    """
    if isinstance(made, Table):
        violations = made.violations()
        return violations is None or bool((violations == 0).any())
    assert isinstance(made, Computing)
    ends = [(one, map(one.objective.signed, made.range_of(one.objective))) for one in made.constraints]
    return all(any(one.violation(end) == 0 for end in both) for one, both in ends)
