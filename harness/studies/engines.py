"""Where calls are made: "local:N" is N supervised processes on this machine, "here" is this process itself."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future
from concurrent.futures import wait as wait_for
from typing import Any, TypeVar

from nasbed.errors import EngineError, WorkerDied, shown
from nasbed.studies.workers.processes import Processes

K = TypeVar("K")
R = TypeVar("R")

MOST = 1_024
"""Processes of an engine: more than one machine has cores for, and few enough to be started."""

_MOMENT = 0.3
"""Seconds after the death of a worker in which a stop that was sent to all processes reaches this one."""


class Engine(Executor):
    """Where calls are made: an executor that says its ``name`` in full, as records hold it, and how many ``workers`` it has."""

    name: str
    workers: int = 1
    ahead: int = 3
    """Calls in flight for each worker, so that none waits for the next."""

    def completed(
        self, function: Callable[..., R], calls: Sequence[tuple[K, tuple[Any, ...]]]
    ) -> Iterator[tuple[K, R]]:
        """What a function returns for each of ``calls``, (name, arguments), under its name and as calls complete.

        Raises :class:`~nasbed.errors.WorkerDied` where a worker does; its ``call`` is the name.
        """
        waiting = list(enumerate(calls))[::-1]
        flying: dict[Future[R], tuple[int, K]] = {}
        while waiting or flying:
            while waiting and len(flying) < self.ahead * self.workers:
                place, (name, arguments) = waiting.pop()
                flying[self.submit(function, *arguments)] = (place, name)
            ready, _ = wait_for(flying, return_when=FIRST_COMPLETED)
            for future in sorted(ready, key=lambda future: flying[future][0]):
                _, name = flying.pop(future)
                try:
                    result = future.result()
                except WorkerDied as died:
                    time.sleep(_MOMENT)
                    died.call = name
                    raise
                yield name, result


class InProcess(Engine):
    """Makes each call at once, in this process."""

    name = "here"
    ahead = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call's result or exception, already there; an interrupt passes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Local(Engine, Processes):
    """Makes calls in supervised processes on this machine."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.name, self.workers = f"local:{workers}", workers


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
