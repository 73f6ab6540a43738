"""Sequences as files for each split, in one folder."""

from __future__ import annotations

import re
from pathlib import Path

from nasbed.errors import DataError, named

KINDS = (".tsv", ".csv", ".ts", ".txt")
"""How the names of files of sequences end; an npz file holds all splits itself."""
_PART = re.compile(r"(?:.*[_-])?(train|validation|val|test)")
_EXPECTED = f"a file for each of train, test and, if you like, validation, such as train.tsv ({', '.join(KINDS)})"


def files_of(folder: Path) -> dict[str, Path]:
    """The file of each split of a folder: its name, before its ending, is that of the split or ends with it after a stroke.

    Raises :class:`~nasbed.errors.DataError` for a folder with files of two kinds, two of a split, or none of train or test.
    """
    found: dict[str, Path] = {}
    for path in _files(folder):
        if not (match := _PART.fullmatch(path.stem.lower())):
            continue
        part = "validation" if match[1] == "val" else match[1]
        if part in found:
            raise DataError(
                f"{named(folder)} has {named(found[part].name)} and {named(path.name)}; expected one of them"
            )
        found[part] = path
    if missing := [part for part in ("train", "test") if part not in found]:
        there = ", ".join(named(path.name) for path in found.values()) or "no file of a split"
        raise DataError(f"{named(folder)} has {there}, and none of {missing[0]}; expected {_EXPECTED}")
    if len({path.suffix.lower() for path in found.values()}) > 1:
        names = ", ".join(named(path.name) for path in found.values())
        raise DataError(f"{named(folder)} has {names}; expected files of one kind")
    return {part: found[part] for part in ("train", "validation", "test") if part in found}


def holds_sequences(folder: Path) -> bool:
    """Whether a folder has a file of sequences for a split."""
    return any(_PART.fullmatch(path.stem.lower()) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"cannot read the folder {named(folder)}: {error.strerror}; let it be read") from None
    return [path for path in paths if path.suffix.lower() in KINDS and not path.name.startswith(".") and path.is_file()]
