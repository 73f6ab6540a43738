"""Trainings of official files, gathered on disk: one row for each architecture, with all data sets, sets, metrics and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from nasbed.benchmarks.tables.manifest import Split
from nasbed.errors import DataError

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
