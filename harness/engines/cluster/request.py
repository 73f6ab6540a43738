"""What the text of a Dask engine asks for: a scheduler that runs already, processes of this machine, or jobs of a queue system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nasbed.engines.cluster.kinds import ADDRESSES, LOCAL, PREFIX, QUEUES, whole
from nasbed.engines.cluster.queues import parameters
from nasbed.engines.limits import MEMORY, SECONDS, Limits
from nasbed.errors import EngineError, shown, unknown
from nasbed.machine import cores

COMMON = ("wait", "resources", SECONDS, MEMORY)
"""Options of every Dask engine."""


@dataclass(frozen=True)
class ClusterRequest:
    """What an engine's text asks for.

    ``kind`` is one of :data:`ADDRESSES`, :data:`QUEUES` or :data:`LOCAL`; ``number`` is how many workers or jobs are started.
    ``wait`` is for how many seconds there may be no worker, ``resources`` is what a call takes of those that a worker offers,
    and ``options`` are for the queue system.
    """

    kind: str
    address: str = ""
    number: int = 0
    wait: float = 600.0
    resources: Mapping[str, float] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The engine's text without its options."""
        return f"{PREFIX}:{self.address or self.kind}"

    @classmethod
    def parse(cls, engine: str, given: Mapping[str, str]) -> ClusterRequest:
        """The request of an engine's text, given without its options, and these.

        Raises :class:`~nasbed.errors.EngineError`, :class:`~nasbed.errors.UnknownNameError`.

        >>> ClusterRequest.parse("dask:tcp://10.0.0.5:8786", {"resources": "GPU=1"}).resources
        {'GPU': 1.0}
        """
        address = engine.removeprefix(PREFIX).removeprefix(":")
        kind = re.split(r"[:?/]", address)[0]
        if kind not in (*ADDRESSES, LOCAL, *QUEUES):
            raise unknown("kind of Dask cluster", kind, [f"{ADDRESSES[0]}://HOST:PORT", *ADDRESSES[1:], LOCAL, *QUEUES])
        if kind in ADDRESSES:
            if not re.fullmatch(r"[a-z]+://[^\s/?#@]+:[0-9]{1,5}/?", address):
                raise EngineError(
                    f"unknown engine {shown(engine)}; expected the scheduler's host and port, as {PREFIX}:{kind}://host:8786"
                )
        elif address != kind:
            own = "workers" if kind == LOCAL else "jobs"
            raise EngineError(f"unknown engine {shown(engine)}; expected {PREFIX}:{kind}?{own}=4")
        counted = "" if kind in ADDRESSES else "workers" if kind == LOCAL else "jobs"
        options = {name: value for name, value in given.items() if name not in (*COMMON, counted)}
        known = [name for name in (counted, *COMMON) if name]
        if kind in QUEUES:
            known += parameters(kind)
        for name in options:
            if name not in known:
                raise unknown("option", name, known, f"the engine {PREFIX}:{kind}")
        return cls(
            kind,
            address if kind in ADDRESSES else "",
            whole(counted, given.get(counted, str(cores() if kind == LOCAL else 1))) if counted else 0,
            _seconds(given.get("wait", "600")),
            _resources(given.get("resources", "")),
            Limits.parse(given),
            options,
        )


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise EngineError(f"wait = {shown(text)}; expected the seconds for which there may be no worker, as wait=600")
    return float(text)


def _resources(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in text.split(",") if text else ():
        match = re.fullmatch(r"(\w{1,50})=([0-9]{1,6}(?:\.[0-9]{1,6})?)", pair)
        if not match or not float(match[2]):
            raise EngineError(
                f"resources = {shown(text)}; expected what a call takes of a worker, as resources=GPU=1 or GPU=1,SLOTS=2"
            )
        found[match[1]] = float(match[2])
    return found
