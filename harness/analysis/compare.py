"""Two results side by side: what differs in how they were made, and in what was found, paired by common seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nasbed.analysis.statistics.estimators import standardised_difference
from nasbed.analysis.statistics.paired import contrast, holm, untested
from nasbed.analysis.statistics.spread import NO_SPREAD
from nasbed.errors import OptionError

if TYPE_CHECKING:
    from nasbed.analysis.parts import Part
    from nasbed.analysis.results import Results


@dataclass(frozen=True)
class Comparison:
    """``table`` has a row a strategy and benchmark of both results; ``differs`` and ``only`` are sentences for readers."""

    table: pd.DataFrame
    differs: list[str]
    only: list[str]
    metric: str


def compare(first: Results, second: Results, metric: str = "validation_regret") -> Comparison:
    """Set ``second`` against ``first`` on the strategies, benchmarks and seeds of both, at the end of the budget.

    Columns: benchmark, strategy, seeds, first and second (mean regrets over the common seeds), difference (second minus first,
    negative is better) with a 95 % t interval, standardised (over the standard deviation of the differences, ``nan`` where they
    have no spread), p of the two-sided Wilcoxon signed-rank test (zeros by Pratt), p_holm over all rows, and identical: the same
    trajectories.
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
                f"the results have no {kind} in common: {', '.join(ours)} against {', '.join(theirs)}; compare runs of one study"
            )
    rows = []
    for label in benchmarks:
        for name in strategies:
            rows.append(_row(first.part(label, name), second.part(label, name), metric))
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].to_numpy(float))
    return Comparison(table, _differences(first, second), _only(first, second), metric)


def _row(one: Part, other: Part, metric: str) -> dict[str, Any]:
    for what in ("budget", "noise", "incumbent", "repeats"):
        ours, theirs = getattr(one.rules, what), getattr(other.rules, what)
        if ours != theirs:
            raise OptionError(
                f"{one.strategy} on {one.benchmark}: the {what} differs, {ours} against {theirs}; run one again with the"
                " other's"
            )
    seeds = np.intersect1d(one.judged.seeds, other.judged.seeds)
    if not len(seeds):
        raise OptionError(
            f"{one.strategy} on {one.benchmark}: no seeds in common, {one.judged.seeds.min()} to {one.judged.seeds.max()} against"
            f" {other.judged.seeds.min()} to {other.judged.seeds.max()}"
        )
    ours, theirs = (
        getattr(part.judged, metric)[np.searchsorted(part.judged.seeds, seeds), -1] for part in (one, other)
    )
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    row: dict[str, Any] = {"benchmark": one.benchmark, "strategy": one.strategy, "seeds": int(both.sum())}
    row |= {"first": float(np.mean(ours[both])), "second": float(np.mean(theirs[both]))} if both.any() else {}
    found = vars(contrast(theirs[both], ours[both])) if both.any() else {"p": np.nan}
    row |= {name: value for name, value in found.items() if name not in ("wins", "p_holm")}
    row["standardised"] = standardised_difference(theirs[both], ours[both]) if both.any() else np.nan
    return row | {"identical": _identical(one, other, seeds)}


def _identical(one: Part, other: Part, seeds: np.ndarray) -> bool:
    columns = ["seed", "architecture", "epochs", "value"]
    ours, theirs = (part.records.loc[part.records["seed"].isin(seeds), columns].to_numpy() for part in (one, other))
    return ours.shape == theirs.shape and bool(np.array_equal(ours, theirs, equal_nan=True))


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
    ours, theirs = (results.parts[0].judged.seeds for results in (first, second))
    if not np.array_equal(ours, theirs):
        lines.append("seeds: " + " against ".join(f"{len(one)} ({one.min()} to {one.max()})" for one in (ours, theirs)))
    if first.reference != second.reference:
        lines.append(f"reference: {first.reference} against {second.reference}")
    for which, results in (("first", first), ("second", second)):
        lines += [f"the {which}: {warning}" for warning in results.warnings]
    return lines


def rows(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the table as text, for the terminal and for markdown."""
    heads = ["benchmark", "strategy", "seeds", "first", "second", "Δ [95 %]", "Δ / sd", "p", "trajectories"]
    cells = [
        [
            row["benchmark"],
            row["strategy"],
            str(row["seeds"]),
            f"{row['first']:.3f}",
            f"{row['second']:.3f}",
            f"{row['difference']:+.3f} [{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"
            + ("*" if row["p_holm"] < 0.05 else ""),
            _standardised(row["standardised"], row["seeds"]),
            "–" if np.isnan(row["p_holm"]) else "< 0.001" if row["p_holm"] < 0.001 else f"{row['p_holm']:.3f}",
            "the same" if row["identical"] else "differ",
        ]
        for row in found.table.to_dict("records")
    ]
    return heads, cells


def _standardised(value: float, seeds: int) -> str:
    return f"{value:+.2f}" if not np.isnan(value) else NO_SPREAD if seeds > 1 else "–"


def notes(found: Comparison) -> list[str]:
    """What differs, and how to read the table."""
    test = untested(int(found.table["seeds"].max())) or (
        "p: Wilcoxon signed-rank test paired by seed (zeros by Pratt), Holm's correction over the"
        f" {len(found.table)} rows; * p < 0.05"
    )
    return [
        *found.differs,
        *found.only,
        f"Mean {found.metric.replace('_', ' ')} over the common seeds at the end of the budget; Δ: second minus first, negative"
        f" is better, with a 95 % t interval; Δ / sd: over the standard deviation of the paired differences; {test}.",
    ]


def markdown(found: Comparison) -> str:
    """GitHub-flavoured markdown."""
    heads, cells = rows(found)
    lines = ["| " + " | ".join(heads) + " |", "| --- | --- |" + " ---: |" * (len(heads) - 2)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("*", "\\*") for cell in row) + " |" for row in cells]
    return "\n".join([*lines, *("\n" + note for note in notes(found))]) + "\n"
