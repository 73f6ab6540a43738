"""A user's images as arrays, in Python or in an npz file: which axis is which, what pixels and labels may be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.training.data.labels import array_of, numbered
from nasbed.benchmarks.training.data.npz import arrays_in
from nasbed.benchmarks.training.data.splitting import ALL
from nasbed.benchmarks.training.images.images import SPLITS, ImageSplit
from nasbed.benchmarks.training.images.splits import Given
from nasbed.errors import DataError, named

COLOURS = (1, 3, 4)
"""How many colours images may have: grey, red-green-blue, and these with opacity."""
_EXPECTED = "images and labels, or x_train, y_train, x_test, y_test and, if you like, x_validation and y_validation"
_LEAST = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
_PIXELS = ("biuf", "pixels as numbers")
"""Kinds of NumPy types, and what they are called."""


def from_pair(images: Any, labels: Any) -> Given:
    """Images and their labels as arrays, not yet split. Raises :class:`~nasbed.errors.DataError` for what cannot be such."""
    return _given("images", "the arrays images and labels", {ALL: ("images", images)}, {ALL: ("labels", labels)})


def from_npz(path: Path) -> Given:
    """The arrays of an npz file, split or not. Raises :class:`~nasbed.errors.DataError` for any other file or content."""
    arrays = arrays_in(path, _EXPECTED)
    names = {ALL: ("images", "labels")}
    if "images" not in arrays:
        names = {part: (f"x_{part}", f"y_{part}") for part in SPLITS if {f"x_{part}", f"y_{part}"} & arrays.keys()}
    elif split := [name for name in arrays if name.startswith(("x_", "y_"))]:
        raise DataError(f"{named(path)}: it holds images and {split[0]}; expected {_EXPECTED}, not both")
    wanted = [name for pair in (names if ALL in names else {**names, **_LEAST}).values() for name in pair]
    if missing := [name for name in wanted if name not in arrays]:
        found = ", ".join(map(named, arrays)) or "nothing"
        raise DataError(f"{named(path)}: it holds {found}, and no {missing[0]}; expected {_EXPECTED}")
    return _given(
        path.stem,
        named(path.name),
        {part: (image, arrays[image]) for part, (image, _) in names.items()},
        {part: (label, arrays[label]) for part, (_, label) in names.items()},
    )


def _given(
    name: str, title: str, images: Mapping[str, tuple[str, Any]], labels: Mapping[str, tuple[str, Any]]
) -> Given:
    pixels, note = _pixels(
        {part: (called, array_of(called, values, _PIXELS, "image")) for part, (called, values) in images.items()}
    )
    classes, numbers = numbered(labels, "image")
    for part in pixels:
        if len(pixels[part]) != len(numbers[part]):
            raise DataError(
                f"{images[part][0]} holds {len(pixels[part]):,} images and {labels[part][0]} {len(numbers[part]):,} labels;"
                " expected a label for each image"
            )
    parts = {part: ImageSplit(pixels[part], numbers[part]) for part in pixels}
    return Given(name, f"{title}{note}", classes, parts)


def _pixels(given: Mapping[str, tuple[str, np.ndarray]]) -> tuple[dict[str, np.ndarray], str]:
    """Each array as (count, colours, height, width), all of one type; and a word where its axes could be read in two ways."""
    first, like = next(iter(given.values()))
    for called, values in given.values():
        if values.shape[1:] != like.shape[1:]:
            raise DataError(
                f"images of {first} are {like.shape[1:]} and those of {called} {values.shape[1:]}; expected one shape"
            )
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            raise DataError(
                f"{called}: image {int(np.argwhere(~finite)[0][0])} (counted from 0) has a pixel that is no finite number;"
                " expected numbers: remove the image or repair it"
            )
    axes, note = _axes(first, like.shape)
    small = all(_is_byte(values) for _, values in given.values())
    found = {}
    for part, (called, values) in given.items():
        with np.errstate(over="ignore"):
            stored = values.astype(np.uint8 if small else np.float32, copy=False)
        if not small and not np.isfinite(stored).all():
            raise DataError(
                f"{called} has pixels beyond what 32-bit floats hold; expected smaller numbers: rescale them"
            )
        if not small:
            stored = np.add(stored, 0, dtype=np.float32)  # no -0, whose bytes differ from those of 0
        found[part] = axes(stored)
    return found, note


def _is_byte(values: np.ndarray) -> bool:
    if values.dtype in (np.uint8, np.bool_):
        return True
    return bool(
        values.min() >= 0 and values.max() <= 255 and (values.dtype.kind != "f" or (values == np.floor(values)).all())
    )


def _axes(called: str, shape: tuple[int, ...]) -> tuple[Any, str]:
    """How an array of this shape becomes (count, colours, height, width), and a word where that was a choice."""
    if len(shape) == 3:
        return (lambda values: values[:, None]), ""
    if len(shape) != 4 or not {shape[1], shape[3]} & {*COLOURS}:
        raise DataError(
            f"{called} is of shape {shape}; expected (count, height, width), (count, height, width, colours) or"
            " (count, colours, height, width) with 1, 3 or 4 colours"
        )
    both = shape[1] in COLOURS and shape[3] in COLOURS
    before = shape[3] not in COLOURS or (both and shape[3] == 4 and shape[1] != 4)
    order = "(count, colours, height, width)" if before else "(count, height, width, colours)"
    note = f" (shape {shape} was read as {order})" if both else ""
    return (lambda values: values) if before else (lambda values: values.transpose(0, 3, 1, 2)), note
