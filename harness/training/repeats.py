"""Trains one architecture with several seeds; what has been trained in a folder is not trained again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.training.images.images import SPLITS
from nasbed.benchmarks.training.local.trainings import ENDED, MadeTraining, TrainingTable
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.plain import Exportable, PlainNetwork
from nasbed.benchmarks.training.trained.exports import opened, plain_weights, require_agreement
from nasbed.errors import BenchmarkError, DataError, OptionError
from nasbed.files import atomic_write
from nasbed.progress import Counts, Progress, begin, happened
from nasbed.training.kind import DataKind
from nasbed.training.kinds import kind_of
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.benchmarks.training.fitting.fit import Fit
    from nasbed.benchmarks.training.network_training import NetworkTraining

TRAININGS = "trainings"
"""The folder of a trained network that holds its trainings: curves, scores and weights."""


def train_seeds(
    benchmark: NetworkBenchmark[Any], arch: Arch, seeds: int, folder: Path | str, progress: Progress
) -> list[MadeTraining]:
    """The trainings of an architecture to the benchmark's last epoch, made in ``folder`` where they are not there.

    They are those that a study makes of an incumbent with as many retrainings. Raises
    :class:`~nasbed.errors.OptionError` for a network that cannot be exported, :class:`~nasbed.errors.BenchmarkError` where all
    fail, :class:`~nasbed.errors.DataError` for damaged files, :class:`~nasbed.errors.StoreError` where nothing can be written.
    """
    plain, kind = plain_of(benchmark, arch), kind_of(benchmark)
    found: list[MadeTraining] = []
    begin(progress, "epochs", anew=True)
    while len(found) < seeds:
        training = benchmark.retraining(arch, len(found), seeds)
        told = _told(progress, range(len(found), len(found) + len(training.seeds)), seeds, benchmark.epochs[-1])
        made = _made(training, plain, kind, folder, told)
        happened(progress, Counts(len(made), failed=sum(one.outcome != ENDED for one in made)))
        found += made
    if all(one.outcome != ENDED for one in found):
        outcomes = ", ".join(
            f"seed {number}: {one.outcome} in epoch {one.epochs + 1}" for number, one in enumerate(found)
        )
        raise BenchmarkError(
            f"no training of {benchmark.space.format(arch)} came to its end ({outcomes}); take a lower learning rate, a smaller"
            " network or a longer limit, and another folder"
        )
    return found


def weights_of(
    benchmark: NetworkBenchmark[Any], arch: Arch, number: int, seeds: int, folder: Path | str
) -> dict[str, np.ndarray]:
    """The weights that the training of a number among ``seeds`` left in ``folder``.

    Raises :class:`~nasbed.errors.DataError` where they are damaged or gone.
    """
    table, identity = TrainingTable(folder), benchmark.retraining(arch, number, seeds).identity()
    path = table.path(identity, "npz")
    try:
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except Exception as error:  # whatever a damaged archive makes of itself
        raise DataError(
            f"the weights in {path} are {'gone' if isinstance(error, FileNotFoundError) else 'damaged'}; delete"
            f" {table.path(identity)}, and they are trained again"
        ) from None


def plain_of(benchmark: NetworkBenchmark[Any], arch: Arch) -> PlainNetwork:
    """The network of an architecture as PyTorch's own modules; raises :class:`~nasbed.errors.OptionError` for one that has none."""
    network = benchmark.plan(arch).network
    if not isinstance(network, Exportable):
        raise OptionError(
            f"networks of {benchmark.name} cannot be written as PyTorch's own modules; give"
            f" {type(network).__name__} a method plain()"
        )
    return network.plain(benchmark.loaded)


def _told(progress: Progress, numbers: range, seeds: int, epochs: int) -> Any:
    """What is called with a fit after each epoch, and without one when its trainings are done."""
    which = f"seed {numbers[0] + 1}" if len(numbers) == 1 else f"seeds {numbers[0] + 1} to {numbers[-1] + 1}"

    def told(fit: Fit[Any] | None) -> None:
        label = f"{which} of {seeds}"
        if fit is not None:
            label += f": validation accuracy {fit.curves.values['validation']['accuracy'][-1].mean():.1f} %"
        done = epochs if fit is None else fit.epoch
        progress(label, numbers[0] * epochs + done * len(numbers), seeds * epochs)

    return told


def _made(
    training: NetworkTraining[Any], plain: PlainNetwork, kind: DataKind, folder: Path | str, told: Any
) -> list[MadeTraining]:
    """The trainings of a program, whose weights lie beside them once they have come to their end."""
    table, epochs = TrainingTable(folder), training.recipe.epochs
    identities = [one.identity() for one in training.group()]

    def after(fit: Fit[Any]) -> None:
        told(fit)
        if fit.epoch == epochs:
            for place in np.flatnonzero(~fit.failed).tolist():
                _keep(plain, kind, fit, place, table.path(identities[place], "npz"))

    made, _ = table.made_together(
        identities, epochs, lambda checkpoint: training.make(epochs, SPLITS, checkpoint, after), SPLITS
    )
    told(None)
    return made


def _keep(plain: PlainNetwork, kind: DataKind, fit: Fit[Any], place: int, path: Path) -> None:
    """Write the weights of one of the networks of a fit, as those of PyTorch's own modules, which must give the same logits."""
    weights = plain_weights(plain, fit.networks.alone(place))
    network = opened(kind.source(plain, fit.data, ""), weights)
    theirs = kind.logits(network, kind.stored(fit.data, "validation"))
    require_agreement(fit.logits("validation")[place], theirs, "the network in PyTorch's own modules")
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **weights)
    atomic_write(path, content.getvalue(), "use another folder")
