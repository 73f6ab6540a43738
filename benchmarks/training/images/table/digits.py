"""The digits of scikit-learn (1,797 images of 8 x 8 pixels, UCI), with fixed splits, made harder by noise and shifts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nasbed.streams import Stream, stream

if TYPE_CHECKING:
    from torch import Tensor

SIZES = {"train": 896, "validation": 450, "test": 451}
CLASSES, PIXELS, COLOURS = 10, 8, 1
NOISE = 0.2
"""Standard deviation of the noise on pixels in 0 .. 1."""
SHIFT = 1
"""Pixels by which an image is moved at most, in each direction."""


class Split(NamedTuple):
    """Images (count, 1, 8, 8) in 0 .. 1 before corruption, and labels (count,)."""

    images: Tensor
    labels: Tensor


@cache
def splits() -> dict[str, Split]:
    """The three splits: fixed parts of one fixed order, those of evaluation corrupted once and for all."""
    import torch
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = torch.from_numpy(bunch.images.astype(np.float32))[:, None] / 16
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    order = list(range(len(labels)))
    stream(0, "digits", "splits").shuffle(order)
    found, start = {}, 0
    for name, count in SIZES.items():
        places = order[start : start + count]
        chosen = images[places]
        if name != "train":
            chosen = corrupted(chosen, stream(0, "digits", f"corruption of {name}"))
        found[name] = Split(chosen, labels[places])
        start += count
    return found


def corrupted(images: Tensor, rng: Stream) -> Tensor:
    """The images moved by up to ``SHIFT`` pixels, each by its own draw (black comes in), with noise."""
    import torch

    count, side = len(images), images.shape[-1]
    padded = torch.nn.functional.pad(images, (SHIFT,) * 4)
    moves = torch.from_numpy(rng.numpy.integers(0, 2 * SHIFT + 1, (count, 2)))
    rows = moves[:, 0, None] + torch.arange(side)
    columns = moves[:, 1, None] + torch.arange(side)
    moved = padded[torch.arange(count)[:, None, None], 0, rows[:, :, None], columns[:, None, :]]
    noise = torch.from_numpy(rng.numpy.normal(0.0, NOISE, moved.shape).astype(np.float32))
    return (moved + noise)[:, None]
