"""TFRecord files, in which records follow one another, each with its length and two checksums, read as a stream by NumPy alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np

from nasbed.benchmarks.convert._crc32c import checksums
from nasbed.errors import DataError

_BLOCK = 4 << 20
"""Bytes that are read at a time."""
LONGEST = 1 << 20
"""The most bytes of a record: those of NAS-Bench-101 have about 370."""
_HEAD, _TAIL = 12, 4
"""Bytes before a record, its length in eight and their checksum; and after it, its own checksum."""
_MASK = 0xA282EAD8


class RecordFile:
    """One file. :meth:`blocks` gives its records, and raises :class:`~nasbed.errors.DataError` for the first that is damaged.

    A checksum is CRC-32C, masked: rotated right by 15 bits, and a constant added, so that one of bytes that hold checksums is
    sound. ``read`` counts the bytes so far, and ``sha256`` is that of the whole file once it was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.read = 0
        self._digest = hashlib.sha256()
        self._records = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was read."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[list[bytes]]:
        """The records, some thousands at a time."""
        left, begins = b"", 0
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                self._digest.update(block)
                content = left + block
                records, end = self._records_of(content, begins)
                left = content[end:]
                begins += end
                self.read += len(block)
                if records:
                    self._records += len(records)
                    yield records
        if left:
            raise DataError(
                f"{self.path} ends inside of record {self._records + 1:,}, which begins at byte {begins:,};"
                " get the published file again"
            )

    def _records_of(self, content: bytes, begins: int) -> tuple[list[bytes], int]:
        """The whole records at the start of ``content``, and where they end; ``begins`` is the place of ``content`` in the file."""
        starts, lengths, at, too_long = [], [], 0, 0
        while at + _HEAD <= len(content):
            length = int.from_bytes(content[at : at + 8], "little")
            if length > LONGEST:
                too_long = length
                break
            if at + _HEAD + length + _TAIL > len(content):
                break
            starts.append(at)
            lengths.append(length)
            at += _HEAD + length + _TAIL
        octets = np.frombuffer(content, dtype=np.uint8)
        self._verify(octets, begins, np.array(starts, dtype=np.int64), np.array(lengths, dtype=np.int64))
        if too_long:
            self._verify_length(
                octets, at, too_long, f"record {self._records + len(starts) + 1:,}, at byte {begins + at:,},"
            )
        return [content[start + _HEAD : start + _HEAD + n] for start, n in zip(starts, lengths, strict=True)], at

    def _verify(self, octets: np.ndarray, begins: int, starts: np.ndarray, lengths: np.ndarray) -> None:
        parts = ("length", starts, np.full(len(starts), 8)), ("content", starts + _HEAD, lengths)
        wrong = {}
        for name, at, length in parts:
            found = masked(checksums(octets, at, length))
            stated = _words(octets, at + length)
            if len(bad := np.flatnonzero(found != stated)):
                wrong[name] = int(bad[0])
        if wrong:
            name = min(wrong, key=lambda one: (wrong[one], one == "content"))
            record = wrong[name]
            raise DataError(
                f"{self.path}: record {self._records + record + 1:,}, at byte {begins + int(starts[record]):,}, is damaged: the"
                f" checksum of its {name} differs; get the published file again"
            )

    def _verify_length(self, octets: np.ndarray, at: int, length: int, record: str) -> NoReturn:
        here = np.array([at])
        if masked(checksums(octets, here, np.array([8])))[0] != _words(octets, here + 8)[0]:
            raise DataError(
                f"{self.path}: {record} is damaged: the checksum of its length differs; expected a TFRecord file,"
                " get the published file again"
            )
        raise DataError(
            f"{self.path}: {record} has {length:,} bytes; expected at most {LONGEST:,}, as in files of NAS-Bench-101"
        )


def masked(checksum: np.ndarray) -> np.ndarray:
    """Checksums as the file has them."""
    return (checksum >> 15 | checksum << 17) + np.uint32(_MASK)


def _words(octets: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The little-endian 32-bit numbers at some places."""
    found: np.ndarray = octets[at[:, None] + np.arange(4)].view("<u4")[:, 0]
    return found
