"""A benchmark that answers from a table of recorded trainings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.answers import Answers, ByFidelity, general, single, vouched
from nasbed.benchmarks.tables.columns import TableColumns, row_of
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.measures import Measures
from nasbed.benchmarks.tables.options import fidelities, objective_names
from nasbed.benchmarks.tables.referee import TableReferee
from nasbed.errors import DataError, OptionError, require_name, unknown
from nasbed.numeric import whole
from nasbed.statistics.recorded import mean_of_runs
from nasbed.vocabulary import HELD_OUT, Arch, Benchmark, EnumerableSpace, Objective, Offered, Oracle, Recordings
from nasbed.vocabulary.benchmarks import VALIDATED
from nasbed.vocabulary.noise import recorded_run


@dataclass(frozen=True)
class Level:
    """What a search may see of one fidelity: the validation values of the metric, (architectures, runs), higher is better and
    ``nan`` where a run was not made; and the seconds of each training, (architectures, runs), or (architectures, 1) where
    they were not recorded by run.
    """

    observations: np.ndarray
    costs: np.ndarray


class Table(TableColumns, Benchmark):
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

    metric: str = "accuracy"
    """What trainings are judged on."""
    trained_by: ClassVar[str] = ""
    """The network and the recipe of its trainings, as a file of ``nasbed tabulate`` says them, where its manifest does not."""
    space: EnumerableSpace
    broken: np.ndarray | None = None
    """By how much all that the table holds breaks the constraints."""
    devices: ClassVar[Collection[str]] = ()
    """Objectives of the table ``hw_nasbench201``, which is joined where one of them is asked for."""

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
        require_name("data set", dataset, list(self.known) or self.manifest.datasets, self.manifest.name)
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
        own = self.manifest.epochs if schedule is None else [schedule]
        self.epochs = fidelities(own if epochs is None else epochs, str(own[-1:]))
        for number in self.epochs:
            if schedule is None and number not in known:
                raise unknown("number of epochs", number, known, self.name)
        self.resumable = self.manifest.resumable and schedule is not None and len(self.epochs) > 1
        self.objectives = tuple(self._objective(name) for name in names)
        self.measured = measures.of(dataset) if measures else {}
        self.proxies = [measures.proxies] if measures and measures.proxies else []
        self.measures = tuple(self.measured)
        models = dict.fromkeys(self.manifest_of(number).cost_model for number in self._schedules())
        self.cost_model = "; ".join([*models, *([measures.sentence(self.measured)] if measures else [])])
        self.judged_on = self.manifest.report
        self.runs = len(self.manifest.runs)
        self._oracles: dict[str, Oracle] = {}
        self._recorded: dict[tuple[str, int], np.ndarray] = {}

    @property
    def checksum(self) -> str:
        """The SHA-256 of each manifest that is read, separated by commas; a manifest holds those of its columns."""
        return ",".join(manifest.checksum for manifest in [*self.manifests, *self.proxies])

    def measurements(self) -> dict[str, tuple[list[float], float]]:
        """For each measure its value for every architecture, higher is better, and the seconds of a query."""
        return self.measured

    def _schedules(self) -> tuple[int, ...]:
        return self.epochs if self.schedule is None else (self.schedule,)

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

    def offered(self) -> Offered:
        """What options may name, of this table and of that of ``devices`` where it is here; fidelities are of the schedule."""
        there = self.devices if "hw_nasbench201" in home.imported() else ()
        devices = [home.load("hw_nasbench201").column(self.dataset, name).objective for name in there]
        held = {objective.name: objective for objective in [*map(self._objective, self._metrics()), *devices]}
        _, column = self.column(self.metric, "validation", self._schedules()[-1])
        points = column.at if self.schedule else sorted({n for manifest in self.manifests for n in manifest.epochs})
        resumable = self.manifest.resumable and self.schedule is not None
        return Offered(tuple(held.values()), tuple(points) or self.epochs, super().offered().measures, resumable)

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
        return mean_of_runs(self.levels[self.epochs[-1]].costs)

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
            answers = np.take(mean_of_runs(values), index)
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
        if noise == "mean" and self.judged_on == HELD_OUT:
            raise OptionError(
                f"noise = 'mean' sees every run of {self.label}, which is judged on held-out runs; use 'draw' or 'run:K'"
            )
        if (run := recorded_run(noise)) is not None:
            for epochs in self.epochs:
                self._require_run(run, epochs)
        answers = ByFidelity(lambda epochs: self._answers(noise, epochs))
        only = answers[self.epochs[0]]
        if len(self.epochs) == len(only.columns) == 1 and not only.by_run:
            return vouched(single(only.columns[0], only.counts, only.costs))
        return vouched(general(answers))

    def _answers(self, noise: str, epochs: int) -> Answers:
        level, run = self.levels[epochs], recorded_run(noise)
        made = ~np.isnan(level.observations)
        order = (~made).argsort(axis=1, kind="stable")

        def arranged(values: np.ndarray) -> np.ndarray:
            """The values as the noise protocol answers them: by run, those that were made first; or their mean, or the one run that
            is asked for.
            """
            if values.shape[1] == 1:
                return values
            if noise == "mean":
                return mean_of_runs(np.where(made, values, np.nan))[:, None]
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
        return Answers([column.tolist() for column in columns], counts.tolist(), seconds, by_run)

    def _static(self, objective: Objective) -> np.ndarray:
        """An objective that the architecture alone decides, higher is better, (architectures,)."""
        return self.everywhere(objective)[self.rows]

    def everywhere(self, objective: Objective) -> np.ndarray:
        """What the architecture alone decides of an objective, higher is better, for all that the table holds."""
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
            return mean_of_runs(values)[:, None]
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

    def violations(self) -> np.ndarray | None:
        """By how much each architecture breaks the constraints; ``None`` where there are none."""
        return None if self.broken is None else self.broken[self.rows]

    def cheapest(self) -> float:
        """Seconds of the cheapest training at any fidelity on offer."""
        return min(float(np.nanmin(level.costs)) for level in self.levels.values())

    def typical(self) -> float:
        """Mean seconds of a training of the longest schedule that is offered."""
        return float(self.costs.mean())

    def referee(self) -> TableReferee:
        """Scores, for after the search; opens the test column."""
        objective, runs = self.objectives[0], None
        if not self.trained(objective):
            validation = test = self.everywhere(objective)
        else:
            recorded = self.observed(objective.name, "validation", self.full)
            validation = test = mean_of_runs(recorded)
            if self.judged_on == VALIDATED:
                test = np.full_like(validation, np.nan)
            elif self.judged_on == HELD_OUT:
                runs = (~np.isnan(recorded)).sum(axis=1)[self.rows]
            else:
                test = mean_of_runs(self.observed(objective.name, "test", self.full))
        return TableReferee(
            validation, test, self.rows, runs=runs, classes=self.classes, seen=self.seen, broken=self.broken
        )

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture: a row for each metric, split and schedule, the test split included."""
        index = int(np.arange(self.manifest.architectures)[self.rows][self.space.require(arch)])
        return [
            row_of(manifest, column, index)
            for manifest in self.manifests
            for column in manifest.columns
            if column.dataset in (self.dataset, self.searched.get(self.dataset), "any") and "member" not in column.axes
        ]
