"""Benchmarks that train networks: what they have in common, whatever their space and the kind of their data."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from nasbed.benchmarks.spaces.halves import searched_half
from nasbed.benchmarks.tables.options import fidelities, objective_names
from nasbed.benchmarks.training.data.labelled import LabelledData, Network
from nasbed.benchmarks.training.device import device_of, load_torch, require_device
from nasbed.benchmarks.training.distillation import BestSoFar, Distillation
from nasbed.benchmarks.training.local.trainings import ENDED, MadeTraining, TrainingTable
from nasbed.benchmarks.training.network_training import VERSION, NetworkTraining
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.scores import perplexity
from nasbed.benchmarks.training.trained.retrained import RetrainedReferee, retraining_rows
from nasbed.benchmarks.training.trained.teachers import keeping
from nasbed.errors import OptionError, require_name, shown
from nasbed.numeric import real, require_whole
from nasbed.streams import key
from nasbed.vocabulary import RETRAINED, Arch, Objective, Offered, Trained, TrainedBenchmark, Training

Data = TypeVar("Data", bound=LabelledData)

OBJECTIVES = {
    "accuracy": Objective("accuracy", "%", maximise=True),
    "loss": Objective("loss", "nats", maximise=False),
    "parameters": Objective("parameters", "parameters", maximise=False),
    "flops": Objective("flops", "multiply-accumulates", maximise=False),
}
OPTIONS = {
    "folder": "where published data sets lie",
    "limit": "seconds after which a training has failed",
    "retrainings": "trainings of each incumbent after its search, by which it is judged on test",
    "device": "cpu, cuda or auto",
}
"""What the options mean that all have."""
LONGEST = 10_000
"""The most epochs of a training."""


def state_of(data: str) -> object:
    """What changes when a user's file is written anew, or when files come into or leave its folders."""
    try:
        path = Path(data).expanduser().resolve()
        places = [path, *sorted(path.glob("*")), *(one for one in sorted(path.glob("*/*")) if one.is_dir())]
        return tuple((str(place), place.stat().st_mtime_ns, place.stat().st_size) for place in places)
    except (OSError, RuntimeError, ValueError):  # it is the name of a data set, or is refused when it is read
        return data


class Plan(NamedTuple):
    """What an architecture says of its training: the network, and the recipe."""

    network: Network
    recipe: Recipe


