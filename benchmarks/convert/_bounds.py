"""How much may come out of a compressed file: a few times what official files hold, checked while it is read."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO, BinaryIO, cast

from nasbed.errors import DataError

MIB = 1 << 20
BUFFER = MIB
"""Bytes that are read at a time."""
TEXT = 64 * MIB
"""The most bytes of a compressed file of text; official ones have up to 9 MB."""
ARCHITECTURE = 128 * MIB
"""The most bytes of the file of one architecture: official ones have .33 MB, and where they hold the trained weights of their
seventeen trainings up to 105 MB."""
WHOLE = 20 << 30
"""The most bytes of a file with all architectures: official ones have about 5 GB."""
APART = 8 * MIB
"""The most bytes of a file with all architectures between one training that is used and the next: official ones have the list of
architectures, 1.6 MB, before the first, and up to 6.2 MB of weights in a training."""


class Bounded(io.RawIOBase):
    """What is read of ``source``. More than ``whole`` bytes in all, or more than ``apart`` since :meth:`used`, is refused as
    :class:`~nasbed.errors.DataError`, when so much was read and before more is.
    """

    def __init__(self, source: IO[bytes], whole: int, apart: int | None = None) -> None:
        self._source = source
        self._whole = self._left = whole
        self._apart = apart
        self._since = 0

    def readable(self) -> bool:
        """True: this stream can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read the next bytes into ``buffer`` and return how many there were."""
        content = self._source.read(min(len(buffer), BUFFER))
        buffer[: len(content)] = content
        self._left -= len(content)
        self._since += len(content)
        if self._left < 0:
            raise DataError(
                f"it holds more than {self._whole / MIB:,.0f} MiB, several times what official files hold;"
                " get the published file again"
            )
        if self._apart is not None and self._since > self._apart + BUFFER:
            raise DataError(
                f"it holds more than {self._apart / MIB:,.0f} MiB in which there is no training; official files have one after a"
                " few hundred kB; get the published file again"
            )
        return len(content)

    def used(self) -> None:
        """What was read so far was used, and is not in memory any more."""
        self._since = 0

    def buffered(self) -> io.BufferedReader:
        """The same stream with a buffer, for many small reads."""
        return io.BufferedReader(self, BUFFER)


def content(source: IO[bytes], limit: int) -> bytes:
    """All of a compressed stream; raises :class:`~nasbed.errors.DataError` where it is more than ``limit`` bytes."""
    with Bounded(source, limit).buffered() as file:
        return file.read()


def opened(path: Path) -> BinaryIO:
    """A file of text, decompressed if its name ends in ``.gz``."""
    if path.suffix != ".gz":
        return path.open("rb")
    return Bounded(cast("IO[bytes]", gzip.open(path)), TEXT).buffered()
