"""An engine from its text, as users write it."""

from __future__ import annotations

import re

from nasbed.engines.cluster.kinds import PREFIX
from nasbed.engines.cluster.request import ClusterRequest
from nasbed.engines.engine import Engine
from nasbed.engines.in_process import InProcess
from nasbed.engines.limits import MEMORY, SECONDS, Limits
from nasbed.engines.local import MOST, Local
from nasbed.errors import EngineError, shown, unknown
from nasbed.machine import cores


def open_engine(engine: str) -> Engine:
    """The engine of a text, to be closed when done: "here", "local" (a process for each core) or "local:N" (N of them).

    Options follow a question mark: ``local:4?limit_seconds=600&limit_memory=4GB`` ends a call that takes longer than ten minutes,
    which is tried once more, and a process that holds more than four gigabytes.

    A Dask cluster is "dask:tcp://HOST:PORT" for a scheduler that runs, "dask:local?workers=4" for one on this machine, or
    "dask:slurm?jobs=50&cores=4" for jobs of a queue system (docs/cluster.md).

    Raises :class:`~nasbed.errors.EngineError` and, for an option that there is not, :class:`~nasbed.errors.UnknownNameError`.

    >>> with open_engine("local:08") as engine:
    ...     engine.name, engine.workers, engine.submit(pow, 2, 5).result()
    ('local:8', 8, 32)
    """
    if engine == InProcess.name:
        return InProcess()
    address, options = _parts(engine)
    if address.split(":")[0] == PREFIX:
        from nasbed.engines.cluster.connecting import require_dask
        from nasbed.engines.cluster.dask_engine import Dask

        require_dask()
        return Dask(ClusterRequest.parse(address, options))
    found = re.fullmatch(r"local(?::([0-9]{1,9}))?", address)
    if not found or (found[1] and not 1 <= int(found[1]) <= MOST):
        raise EngineError(
            f"unknown engine {shown(engine)}; expected 'local' (all cores) or 'local:N' with N processes, at least 1 and at most"
            f" {MOST:,}; or a cluster, as 'dask:tcp://HOST:PORT'"
        )
    for option in options:
        if option not in (SECONDS, MEMORY):
            raise unknown("option", option, (SECONDS, MEMORY), f"the engine {address}")
    return Local(int(found[1]) if found[1] else cores(), Limits.parse(options))


def _parts(engine: str) -> tuple[str, dict[str, str]]:
    """What stands before the question mark of an engine's text, and the options behind it."""
    address, mark, query = engine.partition("?") if isinstance(engine, str) else ("", "", "")
    options: dict[str, str] = {}
    if "?" in query:
        raise EngineError(f"unknown engine {shown(engine)}; one question mark begins the options, and & parts them")
    for pair in query.split("&") if mark else ():
        name, equals, value = pair.partition("=")
        if not name or not equals or not value or name in options:
            raise EngineError(
                f"unknown engine {shown(engine)}: {shown(pair)}; expected each option once, as {address}?{SECONDS}=600&{MEMORY}=4GB"
            )
        options[name] = value
    return address, options