class NetworkBenchmark(TrainedBenchmark, Generic[Data]):
    """Networks of a space trained on data of one kind, ``kind``; a search sees the validation split alone.

    ``data`` is the name of a data set, a path, or, in Python, data of the kind; ``folder`` is where published sets lie. ``epochs``
    are the fidelities: points of one training, whose learning rate falls by a cosine to 0 at the last, so that it can be
    resumed. ``objectives`` are among ``measured``; the first is scored. A training that takes more than ``limit`` seconds has
    failed. After a search its incumbent is trained anew with ``retrainings`` seeds, to the last epoch, and judged on the test
    split. ``device`` is ``cpu``, ``cuda`` or ``auto``.
    """

    resumable = True
    supervised = True
    kind: ClassVar[type[Any]]
    trained_by: ClassVar[type[NetworkTraining[Any]]]
    expected: ClassVar[str]
    """What ``data`` may be, for a message."""
    measured: Mapping[str, Objective] = OBJECTIVES
    distillation: Distillation | None = None

    def __init__(
        self,
        data: Any,
        folder: str | None,
        epochs: Sequence[int],
        objectives: Sequence[str],
        limit: float | None,
        retrainings: int,
        device: str,
    ) -> None:
        self._held: Data | None = data if isinstance(data, self.kind) else None
        if self._held is not None:
            data = self._held.name
        if not isinstance(data, (str, Path)):
            raise OptionError(f"data = {shown(data)}; expected {self.expected}")
        self.data, self.folder = str(data), None if folder is None else str(folder)
        self._files = state_of(self.data)
        self.epochs = fidelities(epochs, "[1, 3, 9, 27]")
        if self.epochs[-1] > LONGEST:
            raise OptionError(f"epochs = {shown(epochs)}; expected whole numbers from 1 to {LONGEST:,}")
        names = objective_names(objectives, "accuracy")
        for name in names:
            require_name("objective", name, tuple(self.measured), self.name)
        self.objectives = tuple(self.measured[name] for name in names)
        seconds = None if limit is None else real(limit)
        if limit is not None and (seconds is None or seconds <= 0):
            raise OptionError(f"limit = {shown(limit)}; expected seconds above 0, or none")
        self.limit = None if seconds is None else float(seconds)
        self.retrainings = require_whole("retrainings", retrainings, 1, 1_000)
        self.device = require_device(device)
        self.label = f"{self.name}/{Path(self.data).stem}"

    def take_space(self, whole: Any, search: str, frozen: str) -> None:
        """Search a joint space, or one half of it with the other as in the text ``frozen``."""
        half, at = searched_half(whole, search, frozen, self.name)
        self.space = whole if half is None else whole.subspace(half, at)
        if half is not None:
            self.label = f"{self.label}, {half} alone"
            self.is_subspace = True

    @property
    def loaded(self) -> Data:
        """The data, read once in a process."""
        return self._read() if self._held is None else self._held

    @abstractmethod
    def _read(self) -> Data:
        """The data that the options say; what was read before, while its files are as they were."""

    @abstractmethod
    def plan(self, arch: Arch) -> Plan:
        """The network and the recipe that an architecture of the space says."""

    @abstractmethod
    def training(
        self, arch: Arch, seed: int, incumbents: Sequence[tuple[Arch, int, int]] = (), folder: str = ""
    ) -> NetworkTraining[Data]:
        """The training of an architecture with a seed. Where the best network so far teaches, ``incumbents`` say who that was, as
        :class:`~nasbed.vocabulary.Training` does, and ``folder`` where their trainings are.
        """

    @property
    def checksum(self) -> str:
        """Identifies the data with their splits, and the training, as of the first architecture."""
        network, recipe = self.plan(self.space.at(0))
        planned = json.dumps([network.described(), recipe.described()])
        said = (self.loaded.checksum, self.epochs, self.limit, self.device, planned)
        return f"{VERSION}, {key(*said):016x}"

    def offered(self) -> Offered:
        """What its options may name; the fidelities are any numbers of epochs, so those that it has."""
        return super().offered()._replace(objectives=tuple(self.measured.values()))

    @property
    def learns_from_best(self) -> bool:
        """Whether the teacher is the best network of the search so far."""
        return self.distillation is not None and isinstance(self.distillation.teacher, BestSoFar)

    def trainer(self) -> NetworkTrainer:
        """The trainer that workers call, with all options."""
        device = device_of(self.device)
        if self.distillation is not None and not self.learns_from_best:
            self.distillation.teacher.network(self.loaded, device)  # refused now, and not in a worker
        return NetworkTrainer(self)

    def retrain(self, index: int, number: int, folder: str) -> None:
        """Train an architecture anew, with the seed of a ``number`` that no search uses, and score it on all splits; with the other
        seeds of its program.
        """
        training = self.retraining(self.space.at(index), number, self.retrainings)
        splits = ("train", "validation", "test")
        TrainingTable(folder).made_together(
            [one.identity() for one in training.group()],
            self.epochs[-1],
            lambda checkpoint: training.make(self.epochs[-1], splits, checkpoint),
            splits,
        )

    def retraining(self, arch: Arch, number: int, count: int) -> NetworkTraining[Data]:
        """The training of an architecture anew, by the number of its seed among ``count``."""
        training = self.training(arch, key("retraining", number))
        numbers = next(numbers for numbers in self._programs(arch, count) if number in numbers)
        return replace(training, together=tuple(key("retraining", one) for one in numbers))

    def programs(self, index: int) -> list[range]:
        """The numbers of the retrainings of an architecture, by the programs that make them."""
        return self._programs(self.space.at(index), self.retrainings)

    def _programs(self, arch: Arch, count: int) -> list[range]:
        size = self.plan(arch).network.together(self.loaded) if self.device == "cpu" else 1
        return [range(first, min(first + size, count)) for first in range(0, count, size)]

    def retrained(self, index: int, folder: str) -> list[MadeTraining]:
        """The retrainings of an architecture that have been made."""
        table, arch = TrainingTable(folder), self.space.at(index)
        found = (
            table.find(self.retraining(arch, number, self.retrainings).identity()) for number in range(self.retrainings)
        )
        return [training for training in found if training is not None]

    def sizes(self, index: int) -> tuple[int, int]:
        """Trainable parameters of an architecture, and multiply-accumulates of a forward pass on one example."""
        training = self.training(self.space.at(index), 0)
        return training.network.sizes(training.data)

    def judged_in(self, folder: str) -> JudgedNetworks:
        """The same benchmark with a referee, which knows the retrainings in a folder."""
        return JudgedNetworks(self, folder)


