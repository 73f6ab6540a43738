"""Benchmarks that train networks on image data: what they have in common, whatever their space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, get_args

from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.distillation import BEST, BestSoFar, Distillation
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.training import ImageTraining
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.network_benchmark import OPTIONS, NetworkBenchmark
from nasbed.benchmarks.training.recipe import Optimizer, Precision, Recipe
from nasbed.benchmarks.training.trained.teachers import ExportedTeacher, TrainedTeacher, taught_by
from nasbed.errors import OptionError, require_name, shown
from nasbed.vocabulary import Arch


@lru_cache(maxsize=4)
def images_of(data: str, folder: str | None, state: object) -> ImageData:
    """Image data by name or path, read once in a process while the files are in the same ``state``."""
    return load_images(data, folder)


class ImageBenchmark(NetworkBenchmark[ImageData]):
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

    ``precision`` is ``float32`` or ``bfloat16``: in what convolutions and products of training steps are computed. It is part of
    what names a training. Evaluation is in float32 with either.
    """

    kind, trained_by = ImageData, ImageTraining
    expected = "the name of a data set, or the path of a folder or npz file"
    meanings: ClassVar[Mapping[str, str]] = {
        **OPTIONS,
        "data": "name of a data set, folder of images by class, or npz file",
        "teacher": "folder of an exported network that all learn from, or best, the incumbent of the search",
        "temperature": "what logits are divided by under a teacher, 4 by default",
        "teacher_weight": "share of the loss that a teacher has, 0.9 by default",
        "precision": "float32, or bfloat16 in the convolutions and products of training steps",
        "channels": "channels of the first stage",
        "cells": "cells of a stage",
        "stages": "stages of the network",
        "batch": "images of a step",
        "rate": "learning rate, which falls to 0 by a cosine",
        "decay": "weight decay",
    }

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
        precision: Precision = "float32",
    ) -> None:
        require_name("precision", precision, get_args(Precision), self.name)
        self.precision = precision
        super().__init__(data, folder, epochs, objectives, limit, retrainings, device)
        self.distillation = self._distillation(teacher, temperature, teacher_weight)
        if self.distillation is not None:
            uncounted = "" if self.learns_from_best else ", whose own training is not counted"
            self.cost_model += f"; trainings are distilled from {self.distillation.teacher.words}{uncounted}"

    def recipe_of(self, batch: int, rate: float, decay: float, optimizer: Optimizer = "sgd") -> Recipe:
        """The recipe of a training to the last epoch, with the teacher and the precision of the benchmark."""
        return Recipe(
            self.epochs[-1],
            batch,
            rate,
            decay=decay,
            optimizer=optimizer,
            distillation=self.distillation,
            precision=self.precision,
        )

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
        return self.loaded

    def _read(self) -> ImageData:
        return images_of(self.data, self.folder, self._files)

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
