"""What is recorded of one architecture, with the methods of the official class."""

from __future__ import annotations

from math import isnan
from random import Random
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.compat._info import Info
from nasbed.benchmarks.compat._records import SPLITS, Records
from nasbed.benchmarks.compat._refusals import READ_ONLY, STATES, WEIGHTS, NotAllowed, NotRecorded, Partial, warn_once
from nasbed.benchmarks.compat._text import NASBENCH201, SIZE
from nasbed.benchmarks.compat._trainings import Metrics, ResultsCount
from nasbed.errors import shown


class ArchResults(Partial):
    """All trainings of an architecture under one schedule.

    ``is_random=True`` draws a training from ``draws``, which belongs to the object that was asked.
    """

    withheld: ClassVar = {
        "get_net_param": WEIGHTS,
        **dict.fromkeys(("reset_latency", "reset_pseudo_train_times", "reset_pseudo_eval_times", "update"), READ_ONLY),
        **dict.fromkeys(("state_dict", "load_state_dict", "create_from_state_dict"), STATES),
        "debug_test": "it is a test of the official package",
    }

    def __init__(self, records: Records, arch_str: str, index: int, epochs: int, draws: Random, style: str) -> None:
        self._records = records
        self._epochs = epochs
        self._draws = draws
        self._style = style
        self.arch_index = index
        self.arch_str = arch_str
        self.clear_net_done = True

    @property
    def dataset_seed(self) -> dict[str, list[int]]:
        """The seeds that each data set was trained with."""
        return {dataset: seeds for dataset in self._records.datasets if (seeds := self._seeds(dataset))}

    @property
    def all_results(self) -> dict[tuple[str, int], ResultsCount]:
        """The trainings by data set and seed."""
        return {(name, seed): result for name in self.dataset_seed for seed, result in self.query(name).items()}

    def _seeds(self, dataset: str) -> list[int]:
        return [self._records.seeds[run] for run in self._records.runs(dataset, self._epochs, self.arch_index)]

    def _trainings(self, dataset: str) -> list[ResultsCount]:
        """Raises :class:`NotKnown` for another data set, :class:`NotRecorded` where no training was made."""
        self._records.require(dataset)
        runs = self._records.runs(dataset, self._epochs, self.arch_index)
        if not runs:
            raise NotRecorded(
                f"the table {self._records.manifest.name!r} holds no training of architecture {self.arch_index} on"
                f" {dataset} for {self._epochs} epochs; it has those on {', '.join(self.dataset_seed) or 'none'}"
            )
        return [ResultsCount(self._records, self.arch_str, self.arch_index, dataset, self._epochs, run) for run in runs]

    def select(self, dataset: str, is_random: bool | int) -> list[ResultsCount]:
        """The trainings that ``is_random`` names: one drawn (True), all (False), or the one of a seed."""
        trainings = self._trainings(dataset)
        if is_random is False:
            return trainings
        if is_random is True:
            if len(trainings) > 1:
                warn_drawn()
            return [self._draws.choice(trainings)]
        for training in trainings:
            if training.seed == is_random:
                return [training]
        raise NotRecorded(
            f"seed {is_random} of architecture {self.arch_index} was not trained on {dataset} for {self._epochs} epochs;"
            f" it has {', '.join(str(training.seed) for training in trainings)}, and no run stands in for another"
        )

    def get_metrics(
        self, dataset: str, setname: str, iepoch: int | None = None, is_random: bool | int = False
    ) -> Metrics:
        """Metrics on ``train`` or an evaluation set: of one training, or with ``is_random=False`` their mean.

        A key is there if its number was recorded. Raises :class:`NotRecorded` where one of the trainings was not evaluated
        there after that epoch.
        """
        is_random = chosen(is_random)
        trainings = self.select(dataset, is_random)
        if is_random is False and (only := self._mean(dataset, setname, iepoch, trainings[0])):
            return only
        rows = [
            training.get_train(iepoch) if setname == "train" else training.get_eval(setname, iepoch)
            for training in trainings
        ]
        if is_random is not False:
            return rows[0]
        shared = [key for key in rows[0] if all(key in row for row in rows)]
        return Info({key: mean([row[key] for row in rows]) for key in shared}, rows[0].where)

    def reported(self, dataset: str, setname: str) -> Metrics:
        """The mean metrics of a report: nothing, where the shipped table answers and does not hold the set."""
        try:
            return self.get_metrics(dataset, setname)
        except NotRecorded:
            if not self._records.shipped:
                raise
            return Info({}, self._records.told)

    def _mean(self, dataset: str, setname: str, iepoch: int | None, training: ResultsCount) -> Metrics | None:
        """Metrics on a set of which the table holds the mean over the trainings alone."""
        name, at = {"valid": "x-valid"}.get(setname, setname), training.checked(iepoch)
        split = SPLITS[dataset].get(name, "")
        value = self._records.mean(dataset, self._epochs, split, self.arch_index, at + 1)
        if isnan(value):
            return None
        known = {"iepoch": at, "accuracy": value, "cur_time": None, "all_time": None}
        return Info(known, f"{name} on {dataset}, mean over trainings, in {self._records.told}")

    def get_compute_costs(self, dataset: str) -> dict[str, Any]:
        """FLOPs and parameters (M, computed from the architecture), mean latency (s) and mean times (s)."""
        trainings = self._trainings(dataset)
        if self._records.miscounted(dataset, self._epochs, self.arch_index):
            warn_miscounted()
        latencies = [seconds for training in trainings if (seconds := training.get_latency()) > 0]
        times = [training.get_times() for training in trainings]
        return {
            "flops": trainings[0].flop,
            "params": trainings[0].params,
            "latency": mean(latencies) if latencies else None,
            **{key: mean([row.get(key) for row in times]) for key in times[0]},
        }

    def get_latency(self, dataset: str) -> float:
        """Mean latency over the trainings (s); raises :class:`NotRecorded` where one has none."""
        trainings = self._trainings(dataset)
        for training in trainings:
            if training.get_latency() <= 0:
                raise NotRecorded(f"no latency of architecture {self.arch_index} on {dataset}, seed {training.seed}")
        return sum(training.get_latency() for training in trainings) / len(trainings)

    def get_dataset_names(self) -> list[str]:
        """The data sets that it was trained on."""
        return list(self.dataset_seed)

    def get_dataset_seeds(self, dataset: str) -> list[int]:
        """The seeds that it was trained with on a data set."""
        return [training.seed for training in self._trainings(dataset)]

    def get_total_epoch(self, dataset: str | None = None) -> int:
        """The number of epochs of the schedule; with ``dataset``, refused where nothing was trained on that."""
        if dataset is not None:
            self._trainings(dataset)
        return self._epochs

    def query(self, dataset: str, seed: int | None = None) -> Any:
        """The training of a seed, or all by their seeds."""
        if seed is None:
            return {training.seed: training for training in self._trainings(dataset)}
        for training in self._trainings(dataset):
            if training.seed == seed:
                return training
        raise NotRecorded(
            f"seed {seed} of architecture {self.arch_index} was not trained on {dataset} for {self._epochs} epochs;"
            f" it has {', '.join(map(str, self._seeds(dataset)))}"
        )

    def arch_idx_str(self) -> str:
        """The index of the architecture, written with six digits."""
        return f"{self.arch_index:06d}"

    def clear_params(self) -> None:
        """Does nothing, because a table holds no weights; it is here for scripts that call it."""

    def show(self, is_print: bool = False) -> list[str]:
        """The lines of the report on this architecture, printed on request."""
        lines = describe(self, None, self._style)
        if is_print:
            print("\n".join(lines))
        return lines

    def __repr__(self) -> str:
        return (
            f"ArchResults(arch-index={self.arch_index}, arch={self.arch_str}, {len(self.all_results)} runs,"
            f" clear={self.clear_net_done})"
        )


