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
from nasbed.studies.workers.pool import Pool

HERE = "here"

K = TypeVar("K")
R = TypeVar("R")


MOST = 1_024
"""Processes of an engine: more than one machine has cores for, and few enough to be started."""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallelism(engine: str) -> int:
    """N of "local:N" ("local" is all cores); raises :class:`~nasbed.errors.EngineError`.

    >>> parallelism("local:8")
    8
    """
    if engine == HERE:
        return 1
    found = re.fullmatch(r"local(?::([0-9]{1,9}))?", engine) if isinstance(engine, str) else None
    if not found or (found[1] and not 1 <= int(found[1]) <= MOST):
        raise EngineError(
            f"unknown engine {shown(engine)}; expected 'local' (all cores) or 'local:N' with N processes, at least 1 and at most"
            f" {MOST:,}"
        )
    return int(found[1]) if found[1] else cores()


def named(engine: str) -> str:
    """The name of an engine with its number of processes.

    >>> named("local:08")
    'local:8'
    """
    return engine if engine == HERE else f"local:{parallelism(engine)}"


def open_engine(engine: str) -> Executor:
    """An executor for an engine; close it when done."""
    count = parallelism(engine)
    return Serial() if engine == HERE else Pool(count)


def completed(
    executor: Executor, function: Callable[..., R], calls: Sequence[tuple[K, tuple[Any, ...]]], window: int
) -> Iterator[tuple[K, R]]:
    """What a function returns for each of ``calls``, (name, arguments), under its name and as calls complete, with at most
    ``window`` in flight (one in this process, where a call is over when it is submitted).

    Raises :class:`~nasbed.errors.WorkerDied` where a worker does; its ``call`` is the name.
    """
    window = 1 if isinstance(executor, Serial) else window
    waiting = list(enumerate(calls))[::-1]
    flying: dict[Future[R], tuple[int, K]] = {}
    while waiting or flying:
        while waiting and len(flying) < window:
            place, (name, arguments) = waiting.pop()
            flying[executor.submit(function, *arguments)] = (place, name)
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


_MOMENT = 0.3
"""Seconds after the death of a worker in which a stop that was sent to all processes reaches this one."""


class Serial(Executor):
    """Makes each call at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call's result or exception, already there; an interrupt passes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
