"""What a report says beside the scores of each strategy: whether the ranking holds elsewhere, and which options matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from nasbed.tables import importance, stability
from nasbed.tables.printed import PrintedTable

if TYPE_CHECKING:
    from nasbed.results.results import Results


class TableSection(NamedTuple):
    """Tables that stand together, below a title and above a note; each has its own title, which some forms leave out."""

    title: str
    tables: tuple[PrintedTable, ...]
    note: str


def sections(results: Results) -> Iterator[TableSection]:
    """The sections that these results have, in the order of reports."""
    if (ranking := stability.tabled(results)) is not None:
        table, note = ranking
        yield TableSection(stability.TITLE, (replace(table, title=stability.TITLE),), note)
    if (options := importance.tabled(results)) is not None:
        titles = (importance.TITLE, "Best settings of the grid")
        tables = tuple(replace(table, title=title) for title, table in zip(titles, options, strict=True))
        yield TableSection(importance.TITLE, tables, importance.NOTE)
