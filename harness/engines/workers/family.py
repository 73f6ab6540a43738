"""Who comes from a worker, and how all of them are ended.

A worker leads a session, and carries a mark in its environment. What it starts is found by either, also after it has left
for a session of its own and its parents have gone. Without ``/proc`` (not on Linux) only the worker's process group is known.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "NASBED_WORKER"
"""The environment variable that holds the marks of a worker, and of the workers that it comes from."""

_PROCESSES = Path("/proc")
_POLL = 0.01
_LONGEST = 5.0
"""Seconds after which a process that was killed and that the system does not let go of is not waited for."""


def census(workers: Mapping[int, str]) -> dict[int, set[int]]:
    """The living processes of each worker, by its process id; ``workers`` holds their marks."""
    marks = {mark.encode(): worker for worker, mark in workers.items()}
    found: dict[int, set[int]] = {worker: set() for worker in workers}
    for name in os.listdir(_PROCESSES) if _PROCESSES.is_dir() else ():
        if name.isdigit():
            with suppress(OSError, ValueError):  # it has ended, or is another user's
                for worker in _origin(name, marks, found):
                    found[worker].add(int(name))
    return found


def _origin(process: str, marks: Mapping[bytes, int], workers: Mapping[int, set[int]]) -> list[int]:
    """The workers that a process comes from: the leader of its session, or those whose marks it carries."""
    stat = (_PROCESSES / process / "stat").read_bytes()
    state, _, _, session, _ = stat[stat.rindex(b")") + 2 :].split(None, 4)
    if state in (b"Z", b"X"):
        return []
    if int(session) in workers:
        return [int(session)]
    environment = (_PROCESSES / process / "environ").read_bytes()
    if VARIABLE.encode() not in environment:
        return []
    return [worker for mark, worker in marks.items() if mark in environment]


def memory_of(processes: Iterable[int]) -> int:
    """The bytes that processes hold for themselves and share with nobody's file: anonymous and shared memory that is resident."""
    total = 0
    for process in processes:
        with suppress(OSError):  # it has ended, or is another user's
            for line in (_PROCESSES / str(process) / "status").read_bytes().splitlines():
                if line.startswith((b"RssAnon:", b"RssShmem:")):
                    total += 1024 * int(line.split()[1])
    return total


def end(workers: Mapping[int, str], patience: float) -> None:
    """End workers and all that comes from them: they are asked to (SIGTERM), and made to after so many seconds (SIGKILL)."""
    if not hasattr(os, "killpg"):
        for worker in workers:
            with suppress(OSError):
                os.kill(worker, signal.SIGTERM)
        return
    if patience > 0 and _left(workers):
        _send(workers, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while _left(workers) and time.monotonic() < deadline:
            time.sleep(_POLL)
    deadline = time.monotonic() + _LONGEST
    while _left(workers) and time.monotonic() < deadline:
        _send(workers, signal.SIGKILL)
        time.sleep(_POLL)


def end_with_me(mark: str) -> None:
    """End this process, which is a worker, after all that comes from it."""
    me = os.getpid()
    for process in census({me: mark})[me] - {me}:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(me, signal.SIGKILL)
    os._exit(1)


def _left(workers: Mapping[int, str]) -> bool:
    if _PROCESSES.is_dir():
        return any(census(workers).values())
    for worker in workers:
        with suppress(OSError):
            os.killpg(worker, 0)
            return True
    return False


def _send(workers: Mapping[int, str], what: signal.Signals) -> None:
    """A group gets a signal at once, however fast it forks; those that have left it get theirs one by one."""
    for worker in workers:
        with suppress(OSError):
            os.killpg(worker, what)
    for processes in census(workers).values():
        for process in processes:
            with suppress(OSError):
                os.kill(process, what)
