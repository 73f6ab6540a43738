"""Two results side by side: what differs in how they were made, and in what was found, paired by common seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, listing
from nasbed.results.joining import same_runs
from nasbed.results.known import score_names, sign_of_better, tested
from nasbed.statistics.estimators import standardised_difference
from nasbed.statistics.paired import contrast, holm, untested
from nasbed.statistics.spread import NO_SPREAD
from nasbed.studies.order import crossed
from nasbed.summary.contrasts import SIGNIFICANT
from nasbed.tables import escaping, numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import PrintedTable, printed
from nasbed.tables.renderers.markdown import markdown as markdown_of

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult
    from nasbed.vocabulary import Benchmark


@dataclass(frozen=True)
class ResultsComparison:
    """``table`` has a row a strategy and benchmark of both results; ``differs`` and ``only`` are sentences for readers.
    ``benchmarks`` are those of the table, by label.
    """

    table: pd.DataFrame
    differs: list[str]
    only: list[str]
    metric: str
    benchmarks: Mapping[str, Benchmark]


def compare(first: Results, second: Results, metric: str = "validation_regret") -> ResultsComparison:
    """Set ``second`` against ``first`` on the strategies, benchmarks and seeds of both, at the end of the budget.

    Columns: benchmark, strategy, seeds, first and second (mean regrets over the common seeds, or where no best is known the values
    in their place), difference (second minus first; of regrets negative is better) with a 95 % t interval, standardised (over the
    standard deviation of the differences, ``nan`` where they have no spread), p of the two-sided Wilcoxon signed-rank test (zeros
    by Pratt), p_holm over all rows, and identical: the same trajectories.
    Raises :class:`~nasbed.errors.OptionError` where nothing is common, or budgets, noise or incumbent rules differ.
    """
    strategies = [name for name in first.strategies if name in second.strategies]
    benchmarks = [label for label in first.benchmarks if label in second.benchmarks]
    for kind, common, ours, theirs in (
        ("strategy", strategies, first.strategies, second.strategies),
        ("benchmark", benchmarks, list(first.benchmarks), list(second.benchmarks)),
    ):
        if not common:
            raise OptionError(
                f"the results have no {kind} in common: {listing(ours)} against {listing(theirs)}; compare runs of one study"
            )
    if metric == "test_regret" and (lacking := [label for label in benchmarks if not tested(first.benchmarks[label])]):
        raise OptionError(
            f"metric = {metric!r}: there is no referee of {', '.join(lacking)}, and so no test values;"
            " expected 'validation_regret', in whose place the best-seen validation is compared, or subsets without"
        )
    rows = [_row(first.series_of(*pair), second.series_of(*pair), metric) for pair in crossed(benchmarks, strategies)]
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].to_numpy(float))
    shown = {label: first.benchmarks[label] for label in benchmarks}
    return ResultsComparison(table, _differences(first, second), _only(first, second), metric, shown)


def _row(one: SeriesResult, other: SeriesResult, metric: str) -> dict[str, Any]:
    for what in ("budget", "noise", "incumbent", "repeats"):
        ours, theirs = getattr(one.rules, what), getattr(other.rules, what)
        if ours != theirs:
            raise OptionError(
                f"{one.strategy} on {one.benchmark}: the {what} differs, {ours} against {theirs}; run one again with the"
                " other's"
            )
    seeds = np.intersect1d(one.runs.seeds, other.runs.seeds)
    if not len(seeds):
        raise OptionError(
            f"{one.strategy} on {one.benchmark}: no seeds in common, {one.runs.seeds.min()} to {one.runs.seeds.max()} against"
            f" {other.runs.seeds.min()} to {other.runs.seeds.max()}"
        )
    ours, theirs = (
        series.shown(series.runs.final(metric)[np.searchsorted(series.runs.seeds, seeds)]) for series in (one, other)
    )
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    row: dict[str, Any] = {"benchmark": one.benchmark, "strategy": one.strategy, "seeds": int(both.sum())}
    row |= _compared(ours[both], theirs[both]) if both.any() else dict.fromkeys(_STATISTICS, np.nan)
    return row | {"identical": same_runs(one, other, seeds)}


_STATISTICS = ("first", "second", "difference", "difference_low", "difference_high", "p", "standardised")
"""Columns that no row lacks; all ``nan`` where no seed has an incumbent in both results."""


def _compared(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    found = vars(contrast(theirs, ours)) | {"standardised": standardised_difference(theirs, ours)}
    found |= {"first": float(np.mean(ours)), "second": float(np.mean(theirs))}
    return {name: found[name] for name in _STATISTICS}


def _only(first: Results, second: Results) -> list[str]:
    """What one of the results has alone."""
    lines = []
    for kind, ours, theirs in (
        ("strategies", first.strategies, second.strategies),
        ("benchmarks", list(first.benchmarks), list(second.benchmarks)),
    ):
        for which, mine, others in (("first", ours, theirs), ("second", theirs, ours)):
            if alone := [name for name in mine if name not in others]:
                lines.append(f"only in the {which}: the {kind} {', '.join(alone)}")
    return lines


def _differences(first: Results, second: Results) -> list[str]:
    lines = []
    ours, theirs = (results.series[0].runs.seeds for results in (first, second))
    if not np.array_equal(ours, theirs):
        lines.append("seeds: " + " against ".join(f"{len(one)} ({one.min()} to {one.max()})" for one in (ours, theirs)))
    if first.reference != second.reference:
        lines.append(f"reference: {first.reference} against {second.reference}")
    for which, results in (("first", first), ("second", second)):
        origins = dict.fromkeys(series.origin for series in results.series if series.origin)
        lines += [f"the {which} was made elsewhere, imported from {origin}" for origin in origins]
        lines += [f"the {which}: {warning}" for warning in results.warnings]
    return lines


def printed_comparison(found: ResultsComparison) -> PrintedTable:
    """The table as text, for the terminal and for markdown."""
    heads = ["benchmark", "strategy", "seeds", "first", "second", "Δ [95 %]", "Δ / sd", "p", "trajectories"]
    given = found.table.to_dict("records")
    forms = numbers.column(
        (row["difference"], (row["difference_high"] - row["difference_low"]) / 2, row["first"], row["second"])
        for row in given
    )
    cells = (
        (
            row["benchmark"],
            row["strategy"],
            str(row["seeds"]),
            *(numbers.text(row[name], form) for name in ("first", "second")),
            _difference(row, form) + ("*" if row["p_holm"] < SIGNIFICANT else ""),
            _standardised(row["standardised"], row["seeds"]),
            numbers.p_value(row["p_holm"]),
            "the same" if row["identical"] else "differ",
        )
        for row, form in zip(given, forms, strict=True)
    )
    return printed(heads, cells, left=2)


def _standardised(value: float, seeds: int) -> str:
    return NO_SPREAD if value != value and seeds > 1 else numbers.text(value, Form(2), "+")


def _difference(row: Mapping[Any, Any], form: Form) -> str:
    difference, low, high = (numbers.text(row[f"difference{end}"], form, "+") for end in ("", "_low", "_high"))
    return difference if low == numbers.NOTHING else f"{difference} [{low}, {high}]"


def notes(found: ResultsComparison) -> list[str]:
    """What differs, and how to read the table."""
    rows = int(found.table["p"].notna().sum())
    test = untested(int(found.table["seeds"].max())) or (
        "p: Wilcoxon signed-rank test paired by seed (zeros by Pratt), Holm's correction over the"
        f" {rows} rows{' that have one' * (rows < len(found.table))}; * p < {SIGNIFICANT}"
    )
    return [
        *found.differs,
        *found.only,
        *(
            f"{row['strategy']} on {row['benchmark']}: no seed has an incumbent in both, so there is nothing to compare."
            for row in found.table.to_dict("records")
            if not row["seeds"]
        ),
        f"Mean {score_names(found.benchmarks.values(), found.metric)} over the common seeds at the end of the budget; Δ: second"
        f" minus first, {sign_of_better(found.benchmarks)}, with a 95 % t interval; Δ / sd: over the standard deviation of the"
        f" paired differences; {test}.",
    ]


def markdown(found: ResultsComparison) -> str:
    """The comparison as a table and notes in GitHub-flavoured markdown."""
    lines = [markdown_of(printed_comparison(found))]
    return "\n".join([*lines, *("\n" + escaping.markdown(note) for note in notes(found))]) + "\n"
