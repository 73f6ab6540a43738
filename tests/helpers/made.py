"""Tables made in a test: a small space, any columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fakes import SPACE

from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.spaces.enumerated import EnumeratedSpace
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.benchmarks.tables.table import Table


def column(
    metric: str,
    split: Any = "none",
    epochs: int = 0,
    axes: Sequence[str] = ("architecture", "run"),
    dataset: str = "toy",
    at: Sequence[int] = (),
    images: int = 0,
    direction: Any = "maximise",
    unit: str = "%",
) -> Column:
    file = f"{dataset}/{epochs}/{split}_{metric}.npy"
    return Column(
        file, metric, split, dataset, unit, direction, list(axes), "made up", epochs, images=images, at=list(at)
    )


def table(
    folder: Path,
    columns: Sequence[tuple[Column, np.ndarray]],
    *,
    epochs: Sequence[int] = (10,),
    runs: int = 3,
    report: str = "test",
    resumable: bool = False,
    datasets: Sequence[str] = ("toy",),
    trained: Mapping[str, str] | None = None,
    space: EnumeratedSpace = SPACE,
) -> type[Table]:
    """A benchmark over a table with the columns given; ``trained`` is its ``searched``."""
    manifest = Manifest(
        folder=folder,
        name="made",
        title="Made up",
        space=space.name,
        architectures=len(space),
        epochs=list(epochs),
        resumable=resumable,
        runs=[str(run) for run in range(runs)],
        report=report,
        cost_model="made up",
        licence="none",
        sources=[],
        datasets=list(datasets),
    )
    _folder.write(manifest, list(columns))
    where, seen, searched_space = folder, trained or {}, space

    class Made(Table):
        folder = where
        searched = seen
        space = searched_space

        def __init__(self, dataset: str = "toy", **options: Any) -> None:
            super().__init__(dataset, **options)

        def representatives(self) -> np.ndarray:
            return np.arange(len(self.space))

    return Made


def of_space(space: EnumeratedSpace, folder: Path) -> Table:
    """A table of a space: the accuracy of an architecture is its place in the space."""
    values = np.repeat(np.arange(len(space), dtype=np.float32)[:, None], 3, axis=1)
    columns = [
        (column("accuracy", "validation", 10), values),
        (column("accuracy", "test", 10), values / 2),
        (column("training_time", epochs=10, axes=("architecture",), unit="s"), 1 + values[:, 0]),
    ]
    return table(folder, columns, space=space)()
