"""A made-up multi-fidelity benchmark whose every number is known: for documentation, tests and checks of strategies."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.benchmarks.spaces.trap_functions import SLOWEST, Parts, covariance, sum_of, trap_landscape, values_of
from nasbed.benchmarks.tables.options import fidelities
from nasbed.benchmarks.tables.referee import exhaustive
from nasbed.errors import DataError, OptionError, shown
from nasbed.numeric import real, require_seed, require_whole
from nasbed.streams import key, stream
from nasbed.vocabulary import Arch, Benchmark, Objective, Oracle, Referee, Space, is_enumerable
from nasbed.vocabulary.noise import recorded_run

BEST_VALIDATION, BEST_TEST = 95.0, 94.0
"""Accuracy of the optimum in percent, noise-free and fully trained."""
LEAST_LAG = 1.0
"""Points that every architecture gains at least between the lowest and the highest fidelity."""
LARGEST = 100_000
"""Architectures up to which a space is listed; of a larger one only what is asked for is computed."""
_WORD = 2**64


class Synthetic(Benchmark):
    """A made-up space of ``values ** decisions`` architectures, whose optimum and every score are known exactly.

    Decisions come in pairs. Each wrong decision costs accuracy, and so does a pair that is half right; ``optimum`` alone has
    nothing wrong, and is the best on validation and on test. ``epochs`` are points of one training, which can be resumed; the
    seconds of an epoch depend on the architecture. From the lowest to the highest of ``epochs`` every architecture improves in
    equal steps, by an amount of its own that is uncorrelated with how good it becomes: ``correlation`` (Pearson, over the space) is
    that between the values at the lowest and at the highest fidelity; the lower it is, the more learning curves cross.

    A training is recorded ``runs`` times: the runs lie evenly about the noise-free value, with standard deviation ``noise``
    (points). ``seed`` names another landscape. The same options give the same numbers everywhere.

    A space of more than 100,000 architectures is not listed: its members are numbered, sampled and varied, and each is evaluated
    when it is asked for. Whatever goes through all of them, such as the floor, is not available there.

    >>> benchmark = Synthetic()
    >>> len(benchmark.space), benchmark.epochs, benchmark.referee().best()
    (15625, (1, 3, 9, 27, 81), (95.0, 94.0))
    >>> benchmark.space.format(benchmark.optimum)
    '011323'
    >>> large = Synthetic(decisions=15, values=10)
    >>> large.space.size, large.referee().best()
    (1000000000000000, (95.0, 94.0))
    """

    meanings: ClassVar[Mapping[str, str]] = {
        "decisions": "decisions of an architecture",
        "values": "choices of each decision",
        "noise": "standard deviation of the runs of an architecture, in points",
        "correlation": "Pearson's, between values at the lowest and the highest fidelity",
        "runs": "recorded runs of each training",
        "seed": "another landscape",
    }

    def __init__(
        self,
        decisions: int = 6,
        values: int = 5,
        epochs: Sequence[int] = (1, 3, 9, 27, 81),
        noise: float = 0.5,
        correlation: float = 0.8,
        runs: int = 5,
        seed: int = 0,
    ) -> None:
        decisions, values = require_whole("decisions", decisions, 2, 100), require_whole("values", values, 3, 10)
        runs, seed = require_whole("runs", runs, 1, 1_000), require_seed(seed)
        noise, correlation = _number("noise", noise, 0, 100), _number("correlation", correlation, 0.1, 1)
        self.epochs = fidelities(epochs, "[1, 3, 9]")
        self.name = "synthetic"
        self.label = f"synthetic/{seed}"
        made = DigitSpace if values**decisions <= LARGEST else LongDigitSpace
        self.space: Space = made("synthetic", (values,) * decisions)
        self.objectives = (Objective("accuracy", "%"),)
        self.resumable = len(self.epochs) > 1
        self.runs = runs
        self.judged_on = "test"
        self.cost_model = f"made up: 1 to {SLOWEST:g} seconds an epoch, by architecture"
        self._options = (decisions, values, self.epochs, float(noise), float(correlation), runs, seed)
        self._correlation = correlation
        spread = math.sqrt((runs**2 - 1) / 12)
        self._offsets = [noise * (run - (runs - 1) / 2) / spread if runs > 1 else 0.0 for run in range(runs)]
        self._landscape = trap_landscape(decisions, values, stream(seed, "synthetic", "landscape"))
        self._runs_key = key(seed, "synthetic", "runs")

    @property
    def optimum(self) -> Arch:
        """The best architecture, on validation and on test."""
        return self._landscape.optimum

    @property
    def checksum(self) -> str:
        """SHA-256 of the options and of the version of the formulas."""
        return hashlib.sha256(repr((1, *self._options)).encode()).hexdigest()

    @cached_property
    def validation(self) -> np.ndarray:
        """Noise-free validation accuracy after the last epoch, (architectures,)."""
        return self.validation_of(self._every())

    @cached_property
    def test(self) -> np.ndarray:
        """Test accuracy after the last epoch, (architectures,)."""
        return self.test_of(self._every())

    @cached_property
    def seconds(self) -> np.ndarray:
        """Seconds that an epoch of training takes, (architectures,)."""
        return 1.0 + values_of(self._landscape.seconds, self._every())

    @cached_property
    def lag(self) -> np.ndarray:
        """Points by which the lowest fidelity is below the highest, (architectures,); uncorrelated with the latter."""
        own, ratio, least = self._pace
        return LEAST_LAG + ratio * (values_of(own, self._every()) - least)

    def _every(self) -> np.ndarray:
        if not is_enumerable(self.space):
            raise DataError(
                f"{self.label} has {self.space.size:,} architectures, too many to list; ask for those that you mean, as"
                " referee().validation(index) does"
            )
        return np.arange(len(self.space))

    def validation_of(self, index: np.ndarray) -> np.ndarray:
        """Noise-free validation accuracy after the last epoch of the architectures of some numbers."""
        return BEST_VALIDATION - values_of(self._landscape.penalty, index)

    def test_of(self, index: np.ndarray) -> np.ndarray:
        """Test accuracy after the last epoch of the architectures of some numbers."""
        return BEST_TEST - values_of(self._landscape.test_penalty, index)

    @cached_property
    def _pace(self) -> tuple[Parts, float, float]:
        """What makes an architecture slow to learn apart from how good it becomes, its scale, and its least value."""
        penalty, slowness = self._landscape.penalty, self._landscape.slowness
        slope = covariance(slowness, penalty) / covariance(penalty, penalty)
        own = [slow - slope * cost for slow, cost in zip(slowness, penalty, strict=True)]
        ratio = math.sqrt(covariance(penalty, penalty) / covariance(own, own) * (1 / self._correlation**2 - 1))
        return own, ratio, math.fsum(float(part.min()) for part in own)

    def curve(self, epochs: int) -> np.ndarray:
        """Noise-free validation accuracy at a fidelity, (architectures,)."""
        return self.validation - self._left(epochs) * self.lag

    def _left(self, epochs: int) -> float:
        """The share of the way from the lowest to the highest fidelity that is still to go."""
        last = len(self.epochs) - 1
        return (last - self.epochs.index(epochs)) / last if last else 0.0

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol; ``run:K`` is refused for a run that there is not."""
        offsets, first = self._drawn(noise)
        evaluate = self._recorded(offsets, first) if is_enumerable(self.space) else self._computed(offsets, first)
        if recorded_run(noise) is None:
            return evaluate
        return lambda index, epochs, word: evaluate(index, epochs, 0)

    def _recorded(self, offsets: list[float], first: int) -> Oracle:
        """Answers from lists of all architectures."""
        levels = {epochs: self.curve(epochs).tolist() for epochs in self.epochs}
        seconds, shifts = self.seconds.tolist(), (self._shifts(self._every()) + first).tolist()
        count = len(offsets)

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
            return (levels[epochs][index] + offsets[(shifts[index] + word) % count],), epochs * seconds[index]

        return evaluate

    def _computed(self, offsets: list[float], first: int) -> Oracle:
        """The same answers, computed for the architecture that is asked for."""
        own, ratio, least = self._pace
        sizes = [part.size for part in own]
        penalty, slowness, seconds = (
            [part.ravel().tolist() for part in parts]
            for parts in (self._landscape.penalty, own, self._landscape.seconds)
        )
        left = {epochs: self._left(epochs) for epochs in self.epochs}
        count = len(offsets)

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
            codes, rest = [], index
            for size in reversed(sizes):
                rest, code = divmod(rest, size)
                codes.append(code)
            codes.reverse()
            lag = LEAST_LAG + ratio * (sum_of(slowness, codes) - least)
            level = BEST_VALIDATION - sum_of(penalty, codes) - left[epochs] * lag
            shift = self._shift(index) + first
            return (level + offsets[(shift + word) % count],), epochs * (1.0 + sum_of(seconds, codes))

        return evaluate

    def _shift(self, index: int) -> int:
        """Which of the runs is the first of an architecture."""
        return ((index + self._runs_key) * 0x9E3779B97F4A7C15 % _WORD >> 33) % self.runs

    def _shifts(self, index: np.ndarray) -> np.ndarray:
        return np.array([self._shift(one) for one in index.tolist()], dtype=np.int64)

    def _drawn(self, noise: str) -> tuple[list[float], int]:
        """The offsets of the runs, and by how many the first is moved on."""
        run = recorded_run(noise)
        if run is not None and run >= self.runs:
            raise DataError(f"{self.label} has no run {run}; it has 0 .. {self.runs - 1}")
        return ([0.0] if noise == "mean" else self._offsets), (run or 0)

    def seen(self, noise: str) -> np.ndarray:
        """What exhaustive search at the highest fidelity may observe, (architectures, runs)."""
        offsets, first = self._drawn(noise)
        runs = [0] if recorded_run(noise) is not None else range(len(offsets))
        drawn = (self._shifts(self._every())[:, None] + first + np.array(runs)) % len(offsets)
        observed: np.ndarray = self.validation[:, None] + np.array(offsets)[drawn]
        return observed

    def referee(self) -> Referee:
        """Scores, for after the search; what exhaustive search may return is among them where the space is listed."""
        return _ListedReferee(self) if is_enumerable(self.space) else _Referee(self)

    def cheapest(self) -> float:
        """Seconds of the lowest fidelity of the fastest architecture."""
        return self.epochs[0] * (1.0 + math.fsum(float(part.min()) for part in self._landscape.seconds))

    def typical(self) -> float:
        """Mean seconds of the highest fidelity."""
        if is_enumerable(self.space):
            return self.epochs[-1] * float(self.seconds.mean())
        return self.epochs[-1] * (1.0 + math.fsum(float(part.mean()) for part in self._landscape.seconds))

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """What is known of one architecture: validation at every fidelity, test and cost at the highest."""
        index, last = self.space.require(arch), self.epochs[-1]
        mean, first = self.oracle("mean"), self._shift(index)
        offsets = [self._offsets[(first + run) % self.runs] for run in range(self.runs)]
        answers = {epochs: mean(index, epochs, 0) for epochs in self.epochs}
        rows = [
            _row("accuracy", "validation", epochs, "%", value, {str(run): value + o for run, o in enumerate(offsets)})
            for epochs, ((value,), _) in answers.items()
        ]
        test, cost = float(self.test_of(np.array([index]))[0]), answers[last][1]
        return [
            *rows,
            _row("accuracy", "test", last, "%", test, {"mean": test}),
            _row("training_time", "none", last, "s", cost, {"all": cost}),
        ]


