"""HW-NAS-Bench-360: latency and energy of NAS-Bench-201's cells on a Raspberry Pi 5, a Jetson Nano and a Pixel 6a, and the test
scores of NAS-Bench-360 on NinaPro and Darcy Flow.

Its repository states no licence, so nothing of it is fetched: users name the ``dataset.parquet`` that they have. It has a row for
each architecture, device, framework and task.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError, unknown
from nasbed.progress import Progress
from nasbed.vocabulary import VALIDATED

EPOCHS = 200
FILE = "dataset.parquet"
DEVICES = {"pi5": "a Raspberry Pi 5", "jetson": "a Jetson Nano", "pixel": "a Pixel 6a"}
FRAMEWORKS = ("litert", "onnx", "torchmobile")
MEASURED = {"lat_ms": ("latency", "ms"), "energy_mj": ("energy", "mJ")}
"""Columns of the file that become one of ours for each device and framework, and what they are."""
COLUMNS = ("arch_idx", "device", "framework", "task", *MEASURED, "accuracy")
"""The columns that are read; there is a variance of latency beside them."""


class ScoredTask(NamedTuple):
    """What the scores of a task are."""

    metric: str
    unit: str
    direction: Literal["maximise", "minimise"]
    origin: str


TASKS = {
    "cifar100": ScoredTask("accuracy", "%", "maximise", "test accuracy of NAS-Bench-201 after 200 epochs, mean over its seeds"),
    "ninapro": ScoredTask("accuracy", "%", "maximise", "test accuracy of NAS-Bench-360 after 200 epochs, seed 777"),
    "darcy": ScoredTask("relative_l2_error", "of the norm", "minimise", "relative L2 test error of NAS-Bench-360, seed 777"),
}  # fmt: skip


def convert(files: list[Path], out: Path, progress: Progress) -> None:
    """Write the table folder ``out`` from the file that a user names, or the folder that holds it.

    A search sees the one score of an architecture, which is of test: there is no other split, and the manifest says so. What was
    not measured is ``nan``. Raises :class:`~nasbed.errors.DataError` for any other file.
    """
    path = files[0] / FILE if files[0].is_dir() else files[0]
    progress("reading", 0, 0)
    rows, space = _rows(path), NASBench201Space()
    columns: list[tuple[Column, np.ndarray]] = []
    tasks = [task for task in TASKS if (rows["task"] == task).any()]
    for place, task in enumerate(tasks, 1):
        progress(f"converting {task}", place, len(tasks))
        mine = {name: values[rows["task"] == task] for name, values in rows.items()}
        columns += [_scores(path, task, mine, len(space)), *_measured(path, task, mine, len(space))]
    _folder.write(
        Manifest(
            folder=out,
            name="hw_nasbench360",
            title=CONVERTER.title,
            space=space.name,
            architectures=len(space),
            epochs=[EPOCHS],
            resumable=False,
            runs=["one"],
            report=VALIDATED,
            cost_model="the file holds no times of trainings: every training counts 1 simulated second",
            licence=CONVERTER.licence,
            sources=[
                "roldebijvank/HW-NAS-Bench-360 (GitHub): dataset.parquet, as its user brought it",
                "R. Tu et al., NAS-Bench-360, NeurIPS 2022 Datasets and Benchmarks, arXiv 2110.05668: NinaPro and Darcy Flow",
                "X. Dong and Y. Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326: scores on CIFAR-100",
            ],
            datasets=tasks,
        ),
        [
            (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                    "not recorded: 1 s stands for every training", EPOCHS), np.ones(len(space))),
            *columns,
        ],
    )  # fmt: skip


def _rows(path: Path) -> dict[str, np.ndarray]:
    """The columns of the file, checked cell by cell: known names, an index of the space, positive measurements."""
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}; expected {FILE}") from None
    for name in COLUMNS:
        if name not in table.column_names:
            raise DataError(
                f"{path}: {unknown('column', name, table.column_names, 'the file')}; expected {', '.join(COLUMNS)}"
            )
    rows: dict[str, np.ndarray] = {name: table[name].to_numpy() for name in COLUMNS}
    for name, known in (("device", DEVICES), ("framework", FRAMEWORKS), ("task", TASKS)):
        for found in dict.fromkeys(rows[name].tolist()):
            if found not in known:
                raise DataError(f"{path}: {unknown(name, found, known)}")
    index = rows["arch_idx"]
    if index.dtype.kind not in "iu" or not len(index) or index.min() < 0 or index.max() >= len(NASBench201Space()):
        raise DataError(f"{path}: arch_idx holds {index.dtype}, {_span(index)}; expected whole numbers 0 .. 15,624")
    for name in (*MEASURED, "accuracy"):
        if rows[name].dtype.kind != "f" or np.isinf(rows[name]).any():
            raise DataError(
                f"{path}: {name} holds {rows[name].dtype}; expected finite numbers, and nan where nothing was measured"
            )
    for name in MEASURED:
        if (wrong := np.flatnonzero(rows[name] <= 0)).size:
            raise DataError(f"{path}, row {wrong[0] + 1}: {name} = {rows[name][wrong[0]]:g}; expected a number above 0")
    return rows


def _span(index: np.ndarray) -> str:
    return f"{index.min()} .. {index.max()}" if len(index) and index.dtype.kind in "iuf" else "no numbers"


def _scores(path: Path, task: str, rows: dict[str, np.ndarray], size: int) -> tuple[Column, np.ndarray]:
    """The one score of each architecture, which every device and framework repeats; accuracies in percent."""
    metric, unit, direction, origin = TASKS[task]
    scores = np.full(size, np.nan)
    scores[rows["arch_idx"]] = rows["accuracy"]
    differ = np.flatnonzero(scores[rows["arch_idx"]] != rows["accuracy"])
    if np.isnan(scores).any():
        raise DataError(
            f"{path}: {int(np.isnan(scores).sum()):,} of {size:,} architectures have no accuracy on {task}; expected all"
        )
    if differ.size:
        arch = int(rows["arch_idx"][differ[0]])
        raise DataError(
            f"{path}: architecture {arch} has two accuracies on {task}; expected one for all devices and frameworks"
        )
    if unit == "%" and scores.max() <= 1:
        scores = 100 * scores
    if scores.min() < 0 or (unit == "%" and scores.max() > 100):
        raise DataError(
            f"{path}: accuracies on {task} are {scores.min():g} .. {scores.max():g}; expected 0 .. 100 %, or errors from 0 on"
        )
    said = f"{origin}, as the file has it; there is no validation split"
    column = Column(
        f"{task}/validation_{metric}.npy", metric, "validation", task, unit, direction, ["architecture"], said, EPOCHS,
        trainings=0 if task == "cifar100" else 1,
    )  # fmt: skip
    return column, scores


def _measured(path: Path, task: str, rows: dict[str, np.ndarray], size: int) -> Iterator[tuple[Column, np.ndarray]]:
    """Latency and energy by device and framework, where something was measured."""
    for device, words in DEVICES.items():
        for framework in FRAMEWORKS:
            mine = (rows["device"] == device) & (rows["framework"] == framework)
            index = rows["arch_idx"][mine]
            if len(np.unique(index)) < len(index):
                arch = int(np.bincount(index).argmax())
                raise DataError(
                    f"{path}: architecture {arch} has several rows of {device}, {framework} and {task}; expected one"
                )
            for name, (metric, unit) in MEASURED.items():
                values = np.full(size, np.nan)
                values[index] = rows[name][mine]
                if np.isnan(values).all():
                    continue
                named = f"{device}_{framework}_{metric}"
                origin = f"{metric} of an inference on {words} with {framework}, {task}; cells of one published class share it"
                yield (
                    Column(f"{task}/{named}.npy", named, "none", task, unit, "minimise", ["architecture"], origin),
                    values,
                )


CONVERTER = Converter(
    name="hw_nasbench360",
    title="HW-NAS-Bench-360: cells of NAS-Bench-201 on a Raspberry Pi 5 and two further devices, NinaPro and Darcy Flow",
    licence="none stated by its repository; import only",
    sources=(),
    convert=convert,
)
