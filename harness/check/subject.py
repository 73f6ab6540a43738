"""The benchmark under test, and what its checks share: samples, questions, and its signature here and in another process."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from nasbed.benchmarks import REGISTRY
from nasbed.check.elsewhere import elsewhere, name_of, plain, require_same
from nasbed.errors import PASSING, NasbedError, OptionError
from nasbed.searches.execution import execute
from nasbed.searches.loading import load_benchmark, load_strategy
from nasbed.searches.rules import Rules
from nasbed.streams import Stream, stream, words
from nasbed.vocabulary import (
    HELD_OUT,
    UNJUDGED,
    Arch,
    Benchmark,
    Budget,
    Oracle,
    Priced,
    TrainedBenchmark,
    is_enumerable,
    seconds_in,
)
from nasbed.vocabulary.registry import where

TRAININGS = 3
"""Architectures in checks of answers that are trainings."""
FEW = 60
"""Architectures in checks that ask many questions of each."""
SAMPLE = 400
"""Architectures in checks that ask a few questions of each."""
MANY = 8_000
"""Architectures in checks that ask one question of each."""
ALL = 100_000
"""Architectures in checks that only look a number up; no table has many more."""
DRAWN = 2_000
"""Most architectures in any check of a space without a list: what is true of so many is true of most."""
SEARCHES = ("random_search", "regularized_evolution", "local_search")
"""What is run on a benchmark: sampling, mutation and whole neighbourhoods."""

Answer = tuple[tuple[Any, ...], float]


class Subject:
    """A benchmark under test: made once for all checks, and again wherever a check asks for another.

    Raises :class:`~nasbed.errors.OptionError` for what could not be made again.
    """

    def __init__(self, use: str | type[Benchmark], options: dict[str, Any]) -> None:
        self.use = name_of(use)
        self.options = plain(options)
        if isinstance(self.options.get("dataset"), list):
            raise OptionError(f"dataset = {self.options['dataset']!r}; expected one: check each data set by itself")

    def fresh(self) -> Benchmark:
        """The benchmark under test, made anew from its name and options."""
        return load_benchmark(self.use, **self.options)

    @cached_property
    def benchmark(self) -> Benchmark:
        """The benchmark that the checks share."""
        return self.fresh()

    @cached_property
    def label(self) -> str:
        """The benchmark's label, or the name by which it could not be made."""
        try:
            return str(self.benchmark.label)
        except Exception:
            return self.use

    @cached_property
    def file(self) -> str | None:
        """The file of the benchmark's class."""
        try:
            return inspect.getsourcefile(REGISTRY.load(self.use))
        except Exception:
            return None

    def stream(self, purpose: str) -> Stream:
        """A stream of random numbers for one check."""
        return stream(0, self.benchmark.label, f"check {purpose}")

    def indices(self, count: int) -> list[int]:
        """The indices of ``count`` architectures, drawn once for all checks; of all where there are no more. In a space without a
        list 2,000 at most, drawn by its own ``sample``.
        """
        return _indices(self.benchmark, count)

    def archs(self, count: int) -> list[Arch]:
        """The architectures of :meth:`indices`, as tuples."""
        return [self.benchmark.space.at(index) for index in self.indices(count)]

    def at(self, index: int, epochs: int | None = None) -> str:
        """An architecture, and after how many epochs, for a message."""
        shown = f"architecture {index} ({self.shown(self.benchmark.space.at(index))})"
        return shown if epochs is None else f"{shown} after {epochs} epochs"

    def shown(self, arch: object) -> str:
        """An architecture as its space writes it, or as Python does."""
        return shown(self.benchmark, arch)

    def asked_of(self, indices: Sequence[int]) -> str | None:
        """The note of a check that could not ask of every architecture."""
        size = self.benchmark.space.size
        return None if len(indices) == size else f"{len(indices):,} of {size:,} architectures were asked"

    @cached_property
    def fixed(self) -> dict[int, Oracle]:
        """The recorded runs that are there for all architectures; of many the first ten."""
        found = {}
        for run in range(min(self.benchmark.runs, 10)):
            try:
                found[run] = self.benchmark.oracle(f"run:{run}")
            except NasbedError:
                continue
        return found

    @property
    def all_fixed(self) -> bool:
        """Whether every recorded run is there for all architectures."""
        return len(self.fixed) == self.benchmark.runs

    @cached_property
    def oracles(self) -> dict[str, Oracle]:
        """Every noise protocol that the benchmark must answer, and the recorded runs that it does."""
        noises = ["draw"] if self.benchmark.judged_on == HELD_OUT else ["draw", "mean"]
        if self.benchmark.judged_on == UNJUDGED and not self._answers_by_mean():
            noises = ["draw"]
        runs = {f"run:{run}": oracle for run, oracle in self.fixed.items()}
        return {**{noise: self.benchmark.oracle(noise) for noise in noises}, **runs}

    def _answers_by_mean(self) -> bool:
        try:
            self.benchmark.oracle("mean")
        except NasbedError:
            return False
        return True

    @property
    def trains(self) -> bool:
        """Whether its answers are trainings: few are asked for, at the lowest fidelity."""
        return isinstance(self.benchmark, TrainedBenchmark)

    def questions(self, count: int) -> Iterator[tuple[int, int, int]]:
        """Index, epochs and word, the least and the greatest word among them; of a benchmark that trains one word of a few."""
        word = words(0, self.benchmark.label)
        if self.trains:
            epochs = self.benchmark.epochs[0]
            yield from ((index, epochs, word(index, epochs, 0)) for index in self.indices(TRAININGS))
            return
        for index in self.indices(count):
            for epochs in some(self.benchmark.epochs):
                yield from ((index, epochs, 0), (index, epochs, 2**64 - 1), (index, epochs, word(index, epochs, 0)))

    def drawn(self) -> Iterator[tuple[int, int, set[Answer]]]:
        """For some architectures and fidelities the different answers to many words.

        32 words a run: that one of n runs is missed has a probability below n exp(-32).
        """
        oracle, word, visits = self.oracles["draw"], words(0, self.benchmark.label), 32 * self.benchmark.runs
        for index in self.indices(max(5, min(FEW, 50_000 // visits))):
            for epochs in ends(self.benchmark.epochs):
                yield index, epochs, {comparable(oracle(index, epochs, word(index, epochs, n))) for n in range(visits)}

    def first_values(self, noise: str, epochs: int, indices: Sequence[int]) -> list[float]:
        """The first objective as a search of seed 0 sees it on its first visit."""
        oracle, word = self.oracles[noise], words(0, self.benchmark.label)
        return [oracle(index, epochs, word(index, epochs, 0))[0][0] for index in indices]

    @cached_property
    def signature(self) -> dict[str, str]:
        """What this process sees of the benchmark, as :func:`signature` describes it."""
        return signature(self.benchmark)

    @cached_property
    def elsewhere(self) -> dict[str, Any]:
        """What another process, in which texts hash otherwise, sees of the same benchmark (``signature``), and the files of
        data that it opened to do so (``opened``).
        """
        return elsewhere("nasbed.check.subject:signature_of", self.use, self.options)

    def require_same(self, other: dict[str, str], circumstance: str) -> None:
        """Raises :class:`~nasbed.check.elsewhere.Broken` for the first part of another signature that differs."""
        mend = "let an answer depend on its question alone: on no call before, clock, random state, hash or set's order"
        require_same(self.signature, other, circumstance, mend)


def signature(benchmark: Benchmark, backwards: bool = False) -> dict[str, str]:
    """What a search may see of a benchmark, as JSON: the same for the same benchmark, whoever asks, when and where.

    An exception is part of the picture: there is a check of its own for what raised it.
    """
    space, word, indices = benchmark.space, words(0, benchmark.label), _indices(benchmark, FEW)

    trains = isinstance(benchmark, TrainedBenchmark)

    def trained() -> list[Any]:
        """Values alone, since real time is never the same twice."""
        oracle, epochs = benchmark.oracle("draw"), benchmark.epochs[0]
        asked = indices[:TRAININGS]
        found = {i: oracle(i, epochs, word(i, epochs, 0))[0] for i in (asked[::-1] if backwards else asked)}
        return [[f"architecture {i} after {epochs} epochs", *found[i]] for i in asked]

    def answers(noise: str) -> list[Any]:
        if trains:
            return trained() if noise == "draw" else []
        oracle = benchmark.oracle(noise)
        questions = [(i, epochs, visit) for i in indices for epochs in some(benchmark.epochs) for visit in range(3)]
        found = {}
        for i, epochs, visit in reversed(questions) if backwards else questions:
            found[i, epochs, visit] = oracle(i, epochs, word(i, epochs, visit))
        return [[f"architecture {i} after {epochs} epochs", *found[i, epochs, visit]] for i, epochs, visit in questions]

    def outcomes(name: str) -> list[Any]:
        evaluations = 1 if trains else 40
        result = execute(load_strategy(name), benchmark, Rules(Budget("evaluations", evaluations)), 0)
        costs = [[] if trains else [outcome.cost] for outcome in result.outcomes]
        told = zip(result.outcomes, costs, strict=True)
        return [[shown(benchmark, outcome.arch), *outcome.values, *cost] for outcome, cost in told]

    def measures() -> list[Any]:
        offered = benchmark.measurements().items()
        return [[name, seconds, [values[i] for i in indices]] for name, (values, seconds) in offered]

    parts: dict[str, Callable[[], Any]] = {
        "the labels": lambda: [benchmark.label],
        "the checksums": lambda: [benchmark.checksum],
        "cheapest() and typical()": lambda: (
            [benchmark.cheapest(), benchmark.typical()] if isinstance(benchmark, Priced) else []
        ),
        "the numbers of architectures": lambda: [[i, space.at(i)] for i in indices],
        "the texts of architectures": lambda: [space.format(space.at(i)) for i in indices],
        "the neighbours": lambda: [[shown(benchmark, space.at(i)), space.neighbours(space.at(i))] for i in indices],
        "the answers under 'draw'": lambda: answers("draw"),
        "the answers under 'mean'": lambda: answers("mean"),
        "the answers under 'run:0'": lambda: answers("run:0"),
        "the measures": measures,
        **{f"the outcomes of {name}": lambda name=name: outcomes(name) for name in SEARCHES},  # type: ignore[misc]
    }
    return {name: _attempt(part) for name, part in parts.items()}


def signature_of(use: str, options: dict[str, Any]) -> dict[str, str]:
    """The signature of a benchmark that is made anew from its name and options; called in another process."""
    return signature(load_benchmark(use, **options))


def _attempt(part: Callable[[], Any]) -> str:
    try:
        return json.dumps(part(), default=repr)
    except PASSING:
        raise
    except BaseException as error:
        return json.dumps(where(error))


def _indices(benchmark: Benchmark, count: int) -> list[int]:
    space, rng = benchmark.space, stream(0, benchmark.label, "check architectures")
    if not is_enumerable(space):
        drawn = (space.index(space.sample(rng)) for _ in range(min(count, DRAWN) - 1))
        return list(dict.fromkeys([0, *drawn]))
    size = len(space)
    if size <= count:
        return list(range(size))
    chosen = dict.fromkeys([0, size - 1])
    while len(chosen) < count:
        chosen[rng.below(size)] = None
    return list(chosen)


def ends(epochs: Sequence[int]) -> list[int]:
    """The lowest and the highest fidelity."""
    return sorted({epochs[0], epochs[-1]})


def some(epochs: Sequence[int]) -> list[int]:
    """At most ten fidelities, the lowest and the highest among them.

    >>> some(range(1, 101))
    [1, 12, 23, 34, 45, 56, 67, 78, 89, 100]
    """
    return list(epochs) if len(epochs) <= 10 else [epochs[place * (len(epochs) - 1) // 9] for place in range(10)]


def comparable(answer: tuple[tuple[float, ...], float]) -> Answer:
    """An answer that equals itself: ``nan`` as text."""
    return tuple("nan" if value != value else value for value in answer[0]), answer[1]


def told(answers: Iterable[Answer]) -> str:
    """The first few of some answers, in words for a message."""
    ordered = sorted(answers, key=repr)
    some = [f"({', '.join(map(str, values))}) for {seconds_in(cost):g} s" for values, cost in ordered[:4]]
    return ", ".join([*some, *(["..."] if len(ordered) > 4 else [])])


def close(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding; ``nan`` is ``nan``."""
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) or (one != one and other != other)


def is_whole(value: object) -> bool:
    """Whether something is a whole number and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(benchmark: Benchmark, arch: object) -> str:
    """An architecture as its space writes it, or as Python does."""
    try:
        return str(benchmark.space.format(arch))  # type: ignore[arg-type]
    except Exception:
        return repr(arch)
