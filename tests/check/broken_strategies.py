"""Strategies that break one rule each, and a sound one; light to import, since other processes make them."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks import NASBench201
from nasbed.searches.queries import Query
from nasbed.vocabulary import Needs, Outcome, Proposal, Proposals, Script, Searcher, Strategy, Stream, Task, option


class _Sampling(Searcher):
    def __init__(self, task: Task, rng: Stream) -> None:
        self.task, self.rng = task, rng

    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.sample(self.rng))

    def tell(self, outcome: Outcome) -> None:
        pass


@dataclass(frozen=True)
class Sound(Strategy):
    """Random search."""

    number: int = option(3, "of nothing", low=1)

    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Sampling(task, rng)


@dataclass(frozen=True)
class Mute(Sound):
    number: int = option(3, "")


@dataclass(frozen=True)
class Unchecked(Sound):
    def __post_init__(self) -> None:
        pass


@dataclass(frozen=True)
class Unpicklable(Sound):
    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "helper", lambda: None)


@dataclass(frozen=True)
class WarmForHalf(Sound):
    @property
    def warm_up(self) -> Any:
        return 0.5


@dataclass(frozen=True)
class Undeclared(Script):
    """Trains for the second fidelity, which it does not declare to need."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(task.space.sample(rng), task.epochs[1])


@dataclass(frozen=True)
class Declared(Undeclared):
    @property
    def needs(self) -> Needs:
        return Needs(fidelity_ratio=3)


@dataclass(frozen=True)
class Lenient(Declared):
    def require(self, task: Task) -> None:
        pass


