"""Where runs are computed: "local:N" is N processes on this machine (local:1 is this process itself)."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import wait
from typing import Any, TypeVar

from nasbed.errors import EngineError, shown

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
    found = re.fullmatch(r"local(?::([0-9]{1,9}))?", engine) if isinstance(engine, str) else None
    if not found or (found[1] and not 1 <= int(found[1]) <= MOST):
        raise EngineError(
            f"unknown engine {shown(engine)}; expected 'local' (all cores) or 'local:N' with N processes, at least 1 and at most"
            f" {MOST:,}"
        )
    return int(found[1]) if found[1] else cores()


def open_engine(engine: str) -> Executor:
    """An executor for an engine; close it when done."""
    count = parallelism(engine)
    if count == 1:
        return Serial()
    # Spawn: the progress display runs a thread, and forking a threaded process is unsafe.
    executor = ProcessPoolExecutor(count, get_context("spawn"), initializer=_prepare)
    # A worker starts at a call that finds none idle, and inherits the mask: a Ctrl-C waits until it can end without a
    # traceback. The tracker is started before, because its start lifts the mask.
    resource_tracker.ensure_running()
    with _interrupts_held():
        for _ in range(count):
            executor.submit(cores)
    return executor


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C where the platform can; it arrives afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def completed(
    executor: Executor, function: Callable[..., R], calls: Sequence[tuple[K, tuple[Any, ...]]], window: int
) -> Iterator[tuple[K, R]]:
    """What a function returns for each of ``calls``, (name, arguments), under its name and as calls complete, with at most
    ``window`` in flight (one in this process, where a call is over when it is submitted). Raises
    :class:`~nasbed.errors.EngineError` where a worker dies.
    """
    window = 1 if isinstance(executor, Serial) else window
    waiting = list(enumerate(calls))[::-1]
    flying: dict[Future[R], tuple[int, K]] = {}
    while waiting or flying:
        try:
            while waiting and len(flying) < window:
                place, (name, arguments) = waiting.pop()
                flying[executor.submit(function, *arguments)] = (place, name)
            ready, _ = wait_for(flying, return_when=FIRST_COMPLETED)
            for future in sorted(ready, key=lambda future: flying[future][0]):
                _, name = flying.pop(future)
                yield name, future.result()
        except BrokenExecutor:
            time.sleep(0.5)  # Ctrl-C ends the workers too: let our own interrupt arrive first
            raise EngineError(
                "a worker process died (killed, or out of memory?); the same command goes on from what is stored"
            ) from None


def _prepare() -> None:
    """Let Ctrl-C end a worker without a traceback, and end it when its parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


class Serial(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The call's result or exception, already there; an interrupt passes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
