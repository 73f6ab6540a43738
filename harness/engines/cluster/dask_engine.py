"""Calls made by the workers of a Dask cluster: the engines "dask:..."."""

from __future__ import annotations

import asyncio
import pickle
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from nasbed.engines.cluster.agreement import facts
from nasbed.engines.cluster.bundles import BundleQueue, PendingCall
from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.connecting import Connection, import_dask
from nasbed.engines.cluster.crews import Answer, answer_in, dismiss, end, give, perform
from nasbed.engines.cluster.kinds import LOCAL
from nasbed.engines.cluster.presence import Presence
from nasbed.engines.cluster.request import ClusterRequest
from nasbed.engines.cluster.resources import resources_of
from nasbed.engines.cluster.tables import TableLacking, TableSender, tables_of
from nasbed.engines.engine import Engine
from nasbed.engines.workers.processes import RemoteTraceback
from nasbed.errors import EngineError, WorkerDied, told
from nasbed.studies.series import Series

R = TypeVar("R")

_BEAT = 2.0
"""Seconds between looks at the cluster."""
_MISSES = 2
"""Looks in a row that the scheduler does not answer, after which it has gone."""
_FAREWELL = 10.0
"""Seconds for workers to end what they do."""


class Dask(Engine):
    """Makes calls on the workers of a Dask cluster, in supervised processes there.

    A cluster that runs already is connected with where the engine is entered, one of its own is started by the first call. Where
    that is on this machine, its processes make the first calls while Dask is imported and started. ``workers`` is how many calls
    the present workers make at a time.
    """

    def __init__(self, request: ClusterRequest) -> None:
        self.name, self.workers = request.name, request.number if request.kind == LOCAL else 0
        self._request = request
        self._caller = Caller.of_this_process(request.limits, request.kind != LOCAL)
        self._connection: Connection | None = None
        self._starter: Thread | None = None
        self._lock, self._connecting, self._over = Lock(), Lock(), Event()
        self._calls: set[PendingCall] = set()
        self._tasks: set[Any] = set()
        self._failure = ""
        self._queue = BundleQueue()
        self._sender = ThreadPoolExecutor(1, "nasbed-tables")
        self._taken: dict[str, float] = dict(request.resources)
        self._needed: dict[str, tuple[tuple[tuple[str, str], ...], dict[str, float]]] = {}

    def __enter__(self) -> Dask:
        if self._request.address:
            self._connected()
        return self

    @property
    def sent(self) -> int:
        """Bytes of tables that were sent to machines that lacked them."""
        return self._tables.sent if self._connection is not None else 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker make a call of a function that a module holds."""
        if kwargs:
            raise TypeError("calls are made with positional arguments")
        return self.submit_all(fn, [args])[0]

    def submit_all(
        self, function: Callable[..., R], calls: Sequence[tuple[Any, ...]], further: int = 0
    ) -> list[Future[R]]:
        """Submit a call of a function for each of some arguments; calls that are short travel together."""
        if not calls:
            return []
        ready = self._ready()
        pending = [self._pending(function, arguments) for arguments in calls]
        with self._lock:
            self._calls.update(pending)
        self._queue.add(pending, further)
        self._fill()
        if not ready and self._starter is None:
            self._starter = Thread(target=self._start, daemon=True)
            self._starter.start()
        return [call.future for call in pending]

    def ended(self, flying: Collection[Future[R]]) -> Collection[Future[R]]:
        """Those of the calls in flight that have ended; raises :class:`~nasbed.errors.EngineError` where there is no worker for too
        long.
        """
        ready = self._ready()
        done: Collection[Future[R]] = ()
        if flying:
            done = wait_for(flying, timeout=_BEAT, return_when=FIRST_COMPLETED).done
        elif not self.workers:
            time.sleep(_BEAT / 10)
        if not done and ready:
            self._presence.require(self._taken)
        self.ahead = 3 * self._queue.sizes.largest
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what is under way, or with ``cancel_futures`` end it; leave the cluster, and end one that was started here."""
        with self._lock:
            under_way = [call.future for call in self._calls]
        with suppress(EngineError):  # there is no worker
            while under_way and wait and not cancel_futures:
                under_way = list(wait_for(under_way, timeout=_BEAT).not_done)
                if under_way and self._ready():
                    self._presence.require(self._taken)
        self._over.set()
        self._queue.clear()
        if self._starter is not None:
            self._starter.join()
        with self._connecting:
            connection, self._connection = self._connection, None
        with self._lock:
            left, self._calls = self._calls, set()
        for call in left:
            call.future.set_exception(EngineError("the engine has been shut down"))
        self._sender.shutdown(wait=False, cancel_futures=True)
        if connection is not None:
            if not self._failure:
                with suppress(Exception):
                    connection.client.cancel(list(self._tasks), force=True)
                    connection.client.sync(_dismissed, connection.client, self._caller.name, callback_timeout=_FAREWELL)
            connection.close()
            self._watch.join(_FAREWELL)
        if self._request.kind == LOCAL:
            end(self._caller.name)

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _ready(self) -> bool:
        """Whether there is a connection: on this machine it is made while calls are, else at once.

        Raises :class:`~nasbed.errors.EngineError` where it was lost.
        """
        if self._request.kind == LOCAL and self._connection is None and not self._failure and not self._over.is_set():
            return False
        self._connected()
        return True

    def _start(self) -> None:
        """Start a cluster on this machine, unless the calls have been made before Dask is imported."""
        try:
            import_dask()
            if not self._over.is_set():
                self._connected()
                self._fill()
        except BaseException as error:
            self._failure = (
                str(error) if isinstance(error, EngineError) else f"{self.name} cannot be started: {told(error)}"
            )
            self._fail(list(self._calls), "")

    def _connected(self) -> Connection:
        """The connection, made where there is none; raises :class:`~nasbed.errors.EngineError` where it was lost."""
        with self._connecting:
            if self._failure:
                raise EngineError(self._failure)
            if self._over.is_set():
                raise RuntimeError("the engine has been shut down")
            if self._connection is None:
                connection = Connection(self._request)
                self._tables = TableSender(connection.run)
                self._presence = Presence(connection, self._request.wait)
                self.workers = self._presence.places(self._taken)
                self._watch = Thread(target=self._look, args=(connection,), daemon=True)
                self._watch.start()
                self._connection = connection
            return self._connection

    def _pending(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> PendingCall:
        """A call with what it reads and takes, which is found once for a series."""
        key = next((one.key for one in arguments if isinstance(one, Series)), "")
        if not key or key not in self._needed:
            tables = next((tables_of(one) for one in arguments if isinstance(one, Series)), ())
            self._needed[key] = tables, resources_of(arguments, self._request.resources)
        tables, self._taken = self._needed[key]
        return PendingCall((pickle.dumps((function, arguments)), tables), self._taken, key)

    def _fill(self) -> None:
        """Send as many calls as workers have room for."""
        while True:
            connection = self._connection
            if connection is not None:
                if not (bundle := self._queue.take(self._presence.places)):
                    return
                self._send(connection, bundle)
            elif self._request.kind == LOCAL:
                if not (bundle := self._queue.take(self._places_here, 1)):
                    return
                self._give(bundle)
            else:
                return

    def _places_here(self, taken: Mapping[str, float]) -> int:
        """How many calls the processes of this machine make at a time before there is a cluster."""
        return self._request.number if taken == self._request.resources and not self._over.is_set() else 0

    def _give(self, bundle: list[PendingCall]) -> None:
        """Have a call made by a process of this machine, without Dask."""
        try:
            made = give(self._caller, self.name, self._request.number, bundle[0].request)
        except Exception as error:  # they have been ended
            self._fail(bundle, f"calls cannot be made: {told(error)}")
            return
        made.add_done_callback(partial(self._given, bundle))

    def _given(self, bundle: list[PendingCall], made: Future[Answer]) -> None:
        self._queue.arrived(bundle)
        self._arrived(bundle, self.name, [answer_in(made)])

    def _send(self, connection: Connection, bundle: list[PendingCall]) -> None:
        try:
            task = connection.client.submit(
                perform,
                self._caller,
                facts() if self._caller.elsewhere else {},
                tuple(call.request for call in bundle),
                key=f"nasbed-{self._caller.name}-{secrets.token_hex(8)}",
                pure=False,
                resources=bundle[0].resources or None,
            )
            self._tasks.add(task)
            task.add_done_callback(partial(self._done, bundle))
        except Exception as error:  # the client has been closed, as its scheduler has gone
            self._fail(bundle, f"calls cannot be sent: {told(error)}")

    def _done(self, bundle: list[PendingCall], task: Any) -> None:
        """Take what came of a task; called in a thread of Dask's."""
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        self._tasks.discard(task)
        self._queue.arrived(bundle)
        if not self._calls.intersection(bundle):
            return
        try:
            worker, answers = task.result()
        except KilledWorker as killed:
            if len(bundle) == 1:
                self._answer(bundle[0], WorkerDied(_killed(killed)))
            for call in bundle:  # it is found out which of them it was
                call.alone = True
            self._arrived(bundle, "", [])
        except CommClosedError:  # answers come by way of the scheduler, which the client may not have missed yet
            self._fail(bundle, "")
        except BaseException as error:
            self._fail(bundle, f"calls were broken off: {told(error)}")
        else:
            self._arrived(bundle, worker, answers)

    def _arrived(self, bundle: list[PendingCall], worker: str, answers: list[Answer]) -> None:
        """Take the answers of a bundle's first calls, and send what can be sent now: before all what was not made of it."""
        self._queue.sizes.learn(bundle[0].kind, [seconds for _, seconds in answers if seconds])
        self._queue.put_back([call for call in bundle[len(answers) :] if call in self._calls])
        self._fill()
        for call, (answer, _) in zip(bundle, answers, strict=False):
            self._take(call, answer, worker)

    def _take(self, call: PendingCall, content: bytes, worker: str) -> None:
        """Take the answer of a call from a worker."""
        try:
            succeeded, answer, text = pickle.loads(content)
        except Exception as error:
            self._answer(call, EngineError(f"the answer of the worker {worker} cannot be read: {told(error)}"))
            return
        if succeeded:
            self._answer(call, None, answer)
        elif isinstance(answer, TableLacking):
            with suppress(RuntimeError):  # it has been shut down
                self._sender.submit(self._supply, call, answer.table, worker)
        else:
            if text:
                answer.__cause__ = RemoteTraceback(text)
            self._answer(call, answer)

    def _answer(self, call: PendingCall, error: BaseException | None, result: Any = None) -> None:
        """Give a call its result, once."""
        with self._lock:
            if call not in self._calls:
                return
            self._calls.remove(call)
        if error is not None:
            call.future.set_exception(error)
        else:
            call.future.set_result(result)

    def _supply(self, call: PendingCall, table: tuple[str, str], worker: str) -> None:
        """Send a worker the table that a call lacked there, and the call again."""
        name, checksum = table
        if (checksum, worker) in call.supplied:
            message = f"the worker {worker} does not find the table {name!r}, which was sent to it; expected a folder for caches"
            self._answer(call, EngineError(f"{message} (XDG_CACHE_HOME) that stays"))
            return
        call.supplied.add((checksum, worker))
        try:
            self._connected()
            self._tables.send(table, worker, self._caller.name)
        except Exception as error:
            if self._presence.has(worker):
                message = f"the table {name!r} cannot be sent to the worker {worker}: {told(error)}"
                self._answer(call, EngineError(message))
                return
        self._queue.put_back([call])
        self._fill()

    def _look(self, connection: Connection) -> None:
        """Follow which workers there are, and whether the scheduler is."""
        misses = 0
        while not self._over.wait(_BEAT):
            try:
                self._presence.look()
                self.workers = self._presence.places(self._taken)
                self._fill()
                misses = 0
            except Exception:
                misses += 1
            lost = connection.client.status != "running" or misses >= _MISSES
            if lost and not self._over.is_set():
                self._fail(list(self._calls), "")
                return

    def _fail(self, calls: list[PendingCall], what: str) -> None:
        """Let calls fail for a reason; without one, because the scheduler has gone."""
        connection = self._connection
        if connection is not None and (not what or connection.client.status != "running"):
            self._failure = f"the scheduler at {connection.address} has gone"
        for call in calls:
            self._answer(call, EngineError(self._failure or f"{self.name}: {what}"))


async def _dismissed(client: Any, name: str) -> None:
    await asyncio.wait_for(client._run(dismiss, name, on_error="ignore"), _FAREWELL)


def _killed(killed: Any) -> str:
    worker = getattr(killed.last_worker, "address", killed.last_worker)
    return (
        f"{killed.allowed_failures + 1} workers of the cluster ended one after another while they had this call, the last of them"
        f" {worker}; if their queue system ended them (as by a time limit), run the same command again"
    )
