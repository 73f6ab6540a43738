"""Sound benchmarks of others, without a table."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.benchmarks.tables.referee import exhaustive
from nasbed.errors import ArchitectureError, BudgetError, DataError, OptionError, require_name, unknown
from nasbed.streams import Stream, key, stream
from nasbed.vocabulary import HELD_OUT, Arch, Benchmark, Objective, Oracle, SharedWeights
from nasbed.vocabulary.noise import recorded_run

SIZE = 24


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
        if self.benchmark.judged_on == HELD_OUT:
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
    judged_on = "test"
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
        if noise == "mean" and self.judged_on == HELD_OUT:
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

    judged_on = HELD_OUT


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


@dataclass
class Shared:
    """A supernet that was trained before anybody asked: what an architecture inherits depends on the seed and its number."""

    seed: int
    seconds: float
    derived: Arch
    query: float

    def query_seconds(self, on_batch: bool) -> float:
        return self.query

    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return float(key("shared", self.seed, arch, on_batch) % 101)


class Sharing(Fine):
    """With supernets of one method, in parts that a broken benchmark may change."""

    supernet_version, supernet_costs = "1", "its seconds are made up"
    methods: ClassVar[tuple[str, ...]] = ("uniform",)
    settings: ClassVar[tuple[str, ...]] = ("epochs",)
    made: ClassVar[type[Shared]] = Shared
    query = 0.5

    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Shared:
        require_name("method of a supernet", weights.method, self.methods)
        for name, _ in weights.settings:
            require_name("setting", name, self.settings)
        if (takes := self.takes(folder)) > seconds:
            raise BudgetError(f"a budget of {seconds:g} seconds is below the training of the supernet, {takes:g} s")
        return self.made(seed, takes, self.ends(seed), self.query)

    def ends(self, seed: int) -> Arch:
        return self.space.archs[seed]

    def takes(self, folder: Path | str | None) -> float:
        return 40.0
