"""A benchmark that answers from a table of recorded trainings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Column, Manifest, Split
from nasbed.benchmarks.tables.measures import Measures
from nasbed.benchmarks.tables.options import fidelities, objective_names
from nasbed.errors import DataError, OptionError, require_name, unknown
from nasbed.numeric import whole
from nasbed.protocol import HELD_OUT, Arch, Benchmark, EnumerableSpace, Objective, Oracle, Recordings
from nasbed.rules import recorded_run


@dataclass(frozen=True)
class Level:
    """What a search may see of one fidelity: the validation values of the metric, (architectures, runs), higher is better and
    ``nan`` where a run was not made; and the seconds of each training, (architectures, runs), or (architectures, 1) where
    they were not recorded by run.
    """

    observations: np.ndarray
    costs: np.ndarray


class Table(Benchmark):
    """One data set of a table of recorded trainings, joined with ``more`` tables of the same space.

    The table is the one called ``table``, shipped or in the data home, the one in ``folder``, or that of ``manifest``. The
    search sees validation and cost; only :meth:`referee` and :meth:`lookup` open test columns, which are files of their own.

    ``epochs`` are the fidelities offered (those of the table by default): each a schedule, so a training of its own; or, where
    ``schedule`` is given, points of that one training. Scores are always those of the end of the table's longest
    schedule. ``objectives`` (``metric`` alone by default) are metrics of a training or numbers that do not depend on one,
    such as a latency; an architecture without one is infeasible there (``nan``). The first is what searches are scored on.

    Raises :class:`~nasbed.errors.DataError` for a damaged or absent table, :class:`~nasbed.errors.UnknownNameError` for a data
    set, fidelity or objective that it does not hold.
    """

    table: ClassVar[str] = ""
    folder: ClassVar[Path | None] = None
    known: ClassVar[tuple[str, ...]] = ()
    """The data sets, where the table's own list is not what a search is offered."""
    metric: ClassVar[str] = "accuracy"
    """What trainings are judged on."""
    devices: ClassVar[Collection[str]] = ()
    """Objectives of the table ``hw_nasbench201``, which is joined where one of them is asked for."""
    searched: ClassVar[Mapping[str, str]] = {}
    """The data set whose trainings the search sees, where it is not the one that is scored."""
    space: EnumerableSpace
    rows: np.ndarray | slice = slice(None)
    """The architectures of the table that ``space`` numbers, in its order, where it is a part of what the table holds."""

    def __init__(
        self,
        dataset: str,
        *,
        manifest: Manifest | None = None,
        more: Sequence[Manifest] = (),
        epochs: Sequence[int] | None = None,
        schedule: int | None = None,
        objectives: Sequence[str] | None = None,
        measures: Measures | None = None,
    ) -> None:
        self.manifest = manifest or self.own()
        require_name("data set", dataset, self.datasets(), self.manifest.name)
        names = objective_names((self.metric,) if objectives is None else objectives, self.metric)
        self.manifests = [self.manifest, *more]
        held = {column.metric for manifest in self.manifests for column in manifest.columns}
        if not held.issuperset(set(names).intersection(self.devices)):
            self.manifests.append(home.load("hw_nasbench201"))
        self.name = self.manifest.name
        self.dataset = dataset
        self.label = f"{self.name}/{dataset}"
        if not self.manifest.epochs:
            raise DataError(
                f"the table {self.name!r} in {self.manifest.folder} has no epochs, so it holds no training to search"
            )
        self.full = max(self.manifest.epochs)
        known = sorted({number for manifest in self.manifests for number in manifest.epochs})
        if schedule is not None and (schedule := whole(given := schedule)) not in known:
            raise unknown("schedule", given, known, self.name)
        self.schedule = schedule
        offered = self.manifest.epochs if schedule is None else [schedule]
        self.epochs = fidelities(offered if epochs is None else epochs, str(offered[-1:]))
        for number in self.epochs:
            if schedule is None and number not in known:
                raise unknown("number of epochs", number, known, self.name)
        self.resumable = self.manifest.resumable and schedule is not None and len(self.epochs) > 1
        self.objectives = tuple(self._objective(name) for name in names)
        self._measured = measures.of(dataset) if measures else {}
        self._proxies = [measures.proxies] if measures and measures.proxies else []
        self.measures = tuple(self._measured)
        models = dict.fromkeys(self.manifest_of(number).cost_model for number in self._schedules())
        self.cost_model = "; ".join([*models, *([measures.sentence(self._measured)] if measures else [])])
        self.report = self.manifest.report
        self.runs = len(self.manifest.runs)
        self._oracles: dict[str, Oracle] = {}
        self._recorded: dict[tuple[str, int], np.ndarray] = {}

    @classmethod
    def own(cls) -> Manifest:
        """The manifest of the table; raises :class:`~nasbed.errors.DataError` where it is not here."""
        return home.load(cls.table) if cls.folder is None else Manifest.load(cls.folder)

    @classmethod
    def datasets(cls) -> list[str]:
        """The data sets of the table."""
        return list(cls.known) or cls.own().datasets

    @property
    def checksum(self) -> str:
        """SHA-256 of each manifest."""
        return ",".join(manifest.checksum for manifest in [*self.manifests, *self._proxies])

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        """For each measure its value for every architecture, higher is better, and the seconds of a query."""
        return self._measured

    def _schedules(self) -> tuple[int, ...]:
        return self.epochs if self.schedule is None else (self.schedule,)

    def manifest_of(self, schedule: int) -> Manifest:
        """The manifest of the table that holds a schedule."""
        return next(manifest for manifest in self.manifests if schedule in manifest.epochs)

    def column(self, metric: str, split: Split = "none", schedule: int = 0) -> tuple[Manifest, Column]:
        """A column and the manifest that holds it; raises :class:`~nasbed.errors.DataError`, there is no fallback.

        Test columns are those of the data set itself; the others of what the search trains on.
        """
        dataset = self.dataset if split == "test" or not schedule else self.searched.get(self.dataset, self.dataset)
        there: list[str] = []
        for manifest in self.manifests:
            try:
                return manifest, manifest.column(dataset, metric, split, schedule)
            except DataError as error:
                there.append(str(error))
        raise DataError("; ".join(there))

    def values(self, metric: str, split: Split = "none", schedule: int = 0, epoch: int = 0) -> np.ndarray:
        """A column in its unit, ``nan`` where there is no value or no finite one: of the end of a schedule, or of ``epoch``."""
        manifest, column = self.column(metric, split, schedule)
        if "epoch" in column.axes:
            return _finite(manifest.read(column, epoch or schedule))
        if epoch not in (0, schedule):
            raise DataError(
                f"{self.label}: {metric} ({split}) of the training of {schedule} epochs was recorded at its end only, not after"
                f" {epoch} epochs"
            )
        return _finite(manifest.read(column))

    def observed(self, metric: str, split: Split, schedule: int, epoch: int = 0) -> np.ndarray:
        """A metric of trainings on a split, higher is better, (architectures, runs) or (architectures,)."""
        values = self.values(metric, split, schedule, epoch).astype(np.float64)
        return self.column(metric, split, schedule)[1].objective.signed(values)

    def _objective(self, name: str) -> Objective:
        schedule = self._schedules()[-1]
        try:
            _, column = self.column(name, "validation", schedule)
        except DataError:
            if name == self.metric:
                raise
            require_name("objective", name, [*self._metrics(), *self.devices], self.label)
            _, column = self.column(name)
        if column.direction == "none":
            raise OptionError(f"{name} of {self.label} cannot be an objective: it has no direction")
        return column.objective

    def _metrics(self) -> list[str]:
        """What may be an objective: metrics of the schedule that is searched, and numbers that the architecture alone decides."""
        schedule = self._schedules()[-1]
        return sorted(
            {
                column.metric
                for manifest in self.manifests
                for column in manifest.columns
                if column.direction != "none"
                and (column.split, column.epochs) in (("validation", schedule), ("none", 0))
                and column.dataset in (self.dataset, self.searched.get(self.dataset), "any")
            }
        )

    def trained(self, objective: Objective) -> bool:
        """Whether an objective is a metric of trainings, and not a number that the architecture alone decides."""
        schedule = self._schedules()[-1]
        return any(
            (c.metric, c.split, c.epochs) == (objective.name, "validation", schedule)
            for c in self.manifest_of(schedule).columns
        )

    @cached_property
    def levels(self) -> dict[int, Level]:
        """What a search may see, by fidelity."""
        return {epochs: self._level(epochs) for epochs in self.epochs}

    def _level(self, epochs: int) -> Level:
        observations = self._runs(self.metric, epochs)
        if without := int(np.isnan(observations).all(axis=1).sum()):
            raise DataError(
                f"{self.label}: {without:,} architectures have no run of {epochs} epochs; the table is damaged or partial,"
                " install nasbed again or import it whole"
            )
        return Level(observations, self._costs(epochs, ~np.isnan(observations)))

    def _runs(self, metric: str, epochs: int) -> np.ndarray:
        """Validation values of a metric at a fidelity, (architectures, runs)."""
        if (metric, epochs) not in self._recorded:
            values = self.observed(metric, "validation", self.schedule or epochs, epochs)
            self._recorded[metric, epochs] = values.reshape(len(values), -1)[self.rows]
        return self._recorded[metric, epochs]

    def _costs(self, epochs: int, made: np.ndarray) -> np.ndarray:
        """Seconds of a training to a fidelity and of the validation pass at its end, where that was recorded."""
        schedule = self.schedule or epochs
        manifest, column = self.column("training_time", "none", schedule)
        seconds = (
            manifest.read(column, epochs) if "epoch" in column.axes else manifest.read(column) * (epochs / schedule)
        )
        passes = [c for c in manifest.columns if (c.metric, c.split) == ("evaluation_time", "validation")]
        if any(c.dataset == column.dataset and c.epochs == schedule for c in passes):
            seconds = seconds + self.values("evaluation_time", "validation", schedule)
        seconds = seconds.reshape(len(seconds), -1)[self.rows]
        wrong = ~(np.isfinite(seconds) & (seconds > 0))
        if (wrong & made if seconds.shape == made.shape else wrong).any():
            raise DataError(
                f"{self.label}: costs must be finite and positive; the table is damaged, install nasbed again"
            )
        return seconds

    @property
    def observations(self) -> np.ndarray:
        """Validation values of the metric at the highest fidelity that is offered, (architectures, runs)."""
        return self.levels[self.epochs[-1]].observations

    @property
    def costs(self) -> np.ndarray:
        """Seconds of a training to the highest fidelity that is offered, mean over runs, (architectures,)."""
        return _mean(self.levels[self.epochs[-1]].costs)

    def query(self, index: np.ndarray, run: np.ndarray | int | None = None, *, epochs: int | None = None) -> np.ndarray:
        """The first objective of many architectures at once, in its own unit: of recorded run ``run`` (0 is the first),
        ``nan`` where that was not made, or the mean over runs (``None``). ``index`` and ``run`` broadcast.

        A fidelity is ``epochs`` (the highest that is offered, by default). There is no draw and no cost here: it is for
        analysis, not for a search. Raises :class:`~nasbed.errors.DataError` for what was not recorded.
        """
        epochs = self.epochs[-1] if epochs is None else epochs
        if epochs not in self.epochs:
            raise unknown("number of epochs", epochs, self.epochs, self.label)
        objective = self.objectives[0]
        values = self._runs(objective.name, epochs) if self.trained(objective) else self._static(objective)[:, None]
        index = np.asarray(index)
        if index.size and not 0 <= index.min() <= index.max() < len(values):
            raise DataError(
                f"{self.label} has architectures 0 .. {len(values) - 1}; asked for {index.min()} .. {index.max()}"
            )
        if run is None:
            answers = np.take(_mean(values), index)
        else:
            if np.size(run) and not 0 <= np.min(run) <= np.max(run) < values.shape[1]:
                raise DataError(
                    f"{self.label} has runs 0 .. {values.shape[1] - 1}; asked for {np.min(run)} .. {np.max(run)}"
                )
            answers = values[index, run]
        return objective.natural(answers)

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol; ``run:K`` is refused where an architecture lacks run K."""
        if noise not in self._oracles:
            self._oracles[noise] = self._oracle(noise)
        return self._oracles[noise]

    def _oracle(self, noise: str) -> Oracle:
        if noise == "mean" and self.report == HELD_OUT:
            raise OptionError(
                f"noise = 'mean' sees every run of {self.label}, which is judged on held-out runs; use 'draw' or 'run:K'"
            )
        if (run := recorded_run(noise)) is not None:
            for epochs in self.epochs:
                self._require_run(run, epochs)
        answers = _ByFidelity(lambda epochs: self._answers(noise, epochs))
        only = answers[self.epochs[0]]
        if len(self.epochs) == len(only.columns) == 1 and not only.by_run:
            return _vouched(_single(only.columns[0], only.counts, only.costs))
        return _vouched(_several(answers))

    def _answers(self, noise: str, epochs: int) -> _Answers:
        level, run = self.levels[epochs], recorded_run(noise)
        made = ~np.isnan(level.observations)
        order = (~made).argsort(axis=1, kind="stable")

        def arranged(values: np.ndarray) -> np.ndarray:
            """By run, those that were made first; or the mean, or the one run that the protocol asks for."""
            if values.shape[1] == 1:
                return values
            if noise == "mean":
                return _mean(np.where(made, values, np.nan))[:, None]
            return values[:, [run]] if run is not None else np.take_along_axis(values, order, axis=1)

        counts = made.sum(axis=1) if noise == "draw" else np.ones(len(made), dtype=int)
        columns = [
            arranged(self._runs(objective.name, epochs))
            if self.trained(objective)
            else np.repeat(self._static(objective)[:, None], counts.max(), axis=1)
            for objective in self.objectives
        ]
        costs = arranged(level.costs)
        by_run = costs.shape[1] > 1
        seconds = (costs if by_run else costs[:, 0]).tolist()
        return _Answers([column.tolist() for column in columns], counts.tolist(), seconds, by_run)

    def _static(self, objective: Objective) -> np.ndarray:
        """An objective that the architecture alone decides, higher is better, (architectures,)."""
        return self.everywhere(objective)[self.rows]

    def everywhere(self, objective: Objective) -> np.ndarray:
        """The same for everything that the table holds, in the space or not."""
        return objective.signed(self.values(objective.name))

    def _require_run(self, run: int, epochs: int) -> None:
        """Raises :class:`~nasbed.errors.DataError` where an architecture lacks recorded run ``run``."""
        names, values = self.manifest_of(self.schedule or epochs).runs, self.levels[epochs].observations
        if run >= values.shape[1]:
            held = f"it has 0 .. {len(names) - 1} (seeds {', '.join(names)})"
            raise DataError(f"{self.label} has no run {run} of {epochs} epochs; {held}")
        if missing := int(np.isnan(values[:, run]).sum()):
            raise DataError(
                f"{self.label}: run {run} (seed {names[run]}) was not made for {missing:,} architectures;"
                " use a run that all have, or noise = 'draw'"
            )

    def means(self) -> np.ndarray:
        """The first objective at the highest fidelity that is offered, mean over runs, higher is better, (architectures,)."""
        return self.seen("mean")[:, 0]

    def seen(self, noise: str) -> np.ndarray:
        """What exhaustive search may observe of the first objective at the highest fidelity, (architectures, runs)."""
        epochs, objective = self.epochs[-1], self.objectives[0]
        if not self.trained(objective):
            return self._static(objective)[:, None]
        values, run = self._runs(objective.name, epochs), recorded_run(noise)
        if noise == "mean":
            return _mean(values)[:, None]
        if run is None:
            return values
        self._require_run(run, epochs)
        return values[:, [run]]

    def recordings(self, epochs: int) -> Recordings:
        """The most runs that an architecture has at a fidelity, and of how many trainings each number is the mean; of points of
        one training those of its last.
        """
        trained = [objective.name for objective in self.objectives if self.trained(objective)]
        if not trained:
            return Recordings(1, 0)
        at = epochs if self.schedule is None else self.epochs[-1]
        _, column = self.column(trained[0], "validation", self.schedule or epochs)
        most = int((~np.isnan(self._runs(trained[0], at))).sum(axis=1).max())
        return Recordings(most, 1 if "run" in column.axes else column.trainings)

    def recorded(self, epochs: int) -> tuple[list[np.ndarray], np.ndarray]:
        """The values of each objective and the costs at a fidelity, by recorded run."""
        values = [
            self._runs(objective.name, epochs) if self.trained(objective) else self._static(objective)[:, None]
            for objective in self.objectives
        ]
        return values, self._level(epochs).costs

    @abstractmethod
    def representatives(self) -> np.ndarray:
        """For each index the smallest index of an isomorphic architecture, (architectures,)."""

    @property
    def classes(self) -> Sequence[int]:
        """For each index the smallest index of an isomorphic architecture."""
        return self._classes

    @cached_property
    def _classes(self) -> list[int]:
        classes: list[int] = self.representatives().tolist()
        return classes

    def cheapest(self) -> float:
        """Seconds of the cheapest training."""
        return min(float(np.nanmin(level.costs)) for level in self.levels.values())

    def typical(self) -> float:
        """Mean seconds of a training of the longest schedule that is offered."""
        return float(self.costs.mean())

    def referee(self) -> TableReferee:
        """Scores, for after the search; opens the test column."""
        return TableReferee(self)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture: a row for each metric, split and schedule, the test split included."""
        index = int(np.arange(self.manifest.architectures)[self.rows][self.space.require(arch)])
        return [
            _row(manifest, column, index)
            for manifest in self.manifests
            for column in manifest.columns
            if column.dataset in (self.dataset, self.searched.get(self.dataset), "any") and "member" not in column.axes
        ]


