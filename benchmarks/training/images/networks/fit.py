"""The training of networks on images: how they come to the networks, and what is made of their logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.training.fitting.fit import Fit, batches
from nasbed.benchmarks.training.fitting.measures import LabelMeasure
from nasbed.benchmarks.training.fitting.steps import Batch, CudaGraphs, Recorder, ReplayedSteps
from nasbed.benchmarks.training.fitting.threads import one_thread
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.augmentation import augmented
from nasbed.benchmarks.training.images.networks.distilled_loss import TrainingLoss
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.streams import stream

_TOGETHER, _TOGETHER_ON_GPU = 64, 1024
"""Images that are evaluated together: the maps of more would leave the cache of a core; those of fewer would not fill a GPU."""


class ImageFit(Fit[ImageData]):
    """The training of networks on images. They are modules that give logits (images, networks, classes) for images (images,
    networks * colours, height, width) and what they have ``drawn`` for dropout, and say with ``layout`` how images should lie in
    memory.

    On a GPU all images of an epoch and its draws lie there before its first step, weights of convolutions are in the layout of
    images, and steps are recorded by ``recorder``, by default as CUDA graphs. On a CPU they are recorded where a recorder is
    given.
    """

    def __init__(
        self,
        networks: Any,
        recipe: Recipe,
        seeds: Sequence[int],
        data: ImageData,
        watched: Sequence[str] = ("validation",),
        device: str = "cpu",
        recorder: Recorder | None = None,
    ) -> None:
        if torch.device(device).type != "cpu":
            networks = networks.to(memory_format=networks.layout)
        super().__init__(networks, recipe, seeds, data, watched, device)
        if recorder is None and self.device.type == "cuda":
            recorder = CudaGraphs()
        if recorder is not None and self.optimizer.replayable:
            self.steps = ReplayedSteps(recorder, self.changing())
        self._loss = TrainingLoss(recipe, data, self.device)
        self._held: dict[str, tuple[Tensor, Tensor]] = {}

    def epoch_batches(self) -> Iterator[Batch]:
        """The batches of this epoch, each network's images in an order of its own, with what its dropout draws; targets are labels
        (images, networks) and what a teacher says of the images, where there is one.
        """
        images, *targets = self._epoch_images()
        parts = batches(len(images), self.recipe.batch)
        inputs = [images, *self._epoch_draws([end - start for start, end in parts])]
        for start, end in parts:
            yield Batch(tuple(one[start:end] for one in inputs), tuple(one[start:end] for one in targets))

    def split_batches(self, split: str) -> Iterator[Batch]:
        """The images of a split in the order of the data."""
        count = self.networks.count
        images, labels = self._split(split)
        repeated = labels[:, None].expand(-1, count)
        size = _TOGETHER if self.device.type == "cpu" else _TOGETHER_ON_GPU
        for part, own in zip(images.split(size), repeated.split(size), strict=True):
            yield Batch((part.repeat(1, count, 1, 1) if count > 1 else part,), (own,))

    def loss(self, logits: Tensor, *targets: Tensor) -> Tensor:
        """The mean over the images of a batch, summed over the networks; targets are labels, and logits of a teacher."""
        return self._loss(logits, *targets) * self.networks.count

    def measure(self) -> LabelMeasure:
        """What adds up the images of an epoch or of a split."""
        return LabelMeasure()

    def logits(self, split: str) -> np.ndarray:
        """Logits (networks, images, classes) of a split, in evaluation mode."""
        with one_thread():
            parts = [logits for logits, _ in self.predicted(split)]
            found: np.ndarray = torch.cat(parts).transpose(0, 1).cpu().numpy()
        return found

    def _split(self, name: str) -> tuple[Tensor, Tensor]:
        """The images of a split, normalised, and their labels, on the device."""
        if name not in self._held:
            images = torch.from_numpy(self.data.normalised(name)).to(self.device)
            labels = torch.tensor(self.data.splits[name].labels, device=self.device)
            self._held[name] = images.contiguous(memory_format=self.networks.layout), labels
        return self._held[name]

    def _epoch_draws(self, sizes: Sequence[int]) -> list[Tensor]:
        """What dropout draws in batches of these sizes, one after another, by the CPU for any device: a tensor for each layer."""
        drawn = [self.networks.drawn(size) for size in sizes]
        return [torch.cat(one).to(self.device) for one in zip(*drawn, strict=True)]

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
            targets.append(self._loss.targets(own[-1], labels, order))
        whole = own[0] if len(own) == 1 else torch.cat(own, 1)
        together = (torch.stack(one, 1) for one in zip(*targets, strict=True))
        return whole.contiguous(memory_format=self.networks.layout), *together
