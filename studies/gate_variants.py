"""Regularized evolution with the changes that studies/gate_calibration.py has the gate judge: a refactoring, bugs, a tuned option.

Each is used as ``use = "gate_variants:NAME"`` with the options of regularized_evolution.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from nasbed.vocabulary import Arch, Outcome, Proposal, Searcher, Strategy, Stream, Task, option


@dataclass(frozen=True)
class Evolution(Strategy):
    """Regularized evolution written anew: the same draws in the same order, so the same trajectories."""

    population: int = option(10, "members that are alive at once", low=2)
    sample: int = option(3, "candidates for parent, drawn with replacement", low=1)

    @property
    def warm_up(self) -> int:
        """The initial population."""
        return self.population

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search."""
        return _Search(self, task, self.stream(rng))

    def stream(self, rng: Stream) -> Stream:
        """The stream that the search draws from."""
        return rng

    def parent(self, alive: deque[Outcome], rng: Stream) -> Outcome:
        """The best of a sample of the population."""
        return max((rng.choice(alive) for _ in range(self.sample)), key=lambda member: member.value)

    def child(self, arch: Arch, task: Task, rng: Stream) -> Arch:
        """A mutant."""
        return task.space.mutate(arch, rng)

    def seen(self, outcome: Outcome, before: Outcome | None) -> Outcome:
        """What joins the population for an outcome, of which ``before`` was the last one."""
        return outcome

    def retire(self, alive: deque[Outcome]) -> None:
        """Make room in a full population."""
        alive.popleft()


class _Search(Searcher):
    def __init__(self, options: Evolution, task: Task, rng: Stream) -> None:
        self._options, self._task, self._rng = options, task, rng
        self._alive: deque[Outcome] = deque()
        self._asked = 0
        self._before: Outcome | None = None

    def ask(self) -> Proposal:
        self._asked += 1
        if self._asked <= self._options.population or not self._alive:
            return Proposal(self._task.space.sample(self._rng))
        parent = self._options.parent(self._alive, self._rng)
        return Proposal(self._options.child(parent.arch, self._task, self._rng))

    def tell(self, outcome: Outcome) -> None:
        if outcome.failed:
            return
        if len(self._alive) == self._options.population:
            self._options.retire(self._alive)
        self._alive.append(self._options.seen(outcome, self._before))
        self._before = outcome


@dataclass(frozen=True)
class OtherStream(Evolution):
    """A change of no effect: every draw comes from another stream."""

    which: int = option(0, "the stream", low=0)

    def stream(self, rng: Stream) -> Stream:
        return Stream(int(rng.random() * 2**53) + self.which)


@dataclass(frozen=True)
class FrozenEdge(Evolution):
    """A bug: the last decision (edge 5 of NAS-Bench-201) is never mutated."""

    def child(self, arch: Arch, task: Task, rng: Stream) -> Arch:
        while (child := task.space.mutate(arch, rng))[-1] != arch[-1]:
            pass
        return child


@dataclass(frozen=True)
class StaleValue(Evolution):
    """A bug: a member joins the population with the value of the outcome before its own."""

    def seen(self, outcome: Outcome, before: Outcome | None) -> Outcome:
        return outcome if before is None else outcome._replace(value=before.value)


@dataclass(frozen=True)
class WorstParent(Evolution):
    """A bug: one time in twenty the worst of the sample is the parent."""

    def parent(self, alive: deque[Outcome], rng: Stream) -> Outcome:
        drawn = [rng.choice(alive) for _ in range(self.sample)]
        choose = min if rng.random() < 0.05 else max
        return choose(drawn, key=lambda member: member.value)


@dataclass(frozen=True)
class DropsYoungest(Evolution):
    """A bug: a full population loses its youngest member, not its oldest."""

    def retire(self, alive: deque[Outcome]) -> None:
        alive.pop()


@dataclass(frozen=True)
class Dearer(Evolution):
    """A change of no effect on the search that makes each step think ten times as long."""

    def parent(self, alive: deque[Outcome], rng: Stream) -> Outcome:
        for _ in range(20):
            sorted(alive, key=lambda member: member.value)
        return super().parent(alive, rng)
