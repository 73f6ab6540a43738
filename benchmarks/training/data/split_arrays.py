"""What is computed of the arrays of splits, of images and of sequences alike: a checksum, and moments."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

_CHUNK = 4096
"""Entries along the first axis whose squares are in memory at a time."""
_SMALLEST = 1e-30
"""A deviation of no more is that of a constant: a 32-bit float that is divided by it may be infinite."""


def arrays_checksum(described: object, splits: Mapping[str, Iterable[np.ndarray]], names: Iterable[str]) -> str:
    """SHA-256 of the ``repr`` of ``described``, and of types, shapes and numbers of the arrays of the splits that are named."""
    digest = hashlib.sha256(repr(described).encode())
    for name in names:
        for values in splits[name]:
            stored = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
            digest.update(f"{name} {stored.dtype.str} {stored.shape}".encode())
            digest.update(stored.data)
    return digest.hexdigest()


def whole_moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation (1 for a constant) from sums of whole numbers, which are the same on every machine."""
    total = int(values.sum(dtype=np.int64))
    squares = sum(int(np.square(part, dtype=np.int64).sum()) for part in _parts(values))
    spread = values.size * squares - total**2
    return total / values.size, math.sqrt(spread) / values.size if spread else 1.0


def real_moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation in two passes; a constant is found by its extremes, since a sum of it is rounded, and has 1, as
    has what is constant but for less than 32-bit floats can be divided by.
    """
    if (constant := values.min()) == values.max():
        return float(constant), 1.0
    mean = float(values.mean(dtype=np.float64))
    squares = sum(float(np.square(np.subtract(part, mean, dtype=np.float64)).sum()) for part in _parts(values))
    deviation = math.sqrt(squares / values.size)
    return mean, deviation if deviation > _SMALLEST else 1.0


def _parts(values: np.ndarray) -> Iterator[np.ndarray]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
