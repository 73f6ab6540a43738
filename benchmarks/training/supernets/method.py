"""What every method that trains a supernet does: it learns from batches and epochs, and in the end names one architecture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.flat_weights import FlatWeights, NesterovSGD, Views
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.streams import Stream, key, stream
from nasbed.vocabulary import Arch

Score = Callable[[Sequence[Arch]], Sequence[float]]
"""The accuracy of architectures with inherited weights, each on one validation batch."""


class Supernet(Protocol):
    """A network that holds all architectures of a space, with shared weights."""

    weights: FlatWeights

    @property
    def choices(self) -> tuple[int, ...]:
        """How many values each decision has."""

    def described(self) -> dict[str, Any]:
        """What decides the supernet beside its plan, as plain data."""

    def uniform(self) -> np.ndarray:
        """The probability of each value of each decision (decisions, values) where architectures are drawn by :meth:`sample`."""

    def sample(self, rng: Stream) -> Arch:
        """An architecture that the supernet holds, drawn as random search would."""

    def begin(self, seed: int) -> None:
        """From here on what is random in paths, such as dropout, is drawn by a seed."""

    def require(self, arch: Arch) -> None:
        """Raises :class:`~nasbed.errors.ArchitectureError` for what the supernet does not hold."""

    def path(self, images: Tensor, arch: Arch, views: Views) -> Tensor:
        """Logits (images, classes) of one architecture in training."""

    def paths(
        self, images: Tensor, archs: Sequence[Arch], views: Views, edges: Tensor | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """Logits of many architectures that are scored, each with its place in ``archs``, in any order."""


class SupernetMethod(ABC):
    """A method in the training of ``network`` by ``plan``. ``rng`` is the stream of the epoch, so that nothing of it has to be
    kept.

    ``ended`` becomes true where the method ends the search before its last epoch; ``edges`` are weights that all paths have.
    """

    def __init__(self, plan: SupernetPlan, network: Any, seed: int) -> None:
        self.plan, self.network, self.seed = plan, network, seed
        self.optimizer = NesterovSGD(network.weights.vector, plan)
        self.epoch, self.ended = 0, False
        self.rng = self._stream(0)

    def begin(self, epoch: int) -> None:
        """Get ready for an epoch, counted from 0."""
        self.epoch, self.rng = epoch, self._stream(epoch)
        self.network.begin(key(self.seed, "supernet", f"dropout, epoch {epoch}"))

    def _stream(self, epoch: int) -> Stream:
        return stream(self.seed, "supernet", f"{self.plan.method}, epoch {epoch}")

    @abstractmethod
    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """Train on a batch of each part of the data; the loss on the first, with which the weights were trained."""

    @abstractmethod
    def finish(self, held: Sequence[Batch]) -> None:
        """What is to be done after the batches of an epoch, with those of the second part."""

    @abstractmethod
    def probabilities(self) -> np.ndarray:
        """How probable each value of each decision is (decisions, values); zero for values that there are not."""

    @abstractmethod
    def derived(self, score: Score) -> Arch:
        """The architecture that the method would end in now."""

    @property
    @abstractmethod
    def edges(self) -> Tensor | None:
        """Weights (edges,) of what passes the edges of every path, where the method has such."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What the method goes on from beside the weights, as tensors and plain data."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""

    def trained(self, loss: Tensor, rate: float) -> Tensor:
        """A step of the weights against the gradient of a loss, which is returned without its graph."""
        (gradient,) = torch.autograd.grad(loss, self.network.weights.vector)
        self.optimizer.step(gradient, rate)
        return loss.detach()


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean cross-entropy of a batch in nats."""
    return functional.cross_entropy(logits, labels)


def best_of(archs: Sequence[Arch], score: Score) -> Arch:
    """The architecture of the highest score, the first of several."""
    scores = np.asarray(score(archs), dtype=float)
    return archs[int(np.nanargmax(scores)) if not np.isnan(scores).all() else 0]
