"""The images that a supernet is trained on: a training split, changed anew in every epoch, and a validation split."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.augmentation import augmented
from nasbed.benchmarks.training.images.table.digits import CLASSES, Split, corrupted
from nasbed.errors import OptionError, shown
from nasbed.streams import Stream

Batch = tuple[Tensor, Tensor]
"""Images (count, colours, height, width) and labels (count,)."""


@dataclass(frozen=True, eq=False)
class SupernetData:
    """A training split, with what is done to its images before each epoch, and a validation split, which stays as it is. There is
    no test split: a supernet never sees one.
    """

    train: Batch
    validation: Batch
    changed: Callable[[Tensor, Stream], Tensor]
    classes: int
    checksum: str

    @classmethod
    def of(cls, data: ImageData | Mapping[str, Split] | SupernetData) -> SupernetData:
        """The training and validation split of image data, normalised, or of the digits on which digits201 was trained
        (:func:`nasbed.benchmarks.training.images.table.digits.splits`), with the augmentation or corruption of each; or what is
        that already.

        Raises :class:`~nasbed.errors.OptionError` for anything else.
        """
        if isinstance(data, SupernetData):
            return data
        if isinstance(data, ImageData):
            pairs = {
                name: (torch.from_numpy(data.normalised(name)), torch.tensor(data.splits[name].labels))
                for name in ("train", "validation")
            }
            what = data.augmentation
            return cls(
                pairs["train"],
                pairs["validation"],
                lambda images, rng: augmented(images, what, rng.numpy),
                len(data.classes),
                data.checksum,
            )
        if not isinstance(data, Mapping) or not {"train", "validation"} <= set(data):
            raise OptionError(f"data = {shown(data)}; expected image data, or the splits of the digits of digits201")
        digest = hashlib.sha256()
        for name in ("train", "validation"):
            for tensor in data[name]:
                digest.update(tensor.numpy().tobytes())
        return cls(
            (data["train"].images, data["train"].labels),
            (data["validation"].images, data["validation"].labels),
            corrupted,
            CLASSES,
            digest.hexdigest(),
        )

    @property
    def image(self) -> tuple[int, int, int]:
        """Colours, height and breadth of an image."""
        _, colours, height, breadth = self.train[0].shape
        return colours, height, breadth
