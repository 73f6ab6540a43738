"""Runs some seeds of a series, in whichever process; what they leave is columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from nasbed.engines.workers.processes import Processes
from nasbed.errors import StrategyError
from nasbed.files import require_shared
from nasbed.progress import Counts
from nasbed.searches import columns
from nasbed.searches.columns import Columns
from nasbed.searches.execution import execute
from nasbed.searches.result import SearchResult
from nasbed.studies.series import Series
from nasbed.studies.store import RECORDS, TRAININGS, Store
from nasbed.vocabulary import Benchmark, SharesWeights, TrainedBenchmark

MEND = "mend the strategy where it ends, kills or starts processes, or give it more memory, as by fewer workers"
"""What to do where a batch ends its worker."""

SLOW = "give it more time, as by a larger limit_seconds, or mend the strategy where it hangs"
"""What to do where a batch takes longer than it may."""


BATCH = 10
"""Seeds that a worker runs before it answers; one where they train."""


def batch_size(series: Series) -> int:
    """The seeds of a series that a worker runs before it answers."""
    return 1 if isinstance(series.load_benchmark(), TrainedBenchmark) else BATCH


def described(series: Series, seeds: Sequence[int]) -> str:
    """What a batch runs, in words for a message: strategy, benchmark and seeds."""
    span = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
    return f"strategy {series.strategy.label!r} on {series.benchmark.label}, {span}"


def counted(series: Series, answers: Columns) -> Counts:
    """How many evaluations a batch made, and how many of them failed."""
    first = series.load_benchmark().objectives[0].name
    return Counts(len(answers[columns.SEED.name]), failed=int(np.isnan(answers[first]).sum()))


def run_batch(series: Series, seeds: list[int], folder: str | None = None) -> tuple[Columns, Columns]:
    """Run some seeds of a series; called in the worker. Returns answers and timings as columns.

    Searches on a benchmark that trains are recorded in ``folder``, the study's, and go on from what was recorded. Their trainings
    are shared by all series, so that none is made twice; under a budget of seconds each search makes its own. Without a folder
    nothing is kept.

    Linear algebra has one thread: with more its last bits depend on how many there are, and workers would share the cores.
    """
    benchmark, strategy = series.load_benchmark(), series.load_strategy()
    try:
        with _libraries(len(sys.modules)).limit(limits=1):
            results = [
                execute(strategy, benchmark, series.rules, seed, **_live(benchmark, series, seed, folder))
                for seed in seeds
            ]
    except StrategyError as error:
        raise StrategyError(f"strategy {series.strategy.label!r} {error}") from error
    return _answers(results), _timings(results)


@lru_cache(maxsize=1)
def _libraries(modules: int) -> ThreadpoolController:
    """The libraries of linear algebra in this process, which come with ``modules``: to look for them takes longer than a search."""
    return ThreadpoolController()


def _live(benchmark: Benchmark, series: Series, seed: int, folder: str | None) -> dict[str, Any]:
    """Where a search that trains makes its trainings, and where it keeps them; nothing for one that looks answers up."""
    if not isinstance(benchmark, TrainedBenchmark):
        if folder is None or not isinstance(benchmark, SharesWeights):
            return {}
        return {"trainings": require_shared(folder) / TRAININGS}
    executor = _trainers(series.rules.workers) if benchmark.supervised else None
    if folder is None:
        return {"executor": executor}
    own = Path(Store(folder).folder_of(series)) / f"seed-{seed:06d}"
    return {
        "executor": executor,
        "record": require_shared(folder) / RECORDS / own.with_suffix(".jsonl"),
        "trainings": Path(folder) / TRAININGS / (own if series.rules.budget.meter.clock else ""),
    }


@cache
def _trainers(count: int) -> Executor:
    """Processes that train, which stay for the searches to come in this process."""
    return Processes(count)


def _answers(results: list[SearchResult]) -> Columns:
    benchmark = results[0].benchmark
    counts = [len(result.outcomes) for result in results]
    flat = [outcome for result in results for outcome in result.outcomes]
    _, _, costs, times, trials, epochs, values, _, indices, further, _ = zip(*flat, strict=True) if flat else ((),) * 11
    last = np.zeros(len(flat), dtype=bool)
    last[(np.cumsum(counts) - 1)[[result.ended and result.outcomes != () for result in results]]] = True
    cells: dict[str, Any] = {
        columns.SEED.name: np.repeat([result.seed for result in results], counts),
        columns.TRIAL.name: trials,
        columns.ARCHITECTURE.name: indices,
        columns.EPOCHS.name: epochs,
        columns.COST.name: costs,
        columns.TIME.name: times,
        columns.LAST.name: last,
    }
    if benchmark.measures:
        cells[columns.MEASURES.name] = [
            result.measured[outcome.trial] if result.measured else 0
            for result in results
            for outcome in result.outcomes
        ]
    if benchmark.resumable:
        cells[columns.ADDED.name] = [result.added[outcome.trial] for result in results for outcome in result.outcomes]
    for place, objective in enumerate(benchmark.objectives):
        seen = np.fromiter((row[place] for row in values), dtype=np.float64, count=len(flat))
        cells[objective.name] = objective.natural(seen)
    for place, cost in enumerate(columns.further_costs_of(benchmark)):
        cells[cost.name] = [row[place] for row in further]
    return columns.arrays(columns.answers_of(benchmark), cells)


def _timings(results: list[SearchResult]) -> Columns:
    counts = [len(result.thinking) for result in results]
    cells = {
        columns.SEED.name: np.repeat([result.seed for result in results], counts),
        columns.TRIAL.name: np.concatenate([np.arange(count) for count in counts]),
        columns.THINKING.name: rounded([seconds for result in results for seconds in result.thinking]),
    }
    return columns.arrays(columns.TIMINGS, cells)


def rounded(seconds: Sequence[float]) -> np.ndarray:
    """Seconds to eight significant bits, so within 0.4 %: a third of what they would take on disk.

    >>> rounded([1e-6, 0.3]).tolist()
    [9.98377799987793e-07, 0.30078125]
    """
    bits = np.asarray(seconds, dtype=np.float32).view(np.uint32)
    half = np.uint32(0x7FFF) + (bits >> 16 & 1)
    return (bits + half & np.uint32(0xFFFF0000)).view(np.float32)
