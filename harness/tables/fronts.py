"""The table of a study with several objectives: what the fronts are worth. Numbers come from ``fronts.summary``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.floor import DRAWS, floor
from nasbed.results.multiobjective.indicators import Truth
from nasbed.statistics.paired import untested
from nasbed.statistics.power import out_of_reach, pair_correlation, smallest_detectable_difference
from nasbed.summary.contrasts import DIFFERENCE, SIGNIFICANT, P
from nasbed.summary.statistic import Shown
from nasbed.tables import captions, escaping, numbers
from nasbed.tables.cells import DIFFERENCES, FLOOR, Row, WrittenRow, difference_forms, score_forms
from nasbed.tables.printed import EMPTY, Head, PrintedCell, PrintedTable
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


ABOUT_CELLS = "Fronts: indicators × 1,000, lower is better: mean ± sd over seeds [95 % interval of the mean]."


class FrontPart(StrEnum):
    """What a table of fronts shows: the indicators, how strategies differ in them from the reference, or both."""

    SCORES = "scores"
    CONTRASTS = "contrasts"
    BOTH = "both"


@dataclass(frozen=True)
class ScoredFronts:
    """The fronts of results: ``results`` of the benchmarks that have any, the ``summary`` of these, and by label the ``floors``."""

    results: Results
    summary: pd.DataFrame
    floors: Mapping[str, Mapping[str, float]]


_KEPT: WeakKeyDictionary[Results, ScoredFronts | None] = WeakKeyDictionary()


def scored(results: Results) -> ScoredFronts | None:
    """The fronts of results, computed once; ``None`` where no benchmark has several objectives and a known true front."""
    if results not in _KEPT:
        there = fronts.judged(results)
        _KEPT[results] = (
            _scored(results if there == list(results.benchmarks) else results.subset(benchmarks=there))
            if there
            else None
        )
    return _KEPT[results]


def _scored(results: Results, at: int | None = None, bounds: fronts.BoundsByLabel | None = None) -> ScoredFronts:
    summary = fronts.summary(results, at, bounds=bounds)
    floors = {
        label: floor(results.series_on(label)[0], fronts.scales(results, label, bounds)) for label in results.benchmarks
    }
    return ScoredFronts(results, summary, floors)


def tables(results: Results, part: FrontPart = FrontPart.BOTH) -> list[PrintedTable]:
    """A table for each benchmark of which the fronts are known, a row a strategy, and last the floor: fronts of exhaustive search.
    Contrasts alone have neither a floor nor the reference; there are none where there is one strategy.
    """
    found = scored(results)
    if found is None or (part is FrontPart.CONTRASTS and len(results.strategies) < 2):
        return []
    return _tables(found, part)


def markdown(results: Results, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None) -> str:
    """GitHub-flavoured markdown: a table for each benchmark, then the notes, without a title.

    Indicators are in thousandths: mean ± sd over seeds, with the 95 % interval of the mean where strategies are compared. Raises
    what :func:`~nasbed.results.multiobjective.fronts.frame` does.
    """
    found = _scored(results, at, bounds)
    lines = [ABOUT_CELLS, ""]
    for table in _tables(found, FrontPart.BOTH):
        lines += [f"## {escaping.markdown(table.title)}", "", markdown_of(table), ""]
    lines += ["\n" + escaping.markdown(note) for note in notes(results, found.summary, at, bounds=bounds)]
    return "\n".join(lines).rstrip() + "\n"


def _tables(found: ScoredFronts, part: FrontPart) -> list[PrintedTable]:
    return [_table(found, label, part) for label in found.results.benchmarks]


def _table(found: ScoredFronts, label: str, part: FrontPart) -> PrintedTable:
    objectives = ", ".join(
        f"{one.name} ({one.unit}, {'max' if one.maximise else 'min'})"
        for one in found.results.benchmarks[label].objectives
    )
    rows = found.summary[found.summary["benchmark"] == label].to_dict("records")
    constrained = not found.summary["feasible"].isna().all()
    columns = [*_columns(rows, found.results.reference, found.floors[label], part, constrained)]
    *lines, last = zip(*(cells for _, cells in columns), strict=True)
    heads = tuple(head for head, _ in columns)
    if part is FrontPart.CONTRASTS:
        lines, last = [line for line in lines if line[0].text != found.results.reference], ()
    return PrintedTable(heads, tuple(lines), f"{label}: {objectives}", last)


def _columns(
    rows: Sequence[Row], reference: str, floors: Mapping[str, float], part: FrontPart, constrained: bool
) -> Iterator[tuple[Head, list[PrintedCell]]]:
    """The head of each column and its cells: of the strategies of a benchmark, and last of exhaustive search. Columns are those of
    every benchmark, so that tables stand below each other: what is feasible where any of them is ``constrained``.
    """
    others = [row["strategy"] != reference for row in rows]
    yield Head("strategy", left=True), [*(PrintedCell(str(row["strategy"])) for row in rows), PrintedCell(FLOOR)]
    for name, head in _HEADS.items():
        scaled = [_thousandths(row, name) for row in rows]
        compared = name in fronts.CONTRASTED
        if part is not FrontPart.CONTRASTS:
            yield Head(head, name), _scores(scaled, name, 1e3 * floors.get(name, nan), compared)
        if not compared or part is FrontPart.SCORES:
            continue
        forms = difference_forms(scaled, name)
        written = [WrittenRow(row, f"{name}_", own) for row, own in zip(scaled, forms, strict=True)]
        interval = _difference_with_interval if part is FrontPart.CONTRASTS else DIFFERENCE.written
        for one, of_reference, text in ((DIFFERENCE, "reference", interval), (P, "", P.written)):
            cells = [
                PrintedCell(text(row), one.value(row), DIFFERENCE.strong(row)) if other else PrintedCell(of_reference)
                for row, other in zip(written, others, strict=True)
            ]
            yield (
                Head(one.head, f"{name}_{one.name}", f"{head}: {one.head}", one.heads.get(Shown.LATEX, ""), head),
                [*cells, EMPTY],
            )
    if part is not FrontPart.SCORES:
        effects = [WrittenRow(row, "hypervolume_regret_") for row in rows]
        for head, name, source in (("P(better)", "improvement", "$P$(better)"), ("wins", "wins", "")):
            known = [other and row.value(name) == row.value(name) for row, other in zip(effects, others, strict=True)]
            cells = [
                PrintedCell(row.share(name), row.value(name)) if there else EMPTY
                for row, there in zip(effects, known, strict=True)
            ]
            yield Head(head, name, latex=source), [*cells, EMPTY]
    if part is not FrontPart.CONTRASTS:
        sizes = [PrintedCell(f"{row['front_size']:.1f}", row["front_size"]) for row in rows]
        yield Head("on the front", "front_size"), [*sizes, EMPTY]
        if constrained:
            shares = [
                EMPTY if isnan(row["feasible"]) else PrintedCell(WrittenRow(row, "").share("feasible"), row["feasible"])
                for row in rows
            ]
            yield Head("feasible", "feasible"), [*shares, EMPTY]


def _scores(rows: Sequence[Row], name: str, floor_: float, with_interval: bool) -> list[PrintedCell]:
    """The cells of an indicator, in thousandths, and last its floor."""
    *forms, form = score_forms(rows, name, floor_)
    written = [WrittenRow(row, f"{name}_", own) for row, own in zip(rows, forms, strict=True)]
    cells = [PrintedCell(_score(row, with_interval), row.value("mean")) for row in written]
    return [*cells, EMPTY if floor_ != floor_ else PrintedCell(numbers.text(floor_, form), floor_)]


def _difference_with_interval(row: WrittenRow) -> str:
    low, high = row.number("difference_low", "+"), row.number("difference_high", "+")
    return (
        f"{DIFFERENCE.written(row)} [{low}, {high}]"
        if row.value("difference_low") == row.value("difference_low")
        else DIFFERENCE.written(row)
    )


def _thousandths(row: Row, name: str) -> dict[Any, Any]:
    """A row with one indicator in thousandths."""
    scaled = (f"{name}_{key}" for key in ("mean", "sd", "low", "high", *DIFFERENCES))
    return {**row, **{key: 1e3 * row[key] for key in scaled if key in row}}


def _score(row: WrittenRow, with_interval: bool) -> str:
    text = row.plus_minus("mean", "sd")
    known = with_interval and row.value("low") == row.value("low")
    return f"{text} [{row.number('low')}, {row.number('high')}]" if known else text


def about(results: Results) -> list[str]:
    """What a reader must know of the table of fronts, apart from the protocol of the study."""
    return [*about_scores(results), *about_contrasts(results)]


def about_scores(results: Results) -> list[str]:
    """How fronts are selected and scored, and which runs have none; nothing where there are no fronts."""
    found = scored(results)
    return [_scoring(found.results), *_sizes(found.summary)] if found else []


def about_contrasts(results: Results) -> list[str]:
    """The tests of fronts and what they could find; nothing where there are no fronts, or one strategy."""
    found = scored(results)
    return _tests(found.results, None, None) if found else []


def notes(
    results: Results, summary: pd.DataFrame, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None
) -> list[str]:
    """What a reader must know to read the table: how fronts are scored, the tests, and what was left out."""
    lines = [caption(results, at, bounds=bounds), *_tests(results, at, bounds), *_sizes(summary)]
    return lines + [f"Warning: {warning}." for warning in results.warnings]


def _tests(results: Results, at: int | None, bounds: fronts.BoundsByLabel | None) -> list[str]:
    """The tests, and which differences they find; nothing where there is one strategy."""
    if len(results.strategies) < 2:
        return []
    test = untested(len(results.series[0].runs.seeds)) or (
        "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt) with Holm's"
        f" correction over all contrasts of an indicator, all benchmarks together; * marks p < {SIGNIFICANT}"
    )
    found = (
        f"Δ is the mean paired difference from {results.reference} (negative: better), {test}. P(better): probability"
        " that a run has a lower hypervolume regret than a run of the reference (A12, unpaired); wins: share of seeds with a"
        " lower hypervolume regret than the reference, ties counted half. Intervals are 95 % t intervals of the mean over"
        " seeds."
    )
    return [found, *filter(None, [power_line(results, fronts.frame(results, at, bounds=bounds))])]


def _sizes(summary: pd.DataFrame) -> list[str]:
    """What the size of a front and the floor are, and which runs have no front."""
    return [
        "on the front: architectures on the selected front, mean over seeds. floor: the same of exhaustive search under the same"
        f" noise at the highest fidelity offered, mean over {DRAWS} draws where there is noise.",
        *(
            f"{row['strategy']} on {row['benchmark']}: {row['without_front']} of {row['seeds']} runs observed"
            f" {'nothing but failures' if isnan(row['feasible']) else 'nothing feasible'};"
            " their hypervolume regret is the whole volume, and they are left out of IGD+."
            for _, row in summary[summary["without_front"] > 0].iterrows()
        ),
    ]


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
        f"Power: a difference from {results.reference} in mean hypervolume regret is found with {100 * power:.0f} % chance at alpha"
        f" {alpha:g} / {len(found)} (Holm's first step) from this size on, × 1,000: {'; '.join(ends)}"
    )
    return f"{reach}{correlation}."


def _range(values: list[float], text: Callable[[float], str]) -> str:
    return " to ".join(dict.fromkeys((text(min(values)), text(max(values)))))


def _in_short(value: float) -> str:
    return numbers.number(value, 3)


def caption(results: Results, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None) -> str:
    """How fronts are selected and scored, the scale and reference point of each benchmark, and the protocol of the study."""
    return f"{_scoring(results, at, bounds=bounds)} {captions.caption(results)}"


def _scoring(results: Results, at: int | None = None, *, bounds: fronts.BoundsByLabel | None = None) -> str:
    """How fronts are selected and scored, and the scale and reference point of each benchmark."""
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
    return " ".join(words)


def selection(results: Results, at: int | None = None) -> str:
    """How fronts are selected, and by which values they are scored or drawn, for captions."""
    rule = "means over repeats" if results.series[0].rules.incumbent == "mean" else "single observations"
    after = f", after {at:,} evaluation{'' if at == 1 else 's'}" if at else ""
    words = (
        f"A run's front: what nothing dominates among its {rule} at the highest fidelity seen{after}; of equals the first, failed"
        " and infeasible evaluations never. It is selected by what the search observed and scored by noise-free values (validation,"
        " mean over recorded trainings)."
    )
    bounds = [
        f"{label} is constrained to {' and '.join(map(str, benchmark.constraints))}"
        for label, benchmark in results.benchmarks.items()
        if benchmark.constraints
    ]
    kept = f" {'; '.join(bounds)}: what breaks that is on no front, neither a run's nor the true one nor that of exhaustive search."
    return words + kept if bounds else words


def _scales(benchmark: Benchmark, given: fronts.Scales) -> str:
    """The scale, the reference point and the true front of a benchmark, of validation and of test values."""
    scorer, tester = truths.truth(benchmark, given.validation), truths.tested(benchmark, given.test)
    words = f"{scorer.bounds.sentence()} {_size(scorer)} of {_counted(scorer)} architectures."
    if tester is None:
        return f"{words} No test set."
    first = scorer.bounds.objectives[0]
    span = f"{tester.bounds.worst[0]:.6g} (0) to {tester.bounds.ideal[0]:.6g} (1) {first.unit}"
    return f"{words} On test values: {first.name} from {span}. {_size(tester)} architectures."


def _counted(scorer: Truth) -> str:
    """How many architectures may be on the true front."""
    every = f"{len(scorer.values):,}"
    return every if scorer.feasible is None else f"{int(scorer.feasible.sum()):,} feasible of {every}"


def _size(scorer: Truth) -> str:
    return f"True front: volume {scorer.volume:.4f}, {len(scorer.front)}"
