"""A benchmark that answers from a table of recorded trainings."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError
from nasbed.protocol import Arch, Benchmark, Objective, Oracle
from nasbed.rules import recorded_run

DATA = Path(__file__).resolve().parent.parent / "data"
"""The tables that ship with the package."""


class Table(Benchmark):
    """One data set of the table in ``folder``. The search sees validation and cost; only :meth:`referee` and :meth:`lookup`
    open test columns, which are files of their own.

    Raises :class:`~nasbed.errors.DataError` for a damaged folder, :class:`~nasbed.errors.UnknownNameError` for a data
    set that it does not hold.
    """

    folder: ClassVar[Path]

    def __init__(self, dataset: str) -> None:
        self.manifest = Manifest.load(self.folder)
        self.manifest.require_dataset(dataset)
        self.name = self.manifest.name
        self.dataset = dataset
        self.label = f"{self.name}/{dataset}"
        self.epochs = tuple(self.manifest.epochs)
        self.resumable = self.manifest.resumable
        self.cost_model = self.manifest.cost_model
        self.report = self.manifest.report
        column = self.manifest.column(dataset, "accuracy", "validation")
        self.objectives = (Objective(column.metric, column.unit, column.direction == "maximise"),)
        self.runs = len(self.manifest.runs)
        self._oracles: dict[str, Oracle] = {}

    @classmethod
    def datasets(cls) -> list[str]:
        """The data sets of the table."""
        return Manifest.load(cls.folder).datasets

    @property
    def checksum(self) -> str:
        """SHA-256 of the manifest."""
        return self.manifest.checksum

    @cached_property
    def observations(self) -> np.ndarray:
        """Validation values, (architectures, runs), higher is better, ``nan`` where a run was not made."""
        values = self._column("accuracy", "validation")
        if without := int(np.isnan(values).all(axis=1).sum()):
            raise DataError(
                f"{self.label}: {without:,} architectures have no run; the table is damaged, install nasbed again"
            )
        return values

    @cached_property
    def costs(self) -> np.ndarray:
        """Seconds of a training, (architectures,)."""
        costs = self._column("training_time")
        if not (np.isfinite(costs).all() and (costs > 0).all()):
            raise DataError(
                f"{self.label}: costs must be finite and positive; the table is damaged, install nasbed again"
            )
        return costs

    def _column(self, metric: str, split: str = "none") -> np.ndarray:
        column = self.manifest.column(self.dataset, metric, split)
        values = self.manifest.read(column)
        return -values if column.direction == "minimise" and split != "none" else values

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol; ``run:K`` is refused where an architecture lacks run K."""
        if noise not in self._oracles:
            self._oracles[noise] = self._oracle(noise)
        return self._oracles[noise]

    def _oracle(self, noise: str) -> Oracle:
        values, run = self.observations, recorded_run(noise)
        costs: list[float] = self.costs.tolist()
        if noise == "draw":
            return _draw(values, costs)
        return _fixed(np.nanmean(values, axis=1) if run is None else self._run(run), costs)

    def _run(self, run: int) -> np.ndarray:
        if run >= self.runs:
            raise DataError(
                f"{self.label} has no run {run}; it has 0 .. {self.runs - 1} (seeds {', '.join(self.manifest.runs)})"
            )
        answers: np.ndarray = self.observations[:, run]
        if missing := int(np.isnan(answers).sum()):
            raise DataError(
                f"{self.label}: run {run} (seed {self.manifest.runs[run]}) was not made for {missing:,} architectures;"
                " use a run that all have, or noise = 'draw'"
            )
        return answers

    @abstractmethod
    def representatives(self) -> np.ndarray:
        """For each index the smallest index of an isomorphic architecture, (architectures,)."""

    def cheapest(self) -> float:
        """Seconds of the cheapest training."""
        return float(self.costs.min())

    def typical(self) -> float:
        """Mean seconds of a training."""
        return float(self.costs.mean())

    def referee(self) -> TableReferee:
        """Scores, for after the search; opens the test column."""
        return TableReferee(self)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture: a row for each metric and split, the test split included."""
        index = self.space.require(arch)
        return [self._row(column, index) for column in self.manifest.columns if column.dataset in (self.dataset, "any")]

    def _row(self, column: Column, index: int) -> dict[str, Any]:
        values = np.atleast_1d(self.manifest.read(column)[index])
        made = values[~np.isnan(values)]
        runs = self.manifest.runs if "run" in column.axes else ["mean" if column.split == "test" else "all"]
        return {
            "metric": column.metric,
            "split": column.split,
            "unit": column.unit,
            "value": float(made.mean()),
            "runs": {run: float(value) for run, value in zip(runs, values, strict=True) if not np.isnan(value)},
            "origin": column.origin,
        }


def _draw(values: np.ndarray, costs: list[float]) -> Oracle:
    missing = np.isnan(values)
    counts: list[int] = (~missing).sum(axis=1).tolist()
    rows: list[list[float]] = np.take_along_axis(values, missing.argsort(axis=1, kind="stable"), axis=1).tolist()

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (rows[index][word % counts[index]],), costs[index]

    return evaluate


def _fixed(values: np.ndarray, costs: list[float]) -> Oracle:
    answers: list[float] = values.tolist()

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (answers[index],), costs[index]

    return evaluate


class TableReferee:
    """Noise-free scores from a table: validation is the mean over its runs, test the mean that the table reports."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._validation: np.ndarray = np.nanmean(table.observations, axis=1)
        self._test: np.ndarray = np.asarray(table._column("accuracy", "test"))

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Mean validation value over the recorded runs."""
        return np.take(self._validation, index)

    def test(self, index: np.ndarray) -> np.ndarray:
        """Mean test value over the recorded runs."""
        return np.take(self._test, index)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """The smallest index of an isomorphic architecture."""
        return np.take(self._classes, index)

    @cached_property
    def _classes(self) -> np.ndarray:
        return self._table.representatives()

    def best(self) -> tuple[float, float]:
        """The highest mean validation and the highest mean test value of the space."""
        return float(self._validation.max()), float(self._test.max())

    def floor(self, noise: str) -> tuple[float, float]:
        """Expected validation and test regret of the architecture that exhaustive search would return.

        Every architecture is observed once under ``noise`` and the highest observation wins; under ``draw`` the
        expectation is over the drawn runs, exact but for the order of equal observations.
        """
        chance = self._winner(noise)
        best_validation, best_test = self.best()
        return best_validation - float(chance @ self._validation), best_test - float(chance @ self._test)

    def _winner(self, noise: str) -> np.ndarray:
        """For each architecture the probability that its observation is the highest."""
        run = recorded_run(noise)
        chance = np.zeros(len(self._validation))
        if noise != "draw":
            chance[(self._validation if run is None else self._table._run(run)).argmax()] = 1.0
            return chance
        values = self._table.observations
        rows, runs = np.nonzero(~np.isnan(values))
        share = 1.0 / (~np.isnan(values)).sum(axis=1)
        alive = np.ones(len(values))
        nobody_higher = 1.0
        for place in np.argsort(-values[rows, runs], kind="stable").tolist():
            row = rows[place]
            chance[row] += nobody_higher / alive[row] * share[row]
            nobody_higher *= (left := max(alive[row] - share[row], 0.0)) / alive[row]
            alive[row] = left
            if left < 1e-12:
                break
        return chance
