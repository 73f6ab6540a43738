"""A user's own file as a sheet of cells: CSV or Parquet, checked as it is read, with messages that name the row and the column."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan
from pathlib import Path
from typing import NoReturn

import numpy as np

from nasbed.benchmarks.convert._bounds import opened
from nasbed.errors import DataError, named, shown

_PARQUET = b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NAMED = 5
"""Names of columns that a message lists before it is cut."""


@dataclass(frozen=True)
class CellSheet:
    """The cells of a file as texts by column, empty where there is none; ``rows`` are the numbers of the rows in messages: lines of
    a CSV file, of which the head is the first, as a spreadsheet counts them, and rows from 1 in a Parquet file. ``parsed`` keeps
    the numbers of columns that were read as such.
    """

    path: Path
    cells: dict[str, list[str]]
    rows: list[int]
    parsed: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of the columns, in the order of the file."""
        return list(self.cells)

    def refuse(self, name: str, place: int, problem: str) -> NoReturn:
        """Raises :class:`~nasbed.errors.DataError` for the cell of a column at a place."""
        raise DataError(f"{self.at(name, place)}: {problem}")

    def at(self, name: str, place: int) -> str:
        """A cell in words: the file, the row and the column."""
        return f"{named(self.path)}, row {self.rows[place]}, column {shown(name)}"

    def numbers(self, name: str, absent: str | None = None) -> np.ndarray:
        """The numbers of a column, (rows,); raises :class:`~nasbed.errors.DataError` for a cell that is none or not finite.

        An empty cell is ``nan``, unless ``absent`` says what is to be done about it.
        """
        if name not in self.parsed:
            self.parsed[name] = self._numbers(name)
        values = self.parsed[name]
        if absent is not None and (empty := np.flatnonzero(np.isnan(values))).size:
            self.refuse(name, int(empty[0]), f"'' is no number; the cell is empty: {absent}")
        return values.copy()

    def _numbers(self, name: str) -> np.ndarray:
        """The numbers of a column, ``nan`` where a cell is empty."""
        values = np.full(len(self.rows), np.nan)
        for place, text in enumerate(self.cells[name]):
            if not text:
                continue
            number = number_of(text)
            if number is None:
                self.refuse(name, place, f"{shown(text)} is no number; {_remedy(text)}")
            if not isfinite(number):
                what = "failed" if isnan(number) else "diverged"
                self.refuse(
                    name,
                    place,
                    f"{text} is no finite number; if it is of a training that {what}, leave its rows out, or give the value that a"
                    " failed training counts as",
                )
            values[place] = number
        return values


def number_of(text: str) -> float | None:
    """The number that a text writes with a decimal point, as ``nan`` and ``inf`` too; else ``None``.

    >>> number_of("1e-3"), number_of("93,5"), number_of("1_000")
    (0.001, None, None)
    """
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _remedy(text: str) -> str:
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return f"it has a decimal comma; expected a point, as {text.replace(',', '.')}"
    if text.endswith("%"):
        return "expected a number without a percent sign"
    return "expected a number, as 93.5"


def read_sheet(path: Path | str) -> CellSheet:
    """The cells of a CSV or Parquet file, also compressed as ``.csv.gz``.

    Raises :class:`~nasbed.errors.DataError` for what cannot be read: another encoding than UTF-8, other separators than commas,
    rows of another length than the head, columns without a name or of one name.
    """
    path = Path(path)
    try:
        with opened(path) as file:
            content = file.read()
    except (OSError, EOFError, ValueError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"{named(path)} cannot be read: {said}; expected a CSV or Parquet file") from None
    rows, cells = _parquet(path) if content.startswith(_PARQUET) else _csv(path, content)
    if not rows:
        raise DataError(f"{named(path)} has no rows; expected one for each training, or for each epoch of it")
    return CellSheet(path, cells, rows)


def _columns(path: Path, names: Sequence[str]) -> list[str]:
    found = [name.strip() for name in names]
    for place, name in enumerate(found, 1):
        if not name:
            raise DataError(f"{named(path)}: column {place} has no name; name it in the first row")
        if found.count(name) > 1:
            raise DataError(f"{named(path)} has {found.count(name)} columns named {shown(name)}; name each once")
    return found


def _csv(path: Path, content: bytes) -> tuple[list[int], dict[str, list[str]]]:
    text = _text(path, content)
    head = text.split("\n", 1)[0]
    other = next((sign for sign in (";", "\t", "|") if sign in head), None)
    if "," not in head and other is not None:
        raise DataError(
            f"{named(path)}, row 1: its columns are separated by {other!r}; expected commas, and points in decimals: save it as CSV"
            f" with commas, or convert it: pandas.read_csv({path.name!r}, sep={other!r}, decimal=',').to_csv('commas.csv',"
            " index=False)"
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    names: list[str] = []
    start = 1
    try:
        for row in reader:
            if not names:
                names = _columns(path, row) if any(row) else []
            elif any(cell.strip() for cell in row):
                if len(row) != len(names):
                    raise DataError(_ragged(path, start, len(row), len(names)))
                lines.append(start)
                rows.append([cell.strip() for cell in row])
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{named(path)}, row {start}: {error}; expected CSV, with quotes around texts that have commas"
        ) from None
    if not names:
        raise DataError(f"{named(path)} is empty; expected a CSV file whose first row names the columns")
    return lines, {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _ragged(path: Path, row: int, held: int, wanted: int) -> str:
    hint = "; a decimal comma makes two cells of one: write 93.5" if held > wanted else ""
    return f"{named(path)}, row {row} has {held} cells; expected {wanted}, as the first row{hint}"


def _text(path: Path, content: bytes) -> str:
    if content.startswith(_UTF16):
        raise DataError(f"{named(path)} is UTF-16 text; expected UTF-8: save it as 'CSV UTF-8'")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        column = content[content.rfind(b"\n", 0, error.start) + 1 : error.start].count(b",") + 1
        raise DataError(
            f"{named(path)}, row {row}, cell {column}: the byte 0x{content[error.start]:02x} is no UTF-8 text; save it as"
            " 'CSV UTF-8', or convert it from the encoding that it has"
        ) from None
    if "\x00" in text:
        raise DataError(f"{named(path)} is no text; expected a CSV or Parquet file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parquet(path: Path) -> tuple[list[int], dict[str, list[str]]]:
    from pyarrow import ArrowException, parquet, types

    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise DataError(f"{named(path)} is no whole Parquet file: {str(error).splitlines()[0]}") from None
    cells = {}
    for name, typed, column in zip(_columns(path, table.column_names), table.schema, table.columns, strict=True):
        if types.is_nested(typed.type):
            raise DataError(f"{named(path)}: column {shown(name)} holds {typed.type}; expected numbers or texts")
        cells[name] = [_cell(value) for value in column.to_pylist()]
    return list(range(1, table.num_rows + 1)), cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value).strip()
