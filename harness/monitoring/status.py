"""The status of a folder: how far its work has come, whether it goes on, and what can be done next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nasbed import locks
from nasbed.benchmarks.training.trained.layout import RECORD, RECORDED, SEARCH, SETTINGS
from nasbed.errors import NasbedError, printable
from nasbed.files import read_json
from nasbed.monitoring.folders import Kind, kind_of, seeds_of, series_of, slices_of
from nasbed.monitoring.searches import SearchStatus, loaded_or_none, read_searches
from nasbed.studies.imported import origin_of
from nasbed.studies.sessions import ENDED, FAILED, LOG, RUNNING, SESSION, STOPPED
from nasbed.studies.slices import Slice
from nasbed.studies.store import RECORDS, Store
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark

LINES = 8
"""Last lines of a log that a status shows."""

MOST = 20
"""Slices that are named one by one, at most."""

KILLED = "killed"
"""The state of a session that said nothing at its end, and that no process goes on with."""


@dataclass(frozen=True)
class SeriesStatus:
    """How many runs of a series are stored, and of live searches what their records hold of the others."""

    strategy: str
    benchmark: str
    done: int
    total: int
    live: SearchStatus | None = None


@dataclass(frozen=True)
class SliceStatus:
    """How many runs a slice of a study has stored and whether these are all, who runs it, if anybody, and the ``state`` of its last
    session; ``name`` is as 3/100.
    """

    name: str
    done: int
    complete: bool
    holder: str
    state: str


@dataclass(frozen=True)
class FolderStatus:
    """The status of a folder.

    ``state`` is "running", "complete", or how the last session ended: "stopped", "failed", "killed", or "ended" where runs are
    missing all the same. ``holders`` are the processes that write. ``done`` of ``total`` counts what is stored, in ``unit``.
    ``session`` is what the last session says of itself (``session.json``), with its ``seconds_left`` as of now; ``rate`` and
    ``seconds_left`` are of all that run. ``failed`` counts evaluations of the last sessions. ``next`` says what to do.
    """

    folder: str
    kind: str
    name: str
    state: str
    holders: tuple[str, ...]
    done: int
    total: int
    unit: str
    rate: float | None
    evaluation_rate: float | None
    seconds_left: float | None
    failed: int
    retried: int
    damaged: int
    last_stored: str | None
    session: dict[str, Any]
    series: tuple[SeriesStatus, ...]
    slices: tuple[SliceStatus, ...]
    search: SearchStatus | None
    log: tuple[str, ...]
    next: str

    def data(self) -> dict[str, Any]:
        """The status as plain data, for a script or a page."""
        return asdict(self)


@dataclass(frozen=True)
class _Work:
    """What of a status depends on the kind of the folder."""

    name: str
    unit: str
    done: int
    total: int
    complete: bool
    kept: tuple[str, ...]
    series: tuple[SeriesStatus, ...] = ()
    damaged: int = 0
    search: SearchStatus | None = None


def read_status(folder: Path | str) -> FolderStatus:
    """The status of a folder that a command of ours writes, while it does or afterwards; nothing is changed there.

    Raises :class:`~nasbed.errors.StoreError` for a folder that holds nothing of ours, or whose record is damaged.
    """
    kind, path = kind_of(folder), Path(folder)
    parts = slices_of(path) if kind is Kind.STUDY else {}
    slices = list(parts.values())
    work = _WORK[kind](path, slices)
    sessions = [_session(place) for place in (path, *slices) if (place / SESSION).exists()]
    live = [one for one in sessions if one["state"] == RUNNING]
    each = tuple(_slice(part, place) for part, place in parts.items())
    holders = tuple(held for place in (path, *slices) if (held := locks.holder(place)))
    last = max(sessions, key=lambda one: str(one.get("updated"))) if sessions else {}
    broken = not holders and last.get("state") not in (None, ENDED)
    complete = work.complete and not broken and (work.done >= work.total or not work.total)
    state = RUNNING if holders else "complete" if complete else str(last.get("state", ENDED))
    done, total, unit = work.done, work.total, work.unit
    if holders and live and not slices and (live[0].get("unit") != unit or _count(live[0], "done") >= done):
        done, total, unit = _count(live[0], "done"), _count(live[0], "total"), str(live[0].get("unit", unit))
    return FolderStatus(
        str(path),
        str(kind),
        work.name,
        state,
        holders,
        done,
        total,
        unit,
        _sum(live, "rate"),
        _sum(live, "evaluation_rate"),
        max((left for one in live if (left := _number(one, "seconds_left")) is not None), default=None),
        sum(_count(one, "failed") for one in sessions),
        sum(_count(one, "retried") for one in sessions),
        work.damaged,
        _last_stored(path, slices, work.kept),
        last,
        work.series,
        each,
        work.search,
        _log(path if (path / LOG).exists() or not slices else _latest(slices)),
        _next(path, state, kind, last, each, complete),
    )


def _study(path: Path, slices: Sequence[Path]) -> _Work:
    stores = [Store(place) for place in (path, *slices) if Store(place).record.exists()]
    records = [store.read_record() for store in stores]
    wanted = set(seeds_of(records[0], stores[0].record))
    found, damaged = [], 0
    benchmarks = _benchmarks(str(records[0].get("study_text", "")))
    for entry in series_of(stores[0]):
        seeds: set[int] = set()
        for store in stores:
            held, bad = store.seeds(entry["folder"])
            seeds |= held
            damaged += bad
        label = str(entry.get("benchmark"))
        left = [
            record
            for record in sorted((path / RECORDS / entry["folder"]).glob("seed-*.jsonl"))
            if int(record.stem.removeprefix("seed-")) not in seeds
        ]
        live = read_searches(left, benchmarks(label)) if left else None
        found.append(SeriesStatus(str(entry.get("strategy")), label, len(seeds & wanted), len(wanted), live))
    done, total = sum(one.done for one in found), sum(one.total for one in found)
    name = str(records[0].get("study", path.name))
    if origin := origin_of(records[0]):
        name = f"{name}, imported from {origin}"
    kept = ("answers", RECORDS)
    if (part := records[0].get("slice")) and not slices:
        total = max(done, _count(read_json(path / SESSION), "total"))
        complete = records[0].get("complete") is True
        return _Work(
            f"{name}, slice {part}", "runs", total if complete else done, total, complete, kept, tuple(found), damaged
        )
    return _Work(name, "runs", done, total, done == total, kept, tuple(found), damaged)


def _benchmarks(text: str) -> Callable[[str], Benchmark | None]:
    """The benchmarks of a study by their labels, each loaded when it is asked for; ``None`` where that cannot be done."""

    def benchmark(label: str) -> Benchmark | None:
        try:
            study = Study.parse(text, load=False)
        except NasbedError:
            return None
        entries = {target.entry.label: target.entry for target in study.targets}
        return loaded_or_none(entries[label].use, entries[label].options) if label in entries else None

    return benchmark


def _table(path: Path, slices: Sequence[Path]) -> _Work:
    record, session = Store(path).read_record(), read_json(path / SESSION)
    complete = record.get("complete") is True
    total = _count(session, "total")
    done = total if complete else _count(session, "done")
    return _Work(str(record.get("table")), "trainings", done, total, complete, ("shards",))


def _search(path: Path, slices: Sequence[Path]) -> _Work:
    given = read_json(path / SEARCH / SETTINGS)
    options = given.get("searched")
    benchmark = None
    if isinstance(options, dict) and isinstance(options.get("use"), str):
        benchmark = loaded_or_none(options["use"], {name: one for name, one in options.items() if name != "use"})
    search = read_searches([path / SEARCH / RECORDED], benchmark)
    trained = _network(path, slices)
    settings = given.get("settings")
    strategy = settings.get("strategy", "") if isinstance(settings, dict) else ""
    return _Work(
        f"by {strategy}" if strategy else f"in {path.name}",
        trained.unit,
        trained.done,
        trained.total,
        trained.complete,
        (SEARCH, *trained.kept),
        search=search,
    )


def _network(path: Path, slices: Sequence[Path]) -> _Work:
    record, session = read_json(path / RECORD), read_json(path / SESSION)
    made = record.get("made")
    name = str(made.get("architecture", path.name)) if isinstance(made, dict) else path.name
    done, total = _count(session, "done"), _count(session, "total")
    return _Work(
        name, str(session.get("unit") or "epochs"), done, total, record.get("complete") is True, ("trainings",)
    )


_WORK: dict[Kind, Callable[[Path, Sequence[Path]], _Work]] = {
    Kind.STUDY: _study,
    Kind.TABLE: _table,
    Kind.SEARCH: _search,
    Kind.NETWORK: _network,
}


def _session(path: Path) -> dict[str, Any]:
    """What the last session of a folder says of itself; one that nobody goes on with has been killed."""
    found = read_json(path / SESSION)
    if found.get("state") not in (RUNNING, ENDED, STOPPED, FAILED):
        return {"state": ENDED}
    if found["state"] == RUNNING and not locks.holder(path):
        found["state"] = KILLED
    left, updated = _number(found, "seconds_left"), _moment(found.get("updated"))
    if left is not None and updated is not None:
        found["seconds_left"] = max(0.0, left - (datetime.now(UTC) - updated).total_seconds())
    return found


def _slice(part: Slice, path: Path) -> SliceStatus:
    session, store = _session(path), Store(path)
    done = sum(len(store.seeds(entry["folder"])[0]) for entry in series_of(store))
    complete = store.read_record().get("complete") is True
    return SliceStatus(str(part), done, complete, locks.holder(path), str(session["state"]))


def _latest(slices: Sequence[Path]) -> Path:
    """The slice whose log is the newest."""
    return max(slices, key=lambda path: (path / LOG).stat().st_mtime if (path / LOG).exists() else 0.0)


def _log(path: Path) -> tuple[str, ...]:
    try:
        with open(path / LOG, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 20_000))
            return tuple(printable(line, 400) for line in file.read().decode(errors="replace").splitlines()[-LINES:])
    except OSError:
        return ()


def _last_stored(path: Path, slices: Sequence[Path], kinds: Sequence[str]) -> str | None:
    """When a file was last written of those that hold what was made."""
    newest = 0.0
    for place in (path, *slices):
        for kind in kinds:
            for folder, _, names in os.walk(place / kind):
                for name in names:
                    if not name.startswith("."):
                        try:
                            newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime)
                        except OSError:  # it has been replaced meanwhile
                            continue
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="seconds") if newest else None


def _next(
    path: Path, state: str, kind: Kind, session: dict[str, Any], slices: Sequence[SliceStatus], complete: bool
) -> str:
    """What to do, in words with the command."""
    where = shlex.quote(str(path))
    if state == RUNNING:
        return f"it goes on; nasbed watch {where} shows it in a browser"
    if complete and slices:
        return f"all slices are complete; join them with nasbed merge {where}"
    if complete:
        ways = {Kind.STUDY: f"nasbed report {where} shows what was found", Kind.TABLE: f"the table is in {where}/table"}
        return ways.get(kind, f"{where}/README.md says how the network is used")
    words = _words(session.get("command"))
    if slices:
        count = Slice.parse(slices[0].name).count
        whole = {one.name for one in slices if one.complete}
        left = [name for number in range(1, count + 1) if (name := str(Slice(number, count))) not in whole]
        if not left:
            return f"all slices are complete, yet they lack runs, or are of other code or options; nasbed merge {where} says which"
        several = ", ".join(left[:MOST]) + (f" and {len(left) - MOST:,} more" if len(left) > MOST else "")
        return f"the slices that are not complete go on by their commands ({several}); then join all with nasbed merge {where}"
    again = f"the same command goes on: {words}" if words else "the same command goes on from what is stored"
    return f"once what it failed of is mended, {again}" if state == FAILED else again


def _words(command: Any) -> str:
    """A command as it was typed; empty where it is not known."""
    if not isinstance(command, list) or not command:
        return ""
    script, others = Path(str(command[0])), shlex.join(map(str, command[1:]))
    ours = {"nasbed": "nasbed", "__main__": "python -m nasbed"}.get(script.stem)
    return printable(f"{ours} {others}" if ours else f"python {shlex.quote(str(script))} {others}".rstrip())


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _number(content: dict[str, Any], name: str) -> float | None:
    value = content.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(content: dict[str, Any], name: str) -> int:
    return int(_number(content, name) or 0)


def _sum(sessions: Sequence[dict[str, Any]], name: str) -> float | None:
    known = [value for one in sessions if (value := _number(one, name)) is not None]
    return sum(known) if known else None
