"""Trains a space into a table: what is missing is trained over an engine, shard by shard, then a table folder is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nasbed.engines import completed, open_engine, parallelism
from nasbed.errors import EngineError, Interrupted, StoreError
from nasbed.provenance import Record, cpu_model, session
from nasbed.store import Store, atomic_write

if TYPE_CHECKING:
    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.plan import Plan
    from nasbed.benchmarks.training.shards import Shard

Progress = Callable[[str, int, int], None]
"""Called with the rate in words, trainings done and trainings in all."""


def tabulate(
    plan: Plan | Path | str,
    out: Path | str | None = None,
    *,
    engine: str = "local:1",
    device: str = "auto",
    fresh: bool = False,
    progress: Progress | None = None,
    command: list[str] | None = None,
) -> Manifest:
    """Train what is not there yet of a plan, and write its table into the folder ``table`` of ``out`` (``results/NAME``).

    ``device`` is ``cpu``, ``cuda`` or ``auto``, which is a GPU where there is one. ``fresh`` trains everything again. On a
    CPU the result depends on neither the engine nor on interruptions, but for the measured seconds.

    Raises :class:`~nasbed.errors.EngineError` without torch or the device, :class:`~nasbed.errors.DataError` for a damaged
    shard, :class:`~nasbed.errors.StoreError` where nothing can be written, :class:`~nasbed.errors.Interrupted`.
    """
    from nasbed.benchmarks.training.plan import Plan

    engine = f"local:{parallelism(engine)}"
    plan = plan if isinstance(plan, Plan) else Plan.load(plan)
    device = device_of(device)
    from nasbed.benchmarks.training import assembly

    store = Store(out if out is not None else Path("results") / plan.name)
    _claim(store, plan)
    folder = store.folder / "shards"
    parts = assembly.shards(plan)
    if fresh:
        for shard in parts:
            for ending in ("npz", "checkpoint"):
                shard.path(folder, ending).unlink(missing_ok=True)
    todo = assembly.missing(parts, folder)
    sessions = store.read_record().get("sessions", []) if store.record.exists() else []
    record = Record(
        {"table": plan.name, "study_text": plan.dump(), "sessions": sessions},
        {**session(engine, command, ("torch", "scikit-learn")), "device": device},
    )
    trained = 0

    def note(shard: Shard) -> None:
        nonlocal trained
        trained += len(shard.archs)

    atomic_write(store.record, record.text(complete=False, runs=0))
    try:
        _train(parts, todo, folder, engine, device, note, progress)
    finally:
        atomic_write(store.record, record.text(complete=False, runs=trained))
    manifest = assembly.assemble(plan, folder, store.folder / "table", _trainer(device))
    atomic_write(store.record, record.text(complete=True, runs=trained))
    return manifest


def device_of(asked: str) -> str:
    """``cpu`` or ``cuda`` for what was asked; raises :class:`~nasbed.errors.EngineError` without torch or that device."""
    if asked not in ("auto", "cpu", "cuda"):
        raise EngineError(f"unknown device {asked!r}; expected auto, cpu or cuda")
    absent = [name for module, name in (("torch", "torch"), ("sklearn", "scikit-learn")) if find_spec(module) is None]
    if absent:
        raise EngineError(f"training needs {' and '.join(absent)}; install them with pip install 'nasbed[train]'")
    import torch

    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise EngineError("device 'cuda' was asked for, but torch finds no GPU here; use cpu or auto")
    return "cuda" if there and asked != "cpu" else "cpu"


def _trainer(device: str) -> str:
    import torch

    version = torch.__version__.split("+")[0]
    if device == "cpu":
        return f"PyTorch {version}, one thread of {cpu_model()}"
    return f"PyTorch {version}, {torch.cuda.get_device_name()}"


def _claim(store: Store, plan: Plan) -> None:
    """Refuse a folder of something else, and one in which another plan of the same name has begun."""
    store.claim(plan.name, "table")
    if store.record.exists():
        from nasbed.benchmarks.training.plan import Plan

        before = Plan.parse(store.read_record()["study_text"], str(store.record))
        if differing := [name for name in vars(plan) if vars(plan)[name] != vars(before)[name]]:
            raise StoreError(
                f"{store.folder} holds another plan called {plan.name!r} ({', '.join(differing)} differ);"
                " choose another folder with --out"
            )


def _train(
    parts: list[Shard],
    todo: list[Shard],
    folder: Path,
    engine: str,
    device: str,
    note: Callable[[Shard], None],
    progress: Progress | None,
) -> None:
    from nasbed.benchmarks.training import shards

    total = sum(len(shard.archs) for shard in parts)
    done = before = total - sum(len(shard.archs) for shard in todo)
    report = progress or (lambda rate, done, total: None)
    report("", done, total)
    if not todo:
        return
    begin = time.monotonic()
    executor = open_engine(engine)
    try:
        calls = [(shard, (shard, folder, device)) for shard in todo]
        for shard, _ in completed(executor, shards.train, calls, 2 * parallelism(engine)):
            note(shard)
            done += len(shard.archs)
            report(f"{(done - before) / (time.monotonic() - begin) * 3600:,.0f} trainings an hour", done, total)
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped: {done:,} of {total:,} trainings are stored in {folder}; the same command goes on from there"
        ) from None
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
