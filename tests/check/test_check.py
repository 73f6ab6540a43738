"""The conformance suite: each check fails on a benchmark that breaks its rule, and all hold on sound ones."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from forking import Command
from places import ROOT

from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.benchmarks.tables.referee import exhaustive
from nasbed.check import (
    BENCHMARK_RULES,
    FUNCTION_RULES,
    STRATEGY_RULES,
    Finding,
    benchmark_checks,
    check_benchmark,
    check_named,
)
from nasbed.check.leaks import _TEST, _split
from nasbed.errors import ArchitectureError, DataError, OptionError, UnknownNameError, unknown
from nasbed.streams import Stream, stream
from nasbed.vocabulary import HELD_OUT, Arch, Benchmark, Objective, Oracle, Task
from nasbed.vocabulary.noise import recorded_run

SIZE = 24
IN_ANOTHER_PROCESS = {"another_process_gives_the_same_answers", "a_search_opens_no_test_column"}


# Sound benchmarks of others, without a table


class Letters(ProductSpace):
    """24 architectures of three decisions, written "a-b-c"."""

    def __init__(self) -> None:
        super().__init__("letters", (2, 3, 4), list(itertools.product(range(2), range(3), range(4))))

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return rng.choice(self.neighbours(arch))

    def parse(self, text: str) -> Arch:
        if text.isascii() and text.isdigit() and len(text) < 9 and int(text) < len(self):
            return self.archs[int(text)]
        arch = tuple("abcd".find(letter) for letter in text.split("-"))
        if arch not in self:
            raise ArchitectureError(f"malformed architecture {text[:40]!r}: expected a-b-c")
        return arch

    def format(self, arch: Arch) -> str:
        return "-".join("abcd"[value] for value in arch)


def average(values: np.ndarray) -> np.ndarray:
    """The mean over the runs that were made, (architectures, 1)."""
    made = ~np.isnan(values)
    count = made.sum(axis=1, keepdims=True)
    mean: np.ndarray = np.where(made, values, 0).sum(axis=1, keepdims=True) / np.where(count, count, math.nan)
    return mean


class Judge:
    """The referee of the below."""

    def __init__(self, benchmark: Any) -> None:
        self.benchmark = benchmark

    def validation(self, index: np.ndarray) -> np.ndarray:
        return np.take(average(self.benchmark.record[-1]), index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        if self.benchmark.report == HELD_OUT:
            runs, mean = self.benchmark.runs, self.validation(index)
            return mean if seen is None else (runs * mean - seen) / (runs - 1)
        return np.take(self.benchmark.tested, index)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        return np.asarray(index) // 2 * 2

    def best(self) -> tuple[float, float]:
        every = np.arange(SIZE)
        return float(np.nanmax(self.validation(every))), float(np.nanmax(self.test(every)))

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        run, record = recorded_run(noise), self.benchmark.record[-1]
        return exhaustive(
            record
            if noise == "draw"
            else self.validation(np.arange(SIZE))[:, None]
            if run is None
            else record[:, [run]]
        )


class Fine(Benchmark):
    """A resumable training of 1, 3 or 9 epochs, recorded three times; costs differ by run; latency is minimised."""

    name = "fine"
    epochs: tuple[int, ...] = (1, 3, 9)
    objectives = (Objective("accuracy", "%"), Objective("latency", "ms", maximise=False))
    measures: tuple[str, ...] = ("size",)
    resumable = True
    runs = 3
    cost_model = "made up"
    report = "test"
    checksum = "1"
    landscape: ClassVar[type[ProductSpace]] = Letters
    judge: ClassVar[type[Judge]] = Judge

    def __init__(self, dataset: str = "one") -> None:
        if dataset not in self.datasets():
            raise unknown("data set", dataset, self.datasets(), self.name)
        self.label = f"{self.name}/{dataset}"
        self.space = self.landscape()
        rng = stream(0, f"fine/{dataset}", "record").numpy
        quality = rng.uniform(50, 90, SIZE)
        self.record = [quality[:, None] - 20 / epochs + rng.normal(0, 1, (SIZE, 3)) for epochs in (1, 3, 9)]
        self.tested = quality - 1 + rng.normal(0, 0.5, SIZE)
        self.seconds = rng.uniform(1, 5, (SIZE, 3))
        self.negative = (-rng.uniform(1, 9, SIZE)).tolist()
        self.asked: dict[str, Any] = {}

    @classmethod
    def datasets(cls) -> list[str]:
        return ["one", "two"]

    def runs_of(self, noise: str) -> dict[int, tuple[list[list[float]], list[list[float]]]]:
        """For each fidelity the values and costs of each architecture, by run."""
        if noise not in self.asked:
            fixed = recorded_run(noise)
            parts = [(record, self.seconds * epochs) for record, epochs in zip(self.record, (1, 3, 9), strict=True)]
            if noise == "mean":
                parts = [(average(record), average(seconds)) for record, seconds in parts]
            elif fixed is not None:
                parts = [(record[:, [fixed]], seconds[:, [fixed]]) for record, seconds in parts]
            self.asked[noise] = {e: (r.tolist(), s.tolist()) for e, (r, s) in zip((1, 3, 9), parts, strict=True)}
        return self.asked[noise]

    def answer(self, noise: str, index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        values, costs = self.runs_of(noise)[epochs]
        run = word % len(values[index])
        return self.changed(noise, index, epochs, word, (values[index][run], self.negative[index]), costs[index][run])

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        """The answer, for a broken benchmark to change."""
        return values, cost

    def oracle(self, noise: str = "draw") -> Oracle:
        if (recorded_run(noise) or 0) >= self.runs:
            raise DataError(f"no {noise}")
        if noise == "mean" and self.report == HELD_OUT:
            raise OptionError("no mean")
        return lambda index, epochs, word: self.answer(noise, index, epochs, word)

    def referee(self) -> Any:
        return self.judge(self)

    def cheapest(self) -> float:
        return float(self.seconds.min()) * self.epochs[0]

    def typical(self) -> float:
        return float(self.seconds.mean()) * self.epochs[-1]

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"size": ([float(index) for index in range(SIZE)], 0.0)}

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        index = self.space.require(arch)
        keys = {"metric": "accuracy", "split": "test", "epochs": 9, "unit": "%", "origin": "made up", "runs": {}}
        return [{**keys, "value": float(self.tested[index])}]


class HeldOut(Fine):
    """Without a clean test: judged on the runs that a search has not seen."""

    report = HELD_OUT


class Single(Fine):
    """One training, of which no other epochs and no measures are known, and no data set can be chosen."""

    epochs = (9,)
    objectives = (Objective("accuracy", "%"),)
    measures = ()
    resumable = False
    runs = 1

    def __init__(self) -> None:
        super().__init__()
        self.label = self.name = "single"
        self.record = [record[:, :1] for record in self.record]
        self.seconds = self.seconds[:, :1]

    def answer(self, noise: str, index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        values, cost = super().answer(noise, index, epochs, word)
        return values[:1], cost

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {}


class Failing(Fine):
    """One run of each seventh architecture failed, and all of the architecture 5."""

    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        for record in self.record:
            record[::7, 1] = math.nan
            record[5] = math.nan
        self.tested[5] = math.nan


def named(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@cache
def found_of(use: type[Benchmark]) -> list[Finding]:
    """The findings of one that conforms, of which several tests speak."""
    return check_benchmark(use)


@pytest.mark.parametrize("sound", [Fine, HeldOut, Single, Failing])
def test_a_sound_benchmark_of_others_conforms(sound: type[Benchmark]) -> None:
    assert [str(finding) for finding in found_of(sound) if not finding.holds] == []


def test_ours_conforms_within_seconds() -> None:
    began = time.process_time()
    found = check_benchmark("nasbench201", dataset="cifar100")
    assert [str(finding) for finding in found if not finding.holds] == []
    assert time.process_time() - began < 5
    assert {finding.check: finding.note for finding in found if finding.note} == {
        "costs_grow_with_epochs": "its trainings are not resumable",
        "words_reach_every_recorded_run": "2 of 3 runs can be asked for by number",
        "held_out_runs_are_the_others": "it has a test split",
        "measures_are_values_and_seconds": "it offers none",
    }


def test_ours_conforms_with_other_options() -> None:
    found = named(check_benchmark(NASBench201, dataset="cifar10", objectives=["parameters", "accuracy"]))
    assert all(finding.holds for finding in found.values())
    assert found["scores_are_not_what_a_search_sees"].note == "its first objective, parameters, is of no split"


def test_what_does_not_apply_is_said() -> None:
    assert {finding.check: finding.note for finding in found_of(Single) if finding.note} == {
        "an_unknown_data_set_is_refused": "it has no option dataset",
        "costs_grow_with_epochs": "its trainings are not resumable",
        "held_out_runs_are_the_others": "it has a test split",
        "measures_are_values_and_seconds": "it offers none",
    }
    found = named(found_of(HeldOut))
    assert found["the_mean_is_that_of_the_runs"].note == "it is judged on held-out runs: no search may see the mean"
    assert found["scores_are_not_what_a_search_sees"].note == "it is judged on held-out runs"


def test_the_same_is_found_again_by_name() -> None:
    assert check_benchmark("test_check:Single") == found_of(Single)


# Broken ones: each breaks one rule

CASES: list[Any] = []


def breaks(check: str, *words: str, also: str = "") -> Callable[[type[Any]], type[Any]]:
    """A benchmark, or the space or the referee of one, in which one thing is wrong; and what its check is to say of it.

    ``also`` names the other checks that must notice; with ``...`` any may.
    """

    def decorate(cls: type[Any]) -> type[Any]:
        fake = cls
        if not issubclass(cls, Benchmark):
            part = "judge" if issubclass(cls, Judge) else "landscape"
            fake = type(f"With{cls.__name__}", (Fine,), {"__module__": __name__, part: cls})
            globals()[fake.__name__] = fake
        CASES.append(pytest.param(fake, check, words, also.split(), id=f"{check}-{cls.__name__}"))
        return cls

    return decorate


@breaks("declarations_are_complete", "cost_model is ''", "a text")
class Priceless(Fine):
    cost_model = ""


@breaks("declarations_are_complete", "checksum is None", "a text")
class Anonymous(Fine):
    checksum = None  # type: ignore[assignment]


class Unlabelled(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.label = "fine"


@breaks("declarations_are_complete", "report is 'accuracy'", "'test' or 'held-out runs'")
class Vague(Fine):
    report = "accuracy"


@breaks("declarations_are_complete", "resumable is 1", "True or False")
class Numeric(Fine):
    resumable = 1  # type: ignore[assignment]


@breaks("declarations_are_complete", "runs is 3.0", "a whole number", also="...")
class Fractional(Fine):
    runs = 3.0  # type: ignore[assignment]


@breaks("declarations_are_complete", "objectives is [", "a tuple of nasbed.Objective")
class Listing(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.objectives = list(Fine.objectives)  # type: ignore[assignment]


@breaks("declarations_are_complete", "objectives are named latency, latency", "distinct names")
class Twice(Fine):
    objectives = (Objective("latency", "ms"), Objective("latency", "ms"))


@breaks("epochs_ascend", "epochs is (3, 1)", "ascending", also="...")
class Descending(Fine):
    epochs = (3, 1)


@breaks("epochs_ascend", "epochs is [1, 3, 9]", "a tuple of positive whole numbers")
class Listed(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.epochs = [1, 3, 9]  # type: ignore[assignment]


@breaks("an_unknown_data_set_is_refused", "gives fine/one", "raise nasbed.errors.unknown('data set'")
class Obliging(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__()


@breaks("an_unknown_data_set_is_refused", "gives KeyError: 'no such data set'", "test_check.py, line")
class Cryptic(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__({"one": "one", "two": "two"}[dataset])


@breaks("an_unknown_data_set_is_refused", "datasets() gives ('one', 'two')", "a list of names")
class Tupled(Fine):
    @classmethod
    def datasets(cls) -> list[str]:
        return ("one", "two")  # type: ignore[return-value]


@breaks("an_unknown_noise_is_refused", "oracle('run:3') is answered, with 3 runs", "what was not recorded")
class Wrapping(Fine):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("run:0" if noise == "run:3" else noise)


@breaks("an_unknown_noise_is_refused", "oracle('no such noise') is answered", "nasbed.vocabulary.noise.recorded_run")
class Lax(Fine):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("draw" if noise == "no such noise" else noise)


@breaks("an_unknown_noise_is_refused", "oracle('mean') is answered", "the mean, which sees the runs that are held out")
class Averaging(HeldOut):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("run:0" if noise == "mean" else noise)


@breaks(
    "answers_are_one_float_an_objective",
    "architecture 0 (a-a-a) after 1 epochs",
    "a tuple of 2 (accuracy, latency)",
    also="searches_run",
)
class Talkative(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (*values, 0.0), cost


@breaks("answers_are_one_float_an_objective", "architecture 7 (a-b-d)", "-inf", "floats, finite or nan")
class Infinite(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], -math.inf if index == 7 else values[1]), cost


@breaks("answers_are_one_float_an_objective", ", 1) under 'draw'", "use float(value)")
class Whole(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], 1), cost


@breaks("costs_are_positive", "architecture 7 (a-b-d) after 1 epochs costs 0.0 under 'draw'", "more than 0", also="...")
class Free(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, 0.0 if (index, epochs) == (7, 1) else cost


@breaks("costs_are_positive", "architecture 7 (a-b-d) after 9 epochs costs nan", "of a failed one too", also="...")
class Unmeasured(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, math.nan if (index, epochs) == (7, 9) else cost


@breaks("costs_grow_with_epochs", " epochs of the same training ", "more after more epochs", "since the training began")
class Flat(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, cost / epochs

    def typical(self) -> float:
        return float(self.seconds.mean())


@breaks("costs_grow_with_epochs", "resumable with epochs (9,)", "two fidelities or more")
class Lonely(Fine):
    epochs = (9,)


@breaks(
    "cheapest_and_typical_are_of_the_answers", "cheapest() is nan and the cheapest answer costs", "runs that were made"
)
class NoMinimum(Fine):
    def cheapest(self) -> float:
        return math.nan


@breaks("cheapest_and_typical_are_of_the_answers", "cheapest() is 0.5", "the same")
class TooCheap(Fine):
    def cheapest(self) -> float:
        return 0.5


@breaks("cheapest_and_typical_are_of_the_answers", "cheapest() is", "the same")
class TooDear(Fine):
    def cheapest(self) -> float:
        return 2 * super().cheapest()


@breaks(
    "cheapest_and_typical_are_of_the_answers", "typical() is", "the answers after 9 epochs cost", "highest fidelity"
)
class Atypical(Fine):
    def typical(self) -> float:
        return float(self.seconds.mean())


@breaks(
    "the_same_question_has_the_same_answer", "the answers under 'draw' differ in another order", "first [", also="..."
)
class Counting(Fine):
    count = 0

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        self.count += noise == "draw"
        return (values[0], values[1] - self.count), cost


@breaks("the_same_question_has_the_same_answer", "the checksums differ when the benchmark is made anew")
class Changeable(Fine):
    @property
    def checksum(self) -> str:  # type: ignore[override]
        return str(id(self))


@breaks(
    "searches_run", "the outcomes of regularized_evolution are StrategyError", "refused", also="mutants_are_neighbours"
)
class Immutable(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        raise RuntimeError("refused")


@breaks("words_reach_every_recorded_run", "after 9 epochs is answered by", "at most 3, the number of runs", also="...")
class Jittery(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0] + (word % 5 if noise == "draw" and (index, epochs) == (4, 9) else 0), values[1]), cost


@breaks("words_reach_every_recorded_run", "architecture 4 (a-b-a)", "what 'run:2' answers among it", "the whole word")
class Forgetful(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer(noise, index, epochs, word % 2 if index == 4 else word)


@breaks("words_reach_every_recorded_run", "is answered by", "take the cost from the same run", also="...")
class Mixing(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, cost if noise != "draw" else float(self.seconds[index].mean() * epochs)


@breaks(
    "words_reach_every_recorded_run",
    "what a recorded run answers, not (",
    "read one record",
    also="the_winner_is_among_the_answers",
)
class Inventive(Fine):
    runs = 4

    def runs_of(self, noise: str) -> Any:
        return super().runs_of("run:2" if noise == "run:3" else noise)

    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        if noise == "draw" and index == 4 and word % 4 == 3:
            return (1.0, self.negative[index]), float(self.seconds[index, 0] * epochs)
        if noise == "mean":
            runs = [super(Inventive, self).answer(f"run:{run}", index, epochs, 0)[0][0] for run in range(4)]
            return (sum(runs) / 4, self.negative[index]), float(self.seconds[index].mean() * epochs)
        return super().answer(noise, index, epochs, word)


@breaks(
    "only_draw_reads_the_word",
    "under 'run:1' architecture 4 (a-b-a) after 1 epochs is answered by",
    "under 'draw' only",
)
class Noisy(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer(
            "draw" if noise == "run:1" and index == 4 and word > 1 else noise, index, epochs, word or 1
        )


@breaks("the_mean_is_that_of_the_runs", "under 'mean' accuracy of architecture 0 (a-a-a) after 1 epochs is", "their mean",
        also="the_winner_is_among_the_answers")  # fmt: skip
class Meaningless(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer("run:1" if noise == "mean" else noise, index, epochs, word)


@breaks("the_mean_is_that_of_the_runs", "architecture 0 (a-a-a) after 1 epochs is nan", "failed ones left out")
class Strict(Failing):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (math.nan if noise == "mean" and index == 0 else values[0], values[1]), cost


@breaks("the_mean_is_that_of_the_runs", "accuracy of architecture", "each run once")
class Weighing(Fine):
    """Its third run cannot be asked for by number, so the mean is judged by what is drawn."""

    def oracle(self, noise: str = "draw") -> Oracle:
        if noise == "run:2":
            raise DataError("not for all")
        return super().oracle(noise)

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0] + 0.01 * (noise == "mean" and index == 4), values[1]), cost


@breaks("architectures_are_numbered", "archs[1] is (0, 0, 1), whose index is 2", "the inverse of archs", also="...")
class Shuffled(Letters):
    def __init__(self) -> None:
        super().__init__()
        numbers = {**self._codes, (0, 0, 1): 2, (0, 0, 2): 1}
        self.index = numbers.__getitem__


@breaks("architectures_are_numbered", "archs is a list of 24", "a tuple of all architectures")
class Mutable(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.archs = list(self.archs)  # type: ignore[assignment]


@breaks("architectures_are_numbered", "archs[0] is (False, False, False)", "a tuple of int", also="...")
class Truths(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.archs = tuple(tuple(map(bool, arch)) if max(arch) < 2 else arch for arch in self.archs)


@breaks("architectures_are_numbered", "choices is (2, 3, 4.0)", "a tuple of positive whole numbers", also="...")
class Rounded(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.choices = (2, 3, 4.0)  # type: ignore[assignment]


@breaks("architectures_are_numbered", "archs[3] is (0, 0, 3)", "values below (2, 3, 3)", also="...")
class Narrow(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.choices = (2, 3, 3)


@breaks("outsiders_are_refused", "(0, 0, 0, 0) is in the space", "that it is not")
class Wide(Letters):
    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, tuple) and arch[:3] in self._codes


@breaks("outsiders_are_refused", "index(()) gives -1", "KeyError")
class Welcoming(Letters):
    def __init__(self) -> None:
        super().__init__()
        self.index = lambda arch: self._codes.get(arch, -1)


@breaks("outsiders_are_refused", "require(()) gives KeyError: ()", "ArchitectureError", also="a_lookup_is_plain_data")
class Terse(Letters):
    def require(self, arch: Arch) -> int:
        return self.index(arch)


@breaks("samples_are_uniform", "20,000 samples in 24 equal parts of the order of indices are not uniform", "about 833")
class Biased(Letters):
    def sample(self, rng: Stream) -> Arch:
        return self.archs[int(rng.random() ** 1.1 * SIZE)]


@breaks("samples_are_uniform", "are not uniform", "about 833", "draw an index uniformly")
class Incomplete(Letters):
    def sample(self, rng: Stream) -> Arch:
        return self.archs[rng.below(SIZE - 1)]


@breaks("samples_are_uniform", "sample gives (9, 9, 9)", "an architecture of the space", also="searches_run")
class Straying(Letters):
    def sample(self, rng: Stream) -> Arch:
        return (9, 9, 9) if rng.random() < 0.01 else super().sample(rng)


@breaks("samples_are_uniform", "other architectures for the same stream", also="the_same_question_has_the_same_answer")
class GlobalSample(Letters):
    def sample(self, rng: Stream) -> Arch:
        return random.choice(self.archs)


@breaks("neighbours_are_distinct", "the neighbours of a-a-a have it among them", "other architectures")
class Selfish(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return [arch, *super().neighbours(arch)]


@breaks("neighbours_are_distinct", "have b-a-a twice", "each once")
class Repeating(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return super().neighbours(arch) + super().neighbours(arch)[:1]


@breaks("neighbours_are_distinct", "have (0, 0, 9) among them", "architectures of the space", also="...")
class Open(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return [*super().neighbours(arch), (0, 0, 9)]


@breaks(
    "neighbours_are_distinct",
    "come in another order when asked again",
    also="the_same_question_has_the_same_answer mutants_are_neighbours",
)
class Unordered(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        around = super().neighbours(arch)
        return random.sample(around, len(around))


@breaks("neighbours_are_symmetric", "a-a-a is a neighbour of b-a-a, but not the other way round", "both or neither")
class OneWay(Letters):
    def neighbours(self, arch: Arch) -> list[Arch]:
        return super().neighbours(arch)[1 if arch == (0, 0, 0) else 0 :]


@breaks("mutants_are_neighbours", "a mutant of a-a-a is itself", "one of its neighbours")
class Lazy(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return arch if rng.random() < 0.1 else super().mutate(arch, rng)


@breaks("mutants_are_neighbours", "a mutant of a-a-a is", "change one decision")
class Wild(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return self.sample(rng)


@breaks(
    "mutants_are_neighbours", "other architectures for the same stream", also="the_same_question_has_the_same_answer"
)
class GlobalMutate(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        return random.choice(self.neighbours(arch))


@breaks("children_mix_their_parents", "a child of a-a-a and a-a-b is", "each decision from one of them")
class Foundling(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return self.sample(rng)


@breaks("children_mix_their_parents", "a child of a-a-a and a-a-b is (0, 0, 9)", "an architecture of the space")
class Monstrous(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return (*first[:2], 9)


@breaks("children_mix_their_parents", "other architectures for the same stream", "draw from rng")
class GlobalCrossover(Letters):
    def crossover(self, first: Arch, second: Arch, rng: Stream) -> Arch:
        return random.choice((first, second))


@breaks("texts_round_trip", "archs[0] and archs[1] are both 'a-a'", "write all decisions")
class Short(Letters):
    def format(self, arch: Arch) -> str:
        return super().format(arch)[:3]


@breaks("texts_round_trip", "parse('a-a-a') gives (0, 0, 1)", "(0, 0, 0)")
class Misread(Letters):
    def parse(self, text: str) -> Arch:
        return (0, 0, 1) if text == "a-a-a" else super().parse(text)


@breaks(
    "texts_round_trip",
    "parse('0') gives ArchitectureError: malformed architecture '-0'",
    "read a bare number as an index",
)
class Unnumbered(Letters):
    def parse(self, text: str) -> Arch:
        return super().parse(f"-{text}" if text.isdigit() else text)


@breaks("rubbish_is_refused", "parse('nonsense') gives (0, 0, 0)", "ArchitectureError")
class Guessing(Letters):
    def parse(self, text: str) -> Arch:
        return (0, 0, 0) if text == "nonsense" else super().parse(text)


@breaks(
    "rubbish_is_refused",
    "ValueError: invalid literal for int() with base 10: ''",
    "test_check.py, line",
    "what int() raises",
)
class Careless(Letters):
    def parse(self, text: str) -> Arch:
        return super().parse(text) if text else self.archs[int(text)]


@breaks("encodings_tell_architectures_apart", "a-a-b in the encoding 'one_hot' is what a-a-a is", "a code of its own")
class Ambiguous(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array(arch[:2], dtype=float)


@breaks("encodings_tell_architectures_apart", "array([0, 0, 0])", "finite 64-bit floats")
class Coded(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array(arch)


@breaks("encodings_tell_architectures_apart", "has the shape (4,)", "(3,) for all")
class Uneven(Letters):
    def _one_hot(self, arch: Arch) -> np.ndarray:
        return np.array([*arch, *[0] * (arch[2] > 0)], dtype=float)


@breaks("encodings_tell_architectures_apart", "an unknown encoding gives array([", "an error of nasbed's")
class Tolerant(Letters):
    def encode(self, arch: Arch, encoding: str = "one_hot") -> np.ndarray:
        return super().encode(arch)


@breaks("a_task_tells_nothing_of_test", "task.space.owner leads to <test_check.Owned", "no benchmark, no referee")
class Owned(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        vars(self.space)["owner"] = self


@breaks(
    "a_task_tells_nothing_of_test", "task.space.hint.self leads to <test_check.Hinting", "within reach of a strategy"
)
class Hinting(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        vars(self.space)["hint"] = lambda: self.tested


@breaks("a_task_tells_nothing_of_test", "task.space.extra.scores.x_test leads to 1.0", "nothing named 'test'")
class Nested(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        vars(self.space)["extra"] = {"scores": {"x_test": 1.0, "latest": 2.0}}


@breaks("a_task_tells_nothing_of_test", "'test_accuracy' is an attribute of the space", "nothing named 'test'")
class Knowing(Letters):
    def test_accuracy(self, arch: Arch) -> float:
        return 0.0


@breaks("a_task_tells_nothing_of_test", "'accuracyTest' is an objective or measure", "offer validation values")
class Tempting(Fine):
    objectives = (Objective("accuracyTest", "%"), Fine.objectives[1])


class Telling(Task):
    """A task with more to say."""


@breaks("a_task_tells_nothing_of_test", "task() gives Telling(", "do not override task()")
class Confiding(Fine):
    def task(self, budget: Any, workers: int = 1) -> Task:
        return Telling(*vars(super().task(budget, workers)).values())


@breaks(
    "scores_are_not_what_a_search_sees",
    "of 24 architectures 100%",
    "the referee's validation",
    "report = 'held-out runs'",
)
class Indulgent(Judge):
    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self.validation(index)


@breaks("scores_are_not_what_a_search_sees", "the answers under 'run:0' after 9 epochs", "another split's")
class Corrupt(Judge):
    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return np.take(self.benchmark.record[-1][:, 0], index)


@breaks(
    "scores_have_the_shape_of_their_indices", "test(index) of indices of shape (7, 11) is array([", "an array of floats"
)
class Flattening(Judge):
    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return super().test(np.ravel(index))


@breaks("scores_have_the_shape_of_their_indices", "distinct(index)", "an array of integers of that shape")
class Floating(Judge):
    def distinct(self, index: np.ndarray) -> np.ndarray:
        return super().distinct(index).astype(float)


@breaks(
    "scores_have_the_shape_of_their_indices",
    "validation(index) has infinite values",
    "mark what is missing by nan",
    also="...",
)
class Unbounded(Judge):
    def validation(self, index: np.ndarray) -> np.ndarray:
        return np.where(np.asarray(index) == 3, -np.inf, super().validation(index))


@breaks("scores_have_the_shape_of_their_indices", "it raised TypeError", "positional arguments but 3 were given")
class Old(Judge):
    def test(self, index: np.ndarray) -> np.ndarray:  # type: ignore[override]
        return super().test(index)


@breaks("validation_ranks_as_the_answers_do", "a rank correlation of -", "turn the sign of what is minimised")
class Upside(Judge):
    def validation(self, index: np.ndarray) -> np.ndarray:
        return -super().validation(index)

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return Judge(self.benchmark).winner(noise)


@breaks("the_best_is_attained", "best() gives 100.0 for validation, of which", "the same")
class Optimist(Judge):
    def best(self) -> tuple[float, float]:
        return 100.0, super().best()[1]


@breaks("the_best_is_attained", "best() gives nan for test, of which", "that are not nan")
class Agnostic(Judge):
    def best(self) -> tuple[float, float]:
        return super().best()[0], math.nan


@breaks("representatives_are_their_own", "distinct gives 1 for architecture 2 (a-a-c)", "stands for itself")
class Restless(Judge):
    def distinct(self, index: np.ndarray) -> np.ndarray:
        return np.asarray(index) // 2


@breaks("representatives_are_their_own", "distinct gives 1 for architecture 0 (a-a-a)", "the smallest index")
class Greatest(Judge):
    def distinct(self, index: np.ndarray) -> np.ndarray:
        return np.asarray(index) | 1


@breaks(
    "the_winner_is_among_the_answers",
    "the probabilities of winner('draw') sum to 0.5 and the least",
    "1, and none below 0",
)
class Unsure(Judge):
    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        index, seen, chance = super().winner(noise)
        return index, seen, chance / 2


@breaks("the_winner_is_among_the_answers", "winner('draw') gives arrays of shapes (24,)", "as many of each")
class Former(Judge):
    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.arange(SIZE), np.zeros(1), np.ones(1)


@breaks("the_winner_is_among_the_answers", "winner('draw') gives indices 1", "0 .. 23")
class Outside(Judge):
    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        index, seen, chance = super().winner(noise)
        return index + 100, seen, chance


@breaks("the_winner_is_among_the_answers", "winner('draw') has seen", "an answer, as")
class Dreaming(Judge):
    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        index, seen, chance = super().winner(noise)
        return index, seen + 1, chance


@breaks("the_winner_is_among_the_answers", "winner('mean') may have seen", "the highest")
class Content(Judge):
    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        first = np.array([0])
        return (first, self.validation(first), np.ones(1)) if noise == "mean" else super().winner(noise)


@breaks("held_out_runs_are_the_others", "the search saw", "the mean of the others", "out of the mean")
class Including(HeldOut):
    class Judge(Judge):
        def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
            return self.validation(index)

    judge = Judge


@breaks("held_out_runs_are_the_others", "1 run was recorded", "two or more")
class Alone(Single):
    report = HELD_OUT
    judge = Including.Judge


@breaks("measures_are_values_and_seconds", "measures is ('size',) and measurements() has ['weight']", "the same")
class Misnamed(Fine):
    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"weight": ([1.0] * SIZE, 0.0)}


@breaks("measures_are_values_and_seconds", "size has 23 values", "24", also="...")
class OneShort(Fine):
    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"size": ([1.0] * (SIZE - 1), 0.0)}


@breaks("measures_are_values_and_seconds", "size of architecture 3 (a-a-d) is inf", "a float, finite or nan")
class Endless(Fine):
    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"size": ([math.inf if index == 3 else math.nan for index in range(SIZE)], 0.0)}


@breaks(
    "measures_are_values_and_seconds", "a query of size costs -1.0 s", "finite seconds, 0 or more", also="searches_run"
)
class Paying(Fine):
    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"size": ([1.0] * SIZE, -1.0)}


@breaks(
    "a_lookup_is_plain_data",
    "lookup of a-a-a has the row {",
    "the keys metric, split, epochs, unit, value, runs, origin",
)
class Brief(Fine):
    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        return [{"metric": "accuracy", "index": self.space.require(arch)}]


@breaks("a_lookup_is_plain_data", "int64 is not JSON serializable", "use str(), int() and float()")
class Arrayed(Fine):
    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        return [{**row, "epochs": np.int64(9)} for row in super().lookup(arch)]


@breaks("a_lookup_is_plain_data", "floats by run, and a float or None as value")
class Textual(Fine):
    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        return [{**row, "runs": {"777": "90.0"}} for row in super().lookup(arch)]


@breaks("a_lookup_is_plain_data", "lookup((-1, -1, -1)) gives []", "call self.space.require(arch) first")
class Silent(Fine):
    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        return super().lookup(arch) if arch in self.space else []


@pytest.mark.parametrize(("unsound", "check", "expected", "also"), CASES)
def test_a_broken_rule_is_found_and_no_other(
    unsound: type[Benchmark], check: str, expected: tuple[str, ...], also: list[str]
) -> None:
    checks = [one for one in benchmark_checks(unsound) if str(one) not in IN_ANOTHER_PROCESS]
    problems = {str(one): finding.problem for one in checks if not (finding := one.run()).holds}
    assert check in problems, problems
    for words in (*expected, "; expected "):
        assert words in problems[check]
    assert "To mend it: " in problems[check] or problems[check].startswith("it raised")
    if also != ["..."]:
        assert problems.keys() == {check, *also}, problems


def test_every_check_has_been_seen_to_fail_and_says_what_must_hold() -> None:
    assert {case.values[1] for case in CASES} | IN_ANOTHER_PROCESS == {rule.__name__ for rule in BENCHMARK_RULES}
    assert all(rule.__doc__ for rule in BENCHMARK_RULES)


def test_a_label_names_the_data_set() -> None:
    check = benchmark_checks(Unlabelled, dataset="two")[0]
    problem = check.run().problem
    assert problem.startswith("label is 'fine' on the data set 'two'; expected a label that names it, since noise and")
    assert benchmark_checks(Unlabelled)[0].run().holds


def test_the_findings_of_two_data_sets_of_one_label_are_kept_apart() -> None:
    seen: list[tuple[str, int, int]] = []
    found = check_named("test_check:Unlabelled", progress=lambda *words: seen.append(words))
    assert {label: len(findings) for label, findings in found.items()} == {
        "fine": len(BENCHMARK_RULES),
        "fine, two": len(BENCHMARK_RULES),
    }
    assert [done for _, done, _ in seen] == list(range(2 * len(BENCHMARK_RULES)))
    assert {total for _, _, total in seen} == {2 * len(BENCHMARK_RULES)}


# Other processes and files


class Hashed(Fine):
    """What it answers depends on the hash of a text."""

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], float(hash(f"{index}"))), cost


class Unsorted(Letters):
    """The order of its neighbours is that of a set of texts."""

    def neighbours(self, arch: Arch) -> list[Arch]:
        return [self.parse(text) for text in {self.format(other) for other in super().neighbours(arch)}]


class WithUnsorted(Fine):
    landscape = Unsorted


class Homebound(Fine):
    """It can be made in the process of the tests alone."""

    at_home = False

    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        if not self.at_home:
            raise RuntimeError("not here")


class Reader(Fine):
    """It reads the files that its option names."""

    def __init__(self, dataset: str = "one", files: Sequence[str] = ()) -> None:
        super().__init__(dataset)
        self.files = files

    def oracle(self, noise: str = "draw") -> Oracle:
        for file in self.files:
            Path(file).read_bytes()
        return super().oracle(noise)


class Peeking(NASBench201):
    """Its oracle looks at the test column."""

    def oracle(self, noise: str = "draw") -> Oracle:
        self.values("accuracy", "test", 200)
        return super().oracle(noise)


def in_another_process(use: type[Benchmark], **options: Any) -> dict[str, Finding]:
    return {str(one): one.run() for one in benchmark_checks(use, **options) if str(one) in IN_ANOTHER_PROCESS}


@pytest.mark.parametrize(
    ("use", "problem"),
    [
        (Hashed, "the answers under 'draw' differ in another process: first ['architecture 0 after 1 epochs', ["),
        (WithUnsorted, "the neighbours differ in another process: first ['a-a-a', "),
        (Homebound, "another process failed: nasbed.errors.PluginError: benchmark 'test_check:Homebound' cannot be made"),
    ],
)  # fmt: skip
def test_what_differs_in_another_process_is_found(
    use: type[Benchmark], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Homebound, "at_home", True)
    finding = in_another_process(use)["another_process_gives_the_same_answers"]
    assert problem in finding.problem
    assert "To mend it: " in finding.problem


def test_a_test_column_of_a_table_that_a_search_opens_is_found() -> None:
    found = in_another_process(Peeking, dataset="cifar100")
    assert found["another_process_gives_the_same_answers"].holds
    problem = found["a_search_opens_no_test_column"].problem
    for words in (
        "a search opens ",
        "cifar100/test_accuracy.npy, a column of the split 'test'",
        "when referee() is called",
    ):
        assert words in problem


@pytest.mark.parametrize(
    "name", ["x-test.csv", "test.json", "accTest.npy", "TEST_SCORES", "testing.db", "ori_test_acc.txt"]
)
def test_a_file_is_of_test_numbers_by_its_name(name: str) -> None:
    assert _TEST.search(name)


@pytest.mark.parametrize("name", ["latest.csv", "fastest.npy", "contest.json", "attestation.txt", "validation.npy"])
def test_a_file_is_not_of_test_numbers_by_its_name(name: str) -> None:
    assert not _TEST.search(name)


def test_a_file_of_test_numbers_that_a_search_opens_is_found(tmp_path: Path) -> None:
    (tmp_path / "x-test.csv").touch()
    finding = in_another_process(Reader, files=[str(tmp_path / "x-test.csv")])["a_search_opens_no_test_column"]
    assert finding.problem.startswith(f"a search opens {tmp_path / 'x-test.csv'}; expected ")


def test_files_that_are_judged_by_their_names_are_said(tmp_path: Path) -> None:
    for name in ("latest.csv", "test_code.py", "validation.csv"):
        (tmp_path / name).touch()
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    finding = in_another_process(Reader, files=files)["a_search_opens_no_test_column"]
    assert (finding.problem, finding.note) == ("", "judged by their names alone: latest.csv, validation.csv")


def test_a_split_is_read_from_the_manifest_and_not_from_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "nasbench201"
    shutil.copytree(NASBench201.folder, table)  # type: ignore[arg-type]
    manifest = table / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    for old, new in (
        ("cifar100/test_accuracy", "cifar100/scores"),
        ("cifar100/validation_accuracy", "cifar100/x-test"),
    ):
        (table / f"{old}.npy").rename(table / f"{new}.npy")
        text = text.replace(f"{old}.npy", f"{new}.npy")
    manifest.write_text(text, encoding="utf-8")
    assert _split(table / "cifar100" / "scores.npy") == "test"
    assert _split(table / "cifar100" / "x-test.npy") == "validation"
    assert _split(manifest) == ""
    manifest.write_text("not a manifest of ours")
    assert _split(table / "cifar100" / "scores.npy") == ""


# How it is called


def test_a_check_is_called_run_and_named() -> None:
    check = next(one for one in benchmark_checks(Priceless) if str(one) == "declarations_are_complete")
    assert check.__name__ == "declarations_are_complete"
    finding = check.run()
    assert finding == Finding(
        "declarations_are_complete",
        "fine/one",
        " ".join((check.rule.__doc__ or "").split()),
        "cost_model is ''; expected a text. To mend it: declare cost_model.",
    )
    assert str(finding) == f"declarations_are_complete of fine/one: {finding.problem}"
    with pytest.raises(AssertionError, match="cost_model is ''; expected a text"):
        check()


def test_a_benchmark_that_cannot_be_made_has_no_findings() -> None:
    with pytest.raises(UnknownNameError, match="unknown benchmark 'nasbench20'; did you mean 'nasbench201'"):
        check_benchmark("nasbench20")
    with pytest.raises(UnknownNameError, match="unknown data set of fine 'three'"):
        check_benchmark(Fine, dataset="three")
    with pytest.raises(UnknownNameError, match="unknown option of test_check:Fine 'data'"):
        check_benchmark(Fine, data="one")
    check = benchmark_checks("nasbench20")[0]
    assert check.run().subject == "nasbench20"
    assert "unknown benchmark 'nasbench20'" in check.run().problem


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        (Fine, {"dataset": {"one"}}, "expected what a study file can hold: texts, numbers and lists of them"),
        (Fine, {"dataset": ["one", "two"]}, "expected one: check each data set by itself"),
        (Including.Judge, {}, "cannot be imported by another process; move it to the top level of a module"),
    ],
)
def test_what_could_not_be_made_anew_is_refused(use: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        benchmark_checks(use, **options)


def test_an_object_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot be made anew; expected a name or a class, and its options"):
        benchmark_checks(Fine())  # type: ignore[arg-type]


PLUG_IN = """
    import pytest

    import nasbed
    from nasbed.benchmarks import NASBench201


    class Renamed(NASBench201):
        def __init__(self, dataset: str = "cifar100") -> None:
            super().__init__(dataset)
            self.name, self.label = "renamed", f"renamed/{dataset}"
            self.cost_model = self.cost_model if dataset == "cifar100" else ""


    @pytest.mark.parametrize("check", nasbed.benchmark_checks(Renamed))
    def test_renamed(check):
        check()


    @pytest.mark.parametrize("check", nasbed.benchmark_checks("test_renamed:Renamed", dataset="cifar10")[:2])
    def test_broken(check):
        check()
    """


def test_a_plug_ins_own_tests_run_the_suite_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "test_renamed.py").write_text(textwrap.dedent(PLUG_IN))
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "--color=no",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "test_renamed.py",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "COLUMNS": "300"})
    assert f"1 failed, {len(BENCHMARK_RULES) + 1} passed" in done.stdout, done.stdout
    assert "test_renamed[epochs_ascend] PASSED" in done.stdout
    assert "test_broken[declarations_are_complete] FAILED" in done.stdout
    assert (
        "AssertionError: declarations_are_complete of renamed/cifar10: cost_model is ''; expected a text."
        in done.stdout
    )
    assert "answers.py" not in done.stdout  # no frames of ours


# The command


def test_the_command_checks_ours_on_all_data_sets(command: Command) -> None:
    done = command("check", "benchmark", "nasbench201", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == [f"nasbench201/{dataset}" for dataset in NASBench201.datasets()]
    for label, findings in found.items():
        assert [finding["check"] for finding in findings] == [rule.__name__ for rule in BENCHMARK_RULES]
        assert {(finding["subject"], finding["problem"]) for finding in findings} == {(label, "")}
        assert all(finding.keys() == {"check", "subject", "rule", "problem", "note", "see"} for finding in findings)


BROKEN = """
    from nasbed.benchmarks import Synthetic


    class Small(Synthetic):
        def __init__(self):
            super().__init__(decisions=3)


    class Broken(Small):
        def typical(self):
            return 1.0

        def cheapest(self):
            raise ValueError("no idea")
    """


def test_the_command_reports_what_is_broken(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text(textwrap.dedent(BROKEN))
    done = command("check", "benchmark", "lab:Broken")
    assert (done.returncode, done.stderr) == (1, "")
    assert "cheapest_and_typical_are_of_the_answers   BROKEN" in done.stdout
    assert f"of synthetic/0: it raised ValueError: no idea ({tmp_path / 'lab.py'}, line 15)" in done.stdout
    assert "  The rule: ``cheapest()`` is the lowest cost and ``typical()`` the mean cost" in done.stdout
    assert f"{len(BENCHMARK_RULES) - 1} of {len(BENCHMARK_RULES)} checks hold" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_command_shows_what_holds_and_what_was_not_covered(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text(textwrap.dedent(BROKEN))
    done = command("check", "benchmark", "lab:Small")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"an_unknown_data_set_is_refused +holds +it has no option dataset", done.stdout)
    assert done.stdout.endswith(f"{len(BENCHMARK_RULES)} of {len(BENCHMARK_RULES)} checks hold\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nasbench2O1"], "error: unknown benchmark 'nasbench2O1'; did you mean 'nasbench201'?"),
        (
            ["nasbench201", "--dataset", "cifar1O"],
            "error: unknown data set of nasbench201 'cifar1O'; did you mean 'cifar10'?",
        ),
        (
            ["lab:Nothing"],
            "error: benchmark 'lab:Nothing': there is no module 'lab'; expected lab.py in the working directory",
        ),
        (
            ["nasbed.streams:Stream"],
            "error: 'nasbed.streams:Stream' is <class 'nasbed.streams.Stream'>; expected a concrete",
        ),
    ],
)
def test_an_unusable_name_exits_with_2(words: list[str], message: str, command: Command) -> None:
    done = command("check", "benchmark", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_the_documentation_names_every_check() -> None:
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rules = [rule.__name__ for rule in (*BENCHMARK_RULES, *STRATEGY_RULES)]
    assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == rules
    marked = re.findall(r"^\| `(\w+)` †", text, re.MULTILINE)
    assert marked == [rule.__name__ for rule in FUNCTION_RULES]
