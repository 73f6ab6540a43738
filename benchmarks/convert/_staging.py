"""Trainings of official files on their way into columns: gathered on disk, one row an architecture, then turned.

Which seeds and epochs were recorded, and whether accuracies are counts of images, is known only at the end. So rows of a
fixed size hold all that may be there, and the columns are cut from them block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from nasbed.benchmarks.convert._folder import ColumnFile
from nasbed.benchmarks.tables.manifest import Column, Split
from nasbed.errors import DataError
from nasbed.progress import Progress
from nasbed.statistics.recorded import mean_of_runs

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
SETS = ("train", "x-valid", "x-test", "ori-test")
METRICS: tuple[tuple[str, str, Literal["maximise", "minimise"]], ...] = (
    ("accuracy", "%", "maximise"),
    ("loss", "nats", "minimise"),
)
ONCE = (*SETS[1:], "latency", "recorded_parameters", "recorded_flops")
"""Numbers of a training that have no epochs: seconds of a pass over each set, seconds of a batch, and millions."""
_FIELDS = ("values", "times", "once")
_BLOCK = 8 << 20
_ARBITER = 888
"""The seed whose parameters and FLOPs hold where those of the runs disagree, as in the official package."""


class ImageSet(NamedTuple):
    """An evaluation set of a data set: what it is, its images, and what was trained on what."""

    split: Split
    images: int
    origin: str


_HELD: dict[tuple[str, str], tuple[Split, int, str]] = {
    ("cifar10-valid", "train"): ("train", 25_000, "trained on 25,000 images, evaluated on the same during training"),
    ("cifar10-valid", "x-valid"): ("validation", 25_000, "trained on 25,000 images, evaluated on the other 25,000"),
    ("cifar10-valid", "ori-test"): ("test", 10_000, "trained on 25,000 images, evaluated on the 10,000 test images"),
    ("cifar10", "train"): ("train", 50_000, "trained on 50,000 images, evaluated on the same during training"),
    ("cifar10", "ori-test"): ("test", 10_000, "trained on 50,000 images, evaluated on the 10,000 test images"),
    ("cifar100", "train"): ("train", 50_000, "trained on 50,000 images, evaluated on the same during training"),
    ("cifar100", "x-valid"): ("validation", 5_000, "trained on 50,000 images, evaluated on 5,000 of the test images"),
    ("cifar100", "x-test"): ("test", 5_000, "trained on 50,000 images, evaluated on the other 5,000 test images"),
    ("cifar100", "ori-test"): ("mixture", 10_000, "trained on 50,000 images, evaluated on x-valid and x-test together"),
    ("ImageNet16-120", "train"): ("train", 151_700, "trained on 151,700 images, evaluated on the same during training"),
    ("ImageNet16-120", "x-valid"): ("validation", 3_000, "trained on 151,700 images, evaluated on 3,000 validation images"),
    ("ImageNet16-120", "x-test"): ("test", 3_000, "trained on 151,700 images, evaluated on the other 3,000 validation images"),
    ("ImageNet16-120", "ori-test"): ("mixture", 6_000, "trained on 151,700 images, evaluated on x-valid and x-test together"),
}  # fmt: skip
PARTS = {key: ImageSet(*held) for key, held in _HELD.items()}
"""The evaluation sets of each data set; the others do not exist."""
IMAGES = np.array([[PARTS[d, s].images if (d, s) in PARTS else 0 for s in SETS] for d in DATASETS])


class Trial(NamedTuple):
    """One training: ``values`` (sets, metrics, epochs) in percent and nats, ``times`` seconds of each epoch of training, and
    ``once`` as in ``ONCE``; ``nan`` where nothing was recorded. ``counted`` says of each set whether its accuracies are
    counts of images.
    """

    dataset: str
    seed: int
    epochs: int
    values: np.ndarray
    times: np.ndarray
    once: np.ndarray
    counted: np.ndarray


class Rows:
    """The rows of one schedule in a file, and what occurs in them."""

    def __init__(self, path: Path, epochs: int, seeds: Sequence[int], architectures: int) -> None:
        cells = (len(DATASETS), len(seeds))
        self.row = np.dtype(
            [
                ("values", "<f4", (*cells, len(SETS), len(METRICS), epochs)),
                ("times", "<f8", (*cells, epochs)),
                ("once", "<f8", (*cells, len(ONCE))),
            ]
        )
        self.buffer = np.zeros((), dtype=self.row)
        self.epochs = epochs
        self.seeds = seeds
        self.made = np.zeros(architectures, dtype=bool)
        self.datasets: set[str] = set()
        self.present = {name: np.zeros(self.row[name].shape, dtype=bool) for name in _FIELDS}
        self.counted = np.ones((len(DATASETS), len(SETS)), dtype=bool)
        self.steady = np.ones(len(DATASETS), dtype=bool)
        self.path = path
        self.file = path.open("wb")

    def add(self, index: int, trials: Sequence[Trial]) -> None:
        """Store the trainings of one architecture."""
        datasets = {trial.dataset for trial in trials}
        if self.made[index]:
            raise DataError(f"architecture {index} has two records of {self.epochs} epochs")
        if self.datasets and datasets != self.datasets:
            here, before = (", ".join(d for d in DATASETS if d in names) for names in (datasets, self.datasets))
            raise DataError(
                f"the {self.epochs}-epoch trainings of architecture {index} are on {here}, those before on {before}:"
                " files of different versions are mixed"
            )
        row = self.buffer
        for name in _FIELDS:
            row[name] = np.nan
        for trial in trials:
            d, run = DATASETS.index(trial.dataset), self.seeds.index(trial.seed)
            with np.errstate(over="ignore"):  # the loss of a training that diverged
                row["values"][d, run] = trial.values
            row["times"][d, run] = trial.times
            row["once"][d, run] = trial.once
            self.counted[d] &= trial.counted
            self.steady[d] &= bool((trial.times == trial.times[0]).all() or np.isnan(trial.times).all())
        for name, present in self.present.items():
            present |= ~np.isnan(row[name])
        self.file.seek(index * self.row.itemsize)
        self.file.write(row.tobytes())
        self.datasets = datasets
        self.made[index] = True

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows, block by block; ``nan`` where an architecture is absent."""
        self.file.truncate(len(self.made) * self.row.itemsize)
        self.file.close()
        step = max(1, _BLOCK // self.row.itemsize)
        nothing = np.zeros(step, dtype=self.row)
        for name in _FIELDS:
            nothing[name] = np.nan
        for start in range(0, len(self.made), step):
            made = self.made[start : start + step]
            block = nothing[: len(made)]
            if made.any():
                block = np.fromfile(self.path, self.row, step, offset=start * self.row.itemsize)
                block[~made] = nothing[0]
            yield block


class Staging:
    """The rows of all schedules, in files of ``folder`` until :meth:`cut` makes the columns there in their place."""

    def __init__(self, folder: Path, schedules: Sequence[int], seeds: Sequence[int], architectures: int) -> None:
        self.folder = folder
        self.seeds = seeds
        self.rows = {epochs: Rows(folder / f".rows-{epochs}", epochs, seeds, architectures) for epochs in schedules}

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *error: object) -> None:
        for rows in self.rows.values():
            rows.file.close()

    def add(self, index: int, trials: Sequence[Trial]) -> None:
        """Store the trainings of one architecture after one schedule."""
        self.rows[trials[0].epochs].add(index, trials)

    @property
    def size(self) -> int:
        """How many bytes all rows take on disk."""
        return sum(rows.row.itemsize * len(rows.made) for rows in self.rows.values())

    @property
    def used(self) -> list[int]:
        """The positions of the seeds that occur."""
        seen = [rows.present["values"].any(axis=(0, 2, 3, 4)) for rows in self.rows.values()]
        return [int(run) for run in np.flatnonzero(np.logical_or.reduce(seen))]

    def cut(self, progress: Progress) -> list[Column]:
        """The columns, once everything is stored; ``progress`` counts their rows."""
        done: list[Column] = []
        for rows in self.rows.values():
            cuts = [*_cuts(rows, self.used), *(_latencies(rows, self.used) if rows.epochs == max(self.rows) else [])]
            sizes = {"architecture": len(rows.made), "run": len(self.used)}
            files = []
            for column, dtype, _ in cuts:
                shape = tuple((sizes | {"epoch": len(column.at)})[axis] for axis in column.axes)
                files.append(ColumnFile(self.folder, column, np.dtype(dtype), shape))
            finished = 0
            for block in rows.blocks():
                for (_, _, make), file in zip(cuts, files, strict=True):
                    file.append(make(block))
                finished += len(block)
                progress("writing", finished, len(rows.made))
            rows.path.unlink()
            done += [file.done() for file in files]
        return done


class Cut(NamedTuple):
    """A column, and how a block of rows becomes a block of it."""

    column: Column
    dtype: Any
    make: Callable[[np.ndarray], np.ndarray]


def _cuts(rows: Rows, runs: list[int]) -> Iterator[Cut]:
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


def _latencies(rows: Rows, runs: list[int]) -> Iterator[Cut]:
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
