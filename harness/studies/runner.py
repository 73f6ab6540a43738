"""Runs a study: finds what is missing, sends batches of seeds to an engine, and stores shards as they complete."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import Any

from nasbed.engines.engine import Engine
from nasbed.errors import EngineError, Interrupted, WorkerDied
from nasbed.files import atomic_write
from nasbed.interrupts import held_back
from nasbed.progress import Progress, silent
from nasbed.searches.columns import Columns, merge
from nasbed.studies.batches import MEND, RECORDS, TRAININGS, described, run_batch
from nasbed.studies.provenance import SessionRecord, provenance
from nasbed.studies.series import Series
from nasbed.studies.store import Store, blocks, folder_name
from nasbed.studies.study import Study
from nasbed.vocabulary import TrainedBenchmark

BATCH = 10
"""Seeds that a worker runs before it answers; one where they train."""

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
    study: Study, store: Store, engine: Engine, fresh: bool, progress: Progress | None, command: list[str] | None
) -> tuple[SessionRecord, int]:
    """Run what a study has not stored yet, or all of it where it is ``fresh``, while this process alone writes to the folder.

    Returns the record of the session, as ``run.json`` has it, and how many runs it made. Raises what
    :func:`~nasbed.results.running.run_study` does.
    """
    plan = study.series()
    before = store.read_record() if store.record.exists() else {}
    record = provenance(
        study,
        [_described(series) for series in plan],
        engine.name,
        command,
        before.get("sessions", []),
        {} if fresh else before.get("bounds", before.get("frames", {})),
    )
    atomic_write(store.record, record.text(complete=False, runs=0))
    atomic_write(store.folder / "study.toml", study.text)

    if fresh:
        for kind in (RECORDS, TRAININGS):
            shutil.rmtree(store.folder / kind, ignore_errors=True)
    todo = [
        _Shard(series, first, missing)
        for series in plan
        for first, wanted in blocks(study.seeds).items()
        if (missing := sorted(set(wanted) - (set() if fresh else store.stored(series, first))))
    ]
    wanted = sum(len(shard.wanted) for shard in todo)

    def runs() -> int:
        return wanted - sum(len(shard.wanted) for shard in todo)

    try:
        _run(todo, store, engine, len(plan) * len(study.seeds), progress)
    finally:
        atomic_write(store.record, record.text(complete=runs() == wanted, runs=runs()))
    for left in (store.folder / TRAININGS).rglob("*.checkpoint"):
        left.unlink(missing_ok=True)  # nothing will go on with it
    return record, wanted


def _described(series: Series) -> dict[str, Any]:
    return {
        "strategy": series.strategy.label,
        "benchmark": series.benchmark.label,
        "key": series.key,
        "folder": folder_name(series),
        "content": series.content,
    }


def _run(todo: list[_Shard], store: Store, engine: Engine, total: int, progress: Progress | None) -> None:
    done = total - sum(len(shard.wanted) for shard in todo)
    progress = progress or silent
    progress("", done, total)
    if not todo:
        return
    stopped, died = False, None
    try:
        # The calls are listed before any is made, because flushing a shard shortens what it still wants.
        calls = [
            ((shard, seeds), (shard.series, seeds, str(store.folder.resolve())))
            for shard in todo
            for seeds in _batches(shard)
        ]
        for (shard, seeds), (answers, timings) in engine.completed(run_batch, calls):
            shard.batches.append((seeds, answers, timings))
            if len(shard.held()) == len(shard.wanted) or time.monotonic() - shard.since > FLUSH:
                shard.flush(store)
            done += len(seeds)
            progress(f"{shard.series.benchmark.label} {shard.series.strategy.label}", done, total)
    except KeyboardInterrupt:
        stopped = True
    except EngineError as error:
        died = error
    finally:
        try:
            with held_back():
                for shard in todo:
                    shard.flush(store)
                engine.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            stopped = True
    stored = total - sum(len(shard.wanted) for shard in todo)
    kept = f"{stored:,} of {total:,} runs are stored in {store.folder}; the same command goes on from there"
    if stopped:
        raise Interrupted(f"stopped: {kept}")
    if isinstance(died, WorkerDied):
        raise _death(died, kept)
    if died is not None:
        raise EngineError(f"{died}; {kept}") from died.__cause__


def _batches(shard: _Shard) -> list[list[int]]:
    """The seeds that are sent to a worker at a time."""
    size = 1 if isinstance(shard.series.load_benchmark(), TrainedBenchmark) else BATCH
    return [shard.wanted[i : i + size] for i in range(0, len(shard.wanted), size)]


def _death(died: WorkerDied, kept: str) -> WorkerDied:
    """What a worker was doing when it died, and what can be done about it."""
    shard, seeds = died.call
    return WorkerDied(f"a worker process died ({died}) while it ran {described(shard.series, seeds)}; {kept} ({MEND})")