@dataclass(frozen=True)
class Outside(Script):
    """Takes every combination of choices for an architecture."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(tuple(rng.below(count) for count in task.space.choices))


@dataclass(frozen=True)
class Insatiable(Sound):
    @property
    def needs(self) -> Needs:
        return Needs(encodings=("of the future",))


class _Lists(_Sampling):
    def ask(self) -> Proposal | None:
        return Proposal(tuple(np.array(self.task.space.sample(self.rng))))


@dataclass(frozen=True)
class OfNumPy(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Lists(task, rng)


_REMEMBERED: list[int] = []


@dataclass(frozen=True)
class Remembers(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        _REMEMBERED.append(1)
        while True:
            yield Proposal(task.space.at(len(_REMEMBERED) % task.space.size))


@dataclass(frozen=True)
class ByHash(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            for name in ("a", "b", "c"):
                yield Proposal(task.space.at(hash(name) % task.space.size))


@dataclass(frozen=True)
class Global(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(task.space.at(random.randrange(task.space.size)))


@dataclass(frozen=True)
class Fragile(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            outcome = yield Proposal(task.space.sample(rng))
            int(outcome.value)


class _InOrder(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.told = 0

    def tell(self, outcome: Outcome) -> None:
        assert outcome.trial == self.told, "not in order"
        self.told += 1


@dataclass(frozen=True)
class InOrder(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _InOrder(task, rng)


@dataclass(frozen=True)
class OfEvaluations(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        assert task.budget.kind == "evaluations", "counts evaluations"
        while True:
            yield Proposal(task.space.sample(rng))


class _OnceEach(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.trials: set[int] = set()

    def tell(self, outcome: Outcome) -> None:
        assert outcome.trial not in self.trials, "told twice"
        self.trials.add(outcome.trial)


@dataclass(frozen=True)
class OnceEach(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _OnceEach(task, rng)


class _Moody(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.asked = 0

    def ask(self) -> Proposal | None:
        self.asked += 1
        return None if self.asked % 3 == 2 else super().ask()


@dataclass(frozen=True)
class Moody(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Moody(task, rng)


@dataclass(frozen=True)
class Peeks(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        best = int(NASBench201("cifar10").referee().test(np.arange(15625)).argmax())
        while True:
            yield Proposal(task.space.at(best % task.space.size))


# What a newcomer gets wrong in ask, tell and start


class _Endless(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.seen: set[tuple[int, ...]] = set()

    def ask(self) -> Proposal | None:
        while (arch := self.task.space.sample(self.rng)) in self.seen:
            pass
        self.seen.add(arch)
        return Proposal(arch)


class _Deaf(_Sampling):
    def ask(self) -> Proposal | None:
        while True:
            try:
                self.task.space.sample(self.rng)
            except:  # noqa: E722  # as in code that is found in the wild
                continue


class _Asleep(_Sampling):
    def ask(self) -> Proposal | None:
        time.sleep(600)
        return None


class _Untyped(_Sampling):
    def ask(self) -> Any:
        return self.task.space.sample(self.rng)


class _Forgetful(_Sampling):
    def ask(self) -> Any:
        Proposal(self.task.space.sample(self.rng))


class _Raising(_Sampling):
    def tell(self, outcome: Outcome) -> None:
        self.history.append(outcome)  # type: ignore[attr-defined]


class _OfTask(_Sampling):
    def ask(self) -> Proposal | None:
        self.task.workers = 2  # type: ignore[misc]
        return super().ask()


class _OfArchitecture(_Sampling):
    def ask(self) -> Proposal | None:
        arch: Any = self.task.space.sample(self.rng)
        arch[0] = 0
        return Proposal(arch)


class _InClass(_Sampling):
    seen: ClassVar[list[int]] = []

    def ask(self) -> Proposal | None:
        self.seen.append(1)
        return Proposal(self.task.space.at(len(self.seen) % self.task.space.size))


class _OwnGenerator(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.own = random.Random()

    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.at(self.own.randrange(self.task.space.size)))


class _Fidelity(_Sampling):
    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.sample(self.rng), 12)


class _Measure(_Sampling):
    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.sample(self.rng), measure="flops")


class _Resume(_Sampling):
    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.sample(self.rng), resume=0)


class Duck:
    def __init__(self, task: Task, rng: Stream) -> None: ...

    def ask(self) -> None: ...

    def tell(self, outcome: Outcome) -> None: ...


def _generator(task: Task, rng: Stream) -> Iterator[Proposal]:
    yield Proposal(task.space.sample(rng))


@dataclass(frozen=True)
class Starting(Strategy):
    """Starts one of the above, by its name."""

    what: str = option("_Sampling", "what it starts")

    def start(self, task: Task, rng: Stream) -> Any:
        return globals()[self.what](task, rng)


@dataclass(frozen=True)
class KeepsCount(Sound):
    def start(self, task: Task, rng: Stream) -> Searcher:
        object.__setattr__(self, "searches", getattr(self, "searches", 0) + 1)
        for _ in range(self.searches):  # type: ignore[attr-defined]
            rng.random()
        return super().start(task, rng)


@dataclass(frozen=True)
class Listing(Sound):
    @property
    def needs(self) -> Any:
        return ["path"]


def nothing(task: Task, rng: Stream) -> None: ...


# Code that owns its own loop


def evolving(query: Query, restart: float = 0.1) -> None:
    """Sound: keeps the better of an architecture and its mutation."""
    best = query(query.space.sample(query.rng))
    while True:
        fresh = query.rng.random() < restart or best.failed
        outcome = query(query.space.sample(query.rng) if fresh else query.space.mutate(best.arch, query.rng))
        best = max(best, outcome, key=lambda one: one.worth)


def returning(query: Query) -> None:
    """Sound: ends before its budget does."""
    query(query.space.at(0))


def idle(query: Query) -> None:
    pass


def deaf(query: Query) -> None:
    while True:
        with contextlib.suppress(Exception):
            query(query.space.sample(query.rng))


def of_one_space(query: Query) -> None:
    query((0, 0, 0, 0, 0, 0))


def of_numpy(query: Query) -> None:
    for arch in map(query.space.at, range(min(query.space.size, 1_000))):
        query(tuple(np.array(arch)))  # type: ignore[arg-type]


_CALLS: list[int] = []


def remembering(query: Query) -> None:
    _CALLS.append(0)
    query(query.space.at(len(_CALLS) % query.space.size))


def of_global_random(query: Query) -> None:
    query(query.space.at(random.randrange(query.space.size)))


def by_hash(query: Query) -> None:
    query(query.space.at(hash("a text") % query.space.size))


def fragile(query: Query) -> None:
    for arch in map(query.space.at, range(min(query.space.size, 1_000))):
        int(query(arch).value)


def of_evaluations(query: Query) -> None:
    assert query.task.budget.kind == "evaluations"
    query(query.space.at(0))


def once_each(query: Query) -> None:
    trials = [query(query.space.at(0)).trial for _ in range(2)]
    assert len(set(trials)) == 2


def peeking(query: Query) -> None:
    query(query.space.at(0))
    open(NASBench201.folder / "cifar10" / "test_accuracy.npy", "rb").close()


def scored(query: Query) -> None:
    query(query.space.at(0))
    query.result()
