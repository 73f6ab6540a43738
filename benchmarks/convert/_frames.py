"""Pickled pandas frames (version 0.14.1 of their layout and later), read without pandas and with nothing else admitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbed.benchmarks.convert import _pickles
from nasbed.errors import DataError


class _Kept:
    """Stands for a class of pandas: keeps the state that the pickle gives it."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _index(cls: type, arguments: dict[str, Any]) -> Any:
    if "data" in arguments:
        return arguments["data"]
    return range(arguments["start"], arguments["stop"], arguments["step"])


def _array(buffer: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any) -> np.ndarray:
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


_RECONSTRUCT = np.zeros(1).__reduce__()[0]
_ADMITTED: dict[tuple[str, str], Any] = {
    ("pandas.core.frame", "DataFrame"): _Kept,
    ("pandas.core.internals.managers", "BlockManager"): _Kept,
    ("pandas.core.indexes.base", "_new_Index"): _index,
    ("pandas.core.indexes.base", "Index"): _Kept,
    ("pandas.core.indexes.range", "RangeIndex"): _Kept,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _RECONSTRUCT for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _array for core in ("core", "_core")},
    ("builtins", "slice"): slice,
}


def load(content: bytes) -> dict[str, np.ndarray]:
    """The columns of a pickled frame, by name. Raises :class:`~nasbed.errors.DataError` for anything else."""
    frame = _pickles.load(content, _ADMITTED)
    try:
        manager = frame.state.get("_mgr", frame.state.get("_data"))
        layout = manager.state[3]["0.14.1"]
        names = [str(name) for name in layout["axes"][0]]
        columns: dict[str, np.ndarray] = {}
        for block in layout["blocks"]:
            places = np.arange(len(names))[block["mgr_locs"]]
            columns |= {names[place]: values for place, values in zip(places.tolist(), block["values"], strict=True)}
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"not a pickled pandas frame of a known layout: {type(error).__name__}: {error}") from None
    return columns
