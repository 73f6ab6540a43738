"""Strategies that go wrong, for the tests of the gate: used as "gated:NAME"."""

from __future__ import annotations

from dataclasses import dataclass

from gate_variants import Evolution

from nasbed.vocabulary import Outcome, Proposal, Searcher, Strategy, Stream, Task


@dataclass(frozen=True)
class Crashes(Evolution):
    """Raises on some seeds."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        if rng.random() < 0.02:
            raise RuntimeError("division by a lucky number")
        return super().start(task, rng)


@dataclass(frozen=True)
class Disaster(Evolution):
    """On some seeds it only ever proposes one bad architecture."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        lost = Stream(int(rng.random() * 2**53)).random() < 0.02
        return _Stuck(task) if lost else super().start(task, Stream(7 + int(rng.random() * 2**53)))


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
