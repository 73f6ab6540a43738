"""What a folder of ours holds: a study, a table that is being trained, a search for a network, or a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from nasbed.benchmarks.training.trained.layout import RECORD, SEARCH
from nasbed.errors import StoreError, named, shown
from nasbed.studies.imported import numbered_seeds
from nasbed.studies.slices import Slice, stored_slices
from nasbed.studies.store import SLICES, Store, is_folder_name


class Kind(StrEnum):
    """What a folder holds, as a word for messages."""

    STUDY = "study"
    TABLE = "table"
    SEARCH = "search"
    NETWORK = "network"


def kind_of(folder: Path | str) -> Kind:
    """What a folder holds; raises :class:`~nasbed.errors.StoreError` where it is none of ours."""
    path = Store(folder).folder
    if not os.path.isdir(path):
        what = "is a file" if os.path.lexists(path) else "does not exist"
        raise StoreError(f"{named(path)} {what}; expected a results folder, as nasbed run --out writes one")
    if os.path.exists(path / "run.json"):
        return Kind.TABLE if "table" in Store(path).read_record() else Kind.STUDY
    if slices_of(path):
        return Kind.STUDY
    if os.path.isdir(path / SEARCH):
        return Kind.SEARCH
    if os.path.exists(path / RECORD):
        return Kind.NETWORK
    raise StoreError(
        f"{named(path)} holds no results: neither run.json nor {RECORD} nor {SEARCH} is there; expected a folder that nasbed run,"
        " tabulate, train or search-model has written"
    )


def slices_of(folder: Path | str) -> dict[Slice, Path]:
    """The slices of a study that hold results, with their folders, in their order; links are not followed."""
    if (Path(folder) / SLICES).is_symlink():
        return {}
    found = stored_slices(Path(folder))
    return {part: path for part, path in found if not path.is_symlink() and Store(path).record.exists()}


def series_of(store: Store) -> list[dict[str, Any]]:
    """The series of a study's record, each with the name of its ``folder``; raises where they are not all there."""
    series = store.read_record().get("series")
    for entry in series if isinstance(series, list) else ():
        if not is_folder_name(str(entry.get("folder"))):
            raise StoreError(
                f"{named(store.record)} is damaged: folder of a series = {shown(entry.get('folder'))}; run the study again"
            )
    if not series:
        raise StoreError(f"{named(store.record)} is damaged: it names no series; run the study again")
    return list(series)


def seeds_of(record: dict[str, Any], path: Path | str) -> Sequence[int]:
    """The seeds of a study by its record; raises :class:`~nasbed.errors.StoreError` where it does not say them."""
    try:
        first, count = int(record["seeds"]["first"]), int(record["seeds"]["count"])
    except (KeyError, TypeError, ValueError):
        raise StoreError(
            f"{named(path)} is damaged: seeds = {shown(record.get('seeds'))}; run the study again"
        ) from None
    return numbered_seeds(record) or range(first, first + count)
