"""A folder of archived runs: a manifest of what was run by which code under which protocol, and a file of numbers a benchmark."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.errors import StoreError, named, require_name, shown, unknown
from nasbed.files import atomic_write
from nasbed.results.archive.packed import PackedRuns

MANIFEST = "archive.json"
FORMAT = 1
"""The form of the manifest and the files; an archive of another is refused."""

RESTORE = "restore it from version control, or make it anew with studies/archive.py"


@dataclass(frozen=True)
class ArchivedSeries:
    """The runs of one strategy on one benchmark: what was run (``content``, as :attr:`Series.content
    <nasbed.studies.series.Series.content>` has it), the ``seeds`` from ``first`` on, and where the runs are.

    ``sees_budget`` says that the strategy begins otherwise under a smaller budget, so that its runs cannot be read at one.
    """

    strategy: str
    benchmark: str
    version: str
    key: str
    content: Mapping[str, Any]
    options: Mapping[str, Any]
    first: int
    seeds: int
    answers: int
    epochs: int
    sees_budget: bool
    digest: str

    def numbers(self) -> range:
        """The seeds of the runs."""
        return range(self.first, self.first + self.seeds)

    @property
    def use(self) -> str:
        """What the strategy is, whatever its label."""
        return str(self.content["strategy"]["use"])

    @property
    def source(self) -> str:
        """The beginning of the digest of the strategy's code."""
        return str(self.content["strategy"]["source"])[:12]


@dataclass
class Archive:
    """What a folder holds, read by :meth:`load`: the ``protocol`` that all its searches have, and its series.

    Raises :class:`~nasbed.errors.StoreError` where the folder is damaged, or of another format.
    """

    folder: Path
    protocol: Mapping[str, Any] = field(default_factory=dict)
    series: list[ArchivedSeries] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | str | None = None, *, new: bool = False) -> Archive:
        """The archive in a folder, by default the one that ships with nasbed; where there is none yet and it may be ``new``, an
        empty one.
        """
        where = Path(folder) if folder is not None else shipped_folder()
        path = where / MANIFEST
        if where.is_file():
            raise StoreError(f"{named(where)} is a file; expected the folder of an archive")
        if not path.exists():
            filled = where.is_dir() and any(where.iterdir())
            if folder is None or not new or filled:
                remedy = RESTORE if folder is None else _begin(where, filled)
                raise StoreError(f"{named(where)} holds no archive: {MANIFEST} is missing; {remedy}")
            return cls(where)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise StoreError(
                    f"{named(path)} has the format {shown(content['format'])}; this version of nasbed reads {FORMAT}; {RESTORE}"
                )
            return cls(
                where, content["protocol"], [ArchivedSeries(**one) for one in content["series"]], content["files"]
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{named(path)} is damaged ({error}); {RESTORE}") from None

    @property
    def strategies(self) -> list[str]:
        """The labels of the strategies, each once."""
        return list(dict.fromkeys(one.strategy for one in self.series))

    def of(self, strategy: str) -> dict[str, ArchivedSeries]:
        """The series of a strategy by benchmark; raises :class:`~nasbed.errors.UnknownNameError`."""
        found = {one.benchmark: one for one in self.series if one.strategy == strategy}
        if not found:
            raise unknown("strategy", strategy, self.strategies, "the archive")
        return found

    def series_named(self, names: Sequence[str]) -> list[ArchivedSeries]:
        """The series of some strategies, by their labels or by what they are, or all where none is named; raises
        :class:`~nasbed.errors.UnknownNameError`.
        """
        known = list(dict.fromkeys([*self.strategies, *(one.use for one in self.series)]))
        for name in names:
            require_name("strategy", name, known, "the archive")
        return [one for one in self.series if not names or one.strategy in names or one.use in names]

    def runs(self, series: ArchivedSeries) -> PackedRuns:
        """The runs of a series, verified against the checksum of their file."""
        arrays = self._arrays(series.benchmark)
        try:
            planes, counts, ended = (arrays[f"{series.key}.{name}"] for name in ("planes", "count", "ended"))
        except KeyError as error:
            raise StoreError(
                f"{named(self.folder / self.files[series.benchmark]['file'])} lacks {error}; {RESTORE}"
            ) from None
        return PackedRuns(planes, counts, ended, series.answers, series.epochs)

    def put(self, entries: Sequence[tuple[ArchivedSeries, PackedRuns]], protocol: Mapping[str, Any]) -> None:
        """Add series and write the folder: the files of numbers first, the manifest last. The same series give the same bytes."""
        files = {label: self._arrays(label) for label in self.files}
        for series, runs in entries:
            parts = {"planes": runs.planes, "count": runs.counts, "ended": runs.ended}
            files.setdefault(series.benchmark, {}).update({f"{series.key}.{name}": of for name, of in parts.items()})
        self.series = sorted(
            [*self.series, *(series for series, _ in entries)], key=lambda one: (one.benchmark, one.strategy)
        )
        self.protocol = protocol
        for label in dict.fromkeys(series.benchmark for series, _ in entries):
            content, name = _dumped(files[label]), f"{label.replace('/', '-')}.npz"
            atomic_write(self.folder / name, content, "name another folder")
            self.files[label] = {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest = {
            "format": FORMAT,
            "protocol": self.protocol,
            "files": dict(sorted(self.files.items())),
            "series": [asdict(one) for one in self.series],
        }
        text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        atomic_write(self.folder / MANIFEST, text, "name another folder")

    def _arrays(self, benchmark: str) -> dict[str, np.ndarray]:
        about = self.files[benchmark]
        path = self.folder / about["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{named(path)} cannot be read: {error.strerror}; {RESTORE}") from None
        if hashlib.sha256(content).hexdigest() != about["sha256"]:
            raise StoreError(f"{named(path)} is damaged: its SHA-256 is not that of the manifest; {RESTORE}")
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return dict(found)


def shipped_folder() -> Path:
    """Where the archive lies that ships with nasbed: beside the package, or in the checkout."""
    package = Path(__file__).parents[2]
    installed = package / "archived"
    return installed if installed.is_dir() else package.parent / "results" / "archive"


def _begin(folder: Path, filled: bool) -> str:
    """What can be done where a folder of one's own holds no archive; it begins in one that is new or empty."""
    if filled:
        return "name its folder, or for a new archive one that is not there yet or is empty"
    return f"nasbed archive add RESULTS --archive-folder {named(folder)} begins one with the runs of a results folder"


def _dumped(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as the bytes of an ``.npz`` file, in the order of their names."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(arrays):
            one = io.BytesIO()
            np.save(one, arrays[name], allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), one.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return sink.getvalue()
