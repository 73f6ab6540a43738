"""The on-disk format of every table: a folder with ``manifest.toml`` and plain ``.npy`` columns.

The manifest declares what each number is. A column has the axes ``architecture`` (by index of the space) and, where
trainings were repeated, ``run``. Accuracies that are counts of images are stored as such (``images``): the value in
percent is ``100 * count / images``.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nasbed.errors import DataError, unknown

FORMAT = 1
MISSING = 65535
"""In a column of counts: this run was not made."""


@dataclass(frozen=True)
class Column:
    """One column: the metric of a data set on a split, and where and how it is stored.

    ``epochs`` is the schedule that the number is of (0: of none, as parameters), ``origin`` says what was trained on what,
    and ``images`` is the size of the split where the column holds counts.
    """

    file: str
    metric: str
    split: Literal["train", "validation", "test", "none"]
    dataset: str
    unit: str
    direction: Literal["maximise", "minimise", "none"]
    axes: list[str]
    origin: str
    epochs: int = 0
    sha256: str = ""
    images: int = 0


@dataclass(frozen=True)
class Manifest:
    """What a folder holds. ``report`` says what a search is judged on (``test``, or ``held-out runs``)."""

    folder: Path
    name: str
    title: str
    space: str
    architectures: int
    epochs: list[int]
    resumable: bool
    runs: list[str]
    report: str
    cost_model: str
    licence: str
    sources: list[str]
    datasets: list[str]
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read ``manifest.toml``; raises :class:`~nasbed.errors.DataError`."""
        path = folder / "manifest.toml"
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"no table in {folder}: manifest.toml is missing; install nasbed again") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}; install nasbed again") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{path} is damaged: {error}; install nasbed again") from None
        version = content.pop("format", None)
        if version != FORMAT:
            raise DataError(f"{path} has format {version!r}; this nasbed reads {FORMAT}")
        try:
            columns = [Column(**column) for column in content.pop("columns")]
            return cls(folder=folder, columns=columns, **content)
        except (TypeError, KeyError) as error:
            raise DataError(f"{path} is damaged: {error}; install nasbed again") from None

    def dump(self) -> str:
        """The text of ``manifest.toml``."""
        import tomli_w

        content: dict[str, Any] = {"format": FORMAT, **asdict(self)}
        del content["folder"]
        for column in content["columns"]:
            for name in ("images", "epochs"):
                if not column[name]:
                    del column[name]
        return tomli_w.dumps(content)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the manifest, which holds that of every column."""
        return hashlib.sha256((self.folder / "manifest.toml").read_bytes()).hexdigest()

    def column(self, dataset: str, metric: str, split: str = "none", epochs: int = 0) -> Column:
        """The one column of a metric on a split after a schedule. There is no fallback to another:
        :class:`~nasbed.errors.DataError` lists what exists.
        """
        for column in self.columns:
            if (column.metric, column.split, column.epochs) == (metric, split, epochs) and column.dataset in (
                dataset,
                "any",
            ):
                return column
        there = [_named(c.metric, c.split, c.epochs) for c in self.columns if c.dataset in (dataset, "any")]
        raise DataError(f"{self.name} has no {_named(metric, split, epochs)} for {dataset}; it has {', '.join(there)}")

    def require_dataset(self, dataset: str) -> None:
        """Raises :class:`~nasbed.errors.UnknownNameError` for a data set that the table does not hold."""
        if dataset not in self.datasets:
            raise unknown("data set", dataset, self.datasets, self.name)

    def read(self, column: Column) -> np.ndarray:
        """A column, verified and in its unit, as floats; runs that were not made are ``nan``."""
        path = self.folder / column.file
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"column {column.file} of {self.name} cannot be read: {error}; install nasbed again"
            ) from None
        if hashlib.sha256(content).hexdigest() != column.sha256:
            raise DataError(f"column {path} is damaged: its SHA-256 is not the manifest's; install nasbed again")
        try:
            raw: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"column {path} cannot be read: {error}; install nasbed again") from None
        sizes = {"architecture": self.architectures, "run": len(self.runs)}
        expected = tuple(sizes[axis] for axis in column.axes)
        if raw.shape != expected:
            raise DataError(f"column {path} has shape {raw.shape}; expected {expected}; install nasbed again")
        if not column.images:
            return raw
        values = 100.0 * raw / column.images
        values[raw == MISSING] = np.nan
        return values


def _named(metric: str, split: str, epochs: int) -> str:
    details = [*([split] if split != "none" else []), *([f"{epochs} epochs"] if epochs else [])]
    return f"{metric} ({', '.join(details)})" if details else metric
