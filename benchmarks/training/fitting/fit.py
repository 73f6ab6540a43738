"""One training for real, an epoch at a time: of a network, or of several in one program, whatever the data."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.training.fitting.measures import Measure
from nasbed.benchmarks.training.fitting.optimizers import optimizer_of
from nasbed.benchmarks.training.fitting.precision import precision_of
from nasbed.benchmarks.training.fitting.steps import Batch, EagerSteps, TrainingSteps
from nasbed.benchmarks.training.fitting.threads import one_thread
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.streams import key

Data = TypeVar("Data")
"""The class of the data that are trained on."""


class Trainable(Protocol):
    """Networks side by side that can be trained: a module that gives the logits of each, which is called with what a
    :class:`Batch` of its kind of data holds.
    """

    count: int
    generators: Sequence[torch.Generator]

    def __call__(self, *inputs: Tensor) -> Tensor: ...

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


class Fit(ABC, Generic[Data]):
    """The training of ``networks`` on ``data`` by a recipe; one seed for each network decides the order of its examples, their
    augmentation and its dropout. ``watched`` are the splits that are evaluated after each epoch. ``device`` is a torch device.

    On a CPU the same call gives the same numbers, also when it goes on from :meth:`state`. A training whose loss is not a number
    has failed: ``nan`` from that epoch on.
    """

    def __init__(
        self,
        networks: Any,
        recipe: Recipe,
        seeds: Sequence[int],
        data: Data,
        watched: Sequence[str] = ("validation",),
        device: str = "cpu",
    ) -> None:
        self.recipe, self.seeds, self.data, self.watched = recipe, tuple(seeds), data, tuple(watched)
        self.device = torch.device(device)
        self.networks: Any = networks.to(self.device)
        self.parameters = [one for one in self.networks.parameters() if one.requires_grad]
        self.optimizer = optimizer_of(recipe, self.parameters)
        self.precision = precision_of(recipe.precision, self.networks, self.device)
        self.steps: TrainingSteps = EagerSteps()
        self.epoch = 0
        self.curves = TrainingCurves()

    @abstractmethod
    def epoch_batches(self) -> Iterator[Batch]:
        """The batches of this epoch, each network's training examples in an order of its own."""

    @abstractmethod
    def split_batches(self, split: str) -> Iterator[Batch]:
        """All examples of a split in the order of the data, the same for every network."""

    @abstractmethod
    def loss(self, logits: Tensor, *targets: Tensor) -> Tensor:
        """What a step makes smaller: the mean over the examples of a batch, summed over the networks."""

    @abstractmethod
    def measure(self) -> Measure:
        """What adds up the batches of an epoch or of a split."""

    @abstractmethod
    def logits(self, split: str) -> np.ndarray:
        """Logits of a split in evaluation mode: (networks, predictions, classes)."""

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
                    self.curves.append(split, *self.measured(split))
                self.curves.seconds.append(time.perf_counter() - began)
                spent += self.curves.seconds[-1]
                self.epoch += 1
                if after is not None:
                    after()
        return self.curves

    def _train(self, deadline: float | None) -> None:
        measure = self.measure()
        for logits, labels in self.stepped():
            measure.add(logits, labels)
            _require_time(deadline)
        loss, accuracy = (one.cpu() for one in measure.found())
        _require_time(deadline)  # only now has a GPU worked off the steps
        self.curves.append("train", loss, accuracy)

    def stepped(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Train this epoch: logits and labels of each batch as its step is made. Nothing is read back from the device."""
        self.steps.begin(self.recipe.rate_of(self.epoch))
        for generator, seed in zip(self.networks.generators, self.seeds, strict=True):
            generator.manual_seed(key(seed, "dropout", f"epoch {self.epoch}") % 2**63)
        batches = self.epoch_batches()
        self.networks.train()
        for batch in batches:
            yield self.steps(self.step, batch), batch.targets[0]

    def step(self, batch: Batch, rate: float | Tensor) -> Tensor:
        """Make one step at a learning rate; returns the logits from which it was made. It reads its arguments and the tensors of
        :meth:`changing` alone, so that it can be recorded and replayed.
        """
        logits = self.precision.logits(batch.inputs)
        self.optimizer.step(self.precision.gradients(self.loss(logits, *batch.targets)), rate)
        return logits.detach()

    def changing(self) -> list[Tensor]:
        """All tensors that a step changes: weights, running statistics, and what the optimizer remembers."""
        return [*(one.detach() for one in self.parameters), *self.networks.buffers(), *self.optimizer.tensors()]

    def measured(self, split: str) -> tuple[Tensor, Tensor]:
        """The mean loss of each network on a split, in nats, and its accuracy in percent, in evaluation mode."""
        measure = self.measure()
        for logits, labels in self.predicted(split):
            measure.add(logits, labels)
        return measure.found()

    @torch.no_grad()
    def predicted(self, split: str) -> Iterator[tuple[Tensor, Tensor]]:
        """Logits and labels of each batch of a split in evaluation mode."""
        self.networks.train(False)
        for inputs, targets in self.split_batches(split):
            yield self.networks(*inputs), targets[0]

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


def _require_time(deadline: float | None) -> None:
    if deadline is not None and time.perf_counter() > deadline:
        raise OutOfTime


def batches(count: int, size: int) -> list[tuple[int, int]]:
    """Where batches begin and end; a last one of a single example joins the one before, since batch norm has no variance of one.

    >>> batches(9, 4)
    [(0, 4), (4, 9)]
    """
    starts = list(range(0, count, size))
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], count], strict=True))
