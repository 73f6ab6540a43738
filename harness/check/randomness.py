"""Global random state, Python's and NumPy's, which no search may read: set for a while, and put back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def state() -> tuple[Any, str]:
    """The state of Python's and of NumPy's global random generators, so that two moments can be compared."""
    return random.getstate(), repr(np.random.get_state(legacy=False))  # noqa: NPY002  # it is what is under test


@contextmanager
def pinned(seed: int = 0) -> Iterator[None]:
    """A block in which global random state is that of a seed, so that who reads it is caught by the one check that changes it."""
    before = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
