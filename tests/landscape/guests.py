"""Benchmarks of others, whose landscapes are known, and what is written of a landscape."""

from __future__ import annotations

import csv
from typing import Any
from xml.etree import ElementTree

import numpy as np
from fakes import Digits

from nasbed.landscape import report as landscape_report
from nasbed.landscape.figure import draw
from nasbed.landscape.survey import Survey
from nasbed.vocabulary import HELD_OUT, Arch, Benchmark, Objective, Oracle

NAN = float("nan")


class Letters(Digits):
    """Words of two letters; those of ``left_out`` are no architectures, so the rest is no product."""

    def __init__(self, left_out: tuple[Arch, ...] = ()) -> None:
        super().__init__()
        self.archs = tuple(arch for arch in self.archs if arch not in left_out)
        self._codes = {arch: index for index, arch in enumerate(self.archs)}
        self.index = self._codes.__getitem__

    def neighbours(self, arch: Arch) -> list[Arch]:
        return [other for other in super().neighbours(arch) if other in self._codes]


class Scores:
    """Validation and test of each index."""

    def __init__(self, validation: np.ndarray, test: np.ndarray) -> None:
        self._validation, self._test = validation, test

    def validation(self, index: np.ndarray) -> np.ndarray:
        return self._validation[index]

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self._test[index]


class Guest(Benchmark):
    """What a plug-in must offer and no more: index ``i`` is worth ``values[i]`` and costs ``i + 1`` seconds."""

    name, cost_model, epochs, runs, judged_on = "guest", "made up", (1, 9), 1, "test"
    objectives = (Objective("accuracy", "%"),)

    def __init__(self, values: Any = tuple(range(9)), dataset: str = "small", left_out: tuple[Arch, ...] = ()) -> None:
        self.space = Letters(left_out)
        self.values = np.array(values, dtype=float)
        self.label = f"guest/{dataset}"

    @property
    def checksum(self) -> str:
        return "none"

    def oracle(self, noise: str = "draw") -> Oracle:
        sign = 1.0 if self.epochs[-1] == 9 else 0.0

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
            return (float(self.values[index]) * (1 if epochs == 9 else -sign),), float(index + 1)

        return evaluate

    def referee(self) -> Any:
        return Scores(self.values, self.values)

    def cheapest(self) -> float:
        return 1.0

    def typical(self) -> float:
        return 5.0

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        return []


class Recorded(Guest):
    """Judged on held-out runs of a loss, which is minimised."""

    judged_on = HELD_OUT
    objectives = (Objective("loss", "nats", maximise=False),)

    def recorded(self, epochs: int) -> tuple[list[np.ndarray], np.ndarray]:
        return [np.stack([self.values - 1, self.values + 1], axis=1)], np.ones((len(self.values), 1))

    def decisions(self) -> dict[str, tuple[str, ...]]:
        return {"$first$": ("a", "b", "c"), "second": ("a", "b", "c")}


def records(found: Survey) -> list[dict[str, str]]:
    return list(csv.DictReader(landscape_report.csv(found).splitlines()))


def svg_text(found: Survey) -> str:
    from nasbed.figures import rendered

    return " ".join(element.text or "" for element in ElementTree.fromstring(rendered(draw(found), "svg")).iter())
