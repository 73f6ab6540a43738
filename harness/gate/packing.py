"""Columns of numbers as short text, for a file that is kept beside the code.

Scores are rounded to a step that is a power of ten, at most a hundredth of their standard deviation, or where they are all equal to
twelve digits; what is left is stored as
differences from the least, byte planes apart, compressed and in base 64.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from math import floor, log10
from typing import Any

import numpy as np

from nasbed.errors import BaselineError
from nasbed.statistics.precision import resolution
from nasbed.statistics.spread import spread

_BEYOND = 1 << 16
"""Bytes beyond the expected ones up to which a column is unpacked, to say how many it has."""


def step_of(scores: np.ndarray) -> float:
    """The step that scores are rounded to.

    >>> step_of(np.array([1.0, 2.0, 3.0, 4.0]))
    0.01
    >>> step_of(np.full(3, 2e-6))
    1e-17
    """
    sd = float(spread(scores))
    return float(f"1e{floor(log10(sd)) - 2}") if sd > 0 else resolution(scores) or 1.0


def rounded(scores: np.ndarray, step: float) -> np.ndarray:
    """Scores as they are after packing; equal scores stay equal."""
    found: np.ndarray = np.rint(scores / step) * step
    return found


def pack(scores: np.ndarray, step: float) -> dict[str, Any]:
    """Scores that were rounded to a step, as plain data: whole numbers of steps, compressed, in base 64."""
    whole = np.rint(scores / step).astype(np.int64)
    least = int(whole.min())
    return {"step": step, "least": least, **_packed((whole - least).astype(np.uint32))}


def unpack(packed: dict[str, Any], count: int, what: str) -> np.ndarray:
    """The scores; raises :class:`~nasbed.errors.BaselineError` where there are not ``count`` of them."""
    whole = unpack_whole(packed, count, what).astype(np.int64) + int(packed["least"])
    return whole * float(packed["step"])


def pack_whole(values: np.ndarray) -> dict[str, Any]:
    """Unsigned numbers of 32 bits as plain data: compressed, in base 64."""
    return _packed(values.astype(np.uint32))


def unpack_whole(packed: dict[str, Any], count: int, what: str) -> np.ndarray:
    """The numbers; raises :class:`~nasbed.errors.BaselineError` where there are not ``count`` of them."""
    limit = 4 * count + _BEYOND
    try:
        inflating = zlib.decompressobj()
        planes = np.frombuffer(inflating.decompress(base64.b64decode(packed["data"], validate=True), limit), np.uint8)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise BaselineError(f"the column of {what} is damaged: {error}") from None
    if not inflating.eof:
        reason = f"it holds more than {count:,} seeds" if len(planes) == limit else "it ends too early"
        raise BaselineError(f"the column of {what} is damaged: {reason}")
    if len(planes) != 4 * count:
        raise BaselineError(f"the column of {what} holds {len(planes) // 4:,} seeds; expected {count:,}")
    found: np.ndarray = np.ascontiguousarray(planes.reshape(4, count).T).view("<u4")[:, 0]
    return found


def _packed(values: np.ndarray) -> dict[str, str]:
    planes = np.ascontiguousarray(values, dtype="<u4").view(np.uint8).reshape(-1, 4).T
    return {"data": base64.b64encode(zlib.compress(np.ascontiguousarray(planes).tobytes(), 9)).decode()}
