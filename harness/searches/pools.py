"""Where evaluations run, and which of them ends next and when: in simulated time over an oracle.

The loop knows no more of a pool than :class:`Pool`, so that a strategy cannot tell simulated time from real time
(:mod:`nasbed.searches.live`).
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import partial
from heapq import heappop, heappush
from typing import Protocol

from nasbed.errors import BenchmarkError
from nasbed.vocabulary import Arch, Oracle, Outcome, Proposal, Task
from nasbed.vocabulary.constraints import total_violation

Start = Callable[[float, int, int, Arch, int, int, int, Proposal], None]
"""Called with the time in seconds, the number of what is under way (it orders equal times), the trial, the architecture, its
index, the epochs, the 64 bits that decide which recorded run is replayed (or seed a training), and the proposal.
"""

Event = tuple[float, int, Outcome]
"""The time at which an evaluation ended, its number, and its outcome."""


class Pool(Protocol):
    """Evaluations under way. The loop starts as many as there are idle workers, then asks which one ends next."""

    @property
    def start(self) -> Start:
        """Begins an evaluation. One that resumes a trial costs the increment over what its trial has cost so far."""

    @property
    def push(self) -> Callable[[Event], None]:
        """Adds what ends at a time that is known: a measure."""

    @property
    def next(self) -> Callable[[], Event]:
        """Takes the one that ends next; of those that end at the same time, the one with the lowest number."""

    @property
    def pending(self) -> Sized:
        """The evaluations that are under way."""


class Simulated:
    """Asks an oracle at once, and keeps the outcomes on a heap by the times at which they arrive.

    It holds closures over locals instead of methods, since this is where a search on a table spends its time.
    """

    def __init__(self, oracle: Oracle, task: Task) -> None:
        pending: list[Event] = []
        totals: dict[int, tuple[float, ...]] = {}
        named_costs = len(task.cost_names) > 1
        broken = total_violation(task.constraints, task.objectives)
        new = tuple.__new__
        alone = task.workers == 1  # at most one evaluation is under way, and needs no heap
        put: Callable[[Event], None] = pending.append if alone else partial(heappush, pending)

        def start(
            now: float, number: int, trial: int, arch: Arch, index: int, epochs: int, word: int, proposal: Proposal
        ) -> None:
            values, cost = oracle(index, epochs, word)
            time = now + cost
            put(
                (
                    time,
                    number,
                    new(Outcome, (arch, values[0], cost, time, trial, epochs, values, proposal, index, (), 0.0)),
                )
            )

        def start_or_resume(
            now: float, number: int, trial: int, arch: Arch, index: int, epochs: int, word: int, proposal: Proposal
        ) -> None:
            values, cost = oracle(index, epochs, word)
            costs = cost if named_costs else (cost,)
            if task.resumable:
                totals[trial] = costs
            if proposal.resume is not None:
                costs = _increments(costs, totals[proposal.resume], arch, epochs, task)
            time = now + costs[0]
            outcome = Outcome(
                arch, values[0], costs[0], time, trial, epochs, values, proposal, index, costs[1:], broken(values)
            )
            put((time, number, outcome))

        self.pending = pending
        self.start: Start = start_or_resume if task.resumable or named_costs or task.constraints else start
        self.push = put
        self.next: Callable[[], Event] = pending.pop if alone else partial(heappop, pending)


def _increments(
    totals: tuple[float, ...], paid: tuple[float, ...], arch: Arch, epochs: int, task: Task
) -> tuple[float, ...]:
    """What a training costs that goes on, given what it has cost so far."""
    for name, total, before in zip(task.cost_names, totals, paid, strict=True):
        if total < before:
            unit = "s" if name == "seconds" else name
            raise BenchmarkError(
                f"asked to go on with {named(arch, task)} to {epochs} epochs, its oracle answered {total!r} {unit}, where less had"
                f" cost {before!r} {unit}; expected the {name} since the training began"
            )
    return tuple(total - before for total, before in zip(totals, paid, strict=True))


def named(arch: Arch, task: Task) -> str:
    """An architecture as its space writes it, or as Python does."""
    try:
        return task.space.format(arch)
    except Exception:
        return repr(arch)
