"""A table in GitHub-flavoured markdown."""

from __future__ import annotations

from collections.abc import Sequence

from nasbed.tables import escaping
from nasbed.tables.printed import PrintedCell, PrintedTable


def markdown(table: PrintedTable) -> str:
    r"""The lines of a table, without its title; the name of the foot is in italics, as that of no other row can be.

    >>> from nasbed.tables.printed import printed
    >>> print(markdown(printed(["strategy", "p"], [["a|b", "0.010*"]])))
    | strategy | p |
    | --- | ---: |
    | a\|b | 0.010\* |
    """
    lines = [
        _line([escaping.markdown(head.text) for head in table.heads]),
        _line(["---" if head.left else "---:" for head in table.heads]),
        *(_line(list(map(_cell, row))) for row in table.rows),
    ]
    if table.foot:
        name, *others = table.foot
        lines.append(_line([f"*{_cell(name)}*", *map(_cell, others)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: PrintedCell) -> str:
    # In a table a bar ends a cell, even in code.
    return escaping.markdown_code(cell.text).replace("|", "\\|") if cell.code else escaping.markdown(cell.text)
