"""Tables that a call reads: which they are, where a machine has them, and how a machine that lacks one receives it."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Manifest, checksum_of
from nasbed.benchmarks.tables.places import received
from nasbed.errors import DataError
from nasbed.studies.series import Series

CHUNK = 4 << 20
"""Bytes of a table that are sent at a time."""
_OLD = 86_400.0
"""Seconds after which what was begun to be received is taken for left behind."""

Run = Callable[..., Any]
"""Makes a function run on a worker, which is given by its address: (function, arguments, address)."""


class TableLacking(DataError):
    """A table that a machine has not, or has with another checksum; ``table`` is its name and the checksum that is wanted."""

    table: tuple[str, str]


def tables_of(series: Series) -> tuple[tuple[str, str], ...]:
    """The tables of the data home that the benchmark of a series reads: names and checksums."""
    read = series.load_benchmark().checksum
    here = ((name, checksum_of(home.folder_of(name))) for name in home.imported())
    return tuple((name, checksum) for name, checksum in here if checksum in read)


def provide(tables: tuple[tuple[str, str], ...]) -> None:
    """Make tables available in this process: those of this machine, or those that it received.

    Raises :class:`TableLacking`.
    """
    for name, checksum in tables:
        if checksum_of(home.folder_of(name)) == checksum:
            continue
        if checksum_of(received() / checksum) != checksum:
            lacking = TableLacking(f"the table {name!r} with the checksum {checksum[:12]} is not here")
            lacking.table = (name, checksum)
            raise lacking
        home.lend(name, received() / checksum)


class TableSender:
    """Sends tables to machines that lack them, each once; ``sent`` counts bytes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = Lock()
        self.sent = 0

    def send(self, table: tuple[str, str], address: str, token: str) -> None:
        """Send a table to the machine of a worker, unless it has it by now, by another call or another worker of its."""
        name, checksum = table
        with self._lock:
            if self._run(has, (checksum,), address):
                return
            folder = home.folder_of(name)
            for file in _files(folder):
                with (folder / file).open("rb") as opened:
                    for offset in range(0, (folder / file).stat().st_size, CHUNK):
                        chunk = opened.read(CHUNK)
                        self._run(receive, (checksum, token, file, offset, chunk), address)
                        self.sent += len(chunk)
            self._run(keep, (checksum, token), address)


def _files(folder: Path) -> Iterator[str]:
    """The files of a table, its manifest last."""
    yield from Manifest.load(folder).paths
    yield "manifest.toml"


def has(checksum: str) -> bool:
    """Whether this machine has received a table."""
    return (received() / checksum / "manifest.toml").is_file()


def receive(checksum: str, token: str, file: str, offset: int, chunk: bytes) -> None:
    """Write a part of a file into the folder of a table that is being received from the sender ``token``."""
    folder = _begun(checksum, token)
    path = (folder / file).resolve()
    if folder.resolve() not in path.parents:
        raise DataError(f"a table's file {file!r} lies outside its folder; expected a name within it")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if offset else "wb") as opened:
        opened.seek(offset)
        opened.write(chunk)


async def keep(checksum: str, token: str) -> None:
    """Verify a table that has been received whole, and give it its place; that of another worker's is as good."""
    await asyncio.to_thread(_keep, checksum, token)


def _keep(checksum: str, token: str) -> None:
    folder = _begun(checksum, token)
    manifest = Manifest.load(folder)
    if manifest.checksum != checksum:
        raise DataError(f"the table in {folder} has the checksum {manifest.checksum[:12]}; expected {checksum[:12]}")
    manifest.verify()
    try:
        os.replace(folder, received() / checksum)
    except OSError:
        if not has(checksum):
            raise
        shutil.rmtree(folder, ignore_errors=True)
    for left in received().glob(".*"):
        if time.time() - left.stat().st_mtime > _OLD:
            shutil.rmtree(left, ignore_errors=True)


def _begun(checksum: str, token: str) -> Path:
    return received() / f".{checksum}-{token}"
