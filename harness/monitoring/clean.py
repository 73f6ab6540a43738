"""What is stored in a folder and used by nothing: runs of old code or options, damaged shards, and what killed processes left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from nasbed import locks
from nasbed.benchmarks.training.trained.layout import RECORD
from nasbed.errors import StoreError, named, shown
from nasbed.files import read_json
from nasbed.monitoring.folders import Kind, kind_of, series_of, slices_of
from nasbed.studies.imported import require_own
from nasbed.studies.store import RECORDS, TRAININGS, Store, is_folder_name
from nasbed.studies.study import Study

OLD = "of a series that the study no longer has: other code, options or data"
DAMAGED = "a damaged shard that was set aside"
TEMPORARY = "left by a process that was killed"
CHECKPOINT = "a checkpoint, though the work is complete and nothing goes on from it"
MERGED = "a slice, all of whose runs are in the folder of the study"

_BY_SERIES = ("answers", "timings", RECORDS, TRAININGS)
"""Folders of a results folder that hold a folder for each series; of trainings, those that are not shared."""


@dataclass(frozen=True)
class Unused:
    """A file or folder that nothing uses: its path, why, its bytes, and how many files it has."""

    path: str
    why: str
    bytes: int
    files: int


def clean(folder: Path | str, *, study: Path | str | None = None, remove: bool = False) -> list[Unused]:
    """What nothing uses in a folder, and with ``remove`` no longer there afterwards.

    Used are the series of the last session; with ``study``, a study file, those that it makes of the code as it is now. Symbolic
    links are left alone, and nothing outside the folder is looked at. Raises :class:`~nasbed.errors.StoreError` for a folder that
    holds nothing of ours, or where a process writes, and what :meth:`Study.load <nasbed.Study.load>` does.
    """
    kind, root = kind_of(folder), Path(folder)
    store = Store(root)
    if study is not None and kind is not Kind.STUDY:
        raise StoreError(
            f"study = {shown(str(study))}; {named(root)} holds a {kind}, which has no series; leave it out"
        )
    with locks.alone(root, "look at it with nasbed status"):
        for part in slices_of(root).values():
            if holder := locks.holder(part):
                raise StoreError(f"{named(part)} is being written by {holder}; wait until it has ended")
        found = list(
            _unused(kind, root, _series(store, study) if kind is Kind.STUDY and store.record.exists() else None)
        )
        if remove:
            for one in found:
                _remove(Path(one.path))
    return found


def _series(store: Store, study: Path | str | None) -> set[str]:
    """The folders of the series that are used."""
    if study is None:
        return {entry["folder"] for entry in series_of(store)}
    record = store.read_record()
    require_own(record, store.folder, "leave --study out")
    made, held = Study.load(study), record.get("study")
    if made.name != held:
        raise StoreError(
            f"{named(store.folder)} holds the study {shown(held)}, not {made.name!r}; give the file of the study that it holds"
        )
    return {store.folder_of(series) for series in made.series()}


def _unused(kind: Kind, root: Path, used: Collection[str] | None) -> Iterator[Unused]:
    """What nothing uses; without ``used`` there are no series."""
    gone: list[Path] = []
    for why, paths in ((OLD, _of_old_series(root, used)), (MERGED, _merged(root))) if used is not None else ():
        for path in sorted(paths):
            gone.append(path)
            yield _described(path, why)
    complete = _is_complete(kind, root)
    for path in _files(root, gone):
        hidden = path.name.startswith(".")
        if path.suffix == ".damaged":
            yield _described(path, DAMAGED)
        elif hidden and (path.suffix == ".tmp" or _is_left_lock(path)):
            yield _described(path, TEMPORARY)
        elif path.suffix == ".checkpoint" and complete:
            yield _described(path, CHECKPOINT)


def _is_left_lock(path: Path) -> bool:
    """Whether a file is the lock of another file, which nobody holds."""
    of = path.name[1:].removesuffix(".lock")
    return path.suffix == ".lock" and bool(of) and not locks.holder(path.with_name(of))


def _of_old_series(root: Path, used: Collection[str]) -> Iterator[Path]:
    for kind in _BY_SERIES:
        place = root / kind
        for path in place.iterdir() if place.is_dir() and not place.is_symlink() else ():
            own = path.is_dir() and not path.is_symlink() and is_folder_name(path.name)
            if own and path.name not in used:
                yield path


def _merged(root: Path) -> Iterator[Path]:
    """The slices that hold no run which the study's own folder lacks."""
    whole = Store(root)
    folders = {entry["folder"] for entry in series_of(whole)}
    for path in slices_of(root).values():
        part = Store(path)
        runs = {name: part.seeds(name)[0] for entry in series_of(part) if (name := entry["folder"])}
        there = folders.issuperset(runs) and all(seeds <= whole.seeds(name)[0] for name, seeds in runs.items())
        if there and any(runs.values()):
            yield path


def _is_complete(kind: Kind, root: Path) -> bool:
    record = read_json(root / ("run.json" if kind in (Kind.STUDY, Kind.TABLE) else RECORD))
    return record.get("complete") is True


def _files(root: Path, without: Collection[Path]) -> Iterator[Path]:
    """All files below a folder but those in some of its folders, in the order of their names; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if Path(folder) / name not in without)
        for name in sorted(names):
            if not (path := Path(folder) / name).is_symlink():
                yield path


def _described(path: Path, why: str) -> Unused:
    files = list(_files(path, ())) if path.is_dir() else [path]
    return Unused(str(path), why, sum(one.lstat().st_size for one in files), len(files))


def _remove(path: Path) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot remove {named(path)}: {error.strerror}; what was listed before it is removed, and the same command goes on"
        ) from None
