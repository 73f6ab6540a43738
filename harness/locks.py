"""One writer at a time: a lock of the operating system, which ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nasbed.errors import StoreError

NAME = ".lock"
"""The file that is locked in a folder; it holds the process and the machine that write there."""

_BYTE = 1 << 20
"""Which byte is locked on Windows, beyond what is written, as what is locked cannot be read there."""


_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What the system says where another process holds a lock."""

_TRIES, _LOOKS, _MOMENT = 3, 500, 0.02
"""How often a lock is tried where another process writes, and where others only look, as :func:`holder` does, which takes it for
an instant; and the seconds in between. A busy machine can stop one who looks for longer than an instant."""


@contextmanager
def alone(path: Path | str, instead: str) -> Iterator[None]:
    """Hold the lock of a folder, or of a file, while the block writes there.

    Raises :class:`~nasbed.errors.StoreError` where another process holds it; ``instead`` says what else can be chosen. Where the
    file system knows no locks, or cannot be written, the block goes on without.
    """
    path = Path(path)
    lock = _lock_of(path)
    file = _taken(lock, path, instead)
    try:
        yield
    finally:
        if file is not None:
            with suppress(OSError):
                lock.unlink()  # before the lock is let go of, so that what is deleted is never another's
            file.close()


def holder(path: Path | str) -> str:
    """Who holds the lock of a folder, or of a file, now, as "process 12 on host"; empty where nobody does."""
    try:
        file = open(_lock_of(Path(path)), "rb", buffering=0)  # noqa: SIM115
    except (OSError, ValueError):
        return ""
    with file:
        try:
            _lock(file.fileno(), shared=True)
        except OSError as error:
            return _named_in(file) if error.errno in _HELD else ""
    return ""


def _lock_of(path: Path) -> Path:
    return path / NAME if path.is_dir() else path.with_name(f".{path.name}.lock")


def _named_in(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(1000).decode(errors="replace").strip() or "another process"


def _taken(lock: Path, path: Path, instead: str) -> BinaryIO | None:
    left, looks = _TRIES, _LOOKS
    while True:
        try:
            file = open(lock, "a+b", buffering=0)  # noqa: SIM115  # held until the block is over
        except OSError:
            return None
        try:
            _lock(file.fileno())
        except OSError as error:
            writer, looked_at = _named_in(file), _shared(file)
            file.close()
            if error.errno not in _HELD:
                return None
            left, looks = (left, looks - 1) if looked_at else (left - 1, looks)
            if left and looks:
                time.sleep(_MOMENT)
                continue
            raise StoreError(f"{path} is being written by {writer}; wait until it has ended, or {instead}") from None
        if _is_at(file, lock):
            with suppress(OSError):  # as where the disk is full
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}\n".encode())
            return file
        file.close()  # its holder has just deleted it


def _shared(file: BinaryIO) -> bool:
    """Whether those who hold a lock do no more than look; on Windows no lock is shared."""
    try:
        _lock(file.fileno(), shared=True)
    except OSError:
        return False
    return True


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except OSError:
        return False


def _lock(file: int, shared: bool = False) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, _BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
