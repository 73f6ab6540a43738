"""The comparison of a study's strategies as tables, whatever its statistics are. Numbers come from ``Results.summary``.

What is shown of them, and how, the statistics say that :mod:`nasbed.summary` declares; a layout says which of them stand together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Any

from nasbed.results.known import absolute, better, deciding_regret, score_name, score_names, tested, turn_of
from nasbed.results.series import METRICS
from nasbed.summary.registry import columns
from nasbed.summary.statistic import Family, Shown, Statistic
from nasbed.tables import numbers
from nasbed.tables.absent import without_empty
from nasbed.tables.captions import SURROGATE
from nasbed.tables.cells import DIFFERENCES, FLOOR, Row, WrittenRow, difference_forms, level, score_forms
from nasbed.tables.numbers import Form
from nasbed.tables.printed import EMPTY, Head, PrintedCell, PrintedTable

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark

MEASURES_TITLE = "Robust and anytime measures"

SCORES = (*METRICS, "test")
"""The scores of a table."""


@dataclass(frozen=True)
class Section:
    """Neighbouring columns: the statistics of a family, of one score where the family has several."""

    family: Family
    score: str = ""


BOTH = (
    *(Section(family, score) for score in METRICS for family in (Family.SCORES, Family.CONTRASTS)),
    Section(Family.VERDICT),
    Section(Family.SCORES, "test"),
    Section(Family.COSTS),
)
"""All in one table: scores beside their contrasts, then costs."""

REACHED = tuple(Section(Family.SCORES, score) for score in SCORES)
AGAINST = tuple(Section(Family.CONTRASTS, score) for score in METRICS)
SPENT = (Section(Family.COSTS),)
MEASURES = (
    *(Section(family, score) for score in METRICS for family in (Family.ROBUST, Family.EQUIVALENCE)),
    Section(Family.ANYTIME),
)
"""Robust and anytime measures: in a table of their own, beside the first."""

_OF_TEST = (METRICS[1], "test")
_VALUES = (Family.SCORES, Family.ROBUST)
"""What is of each score, values of test included."""


@dataclass(frozen=True)
class TableLayout:
    """The sections of a table in a form; whether it has the numbers of seeds, a row of the floor and one of the reference."""

    form: Shown
    sections: Sequence[Section]
    seeds: bool = False
    floor: bool = True
    reference: bool = True


TERMINAL = TableLayout(Shown.TERMINAL, BOTH)
MARKDOWN = TableLayout(Shown.MARKDOWN, BOTH)
LATEX = TableLayout(Shown.LATEX, REACHED), TableLayout(Shown.LATEX, (*AGAINST, *SPENT), floor=False)
MARKDOWN_MEASURES = TableLayout(Shown.MARKDOWN, MEASURES, floor=False)
LATEX_MEASURES = TableLayout(Shown.LATEX, MEASURES, floor=False)
PAGE_MEASURES = TableLayout(Shown.HTML, MEASURES, floor=False)
PAGE = TableLayout(Shown.HTML, (*REACHED, *SPENT), seeds=True)
FIRST = (
    "strategy",
    *(f"{metric}{of}" for metric in METRICS for of in ("", "_difference", "_p")),
    "test",
    "simulated_hours",
)
"""The columns that a page shows first, of those of the terminal."""
PAGE_AGAINST = TableLayout(Shown.HTML, AGAINST, floor=False, reference=False)


def title_of(label: str, benchmark: Benchmark) -> str:
    """The label of a benchmark, with the objective that its scores are of (alone, where it has several) and its unit; where no best
    is known, and the scores are values, with what is better.
    """
    objective, alone = benchmark.objectives[0], " alone" if len(benchmark.objectives) > 1 else ""
    direction = f", {better(benchmark)} is better" if absolute(benchmark) else ""
    mark = f", {SURROGATE}" if benchmark.surrogate else ""
    return f"{label} ({objective.name}{alone}, {objective.unit}{direction}{mark})"


def tables(results: Results, layout: TableLayout = TERMINAL) -> list[PrintedTable]:
    """A table for each benchmark, a row a strategy, and last the floor: regrets of exhaustive search. A column that has no number
    on a benchmark is left out of its table; in LaTeX, where all benchmarks share their heads, its cells say why.
    """
    made = []
    for label, benchmark in results.benchmarks.items():
        same_heads = layout.form is Shown.LATEX
        made.append(
            _table(results, label, _fitting(layout, results.benchmarks.values() if same_heads else [benchmark]))
        )
    return without_empty(made, together=layout.form is Shown.LATEX)


def first_tables(results: Results) -> list[PrintedTable]:
    """A table for each benchmark of what matters first: scores, their differences from the reference, and the tests of these."""
    return [table.only(FIRST) for table in tables(results)]


def _fitting(layout: TableLayout, benchmarks: Collection[Benchmark]) -> TableLayout:
    """The sections of a layout that some of the benchmarks have numbers for."""
    if not any(map(tested, benchmarks)):
        sections = [section for section in layout.sections if section.score not in _OF_TEST]
        layout = replace(layout, sections=sections)
    return _without_regrets(layout) if all(map(absolute, benchmarks)) else layout


def _without_regrets(layout: TableLayout) -> TableLayout:
    """A layout where no best is known: test values, if there are any, beside their contrasts in place of regrets, and no floor."""
    sections = list(layout.sections)
    for family in _VALUES:
        regret, test = Section(family, METRICS[1]), Section(family, "test")
        if regret in sections:
            sections = [test if section == regret else section for section in sections if section != test]
    return replace(layout, sections=sections, floor=False)


def _table(results: Results, label: str, layout: TableLayout) -> PrintedTable:
    rows = _rows(results, label, layout.reference)
    reference = [row["strategy"] == results.reference for row in rows]
    lines = [[PrintedCell(str(row["strategy"]))] for row in rows]
    foot = [PrintedCell(FLOOR)]
    if layout.seeds:
        foot.append(EMPTY)
        for line, row in zip(lines, rows, strict=True):
            line.append(PrintedCell(WrittenRow(row).count("seeds"), row["seeds"]))
    for section in layout.sections:
        shown = _shown(results, label, section.family, layout.form)
        if not shown:
            continue
        if why := _absent(results.benchmarks[label], section):
            for line in (*lines, foot):
                line += [PrintedCell(why) if line is not foot else EMPTY, *[EMPTY] * (len(shown) - 1)]
            continue
        written, floor = _written(results, label, section, rows)
        foot += [floor, *[EMPTY] * (len(shown) - 1)]
        for line, of, is_reference in zip(lines, written, reference, strict=True):
            line += _reference(section, shown) if is_reference and _is_contrast(section) else _cells(shown, of)
    return PrintedTable(
        tuple(_heads(results, label, layout)),
        tuple(map(tuple, lines)),
        title_of(label, results.benchmarks[label]),
        tuple(foot) if layout.floor and not absolute(results.benchmarks[label]) else (),
    )


def _absent(benchmark: Benchmark, section: Section) -> str:
    """Why a benchmark has no numbers in a section that others have; empty where it has some."""
    if section.score in _OF_TEST and not tested(benchmark):
        return "no test"
    regrets = section.family in _VALUES and section.score == METRICS[1]
    return "best unknown" if regrets and absolute(benchmark) else ""


def _shown(results: Results, label: str, family: Family, form: Shown) -> list[Statistic]:
    """The columns of a family in a form that these results have numbers for, each in one unit for the table of a benchmark; in
    LaTeX, where all benchmarks share their heads, for all.
    """
    summary = results.summary()
    own = summary if form is Shown.LATEX else summary[summary["benchmark"] == label]
    shown = (one for one in columns(family, form) if not one.optional or one.name in summary)
    return [one.in_unit(own[one.name].max()) if one.units else one for one in shown]


def _rows(results: Results, label: str, with_reference: bool) -> list[dict[Any, Any]]:
    """The rows of the summary that are of a benchmark, with differences of what is shown: of regrets, or of values."""
    summary = results.summary()
    rows: list[dict[Any, Any]] = summary[summary["benchmark"] == label].to_dict("records")
    if turn_of(results.benchmarks[label]) < 0:
        for row in rows:
            for metric in METRICS:
                difference, low, high = (-row.get(f"{metric}_{name}", nan) for name in DIFFERENCES)
                row |= dict(zip((f"{metric}_{name}" for name in DIFFERENCES), (difference, high, low), strict=True))
    return [row for row in rows if with_reference or row["strategy"] != results.reference]


def _written(
    results: Results, label: str, section: Section, rows: Sequence[Row]
) -> tuple[list[WrittenRow], PrintedCell]:
    """The numbers of a section, and the cell of the floor in its first column."""
    score = section.score or deciding_regret(results.benchmarks[label])
    if section.family is Family.COSTS:
        return [WrittenRow(row) for row in rows], EMPTY
    if _is_contrast(section):
        forms = difference_forms(rows, score)
        return [WrittenRow(row, f"{score}_", form) for row, form in zip(rows, forms, strict=True)], EMPTY
    if section.family is Family.ANYTIME:
        forms = numbers.column((row["area"], (row["area_high"] - row["area_low"]) / 2) for row in rows)
        return [WrittenRow(row, "", form) for row, form in zip(rows, forms, strict=True)], EMPTY
    floors = dict(zip(METRICS, results.floor(label), strict=True))
    *forms, form = score_forms(rows, score, floors.get(score, nan))
    written = [_of_scores(row, level(row, score), own) for row, own in zip(rows, forms, strict=True)]
    return written, PrintedCell(numbers.text(floors[score], form), floors[score]) if score in floors else EMPTY


def _of_scores(row: Row, score: str, form: Form) -> WrittenRow:
    """The numbers of a score, of which a standard deviation that is an error of rounding is 0."""
    mean, sd = row[f"{score}_mean"], row[f"{score}_sd"]
    none = sd == sd and not numbers.is_spread(sd, mean)
    return WrittenRow({**row, f"{score}_sd": 0.0} if none else row, f"{score}_", form)


def _is_contrast(section: Section) -> bool:
    return section.family in (Family.CONTRASTS, Family.VERDICT, Family.EQUIVALENCE)


def _cells(shown: Sequence[Statistic], row: WrittenRow) -> list[PrintedCell]:
    return [PrintedCell(one.written(row), one.value(row), one.strong(row)) for one in shown]


def _reference(section: Section, shown: Sequence[Statistic]) -> list[PrintedCell]:
    """The reference is not compared with itself."""
    first = PrintedCell("reference") if section.family is Family.CONTRASTS else EMPTY
    return [first, *[EMPTY] * (len(shown) - 1)]


def _heads(results: Results, label: str, layout: TableLayout) -> Iterator[Head]:
    form = layout.form
    yield Head("Strategy" if form is Shown.LATEX else "strategy", "strategy", left=True)
    if layout.seeds:
        yield Head("seeds", whole="seeds")
    for section in layout.sections:
        score = _score_name(results, label, section, form)
        for one in _shown(results, label, section.family, form):
            head, whole = one.head_in(form), one.whole or one.head
            yield Head(
                head or score,
                "_".join(filter(None, (section.score, one.name if head else ""))),
                f"{score}: {whole}" if score else whole,
                one.heads.get(form, "") if form is Shown.LATEX else "",
                _group(form, score, one),
            )


def _score_name(results: Results, label: str, section: Section, form: Shown) -> str:
    """What a score is called; in LaTeX, where all benchmarks share their heads, by all its names."""
    score, benchmarks = section.score, results.benchmarks.values()
    if score not in METRICS:
        name = score.replace("_", " ")
    elif form is Shown.LATEX:
        of_values = score == METRICS[1] and section.family in _VALUES
        regrets = [one for one in benchmarks if not absolute(one)]
        name = score_names(regrets if of_values and regrets else benchmarks, score)
    else:
        name = score_name(results.benchmarks[label], score)
    return name.capitalize() if form is Shown.LATEX else name


def _group(form: Shown, score: str, one: Statistic) -> str:
    """The head above, which tables with one line of heads have not."""
    return {Shown.LATEX: score or one.group, Shown.HTML: score or "means over seeds"}.get(form, "")
