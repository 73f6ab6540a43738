"""A table as CSV: numbers where cells are of numbers, in six digits, else texts."""

from __future__ import annotations

import csv as csv_
import io

from nasbed.tables.printed import PrintedCell, PrintedTable


def csv(table: PrintedTable) -> str:
    """The names of the columns, then the rows and the foot; a number that there is not is empty.

    >>> from nasbed.tables.printed import Head, PrintedCell
    >>> rows = ((PrintedCell("a, b"), PrintedCell("0.333", 1 / 3)), (PrintedCell("c"), PrintedCell("–", float("nan"))))
    >>> print(csv(PrintedTable((Head("strategy"), Head("mean", "regret_mean")), rows)), end="")
    strategy,regret_mean
    "a, b",0.333333
    c,
    """
    out = io.StringIO()
    writer = csv_.writer(out, lineterminator="\n")
    writer.writerow([head.key for head in table.heads])
    writer.writerows([_cell(cell) for cell in row] for row in table.lines)
    return out.getvalue()


def _cell(cell: PrintedCell) -> str:
    if cell.value is None:
        return cell.text
    if cell.value != cell.value:
        return ""
    return str(cell.value) if isinstance(cell.value, int) else f"{cell.value:.6g}"
