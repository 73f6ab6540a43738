"""Columns of a comparison that have no numbers: they are left out, or their cells say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nasbed.tables.numbers import NOTHING
from nasbed.tables.printed import PrintedCell, PrintedTable

_HOURS = "simulated_hours"
UNTIMED = "no times"
"""What stands for hours where nobody recorded what a training takes."""


def without_empty(tables: Sequence[PrintedTable], *, together: bool) -> list[PrintedTable]:
    """Tables without the columns that hold dashes and nothing else: those of each, or, where all have the same heads and keep them
    (``together``), those of all. Dashes that are left below ``hours`` become words.
    """
    empty = [{at for at in range(1, len(table.heads)) if _is_empty(table, at)} for table in tables]
    if together:
        empty = [set.intersection(*empty)] * len(tables)
    return [_in_words(_without(table, gone)) for table, gone in zip(tables, empty, strict=True)]


def _is_empty(table: PrintedTable, at: int) -> bool:
    """Whether a column has dashes and no number."""
    texts = [line[at].text for line in table.lines]
    return set(texts) <= {NOTHING, ""} and NOTHING in texts


def _without(table: PrintedTable, gone: set[int]) -> PrintedTable:
    kept = [at for at in range(len(table.heads)) if at not in gone]
    return replace(
        table,
        heads=tuple(table.heads[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        foot=tuple(table.foot[at] for at in kept) if table.foot else (),
    )


def _in_words(table: PrintedTable) -> PrintedTable:
    hours = [at for at, head in enumerate(table.heads) if head.key == _HOURS]
    if not all(row[at].text == NOTHING for row in table.rows for at in hours):
        return table
    rows = tuple(
        tuple(PrintedCell(UNTIMED) if at in hours else cell for at, cell in enumerate(row)) for row in table.rows
    )
    return replace(table, rows=rows)
