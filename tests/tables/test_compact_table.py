"""The compact table: one column of a page, the best bold, and what the test does not tell apart from it marked."""

from __future__ import annotations

import re

import pytest

import nasbed
from nasbed.errors import OptionError, UnknownNameError
from nasbed.statistics.comparisons import contrasts
from nasbed.tables.compact import compact_tables
from nasbed.tables.printed import printed
from nasbed.tables.renderers.latex import latex_column


def test_the_best_is_bold_and_those_not_told_apart_from_it_are_marked(tiny_results: nasbed.Results) -> None:
    (table,), summary = compact_tables(tiny_results), tiny_results.summary()
    compared = contrasts(tiny_results, "test_regret", against="all")
    for column, label in enumerate(tiny_results.benchmarks, 1):
        assert table.heads[column].text == label
        mine = summary[summary["benchmark"] == label].set_index("strategy")["test_regret_mean"]
        best = mine.idxmin()
        for row in table.rows:
            cell, name = row[column], row[0].text
            assert cell.value == mine[name]
            assert cell.strong == (mine[name] == mine[best])
            pair = compared[
                (compared["benchmark"] == label) & compared[["strategy", "rival"]].isin([name, best]).all(axis=1)
            ]
            assert bool(cell.mark) == (not cell.strong and pair["p_holm"].item() >= 0.05)
    assert table.foot[0].text == "floor"


def test_columns_can_be_chosen(tiny_results: nasbed.Results) -> None:
    (table,) = compact_tables(tiny_results, ["test_regret", "validation_regret_median"])
    assert [head.key for head in table.heads] == [
        "strategy",
        *["test_regret_mean_sd", "validation_regret_median"] * len(tiny_results.benchmarks),
    ]
    assert table.heads[2].latex == r"\shortstack[r]{Validation\\regret\\median}"
    assert table.heads[1].latex == r"\shortstack[r]{Test\\regret}"
    text = nasbed.comparison_table(tiny_results, "latex-compact", columns=["test_regret"])
    assert r"\begin{table}[tb]" in text
    assert r"\columnwidth" in text
    assert text.count(r"{\boldmath\textbf{") >= len(tiny_results.benchmarks)
    for words in ("Bold: the best mean.", "Wilcoxon signed-rank", "Holm", "12 seeds"):
        assert words in text


def test_columns_that_are_not_there_are_refused(tiny_results: nasbed.Results) -> None:
    with pytest.raises(UnknownNameError, match="unknown column 'test_regrt'; did you mean 'test_regret"):
        compact_tables(tiny_results, ["test_regrt"])
    said = "'val_regret'; did you mean 'validation_regret'? known: validation_regret, test_regret, test, validation"
    with pytest.raises(UnknownNameError, match=re.escape(said)):
        compact_tables(tiny_results, ["val_regret"])
    with pytest.raises(OptionError, match=r"columns = \[\]; expected one or more of validation_regret, test_regret, "):
        compact_tables(tiny_results, [])
    with pytest.raises(
        OptionError, match=r"columns = .* of the form 'markdown', which has all; expected 'latex-compact'"
    ):
        nasbed.comparison_table(tiny_results, "markdown", columns=["test_regret"])
    with pytest.raises(UnknownNameError, match="unknown form of table 'latx'; did you mean 'latex'"):
        nasbed.comparison_table(tiny_results, "latx")


def test_benchmarks_that_are_too_wide_beside_each_other_stand_below(tiny_results: nasbed.Results) -> None:
    labels = list(tiny_results.benchmarks)
    assert len(labels) > 1
    assert len(compact_tables(tiny_results)) == 1
    below = compact_tables(tiny_results, ["test_regret", "validation_regret", "evaluations"])
    assert [table.title.split(" (")[0] for table in below] == labels
    assert all(len(table.heads) == 4 and any(cell.strong for row in table.rows for cell in row) for table in below)
    text = nasbed.comparison_table(
        tiny_results, "latex-compact", columns=["test_regret", "validation_regret", "evaluations"]
    )
    assert text.count(r"\multicolumn{4}{l}{\emph{") == len(labels)
    assert text.count(r"\begin{tabular}{lrrr}") == 1


def test_long_names_are_broken_into_lines_as_long_as_they_fit_a_page() -> None:
    def made(name: str, count: int) -> str:
        return latex_column([printed(["Strategy", "C100"], [[name, "0.919 ± 0.746"]] * count)], "Scores.", "tab:one")

    assert "parbox" not in made("evolution", 3)
    assert r"\parbox[t]{0.77\columnwidth}{\raggedright\hangindent=1em evolution" in made("evolution " * 9, 3)
    assert "parbox" not in made("evolution " * 9, 40)
