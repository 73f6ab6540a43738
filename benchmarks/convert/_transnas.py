"""TransNAS-Bench-101: one validation value of one training for each of seven tasks, from a table of comma-separated values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.convert._bounds import opened
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.transnas import TASKS
from nasbed.errors import ArchitectureError, DataError
from nasbed.progress import Progress
from nasbed.vocabulary import VALIDATED

LICENCE = "TransNAS-Bench-101: MIT; NASLib: Apache-2.0"
EPOCHS = 1
"""Stands for the schedule, of which the files say nothing."""


class _Kind(NamedTuple):
    """A metric: its unit, the range of its values, and what they are."""

    unit: str
    low: float
    high: float
    origin: str


_KINDS = {
    "accuracy": _Kind("%", 0.0, 100.0, "top-1 accuracy"),
    "negative_loss": _Kind("loss", -math.inf, 0.0, "loss, its sign turned so that higher is better"),
    "ssim": _Kind("SSIM", -1.0, 1.0, "structural similarity of the image that is made with that wanted, 1 where they are equal"),
}  # fmt: skip


@dataclass(frozen=True)
class TransNASPart:
    """A table of the benchmark: its space, and the highest published value of each task, with the decimals that were printed."""

    name: str
    title: str
    space: EnumeratedSpace
    highest: Mapping[str, str]


def write(part: TransNASPart, path: Path, out: Path, progress: Progress) -> None:
    """Write the table folder ``out``. Raises :class:`~nasbed.errors.DataError` for anything but all architectures of the space,
    each once, with values in the range of their metric whose highest are the published ones.
    """
    progress("reading", 0, 0)
    file = path / f"{part.name.removeprefix('transnas_')}.csv" if path.is_dir() else path
    numbers = _numbers(file, part)
    columns: list[tuple[Column, np.ndarray]] = [
        (Column("training_time.npy", "training_time", "none", "any", "s", "minimise", ["architecture"],
                "not recorded: 1 s stands for every training", EPOCHS), np.ones(len(part.space))),
    ]  # fmt: skip
    for place, (task, metric) in enumerate(TASKS.items(), 1):
        progress(f"writing {task}", place, len(TASKS))
        columns += _columns(file, part, task, metric, numbers)
    _folder.write(
        Manifest(
            folder=out,
            name=part.name,
            title=part.title,
            space=part.space.name,
            architectures=len(part.space),
            epochs=[EPOCHS],
            resumable=False,
            runs=["the one training"],
            report=VALIDATED,
            cost_model="not recorded: a training counts 1 on a clock that puts parallel workers in order and no budget may count",
            licence=LICENCE,
            sources=[
                "Y. Duan et al., TransNAS-Bench-101, CVPR 2021, arXiv 2105.11871",
                "automl/NASLib (GitHub): the values, and zen-score with its seconds, as extracted there",
            ],
            datasets=list(TASKS),
        ),
        columns,
    )


def _columns(
    file: Path, part: TransNASPart, task: str, metric: str, numbers: Mapping[str, np.ndarray]
) -> list[tuple[Column, np.ndarray]]:
    kind, values, highest = _KINDS[metric], numbers[task], part.highest[task]
    outside = np.flatnonzero(~((values >= kind.low) & (values <= kind.high)))
    if len(outside):
        text = part.space.format(part.space.archs[outside[0]])
        raise DataError(
            f"{file}: {task} of {text} is {values[outside[0]]:g}; expected {metric} in {kind.low:g} .. {kind.high:g}"
        )
    if abs(values.max() - float(highest)) > 10.0 ** -len(highest.partition(".")[2]):
        raise DataError(
            f"{file}: the highest {task} is {values.max():g}; the published one is {highest}, so this is not {part.title}"
        )
    made = [
        (Column(f"{task}/validation_{metric}.npy", metric, "validation", task, kind.unit, "maximise", ["architecture"],
                f"{task}, validation set after the last epoch of one training: {kind.origin}", EPOCHS, trainings=1), values),
    ]  # fmt: skip
    if f"zen_{task}" in numbers:
        made += [
            (Column(f"{task}/zen.npy", "zen", "none", task, "score", "none", ["architecture"],
                    f"zen-score at initialisation of the network for {task}, -1e8 where it is of no use"), numbers[f"zen_{task}"]),
            (Column(f"{task}/zen_seconds.npy", "zen_seconds", "none", task, "s", "none", ["architecture"],
                    f"measured seconds of the zen-score for {task}"), numbers[f"zen_seconds_{task}"]),
        ]  # fmt: skip
    return made


def _numbers(file: Path, part: TransNASPart) -> dict[str, np.ndarray]:
    """The columns of a file by name, in the order of the space; those of zen-score where it has them for all tasks."""
    space = part.space
    names = [*TASKS, *(f"{zen}_{task}" for task in TASKS for zen in ("zen", "zen_seconds"))]
    try:
        with opened(file) as content, io.TextIOWrapper(content, encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        if not rows or "architecture" not in rows[0]:
            raise DataError("there is no row below a head with 'architecture'")
        there = names if rows[0].keys() >= set(names) else list(TASKS)
        order = [space.index(space.parse(row["architecture"])) for row in rows]
        values = np.array([[float(row[name]) for name in there] for row in rows])
    except (OSError, EOFError, KeyError, ValueError, TypeError, csv.Error, ArchitectureError, DataError) as error:
        what = f"there is no column {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"{file} is damaged or foreign: {what}; expected {_form(part)}") from None
    if len(set(order)) < len(order) or len(order) < len(space):
        raise DataError(f"{file} has {len(order):,} rows of {len(set(order)):,} architectures; expected {_form(part)}")
    if not np.isfinite(values).all():
        raise DataError(f"{file} has values that are not finite; expected {_form(part)}")
    found = np.empty_like(values)
    found[order] = values
    return dict(zip(there, found.T, strict=True))


def _form(part: TransNASPart) -> str:
    first = part.space.format(part.space.archs[0])
    return (
        f"a row for each of the {len(part.space):,} architectures of {part.space.name}, with the columns architecture (as {first}),"
        f" {', '.join(TASKS)}, and perhaps zen_TASK and zen_seconds_TASK of each"
    )


def converter(part: TransNASPart) -> Converter:
    """The converter of a table; users name the file, since no public address holds one."""

    def convert(files: list[Path], out: Path, progress: Progress) -> None:
        write(part, files[0], out, progress)

    return Converter(name=part.name, title=part.title, licence=LICENCE, sources=(), convert=convert)
