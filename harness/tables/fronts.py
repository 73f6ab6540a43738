"""The table of a study with several objectives, in markdown. Numbers come from ``fronts.summary``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.floor import DRAWS, floor
from nasbed.results.multiobjective.indicators import Truth
from nasbed.statistics.paired import untested
from nasbed.statistics.power import out_of_reach, pair_correlation, smallest_detectable_difference
from nasbed.summary.contrasts import DIFFERENCE, SIGNIFICANT, P
from nasbed.tables import captions, escaping, numbers
from nasbed.tables.cells import DIFFERENCES, Row, WrittenRow, difference_forms, score_forms
from nasbed.tables.comparison import FLOOR
from nasbed.tables.printed import Head, PrintedCell, PrintedTable
from nasbed.tables.renderers.markdown import markdown as markdown_of
from nasbed.vocabulary import Benchmark

if TYPE_CHECKING:
    from nasbed.results.results import Results

_HEADS = {
    "hypervolume_regret": "hypervolume regret",
    "igd_plus": "IGD+",
    "test_hypervolume_regret": "test hypervolume regret",
    "observed_hypervolume_regret": "observed hypervolume regret",
    "observed_igd_plus": "observed IGD+",
}
"""The indicators that are shown, and their heads; those that strategies are compared on are followed by their contrast."""


def markdown(results: Results, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None) -> str:
    """GitHub-flavoured markdown: a table for each benchmark, then the notes, without a title.

    Indicators are in thousandths: mean ± sd over seeds, with the 95 % interval of the mean where strategies are compared. Raises
    what :func:`~nasbed.results.multiobjective.fronts.frame` does.
    """
    summary = fronts.summary(results, at, bounds=bounds)
    lines = ["Indicators × 1,000, lower is better: mean ± sd over seeds [95 % interval of the mean].", ""]
    for table in _tables(results, summary, bounds):
        lines += [f"## {escaping.markdown(table.title)}", "", markdown_of(table), ""]
    lines += ["\n" + escaping.markdown(note) for note in notes(results, summary, at, bounds=bounds)]
    return "\n".join(lines).rstrip() + "\n"


def _tables(results: Results, summary: pd.DataFrame, bounds: fronts.BoundsByLabel | None) -> Iterator[PrintedTable]:
    """A table for each benchmark, a row a strategy, and last the floor: fronts of exhaustive search."""
    for label, benchmark in results.benchmarks.items():
        objectives = ", ".join(
            f"{one.name} ({one.unit}, {'max' if one.maximise else 'min'})" for one in benchmark.objectives
        )
        floors = floor(results.series_on(label)[0], fronts.scales(results, label, bounds))
        rows = summary[summary["benchmark"] == label].to_dict("records")
        columns = [*_columns(rows, results.reference, floors)]
        lines = zip(*(cells for _, cells in columns), strict=True)
        *found, last = (tuple(map(PrintedCell, line)) for line in lines)
        heads = tuple(Head(text, left=text == "strategy") for text, _ in columns)
        yield PrintedTable(heads, tuple(found), f"{label}: {objectives}", last)


def _columns(rows: Sequence[Row], reference: str, floors: Mapping[str, float]) -> Iterator[tuple[str, list[str]]]:
    """The head of each column and its cells: of the strategies of a benchmark, and last of exhaustive search."""
    others = [row["strategy"] != reference for row in rows]
    yield "strategy", [*(str(row["strategy"]) for row in rows), FLOOR]
    for name, head in _HEADS.items():
        scaled = [_thousandths(row, name) for row in rows]
        *forms, form = score_forms(scaled, name, 1e3 * floors.get(name, nan))
        compared = name in fronts.CONTRASTED
        yield (
            head,
            [
                *(_score(WrittenRow(row, f"{name}_", own), compared) for row, own in zip(scaled, forms, strict=True)),
                numbers.text(1e3 * floors[name], form) if name in floors else "",
            ],
        )
        if not compared:
            continue
        forms = difference_forms(scaled, name)
        written = [WrittenRow(row, f"{name}_", own) for row, own in zip(scaled, forms, strict=True)]
        for one, of_reference in ((DIFFERENCE, "reference"), (P, "")):
            texts = [one.written(row) if other else of_reference for row, other in zip(written, others, strict=True)]
            yield one.head, [*texts, ""]
    effects = [WrittenRow(row, "hypervolume_regret_") for row in rows]
    for head, name in (("P(better)", "improvement"), ("wins", "wins")):
        known = [other and row.value(name) == row.value(name) for row, other in zip(effects, others, strict=True)]
        yield head, [*(row.share(name) if there else "" for row, there in zip(effects, known, strict=True)), ""]
    yield "on the front", [*(f"{row['front_size']:.1f}" for row in rows), ""]


def _thousandths(row: Row, name: str) -> dict[Any, Any]:
    """A row with one indicator in thousandths."""
    scaled = (f"{name}_{key}" for key in ("mean", "sd", "low", "high", *DIFFERENCES))
    return {**row, **{key: 1e3 * row[key] for key in scaled if key in row}}


def _score(row: WrittenRow, with_interval: bool) -> str:
    text = row.plus_minus("mean", "sd")
    known = with_interval and row.value("low") == row.value("low")
    return f"{text} [{row.number('low')}, {row.number('high')}]" if known else text


def notes(
    results: Results, summary: pd.DataFrame, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None
) -> list[str]:
    """What a reader must know to read the table: how fronts are scored, the tests, and what was left out."""
    lines = [caption(results, at, bounds=bounds)]
    if len(results.strategies) > 1:
        test = untested(len(results.series[0].runs.seeds)) or (
            "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt) with Holm's"
            f" correction over all contrasts of an indicator, all benchmarks together; * marks p < {SIGNIFICANT}"
        )
        lines.append(
            f"Δ is the mean paired difference from {results.reference} (negative: better), {test}. P(better): probability"
            " that a run has a lower hypervolume regret than a run of the reference (A12, unpaired); wins: share of seeds with a"
            " lower hypervolume regret than the reference, ties counted half. Intervals are 95 % t intervals of the mean over"
            " seeds."
        )
    lines += [line for line in [power_line(results, fronts.frame(results, at, bounds=bounds))] if line]
    lines.append(
        "on the front: architectures on the selected front, mean over seeds. floor: the same of exhaustive search under the same"
        f" noise at the highest fidelity offered, mean over {DRAWS} draws where there is noise."
    )
    lines += [
        f"{row['strategy']} on {row['benchmark']}: {row['without_front']} of {row['seeds']} runs observed nothing but failures;"
        " their hypervolume regret is the whole volume, and they are left out of IGD+."
        for _, row in summary[summary["without_front"] > 0].iterrows()
    ]
    return lines + [f"Warning: {warning}." for warning in results.warnings]


def power_line(results: Results, scores: pd.DataFrame, alpha: float = 0.05, power: float = 0.8) -> str:
    """From which size on a difference in hypervolume regret is found, and how far common seeds pair strategies.

    ``scores`` is that of :func:`~nasbed.results.multiobjective.fronts.frame`; where there are too few seeds to
    find any, that is said.
    """
    found = fronts.pairs(results, scores, "hypervolume_regret")
    if not found:
        return ""
    widths: dict[str, list[float]] = {}
    for (label, _), pair in found.items():
        width = smallest_detectable_difference(*pair, alpha / len(found), power)
        widths.setdefault(label, []).extend([width] if np.isfinite(width) else [])
    ends = [
        f"{_range([1e3 * one for one in several], _in_short)} on {label}"
        for label, several in widths.items()
        if several
    ]
    paired = [one for pair in found.values() if (one := pair_correlation(*pair)[0]) == one]
    too_few = out_of_reach(len(results.series[0].runs.seeds), len(found), alpha)
    if not ends and not too_few:
        return ""
    correlation = f"; measured pair correlation {_range(paired, '{:z.2f}'.format)}" if paired else ""
    reach = too_few or (
        f"Power: a difference from {results.reference} in mean hypervolume regret is found with {power:.0%} chance at alpha"
        f" {alpha:g} / {len(found)} (Holm's first step) from this size on, × 1,000: {'; '.join(ends)}"
    )
    return f"{reach}{correlation}."


def _range(values: list[float], text: Callable[[float], str]) -> str:
    return " to ".join(dict.fromkeys((text(min(values)), text(max(values)))))


def _in_short(value: float) -> str:
    return numbers.number(value, 3)


def caption(results: Results, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None) -> str:
    """How fronts are selected and scored, the scale and reference point of each benchmark, and the protocol of the study."""
    words = [
        selection(results, at),
        "Hypervolume regret: volume of the true front minus that of the selected one; IGD+: mean distance by which the selected"
        " front falls short of the true one; both on the scale below, lower is better. Observed: the same of the values that the"
        " search saw, which is optimistic and may be negative. Test: the same fronts scored by test values.",
    ]
    sentences: dict[str, list[str]] = {}
    for label, benchmark in results.benchmarks.items():
        sentences.setdefault(_scales(benchmark, fronts.scales(results, label, bounds)), []).append(label)
    words += [text if len(sentences) == 1 else f"{', '.join(labels)}: {text}" for text, labels in sentences.items()]
    if all_series := [label for label, benchmark in results.benchmarks.items() if benchmark.is_subspace]:
        words.append(f"{', '.join(all_series)}: front and scale are those of the part that is searched.")
    if moved := list(dict.fromkeys(p.benchmark for p in results.series if p.searched.label != p.scored.label)):
        words.append(f"{', '.join(moved)}: searched on another benchmark, so nothing of it was observed.")
    return " ".join([*words, captions.caption(results)])


def selection(results: Results, at: int | None = None) -> str:
    """How fronts are selected, and by which values they are scored or drawn, for captions."""
    rule = "means over repeats" if results.series[0].rules.incumbent == "mean" else "single observations"
    after = f", after {at:,} evaluations" if at else ""
    return (
        f"A run's front: what nothing dominates among its {rule} at the highest fidelity seen{after}; of equals the first, failed"
        " and infeasible evaluations never. It is selected by what the search observed and scored by noise-free values (validation,"
        " mean over recorded trainings)."
    )


def _scales(benchmark: Benchmark, given: fronts.Scales) -> str:
    """The scale, the reference point and the true front of a benchmark, of validation and of test values."""
    scorer, tester = truths.truth(benchmark, given.validation), truths.tested(benchmark, given.test)
    words = f"{scorer.bounds.sentence()} {_size(scorer)} of {len(scorer.values):,} architectures."
    if tester is None:
        return f"{words} No test set."
    first = scorer.bounds.objectives[0]
    span = f"{tester.bounds.worst[0]:.6g} (0) to {tester.bounds.ideal[0]:.6g} (1) {first.unit}"
    return f"{words} On test values: {first.name} from {span}. {_size(tester)} architectures."


def _size(scorer: Truth) -> str:
    return f"True front: volume {scorer.volume:.4f}, {len(scorer.front)}"
