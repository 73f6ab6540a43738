"""Trains a space into a table: what is missing is trained over an engine, shard by shard, then a table folder is written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbed.engines.engine import Engine
from nasbed.engines.opening import open_engine
from nasbed.errors import Interrupted, StoreError, WorkerDied, differences
from nasbed.files import OTHER_OR_SAME, atomic_write
from nasbed.interrupts import held_back
from nasbed.progress import Progress, begin, silent
from nasbed.studies.provenance import SessionRecord, session
from nasbed.studies.sessions import followed
from nasbed.studies.store import Store, sweep

if TYPE_CHECKING:
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.images.table.shards import TableShard
    from nasbed.benchmarks.training.plans import TablePlan


def tabulate(
    plan: TablePlan | Path | str,
    out: Path | str | None = None,
    *,
    engine: str = "here",
    device: str = "auto",
    sample: int | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    command: list[str] | None = None,
) -> Manifest:
    """Run the missing trainings of a plan, and write its table into the folder ``table`` of ``out`` (``results/NAME``).

    ``sample`` replaces that of the plan. ``device`` is ``cpu``, ``cuda`` or ``auto``, which is a GPU if there
    is one. ``fresh`` trains everything again. A plan with more seeds adds to the existing trainings. On a CPU the result depends
    on neither the engine nor interruptions, except for the measured seconds.

    Raises :class:`~nasbed.errors.EngineError` without torch or the device, :class:`~nasbed.errors.DataError` for a damaged
    shard, :class:`~nasbed.errors.StoreError` if nothing can be written or another process writes,
    :class:`~nasbed.errors.WorkerDied`, :class:`~nasbed.errors.Interrupted`.
    """
    from nasbed.benchmarks.training.device import device_of
    from nasbed.benchmarks.training.plans import load_plan

    plan = (load_plan(plan) if isinstance(plan, (str, Path)) else plan).with_sample(sample)
    device = device_of(device)
    opened = engine_on(device, engine)
    store = Store(out if out is not None else Path("results") / plan.name)
    store.claim(plan.name, "table")
    _sessions(store, plan, device)  # a folder of another plan is refused before anything is written there
    with opened, store.alone(), followed(store.folder, "tabulate", progress, command, opened.name) as session:
        return _tabulate(plan, store, opened, device, fresh, session, command)


def _tabulate(
    plan: TablePlan,
    store: Store,
    engine: Engine,
    device: str,
    fresh: bool,
    progress: Progress | None,
    command: list[str] | None,
) -> Manifest:
    from nasbed.benchmarks.training.device import trainer_of
    from nasbed.benchmarks.training.images.table import assembly
    from nasbed.benchmarks.training.plans import assembly_of

    sessions = _sessions(store, plan, device)
    folder = store.folder / "shards"
    made = assembly_of(plan)
    parts = made.shards(plan)
    if fresh:
        for shard in parts:
            for ending in ("npz", "checkpoint"):
                shard.path(folder, ending).unlink(missing_ok=True)
    todo = assembly.missing(parts, folder)
    record = SessionRecord(
        {"table": plan.name, "study_text": plan.dump(), "sessions": sessions},
        {**session(engine.name, command, ("torch", "scikit-learn")), "device": device},
    )
    atomic_write(store.record, record.text(complete=False, runs=0))
    total, left = (sum(shard.count for shard in some) for some in (parts, todo))
    before = total - left
    try:
        finished = train_shards(todo, folder, engine, device, progress, before)
    except WorkerDied as died:
        raise WorkerDied(
            f"a worker process died ({died}) while it trained {died.call.described};"
            f" {before + _stored(todo, folder):,} of {total:,} trainings are stored in {folder}; the same command (without"
            " --fresh) goes on from there (with fewer workers each has more memory)"
        ) from None
    finally:
        trained = _stored(todo, folder)
        atomic_write(store.record, record.text(complete=False, runs=trained))
    if not finished:
        raise Interrupted(
            f"stopped: {before + trained:,} of {total:,} trainings are stored in {folder}; the same command (without"
            " --fresh) goes on from there"
        )
    target = store.folder / "table"
    try:
        manifest: Manifest = made.assemble(plan, folder, target, trainer_of(device))
    except OSError as error:
        raise StoreError(
            f"cannot write {target}: {error.strerror}; make room for it, and the same command goes on from the trainings"
        ) from None
    atomic_write(store.record, record.text(complete=True, runs=trained))
    return manifest


def engine_on(device: str, engine: str) -> Engine:
    """The engine of a text; where no number of processes is asked for, a GPU gets one."""
    return open_engine("local:1" if (device, engine) == ("cuda", "local") else engine)


def _sessions(store: Store, plan: TablePlan, device: str) -> list[dict[str, Any]]:
    """The sessions before this one. Refuses a folder of another plan, and of another device."""
    from nasbed.benchmarks.training.plans import parse_plan

    if not store.record.exists():
        return []
    record = store.read_record()
    text, sessions = record.get("study_text"), record.get("sessions")
    if not isinstance(text, str) or not isinstance(sessions, list) or not all(isinstance(s, dict) for s in sessions):
        raise StoreError(f"{store.record} is damaged: no study_text or sessions; choose another folder with --out")
    before = parse_plan(text, str(store.record))
    held, asked = (
        {name: value for name, value in asdict(one).items() if name not in plan.free} for one in (before, plan)
    )
    if differing := "; ".join(differences(held, asked)):
        raise StoreError(f"{store.folder} holds another plan called {plan.name!r}: {differing}; {OTHER_OR_SAME}")
    if others := sorted({str(session.get("device")) for session in sessions} - {device}):
        raise StoreError(
            f"the trainings in {store.folder} were made on {', '.join(others)}, not {device}; go on with --device {others[0]},"
            " or choose another folder with --out"
        )
    return sessions


def _stored(shards: Sequence[TableShard], folder: Path) -> int:
    """Trainings of these shards that are on disk."""
    return sum(shard.count for shard in shards if shard.path(folder).exists())


def train_shards(
    shards: Sequence[TableShard], folder: Path, engine: Engine, device: str, progress: Progress | None, before: int = 0
) -> bool:
    """Train shards into ``folder`` over an engine; false where Ctrl-C ended it. ``progress`` counts trainings beyond ``before``."""
    from nasbed.benchmarks.training.images.table.shards import train

    done, total = before, before + sum(shard.count for shard in shards)
    progress = progress or silent
    begin(progress, "trainings")
    progress("", done, total)
    if not shards:
        return True
    began = time.monotonic()
    finished = True
    try:
        calls = [(shard, (shard, folder.resolve(), device)) for shard in shards]
        for shard, _ in engine.completed(train, calls):
            done += shard.count
            progress(f"{(done - before) / (time.monotonic() - began) * 3600:,.0f} trainings an hour", done, total)
    except KeyboardInterrupt:
        finished = False
    finally:
        try:
            with held_back():
                engine.shutdown(wait=True, cancel_futures=True)
                sweep(folder)
        except KeyboardInterrupt:
            finished = False
    return finished
