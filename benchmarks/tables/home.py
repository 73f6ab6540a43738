"""Where tables live: those of the package beside its code, those that a user brings in the data home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.places import DOWNLOADED, SHIPPED, home
from nasbed.errors import DataError, shown

_LENT: dict[str, Path] = {}


def lend(name: str, folder: Path | str) -> None:
    """Take a table from another folder as long as this process lasts; what was loaded before stays as it is."""
    _LENT[name] = Path(folder)


def folder_of(name: str) -> Path:
    """The folder of a table, there or not: one that was lent, the package's where it ships, else the data home's."""
    if name in _LENT:
        return _LENT[name]
    return SHIPPED / name if (SHIPPED / name).is_dir() else home() / name


def imported() -> list[str]:
    """The names of the tables in the data home."""
    return sorted(path.parent.name for path in home().glob("*/manifest.toml") if not path.parent.name.startswith("."))


def here() -> list[str]:
    """The names of the tables in the data home, and of those that were lent to this process."""
    return sorted({*imported(), *(name for name in _LENT if (_LENT[name] / "manifest.toml").is_file())})


def shipped() -> list[str]:
    """The names of the tables in the package."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/manifest.toml"))


def load(name: str) -> Manifest:
    """The manifest of a table; :class:`~nasbed.errors.DataError` says how to get one that is not there."""
    folder = folder_of(name)
    if not (folder / "manifest.toml").is_file():
        fetched = f"nasbed data fetch {name}, or " if name in DOWNLOADED else ""
        raise DataError(
            f"the table {shown(name)} is not in {home()}; get it with {fetched}nasbed data import {name} PATH"
        )
    return Manifest.load(folder)


def remove(name: str) -> Path:
    """Delete a table from the data home; those of the package are refused."""
    if (SHIPPED / name).is_dir():
        raise DataError(f"the table {name!r} ships with the package and is not removed")
    folder = home() / name
    if not (folder / "manifest.toml").is_file():
        raise DataError(f"the table {shown(name)} is not in {home()}; there: {', '.join(imported()) or 'none'}")
    with claim(name):
        shutil.rmtree(folder)
    return folder


@contextmanager
def claim(name: str) -> Iterator[Path]:
    """Hold the folder of a table in the data home against other processes; yields its path.

    Raises :class:`~nasbed.errors.DataError` where another process holds it. The lock of a process that has died is
    taken over.
    """
    target = home() / name
    lock = home() / f".{name}.lock"
    try:
        home().mkdir(parents=True, exist_ok=True)
        _take(lock, name)
        for left in home().glob(f".{name}-*"):  # by an import that was killed
            shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"cannot write to the data home {home()}: {error.strerror}; set NASBED_DATA to another"
        ) from None
    try:
        yield target
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path, name: str) -> None:
    for _ in range(2):
        try:
            descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            holder = _holder(lock)
            if holder is not None and _alive(holder):
                raise DataError(
                    f"process {holder} is writing the table {name!r} just now; wait for it, or end it and try again"
                ) from None
            lock.unlink(missing_ok=True)
            continue
        with os.fdopen(descriptor, "w") as file:
            file.write(str(os.getpid()))
        return
    raise DataError(f"another process is writing the table {name!r} just now; try again")


def _holder(lock: Path) -> int | None:
    try:
        return int(lock.read_text())
    except (OSError, ValueError):
        return None


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
