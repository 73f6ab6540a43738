"""Benchmarks that train networks on image data: what they have in common, whatever their space."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import isfinite, nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.tables.options import fidelities, objective_names
from nasbed.benchmarks.training.device import device_of, require_device
from nasbed.benchmarks.training.distillation import BEST, BestSoFar, Distillation
from nasbed.benchmarks.training.image_training import ImageTraining, Network
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.teachers import ExportedTeacher, TrainedTeacher, keeping, taught_by
from nasbed.benchmarks.training.trainings import ENDED, MadeTraining, TrainingTable
from nasbed.errors import OptionError, require_name, shown
from nasbed.numeric import real, require_whole
from nasbed.streams import key
from nasbed.vocabulary import RETRAINED, Arch, Objective, Trained, TrainedBenchmark, Training

OBJECTIVES = {
    "accuracy": Objective("accuracy", "%", maximise=True),
    "loss": Objective("loss", "nats", maximise=False),
    "parameters": Objective("parameters", "parameters", maximise=False),
    "flops": Objective("flops", "multiply-accumulates", maximise=False),
}
VERSION = "training 1"
"""Changes when the same training would give other numbers."""
LONGEST = 10_000
"""The most epochs of a training."""


@lru_cache(maxsize=4)
def images_of(data: str, folder: str | None, state: object) -> ImageData:
    """Image data by name or path, read once in a process while the files are in the same ``state``."""
    return load_images(data, folder)


def _state(data: str) -> object:
    """What changes when a user's file is written anew, or when images come into or leave the folders of classes."""
    try:
        path = Path(data).expanduser().resolve()
        places = [path, *(one for one in sorted(path.glob("*")) + sorted(path.glob("*/*")) if one.is_dir())]
        return tuple((str(place), place.stat().st_mtime_ns, place.stat().st_size) for place in places)
    except (OSError, RuntimeError, ValueError):  # it is the name of a data set, or is refused when it is read
        return data


class Plan(NamedTuple):
    """What an architecture says of its training: the network, and the recipe."""

    network: Network
    recipe: Recipe