def _row(manifest: Manifest, column: Column, index: int) -> dict[str, Any]:
    """One column's numbers of one architecture; of what was recorded along a training, those of its end."""
    values = np.atleast_1d(manifest.read(column, column.at[-1] if column.at else None)[index])
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


def _finite(values: np.ndarray) -> np.ndarray:
    """The values, ``nan`` in place of what is infinite: that training failed."""
    return np.where(np.isinf(values), np.nan, values) if np.isinf(values).any() else values


def _vouched(oracle: Oracle) -> Oracle:
    """The oracle, marked as one whose answers need no examination: its values are finite or ``nan``, and its costs are finite."""
    oracle.examined = True  # type: ignore[attr-defined]
    return oracle


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the runs that were made, (architectures,); ``nan`` where there is none."""
    if values.ndim == 1:
        return values
    made = ~np.isnan(values)
    count = made.sum(axis=1)
    means: np.ndarray = np.where(made, values, 0.0).sum(axis=1) / np.where(count, count, np.nan)
    return means


@dataclass(frozen=True)
class _Answers:
    """The possible answers at a fidelity: for each objective and architecture a list by run, the number of runs, and the cost,
    or a list of costs ``by_run`` where they differ between runs.
    """

    columns: list[list[list[float]]]
    counts: list[int]
    costs: list[Any]
    by_run: bool


def _single(rows: list[list[float]], counts: list[int], costs: list[float]) -> Oracle:
    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        return (rows[index][word % counts[index]],), costs[index]

    return evaluate


class _ByFidelity(dict[int, _Answers]):
    """The answers at each fidelity, made when it is first asked for: lists of all 200 epochs would fill gigabytes."""

    def __init__(self, make: Callable[[int], _Answers]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, epochs: int) -> _Answers:
        self[epochs] = self._make(epochs)
        return self[epochs]


def _several(answers: Mapping[int, _Answers]) -> Oracle:
    """Several fidelities or objectives, or costs by run: all of an answer comes from the same run."""

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
        answer = answers[epochs]
        run = word % answer.counts[index]
        cost = answer.costs[index]
        return tuple([column[index][run] for column in answer.columns]), cost[run] if answer.by_run else cost

    return evaluate


class TableReferee:
    """Noise-free scores of the first objective at the end of the longest schedule.

    Validation is the mean over its runs. Test is the mean that the table reports; where a table has no clean test, it
    is the mean over the runs other than the one that the search saw.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        objective = table.objectives[0]
        self._runs: np.ndarray | None = None
        if not table.trained(objective):
            validation = test = table.everywhere(objective)
        else:
            runs = table.observed(objective.name, "validation", table.full)
            validation = test = _mean(runs)
            if table.report == HELD_OUT:
                self._runs = (~np.isnan(runs)).sum(axis=1)[table.rows]
            else:
                test = _mean(table.observed(objective.name, "test", table.full))
        self._best = float(np.nanmax(validation)), float(np.nanmax(test))
        self._validation, self._test = validation[table.rows], test[table.rows]

    def validation(self, index: np.ndarray) -> np.ndarray:
        """Mean validation value over the recorded runs."""
        return np.take(self._validation, index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Mean test value over the recorded runs; on held-out runs over those that did not give the value ``seen``."""
        test = np.take(self._test, index)
        if self._runs is None or seen is None:
            return test
        runs = np.take(self._runs, index)
        held_out: np.ndarray = np.where(runs > 1, (runs * test - seen) / np.maximum(runs - 1, 1), np.nan)
        return held_out

    def distinct(self, index: np.ndarray) -> np.ndarray:
        """The smallest index of an isomorphic architecture."""
        return np.take(np.array(self._table.classes), index)

    def best(self) -> tuple[float, float]:
        """The highest mean validation and the highest mean test value of everything that the table holds."""
        return self._best

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What exhaustive search may return, as arrays: the architecture, the value that it saw, and the probability.

        Every architecture is observed once under ``noise`` at the highest fidelity that the search is offered, and the
        highest observation wins; under ``draw`` exact but for the order of equal observations.
        """
        return exhaustive(self._table.seen(noise))


def exhaustive(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the highest of one draw for each architecture may be, from the equally likely ``values`` of each, (architectures,
    draws) and ``nan`` where there is none: the architecture, its value, and the probability.
    """
    rows, runs = np.nonzero(~np.isnan(values))
    share = 1.0 / np.maximum((~np.isnan(values)).sum(axis=1), 1)
    alive = np.ones(len(values))
    nobody_higher = 1.0
    found: list[tuple[int, float, float]] = []
    for place in np.argsort(-values[rows, runs], kind="stable").tolist():
        row = rows[place]
        found.append((row, values[row, runs[place]], nobody_higher / alive[row] * share[row]))
        nobody_higher *= (left := max(alive[row] - share[row], 0.0)) / alive[row]
        alive[row] = left
        if left < 1e-12:
            break
    index, seen, chance = zip(*found, strict=True)
    return np.array(index), np.array(seen), np.array(chance)
