"""An engine from its text, as users write it."""

from __future__ import annotations

import os
import re

from nasbed.engines.engine import Engine
from nasbed.engines.in_process import InProcess
from nasbed.engines.local import MOST, Local
from nasbed.errors import EngineError, shown


def open_engine(engine: str) -> Engine:
    """The engine of a text, to be closed when done: "here", "local" (a process for each core) or "local:N" (N of them).

    Raises :class:`~nasbed.errors.EngineError`.

    >>> with open_engine("local:08") as engine:
    ...     engine.name, engine.workers, engine.submit(pow, 2, 5).result()
    ('local:8', 8, 32)
    """
    if engine == InProcess.name:
        return InProcess()
    found = re.fullmatch(r"local(?::([0-9]{1,9}))?", engine) if isinstance(engine, str) else None
    if not found or (found[1] and not 1 <= int(found[1]) <= MOST):
        raise EngineError(
            f"unknown engine {shown(engine)}; expected 'local' (all cores) or 'local:N' with N processes, at least 1 and at most"
            f" {MOST:,}"
        )
    return Local(int(found[1]) if found[1] else cores())


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
