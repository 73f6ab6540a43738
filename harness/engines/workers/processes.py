"""Worker processes as an executor: each is watched, and its end is told with its cause."""

from __future__ import annotations

import os
import pickle
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from nasbed.engines.limits import Limits
from nasbed.engines.workers import family
from nasbed.engines.workers.child import START, UNHEARD
from nasbed.engines.workers.relay import pass_on
from nasbed.errors import EngineError, WorkerDied

PROCESSES = max(200, 4 * (os.cpu_count() or 1))
"""Processes that may come from one worker; more are a strategy that forks without end."""

_PATIENCE = 0.5
"""Seconds for a process that was asked to end."""
_LOOK = 0.2
"""Seconds between looks at how many processes there are; they take at most a fiftieth of a core."""


class Processes(Executor):
    """Makes calls in up to ``count`` supervised processes, each started when a call finds no other free.

    A call that goes beyond its ``limits`` ends with its process; its future says so, and the next call finds another process.
    """

    def __init__(self, count: int, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        loads = getattr(sys.modules["__main__"], "is_loading", True)  # another kind of process may be loading it
        if "__mp_main__" in sys.modules and family.VARIABLE in os.environ and loads:
            raise EngineError(
                "workers are started while a worker loads this script; put what starts them under"
                " if __name__ == '__main__':"
            )
        self._calls: SimpleQueue[tuple[Future[Any], bytes] | None] = SimpleQueue()
        self._workers: set[_Worker] = set()
        self._lock, self._over, self._cut = Lock(), Event(), False
        self._guards = [Thread(target=self._guard, daemon=True) for _ in range(count)]
        self._watch = Thread(target=self._look, daemon=True)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call of a function that a module holds. Its future may raise :class:`~nasbed.errors.WorkerDied`."""
        if kwargs:
            raise TypeError("calls are made with positional arguments")
        if self._over.is_set():
            raise RuntimeError("the workers have been shut down")
        future: Future[Any] = Future()
        self._calls.put((future, pickle.dumps((fn, args))))
        with self._lock:
            if not self._watch.ident:
                for thread in (*self._guards, self._watch):
                    thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, after what is queued; with ``cancel_futures`` at once."""
        self._over.set()
        if cancel_futures:
            with self._lock:
                self._cut = True
                busy = {worker.process: worker.mark for worker in self._workers if worker.busy}
            family.end(busy, _PATIENCE)
        for _ in self._guards:
            self._calls.put(None)
        if wait and self._watch.ident:
            for thread in (*self._guards, self._watch):
                thread.join()

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _guard(self) -> None:
        """Hand calls to one worker, one after another, and start it anew where it died."""
        worker: _Worker | None = None
        while (call := self._calls.get()) is not None:
            future, content = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = self._ready(worker)
                future.set_result(worker.make(content))
            except WorkerDied as died:
                if worker is not None:
                    with self._lock:
                        self._workers.discard(worker)
                worker = None
                future.set_exception(died)
            except BaseException as error:
                future.set_exception(error)
        if worker is not None:
            worker.close()

    def _ready(self, worker: _Worker | None) -> _Worker:
        """The worker, started where there is none, and busy from now on."""
        with self._lock:
            if self._cut:
                raise WorkerDied("it was stopped before it began")
            if worker is None:
                worker = _Worker()
                self._workers.add(worker)
            worker.begin()
        return worker

    def _look(self) -> None:
        """End a worker from which too many processes come, which takes too long, or which holds too much memory."""
        pause = _LOOK
        while not self._over.wait(pause):
            begin = time.monotonic()
            with self._lock:
                workers = {worker.process: worker for worker in self._workers}
            if workers:
                families = family.census({process: worker.mark for process, worker in workers.items()})
                for process, processes in families.items():
                    if reason := self._beyond(workers[process], processes):
                        workers[process].stop(reason)
            pause = max(_LOOK, 50 * (time.monotonic() - begin))

    def _beyond(self, worker: _Worker, processes: set[int]) -> str:
        """What a worker has more of than it may, in words."""
        if len(processes) > PROCESSES:
            return f"it had started {len(processes):,} processes; the limit is {PROCESSES}"
        most, longest = self._limits.memory, self._limits.seconds
        if most is not None and (held := family.memory_of(processes)) > most:
            return f"it held {held / 1e6:,.0f} MB of memory; the limit is {most / 1e6:,.0f} MB"
        if longest is not None and worker.seconds() > longest:
            worker.out_of_time = True
            return f"it took longer than the limit of {longest:,g} seconds"
        return ""


class _Worker:
    """One process, and all that comes from it."""

    def __init__(self) -> None:
        outer = os.environ.get(family.VARIABLE, "")
        self.mark = secrets.token_hex(8)
        self._since: float | None = None
        self.out_of_time = False
        self._reason = ""
        script = getattr(sys.modules["__main__"], "__file__", None)
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", *subprocess._args_from_interpreter_flags(), "-c", START],  # type: ignore[attr-defined]
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, family.VARIABLE: f"{outer} {self.mark}".strip()},
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(
                f"a worker process cannot be started: {error.strerror or error}; expected room for another process:"
                " choose fewer with --engine local:N"
            ) from None
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._calls, self._answers = self._popen.stdin, self._popen.stdout
        self.process = self._popen.pid
        self._relay = Thread(target=pass_on, args=(self._popen.stderr,), daemon=True)
        self._relay.start()
        self._send((sys.path, script))
        self._reaper = Thread(target=self._reap, daemon=True)
        self._reaper.start()

    @property
    def busy(self) -> bool:
        """Whether it makes a call."""
        return self._since is not None

    def begin(self) -> None:
        """Count the seconds of a call from now on."""
        self._since = time.monotonic()

    def seconds(self) -> float:
        """How long its call has taken so far; 0 where it makes none."""
        return 0.0 if (since := self._since) is None else time.monotonic() - since

    def make(self, call: bytes) -> Any:
        """What a call returns or raises; :class:`~nasbed.errors.WorkerDied` where the worker ends before it answers."""
        self._send(call)
        try:
            succeeded, answer, text = pickle.load(self._answers)
        except Exception:  # the end of the file, or what a strategy wrote into it
            died = WorkerDied(self._end())
            died.out_of_time = self.out_of_time
            raise died from None
        self._since = None
        if succeeded:
            return answer
        if text:
            answer.__cause__ = RemoteTraceback(text)
        raise answer

    def stop(self, reason: str) -> None:
        """End it at once, with all that comes from it."""
        self._reason = reason
        family.end({self.process: self.mark}, 0)

    def close(self) -> None:
        """Let it end, and end what it leaves."""
        self._send(None)
        with suppress(OSError):
            self._calls.close()
        self._reaper.join(_PATIENCE)
        if self._reaper.is_alive():
            family.end({self.process: self.mark}, 0)
        self._reaper.join()
        self._relay.join(_PATIENCE)
        self._answers.close()

    def _send(self, what: object) -> None:
        with suppress(OSError):  # it has ended, which is found when its answer is read
            pickle.dump(what, self._calls)
            self._calls.flush()

    def _reap(self) -> None:
        """When it has ended, end what it leaves, so that nobody holds its pipes; until then its number is not given anew."""
        if hasattr(os, "waitid"):
            with suppress(OSError):
                os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()
        family.end({self.process: self.mark}, _PATIENCE)
        self._popen.wait()

    def _end(self) -> str:
        """How it ended, in words."""
        self._reaper.join(_PATIENCE)
        closed = self._reaper.is_alive()
        if closed:
            family.end({self.process: self.mark}, _PATIENCE)
        self._reaper.join()
        self._relay.join(_PATIENCE)
        with suppress(OSError):
            self._calls.close()
        self._answers.close()
        if self._reason:
            return self._reason
        return _UNHEARD if closed else ended(self._popen.returncode)


_UNHEARD = "it closed the descriptors by which it answers"


def ended(code: int) -> str:
    """How a process ended, by its exit code as Python gives it.

    >>> ended(-11), ended(3)
    ('signal SIGSEGV: segmentation fault', 'exit code 3')
    """
    if code == UNHEARD:
        return _UNHEARD
    if code == 0:
        return "exit code 0, as by os._exit(0)"
    if code > 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
    what = "killed, or out of memory?" if name == "SIGKILL" else (signal.strsignal(-code) or "").lower()
    return f"signal {name}: {what}".rstrip(": ")


class RemoteTraceback(Exception):
    """The traceback of an exception in a worker, as the cause of that exception here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"
