"""Image data by name, folder, file or arrays."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.data.data_paths import own_path, published_folder
from nasbed.benchmarks.training.images.arrays import from_npz, from_pair
from nasbed.benchmarks.training.images.folders import from_folder
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.published import SETS, digits
from nasbed.benchmarks.training.images.splits import Given, split
from nasbed.errors import OptionError, shown

NAMES: tuple[str, ...] = ("digits", *SETS)
"""The data sets that have a name; digits comes with scikit-learn, the others are read from files."""


def load_images(data: str | Path | tuple[np.ndarray, np.ndarray], folder: Path | str | None = None) -> ImageData:
    """Image data in three splits: one of ``NAMES``, a folder of images by class, an npz file, or a pair (images, labels).

    Published sets lie below ``folder``, by default ``images`` in the data home, and are read once a process. Raises
    :class:`~nasbed.errors.DataError` for data that are missing, damaged or not to be split, with the remedy;
    :class:`~nasbed.errors.UnknownNameError` for a text that is neither a name nor a path; and
    :class:`~nasbed.errors.OptionError` for what is none of these.
    """
    if (root := published_folder(data, NAMES, folder, "images")) is not None:
        return _named(str(data), root)
    if isinstance(data, tuple) and len(data) == 2:
        return split(from_pair(*data))
    if not isinstance(data, (str, Path)):
        raise OptionError(
            f"data = {shown(data)}; expected a name ({', '.join(NAMES)}), the path of a folder or npz file, or a pair (images,"
            " labels)"
        )
    return split(_own(data))


def _own(data: str | Path) -> Given:
    """The images of a user's folder or file."""
    path, is_folder = own_path(
        data,
        "image data",
        NAMES,
        "the path of a folder or npz file",
        "a folder of images by class, or an npz file",
    )
    return from_folder(path) if is_folder else from_npz(path)


@cache
def _named(name: str, root: Path) -> ImageData:
    return split(digits() if name == "digits" else SETS[name].read(name, root))
