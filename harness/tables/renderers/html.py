"""A table in a page, which sorts by the numbers of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from math import isfinite

from nasbed.tables.printed import Head, PrintedCell, PrintedTable


def html(table: PrintedTable) -> str:
    """A sortable table in a region that scrolls, under its title; the first cell of a row is its head."""
    groups = _groups(table.heads)
    heads = "".join(f"<tr>{line}</tr>" for line in (groups, _heads(table.heads)) if line)
    foot = f"<tfoot><tr>{_line(table.foot, '<em>{}</em>')}</tr></tfoot>" if table.foot else ""
    return (
        f'<div class="scroll" role="region" aria-label="{escape(table.title)}" tabindex="0">\n'
        f'<table class="sortable">\n<caption>{escape(table.title)}</caption>\n'
        f"<thead>{heads}</thead>\n<tbody>\n"
        + "".join(f"<tr>{_line(row)}</tr>\n" for row in table.rows)
        + f"</tbody>\n{foot}\n</table>\n</div>"
    )


def _groups(heads: Sequence[Head]) -> str:
    """The heads above; empty where no column has one."""
    if not any(head.group for head in heads):
        return ""
    found = [(group, len(list(of))) for group, of in groupby(head.group for head in heads)]
    return "".join(
        f'<th scope="colgroup" colspan="{width}">{escape(group)}</th>' if group else "<td></td>" * width
        for group, width in found
    )


def _heads(heads: Sequence[Head]) -> str:
    """What is shown, and the whole words where there are more."""
    return "".join(
        f'<th scope="col"{_class(place, head)}{f" data-name={chr(34)}{escape(head.whole)}{chr(34)}" if head.whole else ""}>'
        f"{escape(head.text)}</th>"
        for place, head in enumerate(heads)
    )


def _class(place: int, head: Head) -> str:
    return ' class="number"' if not head.left else "" if place else ' class=""'


def _line(row: Sequence[PrintedCell], first: str = "{}") -> str:
    head, *others = row
    return f'<th scope="row">{first.format(escape(head.text))}</th>' + "".join(map(_cell, others))


def _cell(cell: PrintedCell) -> str:
    """A number as it is shown, with a minus and with all its digits for sorting; or a text."""
    if cell.value is None:
        return f"<td>{f'<code>{escape(cell.text)}</code>' if cell.code else escape(cell.text)}</td>"
    exact = "" if not isfinite(cell.value) else f"{cell.value:.9g}"
    strong = " strong" if cell.strong else ""
    return f'<td class="number{strong}" data-value="{exact}">{escape(cell.text.replace("-", "−"))}</td>'
