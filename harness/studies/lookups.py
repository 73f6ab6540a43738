"""What a table answers again, and so need not be stored: of each evaluation stays which of the recorded trainings answered it.

The values and seconds of an evaluation follow from that, its architecture and its epochs; its time on the clock of the run from
the seconds of those before it. Whoever stores records leaves out what can be had again bit for bit, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from nasbed.searches.columns import (
    ADDED,
    ARCHITECTURE,
    COST,
    EPOCHS,
    SEED,
    TIME,
    TRIAL,
    Columns,
    RecordColumn,
    answers_of,
)
from nasbed.searches.oracles import answering
from nasbed.statistics.recorded import mean_of_runs
from nasbed.vocabulary import Benchmark, TrainedBenchmark

RUN = RecordColumn("run", "int8", "which recorded training answered; their mean where it is as many as there are")

LEVELS = 32
"""Fidelities of a shard, at most, whose answers are looked up: each is held in memory as a whole."""


class Shortened(NamedTuple):
    """Records without what can be had again; ``form`` says what that is, and is empty where all is there."""

    columns: Columns
    form: dict[str, Any]


def shortened(answers: Columns, benchmark: Benchmark, workers: int) -> Shortened:
    """Records of a benchmark without what it answers again, and without the times that follow from the seconds of ``workers``
    simulated workers; all of them where it trains, or answers otherwise than its records say.
    """
    left: Columns = dict(answers)
    form: dict[str, Any] = {}
    if len(answers[SEED.name]) and not isinstance(benchmark, TrainedBenchmark) and RUN.name not in answers:
        run = _runs(answers, benchmark)
        if run is not None:
            form["looked_up"] = sorted(_looked_up(answers, run, benchmark))
            left[RUN.name] = run
        if _same(clock(answers, workers), answers[TIME.name]):
            form["workers"] = workers
    gone = {*form.get("looked_up", ()), *([TIME.name] if "workers" in form else [])}
    return Shortened({name: values for name, values in left.items() if name not in gone}, form)


def is_shortened(form: Mapping[str, Any]) -> bool:
    """Whether something was left out of records."""
    return "looked_up" in form or "workers" in form


def whole(columns: Columns, form: Mapping[str, Any], benchmark: Benchmark) -> Columns:
    """Records with what was left out of them, as ``form`` says."""
    found = dict(columns)
    if "looked_up" in form:
        found |= _looked_up(found, found.pop(RUN.name), benchmark)
    if "workers" in form:
        found[TIME.name] = clock(found, form["workers"])
    return {column.name: found[column.name] for column in answers_of(benchmark)}


def clock(records: Columns, workers: int) -> np.ndarray:
    """The time at which each evaluation arrived, (records,), where a worker begins the next as soon as it is idle; ``nan`` where a
    record would have begun after its own arrival.
    """
    _, first, count = np.unique(records[SEED.name], return_index=True, return_counts=True)
    place = np.arange(len(records[SEED.name])) - np.repeat(first, count)
    run = np.repeat(np.arange(len(count)), count)
    since = records[TRIAL.name] - workers
    seconds = np.zeros((len(count), int(count.max())))
    seconds[run, place] = records[COST.name]
    if workers == 1 and (since == place - 1).all():
        times: np.ndarray = np.cumsum(seconds, axis=1)[run, place]
        return times
    if (since >= place).any():
        return np.full(len(place), np.nan)
    begun = np.full(seconds.shape, -1)
    begun[run, place] = since
    every = np.arange(len(count))
    for column in range(seconds.shape[1]):
        before = begun[:, column]
        seconds[:, column] += np.where(before < 0, 0.0, seconds[every, np.maximum(before, 0)])
    return seconds[run, place]


class _Level(NamedTuple):
    """What a benchmark can answer at a fidelity: each objective in natural numbers and the seconds, (architectures, answers)."""

    objectives: tuple[np.ndarray, ...]
    seconds: np.ndarray


@lru_cache(maxsize=4 * LEVELS)
def _level(benchmark: Benchmark, epochs: int) -> _Level | None:
    """The answers by run, and after them their mean; ``None`` where the benchmark lists none of them, or not all."""
    with answering(benchmark, "recorded()"):
        recorded = benchmark.recorded(epochs)
    if recorded is None:
        return None
    arrays = [np.asarray(values, dtype=np.float64) for values in (*recorded[0], recorded[1])]
    most = max(values.shape[-1] for values in arrays)
    if any(values.shape not in {(benchmark.space.size, 1), (benchmark.space.size, most)} for values in arrays):
        return None

    def with_mean(values: np.ndarray) -> np.ndarray:
        if values.shape[1] == 1:
            return np.broadcast_to(values, (len(values), most + 1))
        return np.concatenate([values, mean_of_runs(values)[:, None]], axis=1)

    natural = [one.natural(values) for one, values in zip(benchmark.objectives, arrays, strict=False)]
    return _Level(tuple(map(with_mean, natural)), with_mean(arrays[-1]))


def _looked_up(records: Mapping[str, np.ndarray], run: np.ndarray, benchmark: Benchmark) -> Columns:
    """The objectives and seconds of records, of which a number of ``run`` says who answered each."""
    names = [objective.name for objective in benchmark.objectives]
    found = {name: np.empty(len(run)) for name in (*names, COST.name)}
    archs, epochs = records[ARCHITECTURE.name], records[EPOCHS.name]
    before = epochs - records[ADDED.name] if ADDED.name in records else np.zeros_like(epochs)
    for number in np.unique(epochs).tolist():
        level, rows = _level(benchmark, number), np.flatnonzero(epochs == number)
        assert level is not None
        cells = archs[rows], run[rows]
        for name, values in zip(names, level.objectives, strict=True):
            found[name][rows] = values[cells]
        found[COST.name][rows] = level.seconds[cells]
    for number in np.unique(before[before > 0]).tolist():
        level, rows = _level(benchmark, number), np.flatnonzero(before == number)
        assert level is not None
        found[COST.name][rows] -= level.seconds[archs[rows], run[rows]]
    return found


def _runs(answers: Columns, benchmark: Benchmark) -> np.ndarray | None:
    """Which of its answers a benchmark gave in each record; ``None`` where one is none of them."""
    epochs = answers[EPOCHS.name]
    fidelities = {*np.unique(epochs).tolist(), *np.unique(epochs - answers.get(ADDED.name, epochs)).tolist()} - {0}
    if len(fidelities) > LEVELS or not fidelities.issubset(benchmark.epochs):
        return None
    levels = [_level(benchmark, number) for number in fidelities]
    count = min(0 if level is None else level.seconds.shape[1] for level in levels)
    if any(level is None or level.seconds.shape[1] != count for level in levels) or count > np.iinfo(RUN.dtype).max:
        return None
    found = np.full(len(epochs), -1, dtype=RUN.dtype)
    for run in reversed(range(count)):
        again = _looked_up(answers, np.full(len(epochs), run, dtype=RUN.dtype), benchmark)
        found[np.logical_and.reduce([_equal(values, answers[name]) for name, values in again.items()])] = run
    return None if (found < 0).any() else found


def _equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where two arrays of floats hold the same bits."""
    equal: np.ndarray = np.ascontiguousarray(one).view(np.int64) == np.ascontiguousarray(other).view(np.int64)
    return equal


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(_equal(one, other).all())
