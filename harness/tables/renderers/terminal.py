"""A table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasbed.tables.printed import PrintedTable

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def terminal(table: PrintedTable, *, wrapped: bool = False) -> RichTable:
    """A table of rich, under its title; the foot is set apart by an empty line, from rows that can have any name.

    Numbers stand flush right and on one line. In a ``wrapped`` table, whose cells a narrow terminal folds, all stands flush left.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=Text(table.title), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for head in table.heads:
        left = head.left or wrapped
        drawn.add_column(head.text, justify="left" if left else "right", no_wrap=not left)
    for row in table.rows:
        drawn.add_row(*(cell.text for cell in row))
    if table.foot:
        drawn.add_section()
        drawn.add_row(*(cell.text for cell in table.foot))
    return drawn


def fitting(tables: Sequence[PrintedTable], width: int) -> list[PrintedTable]:
    """Tables without the last of their columns that a terminal is too narrow for; two are kept, and of tables with the same columns
    the same.
    """
    named = [tuple(head.key for head in table.heads) for table in tables]
    alike = {names: [table for table, own in zip(tables, named, strict=True) if own == names] for names in named}
    return [table.only(names[: _kept(alike[names], width)]) for table, names in zip(tables, named, strict=True)]


def _kept(tables: Sequence[PrintedTable], width: int) -> int:
    """How many columns of tables that have the same fit into a width."""
    from rich.cells import cell_len

    kept = len(tables[0].heads)
    needed = [
        max(
            cell_len(text)
            for table in tables
            for text in (table.heads[place].text, *(row[place].text for row in table.lines))
        )
        for place in range(kept)
    ]
    while kept > 2 and sum(needed[:kept]) + 3 * kept > width:
        kept -= 1
    return kept
