"""Tables of which a search is to find the best architecture that keeps to bounds, as a latency of at most 5 ms."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

import numpy as np

from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, require_name, shown
from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.constraints import Constraint, total_violation

FORM = 'constraints = { latency = "<= 5 ms" }'


def constrained(benchmark: Benchmark, given: object) -> Benchmark:
    """The benchmark under ``constraints``, texts by the names of objectives; its label says them.

    Raises :class:`~nasbed.errors.OptionError` for what is no table with several objectives, for bounds on the first of these, which
    is what searches are scored on, or on one that trainings decide, for another unit, and where no architecture is feasible.
    """
    if not isinstance(benchmark, Table) or len(benchmark.objectives) < 2:
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
            raise OptionError(
                f"constraints: {name} of {benchmark.label} is measured anew by each training; expected an objective that the"
                " architecture alone decides, as latency, parameters or flops"
            )
        found += [Constraint.parse(objective, one) for one in (text if isinstance(text, list) and text else [text])]
    bounded = list(dict.fromkeys(one.objective for one in found))
    rows = np.column_stack(list(map(benchmark.everywhere, bounded))).tolist()
    made = copy(benchmark)
    made.broken = np.array(list(map(total_violation(found, bounded), rows)))
    made.constraints = tuple(found)
    made.label = f"{benchmark.label}, {', '.join(map(str, found))}"
    if (made.broken[made.rows] > 0).all():
        raise OptionError(
            f"constraints = {shown(dict(given))}: no architecture of {benchmark.label} is feasible, so there is no best"
            f" {first.name}; loosen a bound"
        )
    return made