class ImageBenchmark(TrainedBenchmark):
    """Networks of a space trained on image data; a search sees the validation split alone.

    ``data`` is the name of a data set, the path of a folder of images by class, that of an npz file (docs/training-data.md), or,
    in Python, an :class:`ImageData`;
    ``folder`` is where published sets lie. ``epochs`` are the fidelities: points of one training, whose learning rate falls by a
    cosine to 0 at the last, so that it can be resumed. ``objectives`` are ``accuracy`` (in percent), ``loss``, ``parameters`` and
    ``flops``; the first is scored. A training that takes more than ``limit`` seconds has failed. After a search its incumbent is
    trained anew with ``retrainings`` seeds, to the last epoch, and judged on the test split. ``device`` is ``cpu``, ``cuda`` or
    ``auto``.

    Trainings are distilled from a ``teacher``: the folder of a network that ``nasbed train`` wrote for the same data, or ``best``,
    the incumbent of the search when a training is proposed; the first have none, nor has the retraining after the search.
    ``temperature`` (4) and ``teacher_weight`` (0.9) are those of :class:`Distillation`.
    """

    resumable = True
    supervised = True

    def __init__(
        self,
        data: str | ImageData = "digits",
        folder: str | None = None,
        epochs: Sequence[int] = (1, 3, 9, 27),
        objectives: Sequence[str] = ("accuracy",),
        limit: float | None = None,
        retrainings: int = 3,
        device: str = "cpu",
        teacher: str | Path | None = None,
        temperature: float | None = None,
        teacher_weight: float | None = None,
    ) -> None:
        self._held = data if isinstance(data, ImageData) else None
        if isinstance(data, ImageData):
            data = data.name
        if not isinstance(data, (str, Path)):
            raise OptionError(
                f"data = {shown(data)}; expected the name of a data set, or the path of a folder or npz file"
            )
        self.data, self.folder = str(data), None if folder is None else str(folder)
        self._files = _state(self.data)
        self.epochs = fidelities(epochs, "[1, 3, 9, 27]")
        if self.epochs[-1] > LONGEST:
            raise OptionError(f"epochs = {shown(epochs)}; expected whole numbers from 1 to {LONGEST:,}")
        names = objective_names(objectives, "accuracy")
        for name in names:
            require_name("objective", name, tuple(OBJECTIVES), self.name)
        self.objectives = tuple(OBJECTIVES[name] for name in names)
        seconds = None if limit is None else real(limit)
        if limit is not None and (seconds is None or seconds <= 0):
            raise OptionError(f"limit = {shown(limit)}; expected seconds above 0, or none")
        self.limit = None if seconds is None else float(seconds)
        self.retrainings = require_whole("retrainings", retrainings, 1, 1_000)
        self.device = require_device(device)
        self.label = f"{self.name}/{Path(self.data).stem}"
        self.distillation = self._distillation(teacher, temperature, teacher_weight)
        if self.distillation is not None:
            uncounted = "" if self.learns_from_best else ", whose own training is not counted"
            self.cost_model += f"; trainings are distilled from {self.distillation.teacher.words}{uncounted}"

    def _distillation(
        self, teacher: str | Path | None, temperature: float | None, teacher_weight: float | None
    ) -> Distillation | None:
        numbers = {"temperature": temperature, "teacher_weight": teacher_weight}
        given = {name: value for name, value in numbers.items() if value is not None}
        if teacher is None:
            for name, value in given.items():
                raise OptionError(
                    f"{name} = {shown(value)} stands without a teacher; say teacher = the folder of a network that nasbed train"
                    f" wrote, or {BEST!r}"
                )
            return None
        found = BestSoFar() if teacher == BEST else ExportedTeacher.read(teacher, self.images)
        return Distillation(found, **given)

    @property
    def images(self) -> ImageData:
        """The image data, read once in a process."""
        if self._held is not None:
            return self._held
        return images_of(self.data, self.folder, self._files)

    @abstractmethod
    def plan(self, arch: Arch) -> Plan:
        """The network and the recipe that an architecture of the space says."""

    @property
    def checksum(self) -> str:
        """Identifies the data with their splits, and the training, as of the first architecture."""
        network, recipe = self.plan(self.space.at(0))
        planned = json.dumps([network.described(), recipe.described()])
        said = (self.images.checksum, self.epochs, self.limit, self.device, planned)
        return f"{VERSION}, {key(*said):016x}"

    @property
    def learns_from_best(self) -> bool:
        """Whether the teacher is the best network of the search so far."""
        return self.distillation is not None and isinstance(self.distillation.teacher, BestSoFar)

    def training(
        self, arch: Arch, seed: int, incumbents: Sequence[tuple[Arch, int, int]] = (), folder: str = ""
    ) -> ImageTraining:
        """The training of an architecture with a seed. Where the best network so far teaches, ``incumbents`` say who that was, as
        :class:`~nasbed.vocabulary.Training` does, and ``folder`` where their trainings are.
        """
        teacher = None
        for one, epochs, own in incumbents if self.learns_from_best else ():
            teacher = TrainedTeacher.of(self._taught(one, own, teacher), epochs, folder)
        return self._taught(arch, seed, teacher)

    def _taught(self, arch: Arch, seed: int, teacher: TrainedTeacher | None) -> ImageTraining:
        network, recipe = self.plan(arch)
        if recipe.distillation is not None and self.learns_from_best:
            recipe = replace(recipe, distillation=taught_by(recipe.distillation, teacher))
        device = device_of(self.device) if self.device == "auto" else self.device
        return ImageTraining(network, self.images, recipe, seed, self.limit, device)

    def trainer(self) -> ImageTrainer:
        """The trainer that workers call, with all options."""
        device = device_of(self.device)
        if self.distillation is not None and not self.learns_from_best:
            self.distillation.teacher.network(self.images, device)  # refused now, and not in a worker
        return ImageTrainer(self)

    def retrain(self, index: int, number: int, folder: str) -> None:
        """Train an architecture anew, with the seed of a ``number`` that no search uses, and score it on all splits."""
        training = self._retraining(index, number)
        splits = ("train", "validation", "test")
        TrainingTable(folder).made(
            training.identity(),
            self.epochs[-1],
            lambda checkpoint, known: training.make(self.epochs[-1], splits, checkpoint, known),
            splits,
        )

    def _retraining(self, index: int, number: int) -> ImageTraining:
        return self.training(self.space.at(index), key("retraining", number))

    def retrained(self, index: int, folder: str) -> list[MadeTraining]:
        """The retrainings of an architecture that have been made."""
        table = TrainingTable(folder)
        found = (table.find(self._retraining(index, number).identity()) for number in range(self.retrainings))
        return [training for training in found if training is not None]

    def judged_in(self, folder: str) -> JudgedImages:
        """The same benchmark with a referee, which knows the retrainings in a folder."""
        return JudgedImages(self, folder)


