"""How many seeds a comparison needs, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.statistics.power import fewest_seeds
from nasbed.statistics.spread import NO_SPREAD
from nasbed.tables import numbers
from nasbed.tables.printed import PrintedTable, printed

if TYPE_CHECKING:
    import pandas as pd


def effects_table(plan: pd.DataFrame, unit: float | None = None) -> PrintedTable:
    """A table of :func:`~nasbed.statistics.planning.plan_effects` or ``plan_seeds``, in the order of its columns; ``unit`` is the
    standard deviation of the differences, where absolute differences are wanted beside.
    """
    heads = [*(_HEADS[name] for name in plan.columns), *(["difference"] if unit else [])]
    rows = (
        [_WAYS[name](row[name]) for name in plan.columns] + ([numbers.number(row["effect"] * unit, 3)] if unit else [])
        for row in plan.to_dict("records")
    )
    return printed(heads, rows, left=0)


_HEADS = {"effect": "difference, in sd (d_z)", "seeds": "seeds"}
_WAYS = {
    "effect": lambda value: _found(value),
    "seeds": lambda value: f"{int(value):,}",
}


def _found(difference: float) -> str:
    """The smallest difference that is found, as the text of a cell."""
    return "none" if difference == float("inf") else numbers.number(difference, 3)


def results_table(plan: pd.DataFrame) -> PrintedTable:
    """What :func:`~nasbed.statistics.planning.plan_results` found, as a table to print."""
    heads = [
        "benchmark",
        "strategy",
        "seeds now",
        "sd of Δ",
        "correlation",
        "finds from",
        "difference",
        "in sd",
        "seeds",
    ]
    rows = (
        (
            row["benchmark"],
            row["strategy"],
            f"{row['pairs']:,}",
            numbers.number(row["deviation"], 3),
            numbers.text(row["correlation"], numbers.Form(2)),
            _found(row["detectable"]),
            _found(row["difference"]),
            _found(row["difference"] / row["deviation"]) if row["deviation"] > 0 else NO_SPREAD,
            f"{int(row['seeds']):,}" if row["seeds"] == row["seeds"] else numbers.NOTHING,
        )
        for row in plan.to_dict("records")
    )
    return printed(heads, rows, left=2)


def plan_note(alpha: float, power: float, contrasts: int) -> str:
    """How a plan of seeds is to be read.

    >>> plan_note(0.05, 0.8, 12)[:56]
    'Seeds with which the two-sided Wilcoxon signed-rank test'
    """
    several = (
        f"{alpha:g} / {contrasts:,}, the first step of Holm's correction over {contrasts:,} contrasts"
        if contrasts > 1
        else f"{alpha:g}, of one contrast alone"
    )
    return (
        f"Seeds with which the two-sided Wilcoxon signed-rank test, paired by seed, finds a mean difference with"
        f" {100 * power:g} % chance at level {several}. Below {fewest_seeds(alpha / contrasts)} seeds it finds none, however large."
    )
