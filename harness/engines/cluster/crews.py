"""What a Dask worker does: it has calls made in supervised processes of the caller's, and ends them when that leaves."""

from __future__ import annotations

import asyncio
import platform
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock, Timer

from nasbed.engines.cluster.agreement import facts, require_agreement
from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.calls import make
from nasbed.engines.workers.child import failure
from nasbed.engines.workers.processes import Processes
from nasbed.errors import EngineError

IDLE = 300.0
"""Seconds after which processes are ended whose caller has sent nothing, and has not said farewell."""

LONGEST = 4.0
"""Seconds after which no further call of a bundle is begun, so that none waits for long while other workers are idle."""

AHEAD = 2
"""Calls that a thread has given to the processes: the one whose answer it awaits, and the next, so that no process waits for a
message."""

Request = tuple[bytes, tuple[tuple[str, str], ...]]
"""A call, pickled, and the names and checksums of the tables that it reads."""
Answer = tuple[bytes, float]
"""What came of a call, and the seconds that it took; 0 where it was not made."""


def perform(caller: Caller, ours: Mapping[str, str], bundle: tuple[Request, ...]) -> tuple[str, list[Answer]]:
    """Have calls made one after another, as a task of Dask's; what they raise is part of the answers, and no failure of Dask's.

    ``ours`` are the versions of the caller, with which a worker must agree. Returns the worker's address with the answers.
    There are fewer answers than calls where those took longer than :data:`LONGEST`.
    """
    from distributed import get_worker

    worker = get_worker()
    address, answers, left = str(worker.address), list[Answer](), deque(bundle)
    try:
        with _crew(caller, ours, address, worker.state.nthreads) as processes:
            began, sent = time.monotonic(), deque[Future[Answer]]()
            while left or sent:
                while left and len(sent) < AHEAD and time.monotonic() - began <= LONGEST:
                    content, tables = left.popleft()
                    sent.append(processes.submit(make, caller, address, content, tables))
                if not sent:
                    break
                answers.append(answer_in(sent.popleft()))
    except BaseException as error:  # as where there is no crew
        answers.append((failure(error), 0.0))
    return address, answers


def answer_in(call: Future[Answer]) -> Answer:
    """What came of a call, what ended its process included."""
    try:
        return call.result()
    except BaseException as error:
        return failure(error), 0.0


class _Crew:
    """The processes of a caller on this worker."""

    def __init__(self, caller: Caller, count: int) -> None:
        self.processes = Processes(count, caller.limits)
        self.busy = 0
        self.timer: Timer | None = None


_crews: dict[str, _Crew] = {}
_gone: set[str] = set()
_lock = Lock()


@contextmanager
def _crew(caller: Caller, ours: Mapping[str, str], address: str, count: int) -> Iterator[Processes]:
    """The processes of a caller, which are kept until :func:`dismiss`, or until they have been idle for long."""
    with _lock:
        if caller.elsewhere and caller.name not in _crews:
            require_agreement(ours, {f"the worker {address} on machine {platform.node()}": facts()})
        crew = _taken(caller, address, count)
    try:
        yield crew.processes
    finally:
        _rested(crew, caller.name)


def give(caller: Caller, address: str, count: int, request: Request) -> Future[Answer]:
    """Have a call made by the processes of a caller that is this process, as its only worker will be."""
    content, tables = request
    with _lock:
        crew = _taken(caller, address, count)
    future: Future[Answer] = crew.processes.submit(make, caller, address, content, tables)
    future.add_done_callback(lambda _: _rested(crew, caller.name))
    return future


def _taken(caller: Caller, address: str, count: int) -> _Crew:
    """The crew of a caller, which is busy from now on."""
    if caller.name in _gone:
        raise EngineError(f"the caller has left the worker {address}")
    crew = _crews.get(caller.name)
    if crew is None:
        crew = _crews[caller.name] = _Crew(caller, count)
    crew.busy += 1
    if crew.timer is not None:
        crew.timer.cancel()
    return crew


def _rested(crew: _Crew, name: str) -> None:
    """Let the processes of a caller go that will be idle for long."""
    with _lock:
        crew.busy -= 1
        if not crew.busy:
            crew.timer = Timer(IDLE, _leave, (name,))
            crew.timer.daemon = True
            crew.timer.start()


def _leave(name: str) -> None:
    with _lock:
        crew = _crews.get(name)
        if crew is None or crew.busy:
            return
        del _crews[name]
    crew.processes.shutdown(cancel_futures=True)


async def dismiss(name: str) -> None:
    """End the processes of a caller on this worker at once, whatever they do, and start no others."""
    await asyncio.to_thread(end, name)


def end(name: str) -> None:
    """Do so in a thread that may wait for them."""
    with _lock:
        _gone.add(name)
        crew = _crews.pop(name, None)
    if crew is not None:
        if crew.timer is not None:
            crew.timer.cancel()
        crew.processes.shutdown(cancel_futures=True)
