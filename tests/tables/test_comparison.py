"""Tables and captions say what was measured and how."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_study import STUDY

import nasbed
from nasbed import figures
from nasbed.errors import UnwiseWarning
from nasbed.tables import captions, escaping
from nasbed.tables.comparison import tables
from nasbed.tables.notes import notes
from nasbed.tables.numbers import number, p_value


@pytest.fixture
def results(tiny_results: nasbed.Results) -> nasbed.Results:
    return tiny_results


@pytest.fixture(scope="module")
def captioned(tiny_results: nasbed.Results) -> list[str]:
    """The caption of the results, that of a figure, and two forms of the tables, which have it too."""
    forms = (nasbed.comparison_table(tiny_results, form) for form in ("markdown", "latex"))
    return [captions.caption(tiny_results), figures.caption(tiny_results, "curves"), *forms]


@pytest.mark.parametrize(
    "words",
    [
        "12 seeds (0 to 11)",
        "recorded training drawn at random",
        "repeated evaluations are charged",
        "Incumbent: highest single observation",
        "Cost model: recorded training time",
    ],
)
def test_captions_state_seeds_noise_incumbent_and_cost(captioned: list[str], words: str) -> None:
    assert all(words in text for text in captioned)


def test_where_less_is_better_the_incumbent_is_the_lowest(tmp_path: Path) -> None:
    text = 'name = "small"\nseeds = 1\nbudget = { evaluations = 2 }\n[[strategy]]\nuse = "random_search"\n'
    small = '[[benchmark]]\nuse = "nasbench201"\nobjectives = ["flops"]\nlabel = "small"\n'
    one = captions.caption(nasbed.run_study(nasbed.Study.parse(text + small), tmp_path / "one"))
    assert "Incumbent: lowest single observation at" in one
    both = '[[benchmark]]\nuse = "nasbench201"\nlabel = "good"\n' + small
    two = captions.caption(nasbed.run_study(nasbed.Study.parse(text + both), tmp_path / "two"))
    assert "good: Incumbent: highest single observation at" in two
    assert "small: Incumbent: lowest single observation at" in two


def test_tables_name_their_test_its_correction_and_the_reference(results: nasbed.Results) -> None:
    text = " ".join(notes(results))
    for words in ("random_search", "Wilcoxon", "paired by seed", "Pratt", "Holm"):
        assert words in text


def test_markdown_has_a_row_for_each_strategy_and_the_floor(results: nasbed.Results) -> None:
    lines = nasbed.comparison_table(results, "markdown").splitlines()
    for name in ("random_search", "RE, small", "hand_designed", "*floor*"):
        assert sum(line.startswith(f"| {name} |") for line in lines) == (2 if name == "*floor*" else 4)
    widths = [line.count(" | ") for line in lines if line.startswith("| ")]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 2  # the comparison, and robust and anytime measures after it


def test_csv_reads_back(results: nasbed.Results, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(nasbed.comparison_table(results, "csv"))
    frame = pd.read_csv(tmp_path / "table.csv")
    np.testing.assert_allclose(frame["test_mean"], results.summary()["test_mean"], rtol=1e-5)


def test_latex_escapes_what_is_special(results: nasbed.Results) -> None:
    assert r"Tiny \& 100 \% real" in nasbed.comparison_table(results, "latex")
    assert escaping.latex("a_b{c}~^\\#$") == r"a\_b\{c\}\textasciitilde{}\textasciicircum{}\textbackslash{}\#\$"


def test_an_unknown_form_is_refused(results: nasbed.Results) -> None:
    with pytest.raises(nasbed.NasbedError, match="unknown form of table 'html'"):
        nasbed.comparison_table(results, "html")


@pytest.mark.parametrize(("p", "text"), [(0.0004, "< 0.001"), (0.05, "0.050"), (1.0, "1.000"), (float("nan"), "–")])
def test_p_values_for_readers(p: float, text: str) -> None:
    assert p_value(p) == text


def test_one_seed_is_shown_without_intervals_or_tests(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY.replace("seeds = 12", "seeds = 1")), tmp_path)
    assert "One seed (0): no intervals and no tests." in captions.caption(results)
    value = results.finals()["test_regret"][0]
    assert f"| {number(value)}, {number(value)} |" in nasbed.comparison_table(results)
    assert "± –" not in nasbed.comparison_table(results)


@pytest.mark.thorough
@pytest.mark.usefixtures("drawn_once")
def test_runs_without_an_incumbent_are_counted_and_said(tmp_path: Path) -> None:
    text = STUDY.replace("{ seconds = 150_000 }", "{ seconds = 9_000 }").replace("seeds = 12", "seeds = 30")
    with pytest.warns(UnwiseWarning, match="buys about 1 evaluations"):
        results = nasbed.run_study(nasbed.Study.parse(text), tmp_path)
    summary = results.summary().set_index(["benchmark", "strategy"])
    without = int(summary.loc[("nasbench201/ImageNet16-120", "random_search"), "without_incumbent"])
    assert 0 < without < 30
    assert (
        f"random_search on nasbench201/ImageNet16-120: {without} of 30 runs have no incumbent"
        in nasbed.comparison_table(results)
    )
    nasbed.write_tables(results, tmp_path / "report")


def test_each_difference_stands_with_its_interval(results: nasbed.Results) -> None:
    """In markdown within the cell, in LaTeX beside it, and for terminals, which are narrow, not at all."""
    row = results.summary().iloc[1]
    markdown, latex = (nasbed.comparison_table(results, form) for form in ("markdown", "latex"))
    assert markdown.count("| Δ [95 %] |") == 2 * len(results.benchmarks)
    (line, *_) = (line for line in markdown.splitlines() if line.startswith("| RE, small"))
    shown = re.fullmatch(r"(\S+?) \[(\S+), (\S+)\]", line.split(" | ")[2])
    assert shown
    expected = [row[f"validation_regret_{name}"] for name in ("difference", "difference_low", "difference_high")]
    assert [float(number) for number in shown.groups()] == pytest.approx(expected, abs=5e-3)
    assert latex.count(r"$\Delta$ & 95\,\% interval & $p$") == 2
    assert not any("[" in head.text for table in tables(results) for head in table.heads)
