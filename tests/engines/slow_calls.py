"""Calls that hang, or that take memory; it imports little, so that a process makes one soon."""

from __future__ import annotations

import time
from pathlib import Path


def hangs(folder: str, times: int) -> int:
    """Hang the first so many times that it is called, then return how often it was."""
    calls = len(list(Path(folder).iterdir()))
    (Path(folder) / str(calls)).touch()
    if calls < times:
        time.sleep(600)
    return calls + 1


def fills(megabytes: int) -> int:
    """Hold so much memory until it is ended, or for a while."""
    import numpy as np

    held = np.ones(megabytes * 1_000_000, dtype=np.uint8)
    time.sleep(600)
    return len(held)


def maps(file: str) -> int:
    """Read all of a mapped file, and stay long enough to be looked at."""
    import numpy as np

    total = int(np.load(file, mmap_mode="r").sum())
    time.sleep(1.0)
    return total
