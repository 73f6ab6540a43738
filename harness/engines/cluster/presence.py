"""Which workers a cluster has now, and what is said and done where it has none that can work."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nasbed.engines.cluster.connecting import Connection
from nasbed.engines.cluster.resources import Needs, places
from nasbed.errors import EngineError

_LOG = logging.getLogger(__name__)
SILENCE = 10.0
"""Seconds without a worker after which that is told."""
_PAUSED = 30.0
"""Seconds after which a worker that Dask has paused is started anew."""
_RESTART = 10.0
"""Seconds for a worker to start anew."""


class Presence:
    """The workers of a cluster: how many calls of a kind they make at a time, and for how long there have been none."""

    def __init__(self, connection: Connection, longest: float) -> None:
        self._connection, self._longest = connection, longest
        self._paused: dict[str, float] = {}
        self._since: float | None = None
        self._is_told = False
        self._workers: dict[str, dict[str, Any]] = {}
        self._places: dict[Needs, int] = {}
        self.look()

    def look(self) -> None:
        """Ask the scheduler; raises where it does not answer."""
        self._workers, self._places = self._connection.workers(), {}
        self._connection.renew(len(self._workers))
        self._wake()

    def has(self, address: str) -> bool:
        """Whether a worker is there, as the scheduler says just now."""
        self.look()
        return address in self._workers

    def places(self, taken: Mapping[str, float]) -> int:
        """How many calls that take so much the present workers make at a time."""
        found, needs = self._places, tuple(sorted(taken.items()))
        if needs not in found:
            running = [one for one in self._workers.values() if one["status"] == "running"]
            found[needs] = sum(places(one["nthreads"], one["resources"], taken) for one in running)
        return found[needs]

    def require(self, taken: Mapping[str, float]) -> None:
        """Tell after a while that no worker can make such calls; raises :class:`~nasbed.errors.EngineError` after a longer one."""
        if self.places(taken):
            self._since, self._is_told = None, False
            return
        now, address = time.monotonic(), self._connection.address
        self._since = now if self._since is None else self._since
        offering = f" that offers {', '.join(f'{name}={amount:g}' for name, amount in taken.items())}" if taken else ""
        paused = f" ({len(self._paused)} are paused, as their memory is full)" if self._paused else ""
        what = f"no worker{offering} is at the scheduler {address}{paused}"
        if now - self._since > self._longest:
            offer = f" --resources {' '.join(f'{name}={amount:g}' for name, amount in taken.items())}" if taken else ""
            raise EngineError(
                f"{what} for {self._longest:g} seconds; start workers, as by `dask worker {address}{offer}`, or wait longer"
                " (wait=SECONDS in the engine's text)"
            )
        if now - self._since > SILENCE and not self._is_told:
            self._is_told = True
            _LOG.warning("%s yet; waiting for up to %g seconds", what, self._longest)

    def _wake(self) -> None:
        """Start workers anew that Dask has paused because of their memory, and that do not go on by themselves."""
        now = time.monotonic()
        paused = {address for address, one in self._workers.items() if one["status"] == "paused"}
        self._paused = {address: self._paused.get(address, now) for address in paused}
        for address, since in self._paused.items():
            if now - since > _PAUSED and self._workers[address]["nanny"]:
                limit = self._workers[address]["memory_limit"]
                _LOG.warning(
                    "the worker %s is paused, as its memory of %s bytes is full; it is started anew", address, limit
                )
                self._paused[address] = now
                with suppress(Exception):
                    self._connection.client.restart_workers([address], timeout=_RESTART, raise_for_error=False)
