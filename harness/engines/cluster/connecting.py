"""Connects with a Dask cluster, which it starts where none was named, and makes sure that it is fit for calls."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from nasbed.engines.cluster.agreement import RELAYING, facts, require_agreement
from nasbed.engines.cluster.kinds import LOCAL, PREFIX, QUEUES
from nasbed.engines.cluster.queues import start, stop
from nasbed.engines.cluster.request import ClusterRequest
from nasbed.errors import EngineError, said, told
from nasbed.vocabulary.tasks import installing

PATIENCE = 20.0
"""Seconds for an answer of the scheduler, which may be busy."""

_SETTINGS = {
    "distributed.scheduler.allowed-failures": 3,  # workers that a call may take with it, beyond the first
    "distributed.worker.profile.enabled": False,  # the work is done in other processes
    "distributed.worker.memory.monitor-interval": "5s",
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.scheduler.http.routes": [],  # pages that nobody looks at, and what they import
    "distributed.worker.http.routes": [],
    "distributed.deploy.lost-worker-timeout": "5s",
}
"""Dask's settings for clusters that are started here."""


def require_dask() -> None:
    """Raises :class:`~nasbed.errors.EngineError` where Dask is not installed."""
    if find_spec("distributed") is None:
        raise EngineError(f"the engine {PREFIX!r} needs Dask: {installing('nasbed[dask]')}")


def import_dask() -> tuple[Any, Any]:
    """Dask, and the class of its clients. To import them takes longer than to start a cluster: a quarter less where no garbage is
    collected, of which there is none, and settings are read by the parser in C.
    """
    yaml: Any = import_module("yaml")
    collects, parser = gc.isenabled(), yaml.SafeLoader
    gc.disable()
    yaml.SafeLoader = getattr(yaml, "CSafeLoader", parser)
    try:
        import dask
        from distributed import Client
    finally:
        yaml.SafeLoader = parser
        if collects:
            gc.enable()
    return dask, Client


class Connection:
    """A client of a cluster, and the cluster where it was started here; both end with :meth:`close`."""

    def __init__(self, request: ClusterRequest) -> None:
        dask, client = import_dask()
        self._levels = _hushed()
        self._settings: Any = dask.config.set({} if request.address else _SETTINGS)
        self._request = request
        self.cluster: Any = None
        self.client: Any = None
        try:
            if request.kind == LOCAL:
                self.cluster = _local(request)
            elif request.kind in QUEUES:
                self.cluster = start(request.kind, request.number, request.options, request.resources)
            self.address = request.address or str(self.cluster.scheduler_address)
            self.client = self._connected(client)
            if request.kind != LOCAL:  # whose scheduler and worker are part of this process
                self._agree()
        except BaseException:
            self.close()
            raise

    def _connected(self, client: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # versions that differ are refused below
                return client(self.cluster or self.address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise EngineError(
                f"no scheduler answers at {self.address}: {said(error)}; expected the address that `dask scheduler` printed"
                " when it began, on a network that this machine reaches"
            ) from None
        except Exception as error:
            raise EngineError(
                f"what answers at {self.address} is no scheduler of Dask's, or of another version: {told(error)}"
            ) from None

    def _agree(self) -> None:
        """Raises :class:`~nasbed.errors.EngineError` where the scheduler or a worker has other versions."""
        ours = facts()
        scheduler = f"the scheduler {self.address}"
        try:
            theirs = self.client.run_on_scheduler(facts)
        except Exception as error:
            raise EngineError(_lacking(scheduler, error)) from None
        require_agreement({name: ours[name] for name in RELAYING}, {scheduler: theirs})
        found: Mapping[str, Any] = self.client.run(facts, on_error="return")
        for worker, answer in found.items():
            if isinstance(answer, BaseException):
                raise EngineError(_lacking(f"the worker {worker}", answer))
        require_agreement(ours, {f"the worker {worker}": answer for worker, answer in found.items()})

    def run(self, function: Any, arguments: tuple[Any, ...], worker: str) -> Any:
        """What a function returns on a worker, outside its queue of tasks."""
        return self.client.run(function, *arguments, workers=[worker])[worker]

    def workers(self) -> dict[str, dict[str, Any]]:
        """What the scheduler knows of its workers, by address; raises where it does not answer."""
        found: dict[str, dict[str, Any]] = self.client.sync(
            self.client.scheduler.identity, n_workers=-1, callback_timeout=PATIENCE
        )["workers"]
        return found

    def renew(self, present: int) -> None:
        """Submit jobs anew for those that have ended."""
        if self._request.kind in QUEUES and present < self._request.number:
            self.cluster.scale(jobs=self._request.number)

    def close(self) -> None:
        """Leave the cluster, and end it where it was started here."""
        with suppress(Exception):
            if self.client is not None:
                self.client.close(timeout=PATIENCE)
        with suppress(Exception):
            if self.cluster is not None:
                stop(self.cluster) if self._request.kind in QUEUES else self.cluster.close(timeout=PATIENCE)
        self._settings.__exit__(None, None, None)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


def _local(request: ClusterRequest) -> Any:
    """One worker of Dask's with so many threads, each of which has a process of ours to watch.

    Scheduler and worker are part of this process: another would have to import Dask, too, and what calls do is kept apart anyway.
    """
    import distributed

    start: Any = distributed.LocalCluster
    try:
        return start(
            n_workers=1,
            threads_per_worker=request.number,
            processes=False,
            memory_limit=0,
            dashboard_address="localhost:0",
            silence_logs=logging.CRITICAL,
            resources={name: amount * request.number for name, amount in request.resources.items()},
        )
    except Exception as error:
        raise EngineError(
            f"{PREFIX}:{LOCAL}: {request.number} workers cannot be started: {told(error)}; choose fewer, as by"
            f" {PREFIX}:{LOCAL}?workers=2"
        ) from None


def _lacking(who: str, error: BaseException) -> str:
    return (
        f"{who} cannot say which versions it has: {told(error)}; install nasbed there, too, the same version as here"
        f" ({installing('nasbed[dask]')})"
    )


def _hushed() -> dict[str, int]:
    """Silence what Dask logs in this process, since what goes wrong is told by messages of ours; the levels of before by name."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    before = {name: logging.getLogger(name).level for name in names}
    for name in before:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return before
