"""What the objects that scripts ask have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import isfinite, isnan
from operator import index as as_index
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.compat import _text
from nasbed.benchmarks.compat._info import Info
from nasbed.benchmarks.compat._names import names, positions
from nasbed.benchmarks.compat._records import SPLITS, Records, remap
from nasbed.benchmarks.compat._refusals import WEIGHTS, NotInSpace, NotKnown, NotRecorded, Partial, warn_once
from nasbed.benchmarks.compat._results import ArchResults, chosen, describe, mean, warn_drawn, warn_miscounted
from nasbed.benchmarks.compat._tables import find
from nasbed.benchmarks.compat._trainings import ResultsCount
from nasbed.errors import shown, unknown

SEARCHED = ("cifar10", "cifar100", "ImageNet16-120")

COMMENTS = {
    "cifar10-valid": "trained {} epochs on 25,000 images of CIFAR-10 (train-*); test-*: its 10,000 test images",
    "cifar10": "trained {} epochs on all 50,000 images of CIFAR-10 (train-*); test-*: its 10,000 test images",
}

_LABELS = {
    "cifar10-valid": (("valid", "x-valid"), ("test", "ori-test")),
    "cifar10": (("test", "ori-test"),),
}
_HALVES = (("valid", "x-valid"), ("test", "x-test"), ("valtest", "ori-test"))


class _ByArchitecture(Mapping[int, Mapping[str, ArchResults]]):
    """``arch2infos_dict``: index -> schedule -> results, made when they are asked for.

    What scripts take out to save memory is there again at the next question: nothing is kept in it.
    """

    def __init__(self, api: TableAPI) -> None:
        self._api = api

    def __getitem__(self, index: int) -> Mapping[str, ArchResults]:
        if not self._api._evaluated(index):
            raise NotRecorded(f"nothing is recorded of architecture {index}")
        return {hp: self._api._results(index, int(hp)) for hp in self._api.avaliable_hps}

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._api.evaluated_indexes))

    def __len__(self) -> int:
        return len(self._api.evaluated_indexes)

    def clear(self) -> None:
        """Does nothing: no results are held in memory."""

    def __delitem__(self, index: int) -> None:
        """Does nothing for an architecture of which something is recorded; raises :class:`NotRecorded` for another."""
        _ = self[index]

    def pop(self, index: int, *default: Any) -> Any:
        """The results, which stay; ``default``, if it is given, for an architecture of which nothing is recorded."""
        return self.get(index, *default) if default else self[index]


class TableAPI(Partial):
    """What the three have in common. ``hp`` is a schedule, as text or as a number: ``"12"``, ``12``, ``"01"``.

    ``index`` and ``arch`` may be an index, an architecture string or an object with ``tostr()``.
    """

    withheld: ClassVar = {
        "get_net_param": WEIGHTS,
        "reload": "a table is read where it is, nothing is loaded from an archive, and it has no weights",
        "reset_archive_dir": "a table has no archive of files",
    }
    table: ClassVar[str]
    style: ClassVar[str]
    indices: ClassVar[type] = set

    def __init__(self, file_path_or_dict: Any, verbose: bool) -> None:
        self.verbose = verbose
        manifest = find(file_path_or_dict, self.table)
        self._records = Records(manifest, self.table)
        self.filename = None if file_path_or_dict is None else Path(file_path_or_dict).name
        self.meta_archs = list(names(manifest.space))
        self.archstr2index = positions(manifest.space)
        self._draws = Random(0)
        self.reset_time()
        self._say(f"{type(self).__name__} answers from the table {manifest.name!r} in {manifest.folder}")

    def __getitem__(self, index: Any) -> Any:
        return self.meta_archs[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self.meta_archs)

    def __len__(self) -> int:
        return len(self.meta_archs)

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)

    def _call(self, name: str, **arguments: Any) -> None:
        if self.verbose:
            print(f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})")

    # architectures and schedules

    def arch(self, index: int) -> str:
        """The string of the architecture of an index. Raises where the space has no such index."""
        self._call("arch", index=index)
        return self.meta_archs[self._inside(index)]

    def _inside(self, index: int) -> int:
        number = as_index(index)
        if not 0 <= number < len(self):
            raise NotInSpace(f"architecture index {number}; expected 0 .. {len(self) - 1}")
        return number

    def query_index_by_arch(self, arch: Any) -> int:
        """The index of an architecture; -1 for a string that is none. Raises :class:`NotInSpace` for an index outside."""
        self._call("query_index_by_arch", arch=arch)
        return self._find(arch)

    def _find(self, arch: Any) -> int:
        if hasattr(arch, "__index__"):
            return self._inside(arch)
        text = arch.tostr() if hasattr(arch, "tostr") else arch
        return self.archstr2index.get(text, -1) if isinstance(text, str) else -1

    def _index(self, arch: Any) -> int:
        found = self._find(arch)
        if found < 0:
            raise NotInSpace(
                f"{shown(arch)} is no architecture of the space; expected a string such as {self.meta_archs[0]}"
            )
        return found

    def _known(self, arch: Any) -> int:
        """The index of an architecture of which something is recorded; raises for any other."""
        index = self._index(arch)
        if not self._evaluated(index):
            raise NotRecorded(f"the table {self._records.manifest.name!r} holds nothing of architecture {index}")
        return index

    def _evaluated(self, index: int) -> bool:
        schedules = self._records.manifest.epochs
        return any(self._records.runs(name, epochs, index) for epochs in schedules for name in self._records.datasets)

    def _schedule(self, hp: str | int) -> int:
        held = self._records.manifest.epochs
        text = str(hp)
        if text.isdecimal() and int(text) in held:
            return int(text)
        error = unknown("hp", text, self.avaliable_hps, self._records.manifest.name)
        raise NotKnown(f"{error}{self._records.remedy}")

    def _results(self, index: int, epochs: int) -> ArchResults:
        return ArchResults(self._records, self.meta_archs[index], index, epochs, self._draws, self.style)

    @property
    def avaliable_hps(self) -> list[str]:
        """The schedules, as two digits or more (the name is the official one)."""
        return [f"{epochs:02d}" for epochs in sorted(self._records.manifest.epochs)]

    @cached_property
    def evaluated_indexes(self) -> Any:
        """The indices of the architectures of which something is recorded: a set, for NAS-Bench-201 a list."""
        return self.indices(np.flatnonzero(self._records.evaluated).tolist())

    @property
    def arch2infos_dict(self) -> Mapping[int, Mapping[str, ArchResults]]:
        """The results of every recorded architecture: :class:`ArchResults` by index and schedule, read when asked for."""
        return _ByArchitecture(self)

    # simulated time and draws

    @property
    def used_time(self) -> float:
        """Seconds that ``simulate_train_eval`` has charged since :meth:`reset_time`."""
        return self._used_time

    def reset_time(self) -> None:
        """Set the charged seconds to 0; they add up over the life of the object, one search after another."""
        self._used_time: float = 0

    def reset_random(self, seed: int = 0) -> None:
        """Begin the draws of ``is_random=True`` and :meth:`random` anew. The official packages have no such method."""
        self._draws.seed(seed)

    def random(self) -> int:
        """The index of an architecture, drawn uniformly from the stream of this object."""
        warn_drawn()
        return self._draws.randint(0, len(self) - 1)

    # queries

    def query_by_arch(self, arch: Any, hp: str | int) -> str:
        """A report on an architecture, as :meth:`query_info_str_by_arch` gives it."""
        return self.query_info_str_by_arch(arch, hp)

    def query_info_str_by_arch(self, arch: Any, hp: str | int = "12") -> str:
        """A report on an architecture: costs and final metrics of each data set, means over the trainings."""
        self._call("query_info_str_by_arch", arch=arch, hp=hp)
        index = self._known(arch)
        return "\n".join(describe(self._results(index, self._schedule(hp)), f"arch-index={index}", self.style))

    def query_meta_info_by_index(self, arch_index: int, hp: str | int = "12") -> ArchResults:
        """What is recorded of an architecture under a schedule."""
        self._call("query_meta_info_by_index", arch_index=arch_index, hp=hp)
        return self._results(self._known(arch_index), self._schedule(hp))

    def query_by_index(self, arch_index: int, dataname: str | None = None, hp: str | int = "12") -> Any:
        """What is recorded of an architecture under a schedule; with ``dataname`` its trainings on that data set, by seed."""
        self._call("query_by_index", arch_index=arch_index, dataname=dataname, hp=hp)
        results = self._results(self._known(arch_index), self._schedule(hp))
        return results if dataname is None else results.query(dataname)

    def get_more_info(
        self,
        index: Any,
        dataset: str,
        iepoch: int | None = None,
        hp: str | int = "12",
        is_random: bool | int = True,
    ) -> dict[str, Any]:
        """Losses, accuracies (%) and times (s) after epoch ``iepoch``, counted from 0 (``None``: the last).

        ``is_random``: a training drawn (True), the mean (False), or the training of a seed. A key is there if its number
        was recorded; asking for another raises :class:`NotRecorded`, which says what is.
        """
        self._call("get_more_info", index=index, dataset=dataset, iepoch=iepoch, hp=hp, is_random=is_random)
        return self._info(self._index(index), dataset, iepoch, self._schedule(hp), is_random)

    def _info(self, index: int, dataset: str, iepoch: int | None, epochs: int, is_random: bool | int) -> Info:
        results = self._results(index, epochs)
        is_random = chosen(is_random)
        trainings = results.select(dataset, is_random)
        values: dict[str, Any] = {}
        for label, name in (("train", "train"), *_LABELS.get(dataset, _HALVES)):
            values |= _labelled(label, name, trainings, iepoch, epochs)
            if is_random is False and f"{label}-accuracy" not in values and iepoch in (None, epochs - 1):
                value = self._records.mean(dataset, epochs, SPLITS[dataset].get(name, name), index, epochs)
                values |= {} if isnan(value) else {f"{label}-accuracy": value}
            if label == "train" and dataset in COMMENTS and self.style != _text.NASBENCH201:
                values["comment"] = COMMENTS[dataset].format(epochs)
        epoch = epochs if iepoch is None else iepoch + 1
        runs = "mean over runs" if is_random is False else "one run" if is_random is True else f"seed {is_random}"
        where = f"architecture {index} on {dataset} after {epoch} of {epochs} epochs ({runs})"
        info = Info(values, f"{where} in {self._records.told}")
        if not any(key.endswith("-accuracy") for key in values):
            raise NotRecorded(f"no accuracy is recorded of {info.where}")
        return info

    def get_cost_info(self, index: int, dataset: str, hp: str | int = "12") -> dict[str, Any]:
        """FLOPs and parameters (M), latency (s), and seconds of training and of passes over the evaluation sets."""
        self._call("get_cost_info", index=index, dataset=dataset, hp=hp)
        return self._results(self._index(index), self._schedule(hp)).get_compute_costs(dataset)

    def get_latency(self, index: int, dataset: str, hp: str | int = "12") -> Any:
        """Mean seconds of a batch of 256 images; ``None`` where none was recorded."""
        self._call("get_latency", index=index, dataset=dataset, hp=hp)
        return self._latency(self._index(index), dataset, self._schedule(hp))

    def _latency(self, index: int, dataset: str, epochs: int) -> float | None:
        trainings = self._results(index, epochs).query(dataset).values()
        latencies = [seconds for training in trainings if (seconds := training.get_latency()) > 0]
        return mean(latencies) if latencies else None

    def get_net_config(self, index: int, dataset: str) -> dict[str, Any]:
        """What builds the network of an architecture for a data set."""
        self._call("get_net_config", index=index, dataset=dataset)
        self._records.require(dataset)
        number = self._index(index)
        for epochs in self._records.manifest.epochs:
            for run in self._records.runs(dataset, epochs, number):
                training = ResultsCount(self._records, self.meta_archs[number], number, dataset, epochs, run)
                return training.get_config(None)
        raise NotRecorded(
            f"the table {self._records.manifest.name!r} holds nothing of architecture {number} on {dataset}"
        )

    def _simulate(
        self, arch: Any, dataset: str, iepoch: int | None, hp: str | int, account_time: bool, latency_hp: str | int
    ) -> tuple[float, Any, float, float]:
        if dataset not in SEARCHED:
            raise NotKnown(str(unknown("data set of a search", dataset, SEARCHED)))
        index, epochs = self._index(arch), self._schedule(hp)
        info = self._info(index, "cifar10-valid" if dataset == "cifar10" else dataset, iepoch, epochs, True)
        if "valid-accuracy" not in info:
            raise NotRecorded(
                f"validation accuracy on {dataset} is not recorded after {epochs if iepoch is None else iepoch + 1} of"
                f" {epochs} epochs, and test images do not stand in for it: use iepoch=None, or hp='12', which is"
                " validated after every epoch; get_more_info has the mixture as 'valtest-accuracy' where it was recorded"
            )
        seconds = info["train-all-time"] + info["valid-per-time"]
        if not (isfinite(seconds) and seconds > 0):
            raise NotRecorded(
                f"architecture {index} on {dataset}: {seconds} s recorded; a training costs more than 0 s"
            )
        latency = self._latency(index, dataset, epochs)
        other = self._schedule(latency_hp)
        made = other != epochs and self._records.runs(dataset, other, index)
        if made and self._latency(index, dataset, other) != latency:
            warn_once("latency", "simulate_train_eval gives the latency of the schedule asked for, not that of hp='12'")
        if account_time:
            self._used_time += seconds
        return info["valid-accuracy"], latency, seconds, self._used_time

    def _best(
        self, dataset: str, name: str, flop_max: float | None, param_max: float | None, hp: str | int
    ) -> tuple[int, float | None]:
        dataset, name = remap(dataset, name)
        self._records.require(dataset)
        if name not in ("train", *SPLITS[dataset]):
            raise NotKnown(str(unknown("evaluation set", name, ["train", *SPLITS[dataset]], dataset)))
        epochs = self._schedule(hp)
        accuracies = self._records.means(dataset, epochs, SPLITS[dataset].get(name, name))
        if np.isnan(accuracies).all():
            raise NotRecorded(
                f"the table {self._records.manifest.name!r} holds no accuracy of {name} on {dataset} after {epochs} epochs"
                f"{self._records.remedy}"
            )
        candidates = ~np.isnan(accuracies)
        for limit, counts in zip((flop_max, param_max), self._records.counts(dataset), strict=True):
            if limit is not None:
                candidates &= counts <= limit
        limited = flop_max is not None or param_max is not None
        if limited and self._records.miscounted(dataset, epochs, np.flatnonzero(~np.isnan(accuracies))):
            warn_miscounted()
        if not candidates.any():
            return -1, None
        rounded = np.where(candidates, accuracies, -np.inf).round(9)
        best = int(rounded.argmax())
        if (rounded == rounded[best]).sum() > 1:
            warn_once(
                "ties",
                "architectures of equal accuracy: find_best gives the one of smallest index, whatever the rounding",
            )
        accuracy = float(accuracies[best])
        self._say(f"best of {int(candidates.sum())}: {best} {self.meta_archs[best]} with {accuracy:.3f} %")
        return best, accuracy

    def statistics(self, dataset: str, hp: str | int) -> dict[int, int]:
        """How many architectures were trained how many times."""
        self._call("statistics", dataset=dataset, hp=hp)
        self._records.require(dataset)
        trainings = self._records.made(dataset, self._schedule(hp)).sum(axis=1)[self._records.evaluated]
        numbers, counts = np.unique(trainings, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    def clear_params(self, index: int, hp: str | int | None = None) -> None:
        """Does nothing, because a table holds no weights; it is here for scripts that call it."""
        self._call("clear_params", index=index, hp=hp)

    def show(self, index: int = -1) -> None:
        """Print the reports on an architecture, or with a negative index on all."""
        if index >= len(self):
            print(f"This index ({index}) is out of range (0~{len(self)}).")
        elif index >= 0 and not self._evaluated(index):
            print(f"The {index}-th architecture has not been evaluated or not saved.")
        elif index >= 0:
            self._show(index)
        else:
            print(self)
            indexes = sorted(self.evaluated_indexes)
            for place, each in enumerate(indexes):
                print(f"\n{'-' * 10} The ({place:5d}/{len(indexes):5d}) {each:06d}-th architecture! {'-' * 10}")
                print(f"arch : {self.meta_archs[each]}")
                self._show(each)

    def _show(self, index: int) -> None:
        for hp in self.avaliable_hps:
            lines = self._results(index, int(hp)).show()
            print(f"{'>' * 40} {int(hp):03d} epochs {'>' * 40}")
            print("\n".join(lines))
        print("<" * 40 + "------------" + "<" * 40)


def _labelled(
    label: str, name: str, trainings: Sequence[ResultsCount], iepoch: int | None, epochs: int
) -> dict[str, float]:
    """The keys of one set, means over ``trainings``; a key is left out where one of them has no number."""
    rows = [training.metrics(name, training.checked(iepoch)) for training in trainings]
    loss, accuracy, seconds = (mean([row[key] for row in rows]) for key in ("loss", "accuracy", "all_time"))
    if accuracy is None and label != "train":
        return {}
    one = None if seconds is None else seconds / (epochs if iepoch is None else iepoch + 1)
    keys = {"loss": loss, "accuracy": accuracy, "per-time": one, "all-time": seconds}
    return {f"{label}-{key}": value for key, value in keys.items() if value is not None}
