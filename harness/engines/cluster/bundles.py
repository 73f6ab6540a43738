"""Calls that travel together, since each message of Dask's costs as much as a short call."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from nasbed.engines.cluster.crews import Request

TARGET = 1.0
"""Seconds that the calls of a bundle should take."""
MOST = 100
"""Calls of a bundle."""


@dataclass(eq=False)
class PendingCall:
    """A call that is under way: its future, what is sent, what it takes of a worker, and which table was sent to which worker
    for it.
    """

    request: Request
    resources: dict[str, float]
    future: Future[Any] = field(default_factory=Future)
    supplied: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()


class BundleSize:
    """How many calls make a bundle: as many as take about a second, by those that have been made last."""

    def __init__(self) -> None:
        self.size = 1
        self._seconds: float | None = None

    def learn(self, calls: int, seconds: float) -> None:
        """Take into account that a bundle of so many calls took so long.

        >>> bundle = BundleSize()
        >>> bundle.learn(1, 0.25)
        >>> bundle.size
        4
        """
        each = seconds / calls
        self._seconds = each if self._seconds is None else (self._seconds + each) / 2
        self.size = max(1, min(MOST, round(TARGET / max(self._seconds, 1e-9))))


def bundled(calls: list[PendingCall], size: int) -> list[list[PendingCall]]:
    """Calls in their order, in bundles of up to ``size`` that take the same of a worker."""
    found: list[list[PendingCall]] = []
    for call in calls:
        if found and len(found[-1]) < size and found[-1][0].resources == call.resources:
            found[-1].append(call)
        else:
            found.append([call])
    return found
