"""One training for real, an epoch at a time: of a network, or of several in one program."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.training.augmentation import augmented
from nasbed.benchmarks.training.distilled_loss import TrainingLoss
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.optimizers import optimizer_of
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.threads import one_thread
from nasbed.streams import key, stream

_TOGETHER = 64
"""Images that are evaluated together: the maps of more would leave the cache of a core."""


class Trainable(Protocol):
    """Networks side by side that can be trained: a module whose logits are (images, networks, classes), and the layout in
    memory that its images should have.
    """

    count: int
    layout: torch.memory_format
    generators: Sequence[torch.Generator]

    def __call__(self, images: Tensor) -> Tensor: ...

    def parameters(self) -> Any: ...

    def train(self, mode: bool = True) -> Any: ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def alone(self, place: int) -> dict[str, Tensor]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any: ...


class OutOfTime(Exception):
    """A training that took longer than it may."""


@dataclass
class TrainingCurves:
    """What was measured after each epoch: by split and metric (``loss``, in nats, and ``accuracy``, in percent) a list of arrays
    (networks,), one an epoch; and the seconds of each epoch, evaluation included.

    Those of the training split are running averages in training mode, as is usual.
    """

    values: dict[str, dict[str, list[np.ndarray]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def append(self, split: str, loss: Tensor, accuracy: Tensor) -> None:
        """Add what was measured of a split, each (networks,)."""
        metrics = self.values.setdefault(split, {"loss": [], "accuracy": []})
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            metrics[name].append(value.double().cpu().numpy())


class Fit:
    """The training of ``networks`` on ``data`` by a recipe; one seed for each network decides the order of its images, their
    augmentation and its dropout. ``watched`` are the splits that are evaluated after each epoch. ``device`` is a torch device.

    On a CPU the same call gives the same numbers, also when it goes on from :meth:`state`. A training whose loss is not a number
    has failed: ``nan`` from that epoch on. A last batch of a single image joins the one before, since batch norm has no
    variance of one.
    """

    def __init__(
        self,
        networks: Any,
        recipe: Recipe,
        seeds: Sequence[int],
        data: ImageData,
        watched: Sequence[str] = ("validation",),
        device: str = "cpu",
    ) -> None:
        self.recipe, self.seeds, self.data, self.watched = recipe, tuple(seeds), data, tuple(watched)
        self.device = torch.device(device)
        self.networks: Any = networks.to(self.device)
        self.parameters = [one for one in self.networks.parameters() if one.requires_grad]
        self.optimizer = optimizer_of(recipe, self.parameters)
        self.loss = TrainingLoss(recipe, data, self.device)
        self.epoch = 0
        self.curves = TrainingCurves()
        self._held: dict[str, tuple[Tensor, Tensor]] = {}

    @property
    def failed(self) -> np.ndarray:
        """Which networks' trainings have failed, (networks,)."""
        return np.asarray(self._lost.any(axis=0))

    @property
    def reached(self) -> list[int]:
        """How many epochs each network was trained, the one in which it failed included."""
        return [int(np.argmax(one)) + 1 if one.any() else self.epoch for one in self._lost.T]

    @property
    def _lost(self) -> np.ndarray:
        """Whether the loss of an epoch was no number, (epochs, networks)."""
        losses = self.curves.values.get("train", {}).get("loss", [])
        return np.isnan(np.reshape(losses, (-1, len(self.seeds))))

    def run(self, until: int, limit: float | None = None, after: Callable[[], None] | None = None) -> TrainingCurves:
        """Train up to an epoch; ``after`` is called at the end of each.

        Raises :class:`OutOfTime` where the epochs together, with those before, have taken more than ``limit`` seconds. Where
        all networks have failed the rest is not trained.
        """
        spent = sum(self.curves.seconds)
        with one_thread():
            while self.epoch < until and not self.failed.all():
                began = time.perf_counter()
                self._train(None if limit is None else began + limit - spent)
                for split in self.watched:
                    self.curves.append(split, *self._measured(*self._predicted(split)))
                self.curves.seconds.append(time.perf_counter() - began)
                spent += self.curves.seconds[-1]
                self.epoch += 1
                if after is not None:
                    after()
        return self.curves

    def _split(self, name: str) -> tuple[Tensor, Tensor]:
        """The images of a split, normalised, and their labels, on the device."""
        if name not in self._held:
            images = torch.from_numpy(self.data.normalised(name)).to(self.device)
            labels = torch.tensor(self.data.splits[name].labels, device=self.device)
            self._held[name] = images.contiguous(memory_format=self.networks.layout), labels
        return self._held[name]

    def _epoch_images(self) -> tuple[Tensor, ...]:
        """What this epoch trains on: images (count, networks * colours, height, width) in each network's order, their labels
        (count, networks), and what a teacher says of them (count, networks, classes), where there is one.
        """
        images, labels = self._split("train")
        own, targets = [], []
        for seed in self.seeds:
            rng = stream(seed, "training", f"epoch {self.epoch}").numpy
            order = torch.from_numpy(rng.permutation(len(images))).to(self.device)
            own.append(augmented(images[order], self.data.augmentation, rng))
            targets.append(self.loss.targets(own[-1], labels, order))
        whole = own[0] if len(own) == 1 else torch.cat(own, 1)
        together = (torch.stack(one, 1) for one in zip(*targets, strict=True))
        return whole.contiguous(memory_format=self.networks.layout), *together

    def _train(self, deadline: float | None) -> None:
        rate = self.recipe.rate_of(self.epoch)
        for generator, seed in zip(self.networks.generators, self.seeds, strict=True):
            generator.manual_seed(key(seed, "dropout", f"epoch {self.epoch}") % 2**63)
        images, *targets = self._epoch_images()
        self.networks.train()
        logits = []
        for start, end in batches(len(images), self.recipe.batch):
            out = self.networks(images[start:end])
            loss = self.loss(out, *(one[start:end] for one in targets)) * self.networks.count
            gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
            self.optimizer.step(gradients, rate)
            logits.append(out.detach())
            if deadline is not None and time.perf_counter() > deadline:
                raise OutOfTime
        self.curves.append("train", *self._measured(torch.cat(logits), targets[0]))

    @torch.no_grad()
    def _predicted(self, split: str) -> tuple[Tensor, Tensor]:
        """Logits (images, networks, classes) of a split in evaluation mode, and labels (images, networks)."""
        self.networks.train(False)
        images, labels = self._split(split)
        count = self.networks.count
        parts = [self.networks(part.repeat(1, count, 1, 1) if count > 1 else part) for part in images.split(_TOGETHER)]
        return torch.cat(parts), labels[:, None].expand(-1, count)

    @staticmethod
    def _measured(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The mean loss and the accuracy in percent of each network; ``nan`` where a loss is no number."""
        losses = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
        loss = losses.double().mean(0)
        accuracy = (logits.argmax(2) == labels).double().mean(0) * 100
        lost = ~torch.isfinite(loss)
        return torch.where(lost, torch.nan, loss), torch.where(lost, torch.nan, accuracy)

    def logits(self, split: str) -> np.ndarray:
        """Logits (networks, images, classes) of a split, in evaluation mode."""
        with one_thread():
            found: np.ndarray = self._predicted(split)[0].transpose(0, 1).cpu().numpy()
        return found

    def state(self) -> dict[str, Any]:
        """All that a training goes on from, as tensors and plain data."""
        values = {
            f"{split} {metric}": torch.from_numpy(np.array(numbers))
            for split, metrics in self.curves.values.items()
            for metric, numbers in metrics.items()
        }
        return {
            "epoch": self.epoch,
            "networks": self.networks.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seconds": list(self.curves.seconds),
            "values": values,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave for the same networks, recipe, seeds and data."""
        self.epoch = int(state["epoch"])
        self.networks.load_state_dict(state["networks"])
        self.optimizer.load_state_dict(state["optimizer"])
        values: dict[str, dict[str, list[np.ndarray]]] = {}
        for name, numbers in state["values"].items():
            split, metric = name.split()
            values.setdefault(split, {})[metric] = list(numbers.cpu().numpy())
        self.curves = TrainingCurves(values, list(state["seconds"]))


def batches(count: int, size: int) -> list[tuple[int, int]]:
    """Where batches begin and end; a last one of a single image joins the one before.

    >>> batches(9, 4)
    [(0, 4), (4, 9)]
    """
    starts = list(range(0, count, size))
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], count], strict=True))
