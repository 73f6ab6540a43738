"""NAS-Bench-101 (Ying et al., ICML 2019, arXiv 1902.09635), from an official file, without TensorFlow."""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._model_metrics import FIELDS, Metrics, metrics_of
from nasbed.benchmarks.convert._nasbench101_cells import RecordedCells
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.convert._tfrecord import RecordFile
from nasbed.benchmarks.spaces.nasbench101 import VERTICES, NASBench101Space
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest, Split
from nasbed.errors import DataError, shown
from nasbed.progress import Progress

EPOCHS, RUNS = (4, 12, 36, 108), 3
IMAGES = 9_984
"""Images of each split that were evaluated: whole batches of 256 of its 10,000."""
PUBLISHED = {
    "nasbench_only108.tfrecord": "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
    "nasbench_full.tfrecord": "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
}
"""The official files and their SHA-256."""

_ACCURACIES: dict[str, tuple[Split, str]] = {
    "train_accuracy": ("train", "10,000 of these, always the same"),
    "validation_accuracy": ("validation", "the 10,000 validation images, a part of the training images of CIFAR-10"),
    "test_accuracy": ("test", "the 10,000 test images"),
}
_TRAINED = "cifar10: trained for {} epochs on 40,000 of the training images, evaluated on " + f"{IMAGES:,}" + " of {}"


def convert(
    files: list[Path], out: Path, progress: Progress, *, partial: bool = False, vertices: int = VERTICES
) -> None:
    """Write the table folder ``out`` from ``nasbench_only108.tfrecord`` or ``nasbench_full.tfrecord``.

    Every cell must have three trainings of each number of epochs in the file. With ``partial`` trainings may be absent, as in
    samples; ``vertices`` is the most that a cell may have. Raises :class:`~nasbed.errors.DataError` for any other file.
    """
    path = files[0]
    if path.is_dir():
        path = _in_folder(path)
    reading = _Reading(RecordFile(path), NASBench101Space(vertices), progress)
    reading.read()
    schedules = reading.schedules(partial)
    with _folder.replacing(out) as folder:
        columns = []
        for column, values in reading.columns(schedules):
            file = _folder.ColumnFile(folder, column, values.dtype, values.shape)
            file.append(values)
            columns.append(file.done())
        progress("writing", len(columns), len(columns))
        _folder.write_manifest(folder, _manifest(out, reading, schedules, columns))


def _in_folder(folder: Path) -> Path:
    """The one official file in a folder."""
    found = [folder / name for name in PUBLISHED if (folder / name).is_file()]
    if len(found) != 1:
        there = " and ".join(path.name for path in found) or "none"
        raise DataError(f"{folder} has {there} of the files {', '.join(PUBLISHED)}; name the one to import")
    return found[0]


def _manifest(out: Path, reading: _Reading, schedules: list[int], columns: list[Column]) -> Manifest:
    official = [name for name, sha256 in PUBLISHED.items() if sha256 == reading.file.sha256]
    space = reading.cells.space
    return Manifest(
        folder=out,
        name="nasbench101",
        title=f"NAS-Bench-101 ({official[0] if official else f'{reading.file.path.name}, not a published file'})",
        space=space.name,
        architectures=len(space),
        epochs=schedules,
        resumable=True,
        runs=[str(run) for run in range(1, RUNS + 1)],
        report="test",
        cost_model="recorded seconds of training on a TPU, without evaluations",
        licence="Apache-2.0",
        sources=[
            "C. Ying et al., NAS-Bench-101: Towards Reproducible Neural Architecture Search, ICML 2019, arXiv 1902.09635",
            f"file of SHA-256 {reading.file.sha256}, {'as published' if official else 'not a published one'}",
        ],
        datasets=["cifar10"],
        columns=columns,
    )


