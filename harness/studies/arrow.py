"""Numeric columns as Arrow's and back, by their memory alone.

Arrow's own conversions import pandas, which takes longer than to write the shards of a study.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def to_arrow(values: np.ndarray) -> pa.Array:
    """A numeric column as Arrow's; ``nan`` stays a number.

    >>> to_arrow(np.array([True, False, True])).to_pylist()
    [True, False, True]
    """
    kept = np.ascontiguousarray(values)
    bits = np.packbits(kept, bitorder="little") if kept.dtype == np.bool_ else kept
    return pa.Array.from_buffers(pa.from_numpy_dtype(kept.dtype), len(kept), [None, pa.py_buffer(bits)])


def from_arrow(column: pa.ChunkedArray) -> np.ndarray:
    """A column of Arrow's that :func:`to_arrow` can have made; raises :class:`ValueError` for any other.

    >>> from_arrow(pa.chunked_array([to_arrow(np.arange(3)), to_arrow(np.arange(2))])).tolist()
    [0, 1, 2, 0, 1]
    """
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
