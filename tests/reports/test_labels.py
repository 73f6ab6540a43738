"""Any label goes: through a run, its tables, reports and figures, and a comparison, it shows as it was written."""

from __future__ import annotations

import html
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import nasbed
from nasbed import figures
from nasbed.errors import StudyError, UnwiseWarning
from nasbed.figures import fonts
from nasbed.reports import checklist, paper
from nasbed.reports import html as pages
from nasbed.reports import markdown as reports
from nasbed.reports.compare import compare
from nasbed.reports.compare import markdown as compared

LABELS = [
    "floor",
    "space",
    "RE <pop>",
    "RE <age>",
    "a|b_*c*",
    "$x_1$ \\alpha",
    "`code` #1",
    "[bold]&amp;[/bold]",
    "</script>",
]
STUDY = """
name = "labels"
title = {title}
seeds = 6
budget = {{ evaluations = 5 }}
[[benchmark]]
use = "nasbench201"
label = {benchmark}
"""


def study(labels: list[str], title: str = "x", benchmark: str = "all benchmarks") -> nasbed.Study:
    head = STUDY.format(title=json.dumps(title), benchmark=json.dumps(benchmark, ensure_ascii=False))
    entries = [
        f'[[strategy]]\nuse = "random_search"\nlabel = {json.dumps(one, ensure_ascii=False)}\n' for one in labels
    ]
    return nasbed.Study.parse(head + "".join(entries))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(study(LABELS, "A <title>_`x` | 5 %", "b|<i>$y$"), tmp_path_factory.mktemp("labels") / "out")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def seen(markdown: str) -> str:
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark").enable("table").render(markdown)
    assert "<i>" not in rendered
    return squeezed(html.unescape(re.sub(r"</?\w[^>]*>", " ", rendered)))


def test_markdown_shows_every_label_as_it_is(results: nasbed.Results) -> None:
    table, record = nasbed.comparison_table(results, "markdown"), {"study_text": "```\n# x"}
    drawn = [figures.Drawn("curves", figures.caption(results, "ranks"), "", (1.0, 1.0), {})]
    for text in (table, reports.report(results, drawn, record), compared(compare(results, results))):
        for name in (*LABELS, "b|<i>$y$"):
            assert squeezed(name) in seen(text), name
    assert squeezed("A <title>_`x` | 5 %") in seen(table)
    assert squeezed("A <title>_`x` | 5 %") in seen(checklist.markdown(results))
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {15, 9}
    assert [row.split(" |")[0] for row in rows if "floor" in row] == ["| floor", "| *floor*", "| floor"]


def test_latex_escapes_every_label(results: nasbed.Results) -> None:
    text = nasbed.comparison_table(results, "latex")
    for escaped in (
        r"RE $<$pop$>$",
        r"a\textbar{}b\_*c*",
        r"\$x\_1\$ \textbackslash{}alpha",
        r"\#1",
        "[bold]\\&amp;[/bold]",
    ):
        assert escaped in text
    assert text.count("\nfloor & ") == 3
    assert text.count("\n\\emph{floor} & ") == 1
    assert "% Sets the tables and figures of this folder: pdflatex" in paper.document(results)


def test_the_page_holds_every_label_and_no_markup_of_theirs(results: nasbed.Results) -> None:
    page = pages.page(results, results.curves())
    for name in LABELS:
        assert f'<th scope="row">{html.escape(name)}</th>' in page
    assert "RE <pop>" not in page
    assert page.count("</script>") == page.count("<script")


@pytest.mark.thorough
def test_figures_draw_any_label_as_text(results: nasbed.Results) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("finals", "improvement", "trajectory"):
            assert figures.rendered(figures.render(results, name), "svg")
    numbers = figures.numbers(results, "trajectory")
    assert (numbers["strategy"] == "space").sum() > (numbers["source"] == "space").sum() > 0


@pytest.fixture
def forgetful() -> Iterator[None]:
    fonts._warn.cache_clear()
    yield
    fonts._warn.cache_clear()


def strange(labels: list[str], folder: Path) -> list[warnings.WarningMessage]:
    """The warnings of a study's curves, drawn and written in two kinds, twice."""
    results = nasbed.run_study(study(labels), folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            figure = figures.render(results, "finals")
            assert all(figures.rendered(figure, kind, 50) for kind in ("png", "pdf"))
    return caught


@pytest.mark.usefixtures("forgetful")
def test_letters_that_no_font_has_are_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "families", lambda letters: ())
    (only,) = strange(["随机搜索", "ランダム", "plain"], tmp_path / "out")
    assert only.category is UnwiseWarning
    for words in ("'随机搜索'", "'ランダム'", "no installed font has them", "Noto Sans CJK"):
        assert words in str(only.message)
    assert "plain" not in str(only.message)


@pytest.mark.usefixtures("forgetful")
def test_a_font_that_has_the_letters_is_taken() -> None:
    figure = Figure()
    figure.text(0.5, 0.5, "a \u2316")  # matplotlib comes with a font that has it, which is not the usual one
    figure.text(0.5, 0.6, "é")
    fonts.fit(figure)
    assert [text.get_fontfamily() for text in figure.texts] == [[fonts.USUAL, "STIXGeneral"], ["sans-serif"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fonts.warn(["a \u2316"])
        assert figures.rendered(figure, "png", 50)


@pytest.mark.parametrize("title", ["5", '["a"]', '"a\\nb"', '"\\u001b[31mred"', '"  "', "true"])
def test_a_title_is_text_of_one_line(title: str) -> None:
    text = STUDY.format(title=title, benchmark='"b"') + '[[strategy]]\nuse = "random_search"\n'
    with pytest.raises(StudyError, match=r"title = .*; expected a text of one line"):
        nasbed.Study.parse(text)


@pytest.mark.parametrize("label", ['"a\\u001b[0m"', '"a\\tb"', "5", '""'])
def test_a_label_is_text_of_one_line(label: str) -> None:
    text = STUDY.format(title='"x"', benchmark='"b"') + f'[[strategy]]\nuse = "random_search"\nlabel = {label}\n'
    with pytest.raises(StudyError, match=r"label = .*; expected a text of one line"):
        nasbed.Study.parse(text)
