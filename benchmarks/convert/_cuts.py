"""How rows of trainings become columns of a table: which columns there are, and what makes each of a block of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.convert._rows import DATASETS, METRICS, ONCE, PARTS, SETS, Rows
from nasbed.benchmarks.tables.manifest import Column, Split
from nasbed.statistics.recorded import mean_of_runs

_ARBITER = 888
"""The seed whose parameters and FLOPs hold where those of the runs disagree, as in the official package."""


class Cut(NamedTuple):
    """A column, and how a block of rows becomes a block of it."""

    column: Column
    dtype: Any
    make: Callable[[np.ndarray], np.ndarray]


def cuts(rows: Rows, runs: list[int]) -> Iterator[Cut]:
    """The columns of one schedule."""
    for d, dataset in enumerate(DATASETS):
        for s, name in enumerate(SETS):
            for m in range(len(METRICS)):
                if rows.present["values"][d, :, s, m].any():
                    yield _along(rows, runs, (dataset, name), (d, s, m))
        if rows.present["times"][d].any():
            yield _training(rows, runs, dataset, d)
        for k, name in enumerate(ONCE):
            if rows.present["once"][d, :, k].any():
                yield _once(rows, runs, (dataset, name), (d, k))


def _along(rows: Rows, runs: list[int], names: tuple[str, str], place: tuple[int, int, int]) -> Cut:
    """Accuracy or loss on one set, at the epochs at which it was recorded."""
    d, s, m = place
    part, (metric, unit, direction) = PARTS[names], METRICS[m]
    at = np.flatnonzero(rows.present["values"][d, :, s, m].any(axis=0)).tolist()
    by_epoch = names[1] == "train" or at != [rows.epochs - 1]
    images = part.images if metric == "accuracy" and rows.counted[d, s] else 0
    counts_type = np.uint16 if images < 65_535 else np.uint32

    def make(block: np.ndarray) -> np.ndarray:
        values: np.ndarray = block["values"][:, d, :, s, m][:, runs][..., at if by_epoch else at[0]]
        if not images:
            return values
        counts = np.rint(values.astype(np.float64) * images / 100)
        return np.where(np.isnan(counts), np.iinfo(counts_type).max, counts)

    column = Column(
        f"{names[0]}/{rows.epochs}/{part.split}_{metric}.npy",
        metric,
        part.split,
        names[0],
        unit,
        direction,
        ["architecture", "run", *(["epoch"] if by_epoch else [])],
        f"{names[0]}, {names[1]}: {part.origin}",
        rows.epochs,
        images=images,
        at=[epoch + 1 for epoch in at] if by_epoch else [],
    )
    return Cut(column, counts_type if images else np.float32, make)


def _training(rows: Rows, runs: list[int], dataset: str, d: int) -> Cut:
    """Seconds of training: of the whole schedule where every epoch took the same, else up to each epoch."""
    steady = bool(rows.steady[d])

    def make(block: np.ndarray) -> np.ndarray:
        seconds: np.ndarray = block["times"][:, d][:, runs].cumsum(axis=-1)
        return seconds[..., -1] if steady else seconds

    column = Column(
        f"{dataset}/{rows.epochs}/training_time.npy",
        "training_time",
        "none",
        dataset,
        "s",
        "minimise",
        ["architecture", "run", *([] if steady else ["epoch"])],
        f"{dataset}: recorded seconds of {rows.epochs} epochs on the authors' GPU, without evaluations",
        rows.epochs,
        at=[] if steady else list(range(1, rows.epochs + 1)),
    )
    return Cut(column, np.float64, make)


def _once(rows: Rows, runs: list[int], names: tuple[str, str], place: tuple[int, int]) -> Cut:
    """A number of a training that has no epochs."""
    (dataset, name), (d, k) = names, place
    metric, unit, by_run = name, "M", False
    split: Split = "none"
    origin = f"{dataset}: as recorded, inconsistent on some rows; where runs disagree that of seed {_ARBITER}"
    if name == "latency":
        unit, by_run, origin = "s", True, f"{dataset}: recorded seconds of a batch on the authors' GPU"
    elif name in SETS:
        metric, split, unit, by_run = "evaluation_time", PARTS[names].split, "s", True
        origin = (
            f"{dataset}, {name}: recorded seconds of a pass over {PARTS[names].images:,} images on the authors' GPU"
        )
    stem = metric if split == "none" else f"{split}_{metric}"
    axes = ["architecture", *(["run"] if by_run else [])]
    column = Column(
        f"{dataset}/{rows.epochs}/{stem}.npy", metric, split, dataset, unit, "minimise", axes, origin, rows.epochs
    )
    arbiter = runs.index(rows.seeds.index(_ARBITER)) if rows.seeds.index(_ARBITER) in runs else None

    def make(block: np.ndarray) -> np.ndarray:
        values: np.ndarray = block["once"][:, d, :, k][:, runs]
        return values if by_run else _agreed(values, arbiter)

    return Cut(column, np.float64, make)


def latencies(rows: Rows, runs: list[int]) -> Iterator[Cut]:
    """Latencies as numbers of the architecture, which may be objectives."""
    for d, dataset in enumerate(DATASETS):
        if rows.present["once"][d, :, ONCE.index("latency")].any():
            yield _latency(rows, runs, dataset, d)


def _latency(rows: Rows, runs: list[int], dataset: str, d: int) -> Cut:
    def make(block: np.ndarray) -> np.ndarray:
        return mean_of_runs(block["once"][:, d, :, ONCE.index("latency")][:, runs])

    origin = f"{dataset}: recorded seconds of a batch on the authors' GPU, mean over the runs of {rows.epochs} epochs"
    column = Column(f"{dataset}/latency.npy", "latency", "none", dataset, "s", "minimise", ["architecture"], origin)
    return Cut(column, np.float64, make)


def _agreed(values: np.ndarray, arbiter: int | None) -> np.ndarray:
    """The number of all runs, (architectures,); where they differ in five decimals that of the run ``arbiter``, if it is there."""
    rounded = values.round(5)
    differ = np.where(np.isnan(values), -np.inf, rounded).max(axis=1) > np.where(np.isnan(values), np.inf, rounded).min(
        axis=1
    )
    return np.where(differ, np.nan if arbiter is None else values[:, arbiter], mean_of_runs(values))
