"""Calls that travel together, since each message of Dask's costs as much as a short call."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from nasbed.engines.cluster.crews import Request
from nasbed.engines.cluster.resources import Needs

TARGET = 1.0
"""Seconds that the calls of a bundle should take."""
MOST = 100
"""Calls of a bundle."""
LEAD = 2
"""Bundles on their way for each call that workers make at a time: the one that is being made, and the next."""


@dataclass(eq=False)
class PendingCall:
    """A call that is under way: its future, what is sent, what it takes of a worker, the ``kind`` of calls that take about as long
    (those of a series), and which table was sent to which worker for it. One that may end its worker travels ``alone``.
    """

    request: Request
    resources: dict[str, float]
    kind: str = ""
    future: Future[Any] = field(default_factory=Future)
    supplied: set[tuple[str, str]] = field(default_factory=set)
    alone: bool = False

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()

    @property
    def needs(self) -> Needs:
        """What it takes of a worker, as a key."""
        return tuple(sorted(self.resources.items()))


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

    @property
    def largest(self) -> int:
        """The calls of a bundle of the quickest kind."""
        return max(map(self.of, self._seconds.copy()), default=1)

    def learn(self, kind: str, seconds: Sequence[float]) -> None:
        """Take into account how long calls took.

        >>> sizes = BundleSizes()
        >>> sizes.learn("quick", [0.2, 0.3])
        >>> sizes.of("quick"), sizes.of("unknown")
        (4, 1)
        """
        if seconds:
            each = sum(seconds) / len(seconds)
            self._seconds[kind] = (self._seconds.get(kind, each) + each) / 2


class BundleQueue:
    """Calls that wait until workers have room for them, and how many bundles are on their way."""

    def __init__(self) -> None:
        self.sizes = BundleSizes()
        self._further = 0
        self._waiting: dict[Needs, deque[PendingCall]] = {}
        self._sent: Counter[Needs] = Counter()
        self._lock = Lock()

    def add(self, calls: Sequence[PendingCall], further: int) -> None:
        """Let calls wait behind the others; ``further`` is how many will follow."""
        with self._lock:
            self._further = further
            for call in calls:
                self._waiting.setdefault(call.needs, deque()).append(call)

    def put_back(self, calls: Sequence[PendingCall]) -> None:
        """Let calls wait that have been taken, before the others."""
        with self._lock:
            for call in reversed(calls):
                self._waiting.setdefault(call.needs, deque()).appendleft(call)

    def clear(self) -> None:
        """Forget all calls that still wait."""
        with self._lock:
            self._waiting.clear()

    def take(self, places: Callable[[Mapping[str, float]], int], most: int = MOST) -> list[PendingCall]:
        """The next bundle, which is on its way from now on; none where workers have enough, or nothing waits.

        A bundle has up to ``most`` calls of one kind that take the same of a worker, in their order. The last ones are smaller, so
        that all workers end together: a bundle is half of a worker's share of the calls that are left, those included that follow.
        ``places`` says how many calls that take so much all workers make at a time.
        """
        with self._lock:
            for needs, waiting in self._waiting.items():
                if not waiting or self._sent[needs] >= LEAD * (workers := places(waiting[0].resources)):
                    continue
                self._sent[needs] += 1
                bundle = [waiting.popleft()]
                first, left = bundle[0], 1 + len(waiting) + self._further
                size = 1 if first.alone else min(most, self.sizes.of(first.kind), left // (2 * workers))
                while len(bundle) < size and waiting and waiting[0].kind == first.kind and not waiting[0].alone:
                    bundle.append(waiting.popleft())
                return bundle
        return []

    def arrived(self, bundle: Sequence[PendingCall]) -> None:
        """Note that a bundle is no longer on its way."""
        with self._lock:
            self._sent[bundle[0].needs] -= 1
