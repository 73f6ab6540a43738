"""Runs a study: finds what is missing, sends batches of seeds to an engine, and stores shards as they complete."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasbed.engines.engine import Engine
from nasbed.errors import EngineError, Interrupted, NasbedError, StoreError, WorkerDied
from nasbed.files import atomic_write
from nasbed.interrupts import held_back
from nasbed.progress import Progress, begin, happened, silent
from nasbed.searches.columns import Columns, merge
from nasbed.studies.batches import MEND, SLOW, batch_size, counted, described, run_batch
from nasbed.studies.provenance import SessionRecord, provenance
from nasbed.studies.series import Series, distinct
from nasbed.studies.slices import Slice, seeds_of
from nasbed.studies.store import RECORDS, TRAININGS, Store, blocks, folder_name
from nasbed.studies.study import Study

FLUSH = 10.0
"""Seconds after which an incomplete shard is stored all the same."""


@dataclass
class _Shard:
    """The runs of a shard that are still to be stored."""

    series: Series
    first: int
    wanted: list[int]
    batches: list[tuple[list[int], Columns, Columns]] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def held(self) -> set[int]:
        """The seeds that have been run and are not stored yet."""
        return {seed for seeds, _, _ in self.batches for seed in seeds}

    def flush(self, store: Store) -> None:
        """Store what is held; done again, it changes nothing."""
        if self.batches:
            held = self.held()
            answers = merge([answers for _, answers, _ in self.batches])
            timings = merge([timings for _, _, timings in self.batches])
            store.write(self.series, self.first, sorted(held), answers, timings)
            self.wanted = [seed for seed in self.wanted if seed not in held]
            self.batches = []
        self.since = time.monotonic()


def run_missing(
    study: Study,
    store: Store,
    engine: Engine,
    fresh: bool,
    progress: Progress | None,
    command: list[str] | None,
    part: Slice | None = None,
) -> tuple[SessionRecord, int]:
    """Run what a study has not stored yet, or all of it where it is ``fresh``, while this process alone writes to the folder.

    A slice stores its runs in a folder of its own, and runs nothing that the whole study has. Returns the record of the session, as
    ``run.json`` has it, and how many runs it made. Raises what :func:`~nasbed.results.running.run_study` does.
    """
    plan = study.series()
    whole, store = store, store if part is None else part.store(store, study.name)
    own = None if part is None else seeds_of(part, plan, study.seeds)
    before = store.read_record() if store.record.exists() else {}
    record = provenance(
        study,
        [_described(series, store) for series in plan],
        engine.name,
        command,
        before.get("sessions", []),
        {} if fresh else before.get("bounds", before.get("frames", {})),
    )
    if part is not None:
        record.content["slice"] = str(part)
    atomic_write(store.record, record.text(complete=False, runs=0))
    atomic_write(store.folder / "study.toml", study.text)

    if fresh:
        for kind in (RECORDS, TRAININGS):
            shutil.rmtree(store.folder / kind, ignore_errors=True)
    planned = [
        (series, first, set(seeds) if own is None else own.get((folder_name(series), first), set()))
        for series in distinct(plan)
        for first, seeds in blocks(study.seeds).items()
    ]
    todo = [
        _Shard(series, first, missing)
        for series, first, seeds in planned
        if (
            missing := sorted(seeds - (set() if fresh else store.verified(series, first) | whole.stored(series, first)))
        )
    ]
    wanted = sum(len(shard.wanted) for shard in todo)

    def runs() -> int:
        return wanted - sum(len(shard.wanted) for shard in todo)

    try:
        _run(todo, store, whole.folder, engine, sum(len(seeds) for _, _, seeds in planned), progress)
    except BaseException:
        with suppress(StoreError):  # what stopped the study is told, as where the disk is full
            atomic_write(store.record, record.text(complete=False, runs=runs()))
        raise
    atomic_write(store.record, record.text(complete=True, runs=wanted))
    if part is None:  # another slice may go on with them
        for left in (store.folder / TRAININGS).rglob("*.checkpoint"):
            left.unlink(missing_ok=True)
    return record, wanted


def _described(series: Series, store: Store) -> dict[str, Any]:
    return {
        "strategy": series.strategy.label,
        "benchmark": series.benchmark.label,
        "key": series.key,
        "folder": store.folder_of(series),
        "content": series.content,
    }


def _run(todo: list[_Shard], store: Store, folder: Path, engine: Engine, total: int, progress: Progress | None) -> None:
    """Run what is wanted, and store it as it comes. ``folder`` is where live searches are recorded."""
    done = total - sum(len(shard.wanted) for shard in todo)
    progress = progress or silent
    begin(progress, "runs")
    progress("", done, total)
    if not todo:
        return
    broken: BaseException | None = None
    finished = False
    try:
        # The calls are listed before any is made, because flushing a shard shortens what it still wants.
        calls = [
            ((shard, seeds), (shard.series, seeds, str(folder.resolve())))
            for shard in todo
            for seeds in _batches(shard)
        ]
        for (shard, seeds), (answers, timings) in engine.completed(run_batch, calls):
            shard.batches.append((seeds, answers, timings))
            if len(shard.held()) == len(shard.wanted) or time.monotonic() - shard.since > FLUSH:
                shard.flush(store)
            done += len(seeds)
            happened(progress, counted(shard.series, answers))
            progress(f"{shard.series.benchmark.label} {shard.series.strategy.label}", done, total)
        finished = True
    except (KeyboardInterrupt, EngineError, StoreError) as error:
        broken = error
    finally:
        broken = _store_all(todo, store, None if finished else engine) or broken
    stored = total - sum(len(shard.wanted) for shard in todo)
    if broken is not None:
        raise _told(
            broken, f"{stored:,} of {total:,} runs are stored in {store.folder}; the same command goes on from there"
        ) from None


def _store_all(todo: list[_Shard], store: Store, engine: Engine | None) -> BaseException | None:
    """Store what is held, and end what an ``engine`` still does; returns what went wrong, or that the user stopped it."""
    broken: BaseException | None = None
    try:
        with held_back():
            for shard in todo:
                try:
                    shard.flush(store)
                except StoreError as error:
                    broken = broken or error
            if engine is not None:
                engine.shutdown(wait=True, cancel_futures=True)
    except KeyboardInterrupt as error:
        return error
    return broken


def _told(broken: BaseException, kept: str) -> NasbedError:
    """What broke a study off, with what is kept of it and what can be done."""
    if isinstance(broken, KeyboardInterrupt):
        return Interrupted(f"stopped: {kept}")
    if not isinstance(broken, WorkerDied) or broken.call is None:
        return (StoreError if isinstance(broken, StoreError) else EngineError)(f"{broken}; {kept}")
    shard, seeds = broken.call
    what = described(shard.series, seeds)
    if broken.out_of_time:
        return WorkerDied(f"a batch was ended twice ({broken}): {what}; {kept} ({SLOW})")
    return WorkerDied(f"a worker process died ({broken}) while it ran {what}; {kept} ({MEND})")


def _batches(shard: _Shard) -> list[list[int]]:
    """The seeds that are sent to a worker at a time."""
    size = batch_size(shard.series)
    return [shard.wanted[i : i + size] for i in range(0, len(shard.wanted), size)]
