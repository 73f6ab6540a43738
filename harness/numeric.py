"""What counts as a number, as a whole number and as a seed, wherever one is given: Python's numbers and NumPy's, never a text or
true and false.
"""

from __future__ import annotations

import math
import sys
from numbers import Integral, Real
from operator import index

from nasbed.errors import NasbedError, OptionError, shown

SEEDS = 2**31
"""Seeds of runs are 0 .. ``SEEDS`` - 1: they are stored in 32 bits."""


def whole(value: object) -> int | None:
    """The integer that a value is, as an ``int``; ``None`` for everything else, 1.0 and true among it.

    >>> import numpy as np
    >>> whole(3), whole(np.int64(3)), whole(3.0), whole(True), whole("3")
    (3, 3, None, None, None)
    """
    if type(value) is int:
        return value
    if not isinstance(value, Integral) or not _ordinary(value):
        return None
    try:
        return index(value)
    except TypeError:  # of a time span of NumPy's
        return None


def real(value: object) -> int | float | None:
    """The finite number that a value is, as an ``int`` or a ``float``; ``None`` for everything else.

    >>> import numpy as np
    >>> real(3), real(np.float32(0.5)), real(float("nan")), real("3")
    (3, 0.5, None, None)
    """
    if (integer := whole(value)) is not None:
        return integer if abs(integer) <= sys.float_info.max else None
    if isinstance(value, Integral) or not isinstance(value, Real) or not _ordinary(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _ordinary(value: object) -> bool:
    """Whether a number is of Python's types, true and false apart, or of NumPy's."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)) or type(value).__module__ == "numpy"


def require_whole(
    name: str, value: object, low: int, high: int | None = None, error: type[NasbedError] = OptionError
) -> int:
    """The whole number that is given as ``name``; raises ``error`` for everything else and outside of ``low`` .. ``high``.

    >>> require_whole("workers", 0, 1)
    Traceback (most recent call last):
    nasbed.errors.OptionError: workers = 0; expected a whole number, at least 1
    """
    number = whole(value)
    if number is None or number < low or (high is not None and number > high):
        wanted = f", at least {low:,}" if high is None else f" in {low:,} .. {high:,}"
        raise error(f"{name} = {shown(value)}; expected a whole number{wanted}")
    return number


def require_seed(value: object, name: str = "seed", error: type[NasbedError] = OptionError) -> int:
    """The seed of a run: a whole number in 0 .. 2,147,483,647. Raises ``error`` for everything else, 1.0 and "1" among it.

    >>> require_seed(True)
    Traceback (most recent call last):
    nasbed.errors.OptionError: seed = True; expected a whole number in 0 .. 2,147,483,647
    """
    return require_whole(name, value, 0, SEEDS - 1, error)