class NetworkTrainer:
    """Trains the networks of a benchmark; what was trained in the folder of a search before is looked up."""

    def __init__(self, benchmark: NetworkBenchmark[Any]) -> None:
        self._benchmark = benchmark
        self.wants_incumbents = benchmark.learns_from_best

    def prepare(self) -> None:
        """Load PyTorch and the data, which a search does not wait for."""
        self._benchmark.trained_by.fit_class()
        load_torch()
        self._benchmark.loaded.normalised("train")

    def __call__(self, training: Training) -> Trained:
        """The objectives on validation after the epochs asked for, and the seconds of those that the training had not reached."""
        epochs, folder = training.epochs, training.folder
        asked = self._benchmark.training(training.arch, training.seed, training.incumbents, folder)
        if folder:
            after = keeping(folder, asked, epochs) if self.wants_incumbents else None
            made, _ = TrainingTable(folder).made(
                asked.identity(), epochs, lambda checkpoint: asked.make(epochs, (), checkpoint, after)[0]
            )
        else:
            (made,) = asked.make(epochs)
        whole = made.outcome == ENDED or made.epochs >= epochs  # one that failed may have come further than is asked
        seconds = made.seconds[training.reached : epochs if whole else None]
        parameters, flops = asked.network.sizes(asked.data)
        measured = {name: made.at("validation", name, epochs) for name in ("accuracy", "loss")}
        found = {**measured, "parameters": parameters, "flops": flops}
        if (loss := measured["loss"]) is not None:
            found["perplexity"] = perplexity(loss)
        values = [
            nan if (value := found.get(objective.name)) is None else objective.signed(float(value))
            for objective in self._benchmark.objectives
        ]
        if not whole:
            values[0] = nan
        return Trained(values, {"seconds": sum(seconds)})


class JudgedNetworks(NetworkBenchmark[Any]):
    """A benchmark whose referee knows what retrainings gave; of an architecture that was not trained anew it knows nothing."""

    judged_on = RETRAINED

    def __init__(self, benchmark: NetworkBenchmark[Any], folder: str) -> None:
        self.__dict__.update(benchmark.__dict__)
        self.name = benchmark.name
        self._benchmark, self._folder = benchmark, folder

    def plan(self, arch: Arch) -> Plan:
        """The network and the recipe that an architecture of the space says."""
        return self._benchmark.plan(arch)

    def training(
        self, arch: Arch, seed: int, incumbents: Sequence[tuple[Arch, int, int]] = (), folder: str = ""
    ) -> NetworkTraining[Any]:
        """The training of an architecture with a seed."""
        return self._benchmark.training(arch, seed, incumbents, folder)

    def _read(self) -> Any:
        return self._benchmark.loaded

    @property
    def checksum(self) -> str:
        """Identifies the data with their splits, and the training."""
        return self._benchmark.checksum

    def retraining_seconds(self) -> float:
        """The seconds that all retrainings in the folder took together."""
        return sum(sum(training.seconds) for _, training in TrainingTable(self._folder))

    def retraining_rows(self, index: int) -> list[dict[str, Any]]:
        """What is known of the retrainings of an architecture, a row for each of them and each split: how it ended, ``loss`` in
        nats, ``accuracy`` in percent, macro ``precision``, ``recall`` and ``f1``, the ``confusion`` matrix, ``loss_by_epoch`` and
        ``accuracy_by_epoch`` (of training as running means, and of validation), trainable ``parameters``,
        ``flops`` of a forward pass (multiply-accumulates), mean seconds of an epoch, and the most bytes that its process held.
        """
        return retraining_rows(self._benchmark, index, self._folder)

    def referee(self) -> RetrainedReferee:
        """The referee, which looks into the folder of retrainings."""
        return RetrainedReferee(self._benchmark, self._folder)
