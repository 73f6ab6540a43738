"""The on-disk format of every table: a folder with ``manifest.toml`` and plain ``.npy`` columns.

The manifest declares what each number is. A column has the axes ``architecture`` (by index of the space), where
trainings were repeated ``run``, and where it was recorded along a training ``epoch``. Accuracies that are counts of images
are stored as such (``images``): the value in percent is ``100 * count / images``.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nasbed.benchmarks.tables.declared import require_declared
from nasbed.errors import DataError, shown, unknown
from nasbed.vocabulary import Objective

FORMAT = 1
MISSING = 65535
"""In a column of 16-bit counts: this run was not made. Other unsigned types use their own maximum."""
WHOLE = 8 << 20
"""Bytes up to which a column's checksum is verified whenever it is read; of larger ones the size, and all by ``verify``."""


Split = Literal["train", "validation", "test", "mixture", "none"]


def checksum_of(folder: Path | str) -> str:
    """The checksum of the table in a folder; empty where there is none."""
    path = Path(folder) / "manifest.toml"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@lru_cache(maxsize=32)
def _written(folder: Path, text: str) -> Manifest:
    """The manifest of a folder that has this text; a study asks for the same one for every series.

    Raises ``ValueError`` for what is no TOML, and :class:`~nasbed.errors.DataError` for what is no manifest.
    """
    content, path = tomllib.loads(text), folder / "manifest.toml"
    version = content.pop("format", None)
    if type(version) is not int or version != FORMAT:
        raise DataError(f"{path} has format {shown(version)}; this nasbed reads {FORMAT}; {_remedy(folder)}")
    try:
        require_declared(content)
    except DataError as error:
        raise DataError(f"{path} is damaged: {error}; {_remedy(folder)}") from None
    columns = [Column(**column) for column in content.pop("columns")]
    return Manifest(folder=folder, columns=columns, **content)


@dataclass(frozen=True)
class Column:
    """One column: the metric of a data set on a split, and where and how it is stored.

    ``epochs`` is the schedule that the number is of (0: of none, as parameters), ``origin`` says what was trained on what,
    ``at`` holds the epochs of the axis ``epoch``, ascending, and ``images`` is the size of the split where the column holds
    counts. ``mixture`` is validation and test images together. ``trainings`` says of how many trainings a number without the
    axis ``run`` is the mean (0: it is not known, or of none).
    """

    file: str
    metric: str
    split: Split
    dataset: str
    unit: str
    direction: Literal["maximise", "minimise", "none"]
    axes: list[str]
    origin: str
    epochs: int = 0
    sha256: str = ""
    images: int = 0
    at: list[int] = field(default_factory=list)
    trainings: int = 0

    @property
    def objective(self) -> Objective:
        """Its metric as an objective; what has no direction is not turned."""
        return Objective(self.metric, self.unit, self.direction != "minimise")


