"""The tables of a whole study in each form: what its fronts are worth first, where a benchmark has several objectives, then the
comparison by one objective.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from nasbed.errors import OptionError, shown, unknown
from nasbed.studies.appearance import Appearing
from nasbed.tables import across, captions, comparison, escaping, fronts, notes
from nasbed.tables.compact import compact
from nasbed.tables.printed import Head, PrintedCell, PrintedTable
from nasbed.tables.renderers.csv import csv as csv_of
from nasbed.tables.renderers.latex import latex as latex_of
from nasbed.tables.renderers.markdown import markdown as markdown_of

if TYPE_CHECKING:
    from nasbed.results.results import Results


def markdown(results: Results) -> str:
    """GitHub-flavoured markdown: for each benchmark a table of its fronts, if it has any, and their notes; then the tables over all
    benchmarks, where these are many, one a benchmark of the scores by the first objective, and the notes on those; last robust
    and anytime measures with theirs.
    """
    lines = [f"# {escaping.markdown(results.title)}", ""]
    if found := fronts.tables(results):
        lines += [f"{fronts.ABOUT_CELLS}", "", *_sections(found)]
        lines += ["\n" + escaping.markdown(note) for note in fronts.about(results)]
        lines.append("")
    if found := across.tables(results):
        lines += [*_sections(found), escaping.markdown(across.note(results)), ""]
    lines += ["Scores are mean ± sd over seeds, median [95 % interval of the mean].", ""]
    lines += _sections(comparison.tables(results, comparison.MARKDOWN))
    lines += ["\n" + escaping.markdown(note) for note in notes.notes(results)]
    lines += [
        "",
        f"## {comparison.MEASURES_TITLE}",
        "",
        "Scores are interquartile means over seeds [95 % interval].",
        "",
    ]
    lines += _sections(comparison.tables(results, comparison.MARKDOWN_MEASURES), "###")
    lines += ["\n" + escaping.markdown(note) for note in notes.about_measures(results)]
    return "\n".join(lines).rstrip() + "\n"


def _sections(tables: list[PrintedTable], head: str = "##") -> list[str]:
    """Tables below their titles."""
    return [
        line for table in tables for line in (f"{head} {escaping.markdown(table.title)}", "", markdown_of(table), "")
    ]


def latex(results: Results) -> str:
    """``table*`` that need the package booktabs: of fronts, where there are any, indicators and then contrasts; of one objective
    the scores, then contrasts and costs, then robust and anytime measures.
    """
    made = ["% Needs \\usepackage{booktabs,graphicx}.\n"]
    if found := fronts.tables(results, fronts.FrontPart.SCORES):
        words = " ".join([fronts.ABOUT_CELLS, *fronts.about_scores(results)])
        made.append(latex_of(found, f"{results.title}: fronts. {words}"))
        if compared := fronts.tables(results, fronts.FrontPart.CONTRASTS):
            against = " ".join(fronts.about_contrasts(results))
            made.append(latex_of(compared, f"{results.title}: contrasts of fronts (indicators × 1,000). {against}"))
    if together := across.tables(results):
        said = " ".join([across.note(results), *captions.surrogates(results)])
        made.append(latex_of(together, f"{results.title}. {said}"))
    layouts = (*comparison.LATEX, comparison.LATEX_MEASURES)
    scores, costs, measures = (comparison.tables(results, layout) for layout in layouts)
    first = " ".join([*notes.about_scores(results), *notes.about_runs(results)])
    second = " ".join([*notes.about_contrasts(results), *notes.about_costs()])
    made.append(latex_of(scores, f"{results.title}. {first}"))
    made.append(latex_of(costs, f"{results.title}: contrasts and costs (means over seeds). {second}"))
    words = " ".join(notes.about_measures(results))
    made.append(latex_of(measures, f"{results.title}: {comparison.MEASURES_TITLE.lower()}. {words}"))
    return made[0] + "\n".join(made[1:])


def statistics(results: Results) -> pd.DataFrame:
    """One row a benchmark and strategy: every statistic of its fronts, where there are any, then those by the first objective."""
    names, own = ["benchmark", "strategy"], results.summary()
    found = fronts.scored(results)
    if found is None:
        return own
    first = [*names, "seeds"]
    beside = own[first].merge(found.summary.drop(columns="seeds"), on=names, how="left")
    return pd.concat([beside, own.drop(columns=first)], axis=1)


def csv(results: Results) -> str:
    """Every statistic, six digits: of fronts first."""
    frame = statistics(results)
    rows = tuple(
        tuple(PrintedCell(cell) if isinstance(cell, str) else PrintedCell(value=cell) for cell in row)
        for row in frame.astype(object).itertuples(index=False)
    )
    return csv_of(PrintedTable(tuple(map(Head, frame.columns)), rows))


_FORMS: dict[str, Callable[[Results], str]] = {"markdown": markdown, "latex": latex, "csv": csv}
COMPACT = "latex-compact"


def comparison_table(
    results: Results, form: str = "markdown", *, columns: Sequence[str] | None = None, **appearance: Unpack[Appearing]
) -> str:
    """The comparison of a study's strategies as ``markdown``, ``latex`` (booktabs), ``latex-compact`` or ``csv``; if a benchmark
    has several objectives, fronts come first.

    The compact table is as wide as one column of a page and has for each benchmark the named ``columns``, as in
    :func:`~nasbed.tables.compact.compact_tables`; the other forms have all columns.
    ``labels``, ``colors``, ``markers``, ``order`` and ``strategies`` are those of :meth:`Results.appearing
    <nasbed.results.results.Results.appearing>`.
    Raises :class:`~nasbed.errors.UnknownNameError`.
    """
    if form not in (*_FORMS, COMPACT):
        raise unknown("form of table", form, (*_FORMS, COMPACT))
    if form == COMPACT:
        return compact(results.appearing(**appearance), columns)
    if columns is not None:
        raise OptionError(f"columns = {shown(list(columns))} of the form {form!r}, which has all; expected {COMPACT!r}")
    return _FORMS[form](results.appearing(**appearance))
