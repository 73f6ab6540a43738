"""Cells of a frame of records made elsewhere, each read as what its column holds, or refused by a TypeError or a ValueError."""

from __future__ import annotations

from numbers import Integral, Real
from reprlib import repr as shortened
from typing import Any

import numpy as np
import pandas as pd

from nasbed.numeric import SEEDS
from nasbed.studies.appearance import is_label

_EXACT = 2**53
"""The number from which on a float64 no longer holds every whole number."""


def text_of(cell: object) -> str:
    """A cell for a message, in a few words whatever it is."""
    try:
        return shortened(cell)
    except Exception:
        return f"a {type(cell).__name__}"


def label_of(cell: object) -> str:
    """The label of a strategy or a benchmark."""
    if not is_label(cell):
        raise TypeError
    return str(cell)


def _is_real(cell: object) -> bool:
    return isinstance(cell, Real)


def whole_of(cell: Any, below: int = SEEDS) -> int:
    """A cell as a whole number in 0 .. ``below`` - 1, also where a spreadsheet or a missing cell has made it 1.0."""
    most = below if isinstance(cell, Integral) else min(below, _EXACT)
    if isinstance(cell, (bool, np.bool_)) or not _is_real(cell) or int(cell) != cell or not 0 <= cell < most:
        raise ValueError
    return int(cell)


def _number(cell: Any) -> float:
    if isinstance(cell, (bool, np.bool_)) or not _is_real(cell):
        raise TypeError
    return float(cell)


def value_of(cell: object) -> float:
    """A value: a number, or ``nan`` for what is missing or infinite, a failed training."""
    if cell is None or cell is pd.NA:
        return float("nan")
    number = _number(cell)
    return number if np.isfinite(number) else float("nan")


def seconds_of(cell: object) -> float:
    """A finite number of seconds that is not negative."""
    number = _number(cell)
    if not np.isfinite(number) or number < 0:
        raise ValueError
    return number


def truth_of(cell: Any) -> bool:
    """True or false, also where they are written as 1 and 0."""
    if not isinstance(cell, (bool, np.bool_)) and not (_is_real(cell) and cell in (0, 1)):
        raise TypeError
    return bool(cell)
