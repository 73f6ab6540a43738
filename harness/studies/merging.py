"""Joins what parts of a study have stored, in slices or in folders of several machines, into one results folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.errors import StoreError, named, shown
from nasbed.files import atomic_write
from nasbed.progress import Progress, silent
from nasbed.searches.columns import SEED, Columns, merge
from nasbed.studies.batches import described
from nasbed.studies.imported import require_own
from nasbed.studies.series import Series, distinct
from nasbed.studies.slices import Slice, stored_slices
from nasbed.studies.store import RECORDS, SLICES, TRAININGS, Store, blocks
from nasbed.studies.study import Study

_NAMED = 20
"""Slices that a message names, at most."""

_COPIED = (RECORDS, TRAININGS)
"""What live searches keep beside their answers, so that nothing is trained again."""


@dataclass(frozen=True)
class _Piece:
    """A shard of the study: the seeds that it should hold, and those that each folder holds of it."""

    series: Series
    first: int
    wanted: list[int]
    holders: dict[Path, set[int]]

    @property
    def missing(self) -> list[int]:
        """The seeds that no folder holds."""
        return sorted(set(self.wanted).difference(*self.holders.values()))


@dataclass(frozen=True)
class Merged:
    """What a merge has made: how many runs the folder holds now, of how many, from how many folders."""

    folder: Path
    study: str
    runs: int
    wanted: int
    sources: int


def merge_folders(
    folders: Sequence[Path | str],
    out: Path | str | None = None,
    *,
    partial: bool = False,
    progress: Progress | None = None,
) -> Merged:
    """Join results folders of one study, with the slices that they hold, into the folder ``out``.

    Without ``out`` a single folder takes in its own slices, whose folders are then deleted; folders joined into another one stay.
    A run that several folders hold is kept once, and must have the same answers in all of them. Nothing is written unless every run
    of the study is there; with ``partial`` existing runs are joined. Slices may have more seeds than their folder, which then has
    theirs. The answers are the files that one command would have made.

    Raises :class:`~nasbed.errors.StoreError` if folders are of different studies, or were made by other code, data or options
    than those here; if runs are missing; if answers of one run differ; and if a folder is being written.
    """
    given = list({folder.resolve(): folder for folder in map(_folder, folders)}.values())
    if not given:
        raise StoreError("folders = []; expected results folders to join")
    if out is None and len(given) > 1:
        raise StoreError(f"{len(given)} folders and nothing says which takes in the others; name one with --out")
    target = Store(given[0] if out is None else out)
    target = next((Store(folder) for folder in given if folder.resolve() == target.folder.resolve()), target)
    records = {
        path: Store(path).read_record()
        for folder in dict.fromkeys((*given, target.folder))
        for path in _holding_results(folder)
    }
    if not records:
        raise StoreError(f"{named(given[0])} holds no results and no slices; expected what nasbed run has stored")
    for path, record in records.items():
        require_own(record, path, "leave it out")
    records = _grown(records)
    study = _study(records)
    plan = study.series()
    for path, record in records.items():
        _require_series(path, record, plan, study)
    target.claim(study.name)
    merged = _merge(target, records, study, plan, partial, progress or silent)
    for folder in given:
        if folder != target.folder:
            _copy(folder, target.folder)
    return merged


def take_in_slices(store: Store, study: Study) -> None:
    """Join the slices that a results folder holds, before a study goes on there; those of other code or options stay there."""
    plan, records = study.series(), {}
    for path in _holding_results(store.folder):
        record = Store(path).read_record()
        with suppress(StoreError):
            if path != store.folder:
                _require_series(path, record, plan, study)
            records[path] = record
    if records.keys() - {store.folder}:
        _merge(store, records, study, plan, True, silent)


def _merge(
    target: Store,
    records: dict[Path, dict[str, Any]],
    study: Study,
    plan: Sequence[Series],
    partial: bool,
    progress: Progress,
) -> Merged:
    """Write into the target what the folders of the records hold of a study, and delete its slices."""
    with ExitStack() as held:
        for path in dict.fromkeys((target.folder, *records)):
            held.enter_context(Store(path).alone())
        pieces = _pieces(plan, study, list(records), target)
        if not partial:
            _require_all(pieces, records)
        for piece in pieces:
            _require_same(piece)
        for done, piece in enumerate(pieces):
            progress(f"{piece.series.benchmark.label} {piece.series.strategy.label}", done, len(pieces))
            _join(target, piece)
        progress("", len(pieces), len(pieces))
        wanted = sum(len(piece.wanted) for piece in pieces)
        missing = sum(len(piece.missing) for piece in pieces)
        _write_record(target, plan, study, records, complete=not missing)
        for _, path in stored_slices(target.folder):
            if path in records and _within(records[path], study):
                shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):  # others are left
            (target.folder / SLICES).rmdir()
    return Merged(target.folder, study.name, wanted - missing, wanted, len(records))


def _within(record: dict[str, Any], study: Study) -> bool:
    """Whether a study has all seeds of a record, so that nothing of it is left."""
    seeds = record["seeds"]
    return set(range(seeds["first"], seeds["first"] + seeds["count"])) <= set(study.seeds)


def _folder(given: Path | str) -> Path:
    try:
        folder = Path(given)
    except TypeError:
        raise StoreError(f"folder = {shown(given)}; expected the path of a results folder") from None
    if not folder.is_dir():
        raise StoreError(f"{named(folder)} is no folder; expected a results folder")
    return folder


def _holding_results(folder: Path) -> Iterator[Path]:
    """The folders that hold results: the folder itself, where it has any, and its slices."""
    if Store(folder).record.exists():
        yield folder
    for _, path in stored_slices(folder):
        if Store(path).record.exists():
            yield path


def _grown(records: dict[Path, dict[str, Any]]) -> dict[Path, dict[str, Any]]:
    """Records in which a folder that had a study with fewer seeds has as many as the slices that were run into it since."""
    grown = dict(records)
    for path, record in records.items():
        for _, place in stored_slices(path):
            part = records.get(place, {})
            (first, count), (begin, more) = _span(record), _span(part)
            if part.get("study") == record.get("study") and first == begin and count < more:
                grown[path] = {**record, "seeds": part["seeds"], "study_text": part.get("study_text")}
    return grown


def _span(record: dict[str, Any]) -> tuple[int, int]:
    """The first seed of a record and how many it has; -1 and 0 where it does not say."""
    seeds = record.get("seeds")
    first, count = (seeds.get("first"), seeds.get("count")) if isinstance(seeds, dict) else (None, None)
    return (first, count) if isinstance(first, int) and isinstance(count, int) else (-1, 0)


def _study(records: dict[Path, dict[str, Any]]) -> Study:
    """The one study that all records are of, with its seeds."""
    (first, record), *others = records.items()
    for path, other in others:
        for key in ("study", "seeds"):
            if other.get(key) != record.get(key):
                raise StoreError(
                    f"{named(path)} and {named(first)} are of different studies: {key} is {_said(other.get(key))} there and"
                    f" {_said(record.get(key))} here; join folders of one study, run with the same seeds"
                )
    text, seeds = record.get("study_text"), record.get("seeds")
    if not isinstance(text, str) or not isinstance(seeds, dict) or "count" not in seeds:
        raise StoreError(f"{named(Store(first).record)} is damaged: it lacks the study; run that part again")
    return Study.parse(text, named(Store(first).record)).with_seeds(seeds["count"])


def _said(value: object) -> str:
    """What a record has as its study or its seeds, in words."""
    if isinstance(value, dict) and isinstance(value.get("count"), int):
        first = value.get("first", 0)
        return f"{first} to {first + value['count'] - 1}"
    return shown(value)


def _require_series(path: Path, record: dict[str, Any], plan: Sequence[Series], study: Study) -> None:
    """Raises where the series of a folder are others than those of the study, or were run by other code, data or options."""
    entries = {entry.get("key"): entry for entry in record.get("series", [])}
    ours = {series.key: series for series in plan}
    by_labels = {(entry.get("benchmark"), entry.get("strategy")): entry for entry in record.get("series", [])}
    for series in plan:
        label, strategy = series.benchmark.label, series.strategy.label
        entry = by_labels.get((label, strategy))
        if entry is not None and series.key not in entries and entry.get("key") not in ours:
            content = entry["content"] if isinstance(entry.get("content"), dict) else {}
            changed = ", ".join(part for part, value in series.content.items() if value != content.get(part))
            raise StoreError(
                f"{named(path)}: {strategy} on {label} was run by other code, data or options ({changed or 'all'} differ); join it"
                " with the version and the study that ran it, or run it again"
            )
    if entries.keys() != ours.keys():
        alone = {key: (series.benchmark.label, series.strategy.label) for key, series in ours.items()}
        alone |= {key: (str(entry.get("benchmark")), str(entry.get("strategy"))) for key, entry in entries.items()}
        label, strategy = min(alone[key] for key in entries.keys() ^ ours.keys())
        raise StoreError(
            f"{named(path)} is of another form of the study {study.name!r}: {strategy} on {label} is in one of them only; join"
            " folders of one study"
        )


def _pieces(plan: Sequence[Series], study: Study, sources: Sequence[Path], target: Store) -> list[_Piece]:
    """Every shard of the study, with who holds what of it; damaged ones within the target's folder are set aside."""
    seen = {
        path: Store(path).verified if path.is_relative_to(target.folder) else Store(path).stored for path in sources
    }
    return [
        _Piece(
            series,
            first,
            seeds,
            {path: held for path, seeds_in in seen.items() if (held := seeds_in(series, first) & set(seeds))},
        )
        for series in distinct(plan)
        for first, seeds in blocks(study.seeds).items()
    ]


