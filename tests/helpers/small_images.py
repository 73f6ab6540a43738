"""The tiny images as users have them: with the names of their classes, or in colours; and a network that learns them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tiny_images import tiny_arrays

NAMES = ("cat", "ant", "bee")
"""Not in their order, which is that of the alphabet."""
SMALL = "conv 3x3 6 norm relu dropout 0.25; max pool 2x2; dense 32 relu | adam rate 0.01 batch 16 decay 0"


def small_images(count: int = 150, colours: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Images (count, 6, 6) or (count, 6, 6, colours), of bytes, and the numbers of their classes."""
    images, classes = tiny_arrays(count)
    return (images if colours == 1 else np.stack([images] * colours, -1)), classes


def named_images(count: int = 150) -> tuple[np.ndarray, np.ndarray]:
    images, classes = small_images(count)
    return images, np.array(NAMES)[classes]


def write_npz(path: Path, **changes: Any) -> Path:
    images, labels = named_images()
    np.savez(path, **{"images": images, "labels": labels, **changes})
    return path
