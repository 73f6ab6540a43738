"""Tables in LaTeX, with booktabs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import ceil

from nasbed.tables import escaping
from nasbed.tables.printed import Head, PrintedCell, PrintedTable

COLUMN = 240.0
"""Points of one column of a page."""
_LETTER, _GAP = 3.8, 6.0
"""Points of a letter in ``\\scriptsize``, about, and of the gap between columns."""
_NAMES = 0.4
"""Share of a page's column that names have at least in a table that is too wide for it; longer ones are broken into lines."""
LINES = 60
"""Lines that a page has, about: names that take more are left whole, and the table is made smaller."""
_STACK = r"\shortstack[r]{"


def latex(tables: Sequence[PrintedTable], caption: str) -> str:
    """One ``table*`` of tables with the same heads, their titles between rules; needs the packages booktabs and graphicx."""
    lines = [
        r"\begin{table*}",
        r"\centering",
        r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escaping.latex(caption)}}}",
        *_tabular(tables, r"\textwidth"),
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def latex_column(tables: Sequence[PrintedTable], caption: str, label: str) -> str:
    """A ``table`` as wide as one column of a page, of tables with the same heads, strong cells bold and long names broken into
    lines; needs the packages booktabs and graphicx.
    """
    lines = [
        r"% Needs \usepackage{booktabs,graphicx}.",
        r"\begin{table}[tb]",
        r"\centering",
        r"\scriptsize",
        r"\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escaping.latex(caption)}}}",
        rf"\label{{{label}}}",
        *_tabular(tables, r"\columnwidth", strong=True, names=_of_names(tables)),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def stacked(lines: Sequence[str]) -> str:
    r"""A head of several lines, which are LaTeX already.

    >>> print(stacked(["Test", "regret"]), stacked(["p"]))
    \shortstack[r]{Test\\regret} p
    """
    return _STACK + r"\\".join(lines) + "}" if len(lines) > 1 else "".join(lines)


def fits_a_column(table: PrintedTable) -> bool:
    """Whether a table is about as wide as one column of a page, or narrower, where its names are broken into lines."""
    first, *others = _widths(table)
    return min(first, _NAMES * COLUMN) + sum(others) <= COLUMN / 0.9


def _widths(table: PrintedTable) -> list[float]:
    """The width of each column in points, about."""
    cells = zip(*(row for row in table.lines), strict=True)
    return [
        _GAP + _LETTER * max(_letters(head), *(len(cell.text) + len(cell.mark) for cell in column))
        for head, column in zip(table.heads, cells, strict=True)
    ]


def _letters(head: Head) -> int:
    """How many letters the longest line of a head has."""
    return max(
        map(len, head.latex.removeprefix(_STACK).split(r"\\")) if head.latex.startswith(_STACK) else [len(head.text)]
    )


def _of_names(tables: Sequence[PrintedTable]) -> float:
    """The share of a page's column in which names are broken into lines; 0 where one line does, or where a page has too few."""
    wide = [max(of_table) for of_table in zip(*map(_widths, tables), strict=True)]
    if sum(wide) <= COLUMN / 0.9:
        return 0.0
    share = max(_NAMES, 1 - sum(wide[1:]) / COLUMN)
    lines = sum(ceil(len(row[0].text) * _LETTER / (share * COLUMN)) for table in tables for row in table.lines)
    return round(share, 2) if wide[0] > share * COLUMN and lines <= LINES else 0.0


def _tabular(tables: Sequence[PrintedTable], width: str, *, strong: bool = False, names: float = 0.0) -> list[str]:
    """The lines of a ``tabular`` that is made narrower where it is wider than the page, or than its column."""
    heads = tables[0].heads
    lines = [
        rf"\resizebox{{\ifdim\width>{width}{width}\else\width\fi}}{{!}}{{%",
        rf"\begin{{tabular}}{{{''.join('l' if head.left else 'r' for head in heads)}}}",
        r"\toprule",
        *_groups(heads),
        " & ".join(head.latex or escaping.latex(head.text) for head in heads) + r" \\",
    ]
    broken = rf"\parbox[t]{{{{{names}\columnwidth}}}}{{{{\raggedright\hangindent=1em {{}}\strut}}}}" if names else "{}"
    for table in tables:
        lines += [r"\midrule"]
        if table.title:
            lines += [rf"\multicolumn{{{len(heads)}}}{{l}}{{\emph{{{escaping.latex(table.title)}}}}} \\"]
        lines += [_line(heads, row, broken, strong) for row in table.rows]
        if table.foot:
            lines += [*([r"\midrule"] if strong and not table.title else []), _line(heads, table.foot, r"\emph{{{}}}")]
    return [*lines, r"\bottomrule", r"\end{tabular}}"]


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
