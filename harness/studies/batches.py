"""Runs some seeds of a series, in whichever process; what they leave is columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from nasbed.errors import StrategyError
from nasbed.searches.execution import execute
from nasbed.searches.result import SearchResult
from nasbed.studies.columns import Columns
from nasbed.studies.numbering import stored_type
from nasbed.studies.series import Series

MEND = "mend the strategy where it ends, kills or starts processes, or give it more memory, as by fewer workers"
"""What to do where a batch ends its worker."""


def described(series: Series, seeds: Sequence[int]) -> str:
    """What a batch runs, in words."""
    span = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
    return f"strategy {series.strategy.label!r} on {series.benchmark.label}, {span}"


def run_batch(series: Series, seeds: list[int]) -> tuple[Columns, Columns]:
    """Run some seeds of a series; called in the worker. Returns answers and timings as columns.

    Linear algebra has one thread: with more its last bits depend on how many there are, and workers would share the cores.
    """
    benchmark, strategy = series.load_benchmark(), series.load_strategy()
    try:
        with threadpool_limits(1):
            results = [execute(strategy, benchmark, series.rules, seed) for seed in seeds]
    except StrategyError as error:
        raise StrategyError(f"strategy {series.strategy.label!r} {error}") from error
    return _answers(results), _timings(results)


def _answers(results: list[SearchResult]) -> Columns:
    benchmark = results[0].benchmark
    flat = [outcome for result in results for outcome in result.outcomes]
    _, _, costs, times, trials, epochs, values, _, indices, further = zip(*flat, strict=True) if flat else ((),) * 10
    columns: Columns = {
        "seed": np.repeat([result.seed for result in results], [len(result.outcomes) for result in results]).astype(
            np.int32
        ),
        "trial": np.array(trials, dtype=np.int32),
        "architecture": np.array(indices, dtype=stored_type(benchmark.space)),
        "epochs": np.array(epochs, dtype=np.int32),
        "cost": np.array(costs, dtype=np.float64),
        "time": np.array(times, dtype=np.float64),
    }
    if benchmark.measures:
        asked = [result.measured[o.trial] if result.measured else 0 for result in results for o in result.outcomes]
        columns["measures"] = np.array(asked, dtype=np.int32)
    last = np.cumsum([len(result.outcomes) for result in results]) - 1
    columns["last"] = np.zeros(len(flat), dtype=bool)
    columns["last"][last[[result.ended and result.outcomes != () for result in results]]] = True
    for place, objective in enumerate(benchmark.objectives):
        signed = np.fromiter((row[place] for row in values), dtype=np.float64, count=len(flat))
        columns[objective.name] = objective.natural(signed)
    for place, name in enumerate(benchmark.cost_names[1:]):
        columns[name] = np.array([row[place] for row in further], dtype=np.float64)
    return columns


def _timings(results: list[SearchResult]) -> Columns:
    counts = [len(result.thinking) for result in results]
    return {
        "seed": np.repeat([result.seed for result in results], counts).astype(np.int32),
        "trial": np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
        "thinking": np.array([seconds for result in results for seconds in result.thinking], dtype=np.float32),
    }
