"""Tables of a few architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _folder as folder
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest
from nasbed.benchmarks.tables.table import Table


def tiny(where: Path, validation: np.ndarray, test: np.ndarray | None = None, direction: Any = "maximise") -> Table:
    """A table of a few architectures, its validation in percent of 1,000 images (``nan``: not made)."""
    count, runs = validation.shape
    stored = np.where(np.isnan(validation), MISSING, np.nan_to_num(validation) * 10).astype(np.uint16)

    def column(file: str, metric: str, split: Any, axes: list[str], images: int = 0) -> Column:
        return Column(file, metric, split, "toy", "%", direction, axes, "made up", 1, images=images)

    manifest = Manifest(
        folder=where,
        name="tiny",
        title="Tiny",
        space="none",
        architectures=count,
        epochs=[1],
        resumable=False,
        runs=[f"s{run}" for run in range(runs)],
        report="test",
        cost_model="one second each",
        licence="none",
        sources=[],
        datasets=["toy"],
    )
    columns = [
        (column("validation.npy", "accuracy", "validation", ["architecture", "run"], 1000), stored),
        (column("test.npy", "accuracy", "test", ["architecture"]), np.arange(count) ** 2.0 if test is None else test),
        (column("time.npy", "training_time", "none", ["architecture"]), np.ones(count)),
    ]
    folder.write(manifest, columns)

    class Tiny(Table):
        folder = where

        def representatives(self) -> np.ndarray:
            return np.arange(count)

    return Tiny("toy")
