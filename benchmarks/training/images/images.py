"""Labelled images in three splits, and their numbers as a network reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nasbed.benchmarks.training.data.split_arrays import arrays_checksum, real_moments, whole_moments
from nasbed.benchmarks.training.data.splitting import SPLITS as SPLITS
from nasbed.errors import require_name


class ImageSplit(NamedTuple):
    """Images (count, colours, height, width) and labels (count,), int64 in 0 .. classes - 1.

    Pixels are uint8 as stored, or float32 where a user's are not whole numbers of 0 .. 255. In an :class:`ImageData` both arrays
    are read-only.
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class ImageData:
    """An image classification data set, in ``SPLITS`` that have all classes and no image in common.

    ``classes`` are the names of the classes in the order of their labels, ``augmentation`` what may be done to training images
    ("crop", "flip"), and ``origin`` says in a sentence where the images are from, how they were split and what was left out.
    """

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, ImageSplit]
    augmentation: tuple[str, ...]
    origin: str

    @property
    def colours(self) -> int:
        """How many colours a pixel has."""
        return self._sizes[1]

    @property
    def height(self) -> int:
        """How many pixels an image is high."""
        return self._sizes[2]

    @property
    def width(self) -> int:
        """How many pixels an image is wide."""
        return self._sizes[3]

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean of each colour over the training split, in the unit of the stored pixels."""
        return self._moments[0]

    @property
    def deviation(self) -> tuple[float, ...]:
        """The standard deviation of each colour over the training split, in the unit of stored pixels; 1 where it is constant."""
        return self._moments[1]

    def normalised(self, split: str) -> np.ndarray:
        """The images of a split as (pixel - mean) / deviation: float32 (count, colours, height, width), a new array at each call.

        Raises :class:`~nasbed.errors.UnknownNameError` for what is no split.
        """
        require_name("split", split, SPLITS)
        mean, deviation = (np.array(one, np.float32)[:, None, None] for one in self._moments)
        values = self.splits[split].images.astype(np.float32)
        values -= mean
        values /= deviation
        return values

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of all that a training sees: classes, and the pixels and labels of the splits; not of what the set is called."""
        return arrays_checksum(self.classes, self.splits, SPLITS)

    @property
    def _sizes(self) -> tuple[int, ...]:
        return self.splits["train"].images.shape

    @cached_property
    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        colours = [self.splits["train"].images[:, colour] for colour in range(self.colours)]
        pairs = [whole_moments(one) if one.dtype == np.uint8 else real_moments(one) for one in colours]
        return tuple(mean for mean, _ in pairs), tuple(deviation for _, deviation in pairs)
