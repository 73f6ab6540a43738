"""Files of lines: a label and a text, or a label and the numbers of tokens."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.sequences.encoding import as_numbers
from nasbed.benchmarks.training.sequences.given import SequencePart
from nasbed.errors import DataError, named, shown

_LINE = "a label, a tab and the text"
_ROW = "a label and the numbers of tokens, as in spam,12,7,99"


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, with line feeds as the ends of its lines.

    Raises :class:`~nasbed.errors.DataError` for what cannot be read, is no such text or is empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {named(path)}: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{named(path)} is no text in UTF-8: byte {error.start:,} is 0x{content[error.start]:02x}; save it as UTF-8"
        ) from None
    if (zero := content.find(0)) >= 0:
        raise DataError(f"{named(path)} is no text: byte {zero:,} is 0; expected text in UTF-8")
    if not text.strip():
        raise DataError(f"{named(path)} is empty; expected lines of text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(path: Path, expected: str) -> Iterator[tuple[int, str]]:
    """The lines of a text file and their numbers from 1; raises :class:`~nasbed.errors.DataError` for an empty one."""
    for number, line in enumerate(text_of(path).removesuffix("\n").split("\n"), 1):
        if not line.strip():
            raise DataError(f"{named(path)}: line {number:,} is empty; expected {expected}: delete it")
        yield number, line


def labelled_texts(path: Path) -> SequencePart:
    """The texts of a file with a label, a tab and a text in each line; a first line ``label``, tab, ``text`` may name them.

    Raises :class:`~nasbed.errors.DataError` for a line without label or text.
    """
    texts, labels, places = [], [], []
    for number, line in lines_of(path, _LINE):
        label, tab, text = line.partition("\t")
        if number == 1 and (label.strip().lower(), text.strip().lower()) == ("label", "text"):
            continue
        if not tab:
            raise DataError(f"{named(path)}: line {number:,} has no tab: {shown(line)}; expected {_LINE}")
        if not text.strip():
            raise DataError(f"{named(path)}: line {number:,} has no text after its tab; add one, or delete the line")
        texts.append(text.strip())
        labels.append(_label(path, number, label))
        places.append(f"line {number} of {named(path.name)}")
    return SequencePart(texts, _all(path, labels, _LINE), places)


def numbered_tokens(path: Path) -> SequencePart:
    """The sequences of a file of comma-separated values with a label and numbers of tokens in each line, as many as there are; the
    first line may begin with ``label`` and name the columns.

    Raises :class:`~nasbed.errors.DataError` for a line without label or tokens, and for what is no number of a token.
    """
    items, labels, places = [], [], []
    for number, line in lines_of(path, _ROW):
        label, *cells = next(csv.reader([line]))
        if number == 1 and label.strip().lower() == "label":
            continue
        while cells and not cells[-1].strip():
            cells.pop()
        where = f"{named(path)}: line {number:,}"
        if not cells:
            raise DataError(f"{where} has no tokens after its label; expected {_ROW}")
        items.append(as_numbers(where, np.array([_whole(where, cell.strip()) for cell in cells])))
        labels.append(_label(path, number, label))
        places.append(f"line {number} of {named(path.name)}")
    return SequencePart(items, _all(path, labels, _ROW), places)


def _label(path: Path, number: int, label: str) -> str:
    if not label.strip():
        raise DataError(f"{named(path)}: line {number:,} has no label; expected one at its beginning")
    return label.strip()


def _all(path: Path, labels: Sequence[str], expected: str) -> np.ndarray:
    if not labels:
        raise DataError(f"{named(path)} has nothing but the names of its columns; expected in each line {expected}")
    return np.array(labels)


def _whole(where: str, cell: str) -> int:
    digits = cell.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return int(cell)
    raise DataError(
        f"{where} has the token {shown(cell)}; expected {_ROW}; of texts make a .tsv file with {_LINE} in each line"
    )
