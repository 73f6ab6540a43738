"""Clusters whose workers are jobs of a queue system, by dask-jobqueue."""

from __future__ import annotations

import inspect
import signal
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from nasbed.engines.cluster.kinds import PREFIX, QUEUES, whole
from nasbed.errors import EngineError, said, shown
from nasbed.vocabulary.tasks import installing

_COUNTS = ("cores", "processes", "ncpus", "job_cpu", "death_timeout")
_LISTS = ("worker_extra_args", "job_extra_directives", "job_directives_skip", "job_script_prologue")
_ADDRESS = ("host", "port")
"""Where the scheduler listens, which is on this machine."""
_OBJECTS = (
    "self",
    "scheduler",
    "name",
    "security",
    "nanny",
    "worker_command",
    "submit_command_extra",
    "cancel_command_extra",
)
_FORMER = ("extra", "env_extra", "header_skip", "job_extra")
_QUIET = ("DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False", "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL=500ms")
"""Settings of jobs' workers, which have little to look at, as the work is done in other processes."""
_LEAVING = 20.0
"""Seconds for a queue system to end jobs."""
_GB = 2
"""Gigabytes of a job for each core, where neither the engine's text nor Dask's settings say how much memory it has."""


def parameters(kind: str) -> list[str]:
    """The options of a queue system: those of its jobs, by dask-jobqueue's names, and the scheduler's address."""
    classes = _cluster_class(kind).job_cls.__mro__[:2]
    named = [
        name
        for cls in classes
        for name, one in inspect.signature(cls.__init__).parameters.items()
        if one.kind != one.VAR_KEYWORD
    ]
    return [name for name in dict.fromkeys((*named, *_ADDRESS)) if name not in (*_OBJECTS, *_FORMER)]


def start(kind: str, jobs: int, given: Mapping[str, str], resources: Mapping[str, float]) -> Any:
    """A cluster whose scheduler runs in this process, and whose jobs have been submitted.

    Raises :class:`~nasbed.errors.EngineError` where the queue system refuses.
    """
    options = {name: _value(name, value) for name, value in given.items()}
    listens = {name: options.pop(name) for name in _ADDRESS if name in options}
    settings = _settings(options.get("config_name", kind))
    options.setdefault("cores", settings.get("cores") or 1)
    if not settings.get("memory"):
        options.setdefault("memory", f"{_GB * options['cores']}GB")
    options.setdefault("processes", settings.get("processes") or 1)
    prologue = options.get("job_script_prologue", settings.get("job-script-prologue")) or []
    options["job_script_prologue"] = [*(f"export {line}" for line in _QUIET), *prologue]
    if resources:
        arguments = options.get("worker_extra_args", settings.get("worker-extra-args")) or []
        offered = " ".join(f"{name}={amount:g}" for name, amount in resources.items())
        options["worker_extra_args"] = [*arguments, "--resources", f"'{offered}'"]
    cluster = None
    try:
        cluster = _cluster_class(kind)(
            scheduler_options={"dashboard": False, "dashboard_address": "localhost:0", **listens}, **options
        )
        for _ in range(jobs):
            cluster.worker_spec.update(cluster.new_worker_spec())
        cluster.sync(cluster._correct_state)  # which, unlike `scale`, raises where a job is refused
    except Exception as error:
        if cluster is not None:
            stop(cluster)
        raise EngineError(
            f"{PREFIX}:{kind}: jobs cannot be submitted: {said(error)}; expected a machine from which jobs are submitted,"
            " and options that its queue system takes"
        ) from None
    return cluster


def stop(cluster: Any) -> None:
    """End a cluster and its jobs. Those count as failed, as dask-jobqueue never says that one has ended, and Dask insists on it."""
    from distributed.core import Status

    for job in cluster._created:
        job.status = Status.failed
    cluster.close(timeout=_LEAVING)


def _cluster_class(kind: str) -> Any:
    if find_spec("dask_jobqueue") is None:
        raise EngineError(f"the engine {PREFIX}:{kind} needs dask-jobqueue: {installing('nasbed[dask]')}")
    handler = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    if threading.current_thread() is threading.main_thread():
        signal.signal(
            signal.SIGINT, handler
        )  # when it is imported it has Ctrl-C exit the process, and nothing would be stored
    return getattr(dask_jobqueue, QUEUES[kind])


def _settings(section: str) -> dict[str, Any]:
    """What Dask's own files of settings say of a queue system."""
    import dask

    return dask.config.get(f"jobqueue.{section}", None) or {}


def _value(name: str, text: str) -> Any:
    """The value of an option as dask-jobqueue takes it; parts of a list are separated by semicolons."""
    if name in (*_COUNTS, "port"):
        return whole(name, text)
    if name in _LISTS:
        return [part for part in text.split(";") if part]
    if name == "config_name" and not text.isidentifier():
        raise EngineError(f"config_name = {shown(text)}; expected the name of a section of Dask's settings")
    return text
