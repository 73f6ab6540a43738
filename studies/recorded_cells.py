"""Cells of NAS-Bench-201 trained here for 12 epochs on CIFAR-10, beside the recorded trainings of 12 epochs and their noise."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median
from typing import NamedTuple

import numpy as np

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.training.images.images import ImageData, ImageSplit
from nasbed.benchmarks.training.images.networks.fit import ImageFit
from nasbed.benchmarks.training.images.networks.networks import CellNetwork
from nasbed.benchmarks.training.recipe import Precision, Recipe
from nasbed.streams import stream
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown

RECIPE = Recipe(epochs=12, batch=256, rate=0.1)
"""That of the recorded trainings of 12 epochs (Dong and Yang, ICLR 2020, section 2.3)."""
_NEAR = 5.0
"""Points of accuracy within which other cells say what the noise of one is."""


class Noise(NamedTuple):
    """The standard deviation of one training's accuracy, in points, and from how many degrees of freedom it is known."""

    deviation: float
    freedom: int


def recorded() -> np.ndarray:
    """Test accuracies in percent (architectures,) of the recorded trainings of 12 epochs on all 50,000 images of CIFAR-10, one of
    each; raises :class:`~nasbed.errors.DataError` where that table has not been imported.
    """
    table = home.load("nasbench201_12epochs")
    accuracies: np.ndarray = table.read(table.column("cifar10", "accuracy", "test", 12))
    return accuracies


def noise_near(accuracies: np.ndarray, classes: Sequence[int], accuracy: float) -> Noise:
    """The noise of a training, from isomorphic cells, which are the same network trained with other numbers drawn: pooled over the
    ``classes`` (architectures,) whose mean accuracy is within five points of ``accuracy``.
    """
    squares, freedom = 0.0, 0
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(np.asarray(classes)[order], prepend=-1))
    for members in np.split(accuracies[order], starts[1:]):
        if len(members) > 1 and abs(members.mean() - accuracy) <= _NEAR:
            squares += float(((members - members.mean()) ** 2).sum())
            freedom += len(members) - 1
    return Noise(sqrt(squares / freedom) if freedom else float("nan"), freedom)


def chosen(count: int) -> list[int]:
    """Indices of cells with a path from input to output, drawn at random, ascending; the same for each call, and among those of a
    call for more.
    """
    space = NASBench201Space()
    order = [index for index in range(len(space)) if any(live(space.at(index)))]
    stream(0, "measuring", "recorded cells").shuffle(order)
    return sorted(order[:count])


def all_to_train_on(data: ImageData) -> ImageData:
    """The same images, those of validation among those to train on, as the recorded trainings had them."""
    whole, test = [data.splits["train"], data.splits["validation"]], data.splits["test"]
    joined = ImageSplit(np.concatenate([one.images for one in whole]), np.concatenate([one.labels for one in whole]))
    origin = f"{data.origin} Validation images are trained on."
    return ImageData(data.name, data.classes, {"train": joined, "test": test}, data.augmentation, origin)


def trained(
    index: int,
    data: ImageData,
    device: str,
    precision: Precision,
    recipe: Recipe = RECIPE,
    channels: int = 16,
    cells: int = 5,
) -> tuple[float, float]:
    """Test accuracy in percent after the last epoch of a cell's training, and the seconds of its median epoch, evaluation of the
    test images included.
    """
    cell = live(NASBench201Space().at(index))
    shape = NetworkShape(channels, cells, 3, len(data.classes), data.height, data.colours, data.width)
    said = Recipe(recipe.epochs, recipe.batch, recipe.rate, precision=precision)
    fit = ImageFit(CellNetwork(cell, shape).build(data, [0]), said, [0], data, ("test",), device)
    curves = fit.run(said.epochs)
    return float(curves.values["test"]["accuracy"][-1][0]), median(curves.seconds[1:] or curves.seconds)


def beside_recorded(
    indices: Sequence[int], found: Sequence[tuple[float, float]], accuracies: np.ndarray, classes: Sequence[int]
) -> str:
    """A table in markdown of the trained cells beside the recorded, and a sentence on their differences. ``found`` are accuracies
    and seconds of an epoch, as :func:`trained` gives them.
    """
    rows, apart, scaled = [], [], []
    for index, (accuracy, spent) in zip(indices, found, strict=True):
        there = float(accuracies[index])
        noise = noise_near(accuracies, classes, there)
        apart.append(accuracy - there)
        scaled.append(apart[-1] / (sqrt(2) * noise.deviation) if noise.deviation > 0 else float("nan"))
        rows.append(
            [
                f"{index:,}", f"{accuracy:.2f}", f"{there:.2f}", f"{apart[-1]:+.2f}",
                f"{noise.deviation:.2f} ({noise.freedom:,})", f"{scaled[-1]:+.1f}", f"{spent:.2f}",
            ]
        )  # fmt: skip
    heads = ["cell", "test, %", "recorded", "Δ", "noise of one training (df)", "Δ in its deviations", "s an epoch"]
    sentence = f"Mean Δ {np.mean(apart):+.2f} points"
    if len(apart) > 1:
        sentence += f" ± {np.std(apart, ddof=1) / sqrt(len(apart)):.2f} (standard error)"
    known = [one for one in scaled if not np.isnan(one)]
    if known:
        sentence += (
            f"; root mean square of Δ in its deviations {sqrt(np.mean(np.square(known))):.2f}, 1 where both are alike"
        )
    sentence += "."
    return f"{markdown(printed(heads, rows))}\n\n{sentence}"
