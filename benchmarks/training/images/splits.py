"""How images are split: by their classes, with all images of the same pixels in one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b

import numpy as np

from nasbed.benchmarks.training.data.splitting import FIFTH, Labelled, divide, read_only
from nasbed.benchmarks.training.images.images import ImageData, ImageSplit


@dataclass(frozen=True)
class Given:
    """Images as a source has them, as :class:`~nasbed.benchmarks.training.data.splitting.Labelled` says, in its parts; ``files``
    names the images of a part, where they are files.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    parts: Mapping[str, ImageSplit]
    published: bool = False
    augmentation: tuple[str, ...] = ()
    share: Fraction = FIFTH
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


def split(given: Given) -> ImageData:
    """The data set that is made of what is given, by fixed draws; its arrays are read-only.

    Raises :class:`~nasbed.errors.DataError` where a class is missing or too small, or where a user's splits share images.
    """
    labels = {name: part.labels for name, part in given.parts.items()}
    marks = {name: fingerprints(part.images) for name, part in given.parts.items()}
    labelled = Labelled(
        given.name, given.title, "image", given.classes, labels, marks, given.published, given.share, given.files
    )
    divided = divide(labelled)
    splits = {
        name: ImageSplit(*(read_only(values[places]) for values in given.parts[part]))
        for name, (part, places) in divided.chosen.items()
    }
    origin = "; ".join((given.title, *divided.said)) + "."
    return ImageData(given.name, given.classes, splits, given.augmentation, origin)


def fingerprints(images: np.ndarray) -> list[bytes]:
    """Sixteen bytes that stand for all pixels of each image."""
    return [blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() for image in images]
