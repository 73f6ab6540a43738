"""Calls made in supervised processes on this machine: the engine "local:N"."""

from __future__ import annotations

from nasbed.engines.engine import Engine
from nasbed.engines.limits import Limits
from nasbed.engines.workers.processes import Processes

MOST = 1_024
"""Processes of an engine: more than one machine has cores for, and few enough to be started."""


class Local(Engine, Processes):
    """Makes calls in supervised processes on this machine."""

    def __init__(self, workers: int, limits: Limits | None = None) -> None:
        super().__init__(workers, limits)
        self.name, self.workers = f"local:{workers}", workers