class _Reading:
    """One import: what the records say, by index of the cell, schedule and run, in the order in which they come."""

    def __init__(self, file: RecordFile, space: NASBench101Space, progress: Progress) -> None:
        self.file = file
        self.cells = RecordedCells(space)
        self._progress = progress
        self._made = np.zeros((len(EPOCHS), len(space)), dtype=np.uint8)
        self._values: dict[int, dict[str, np.ndarray]] = {}
        self._parameters = np.zeros(len(space), dtype=np.int32)
        self._records = 0

    def read(self) -> None:
        """Read the whole file."""
        for block in self.file.blocks():
            self._progress("reading, MB", self.file.read // 1_000_000, self.file.size // 1_000_000)
            self._take(block)
        if not self._records:
            raise DataError(f"{self.file.path} holds no records; expected {' or '.join(PUBLISHED)}")

    def _take(self, block: list[bytes]) -> None:
        messages, places = [], []
        for number, content in enumerate(block, self._records + 1):
            try:
                name, epochs, adjacency, operations, encoded = _parts(content)
                index = self.cells.index(name, adjacency, operations)
                at = EPOCHS.index(epochs)
                run = int(self._made[at, index])
                if run == RUNS:
                    raise DataError(f"it is training {RUNS + 1} of {name} for {epochs} epochs; expected {RUNS}")
                self._made[at, index] = run + 1
                messages.append(binascii.a2b_base64(encoded))
            except (DataError, ValueError) as error:  # of base64, and of text that cannot be encoded
                raise DataError(f"{self.file.path}: record {number:,}: {error}") from None
            places.append((at, index, run))
        try:
            metrics = metrics_of(messages)
        except DataError as error:
            raise DataError(
                f"{self.file.path}: one of the records {self._records + 1:,} .. {number:,}: {error}"
            ) from None
        self._store(np.array(places), metrics)
        self._records += len(block)

    def _store(self, places: np.ndarray, metrics: Metrics) -> None:
        at, index, run = places.T
        later = metrics.evaluations[:, 1:]
        times, accuracies = later[..., 1], later[..., 2:]
        fresh = self._parameters[index] == 0
        self._parameters[index[fresh]] = metrics.parameters[fresh]
        wrong = (
            ~(np.isfinite(times) & (times > 0)).all(axis=1)
            | ~((accuracies >= 0) & (accuracies <= 1)).all(axis=(1, 2))
            | (times[:, 0] >= times[:, 1])
            | (metrics.parameters <= 0)
            | (self._parameters[index] != metrics.parameters)
        )
        if wrong.any():
            bad = int(np.flatnonzero(wrong)[0])
            said = ", ".join(f"{name} {later[bad, 1, place]:g}" for place, name in enumerate(FIELDS))
            raise DataError(
                f"{self.file.path}: record {self._records + bad + 1:,} has {said}, {metrics.parameters[bad]} parameters; expected"
                " seconds above 0 that grow, accuracies in 0 .. 1, and parameters above 0, the same for all trainings of a cell"
            )
        for schedule in np.unique(at).tolist():
            here = at == schedule
            values = self._values.get(schedule) or self._values.setdefault(schedule, self._empty())
            where = index[here], run[here]
            values["training_time"][where] = times[here]
            values["total_time"][where] = metrics.total_time[here]
            for place, name in enumerate(_ACCURACIES):
                values[name][where] = accuracies[here][..., place]

    def _empty(self) -> dict[str, np.ndarray]:
        shape = (len(self._parameters), RUNS)
        accuracies = {name: np.full((*shape, 2), np.nan, dtype=np.float32) for name in _ACCURACIES}
        return {"training_time": np.full((*shape, 2), np.nan), "total_time": np.full(shape, np.nan), **accuracies}

    def schedules(self, partial: bool) -> list[int]:
        """The numbers of epochs in the file, ascending; raises where a training of them is missing."""
        found = sorted(self._values)
        short = {EPOCHS[at]: int((self._made[at] < RUNS).sum()) for at in found}
        if not partial and any(short.values()):
            said = ", ".join(f"{count:,} after {epochs} epochs" for epochs, count in short.items() if count)
            raise DataError(
                f"{self.file.path} has {len(self.cells):,} cells of {len(self.cells.space):,}, and fewer than {RUNS} trainings of"
                f" {said}; expected {RUNS} of each: get the published file again"
            )
        return [EPOCHS[at] for at in found]

    def columns(self, schedules: list[int]) -> Iterator[tuple[Column, np.ndarray]]:
        """The columns and their values."""
        for epochs in schedules:
            values, at = self._values[EPOCHS.index(epochs)], [epochs // 2, epochs]
            along = ["architecture", "run", "epoch"]
            for name, (split, where) in _ACCURACIES.items():
                column = Column(
                    f"{epochs}/{name}.npy", "accuracy", split, "cifar10", "%", "maximise", along,
                    _TRAINED.format(epochs, where), epochs, at=at,
                )  # fmt: skip
                yield counted(column, values[name])
            seconds = f"cifar10: recorded seconds of a training of {epochs} epochs on a TPU"
            yield Column(
                f"{epochs}/training_time.npy", "training_time", "none", "cifar10", "s", "minimise", along,
                f"{seconds}, without evaluations", epochs, at=at,
            ), values["training_time"]  # fmt: skip
            yield Column(
                f"{epochs}/total_time.npy", "total_time", "none", "cifar10", "s", "minimise", along[:2],
                f"{seconds}, with evaluations and all else", epochs,
            ), values["total_time"]  # fmt: skip
        cells = self.cells
        yield Column("parameters.npy", "parameters", "none", "any", "parameters", "minimise", ["architecture"],
                     "as recorded: trainable parameters of the network"), self._parameters  # fmt: skip
        for name, origin, held in (
            ("hash_high", "the first 16 hexadecimal digits of the published hash", cells.hashes[:, 0]),
            ("hash_low", "the last 16 hexadecimal digits of the published hash", cells.hashes[:, 1]),
            ("writing", "the cell as the file writes it: graph, operations and vertices, packed", cells.writings),
            ("order", "the place of the cell among those of the file, -1: it is not there", cells.order),
        ):  # fmt: skip
            yield Column(f"{name}.npy", name, "none", "any", "", "none", ["architecture"], origin), held


def _parts(content: bytes) -> tuple[str, int, str, str, str]:
    """What a record holds; raises :class:`~nasbed.errors.DataError` for any other content."""
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"it is no JSON: {error}") from None
    if not isinstance(found, list) or [type(part) for part in found] != [str, int, str, str, str]:
        raise DataError(
            f"it is {shown(found)}; expected the list [hash, epochs, adjacency, operations, metrics] of NAS-Bench-101"
        )
    if found[1] not in EPOCHS:
        raise DataError(f"it was trained for {found[1]} epochs; expected one of {', '.join(map(str, EPOCHS))}")
    name, epochs, adjacency, operations, metrics = found
    return name, epochs, adjacency, operations, metrics


def counted(column: Column, shares: np.ndarray) -> tuple[Column, np.ndarray]:
    """Accuracies, 0 to 1 and ``nan`` where there is none, as numbers of images where all are such, else in percent."""
    counts = np.rint(shares * IMAGES)
    if np.nanmax(np.abs(shares * IMAGES - counts)) > 0.01:
        return column, shares * np.float32(100)
    return replace(column, images=IMAGES), np.where(np.isnan(counts), MISSING, counts).astype(np.uint16)


CONVERTER = Converter(
    "nasbench101", "NAS-Bench-101: 423,624 cells on CIFAR-10, three trainings of 108 epochs, or of 4, 12, 36 too", "Apache-2.0",
    (), convert,
)  # fmt: skip
