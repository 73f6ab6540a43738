"""Strategies that go wrong, for the tests of the gate: used as "gated:NAME"."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from gate_variants import Evolution, OtherStream

from nasbed.vocabulary import Arch, Outcome, Proposal, Searcher, Strategy, Stream, Task


@dataclass(frozen=True)
class Crashes(Evolution):
    """Raises on some seeds."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        if rng.random() < 0.02:
            raise RuntimeError("division by a lucky number")
        return super().start(task, rng)


@dataclass(frozen=True)
class Silent(Strategy):
    """Never proposes anything."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Nothing()


class _Stuck(Searcher):
    def __init__(self, task: Task) -> None:
        self._task = task

    def ask(self) -> Proposal:
        return Proposal(self._task.space.archs[0])

    def tell(self, outcome: Outcome) -> None:
        pass


class _Nothing(Searcher):
    def ask(self) -> Proposal | None:
        return None

    def tell(self, outcome: Outcome) -> None:
        pass


SALT = 3
"""Chosen so that no seed among the first crashes."""


def _peeked(rng: Stream) -> float:
    """The number that a stream would give next, which it gives all the same."""
    state = rng.getstate()
    found = Stream(int(rng.random() * 2**53) + SALT).random()
    rng.setstate(state)
    return found


@dataclass(frozen=True)
class Slow(Evolution):
    """The same search, each step of which takes a fifth of a millisecond more."""

    def child(self, arch: Arch, task: Task, rng: Stream) -> Arch:
        time.sleep(2e-4)
        return super().child(arch, task, rng)


@dataclass(frozen=True)
class RarelyCrashes(Evolution):
    """Raises on one seed in 150, none of them among the first, and is otherwise the same."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        if _peeked(rng) < 1 / 150:
            raise ZeroDivisionError("a rare division by zero")
        return super().start(task, rng)


@dataclass(frozen=True)
class RarelyStuck(Evolution):
    """On one seed in 40 it only ever proposes one bad architecture, and is otherwise the same."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Stuck(task) if _peeked(rng) > 1 - 1 / 40 else super().start(task, rng)


@dataclass(frozen=True)
class TriedAnew(OtherStream):
    """A regression below the margin, the worst of a sample as parent one time in eight, that can be tried with other streams."""

    def parent(self, alive: deque[Outcome], rng: Stream) -> Outcome:
        drawn = [rng.choice(alive) for _ in range(self.sample)]
        return (min if rng.random() < 0.125 else max)(drawn, key=lambda member: member.value)
