"""Results folders of records that were made elsewhere: how ``run.json`` says so, and what may not be done with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbed.errors import StoreError, named

IMPORTED = "imported"
"""The key of such a record, and what the strategies of its study use, whose code is not here."""


def origin_of(record: Mapping[str, Any]) -> str:
    """Where the records of a results folder come from, in words, and of how many evaluations they are where that is not all; empty
    where nasbed has run them.

    >>> origin_of({"imported": {"file": "runs.csv", "format": "CSV", "sha256": 64 * "a"}})
    'runs.csv (CSV, SHA-256 aaaaaaaaaaaa)'
    """
    about = record.get(IMPORTED)
    if not isinstance(about, Mapping):
        return ""
    held = about.get("evaluations")
    counts = [held.get(name) for name in ("held", "made")] if isinstance(held, Mapping) else []
    part = "; {:,} of {:,} evaluations".format(*counts) if counts and all(type(one) is int for one in counts) else ""
    return f"{about.get('file')} ({about.get('format')}, SHA-256 {str(about.get('sha256'))[:12]}{part})"


def numbered_seeds(record: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The seeds of records that were made elsewhere, which may have gaps; ``None`` where the record names none one by one.

    >>> numbered_seeds({"seeds": {"first": 0, "count": 2, "numbers": [0, 3]}})
    (0, 3)
    """
    found = record.get("seeds")
    numbers = found.get("numbers") if isinstance(found, Mapping) else None
    if not isinstance(numbers, list) or not numbers or not all(type(one) is int for one in numbers):
        return None
    return tuple(numbers)


def remarks_of(record: Mapping[str, Any]) -> list[str]:
    """What a reader should know of records that were made elsewhere, as of a clock that is none of theirs."""
    about = record.get(IMPORTED)
    found = about.get("remarks", []) if isinstance(about, Mapping) else []
    return [str(text) for text in found] if isinstance(found, list) else []


def require_own(
    record: Mapping[str, Any], folder: Path | str, remedy: str = "choose another folder with --out"
) -> None:
    """Raises :class:`~nasbed.errors.StoreError` for a folder of imported records, which nasbed neither runs nor adds to."""
    if origin := origin_of(record):
        raise StoreError(
            f"{named(folder)} holds records made elsewhere, imported from {origin}, to which nasbed adds none of its own; {remedy}"
            f" (nasbed report {named(folder)} OTHER --out FOLDER shows both)"
        )
