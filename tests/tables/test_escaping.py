"""Text of a label as markdown, LaTeX and XML has it."""

from __future__ import annotations

import html
import random
import re

import pytest
from markdown_it import MarkdownIt

from nasbed.tables import escaping

MARKUP = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(markdown: str) -> str:
    """What a reader sees of markdown."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", MARKUP.render(markdown))).split())


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    "label",
    ["RE <pop>", "__main__", "a_b", "*x*", "`x` ``y``", "a|b", r"a\|b", r"a\b\ ", "$x$", "# 1", "a #", "1. x", "- x", "---",
     "[a](b)", "[a]: b", "![a](b)", "~~x~~", "&amp; R&D", "> x", "<!-- x -->", "<b>", "https://a.b", "随机 <x>", "=== ", "+ x"],
)  # fmt: skip
def test_a_label_shows_as_it_was_written(label: str) -> None:
    escaped = escaping.markdown(label)
    for form, said in (("{}", ""), ("# {}", ""), ("- {}", ""), ("A {} b", "A"), ("| x |\n| --- |\n| {} |", "x")):
        assert squeezed(shown(form.format(escaped))).startswith(said + squeezed(label))
    assert escaping.markdown("regularized_evolution, [0.1, 0.2] < 0.001") == "regularized_evolution, [0.1, 0.2] < 0.001"


def test_no_text_of_markup_is_markup() -> None:
    draw = random.Random(0)
    for _ in range(1500):
        text = "".join(draw.choice("ab_*<>`|~$#\\&;[]()!:-+=1. \"'{}^@/") for _ in range(draw.randint(1, 12)))
        if text.strip():
            escaped, said = escaping.markdown(text), squeezed(text)
            assert squeezed(shown(escaped)) == said, text
            assert squeezed(shown(f"## {escaped}")) == said, text
            assert squeezed(shown(f"| a |\n| --- |\n| {escaped} |")) == f"a{said}", text


def test_code_is_fenced_by_more_backticks_than_it_has() -> None:
    assert squeezed(shown(escaping.markdown_code("a `b` ``c``"))) == "a`b```c``"
    assert squeezed(shown(escaping.markdown_block("x\n````\n# y\n```", "toml"))) == "x````#y```"


@pytest.mark.parametrize(
    ("text", "latex"),
    [("a_b{c}~^\\#$", r"a\_b\{c\}\textasciitilde{}\textasciicircum{}\textbackslash{}\#\$"), ("50 % & <x>", r"50 \% \& $<$x$>$"),
     ("`x` -- μ", r"\textasciigrave{}x\textasciigrave{} -{}- $\mu$")],
)  # fmt: skip
def test_latex_escapes_what_is_special(text: str, latex: str) -> None:
    assert escaping.latex(text) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [("0.808 ± 0.739", r"0.808 $\pm$ 0.739"), ("-0.361*", "$-0.361$*"), ("+1.2e-05", r"$+1.2\times 10^{-5}$"), ("–", "--"),
     ("(2.3 ± 0.1)e+07", r"(2.3 $\pm$ 0.1)$\times 10^{7}$"), ("-1,234.5, 0.2", "$-1{,}234.5$, 0.2"), ("reference", "reference"),
     ("∞", r"$\infty$"), ("< 0.001", "$<$ 0.001")],
)  # fmt: skip
def test_numbers_in_latex_have_a_minus_and_powers_of_ten(text: str, latex: str) -> None:
    assert escaping.latex_number(text) == latex
