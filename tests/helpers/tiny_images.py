"""A tiny image data set: three classes of 6 x 6 pixels, told apart by where they are bright."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def tiny_arrays(count: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, 6, 6) of bytes and labels (count,) of 0, 1 and 2, each class as often."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = rng.integers(0, 120, (count, 6, 6))
    for place, label in enumerate(labels):
        images[place, 2 * label : 2 * label + 2] += 110
    return images.astype(np.uint8), labels


def tiny_file(folder: Path, count: int = 90, seed: int = 0) -> str:
    """The path of an npz file with the images in a folder."""
    images, labels = tiny_arrays(count, seed)
    path = folder / "tiny.npz"
    np.savez(path, images=images, labels=labels)
    return str(path)
