"""Measures of a benchmark that trains: they end at a time that is known, beside trainings whose end nobody knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import nasbed
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.vocabulary import Objective, Outcome, Proposal, Searcher, Strategy, Stream, Task, Training

SPACE = DigitSpace("digits", (4,) * 4)
MEASURE = Proposal(SPACE.at(0), measure="cheap")
TRAINING = Proposal(SPACE.at(1))


class Measured(nasbed.TrainedBenchmark):
    """Trains as it is told to, and answers a measure after some seconds."""

    def __init__(
        self, seconds: float, train: Callable[[Training], tuple[float, ...]] = lambda training: (1.0,)
    ) -> None:
        self.name = self.label = "measured"
        self.space, self.epochs, self.objectives = SPACE, (1,), (Objective("score", "points"),)
        self.measures = ("cheap",)
        self._seconds, self._train = seconds, train

    @property
    def checksum(self) -> str:
        return "measured 1"

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        return {"cheap": ([0.5] * SPACE.size, self._seconds)}

    def trainer(self) -> Any:
        return self._train


class Listed(Searcher):
    """Proposes what is left, and keeps what it is told."""

    def __init__(self, left: list[Proposal], heard: Callable[[Outcome], None]) -> None:
        self._left, self._heard = left, heard

    def ask(self) -> Proposal | None:
        return self._left.pop(0) if self._left else None

    def tell(self, outcome: Outcome) -> None:
        self._heard(outcome)


@dataclass(frozen=True)
class List(Strategy):
    """Proposes a list, in whatever order answers come."""

    proposals: tuple[Proposal, ...]
    heard: Callable[[Outcome], None]

    def start(self, task: Task, rng: Stream) -> Searcher:
        return Listed(list(self.proposals), self.heard)


@pytest.mark.parametrize("proposals", [(MEASURE, TRAINING), (TRAINING, MEASURE, TRAINING)])
def test_a_training_beside_a_measure_is_awaited(proposals: tuple[Proposal, ...]) -> None:
    measured = threading.Event()

    def train(training: Training) -> tuple[float, ...]:
        measured.wait(60)
        return (float(training.trial),)

    trials: list[int] = []

    def hear(outcome: Outcome) -> None:
        trials.append(outcome.trial)
        measured.set()

    result = nasbed.search(List(proposals, hear), Measured(0.01, train), budget={"evaluations": 5}, workers=3)
    assert trials[0] == -1
    assert sorted(trials[1:]) == [one.trial for one in sorted(result.outcomes, key=lambda one: one.trial)]
    assert len(result.outcomes) == proposals.count(TRAINING)


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")
@pytest.mark.parametrize("workers", [1, 3])
def test_a_measure_that_ends_beyond_the_budget_ends_the_search(workers: int) -> None:
    told: list[Outcome] = []
    result = nasbed.search(List((MEASURE,), told.append), Measured(60.0), budget={"seconds": 1.0}, workers=workers)
    assert not told
    assert not result.outcomes
    assert not result.ended
