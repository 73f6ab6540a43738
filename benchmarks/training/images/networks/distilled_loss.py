"""What a training minimises: the cross-entropy with the labels, and what a teacher adds to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.training.distillation import Teacher
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.recipe import Recipe

_TOGETHER = 512
"""Images that a teacher sees at a time."""


class TrainingLoss:
    """The loss of a recipe on the images of ``data``, which may be augmented.

    Augmented images are shown to the teacher as the student sees them; others are the same in every epoch, and the teacher's
    logits of them are computed once a process.
    """

    def __init__(self, recipe: Recipe, data: ImageData, device: torch.device) -> None:
        found = recipe.distillation
        self._distillation = found if found is not None and found.teacher_weight > 0 else None
        self._data, self._device = data, str(device)
        self._network: Callable[[Tensor], Tensor] | None = None

    def targets(self, images: Tensor, labels: Tensor, order: Tensor) -> tuple[Tensor, ...]:
        """What one network learns of an epoch's ``images`` (count, colours, height, width), which are the data's in ``order``
        before augmentation: their labels (count,) and, where there is a teacher, its logits (count, classes).
        """
        if self._distillation is None:
            return (labels[order],)
        teacher = self._distillation.teacher
        if not self._data.augmentation:
            return labels[order], _logits_of_all(teacher, self._data, self._device)[order]
        if self._network is None:
            self._network = teacher.network(self._data, self._device)
        return labels[order], _logits(self._network, images)

    def __call__(self, logits: Tensor, labels: Tensor, taught: Tensor | None = None) -> Tensor:
        """The mean over images and networks; ``logits`` and the teacher's are (images, networks, classes)."""
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        if self._distillation is None or taught is None:
            return loss
        temperature, weight = self._distillation.temperature, self._distillation.teacher_weight
        ours, theirs = ((one.flatten(0, 1) / temperature).log_softmax(1) for one in (logits, taught))
        apart = functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)
        return (1 - weight) * loss + weight * temperature**2 * apart


@torch.no_grad()
def _logits(network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    return torch.cat([network(part) for part in images.split(_TOGETHER)])


@lru_cache(maxsize=2)
def _logits_of_all(teacher: Teacher, data: ImageData, device: str) -> Tensor:
    """A teacher's logits of all training images, in the order of the data."""
    images = torch.from_numpy(data.normalised("train")).to(device)
    return _logits(teacher.network(data, device), images)
