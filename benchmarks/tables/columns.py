"""The columns of one data set of a table, by metric, split and schedule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.errors import DataError


class TableColumns:
    """The columns of one data set in one or more tables of the same space."""

    table: ClassVar[str] = ""
    folder: ClassVar[Path | None] = None
    known: ClassVar[tuple[str, ...]] = ()
    """The data sets, where the table's own list is not what a search is offered."""
    searched: ClassVar[Mapping[str, str]] = {}
    """The data set whose trainings the search sees, where it is not the one that is scored."""
    rows: np.ndarray | slice = slice(None)
    """The architectures of the table that ``space`` numbers, in its order, where it is a part of what the table holds."""
    manifest: Manifest
    manifests: list[Manifest]
    dataset: str
    label: str

    @classmethod
    def own(cls) -> Manifest:
        """The manifest of the table; raises :class:`~nasbed.errors.DataError` where it is not here."""
        return home.load(cls.table) if cls.folder is None else Manifest.load(cls.folder)

    @classmethod
    def datasets(cls) -> list[str]:
        """The data sets of the table."""
        return list(cls.known) or cls.own().datasets

    def manifest_of(self, schedule: int) -> Manifest:
        """The manifest of the table that holds a schedule."""
        return next(manifest for manifest in self.manifests if schedule in manifest.epochs)

    def column(self, metric: str, split: Split = "none", schedule: int = 0) -> tuple[Manifest, Column]:
        """A column and the manifest that holds it; raises :class:`~nasbed.errors.DataError`, there is no fallback.

        Test columns are those of the data set itself; the others of what the search trains on.
        """
        dataset = self.dataset if split == "test" or not schedule else self.searched.get(self.dataset, self.dataset)
        there: list[str] = []
        for manifest in self.manifests:
            try:
                return manifest, manifest.column(dataset, metric, split, schedule)
            except DataError as error:
                there.append(str(error))
        raise DataError("; ".join(there))

    def values(self, metric: str, split: Split = "none", schedule: int = 0, epoch: int = 0) -> np.ndarray:
        """A column in its unit, ``nan`` where there is no value or no finite one: of the end of a schedule, or of ``epoch``."""
        manifest, column = self.column(metric, split, schedule)
        if "epoch" in column.axes:
            return finite(manifest.read(column, epoch or schedule))
        if epoch not in (0, schedule):
            raise DataError(
                f"{self.label}: {metric} ({split}) of the training of {schedule} epochs was recorded at its end only, not after"
                f" {epoch} epochs"
            )
        return finite(manifest.read(column))

    def observed(self, metric: str, split: Split, schedule: int, epoch: int = 0) -> np.ndarray:
        """A metric of trainings on a split, higher is better, (architectures, runs) or (architectures,)."""
        values = self.values(metric, split, schedule, epoch).astype(np.float64)
        return self.column(metric, split, schedule)[1].objective.signed(values)


def row_of(manifest: Manifest, column: Column, index: int) -> dict[str, Any]:
    """The numbers of a column for one architecture, as plain data; of what was recorded along a training, those of its end."""
    values = np.atleast_1d(manifest.read(column, column.at[-1] if column.at else None)[index])
    made = values[~np.isnan(values)]
    runs = manifest.runs if "run" in column.axes else ["mean" if column.split == "test" else "all"]
    return {
        "metric": column.metric,
        "split": column.split,
        "epochs": column.epochs or None,
        "unit": column.unit,
        "value": float(made.mean()) if len(made) else None,
        "runs": {run: float(value) for run, value in zip(runs, values, strict=True) if not np.isnan(value)},
        "origin": column.origin,
    }


def finite(values: np.ndarray) -> np.ndarray:
    """The values, ``nan`` in place of what is infinite: that training failed."""
    return np.where(np.isinf(values), np.nan, values) if np.isinf(values).any() else values
