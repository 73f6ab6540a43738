"""After the searches: the incumbents of benchmarks that train are trained anew, with seeds that no search used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasbed.engines.engine import Engine
from nasbed.errors import Interrupted, WorkerDied
from nasbed.files import require_shared
from nasbed.interrupts import held_back
from nasbed.progress import Progress, begin, silent
from nasbed.results.stored import RETRAININGS, Stored
from nasbed.studies.series import loaded
from nasbed.studies.store import Store
from nasbed.vocabulary import Retrained, RetrainedTogether

Call = tuple[str, dict[str, Any], int, Sequence[int], str]
"""The name of a benchmark and its options, the number of an architecture, those of the retrainings of a program, and the folder."""


def retrain_incumbents(found: Stored, store: Store, engine: Engine, progress: Progress | None) -> None:
    """Train anew what the searches of a study returned, unless that has been done; each architecture once for all of them.

    Raises :class:`~nasbed.errors.Interrupted` where Ctrl-C ends it, and :class:`~nasbed.errors.WorkerDied`; what was trained stays.
    """
    calls = wanted(found, store)
    if not calls:
        return
    progress = progress or silent
    done, finished, total = 0, True, sum(len(numbers) for _, _, _, numbers, _ in calls)
    begin(progress, "retrainings")
    progress("retraining", done, total)
    try:
        for (_, _, _, numbers, _), _ in engine.completed(_retrain, [(call, call) for call in calls]):
            done += len(numbers)
            progress("retraining", done, total)
    except KeyboardInterrupt:
        finished = False
    except WorkerDied as died:
        raise WorkerDied(
            f"a worker process died ({died}) while it trained the incumbent number {died.call[2]} of {died.call[0]} anew;"
            f" {done:,} of {total:,} retrainings are kept in {store.folder}; the same command goes on from there"
        ) from None
    finally:
        with held_back():
            engine.shutdown(wait=True, cancel_futures=True)
    if not finished:
        raise Interrupted(
            f"stopped: {done:,} of {total:,} retrainings are kept in {store.folder}; the same command goes on from there"
        )


def wanted(found: Stored, store: Store) -> list[Call]:
    """The retrainings of a study: of every architecture that a search returned, as many as its benchmark says."""
    folder = str(store.folder.resolve() / RETRAININGS)
    targets = {target.entry.label: target for target in found.study.targets}
    calls: dict[tuple[str, int], list[Call]] = {}
    for target in targets.values():
        for label, options in target.scored_on:
            benchmark = loaded(target.entry.use, options)
            if isinstance(benchmark, Retrained):
                for series in found.all_series:
                    if series.benchmark == label:
                        for index in series.runs.incumbent[series.runs.incumbent >= 0].tolist():
                            each = [[number] for number in range(benchmark.retrainings)]
                            programs = benchmark.programs(index) if isinstance(benchmark, RetrainedTogether) else each
                            calls[label, index] = [
                                (target.entry.use, options, index, numbers, folder) for numbers in programs
                            ]
    return [call for each in calls.values() for call in each]


def _retrain(use: str, options: dict[str, Any], index: int, numbers: Sequence[int], folder: str) -> None:
    """Make the retrainings of a program; called in a worker."""
    benchmark = loaded(use, options)
    assert isinstance(benchmark, Retrained)
    require_shared(Path(folder).parent)
    for number in numbers:
        benchmark.retrain(index, number, folder)