def _require_all(pieces: Sequence[_Piece], records: dict[Path, dict[str, Any]]) -> None:
    """Raises where runs of the study are in no folder, naming the slices that would have made them."""
    if not (lacking := [piece for piece in pieces if piece.missing]):
        return
    of_slices = [
        (Slice.parse(record["slice"]), record.get("complete")) for record in records.values() if "slice" in record
    ]
    done = {part for part, complete in of_slices if complete}
    open_ = [
        str(part)
        for count in sorted({part.count for part, _ in of_slices})
        for number in range(1, count + 1)
        if (part := Slice(number, count)) not in done
    ]
    missing, wanted = (
        sum(map(len, counted)) for counted in zip(*((one.missing, one.wanted) for one in pieces), strict=True)
    )
    raise StoreError(
        f"{missing:,} of {wanted:,} runs are in no folder, as {described(lacking[0].series, lacking[0].missing)}; run what is"
        f" missing{_slices(open_)}, or join what there is with --partial, after which nasbed run"
        " makes the rest"
    )


def _slices(names: Sequence[str]) -> str:
    """Slices in brackets, for a message; of many the first."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f" (slices {', '.join(names[:_NAMED])}{more})" if names else ""


def _require_same(piece: _Piece) -> None:
    """Raises where folders hold different answers to one run."""
    for (one, ours), (other, theirs) in combinations(piece.holders.items(), 2):
        if both := sorted(ours & theirs):
            answers = [_read("answers", path, piece.series, both) for path in (one, other)]
            for seed in both:
                if not _same(answers[0], answers[1], seed):
                    raise StoreError(
                        f"{named(one)} and {named(other)} hold different answers to {described(piece.series, [seed])}; delete the"
                        " folder that is not to be trusted, and run the study again"
                    )


def _join(target: Store, piece: _Piece) -> None:
    """Write the runs of a shard that the target lacks."""
    there = piece.holders.get(target.folder, set())
    taken: set[int] = set(there)
    answers, timings = [], []
    for path, held in piece.holders.items():
        if new := sorted(held - taken):
            answers.append(_read("answers", path, piece.series, new))
            timings.append(_read("timings", path, piece.series, new))
            taken.update(new)
    if new := sorted(taken - there):
        target.write(piece.series, piece.first, new, merge(answers), merge(timings))


def _read(kind: str, folder: Path, series: Series, seeds: Sequence[int]) -> Columns:
    """What a folder has stored of some seeds of a series."""
    store = Store(folder)
    return store.read(kind, store.folder_of(series), seeds)


def _of(columns: Columns, seeds: Collection[int]) -> Columns:
    """The records of some seeds."""
    keep = np.isin(columns[SEED.name], sorted(seeds))
    return {name: values[keep] for name, values in columns.items()}


def _same(one: Columns, other: Columns, seed: int) -> bool:
    """Whether two folders hold the same answers to the run of a seed."""
    ours, theirs = _of(one, [seed]), _of(other, [seed])
    return ours.keys() == theirs.keys() and all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


def _copy(folder: Path, target: Path) -> None:
    """Copy what live searches have kept, but for what is there."""
    for kind in _COPIED:
        for path in sorted((folder / kind).rglob("*")):
            there = target / path.relative_to(folder)
            if path.is_file() and not there.exists():
                atomic_write(there, path.read_bytes())


def _write_record(
    target: Store, plan: Sequence[Series], study: Study, records: dict[Path, dict[str, Any]], complete: bool
) -> None:
    """Write the record of the whole, with the sessions of all its parts, each once."""
    sessions: dict[str, dict[str, Any]] = {}
    for record in records.values():
        for session in record.get("sessions", []):
            sessions.setdefault(json.dumps(session, sort_keys=True), session)
    first, names = next(iter(records.values())), {series.key: target.folder_of(series) for series in plan}
    content = {
        **{key: value for key, value in first.items() if key != "slice"},
        "series": [{**entry, "folder": names[entry["key"]]} for entry in first["series"]],
        "complete": complete,
        "sessions": sorted(sessions.values(), key=lambda session: str(session.get("started"))),
    }
    atomic_write(target.record, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    atomic_write(target.folder / "study.toml", study.text)
