"""A table as readers see it: heads, rows of cells and what stands above, whatever its numbers mean. ``renderers`` draw it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Head:
    """The head of a column.

    ``name`` is what the column is called in CSV and code, the text where it is empty. ``whole`` is the head in whole words, which
    pages speak, ``latex`` the source in LaTeX where it is not the text. ``group`` stands above neighbours that have the same.
    ``left`` columns are of words, the others of numbers.
    """

    text: str
    name: str = ""
    whole: str = ""
    latex: str = ""
    group: str = ""
    left: bool = False

    @property
    def key(self) -> str:
        """What the column is called in CSV and code."""
        return self.name or self.text


@dataclass(frozen=True)
class PrintedCell:
    """A cell: its text, and the number that it is of, by which pages sort and which CSV has; ``nan`` where there should be one.

    ``strong`` cells are bold in a page; ``code`` is text in the letters of code; a ``mark`` stands raised behind the text.
    """

    text: str = ""
    value: float | None = None
    strong: bool = False
    code: bool = False
    mark: str = ""


EMPTY = PrintedCell()


@dataclass(frozen=True)
class PrintedTable:
    """A title, heads and rows. ``foot`` is a last row that is none of the others' kind: its first cell is in italics, or it is set
    apart by a line.
    """

    heads: tuple[Head, ...]
    rows: tuple[tuple[PrintedCell, ...], ...]
    title: str = ""
    foot: tuple[PrintedCell, ...] = ()

    @property
    def lines(self) -> tuple[tuple[PrintedCell, ...], ...]:
        """The rows, with the foot where there is one."""
        return (*self.rows, self.foot) if self.foot else self.rows

    def only(self, names: Sequence[str]) -> PrintedTable:
        """The columns of these names, in their order."""
        places = [place for name in names for place, head in enumerate(self.heads) if head.key == name]
        return replace(
            self,
            heads=tuple(self.heads[place] for place in places),
            rows=tuple(tuple(row[place] for place in places) for row in self.rows),
            foot=tuple(self.foot[place] for place in places) if self.foot else (),
        )


def printed(heads: Sequence[str], rows: Iterable[Iterable[str]], *, title: str = "", left: int = 1) -> PrintedTable:
    """A table of texts, of which the first ``left`` columns are of words.

    >>> printed(["strategy", "regret"], [["tpe", "0.1"]]).rows[0][1].text
    '0.1'
    """
    found = tuple(Head(text, left=place < left) for place, text in enumerate(heads))
    return PrintedTable(found, tuple(tuple(map(PrintedCell, row)) for row in rows), title)
