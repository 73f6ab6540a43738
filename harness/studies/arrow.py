"""Numeric columns as Arrow's and back, by their memory alone; whole numbers beyond 64 bits are texts of their digits.

Arrow's own conversions import pandas, which takes longer than to write the shards of a study.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def to_arrow(values: np.ndarray) -> pa.Array:
    """A numeric column as Arrow's; ``nan`` stays a number.

    >>> to_arrow(np.array([True, False, True])).to_pylist(), to_arrow(np.array([7, 2**70], dtype=object)).to_pylist()
    ([True, False, True], ['7', '1180591620717411303424'])
    """
    if values.dtype == object:
        texts = [str(value).encode() for value in values.tolist()]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(texts)))
    kept = np.ascontiguousarray(values)
    bits = np.packbits(kept, bitorder="little") if kept.dtype == np.bool_ else kept
    return pa.Array.from_buffers(pa.from_numpy_dtype(kept.dtype), len(kept), [None, pa.py_buffer(bits)])


def from_arrow(column: pa.ChunkedArray) -> np.ndarray:
    """A column of Arrow's that :func:`to_arrow` can have made; raises :class:`ValueError` for any other.

    >>> from_arrow(pa.chunked_array([to_arrow(np.arange(3)), to_arrow(np.arange(2))])).tolist()
    [0, 1, 2, 0, 1]
    """
    if column.type == pa.string():
        return _whole_numbers(column.to_pylist())
    joined = column.combine_chunks()
    dtype = np.dtype(column.type.to_pandas_dtype())
    if column.null_count or dtype.kind not in "bif":
        raise ValueError(f"a column of {column.type} with {column.null_count:,} missing values; expected numbers")
    begin, end = joined.offset, joined.offset + len(joined)
    memory = joined.buffers()[1]
    if dtype == np.bool_:
        bits = np.frombuffer(memory, dtype=np.uint8)
        return np.unpackbits(bits, count=end, bitorder="little")[begin:].view(np.bool_)
    return np.frombuffer(memory, dtype=dtype, count=end)[begin:]


def _whole_numbers(texts: Sequence[str | None]) -> np.ndarray:
    """Whole numbers of any size, as objects, by their digits."""
    for text in texts:
        if text is None or re.fullmatch("0|[1-9][0-9]*", text, re.ASCII) is None:
            raise ValueError(f"a column of texts with {text!r}; expected the digits of whole numbers")
    return np.array([int(text or 0) for text in texts], dtype=object)
