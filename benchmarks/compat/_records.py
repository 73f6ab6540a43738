"""The columns of one table, read cell by cell under the names of the official packages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.compat._counts import counts
from nasbed.benchmarks.compat._refusals import NotKnown
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError, shown, unknown
from nasbed.statistics.recorded import mean_of_runs

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
SHIPPED = "nasbench201"
"""The table of 200 epochs that ships with the package."""

_HALVES = {"x-valid": "validation", "x-test": "test", "ori-test": "mixture"}
SPLITS: dict[str, dict[str, str]] = {
    "cifar10-valid": {"x-valid": "validation", "ori-test": "test"},
    "cifar10": {"ori-test": "test"},
    "cifar100": _HALVES,
    "ImageNet16-120": _HALVES,
}
"""Evaluation set of the official packages -> split of the column, by data set."""

_SHIPPED_CIFAR10 = {
    "cifar10-valid": ("cifar10", {"validation", "none"}, {"accuracy", "training_time", "latency"}),
    "cifar10": ("cifar10", {"test", "none"}, {"accuracy", "latency"}),
}
"""The shipped table joins two trainings under ``cifar10``: data set, splits and metrics that belong to each."""


def remap(dataset: str, name: str) -> tuple[str, str]:
    """The data set and evaluation set that ``valid`` and ``test`` stand for, as in the official packages."""
    if dataset == "cifar10":
        return {"valid": ("cifar10-valid", "x-valid"), "test": ("cifar10", "ori-test")}.get(name, (dataset, name))
    if dataset in ("cifar100", "ImageNet16-120"):
        return dataset, {"valid": "x-valid", "test": "x-test"}.get(name, name)
    return dataset, "x-valid" if name == "valid" else name


@dataclass(frozen=True)
class RecordedSeries:
    """One column. ``array`` has the axes architecture, run (of length 1 where the column has none) and epoch.

    ``places`` tells where on the last axis an epoch stands; it is empty for numbers of no epoch, such as a latency.
    """

    column: Column
    array: np.ndarray
    by_run: bool
    places: dict[int, int]
    missing: int

    @classmethod
    def open(cls, manifest: Manifest, column: Column) -> RecordedSeries:
        """Memory-map a column, verified as :meth:`~nasbed.benchmarks.tables.manifest.Manifest.read` does."""
        array = np.asarray(manifest.opened(column))
        missing = int(np.iinfo(array.dtype).max) if column.images else -1
        by_run = "run" in column.axes
        at = column.at or ([column.epochs] if column.split != "none" else [])
        shape = (len(array), len(manifest.runs) if by_run else 1, len(column.at) or 1)
        return cls(column, array.reshape(shape), by_run, {epoch: place for place, epoch in enumerate(at)}, missing)

    def value(self, index: int, run: int, epoch: int) -> float:
        """The number of a cell in the column's unit after ``epoch`` epochs; ``nan`` where none was recorded.

        ``run`` is ignored where the column has no such axis.
        """
        place = self.places.get(epoch, -1) if self.places else 0
        if place < 0:
            return nan
        raw = self.array.item(index, run if self.by_run else 0, place)
        if not self.column.images:
            return float(raw)
        return nan if raw == self.missing else 100.0 * raw / self.column.images

    def whole(self, manifest: Manifest) -> np.ndarray:
        """The column after its last epoch, (architectures, runs) or (architectures,)."""
        return manifest.read(self.column, max(self.places) if self.column.at else None)


class Track(NamedTuple):
    """The columns of training, or of an evaluation set: by run, or ``None`` where the table has none."""

    accuracy: RecordedSeries | None
    loss: RecordedSeries | None
    seconds: RecordedSeries | None
    """Seconds of one pass over the images."""


@dataclass(frozen=True)
class Records:
    """What a table holds of each training, and the name of the table of all official records, which those who ask would import.
    Columns are opened when they are first asked for.
    """

    manifest: Manifest
    official: str

    @cached_property
    def _open(self) -> dict[tuple[str, int, str, str], RecordedSeries | None]:
        return {}

    @cached_property
    def _tracks(self) -> dict[tuple[str, int, str], Track]:
        return {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Records, (self.manifest, self.official)

    @property
    def shipped(self) -> bool:
        """Whether this is the shipped table, which has no losses, no epochs and test accuracy as means only."""
        return self.manifest.name == SHIPPED

    @property
    def remedy(self) -> str:
        """What brings the rest, to end a message with."""
        return f"; nasbed data import {self.official} PATH brings the rest" if self.shipped else ""

    @property
    def told(self) -> str:
        """The table, and what brings the rest, to end a message with."""
        return f"the table {self.manifest.name!r}{self.remedy}"

    @cached_property
    def seeds(self) -> list[int]:
        """The seed of each run of the table. Raises :class:`~nasbed.errors.DataError` where one is no whole number."""
        try:
            return [int(run) for run in self.manifest.runs]
        except ValueError:
            raise DataError(
                f"the table {self.manifest.name!r} in {self.manifest.folder} has runs = {shown(self.manifest.runs)}; expected"
                " the seeds of its trainings, as whole numbers; import it again"
            ) from None

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets, in the order of the official files."""
        return list(DATASETS) if self.shipped else [name for name in DATASETS if name in self.manifest.datasets]

    def require(self, dataset: str) -> None:
        """Raises :class:`NotKnown` for a data set that the table does not hold."""
        if dataset not in self.datasets:
            raise NotKnown(str(unknown("data set", dataset, self.datasets, self.manifest.name)))

    def series(self, dataset: str, schedule: int, metric: str, split: str = "none") -> RecordedSeries | None:
        """A column of a training on ``dataset``; ``None`` where the table has none."""
        key = (dataset, schedule, metric, split)
        if key not in self._open:
            column = self._column(*key)
            self._open[key] = None if column is None else RecordedSeries.open(self.manifest, column)
        return self._open[key]

    def _column(self, dataset: str, schedule: int, metric: str, split: str) -> Column | None:
        if self.shipped and dataset in _SHIPPED_CIFAR10:
            dataset, splits, metrics = _SHIPPED_CIFAR10[dataset]
            if split not in splits or metric not in metrics:
                return None
        for epochs in (schedule, 0):
            for column in self.manifest.columns:
                if (column.dataset, column.epochs, column.metric, column.split) == (dataset, epochs, metric, split):
                    return column
        return None

    def sets(self, dataset: str, schedule: int) -> list[str]:
        """The evaluation sets that the table holds: those recorded along the training first, as in the official files."""
        held = [(name, self.series(dataset, schedule, "accuracy", split)) for name, split in SPLITS[dataset].items()]
        return [name for name, series in sorted(held, key=_recorded_epochs) if series is not None]

    def track(self, dataset: str, schedule: int, name: str) -> Track:
        """The columns of ``train`` or an evaluation set."""
        key = (dataset, schedule, name)
        if key not in self._tracks:
            split = SPLITS[dataset].get(name, name)
            accuracy, loss = (self._singles(dataset, schedule, metric, split) for metric in ("accuracy", "loss"))
            self._tracks[key] = Track(accuracy, loss, self.series(dataset, schedule, "evaluation_time", split))
        return self._tracks[key]

    def _singles(self, dataset: str, schedule: int, metric: str, split: str) -> RecordedSeries | None:
        """A column of single runs: a mean over runs is not the number of a run."""
        series = self.series(dataset, schedule, metric, split)
        return series if series is not None and series.by_run else None

    def mean(self, dataset: str, schedule: int, split: str, index: int, epoch: int) -> float:
        """The accuracy of a column that holds means over runs; ``nan`` where it holds runs, or nothing."""
        series = self.series(dataset, schedule, "accuracy", split)
        return nan if series is None or series.by_run else series.value(index, 0, epoch)

    def counted(self, dataset: str, schedule: int) -> RecordedSeries | None:
        """The accuracy that says which runs were made: of training, else of the first evaluation set that has runs.

        The shipped table counts runs for all data sets alike.
        """
        if self.shipped and dataset == "cifar10":
            dataset = "cifar10-valid"
        tracks = (self.track(dataset, schedule, name) for name in ("train", *SPLITS[dataset]))
        return next((track.accuracy for track in tracks if track.accuracy is not None), None)

    def runs(self, dataset: str, schedule: int, index: int) -> list[int]:
        """The positions of the runs that were made of an architecture."""
        counted = self.counted(dataset, schedule)
        if counted is None:
            return []
        last = max(counted.places)
        return [run for run in range(len(self.seeds)) if not isnan(counted.value(index, run, last))]

    def made(self, dataset: str, schedule: int) -> np.ndarray:
        """Which runs were made on a data set after a schedule, (architectures, runs)."""
        counted = self.counted(dataset, schedule)
        if counted is None:
            return np.zeros((self.manifest.architectures, len(self.seeds)), dtype=bool)
        made: np.ndarray = ~np.isnan(counted.whole(self.manifest))
        return made

    def means(self, dataset: str, schedule: int, split: str) -> np.ndarray:
        """Mean accuracy over the runs after the schedule, (architectures,).

        ``nan`` where there is no run, and where one of the runs that were made was not evaluated on this split.
        """
        series = self.series(dataset, schedule, "accuracy", split)
        if series is None or schedule not in series.places:
            return np.full(self.manifest.architectures, nan)
        values = series.whole(self.manifest)
        if not series.by_run:
            return values
        there = ~np.isnan(values)
        complete = (there.sum(axis=1) == self.made(dataset, schedule).sum(axis=1)) & there.any(axis=1)
        means: np.ndarray = np.where(complete, mean_of_runs(values), nan)
        return means

    def counts(self, dataset: str) -> tuple[np.ndarray, np.ndarray]:
        """FLOPs and parameters in millions, computed from the architecture, (architectures,) each."""
        return counts(self.manifest.space, CLASSES[dataset], 16 if dataset == "ImageNet16-120" else 32)

    def miscounted(self, dataset: str, schedule: int, index: Any) -> bool:
        """Whether the recorded FLOPs or parameters of one of the architectures ``index`` contradict it, or one another."""
        recorded = [self.series(dataset, schedule, metric) for metric in ("recorded_flops", "recorded_parameters")]
        return any(
            not (np.abs(series.array[index, 0, 0] - exact[index]) < 1e-5).all()  # nan where the runs disagree
            for series, exact in zip(recorded, self.counts(dataset), strict=True)
            if series is not None
        )

    @cached_property
    def evaluated(self) -> np.ndarray:
        """Whether anything is recorded of an architecture, (architectures,)."""
        there = np.zeros(self.manifest.architectures, dtype=bool)
        for dataset in self.datasets:
            for schedule in self.manifest.epochs:
                there |= self.made(dataset, schedule).any(axis=1)
        return there


def _recorded_epochs(held: tuple[str, RecordedSeries | None]) -> int:
    return 0 if held[1] is None else -len(held[1].places)
