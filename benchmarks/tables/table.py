"""A benchmark that answers from a table of recorded trainings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError, OptionError, unknown
from nasbed.protocol import Arch, Benchmark, Objective, Oracle
from nasbed.rules import recorded_run


@dataclass(frozen=True)
class Level:
    """What a search may see of one schedule: validation values (architectures, runs), higher is better and ``nan`` where
    a run was not made, and the seconds of its training (architectures,).
    """

    observations: np.ndarray
    costs: np.ndarray


class Table(Benchmark):
    """One data set of the table in ``folder``, joined with ``more`` tables of the same space.

    The search sees validation and cost; only :meth:`referee` and :meth:`lookup` open test columns, which are files of
    their own. ``epochs`` are the fidelities offered (those of ``folder`` by default), each a training of its own;
    scores are always those of the longest schedule of ``folder``. ``objectives`` (``metric`` alone by default) may add
    numbers that do not depend on a training, such as a latency; an architecture without one is infeasible there
    (``nan``).

    Raises :class:`~nasbed.errors.DataError` for a damaged folder, :class:`~nasbed.errors.UnknownNameError` for a data
    set, fidelity or objective that it does not hold.
    """

    folder: ClassVar[Path]
    metric: ClassVar[str] = "accuracy"
    """What trainings are judged on."""

    def __init__(
        self,
        dataset: str,
        *,
        more: Sequence[Manifest] = (),
        epochs: Sequence[int] | None = None,
        objectives: Sequence[str] = (),
    ) -> None:
        self.manifest = Manifest.load(self.folder)
        self.manifest.require_dataset(dataset)
        self.manifests = [self.manifest, *more]
        self.name = self.manifest.name
        self.dataset = dataset
        self.label = f"{self.name}/{dataset}"
        self.full = max(self.manifest.epochs)
        self.epochs = tuple(sorted(set(self.manifest.epochs if epochs is None else epochs)))
        known = sorted({schedule for manifest in self.manifests for schedule in manifest.epochs})
        for schedule in self.epochs:
            if schedule not in known:
                raise unknown("number of epochs", schedule, map(str, known), self.name)
        if not self.epochs:
            raise OptionError(f"epochs = {epochs!r}; expected at least one of {', '.join(map(str, known))}")
        self.resumable = self.manifest.resumable
        self.cost_model = "; ".join(self.manifest_of(schedule).cost_model for schedule in self.epochs)
        self.report = self.manifest.report
        self.objectives = tuple(self._objective(name) for name in objectives or (self.metric,))
        self.runs = len(self.manifest.runs)
        self._oracles: dict[str, Oracle] = {}

    @classmethod
    def datasets(cls) -> list[str]:
        """The data sets of the table."""
        return Manifest.load(cls.folder).datasets

    @property
    def checksum(self) -> str:
        """SHA-256 of each manifest."""
        return ",".join(manifest.checksum for manifest in self.manifests)

    def manifest_of(self, schedule: int) -> Manifest:
        """The manifest of the table that holds a schedule."""
        return next(manifest for manifest in self.manifests if schedule in manifest.epochs)

    def column(self, metric: str, split: str = "none", epochs: int = 0) -> tuple[Manifest, Column]:
        """A column and the manifest that holds it; raises :class:`~nasbed.errors.DataError`, there is no fallback."""
        there: list[str] = []
        for manifest in self.manifests:
            try:
                return manifest, manifest.column(self.dataset, metric, split, epochs)
            except DataError as error:
                there.append(str(error))
        raise DataError("; ".join(there))

    def values(self, metric: str, split: str = "none", epochs: int = 0) -> np.ndarray:
        """A column in its unit, verified; ``nan`` where there is no value."""
        manifest, column = self.column(metric, split, epochs)
        return manifest.read(column)

    def observed(self, split: str, schedule: int) -> np.ndarray:
        """The metric on a split after a schedule, higher is better."""
        manifest, column = self.column(self.metric, split, schedule)
        values = manifest.read(column)
        return -values if column.direction == "minimise" else values

    def _objective(self, name: str) -> Objective:
        schedule = self.epochs[-1] if name == self.metric else 0
        _, column = self.column(name, "validation" if schedule else "none", schedule)
        if column.direction == "none":
            raise OptionError(f"{name} of {self.label} cannot be an objective: it has no direction")
        return Objective(name, column.unit, column.direction == "maximise")

    @cached_property
    def levels(self) -> dict[int, Level]:
        """What a search may see, by schedule."""
        return {schedule: self._level(schedule) for schedule in self.epochs}

    def _level(self, schedule: int) -> Level:
        observations = self.observed("validation", schedule)
        costs = self.values("training_time", epochs=schedule)
        if not (np.isfinite(costs).all() and (costs > 0).all()):
            raise DataError(
                f"{self.label}: costs must be finite and positive; the table is damaged, install nasbed again"
            )
        observations = observations.reshape(len(observations), -1)
        if without := int(np.isnan(observations).all(axis=1).sum()):
            raise DataError(
                f"{self.label}: {without:,} architectures have no run; the table is damaged, install nasbed again"
            )
        return Level(observations, costs)

    @property
    def observations(self) -> np.ndarray:
        """Validation values of the longest schedule that is offered, (architectures, runs)."""
        return self.levels[self.epochs[-1]].observations

    @property
    def costs(self) -> np.ndarray:
        """Seconds of a training of the longest schedule that is offered, (architectures,)."""
        return self.levels[self.epochs[-1]].costs

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol; ``run:K`` is refused where an architecture lacks run K."""
        if noise not in self._oracles:
            self._oracles[noise] = self._oracle(noise)
        return self._oracles[noise]

    def _oracle(self, noise: str) -> Oracle:
        answers = {schedule: self._answers(noise, schedule) for schedule in self.epochs}
        statics = [
            (self.values(objective.name) * (1.0 if objective.maximise else -1.0)).tolist()
            for objective in self.objectives
            if objective.name != self.metric
        ]
        if len(answers) == 1 and not statics:
            return _single(*answers[self.epochs[0]])
        return _several(answers, statics, [objective.name for objective in self.objectives].index(self.metric))

    def _answers(self, noise: str, schedule: int) -> tuple[list[list[float]], list[int], list[float]]:
        """For each architecture its possible answers, their number, and the cost."""
        level = self.levels[schedule]
        values, run = level.observations, recorded_run(noise)
        if noise == "mean":
            values = np.nanmean(values, axis=1, keepdims=True)
        elif run is not None:
            values = self.single_run(run, schedule)[:, None]
        missing = np.isnan(values)
        values = np.take_along_axis(values, missing.argsort(axis=1, kind="stable"), axis=1)
        return values.tolist(), (~missing).sum(axis=1).tolist(), level.costs.tolist()

    def single_run(self, run: int, schedule: int) -> np.ndarray:
        """The values of recorded run ``run``; raises :class:`~nasbed.errors.DataError` where an architecture lacks it."""
        names, values = self.manifest_of(schedule).runs, self.levels[schedule].observations
        if run >= values.shape[1]:
            held = f"it has 0 .. {len(names) - 1} (seeds {', '.join(names)})"
            raise DataError(f"{self.label} has no run {run} of {schedule} epochs; {held}")
        answers: np.ndarray = values[:, run]
        if missing := int(np.isnan(answers).sum()):
            raise DataError(
                f"{self.label}: run {run} (seed {names[run]}) was not made for {missing:,} architectures;"
                " use a run that all have, or noise = 'draw'"
            )
        return answers

    @abstractmethod
    def representatives(self) -> np.ndarray:
        """For each index the smallest index of an isomorphic architecture, (architectures,)."""

    def cheapest(self) -> float:
        """Seconds of the cheapest training."""
        return min(float(level.costs.min()) for level in self.levels.values())

    def typical(self) -> float:
        """Mean seconds of a training of the longest schedule that is offered."""
        return float(self.costs.mean())

    def referee(self) -> TableReferee:
        """Scores, for after the search; opens the test column."""
        return TableReferee(self)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture: a row for each metric, split and schedule, the test split included."""
        index = self.space.require(arch)
        return [
            _row(manifest, column, index)
            for manifest in self.manifests
            for column in manifest.columns
            if column.dataset in (self.dataset, "any")
        ]


def _row(manifest: Manifest, column: Column, index: int) -> dict[str, Any]:
    values = np.atleast_1d(manifest.read(column)[index])
    made = values[~np.isnan(values)]
    runs = manifest.runs if "run" in column.axes else ["mean" if column.split == "test" else "all"]
    return {
        "metric": column.metric,
        "split": column.split,
        "epochs": column.epochs or None,
        "unit": column.unit,
        "value": float(made.mean()) if len(made) else None,
        "runs": {run: float(value) for run, value in zip(runs, values, strict=True) if not np.isnan(value)},
        "origin": column.origin,
    }


_Answers = tuple[list[list[float]], list[int], list[float]]


def _single(rows: list[list[float]], counts: list[int], costs: list[float]) -> Oracle:
    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (rows[index][word % counts[index]],), costs[index]

    return evaluate


def _several(answers: dict[int, _Answers], statics: list[list[float]], place: int) -> Oracle:
    """Accuracy stands at ``place`` among the values that do not depend on the training."""

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        rows, counts, costs = answers[epochs]
        values = [column[index] for column in statics]
        values.insert(place, rows[index][word % counts[index]])
        return tuple(values), costs[index]

    return evaluate


class TableReferee:
    """Noise-free scores of the longest schedule: validation is the mean over its runs, test the mean that the table reports."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._observations = table.observed("validation", table.full)
        self._validation: np.ndarray = np.nanmean(self._observations, axis=1)
        self._test: np.ndarray = table.observed("test", table.full)

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

    def winner(self, noise: str) -> np.ndarray:
        """For each architecture the probability that exhaustive search returns it.

        Every architecture is observed once under ``noise`` at the highest fidelity that the search is offered, and the
        highest observation wins; under ``draw`` exact but for the order of equal observations.
        """
        schedule = self._table.epochs[-1]
        run, level = recorded_run(noise), self._table.levels[schedule]
        chance = np.zeros(len(self._validation))
        if noise != "draw":
            seen = np.nanmean(level.observations, axis=1) if run is None else self._table.single_run(run, schedule)
            chance[seen.argmax()] = 1.0
            return chance
        values = level.observations
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
