"""Several data sets searched at once: the mean of their normalised values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nasbed.benchmarks.tables.referee import exhaustive
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, shown
from nasbed.vocabulary import (
    HELD_OUT,
    VALIDATED,
    Arch,
    Benchmark,
    EnumerableSpace,
    Objective,
    Oracle,
    Recordings,
    Referee,
)

_BITS = 16
"""The bits of a noise word that each data set uses, of more than four fewer: each replays a run of its own."""
_MOST = 8
"""The most data sets, so that each has eight bits."""


def require_datasets(datasets: Sequence[object]) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for what are not the names of two to eight data sets, each once."""
    names = {name for name in datasets if isinstance(name, str)}
    if not 2 <= len(datasets) <= _MOST or len(names) < len(datasets):
        raise OptionError(
            f"dataset = {shown(datasets)}; expected one name, or the names of two to {_MOST} data sets, each once"
        )


class Averaged(Benchmark):
    """The mean over ``parts`` of the first objective, normalised on each: 0 is the mean over all architectures and 1 the best,
    both of the noise-free validation values for what a search sees, of the test values for what it is scored on.

    An evaluation trains on every data set, and costs the sum. Raises :class:`~nasbed.errors.OptionError` for parts that
    are no tables of one space and the same fidelities.
    """

    space: EnumerableSpace

    def __init__(self, parts: Sequence[Benchmark]) -> None:
        require_datasets([part.label for part in parts])
        tables = [part for part in parts if isinstance(part, Table)]
        first = tables[0] if len(tables) == len(parts) else None
        if first is None:
            raise OptionError(f"{parts[0].name} is no table; only tables have a normalised mean of several data sets")
        for part in tables:
            if (part.space.archs, part.epochs) != (first.space.archs, first.epochs):
                raise OptionError(f"{part.label} and {first.label} differ in space or epochs; they have no common mean")
        if any(part.judged_on == HELD_OUT for part in parts):
            raise OptionError(f"{first.name} is judged on held-out runs, of which several data sets have no common one")
        self.tables = tables
        self.name = first.name
        self.label = f"{first.name}/{'+'.join(part.label.split('/', 1)[-1] for part in parts)}"
        self.space = first.space
        self.epochs = first.epochs
        metrics = dict.fromkeys(part.objectives[0].name for part in tables)
        self.objectives = (Objective(f"normalised {' and '.join(metrics)}", "of the range from mean to best"),)
        self.resumable = all(part.resumable for part in parts)
        self.runs = min(part.runs for part in parts)
        self.cost_model = f"the sum over data sets of: {'; '.join(dict.fromkeys(part.cost_model for part in parts))}"
        self.judged_on = first.judged_on
        self.untimed = "; ".join(dict.fromkeys(part.untimed for part in tables if part.untimed))
        self.scales = [_scale(part.means()) for part in tables]

    @property
    def checksum(self) -> str:
        """The checksums of the tables of all data sets."""
        return ";".join(part.checksum for part in self.tables)

    def recordings(self, epochs: int) -> Recordings:
        """Something is drawn where one of the parts draws."""
        held = [part.recordings(epochs) for part in self.tables]
        trainings = {one.trainings for one in held}
        return Recordings(max(one.most for one in held), trainings.pop() if len(trainings) == 1 else 0)

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol, each data set with a run of its own."""
        oracles = [part.oracle(noise) for part in self.tables]
        scales = self.scales
        bits = min(_BITS, 64 // len(oracles))
        mask = (1 << bits) - 1

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
            total = seconds = 0.0
            for oracle, (low, width) in zip(oracles, scales, strict=True):
                values, cost = oracle(index, epochs, word & mask)
                total += (values[0] - low) / width
                seconds += cost
                word >>= bits
            return (total / len(oracles),), seconds

        return evaluate

    def referee(self) -> Referee:
        """The referee, whose scores are means over data sets of normalised values."""
        return _AveragedReferee(self)

    def cheapest(self) -> float:
        """Seconds that no evaluation falls below: the sum of the cheapest trainings on each data set."""
        return sum(part.cheapest() for part in self.tables)

    def typical(self) -> float:
        """Mean seconds of an evaluation, which is a training on every data set."""
        return sum(part.typical() for part in self.tables)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture, data set by data set."""
        return [
            {**row, "origin": f"{part.label}: {row['origin']}"} for part in self.tables for row in part.lookup(arch)
        ]


def _scale(values: np.ndarray) -> tuple[float, float]:
    mean, best = float(np.nanmean(values)), float(np.nanmax(values))
    return mean, best - mean


class _AveragedReferee:
    """Judges by the noise-free values of each data set, normalised and averaged over data sets."""

    def __init__(self, averaged: Averaged) -> None:
        self._averaged = averaged
        everything = np.arange(len(averaged.space))
        referees = [part.referee() for part in averaged.tables]
        self._distinct = referees[0].distinct(everything)
        self._validation = _normalised([referee.validation(everything) for referee in referees])
        self._test = np.full_like(self._validation, np.nan)
        if averaged.judged_on != VALIDATED:
            self._test = _normalised([referee.test(everything) for referee in referees])

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Normalised mean of the validation values."""
        return np.take(self._validation, index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Normalised mean of the test values."""
        return np.take(self._test, index)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """The smallest index of an isomorphic architecture."""
        return np.take(self._distinct, index)

    def best(self) -> tuple[float, float]:
        """The highest normalised mean on validation, and that on test."""
        return float(self._validation.max()), float(self._test.max())

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search may return; under ``draw`` every combination of runs is equally likely."""
        means = np.zeros((len(self._validation), 1))
        for part, (low, width) in zip(self._averaged.tables, self._averaged.scales, strict=True):
            values = (part.seen(noise) - low) / width / len(self._averaged.tables)
            means = (means[:, :, None] + values[:, None, :]).reshape(len(means), -1)
        return exhaustive(means)


def _normalised(values: Sequence[np.ndarray]) -> np.ndarray:
    scaled = []
    for one in values:
        low, width = _scale(one)
        scaled.append((one - low) / width)
    mean: np.ndarray = np.mean(scaled, axis=0)
    return mean
