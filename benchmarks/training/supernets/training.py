"""The training of a supernet, an epoch at a time, and what it says of architectures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.benchmarks.training.fitting.checkpoints import read_checkpoint, write_checkpoint
from nasbed.benchmarks.training.fitting.fit import OutOfTime, batches
from nasbed.benchmarks.training.fitting.threads import one_thread
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.table.digits import Split
from nasbed.benchmarks.training.supernets.cell_supernet import CellSupernet
from nasbed.benchmarks.training.supernets.chain_supernet import ChainSupernet
from nasbed.benchmarks.training.supernets.darts import Darts
from nasbed.benchmarks.training.supernets.data import Batch, SupernetData
from nasbed.benchmarks.training.supernets.dr_nas import DrNas
from nasbed.benchmarks.training.supernets.enas import Enas
from nasbed.benchmarks.training.supernets.gdas import Gdas
from nasbed.benchmarks.training.supernets.method import Supernet, SupernetMethod
from nasbed.benchmarks.training.supernets.pc_darts import PartialChannels
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.benchmarks.training.supernets.setn import Setn
from nasbed.benchmarks.training.supernets.single_path import SinglePath
from nasbed.errors import BenchmarkError, OptionError, shown
from nasbed.numeric import require_seed, require_whole
from nasbed.streams import stream
from nasbed.vocabulary import Arch

METHOD_CLASSES: dict[str, Callable[[SupernetPlan, Any, int], SupernetMethod]] = {
    "uniform": SinglePath,
    "fair": SinglePath,
    "enas": Enas,
    "darts": Darts,
    "gdas": Gdas,
    "pc_darts": PartialChannels,
    "dr_nas": DrNas,
    "setn": Setn,
}

_TRIED = 9
"""Steps that are timed to know what an epoch takes; the first warms up."""


class SupernetTraining:
    """The supernet of a space in training by a plan on ``data``: image data, or the digits of digits201. ``space`` is the
    :class:`~nasbed.benchmarks.spaces.cell_network.NetworkShape` that NAS-Bench-201's cells are stacked in, or a
    :class:`~nasbed.benchmarks.spaces.chain.ChainSpace`, whose supernet is trained on uniform single paths alone. ``device`` is a
    torch device; on a CPU the same call gives the same numbers, also when it goes on from a checkpoint.

    ``seconds`` are those of each epoch, ``losses`` the mean of each on the part of the data that weights are trained on. A loss
    that is no number ends the training: it has ``failed``.

    Raises :class:`~nasbed.errors.OptionError` for a space without a supernet, and for images of another shape.
    """

    def __init__(
        self,
        plan: SupernetPlan,
        space: NetworkShape | ChainSpace,
        data: ImageData | Mapping[str, Split] | SupernetData,
        seed: int,
        device: str = "cpu",
    ) -> None:
        self.plan, self.seed, self.device = plan, require_seed(seed), torch.device(device)
        self.data = SupernetData.of(data)
        with one_thread():
            self.network = _supernet(plan, space, self.data, seed)
            self.network.weights.move(self.device)
            self.method = METHOD_CLASSES[plan.method](plan, self.network, seed)
        self.epoch, self.seconds, self.losses = 0, list[float](), list[float]()
        self._trajectory: list[np.ndarray] = []
        self._scored = list(self._pieces(self.data.validation, plan.score_batch))
        count = len(self.data.train[1])
        halves = torch.from_numpy(stream(seed, "supernet", "halves").numpy.permutation(count))
        whole = torch.arange(count)
        parts = halves.split((count + 1) // 2) if plan.halves else (whole, whole[:0])
        self._own: Tensor = parts[0]
        self._other: Tensor = parts[1]

    @property
    def failed(self) -> bool:
        """Whether a loss was no number."""
        return bool(self.losses) and not np.isfinite(self.losses[-1])

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to train: after the last epoch, or where the method ended the search before it."""
        return self.epoch >= self.plan.epochs or self.method.ended or self.failed

    @property
    def trajectory(self) -> np.ndarray:
        """The probability of each value of each decision after each epoch (epochs, decisions, values); for cells edges and
        operations.
        """
        return np.array(self._trajectory).reshape(len(self._trajectory), *self.network.uniform().shape)

    def run(
        self, until: int | None = None, limit: float | None = None, after: Callable[[], None] | None = None
    ) -> SupernetTraining:
        """Train up to an epoch, by default the plan's last; ``after`` is called at the end of each.

        Raises :class:`~nasbed.benchmarks.training.fitting.fit.OutOfTime` where the epochs together, with those before, have taken
        more than ``limit`` seconds; then the training cannot go on, but from a checkpoint.
        """
        last = self.plan.epochs if until is None else require_whole("until", until, 0, self.plan.epochs)
        spent = sum(self.seconds)
        with one_thread():
            while self.epoch < last and not self.ended:
                began = time.perf_counter()
                self._train(None if limit is None else began + limit - spent)
                self._trajectory.append(self.method.probabilities())
                self.seconds.append(time.perf_counter() - began)
                spent += self.seconds[-1]
                self.epoch += 1
                if after is not None:
                    after()
        return self

    def tried(self, epoch: int, clock: Callable[[], float]) -> tuple[float, float]:
        """The seconds by a ``clock`` of the steps of an epoch, counted from 0, and of what is done after them: the median of a few
        that are tried. They change the weights, so that such a training cannot go on.
        """
        self.epoch = epoch
        with one_thread():
            self.method.begin(epoch)
            train, held = self._batches()
            rate = self.plan.rate_of(epoch)

            def step(pair: tuple[Batch, Batch]) -> float:
                return float(self.method.step(*pair, rate))

            steps = [_timed(clock, partial(step, pair)) for pair in list(zip(train, held, strict=True))[:_TRIED]]
            after = [_timed(clock, partial(self.method.finish, held)) for _ in range(2)]
        return float(np.median(steps[1:] or steps)) * len(train), min(after)

    def _train(self, deadline: float | None) -> None:
        rate = self.plan.rate_of(self.epoch)
        self.method.begin(self.epoch)
        train, held = self._batches()
        losses = []
        for own, other in zip(train, held, strict=True):
            losses.append(self.method.step(own, other, rate))
            if deadline is not None and time.perf_counter() > deadline:
                raise OutOfTime
        self.losses.append(float(torch.stack(losses).double().mean()))
        if not self.failed:
            self.method.finish(held)
        if deadline is not None and time.perf_counter() > deadline:
            raise OutOfTime

    def _batches(self) -> tuple[list[Batch], list[Batch]]:
        """The batches of this epoch for the weights, and as many for what is learned of the architecture. The latter are drawn by
        one order of their part of the data after another, so that they differ from step to step and cover all of it.
        """
        rng = stream(self.seed, "supernet", f"images, epoch {self.epoch}")
        images, labels = self.data.train
        images = self.data.changed(images, rng)
        order = self._own[torch.from_numpy(rng.numpy.permutation(len(self._own)))]
        parts = [order[start:end] for start, end in batches(len(order), self.plan.batch)]
        train = [self._placed(images[part], labels[part]) for part in parts]
        if not self.plan.halves:
            images, labels = self.data.validation
        pool = self._other if self.plan.halves else torch.arange(len(labels))
        turns = -(-len(order) // len(pool))
        places = torch.cat([pool[torch.from_numpy(rng.numpy.permutation(len(pool)))] for _ in range(turns)])
        sizes = [len(part) for part in parts]
        held = [self._placed(images[part], labels[part]) for part in places[: len(order)].split(sizes)]
        return train, held

    def _placed(self, images: Tensor, labels: Tensor) -> Batch:
        return images.to(self.device, memory_format=torch.channels_last), labels.to(self.device)

    def _pieces(self, batch: Batch, most: int) -> Iterator[Batch]:
        """A split in pieces of almost the same number of images, at most so many."""
        images, labels = batch
        count = -(-len(labels) // most)
        for part in torch.arange(len(labels)).tensor_split(count):
            yield self._placed(images[part], labels[part])

    def derived(self) -> Arch:
        """The architecture that the method ends in, with the weights of the last epoch; where it compares candidates, each is
        scored on one piece of the validation split, in turn.

        Raises :class:`~nasbed.errors.BenchmarkError` where the training has failed.
        """
        self._require_sound()
        with one_thread():
            return self.method.derived(self._on_one_batch)

    def _on_one_batch(self, archs: Sequence[Arch]) -> list[float]:
        found = [float("nan")] * len(archs)
        for turn, batch in enumerate(self._scored):
            places = range(turn, len(archs), len(self._scored))
            for place, right in zip(places, self._right([archs[place] for place in places], batch), strict=True):
                found[place] = 100 * right / len(batch[1])
        return found

    def inherited(self, arch: Arch, one_batch: bool = False) -> float:
        """The accuracy in percent of an architecture with inherited weights on the validation split, or on its first batch."""
        return self.inherited_many([arch], one_batch)[0]

    def inherited_many(self, archs: Sequence[Arch], one_batch: bool = False) -> list[float]:
        """The accuracies of several architectures, which is faster than one after the other.

        Raises :class:`~nasbed.errors.ArchitectureError` for what the supernet does not hold, and
        :class:`~nasbed.errors.BenchmarkError` where the training has failed.
        """
        self._require_sound()
        for arch in archs:
            self.network.require(arch)
        scored = self._scored[:1] if one_batch else self._scored
        with one_thread():
            right = np.sum([self._right(archs, batch) for batch in scored], axis=0)
        accuracies: list[float] = (100 * right / sum(len(labels) for _, labels in scored)).tolist()
        return accuracies

    @torch.no_grad()
    def _right(self, archs: Sequence[Arch], batch: Batch) -> list[int]:
        """How many images of a batch each architecture gets right."""
        images, labels = batch
        found = [0] * len(archs)
        for place, logits in self.network.paths(images, archs, self.network.weights.views(), self.method.edges):
            found[place] = int((logits.argmax(1) == labels).sum())
        return found

    def _require_sound(self) -> None:
        if self.failed:
            raise BenchmarkError(
                f"the supernet of {self.plan.method} has failed: its loss is no number after epoch {self.epoch}; use a lower rate"
                f" than {self.plan.rate:g}"
            )

    def identity(self) -> dict[str, Any]:
        """What decides the numbers of the training, as plain data."""
        return {
            "plan": self.plan.described(),
            "space": self.network.described(),
            "data": self.data.checksum,
            "seed": self.seed,
            "device": self.device.type,
        }

    def state(self) -> dict[str, Any]:
        """All that the training goes on from, as tensors and plain data."""
        return {
            "epoch": self.epoch,
            "weights": self.network.weights.vector.detach().clone(),
            "momentum": self.method.optimizer.momentum.clone(),
            "method": self.method.state(),
            "seconds": list(self.seconds),
            "losses": list(self.losses),
            "trajectory": torch.from_numpy(self.trajectory),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave for the same plan, space, data and seed."""
        with torch.no_grad():
            self.network.weights.vector.copy_(state["weights"])
            self.method.optimizer.momentum.copy_(state["momentum"])
        self.method.restore(state["method"])
        self.epoch, self.seconds, self.losses = int(state["epoch"]), list(state["seconds"]), list(state["losses"])
        self._trajectory = list(state["trajectory"].cpu().numpy())

    def save(self, path: Path | str) -> None:
        """Write a checkpoint; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
        write_checkpoint(path, self.identity(), self.state())

    def load(self, path: Path | str) -> None:
        """Go on from a checkpoint; raises :class:`~nasbed.errors.DataError` for a damaged one and that of another training."""
        self.restore(read_checkpoint(path, self.identity(), self.device))


def _timed(clock: Callable[[], float], work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began


def _supernet(plan: SupernetPlan, space: Any, data: SupernetData, seed: int) -> Supernet:
    """The supernet of a space; raises :class:`~nasbed.errors.OptionError` where there is none, or it does not fit the images."""
    if isinstance(space, NetworkShape):
        wanted = (space.colours, space.pixels, space.breadth, space.classes)
    elif isinstance(space, ChainSpace):
        wanted = (*space.image, data.classes)
        if plan.method != "uniform":
            raise OptionError(
                f"method = {shown(plan.method)}: a supernet of chains is trained by 'uniform' alone, since not all decisions of a"
                " chain count; use rsps or spos with uniform sampling, or a benchmark of cells, as digits201, which has all methods"
            )
        if plan.operations != OPERATIONS:
            raise OptionError(
                f"operations = {shown(list(plan.operations))} are those of cells; leave them out for chains"
            )
    else:
        raise OptionError(
            f"space = {shown(space)} has no supernet; expected the NetworkShape that cells of NAS-Bench-201 are stacked in, or the"
            " space of chains"
        )
    if (*data.image, data.classes) != wanted:
        raise OptionError(
            f"the supernet is for images of {wanted[1]} x {wanted[2]} pixels in {wanted[0]} colours and {wanted[3]} classes, the"
            f" data have {data.image[1]} x {data.image[2]}, {data.image[0]} and {data.classes}; give it the shape of the data"
        )
    if isinstance(space, ChainSpace):
        return ChainSupernet(space, data.classes, seed)
    return CellSupernet(space, seed, plan.codes, plan.parts or 1)