@dataclass(frozen=True)
class Manifest:
    """What a folder holds. ``report`` says what a search is judged on (``test``, ``held-out runs``, or ``validation alone``).

    Where architectures that compute the same function share a row, ``members`` counts the architectures of the space, and
    a column ``row`` of the axis ``member`` gives the row of each. ``study`` is the file that ``nasbed tabulate`` was given.
    ``decisions`` are those of a table that ``nasbed data make`` wrote: ``name``, ``values`` and whether they are ``ordered``.
    ``files`` holds the SHA-256 of what the folder has beside columns, by path: the model of a surrogate.
    """

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
    members: int = 0
    study: str = ""
    decisions: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path | str) -> Manifest:
        """Read the ``manifest.toml`` of a folder. Raises :class:`~nasbed.errors.DataError` where it is missing or damaged."""
        folder = Path(folder)
        path = folder / "manifest.toml"
        try:
            return _written(folder, path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"no table in {folder}: manifest.toml is missing; {_remedy(folder)}") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}; {_remedy(folder)}") from None
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path} is damaged: {error}; {_remedy(folder)}") from None

    def dump(self) -> str:
        """The manifest as the text of a ``manifest.toml``."""
        import tomli_w

        content: dict[str, Any] = {"format": FORMAT, **asdict(self)}
        del content["folder"]
        for name in ("members", "study", "decisions", "files"):
            if not content[name]:
                del content[name]
        for column in content["columns"]:
            for name in ("images", "epochs", "at", "trainings"):
                if not column[name]:
                    del column[name]
        return tomli_w.dumps(content, multiline_strings=True)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the manifest, which holds that of every column."""
        return checksum_of(self.folder)

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

    def read(self, column: Column, epoch: int | None = None) -> np.ndarray:
        """A column in its unit, as floats; what was not recorded is ``nan``.

        Where it has the axis ``epoch`` one of the recorded epochs must be named, and that axis is dropped. Raises
        :class:`~nasbed.errors.DataError` for damage and for an epoch that was not recorded.
        """
        if ("epoch" in column.axes) != (epoch is not None):
            name = _named(column.metric, column.split, column.epochs)
            raise DataError(f"{self.name}: {name} is recorded {'by epoch' if epoch is None else 'at the end only'}")
        raw = self.opened(column)
        if epoch is not None:
            if epoch not in column.at:
                name = _named(column.metric, column.split, column.epochs)
                raise DataError(
                    f"{self.name}: {name} was not recorded after {epoch} epochs; {_span(column.at)} are there"
                )
            raw = raw[..., column.at.index(epoch)]
        if not column.images:
            return raw
        values = 100.0 * raw / column.images
        values[raw == np.iinfo(raw.dtype).max] = np.nan
        return values

    @property
    def paths(self) -> list[str]:
        """The files of the folder beside the manifest, each once: those of columns, and the others."""
        return list(dict.fromkeys([*(column.file for column in self.columns), *self.files]))

    def verify(self) -> None:
        """Read every file in full; raises :class:`~nasbed.errors.DataError` for the first that is damaged."""
        for column in self.columns:
            self.opened(column, whole=True)
        for name in self.files:
            self.file(name)

    def file(self, name: str) -> bytes:
        """The content of a file that is no column; raises :class:`~nasbed.errors.DataError` where it is absent or damaged."""
        if name not in self.files:
            raise DataError(f"{self.name} has no file {shown(name)}; it has {', '.join(self.files) or 'none'}")
        path = self.folder / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"the file {path} of {self.name} cannot be read: {error.strerror}; {_remedy(self.folder)}"
            ) from None
        if hashlib.sha256(content).hexdigest() != self.files[name]:
            raise DataError(f"the file {path} is damaged: its SHA-256 is not the manifest's; {_remedy(self.folder)}")
        return content

    def opened(self, column: Column, whole: bool = False) -> np.ndarray:
        """The memory-mapped array of a column. Its checksum is compared if it is small or ``whole`` is set."""
        path = self.folder / column.file
        try:
            size = path.stat().st_size
            if whole or size <= WHOLE:
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != column.sha256:
                        raise DataError(
                            f"column {path} is damaged: its SHA-256 is not the manifest's; {_remedy(self.folder)}"
                        )
        except OSError as error:
            raise DataError(
                f"column {column.file} of {self.name} cannot be read: {error}; {_remedy(self.folder)}"
            ) from None
        try:
            raw: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"column {path} cannot be read: {error}; {_remedy(self.folder)}") from None
        sizes = {
            "architecture": self.architectures,
            "member": self.members,
            "run": len(self.runs),
            "epoch": len(column.at),
        }
        expected = tuple(sizes[axis] for axis in column.axes)
        if raw.shape != expected:
            raise DataError(f"column {path} has shape {raw.shape}; expected {expected}; {_remedy(self.folder)}")
        self._require_numbers(column, raw, path)
        return raw

    def _require_numbers(self, column: Column, raw: np.ndarray, path: Path) -> None:
        """Counts of images are unsigned, everything else is a number, and no count passes for a share of a hundred."""
        if column.images and raw.dtype.kind != "u":
            held = f"holds {raw.dtype}; expected unsigned whole numbers, since images = {column.images} says that it counts images"
        elif raw.dtype.kind not in "uif":
            held = f"holds {raw.dtype}; expected numbers"
        elif column.unit == "%" and raw.dtype.kind == "u" and not column.images:
            held = f"holds {raw.dtype} in %; expected the number of images that it counts as images = N"
        else:
            return
        raise DataError(f"column {path} {held}; {_remedy(self.folder)}")


def _named(metric: str, split: str, epochs: int) -> str:
    details = [*([split] if split != "none" else []), *([f"{epochs} epochs"] if epochs else [])]
    return f"{metric} ({', '.join(details)})" if details else metric


def _span(epochs: list[int]) -> str:
    """Epochs in words: a range where they are consecutive.

    >>> _span([1, 2, 3, 4]), _span([200])
    ('1 .. 4', '200')
    """
    consecutive = len(epochs) > 2 and epochs == list(range(epochs[0], epochs[-1] + 1))
    return f"{epochs[0]} .. {epochs[-1]}" if consecutive else ", ".join(map(str, epochs))


def made(folder: Path | str) -> bool:
    """Whether the table in a folder is a user's own, which ``nasbed data make`` wrote: its manifest says decisions."""
    try:
        return "[[decisions]]" in (Path(folder) / "manifest.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _remedy(folder: Path) -> str:
    """What a user does about a damaged table."""
    from nasbed.benchmarks.tables.places import SHIPPED, home

    if folder.parent == home():
        return "make it again with nasbed data make" if made(folder) else "import it again"
    return "install nasbed again" if folder.parent == SHIPPED else "name the folder of a whole table, or make it again"
