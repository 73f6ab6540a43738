"""What an engine is: where calls are made, how many at a time, and in which order they come back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future
from concurrent.futures import wait as wait_for
from typing import Any, TypeVar

from nasbed.errors import WorkerDied
from nasbed.progress import RETRIED

_LOG = logging.getLogger(__name__)

K = TypeVar("K")
R = TypeVar("R")

_MOMENT = 0.3
"""Seconds after the death of a worker in which a stop that was sent to all processes reaches this one."""


class Engine(Executor):
    """Where calls are made: an executor that says its ``name`` in full, as records hold it, and how many ``workers`` it has."""

    name: str
    workers: int = 1
    ahead: int = 3
    """Calls in flight for each worker, so that none waits for the next."""

    def completed(
        self, function: Callable[..., R], calls: Sequence[tuple[K, tuple[Any, ...]]]
    ) -> Iterator[tuple[K, R]]:
        """What a function returns for each of ``calls``, (name, arguments), under its name and as calls complete.

        A call that took longer than the engine's limit is made once more. Raises :class:`~nasbed.errors.WorkerDied` where a worker
        dies; its ``call`` is the name.
        """
        waiting = list(enumerate(calls))[::-1]
        late: set[int] = set()
        flying: dict[Future[R], tuple[int, K]] = {}
        while waiting or flying:
            room = max(0, self.ahead * self.workers - len(flying))
            chosen = [waiting.pop() for _ in range(min(room, len(waiting)))]
            futures = self.submit_all(function, [arguments for _, (_, arguments) in chosen], len(waiting))
            flying |= {future: (place, name) for future, (place, (name, _)) in zip(futures, chosen, strict=True)}
            for future in sorted(self.ended(flying), key=lambda future: flying[future][0]):
                place, name = flying.pop(future)
                try:
                    result = future.result()
                except WorkerDied as died:
                    if died.out_of_time and place not in late:
                        late.add(place)
                        waiting.append((place, calls[place]))
                        _LOG.warning("a call was ended: %s; it is made once more", died, extra={RETRIED: 1})
                        continue
                    time.sleep(_MOMENT)
                    died.call = name
                    raise
                yield name, result

    def submit_all(
        self, function: Callable[..., R], calls: Sequence[tuple[Any, ...]], further: int = 0
    ) -> list[Future[R]]:
        """Submit a call of a function for each of some arguments; ``further`` is how many will follow them."""
        return [self.submit(function, *arguments) for arguments in calls]

    def ended(self, flying: Collection[Future[R]]) -> Collection[Future[R]]:
        """Those of the calls in flight that have ended: waits for one, or until there may be more workers."""
        return wait_for(flying, return_when=FIRST_COMPLETED).done
