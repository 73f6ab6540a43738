"""What the table of NAS-Bench-101 holds of a cell, by its published hash and under the names of the official package."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.compat._refusals import NotAllowed, NotKnown, NotRecorded
from nasbed.benchmarks.convert.nasbench101 import PUBLISHED
from nasbed.benchmarks.spaces.nasbench101 import OPERATIONS
from nasbed.benchmarks.spaces.nasbench101_graphs import unpacked
from nasbed.benchmarks.tables import home, places
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.errors import shown

TABLE = "nasbench101"
_SPLITS: dict[str, Split] = {"train_accuracy": "train", "validation_accuracy": "validation", "test_accuracy": "test"}


def found_for(given: object) -> tuple[Manifest, list[int]]:
    """The table that a path to an official file, a name or a folder stands for, and the schedules of it that are shown.

    Raises :class:`NotRecorded` with what to import, :class:`NotAllowed` for what is no path.
    """
    if given is not None and not isinstance(given, (str, os.PathLike)):
        raise NotAllowed(f"dataset_file of type {type(given).__name__}; expected the path of an official file, or None")
    path = None if given is None or given == TABLE else Path(os.fspath(given))
    if path is not None and (path / "manifest.toml").is_file():
        manifest = Manifest.load(path)
        if manifest.name != TABLE:
            raise NotRecorded(f"the table {manifest.name!r} in {path} does not answer here; expected {TABLE!r}")
        return manifest, manifest.epochs
    held = home.load(TABLE) if (home.folder_of(TABLE) / "manifest.toml").is_file() else None
    if held is None:
        named = path or "nasbench_only108.tfrecord"
        raise NotRecorded(f"the table {TABLE!r} is not in {places.home()}: nasbed data import {TABLE} {named}, once")
    if path is None or f"({path.name}" in held.title:
        return held, held.epochs
    if path.name in PUBLISHED and "only108" in path.name and 108 in held.epochs:
        return held, [108]
    raise NotRecorded(
        f"{path} has not been imported: nasbed data import {TABLE} {path}, once; the table that was imported is {held.title!r}"
    )


class CellRecords:
    """The records of a table's cells, of the ``schedules`` that are shown. Columns are opened when they are first asked for."""

    def __init__(self, manifest: Manifest, schedules: list[int]) -> None:
        self.manifest = manifest
        self.schedules = schedules
        self.told = f"the table {manifest.title!r}"
        self._opened: dict[str, np.ndarray] = {}

    def _raw(self, metric: str, split: Split = "none", epochs: int = 0) -> tuple[Column, np.ndarray]:
        column = self.manifest.column("cifar10", metric, split, epochs)
        found = self._opened.get(column.file)
        if found is None:
            found = self._opened[column.file] = self.manifest.opened(column)
        return column, found

    @cached_property
    def _by_hash(self) -> tuple[np.ndarray, np.ndarray]:
        """The first halves of the hashes of all cells that are there, ascending, and their indices."""
        there = np.flatnonzero(self._raw("order")[1] >= 0)
        high = self._raw("hash_high")[1][there]
        order = np.argsort(high, kind="stable")
        return high[order], there[order]

    def index(self, name: str) -> int:
        """The index of the cell of a hash; raises :class:`NotKnown` where there is none."""
        try:
            high, low = (int(half, 16) for half in (name[:16], name[16:]))
        except (TypeError, ValueError):
            high = low = -1
        ordered, indices = self._by_hash
        lows = self._raw("hash_low")[1]
        if high >= 0 and len(name) == 32:
            for place in range(*(np.searchsorted(ordered, np.uint64(high), side=side) for side in ("left", "right"))):
                if int(lows[indices[place]]) == low:
                    return int(indices[place])
        raise NotKnown(f"{shown(name)} is no hash of a cell in {self.told}; expected one of hash_iterator()")

    def hashes(self) -> Iterator[str]:
        """The hashes in the order of the file."""
        order = self._raw("order")[1]
        high, low = self._raw("hash_high")[1], self._raw("hash_low")[1]
        for index in np.argsort(order, kind="stable")[int((order < 0).sum()) :].tolist():
            yield f"{int(high[index]):016x}{int(low[index]):016x}"

    def __len__(self) -> int:
        return len(self._by_hash[0])

    def fixed(self, index: int) -> dict[str, Any]:
        """What does not depend on a training."""
        edges, labels = unpacked(int(self._raw("writing")[1][index]))
        matrix = np.zeros((len(labels) + 2,) * 2, dtype=np.int8)
        for edge in edges:
            matrix[edge] = 1
        return {
            "module_adjacency": matrix,
            "module_operations": ["input", *(OPERATIONS[label] for label in labels), "output"],
            "trainable_parameters": int(self._raw("parameters")[1][index]),
        }

    def computed(self, index: int) -> dict[int, list[dict[str, float]]]:
        """The trainings by epochs; those that are missing are left out."""
        return {epochs: list(self._trainings(index, epochs)) for epochs in self.schedules}

    def _trainings(self, index: int, epochs: int) -> Iterator[dict[str, float]]:
        seconds = self._raw("training_time", "none", epochs)[1][index]
        shares = {name: self._shares(index, split, epochs) for name, split in _SPLITS.items()}
        for run in np.flatnonzero(~np.isnan(seconds[:, 1])).tolist():
            yield {
                f"{when}_{name}": float(values[run, at])
                for at, when in enumerate(("halfway", "final"))
                for name, values in {"training_time": seconds, **shares}.items()
            }

    def _shares(self, index: int, split: Split, epochs: int) -> np.ndarray:
        """Accuracies from 0 to 1 in the 32 bits of the official file, (runs, 2)."""
        column, raw = self._raw("accuracy", split, epochs)
        shares: np.ndarray = (raw[index] / (column.images or 100)).astype(np.float32)
        return shares


class ByHash(Mapping[str, Any]):
    """A dictionary of all cells by hash, whose values are read when they are asked for."""

    def __init__(self, records: CellRecords, read: Callable[[int], Any]) -> None:
        self._records = records
        self._read = read

    def __getitem__(self, name: str) -> Any:
        return self._read(self._records.index(name))

    def __iter__(self) -> Iterator[str]:
        return self._records.hashes()

    def __len__(self) -> int:
        return len(self._records)
