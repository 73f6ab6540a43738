"""Tables in LaTeX, with booktabs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nasbed.tables import escaping
from nasbed.tables.printed import Head, PrintedCell, PrintedTable


def latex(tables: Sequence[PrintedTable], caption: str) -> str:
    """One ``table*`` of tables with the same heads, their titles between rules; needs the packages booktabs and graphicx."""
    heads = tables[0].heads
    lines = [
        r"\begin{table*}",
        r"\centering",
        r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escaping.latex(caption)}}}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{''.join('l' if head.left else 'r' for head in heads)}}}",
        r"\toprule",
        *_groups(heads),
        " & ".join(head.latex or escaping.latex(head.text) for head in heads) + r" \\",
    ]
    for table in tables:
        lines += [r"\midrule"]
        if table.title:
            lines += [rf"\multicolumn{{{len(heads)}}}{{l}}{{\emph{{{escaping.latex(table.title)}}}}} \\"]
        lines += [_line(heads, row) for row in table.rows]
        if table.foot:
            lines += [_line(heads, table.foot, r"\emph{{{}}}")]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{table*}"]) + "\n"


def latex_column(table: PrintedTable, caption: str, label: str) -> str:
    """A ``table`` as wide as one column of a page, strong cells bold; needs the packages booktabs and graphicx."""
    heads = table.heads
    lines = [
        r"% Needs \usepackage{booktabs,graphicx}.",
        r"\begin{table}[tb]",
        r"\centering",
        r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escaping.latex(caption)}}}",
        rf"\label{{{label}}}",
        r"\resizebox{\ifdim\width>\columnwidth\columnwidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{''.join('l' if head.left else 'r' for head in heads)}}}",
        r"\toprule",
        *_groups(heads),
        " & ".join(head.latex or escaping.latex(head.text) for head in heads) + r" \\",
        r"\midrule",
        *(_line(heads, row, strong=True) for row in table.rows),
        *([r"\midrule", _line(heads, table.foot, r"\emph{{{}}}")] if table.foot else []),
    ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{table}"]) + "\n"


def _groups(heads: Sequence[Head]) -> list[str]:
    """The heads above, and the rules below them; nothing where no column has one."""
    above, rules, at = [], [], 1
    for group, found in groupby(head.group for head in heads):
        width = len(list(found))
        above.append(rf"\multicolumn{{{width}}}{{c}}{{{escaping.latex(group)}}}")
        rules += [rf"\cmidrule(lr){{{at}-{at + width - 1}}}"] if group else []
        at += width
    return [" & ".join(above) + r" \\", "".join(rules)] if rules else []


def _line(heads: Sequence[Head], row: Sequence[PrintedCell], first: str = "{}", strong: bool = False) -> str:
    cells = [
        escaping.latex(cell.text) if head.left else escaping.latex_number(cell.text)
        for head, cell in zip(heads, row, strict=True)
    ]
    if strong:
        cells = [
            rf"{{\boldmath\textbf{{{text}}}}}" if cell.strong else text for cell, text in zip(row, cells, strict=True)
        ]
    cells = [
        rf"{text}$^{{{escaping.latex(cell.mark)}}}$" if cell.mark else text
        for cell, text in zip(row, cells, strict=True)
    ]
    return " & ".join([first.format(cells[0]), *cells[1:]]) + r" \\"