def chosen(is_random: object) -> bool | int:
    """``is_random`` as a ``bool`` or a seed, also of NumPy's types; raises :class:`NotAllowed` for anything else."""
    if isinstance(is_random, (bool, np.bool_)):
        return bool(is_random)
    if isinstance(is_random, (int, np.integer)):
        return int(is_random)
    raise NotAllowed(f"is_random = {shown(is_random)}; expected True (a run drawn), False (the mean) or a seed")


def mean(values: list[Any]) -> float | None:
    """The mean of some values, ``None`` where one of them is ``None``."""
    return None if None in values else sum(values) / len(values)


def warn_drawn() -> None:
    """Warn once of where random draws come from."""
    warn_once(
        "draws",
        "is_random=True and random() draw from a stream of the object's own, with seed 0, not from Python's global one:"
        " repetitions with new objects need reset_random(seed)",
    )


def warn_miscounted() -> None:
    """Warn once that recorded FLOPs and parameters were passed over."""
    warn_once(
        "counts",
        "recorded FLOPs or parameters contradict the architecture on some rows: they are computed from the architecture",
    )


def describe(arch: ArchResults, extra: str | None, style: str) -> list[str]:
    """The lines of ``query_info_str_by_arch``: costs and final metrics of each data set, means over the trainings."""
    names = arch.get_dataset_names()
    lines = [arch.arch_str, f"datasets : {names}, extra-info : {extra}"]
    for dataset in names:
        costs = arch.get_compute_costs(dataset)
        latency = f"{1000 * costs['latency']:.2f}" if costs["latency"] else None
        lines.append(
            f"{dataset:14s} FLOP={costs['flops']:6.2f} M, Params={costs['params']:.3f} MB, latency={latency} ms."
        )
        reports = [f"{label} : [{_score(arch, dataset, name, style)}]" for label, name in _sets(dataset, style)]
        lines.append(f"{dataset:14s} {', '.join(reports)}")
    return lines


def _sets(dataset: str, style: str) -> list[tuple[str, str]]:
    if dataset == "cifar10":
        return [("train", "train"), ("test ", "ori-test")]
    if dataset == "cifar10-valid":
        return [("train", "train"), ("valid", "x-valid"), *([("test", "ori-test")] if style == SIZE else [])]
    return [("train", "train"), ("valid", "x-valid"), ("test", "x-test")]


def _score(arch: ArchResults, dataset: str, name: str, style: str) -> str:
    metrics = arch.reported(dataset, name)
    separator = ", " if style == NASBENCH201 else " & "
    loss = f"{metrics['loss']:.3f}" if "loss" in metrics else NOTHING
    accuracy = f"{metrics['accuracy']:.2f}%" if "accuracy" in metrics else NOTHING
    return f"loss = {loss}{separator}top1 = {accuracy}"


NOTHING = "not recorded"
"""Stands in a report for a number that the table does not hold."""