class ImageTrainer:
    """Trains the networks of a benchmark; what was trained in the folder of a search before is looked up."""

    def __init__(self, benchmark: ImageBenchmark) -> None:
        self._benchmark = benchmark
        self.wants_incumbents = benchmark.learns_from_best

    def prepare(self) -> None:
        """Load PyTorch and the images, which a search does not wait for."""
        import nasbed.benchmarks.training.fit  # noqa: F401

        self._benchmark.images.normalised("train")

    def __call__(self, training: Training) -> Trained:
        """The objectives on validation after the epochs asked for, and the seconds of those that the training had not reached."""
        epochs, folder = training.epochs, training.folder
        asked = self._benchmark.training(training.arch, training.seed, training.incumbents, folder)
        if folder:
            after = keeping(folder, asked, epochs) if self.wants_incumbents else None
            made, _ = TrainingTable(folder).made(
                asked.identity(), epochs, lambda checkpoint, known: asked.make(epochs, (), checkpoint, known, after)
            )
        else:
            made = asked.make(epochs)
        whole = made.outcome == ENDED
        seconds = made.seconds[training.reached : epochs if whole else None]
        parameters, flops = asked.network.sizes(asked.data)
        measured = {name: made.at("validation", name, epochs) for name in ("accuracy", "loss")}
        found = {**measured, "parameters": parameters, "flops": flops}
        values = [
            nan if (value := found[objective.name]) is None else objective.signed(float(value))
            for objective in self._benchmark.objectives
        ]
        if not whole and made.epochs < epochs:
            values[0] = nan
        return Trained(values, {"seconds": sum(seconds)})


class JudgedImages(ImageBenchmark):
    """A benchmark whose referee knows what retrainings gave; of an architecture that was not trained anew it knows nothing."""

    judged_on = RETRAINED

    def __init__(self, benchmark: ImageBenchmark, folder: str) -> None:
        self.__dict__.update(benchmark.__dict__)
        self.name = benchmark.name
        self._benchmark, self._folder = benchmark, folder

    def plan(self, arch: Arch) -> Plan:
        """The network and the recipe that an architecture of the space says."""
        return self._benchmark.plan(arch)

    @property
    def checksum(self) -> str:
        """Identifies the data with their splits, and the training."""
        return self._benchmark.checksum

    def retraining_seconds(self) -> float:
        """The seconds that all retrainings in the folder took together."""
        return sum(sum(training.seconds) for _, training in TrainingTable(self._folder))

    def retraining_rows(self, index: int) -> list[dict[str, Any]]:
        """What is known of the retrainings of an architecture, a row for each of them and each split: how it ended, ``loss`` in
        nats, ``accuracy`` in percent, macro ``precision``, ``recall`` and ``f1``, the confusion matrix, trainable ``parameters``,
        ``flops`` of a forward pass (multiply-accumulates), mean seconds of an epoch, and the most bytes that its process held.
        """
        arch, rows = self.space.at(index), []
        training = self._benchmark.training(arch, 0)
        parameters, flops = training.network.sizes(training.data)
        for number, made in enumerate(self._benchmark.retrained(index, self._folder)):
            shared = {
                "parameters": parameters,
                "flops": flops,
                "seconds_an_epoch": sum(made.seconds) / max(len(made.seconds), 1),
                "peak_memory": made.made.get("peak memory", 0),
            }
            named = {"architecture": self.space.format(arch), "retraining": number, "outcome": made.outcome}
            rows += [{**named, "split": split, **scores, **shared} for split, scores in made.scores.items()] or [
                {**named, **shared}
            ]
        return rows

    def referee(self) -> RetrainedReferee:
        """The referee, which looks into the folder of retrainings."""
        return RetrainedReferee(self._benchmark, self._folder)


class RetrainedReferee:
    """What retrainings say of architectures: the mean of the first objective over them, ``nan`` where there are none."""

    def __init__(self, benchmark: ImageBenchmark, folder: str) -> None:
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
            training = self._benchmark.training(self._benchmark.space.at(index), 0)
            return objective.signed(float(training.network.sizes(training.data)[objective.name == "flops"]))
        values = [training.scores[split][objective.name] for training in made if split in training.scores]
        complete = len(values) == self._benchmark.retrainings and all(map(isfinite, values))
        return objective.signed(sum(values) / len(values)) if complete else nan
