"""Trains one architecture with several seeds; what has been trained in a folder is not trained again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.training.exports import logits_of, opened, plain_weights, require_agreement
from nasbed.benchmarks.training.image_benchmark import ImageBenchmark
from nasbed.benchmarks.training.images.images import SPLITS
from nasbed.benchmarks.training.plain import Exportable, PlainNetwork, source
from nasbed.benchmarks.training.trainings import ENDED, MadeTraining, TrainingTable
from nasbed.errors import BenchmarkError, DataError, OptionError
from nasbed.files import atomic_write
from nasbed.progress import Progress
from nasbed.streams import key
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fit import Fit
    from nasbed.benchmarks.training.image_training import ImageTraining

TRAININGS = "trainings"
"""The folder of a trained network that holds its trainings: curves, scores and weights."""


def train_seeds(
    benchmark: ImageBenchmark, arch: Arch, seeds: int, folder: Path | str, progress: Progress
) -> list[MadeTraining]:
    """The trainings of an architecture to the benchmark's last epoch, made in ``folder`` where they are not there.

    They are those that a study makes of an incumbent, of the same seeds. Raises :class:`~nasbed.errors.OptionError` for a network
    that cannot be exported, :class:`~nasbed.errors.BenchmarkError` where all fail, :class:`~nasbed.errors.DataError` for damaged
    files, :class:`~nasbed.errors.StoreError` where nothing can be written.
    """
    plain = plain_of(benchmark, arch)
    found = []
    for number in range(seeds):
        training = _training(benchmark, arch, number)
        found.append(_made(training, plain, folder, _told(progress, number, seeds, benchmark.epochs[-1])))
    if all(one.outcome != ENDED for one in found):
        outcomes = ", ".join(
            f"seed {number}: {one.outcome} in epoch {one.epochs + 1}" for number, one in enumerate(found)
        )
        raise BenchmarkError(
            f"no training of {benchmark.space.format(arch)} came to its end ({outcomes}); take a lower learning rate, a smaller"
            " network or a longer limit, and another folder"
        )
    return found


def weights_of(benchmark: ImageBenchmark, arch: Arch, number: int, folder: Path | str) -> dict[str, np.ndarray]:
    """The weights that the training of a number left in ``folder``.

    Raises :class:`~nasbed.errors.DataError` where they are damaged or gone.
    """
    table, identity = TrainingTable(folder), _training(benchmark, arch, number).identity()
    path = table.path(identity, "npz")
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except Exception as error:  # whatever a damaged archive makes of itself
        raise DataError(
            f"the weights in {path} are {'gone' if isinstance(error, FileNotFoundError) else 'damaged'}; delete"
            f" {table.path(identity)}, and they are trained again"
        ) from None


def plain_of(benchmark: ImageBenchmark, arch: Arch) -> PlainNetwork:
    """The network of an architecture as PyTorch's own modules; raises :class:`~nasbed.errors.OptionError` for one that has none."""
    network = benchmark.plan(arch).network
    if not isinstance(network, Exportable):
        raise OptionError(
            f"networks of {benchmark.name} cannot be written as PyTorch's own modules; give"
            f" {type(network).__name__} a method plain()"
        )
    return network.plain(benchmark.images)


def _training(benchmark: ImageBenchmark, arch: Arch, number: int) -> ImageTraining:
    return benchmark.training(arch, key("retraining", number))


def _told(progress: Progress, number: int, seeds: int, epochs: int) -> Any:
    """What is called with a fit after each epoch, and without one when its training is done."""

    def told(fit: Fit | None) -> None:
        label = f"seed {number + 1} of {seeds}"
        if fit is not None:
            label += f": validation accuracy {fit.curves.values['validation']['accuracy'][-1][0]:.1f} %"
        done = epochs if fit is None else fit.epoch
        progress(label, number * epochs + done, seeds * epochs)

    return told


def _made(training: ImageTraining, plain: PlainNetwork, folder: Path | str, told: Any) -> MadeTraining:
    """One training, whose weights lie beside it once it has come to its end."""
    table, identity, epochs = TrainingTable(folder), training.identity(), training.recipe.epochs

    def after(fit: Fit) -> None:
        told(fit)
        if fit.epoch == epochs and not fit.failed.any():
            weights = plain_weights(plain, fit.networks.state_dict())
            network = opened(source(plain.code, training.data, ""), weights)
            images = training.data.splits["validation"].images
            require_agreement(
                fit.logits("validation")[0], logits_of(network, images), "the network in PyTorch's own modules"
            )
            content = io.BytesIO()
            np.savez(content, allow_pickle=False, **weights)
            atomic_write(table.path(identity, "npz"), content.getvalue(), "use another folder")

    made, _ = table.made(
        identity, epochs, lambda checkpoint, known: training.make(epochs, SPLITS, checkpoint, known, after), SPLITS
    )
    told(None)
    return made