class _Referee:
    """The noise-free accuracies after the last epoch."""

    def __init__(self, benchmark: Synthetic) -> None:
        self._benchmark = benchmark

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Noise-free validation accuracy after the last epoch, of the architectures of an index."""
        return self._benchmark.validation_of(np.asarray(index))

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Test accuracy after the last epoch, of the architectures of an index; the same whatever was seen."""
        return self._benchmark.test_of(np.asarray(index))

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """Every architecture is a network of its own."""
        return np.asarray(index)

    def best(self) -> tuple[float, float]:
        """Validation and test accuracy of the optimum, which is the best on both."""
        return BEST_VALIDATION, BEST_TEST


class _ListedReferee(_Referee):
    """The same, with what exhaustive search may return."""

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search may return: the architecture, the value that it saw, and the probability."""
        return exhaustive(self._benchmark.seen(noise))


def _row(metric: str, split: str, epochs: int, unit: str, value: float, runs: dict[str, float]) -> dict[str, Any]:
    row = {"metric": metric, "split": split, "epochs": epochs, "unit": unit, "value": value, "runs": runs}
    return {**row, "origin": "made up"}


def _number(name: str, value: object, low: float, high: float) -> float:
    """The number that is given; raises :class:`~nasbed.errors.OptionError` outside of the range."""
    number = real(value)
    if number is None or not low <= number <= high:
        raise OptionError(f"{name} = {shown(value)}; expected a number from {low:g} to {high:g}")
    return number
