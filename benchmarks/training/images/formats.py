"""The files of published image sets: idx, and the pickles and binary records of CIFAR."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _bounds, _pickles, _torchfile
from nasbed.benchmarks.training.images.images import ImageSplit
from nasbed.errors import DataError, named, shown

_ENCODE = ("_codecs", "encode")
_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): np.zeros(1).__reduce__()[0] for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): np.int64(1).__reduce__()[0] for core in ("core", "_core")},
    _ENCODE: _torchfile.ADMITTED[_ENCODE],
}


def read_idx(path: Path) -> np.ndarray:
    """The bytes of an idx file of one or three axes in their shape; where ``path`` is not there, from the same name with ``.gz``.

    Raises ``FileNotFoundError`` where neither is there, and :class:`~nasbed.errors.DataError` for any other file.
    """
    path = path if path.exists() else path.with_name(f"{path.name}.gz")
    if not path.exists():
        raise FileNotFoundError(2, "not there", str(path.with_suffix("")))
    try:
        with _bounds.opened(path) as file:
            content = file.read()
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{named(path)} cannot be read: {error}") from None
    start = 4 + 4 * content[3] if content[:3] == b"\0\0\x08" and content[3:4] in (b"\1", b"\3") else 0
    if not start or len(content) < start:
        raise DataError(f"{named(path)} is no idx file of bytes along one or three axes")
    shape = [int(size) for size in np.frombuffer(content[4:start], ">u4")]
    if math.prod(shape) != len(content) - start:
        raise DataError(
            f"{named(path)} has {len(content) - start:,} bytes of data; expected {math.prod(shape):,}, for {shape}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_pickle(path: Path) -> dict[str, Any]:
    """The dictionary of a pickle of Python 2 or 3 that holds arrays, numbers and texts, and nothing else.

    Raises :class:`~nasbed.errors.DataError` for any other content.
    """
    with path.open("rb") as file:
        try:
            found = _pickles.load(file, _ADMITTED, encoding="latin1")
        except DataError as error:
            raise DataError(f"{named(path)}: {error}") from None
    if not isinstance(found, dict):
        raise DataError(f"{named(path)} holds a {type(found).__name__}; expected a dictionary")
    return {as_text(key): value for key, value in found.items()}


def as_text(value: Any) -> str:
    """A key or name as text, which some pickles hold as bytes."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def read_records(path: Path, ahead: int, side: int = 32) -> ImageSplit:
    """CIFAR's binary records: in each ``ahead`` bytes of labels, the last of them the one that counts, then the pixels by colour.

    Raises :class:`~nasbed.errors.DataError` where the file is no whole number of records.
    """
    content, size = path.read_bytes(), ahead + 3 * side * side
    if not content or len(content) % size:
        raise DataError(f"{named(path)} has {len(content):,} bytes; expected records of {size:,}")
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    return ImageSplit(records[:, ahead:].reshape(-1, 3, side, side), records[:, ahead - 1].astype(np.int64))


def read_batch(path: Path, labels: str, side: int) -> ImageSplit:
    """A pickled batch: rows of 3 * side * side bytes under ``data``, and whole numbers under the name of its ``labels``.

    Raises :class:`~nasbed.errors.DataError` for other rows, for what are no labels, and where their numbers differ.
    """
    content = read_pickle(path)
    if missing := [name for name in ("data", labels) if name not in content]:
        raise DataError(f"{named(path)} holds {', '.join(map(shown, content))}, and no {missing[0]!r}")
    pixels = content["data"]
    try:
        numbers = np.array(content[labels])
    except ValueError:
        raise DataError(f"{named(path)}: {labels!r} is no list of numbers") from None
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (3 * side * side,):
        kind = f"{pixels.dtype} of shape {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise DataError(f"{named(path)}: 'data' is {kind}; expected uint8 of shape (count, {3 * side * side:,})")
    if numbers.dtype.kind not in "iu" or numbers.shape != (len(pixels),):
        raise DataError(
            f"{named(path)}: {labels!r} is {numbers.dtype} of shape {numbers.shape}; expected {len(pixels):,} whole numbers"
        )
    return ImageSplit(pixels.reshape(-1, 3, side, side), numbers.astype(np.int64))


def joined(parts: Sequence[ImageSplit]) -> ImageSplit:
    """Several batches as one, in their order."""
    return ImageSplit(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))
