"""The ``.ts`` files of the time-series classification archive (Bagnall and others, arXiv:1811.00075)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.sequences.encoding import as_series
from nasbed.benchmarks.training.sequences.given import SequencePart
from nasbed.benchmarks.training.sequences.texts import text_of
from nasbed.errors import DataError, named, shown


def archived_series(path: Path) -> tuple[SequencePart, tuple[str, ...]]:
    """The series of a ``.ts`` file as float32 (time, channels), with their labels; and the classes in the order of its header.

    After a header of ``@key value`` and the line ``@data`` each line is a series: its channels, one after another, parted by
    colons, of values parted by commas, and its class after the last colon. Lines that begin with ``#`` or ``%`` are skipped.
    Raises :class:`~nasbed.errors.DataError` for other lines, time stamps, values that are missing, and channels that differ
    in length.
    """
    header, rows = _parts(path)
    classes = _classes(path, header)
    items, labels, places = [], [], []
    for number, line in rows:
        where = f"{named(path)}: line {number:,}"
        *channels, label = (text.strip() for text in line.split(":"))
        if not channels or label not in classes:
            problem = f"the class {shown(label)}" if channels and label else "no class"
            raise DataError(f"{where} has {problem} after its last colon; expected one of {', '.join(classes)}")
        items.append(as_series(where, _numbers(where, channels)))
        labels.append(label)
        places.append(f"line {number} of {named(path.name)}")
    return SequencePart(items, np.array(labels), places), classes


def _parts(path: Path) -> tuple[dict[str, list[str]], list[tuple[int, str]]]:
    """The words of each key of the header, and the lines of data with their numbers."""
    header: dict[str, list[str]] = {}
    rows: list[tuple[int, str]] = []
    for number, line in enumerate(map(str.strip, text_of(path).split("\n")), 1):
        if not line or line.startswith(("#", "%")):
            continue
        if "data" in header:
            rows.append((number, line))
        elif line.startswith("@") and line[1:].strip():
            key, *words = line[1:].split()
            header[key.lower()] = words
        else:
            raise DataError(
                f"{named(path)}: line {number:,} is {shown(line)}; expected a header of lines with @, and then the line @data"
            )
    if not rows:
        raise DataError(f"{named(path)} has no series after a line @data; expected a .ts file of labelled series")
    return header, rows


def _classes(path: Path, header: dict[str, list[str]]) -> tuple[str, ...]:
    """The classes that a header names; refuses what cannot be read as labelled series."""
    if "".join(header.get("timestamps", [])).lower() == "true":
        raise DataError(f"{named(path)} has time stamps; expected values alone, and @timeStamps false")
    said, *classes = header.get("classlabel") or ["false"]
    if said.lower() != "true" or not classes:
        raise DataError(
            f"{named(path)} names no classes; expected the line @classLabel true and the classes, as in @classLabel true yes no"
        )
    return tuple(dict.fromkeys(classes))


def _numbers(where: str, channels: list[str]) -> np.ndarray:
    """The numbers (time, channels) of the texts of channels."""
    rows = []
    for place, channel in enumerate(channels, 1):
        row = []
        for step, cell in enumerate(channel.split(","), 1):
            try:
                row.append(float(cell))
            except ValueError:
                problem = "missing (?)" if cell.strip() == "?" else shown(cell.strip())
                raise DataError(
                    f"{where}: value {step:,} of channel {place} is {problem}; expected numbers: fill the gap, or delete the line"
                ) from None
        rows.append(row)
    if len({len(row) for row in rows}) > 1:
        raise DataError(
            f"{where}: its channels have {', '.join(str(len(row)) for row in rows)} values; expected equally many"
        )
    return np.array(rows).T
