"""Image data by name, folder, file or arrays."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from nasbed.benchmarks.tables.places import home
from nasbed.benchmarks.training.images.arrays import from_npz, from_pair
from nasbed.benchmarks.training.images.folders import from_folder
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.published import SETS, digits
from nasbed.benchmarks.training.images.splits import Given, split
from nasbed.errors import DataError, OptionError, named, shown, unknown

NAMES: tuple[str, ...] = ("digits", *SETS)
"""The data sets that have a name; digits comes with scikit-learn, the others are read from files."""


def load_images(data: str | Path | tuple[np.ndarray, np.ndarray], folder: Path | str | None = None) -> ImageData:
    """Image data in three splits: one of ``NAMES``, a folder of images by class, an npz file, or a pair (images, labels).

    Published sets lie below ``folder``, by default ``images`` in the data home, and are read once a process. Raises
    :class:`~nasbed.errors.DataError` for data that are missing, damaged or not to be split, with the remedy;
    :class:`~nasbed.errors.UnknownNameError` for a text that is neither a name nor a path; and
    :class:`~nasbed.errors.OptionError` for what is none of these.
    """
    if folder is not None and not isinstance(folder, (str, Path)):
        raise OptionError(f"folder = {shown(folder)}; expected the path of the folder that holds published sets")
    if isinstance(data, str) and data in NAMES:
        return _named(data, home() / "images" if folder is None else Path(folder).expanduser())
    if folder is not None:
        raise OptionError(
            f"folder = {shown(folder)} is where published sets lie ({', '.join(NAMES)}); leave it out for your own data"
        )
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
    try:
        path = Path(data).expanduser()
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # of what can be no path
        raise DataError(f"cannot read {named(data)}: {getattr(error, 'strerror', None) or error}") from None
    if is_folder and data != "":
        return from_folder(path)
    if is_file:
        return from_npz(path)
    if isinstance(data, str) and path.name == data and not path.suffix:
        raise unknown("image data", data, (*NAMES, "or the path of a folder or npz file"))
    raise DataError(f"{named(path)} is not there; expected a folder of images by class, or an npz file")


@cache
def _named(name: str, root: Path) -> ImageData:
    return split(digits() if name == "digits" else SETS[name].read(name, root))
