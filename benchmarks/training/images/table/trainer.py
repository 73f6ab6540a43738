"""Training for real: the recipe of NAS-Bench-201 on one cell's network, or on those of many cells in one program."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.training.fitting.checkpoints import require_identity
from nasbed.benchmarks.training.fitting.threads import one_thread
from nasbed.benchmarks.training.images.networks.cell_network import Networks
from nasbed.benchmarks.training.images.table.digits import SIZES, Split, corrupted
from nasbed.benchmarks.training.recipe import METRICS, Recipe
from nasbed.errors import DataError
from nasbed.files import atomic_write
from nasbed.streams import stream
from nasbed.vocabulary import Arch


@dataclass
class Curves:
    """What was recorded: for each split and metric an array (networks, epochs), ``nan`` for what has not been trained yet
    and from the epoch on in which a network's loss was not a number; and the seconds of each epoch of training.
    """

    values: dict[str, dict[str, np.ndarray]]
    seconds: np.ndarray

    @classmethod
    def empty(cls, networks: int, recipe: Recipe, splits: Sequence[str]) -> Curves:
        """Curves in which nothing is recorded yet: ``nan`` everywhere."""
        blank = {split: {m: np.full((networks, recipe.epochs), np.nan) for m in METRICS} for split in splits}
        return cls(blank, np.full(recipe.epochs, np.nan))


class TrainingState:
    """The networks of ``archs`` in training on ``data``, an epoch at a time; ``seed`` decides initial weights, the order of the
    images and their corruption, which are common to all networks. ``device`` is a torch device.

    On a CPU the same call gives the same numbers, also when it goes on from a checkpoint. Networks trained together differ
    from networks trained alone by rounding only.
    """

    def __init__(
        self,
        archs: Sequence[Arch],
        shape: NetworkShape,
        recipe: Recipe,
        seed: int,
        data: Mapping[str, Split],
        device: str = "cpu",
    ) -> None:
        self.archs, self.shape, self.recipe, self.seed = tuple(archs), shape, recipe, seed
        self.device = torch.device(device)
        self.data = {
            name: Split(split.images if name == "train" else split.images.to(self.device), split.labels.to(self.device))
            for name, split in data.items()
        }  # images to train on are corrupted anew in every epoch, on the CPU
        self.networks = Networks(archs, shape, seed).to(self.device)
        self.optimizer = torch.optim.SGD(
            self.networks.parameters(),
            lr=recipe.rate,
            momentum=recipe.momentum,
            nesterov=True,
            weight_decay=recipe.decay,
            foreach=True,
        )
        self.epoch = 0
        self.curves = Curves.empty(len(archs), recipe, list(data))

    def run(self, until: int | None = None, after: Callable[[], None] | None = None) -> Curves:
        """Train up to an epoch (the recipe's last by default); ``after`` is called at the end of each."""
        last = self.recipe.epochs if until is None else until
        with one_thread():
            while self.epoch < last:
                self._train()
                self._evaluate()
                self.epoch += 1
                if after is not None:
                    after()
        return self.curves

    def _train(self) -> None:
        split, recipe = self.data["train"], self.recipe
        rng = stream(self.seed, "training", f"epoch {self.epoch}")
        images = corrupted(split.images, rng).to(self.device)
        order = torch.from_numpy(rng.numpy.permutation(len(images))).to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate_of(self.epoch)
        self.networks.train()
        losses, correct = self._zeros(), self._zeros()
        begin = time.perf_counter()
        for chosen in order.split(recipe.batch):
            loss, right = self._forward(images[chosen], split.labels[chosen])
            self.optimizer.zero_grad()
            loss.sum().backward()
            self.optimizer.step()
            losses += loss.detach() * len(chosen)
            correct += right
        self.curves.seconds[self.epoch] = time.perf_counter() - begin
        self._record("train", losses / len(images), correct)

    @torch.no_grad()
    def _evaluate(self) -> None:
        self.networks.eval()
        for name, split in self.data.items():
            if name == "train":
                continue
            losses, correct = self._zeros(), self._zeros()
            for images, labels in zip(
                split.images.split(self.recipe.batch),
                split.labels.split(self.recipe.batch),
                strict=True,
            ):
                loss, right = self._forward(images, labels)
                losses += loss * len(labels)
                correct += right
            self._record(name, losses / len(split.labels), correct)

    def _zeros(self) -> Tensor:
        return torch.zeros(len(self.archs), device=self.device)

    def _forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean loss of each network, and how many images it gets right."""
        logits = self.networks(images)
        repeated = labels[:, None].expand(-1, len(self.archs))
        losses = functional.cross_entropy(logits.flatten(0, 1), repeated.flatten(), reduction="none")
        right = (logits.argmax(2) == repeated).sum(0)
        return losses.view(len(labels), -1).mean(0), right

    def _record(self, split: str, losses: Tensor, correct: Tensor) -> None:
        losses, correct = losses.cpu(), correct.cpu()
        failed = ~torch.isfinite(losses) | torch.from_numpy(
            np.isnan(self.curves.values["train"]["loss"][:, : self.epoch]).any(1)
        )
        for metric, values in zip(METRICS, (losses, correct), strict=True):
            self.curves.values[split][metric][:, self.epoch] = torch.where(failed, torch.nan, values).numpy()

    def save(self, path: Path) -> None:
        """Write a checkpoint; raises :class:`~nasbed.errors.StoreError` where that cannot be done."""
        content = {
            "identity": self.identity(),
            "epoch": self.epoch,
            "networks": self.networks.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seconds": torch.from_numpy(self.curves.seconds),
            "values": {
                split: {metric: torch.from_numpy(values) for metric, values in metrics.items()}
                for split, metrics in self.curves.values.items()
            },
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        atomic_write(path, buffer.getvalue())

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint of the same networks, recipe and seed.

        Raises :class:`~nasbed.errors.DataError` for any other and for a damaged one.
        """
        try:
            content = torch.load(path, map_location=self.device, weights_only=True)
            identity = content["identity"]
        except Exception as error:
            raise DataError(
                f"{path} is no whole checkpoint: {type(error).__name__}; delete it to train from the start"
            ) from None
        require_identity(path, identity, self.identity())
        self.epoch = content["epoch"]
        self.networks.load_state_dict(content["networks"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.curves.seconds = content["seconds"].cpu().numpy()
        self.curves.values = {
            split: {metric: values.cpu().numpy() for metric, values in metrics.items()}
            for split, metrics in content["values"].items()
        }

    def identity(self) -> dict[str, Any]:
        """What decides the numbers of these trainings, as plain data."""
        return identity(self.archs, self.shape, self.recipe, self.seed)


def identity(archs: Sequence[Arch], shape: NetworkShape, recipe: Recipe, seed: int) -> dict[str, Any]:
    """What decides the numbers of a training on the digits, as plain data."""
    return {
        "archs": [list(arch) for arch in archs],
        "shape": shape.described(),
        "recipe": recipe.described(),
        "seed": seed,
        "splits": SIZES,
    }
