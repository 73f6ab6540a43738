"""Results on disk: shards of fifty seeds, answers apart from timings, and what is missing.

A shard is written when it is complete, under a temporary name that is renamed; shards are fixed by the study, not by
the order of arrival, so the same study leaves the same bytes at any number of workers. Folders carry the identity of
their series: results of other code stay where they are and are not read.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from nasbed import locks
from nasbed.benchmarks.training.trained.layout import CARD, RECORD, SEARCH
from nasbed.errors import DamageWarning, StoreError, named, shown
from nasbed.files import Content, atomic_write
from nasbed.searches.columns import SEED, Columns, merge
from nasbed.studies import shards
from nasbed.studies.imported import require_own
from nasbed.studies.lookups import shortened
from nasbed.studies.series import Series
from nasbed.studies.sessions import LOG, SESSION
from nasbed.studies.shards import ANEW, description_of, read_described, read_shard, write_shard

SHARD = 50
"""Seeds in a shard."""

SLICES = "slices"
"""The folder of a results folder that holds what slices of the study have stored, each in a folder of its own."""

RECORDS, TRAININGS = "records", "trainings"
"""The folders of a results folder that hold the records of live searches, and what their trainers go on from."""

_BESIDE = (locks.NAME, SESSION, LOG, SLICES, RECORDS, TRAININGS)
"""What stands in the folder of a study before all of it is joined there."""


def write_all(folder: Path | str, files: Mapping[str, Content], remedy: str = "choose another folder") -> list[Path]:
    """Write files into a folder, each as :func:`atomic_write` does; returns their paths."""
    for name, content in files.items():
        atomic_write(Path(folder) / name, content, remedy)
    return [Path(folder) / name for name in files]


def sweep(folder: Path) -> None:
    """Delete what processes that were killed had begun to write into a folder; nobody else may be writing there."""
    for left in folder.rglob(".*.tmp") if folder.is_dir() else ():
        left.unlink(missing_ok=True)


def blocks(seeds: Iterable[int]) -> dict[int, list[int]]:
    """Seeds by the first seed of their shard."""
    found: dict[int, list[int]] = {}
    for seed in sorted(seeds):
        found.setdefault(seed - seed % SHARD, []).append(seed)
    return found


class Store:
    """A results folder.

    Raises :class:`~nasbed.errors.StoreError` where the folder holds another study or a damaged shard, or is in use.
    """

    def __init__(self, folder: Path | str) -> None:
        try:
            self.folder = Path(folder)
        except TypeError:
            raise StoreError(f"folder = {shown(folder)}; expected the path of a results folder") from None
        self._named: dict[str, str] | None = None

    @property
    def record(self) -> Path:
        """The file with the study, its provenance and the series that were run."""
        return self.folder / "run.json"

    def read_record(self) -> dict[str, Any]:
        """The content of ``run.json``. Raises :class:`~nasbed.errors.StoreError` where it is missing or damaged."""
        try:
            content = json.loads(self.record.read_text(encoding="utf-8"))
        except NotADirectoryError:
            raise StoreError(f"{named(self.folder)} is a file; expected a results folder") from None
        except FileNotFoundError:
            raise StoreError(f"{named(self.folder)} {self._instead()}") from None
        except OSError as error:
            raise StoreError(
                f"{named(self.record)} cannot be read: {error.strerror}; name a results folder that you may read, or run the study"
                " with --out of another folder"
            ) from None
        except (ValueError, RecursionError) as error:
            raise StoreError(
                f"{named(self.record)} is damaged: {error}; run the study again with --out of another folder"
            ) from None
        if not isinstance(content, dict):
            raise StoreError(
                f"{named(self.record)} is damaged: not a table; run the study again with --out of another folder"
            )
        for key, expected in (("series", _TABLES), ("sessions", _TABLES), ("bounds", _TABLE), ("frames", _TABLE)):
            if key in content and not _is_one(content[key], expected):
                raise StoreError(
                    f"{named(self.record)} is damaged: {key} = {shown(content[key])}; expected {expected}; run the study again with"
                    " --out of another folder"
                )
        return content

    def _instead(self) -> str:
        """What the folder holds that has no record of a study, and what can be done with that."""
        folder = named(self.folder)
        if (self.folder / SLICES).is_dir():
            return f"holds slices that are not joined yet; join them with nasbed merge {folder}"
        searched = (self.folder / SEARCH).is_dir()
        if not searched and not (self.folder / RECORD).exists():
            return f"holds no results: run.json is missing; run a study with --out {folder}"
        held = f"a network of nasbed {'search-model' if searched else 'train'}, and no results of a study"
        if (self.folder / CARD).exists():
            return (
                f"holds {held}; its scores are in {named(self.folder / CARD)}, and nasbed predict {folder} FILE asks it"
            )
        return f"is to hold {held}; nasbed status {folder} says how far it is, and the command that began it goes on from there"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Write to the folder alone while the block lasts; reading goes on. Raises where another process writes there."""
        with suppress(OSError):  # what cannot be made is refused when the first file is written
            self.folder.mkdir(parents=True, exist_ok=True)
        with locks.alone(self.folder, "choose another folder with --out"):
            for kind in ("answers", "timings", "shards"):  # where nobody else writes
                sweep(self.folder / kind)
            yield

    def claim(self, name: str, kind: str = "study") -> None:
        """Refuse a folder that is not the study's or (``kind``) the table's of this name, or holds other files."""
        for path in (self.folder, *self.folder.parents):
            if path.exists() and not path.is_dir():
                raise StoreError(f"{named(path)} is a file; choose another folder with --out")
        if not self.folder.exists() or all(path.name in _BESIDE for path in self.folder.iterdir()):
            return
        if not self.record.exists():
            raise StoreError(
                f"{named(self.folder)} holds other files and no run.json; choose another folder with --out"
            )
        record = self.read_record()
        require_own(record, self.folder)
        held = next((other for other in ("table", "study") if other in record), "study")
        if (held, record.get(held)) != (kind, name):
            wanted = repr(name) if held == kind else f"the {kind} {name!r}"
            raise StoreError(
                f"{named(self.folder)} holds the {held} {shown(record.get(held))}, not {wanted}; choose another folder with --out"
            )

    def folder_of(self, series: Series) -> str:
        """The name of the folders of a series here: one that carries its identity, if there is any, else :func:`folder_name`."""
        if self._named is None:
            kinds = (self.folder / kind for kind in ("answers", RECORDS))
            there = (
                path.name for kind in kinds if kind.is_dir() for path in kind.iterdir() if is_folder_name(path.name)
            )
            self._named = {name.rpartition("-")[2]: name for name in sorted(there)}
        return self._named.get(series.key[:IDENTITY]) or folder_name(series)

    def path(self, kind: str, series: str, first: int) -> Path:
        """The file of a shard; ``series`` is what :meth:`folder_of` gives."""
        return self.folder / kind / series / f"seeds-{first:06d}.parquet"

    def stored(self, series: Series, first: int) -> set[int]:
        """The seeds that the shard beginning at seed ``first`` holds; none where its answers or its timings are missing."""
        path = self.path("answers", self.folder_of(series), first)
        if not path.exists() or not self.path("timings", self.folder_of(series), first).exists():
            return set()
        return set(description_of(path)["seeds"])

    def verified(self, series: Series, first: int) -> set[int]:
        """The same of shards that are whole; a damaged one is set aside, where nothing reads it, with a warning."""
        for kind in ("answers", "timings"):
            path = self.path(kind, self.folder_of(series), first)
            try:
                if path.exists():
                    shards.verified(path)
            except StoreError as error:
                reason = str(error).removesuffix(f"; {ANEW}")
                aside = path.with_name(f"{path.name}.damaged")
                try:
                    path.replace(aside)
                except OSError as refused:
                    raise StoreError(f"{reason}, and it cannot be renamed ({refused.strerror}); {ANEW}") from None
                warnings.warn(
                    f"{reason}; it is now {aside.name}, and its runs are made anew", DamageWarning, stacklevel=2
                )
        return self.stored(series, first)

    def seeds(self, series: str) -> tuple[set[int], int]:
        """The seeds that are stored of a series with their timings, and how many of its shards are damaged; ``series`` is what
        :meth:`folder_of` gives.
        """
        found: set[int] = set()
        damaged = 0
        timed = {path.name for path in (self.folder / "timings" / series).glob("seeds-*.parquet")}
        for path in (self.folder / "answers" / series).glob("seeds-*.parquet"):
            try:
                found.update(description_of(path)["seeds"] if path.name in timed else ())
            except (StoreError, TypeError):
                damaged += 1
        return found, damaged

    def write(self, series: Series, first: int, seeds: list[int], answers: Columns, timings: Columns) -> None:
        """Add runs to a shard. Timings go first, so that answers never stand without them."""
        name = self.folder_of(series)
        have = self.stored(series, first) - set(seeds)
        for kind, columns in (("timings", timings), ("answers", answers)):
            path = self.path(kind, name, first)
            if have:
                old = read_shard(path)
                keep = np.isin(old[SEED.name], sorted(have))
                columns = merge([{key: values[keep] for key, values in old.items()}, columns])
            else:
                columns = merge([columns])
            described: dict[str, Any] = {"series": series.key, "seeds": sorted(have | set(seeds))}
            if kind == "answers":
                described["content"] = series.content
                left = shortened(columns, series.load_benchmark(), series.rules.workers)
                write_shard(path, columns, described, left)
            else:
                write_shard(path, columns, described)

    def read(self, kind: str, series: str, seeds: Iterable[int]) -> Columns:
        """The records of a series for some seeds, sorted by seed; ``series`` is what :meth:`folder_of` gives."""
        parts = []
        for first, wanted in blocks(seeds).items():
            path = self.path(kind, series, first)
            if not path.exists():
                raise StoreError(f"{path} is missing; {self._completed()}")
            columns, described = read_described(path)
            if lacking := set(wanted).difference(described["seeds"]):
                raise StoreError(f"{path} lacks {len(lacking)} of {len(wanted)} runs; {self._completed()}")
            if len(wanted) < len(described["seeds"]):
                keep = np.isin(columns[SEED.name], wanted)
                columns = {name: values[keep] for name, values in columns.items()}
            parts.append(columns)
        return merge(parts)

    def _completed(self) -> str:
        """How what is missing comes to be there, in words."""
        if held := locks.holder(self.folder):
            return f"{held} is writing it: wait until it has ended, or look at what is stored with nasbed watch"
        return "run the study again to complete it, or report what there is with nasbed report --partial"

    def others(self, used: Iterable[str]) -> list[str]:
        """Stored series that are not among ``used``: other code, options or data."""
        folder = self.folder / "answers"
        return sorted({path.name for path in folder.iterdir()} - set(used)) if folder.is_dir() else []


_TABLE, _TABLES = "a table", "a list of tables"


def _is_one(value: object, expected: str) -> bool:
    """Whether a value of the record is a table, or a list of tables, as is expected."""
    if expected == _TABLE:
        return isinstance(value, dict)
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


_LETTERS = "A-Za-z0-9_.=+-"
IDENTITY = 12
"""Characters of the identity of a series that the name of its folder ends with."""


def folder_name(series: Series) -> str:
    """A readable name that carries the identity of a series, and none of the labels that a study gives."""
    return named_folder(f"{series.load_benchmark().label}--{series.strategy.use}", series.key)


def named_folder(text: str, key: str) -> str:
    """A name that says ``text`` as far as a file system can, and carries the identity ``key``."""
    return f"{re.sub(rf'[^{_LETTERS}]+', '_', text)[:80]}-{key[:IDENTITY]}"


def is_folder_name(text: str) -> bool:
    """Whether a text could be a :func:`folder_name`, and so names nothing outside the results."""
    return re.fullmatch(rf"[{_LETTERS}]{{1,80}}-[0-9a-f]{{1,12}}", text) is not None
