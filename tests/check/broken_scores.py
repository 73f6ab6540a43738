"""Benchmarks that tell a search of its scores, or are scored in a wrong way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from breaking import breaks
from sound_benchmarks import SIZE, Fine, HeldOut, Judge, Letters, Single

from nasbed.vocabulary import HELD_OUT, Arch, Objective, Task


@breaks("a_task_tells_nothing_of_test", "task.space.owner leads to <Owned: ", "no benchmark, no referee")
class Owned(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        vars(self.space)["owner"] = self


@breaks("a_task_tells_nothing_of_test", "task.space.hint.self leads to <Hinting: ", "within reach of a strategy")
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
    "judged_on = 'held-out runs'",
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
    judged_on = HELD_OUT
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
