"""The comparison as a table of one column of a page: a few statistics of all benchmarks, the best bold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from math import isnan
from typing import TYPE_CHECKING

from nasbed.errors import OptionError, shown, unknown
from nasbed.results.known import absolute, deciding_regret, score_name, score_unit, turn_in_place
from nasbed.results.series import METRICS
from nasbed.statistics.comparisons import contrasts
from nasbed.statistics.paired import untested
from nasbed.summary.contrasts import SIGNIFICANT
from nasbed.summary.statistic import Shown
from nasbed.tables import across, escaping
from nasbed.tables.captions import surrogates
from nasbed.tables.cells import FLOOR
from nasbed.tables.comparison import BOTH, TableLayout, tables
from nasbed.tables.printed import EMPTY, Head, PrintedCell, PrintedTable
from nasbed.tables.renderers.latex import LINES, fits_a_column, latex_column, stacked

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark

LAYOUT = TableLayout(Shown.LATEX, BOTH)
NAME, MEANS = "strategy", "mean_sd"
"""The column of names, and what the names of columns of means end with, which may be left out."""


def compact_tables(results: Results, columns: Sequence[str] | None = None) -> list[PrintedTable]:
    """A row a strategy, and for each benchmark the ``columns``: names of those that ``table.tex`` has, by default the score that
    decides there: on test, or where there is no test on validation; the regret, or where no best is known the value. One table
    where the benchmarks fit beside each other into a column of a page, else one of each.

    Where they would be longer than a page and no ``columns`` are named, there is one table over all benchmarks: ranks, gains and
    their two-level intervals (:func:`~nasbed.tables.across.column_table`).

    The best mean of a score is strong; marked are those that the paired test does not tell apart from it. Raises
    :class:`~nasbed.errors.UnknownNameError` and :class:`~nasbed.errors.OptionError`.
    """
    return _made(results, columns)[0]


def _made(results: Results, columns: Sequence[str] | None) -> tuple[list[PrintedTable], str]:
    """The tables and their caption."""
    many = len(results.benchmarks) * (len(results.strategies) + 1) > LINES
    if columns is None and many and (together := across.column_table(results)):
        table, caption = together
        return [table], caption
    made = dict(zip(results.benchmarks, tables(results, LAYOUT), strict=True))
    chosen = _chosen(results, made, columns)
    compared = cache(partial(_compared, results))
    parts = {
        label: _judged(results, label, table.only([NAME, *chosen[label]]), compared) for label, table in made.items()
    }
    beside, caption = _beside(parts), _caption(results, columns)
    if len(parts) == 1 or fits_a_column(beside):
        return [beside], caption
    if len({name for names in chosen.values() for name in names}) > len(next(iter(chosen.values()))):
        return [_of_its_score(results, label, part) for label, part in parts.items()], caption
    return [_alone(part) for part in parts.values()], caption


def _beside(parts: dict[str, PrintedTable]) -> PrintedTable:
    """One table of the tables of all benchmarks."""
    first = next(iter(parts.values()))
    heads, rows, foot = [first.heads[0]], [[row[0]] for row in first.rows], [PrintedCell(FLOOR)]
    for label, part in parts.items():
        alone = len(part.heads) == 2
        heads += [
            Head(label, latex=_on_lines(label)) if alone else replace(_headed(head), group=label)
            for head in part.heads[1:]
        ]
        foot += part.foot[1:] or [EMPTY] * (len(part.heads) - 1)
        for row, more in zip(rows, part.rows, strict=True):
            row += more[1:]
    return _with_floor(PrintedTable(tuple(heads), tuple(map(tuple, rows)), foot=tuple(foot)))


def _alone(part: PrintedTable) -> PrintedTable:
    """The table of a benchmark that has others below it."""
    return _with_floor(replace(part, heads=(part.heads[0], *map(_headed, part.heads[1:]))))


def _of_its_score(results: Results, label: str, part: PrintedTable) -> PrintedTable:
    """The table of a benchmark whose score is another than that of some below it: its title says which it is."""
    heads = (part.heads[0], Head("score", part.heads[1].key))
    return _with_floor(replace(part, heads=heads, title=f"{part.title}: {_deciding_score(results.benchmarks[label])}"))


def _with_floor(table: PrintedTable) -> PrintedTable:
    """A table whose last row is the floor only where it has one."""
    return table if any(cell.text for cell in table.foot[1:]) else replace(table, foot=())


def compact(results: Results, columns: Sequence[str] | None = None) -> str:
    """A ``table`` in LaTeX, as wide as a column of a page: needs the packages booktabs and graphicx."""
    return latex_column(*_made(results, columns), "tab:compact")


def _chosen(results: Results, made: dict[str, PrintedTable], columns: Sequence[str] | None) -> dict[str, list[str]]:
    """The columns of each benchmark."""
    known = list(dict.fromkeys(head.key for table in made.values() for head in table.heads if head.key != NAME))
    if columns is None:
        return {label: [_by_default(benchmark)] for label, benchmark in results.benchmarks.items()}
    short = (name.removesuffix(f"_{MEANS}") for name in known if name.endswith(f"_{MEANS}"))
    named = list(dict.fromkeys([*short, *known]))
    if not columns:
        raise OptionError(f"columns = {shown(list(columns))}; expected one or more of {', '.join(named)}")
    whole = [name if name in known or f"{name}_{MEANS}" not in known else f"{name}_{MEANS}" for name in columns]
    for name in whole:
        if name not in known:
            raise unknown("column", name, named)
    return {label: list(dict.fromkeys(whole)) for label in made}


def _by_default(benchmark: Benchmark) -> str:
    deciding = deciding_regret(benchmark)
    return f"{'test' if absolute(benchmark) and deciding == METRICS[1] else deciding}_{MEANS}"


def _deciding_score(benchmark: Benchmark) -> str:
    return score_name(benchmark, deciding_regret(benchmark))


def _on_lines(label: str) -> str:
    """The label of a benchmark as a head that is no wider than its numbers: broken after each slash."""
    return stacked([escaping.latex(line) for line in label.replace("/", "/\n").split("\n") if line])


def _headed(head: Head) -> Head:
    """The head of a column among several, a word a line: the score that it is of, and the statistic where that is none of its mean,
    which the caption names.
    """
    score = head.group.split()
    statistic = [] if score and _of_means(head) else [head.latex] if head.latex else head.text.split()
    lines = [*map(escaping.latex, score), *(statistic if head.latex else map(escaping.latex, statistic))]
    return Head(" ".join([*score, *statistic]), head.key, head.whole, stacked(lines), left=head.left)


def _judged(
    results: Results, label: str, table: PrintedTable, compared: Callable[[str], pd.DataFrame | None]
) -> PrintedTable:
    """The table of a benchmark with the best means strong, and those that are not told apart from them marked by the pairs of a
    metric that are ``compared``.
    """
    rows = [list(row) for row in table.rows]
    for place, head in enumerate(table.heads):
        metric = next((one for one in METRICS if head.key.startswith(one)), "test_regret")
        if place == 0 or _of_means(head) is None:
            continue
        of_values = absolute(results.benchmarks[label]) or head.key == f"test_{MEANS}"
        turn = turn_in_place(results.benchmarks[label].objectives[0]) if of_values else 1.0
        values = {row[0].text: row[place].value for row in rows}
        there = {name: turn * value for name, value in values.items() if value is not None and not isnan(value)}
        if not there:
            continue
        best = min(there, key=lambda name: there[name])
        alike = _not_told_apart(compared(metric), label, best)
        for row in rows:
            name = row[0].text
            if there.get(name) == there[best]:
                row[place] = replace(row[place], strong=True)
            elif name in alike & set(there):
                row[place] = replace(row[place], mark="†")
    return replace(table, rows=tuple(map(tuple, rows)))


def _of_means(head: Head) -> str | None:
    """The score whose means a column has."""
    return next((score for score in (*METRICS, "test") if head.key == f"{score}_{MEANS}"), None)


def _compared(results: Results, metric: str) -> pd.DataFrame | None:
    """The paired tests of all pairs on all benchmarks, corrected over them; ``None`` where there is nothing to test."""
    if len(results.strategies) < 2 or untested(len(results.series[0].runs.seeds)):
        return None
    return contrasts(results, metric, against="all")


def _not_told_apart(compared: pd.DataFrame | None, label: str, best: str) -> set[str]:
    """The strategies that the paired test does not tell apart from the best of a benchmark."""
    if compared is None:
        return set()
    mine = compared[(compared["benchmark"] == label) & ((compared["strategy"] == best) | (compared["rival"] == best))]
    alike = mine[~(mine["p_holm"] < SIGNIFICANT)]
    return {*alike["strategy"], *alike["rival"]} - {best}


def _caption(results: Results, columns: Sequence[str] | None) -> str:
    seeds = len(results.series[0].runs.seeds)
    several = "all pairs and benchmarks" if len(results.benchmarks) > 1 else "all pairs"
    test = untested(seeds)
    words = [f"{results.title}: {_shown_scores(results, columns)}, {seeds} seed{'s' * (seeds > 1)}."]
    words += surrogates(results)
    words.append("Bold: the best mean.")
    if len(results.strategies) > 1:
        words.append(
            f"No test: {test}."
            if test
            else "†: not told apart from the best by a two-sided Wilcoxon signed-rank test, paired by seed, at 5 % after Holm's"
            f" correction over {several}; that is no proof that they are equal."
        )
    return " ".join(words)


def _shown_scores(results: Results, columns: Sequence[str] | None) -> str:
    if columns is not None:
        return ", ".join(name.replace("_", " ") for name in columns) + " (scores: mean ± sd)"
    scores: dict[str, dict[str, list[str]]] = {}
    for label, benchmark in results.benchmarks.items():
        scores.setdefault(_deciding_score(benchmark), {}).setdefault(score_unit(benchmark), []).append(label)
    said = [
        f"{score} ({', '.join(units)}){f' on {_listed(units)}' if len(scores) > 1 else ''}"
        for score, units in scores.items()
    ]
    return f"{', '.join(said)}, mean ± sd"


def _listed(labels: dict[str, list[str]]) -> str:
    return ", ".join(label for found in labels.values() for label in found)
