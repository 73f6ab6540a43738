"""What is known of incumbents that were trained anew after the searches: their scores, as a referee and as rows."""

from __future__ import annotations

from math import isfinite, nan
from typing import Any, Protocol

import numpy as np

from nasbed.benchmarks.training.local.trainings import MadeTraining
from nasbed.vocabulary import Objective, Space


class TrainedAnew(Protocol):
    """A benchmark whose incumbents are trained anew."""

    space: Space
    objectives: tuple[Objective, ...]
    retrainings: int

    def retrained(self, index: int, folder: str) -> list[MadeTraining]:
        """The retrainings of an architecture that have been made."""

    def sizes(self, index: int) -> tuple[int, int]:
        """Trainable parameters of an architecture, and multiply-accumulates of a forward pass on one image."""


def retraining_rows(benchmark: TrainedAnew, index: int, folder: str) -> list[dict[str, Any]]:
    """A row for each retraining of an architecture and each split: how it ended, its scores on the split and what it took;
    loss and accuracy after each epoch are of training and of validation alone, so that nothing looks at test before the end.
    """
    rows: list[dict[str, Any]] = []
    parameters, flops = benchmark.sizes(index)
    for number, made in enumerate(benchmark.retrained(index, folder)):
        shared = {
            "parameters": parameters,
            "flops": flops,
            "seconds_an_epoch": sum(made.seconds) / max(len(made.seconds), 1),
            "peak_memory": made.made.get("peak memory", 0),
        }
        text = benchmark.space.format(benchmark.space.at(index))
        named = {"architecture": text, "retraining": number, "outcome": made.outcome}
        rows += [
            {**named, "split": split, **scores, **_by_epoch(made, split), **shared}
            for split, scores in made.scores.items()
        ] or [{**named, **shared}]
    return rows


def _by_epoch(made: MadeTraining, split: str) -> dict[str, list[float | None] | None]:
    """The curves of a split; ``None`` of one that was not watched."""
    curves = made.curves.get(split, {}) if split != "test" else {}
    return {f"{metric}_by_epoch": curves.get(metric) for metric in ("loss", "accuracy")}


class RetrainedReferee:
    """What retrainings say of architectures: the mean of the first objective over them, ``nan`` where there are none."""

    def __init__(self, benchmark: TrainedAnew, folder: str) -> None:
        self._benchmark, self._folder = benchmark, folder
        self._known: dict[tuple[int, str], float] = {}

    def validation(self, index: np.ndarray) -> np.ndarray:
        """The mean of retrainings on the validation split."""
        return self._means(index, "validation")

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """The mean of retrainings on the test split."""
        return self._means(index, "test")

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """Each architecture is a network of its own."""
        return index

    def best(self) -> tuple[float, float]:
        """Unknown: nobody has trained the whole space."""
        return nan, nan

    def _means(self, index: np.ndarray, split: str) -> np.ndarray:
        numbers, places = np.unique(index, return_inverse=True)
        means = np.array([self._mean(int(number), split) for number in numbers], dtype=float)
        found: np.ndarray = means[places].reshape(index.shape)
        return found

    def _mean(self, index: int, split: str) -> float:
        if (index, split) not in self._known:
            self._known[index, split] = self._looked_up(index, split)
        return self._known[index, split]

    def _looked_up(self, index: int, split: str) -> float:
        objective, made = self._benchmark.objectives[0], self._benchmark.retrained(index, self._folder)
        if objective.name in ("parameters", "flops"):
            return objective.signed(float(self._benchmark.sizes(index)[objective.name == "flops"]))
        values = [training.scores[split][objective.name] for training in made if split in training.scores]
        complete = len(values) == self._benchmark.retrainings and all(map(isfinite, values))
        return objective.signed(sum(values) / len(values)) if complete else nan
