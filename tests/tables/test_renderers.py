"""One table in five forms: a label with markup, a number that is missing, heads above, a foot, and code."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from math import nan

from rich.console import Console

from nasbed.tables.printed import EMPTY, Head, PrintedCell, PrintedTable, printed
from nasbed.tables.renderers.csv import csv as as_csv
from nasbed.tables.renderers.html import html
from nasbed.tables.renderers.latex import latex
from nasbed.tables.renderers.markdown import markdown
from nasbed.tables.renderers.terminal import fitting, terminal

TABLE = PrintedTable(
    (
        Head("strategy", left=True),
        Head("Δ", "regret_difference", "regret: difference", r"$\Delta$", "regret"),
        Head("p", "regret_p", "regret: p", "$p$", "regret"),
        Head("hours", "hours"),
    ),
    (
        (
            PrintedCell("a|b & <i>"),
            PrintedCell("-0.250*", -0.25),
            PrintedCell("0.031", 0.03125, strong=True),
            PrintedCell("12.5", 12.5),
        ),
        (PrintedCell("floor"), PrintedCell("–", nan), EMPTY, PrintedCell("3", 3)),
    ),
    "c10 (accuracy, %)",
    (PrintedCell("floor"), PrintedCell("0.1", 0.1), EMPTY, EMPTY),
)


def test_markdown() -> None:
    assert markdown(TABLE).splitlines() == [
        "| strategy | Δ | p | hours |",
        "| --- | ---: | ---: | ---: |",
        r"| a\|b & \<i> | -0.250\* | 0.031 | 12.5 |",
        "| floor | – |  | 3 |",
        "| *floor* | 0.1 |  |  |",
    ]
    coded = PrintedTable((Head("cell", left=True),), ((PrintedCell("|nor~0|", code=True),),))
    assert markdown(coded).splitlines()[2] == r"| `\|nor~0\|` |"


def test_latex() -> None:
    assert latex([TABLE, TABLE], "50 %").splitlines()[4:] == [
        r"\caption{50 \%}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        r"\multicolumn{1}{c}{} & \multicolumn{2}{c}{regret} & \multicolumn{1}{c}{} \\",
        r"\cmidrule(lr){2-3}",
        r"strategy & $\Delta$ & $p$ & hours \\",
        *[
            r"\midrule",
            r"\multicolumn{4}{l}{\emph{c10 (accuracy, \%)}} \\",
            r"a\textbar{}b \& $<$i$>$ & $-0.250$* & 0.031 & 12.5 \\",
            r"floor & -- &  & 3 \\",
            r"\emph{floor} & 0.1 &  &  \\",
        ]
        * 2,
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table*}",
    ]
    plain = latex([printed(["a_b", "c"], [["x", "1"]])], "").splitlines()
    assert plain[plain.index(r"\toprule") + 1 :][:3] == [r"a\_b & c \\", r"\midrule", r"x & 1 \\"]


def test_csv() -> None:
    assert list(csv.reader(io.StringIO(as_csv(TABLE)))) == [
        ["strategy", "regret_difference", "regret_p", "hours"],
        ["a|b & <i>", "-0.25", "0.03125", "12.5"],
        ["floor", "", "", "3"],
        ["floor", "0.1", "", ""],
    ]


def test_html() -> None:
    text = html(TABLE)
    assert '<tr><td></td><th scope="colgroup" colspan="2">regret</th><td></td></tr>' in text
    assert '<th scope="col" class="number" data-name="regret: difference">Δ</th>' in text
    assert (
        '<tr><th scope="row">a|b &amp; &lt;i&gt;</th><td class="number" data-value="-0.25">−0.250*</td>'
        '<td class="number strong" data-value="0.03125">0.031</td><td class="number" data-value="12.5">12.5</td></tr>'
        in text
    )
    assert '<td class="number" data-value="">–</td><td></td>' in text
    assert '<tfoot><tr><th scope="row"><em>floor</em></th>' in text
    assert "<tfoot>" not in html(printed(["a", "b"], [["x", "1"]]))
    assert html(printed(["a", "b"], [["x", "1"]])).count("<tr>") == 2


def _shown(table: PrintedTable, width: int, *, wrapped: bool = False) -> list[str]:
    file = io.StringIO()
    Console(width=width, file=file, markup=False, emoji=False, highlight=False).print(terminal(table, wrapped=wrapped))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_terminal() -> None:
    assert _shown(TABLE, 80) == [
        "c10 (accuracy, %)",
        "",
        " strategy          Δ       p   hours",
        " ───────────────────────────────────",
        " a|b & <i>   -0.250*   0.031    12.5",
        " floor             –               3",
        "",
        " floor           0.1",
        "",
    ]
    assert _shown(TABLE, 80, wrapped=True)[2] == " strategy    Δ         p       hours"


def test_a_narrow_terminal_has_fewer_columns() -> None:
    assert fitting([TABLE], 38) == [TABLE]
    assert [head.text for head in fitting([TABLE], 37)[0].heads] == ["strategy", "Δ", "p"]
    assert [head.text for head in fitting([TABLE], 1)[0].heads] == ["strategy", "Δ"]
    wide = replace(TABLE, rows=((PrintedCell("b" * 12), EMPTY, EMPTY, EMPTY),))
    assert [len(table.heads) for table in fitting([TABLE, wide], 38)] == [3, 3]
    assert _shown(fitting([TABLE], 28)[0], 28)[4] == " a|b & <i>   -0.250*"


def test_columns_are_picked_by_their_names() -> None:
    picked = TABLE.only(["hours", "strategy"])
    assert [head.key for head in picked.heads] == ["hours", "strategy"]
    assert [cell.text for cell in picked.foot] == ["", "floor"]
    assert [[cell.text for cell in row] for row in picked.rows] == [["12.5", "a|b & <i>"], ["3", "floor"]]
