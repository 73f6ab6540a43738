"""Calls made by the workers of a Dask cluster: the engines "dask:..."."""

from __future__ import annotations

import asyncio
import pickle
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from nasbed.engines.cluster.bundles import BundleSizes, PendingCall
from nasbed.engines.cluster.caller import Caller
from nasbed.engines.cluster.connecting import Connection
from nasbed.engines.cluster.crews import dismiss, end, perform, prepare
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

    A cluster that runs already is connected with where the engine is entered, one of its own is started by the first call.
    ``workers`` is how many calls the present workers make at a time.
    """

    def __init__(self, request: ClusterRequest) -> None:
        self.name, self.workers = request.name, 0
        self._request = request
        self._connection: Connection | None = None
        self._lock, self._connecting, self._over = Lock(), Lock(), Event()
        self._calls: set[PendingCall] = set()
        self._tasks: set[Any] = set()
        self._failure = ""
        self._sizes, self._kind = BundleSizes(), ""
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
        self._connected(function)
        pending = [self._pending(function, arguments) for arguments in calls]
        with self._lock:
            self._calls.update(pending)
        self._send_all(pending, further)
        return [call.future for call in pending]

    def ended(self, flying: Collection[Future[R]]) -> Collection[Future[R]]:
        """Those of the calls in flight that have ended; raises :class:`~nasbed.errors.EngineError` where there is no worker for too
        long.
        """
        self._connected()
        done: Collection[Future[R]] = ()
        if flying:
            done = wait_for(flying, timeout=_BEAT, return_when=FIRST_COMPLETED).done
        elif not self.workers:
            time.sleep(_BEAT / 10)
        if not done:
            self._presence.require(self._taken)
        self.ahead = 2 * self._sizes.of(self._kind) + 1
        return done

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what is under way, or with ``cancel_futures`` end it; leave the cluster, and end one that was started here."""
        with self._lock:
            under_way = [call.future for call in self._calls]
        with suppress(EngineError):  # there is no worker
            while under_way and wait and not cancel_futures:
                under_way = list(wait_for(under_way, timeout=_BEAT).not_done)
                if under_way:
                    self._presence.require(self._taken)
        self._over.set()
        with self._connecting:
            connection, self._connection = self._connection, None
        if connection is None:
            return
        with self._lock:
            left, self._calls = self._calls, set()
        for call in left:
            call.future.set_exception(EngineError("the engine has been shut down"))
        self._sender.shutdown(wait=False, cancel_futures=True)
        if not self._failure:
            with suppress(Exception):
                connection.client.cancel(list(self._tasks), force=True)
                connection.client.sync(_dismissed, connection.client, self._caller.name, callback_timeout=_FAREWELL)
        connection.close()
        self._watch.join(_FAREWELL)

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        self.shutdown(cancel_futures=kind is not None)

    def _connected(self, function: Callable[..., Any] | None = None) -> Connection:
        """The connection, made where there is none; raises :class:`~nasbed.errors.EngineError` where it was lost.

        Processes of this machine, which will make calls of a ``function``, start while Dask is imported.
        """
        with self._connecting:
            if self._failure:
                raise EngineError(self._failure)
            if self._over.is_set():
                raise RuntimeError("the engine has been shut down")
            if self._connection is None:
                self._caller = Caller.of_this_process(self._request.limits)
                if self._request.kind == LOCAL:
                    prepare(self._caller, self._request.number, function)
                try:
                    connection = Connection(self._request)
                except BaseException:
                    end(self._caller.name)
                    raise
                self._tables = TableSender(connection.run)
                self._sender = ThreadPoolExecutor(1, "nasbed-tables")
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
        self._kind = key
        return PendingCall((pickle.dumps((function, arguments)), tables), self._taken, key)

    def _send_all(self, calls: Sequence[PendingCall], further: int = 0) -> None:
        for bundle in self._sizes.bundled(calls, further, self.workers):
            self._send(bundle)

    def _send(self, bundle: list[PendingCall]) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            task = connection.client.submit(
                perform,
                self._caller,
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
        if not self._calls.intersection(bundle):
            return
        try:
            worker, answers, seconds = task.result()
        except KilledWorker as killed:
            if len(bundle) == 1:
                self._answer(bundle[0], WorkerDied(_killed(killed)))
            else:  # it is found out which of them it was
                for call in bundle:
                    self._send([call])
            return
        except CommClosedError:  # answers come by way of the scheduler, which the client may not have missed yet
            self._fail(bundle, "")
            return
        except BaseException as error:
            self._fail(bundle, f"calls were broken off: {told(error)}")
            return
        self._sizes.learn(bundle[0].kind, len(answers), seconds)
        for call, answer in zip(bundle, answers, strict=False):
            self._take(call, answer, worker)
        self._send_all(bundle[len(answers) :])

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
            self._tables.send(table, worker, self._caller.name)
        except Exception as error:
            if self._presence.has(worker):
                message = f"the table {name!r} cannot be sent to the worker {worker}: {told(error)}"
                self._answer(call, EngineError(message))
                return
        self._send([call])

    def _look(self, connection: Connection) -> None:
        """Follow which workers there are, and whether the scheduler is."""
        misses = 0
        while not self._over.wait(_BEAT):
            try:
                self._presence.look()
                self.workers = self._presence.places(self._taken)
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
