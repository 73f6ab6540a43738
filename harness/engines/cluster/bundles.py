"""Calls that travel together, since each message of Dask's costs as much as a short call."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A call that is under way: its future, what is sent, what it takes of a worker, the ``kind`` of calls that take about as long
    (those of a series), and which table was sent to which worker for it.
    """

    request: Request
    resources: dict[str, float]
    kind: str = ""
    future: Future[Any] = field(default_factory=Future)
    supplied: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()


class BundleSizes:
    """How many calls of a kind make a bundle: as many as take about a second, by those of it that have been made last; one where
    none has.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def of(self, kind: str) -> int:
        """The calls of a bundle."""
        seconds = self._seconds.get(kind, TARGET)
        return max(1, min(MOST, round(TARGET / max(seconds, 1e-9))))

    def learn(self, kind: str, calls: int, seconds: float) -> None:
        """Take into account that a bundle of so many calls took so long.

        >>> sizes = BundleSizes()
        >>> sizes.learn("quick", 1, 0.25)
        >>> sizes.of("quick"), sizes.of("unknown")
        (4, 1)
        """
        each = seconds / calls
        self._seconds[kind] = (self._seconds.get(kind, each) + each) / 2

    def bundled(self, calls: Sequence[PendingCall], further: int, workers: int) -> list[list[PendingCall]]:
        """Calls in their order, in bundles of one kind that take the same of a worker.

        The last ones are smaller, so that all ``workers`` end together: a bundle is half of a worker's share of the calls that are
        left, those included that follow ``calls``.
        """
        found: list[list[PendingCall]] = []
        size = 0
        for place, call in enumerate(calls):
            if found and len(found[-1]) < size and _alike(found[-1][0], call):
                found[-1].append(call)
                continue
            found.append([call])
            size = min(self.of(call.kind), (len(calls) - place + further) // (2 * max(1, workers)))
        return found


def _alike(one: PendingCall, other: PendingCall) -> bool:
    """Whether two calls may travel together."""
    return one.kind == other.kind and one.resources == other.resources
