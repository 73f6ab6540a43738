"""Images as files in a folder for each class, which may lie in folders for each split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.data.splitting import ALL
from nasbed.benchmarks.training.images.images import ImageSplit
from nasbed.benchmarks.training.images.splits import Given
from nasbed.errors import DataError, named, shown, told

MODES = {"L": 1, "RGB": 3, "RGBA": 4}
"""Colour modes, as Pillow names them, and how many colours each has."""
_FOLDERS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
_EXPECTED = "a folder of images for each class, or train, test and, if you like, validation with such folders"


def from_folder(folder: Path) -> Given:
    """The images of a folder, in the order of the names of classes and files; what is hidden is skipped, as are files beside the
    folders.

    Raises :class:`~nasbed.errors.DataError` for what is no image, for images that differ in size or colour mode, for classes
    that differ between splits, and where there is no image of a class.
    """
    parts = _parts(folder)
    files = {part: _files(place) for part, place in parts.items()}
    classes = list(next(iter(files.values())))
    for part, found in files.items():
        if odd := sorted(found.keys() ^ classes):
            where = parts[part] if odd[0] not in found else next(iter(parts.values()))
            raise DataError(
                f"class {shown(odd[0])} has no folder in {named(where)}; expected every class in each split"
            )
    paths = {part: [path for own in found.values() for path in own] for part, found in files.items()}
    pixels = _read([path for own in paths.values() for path in own])
    ends = np.cumsum([len(own) for own in paths.values()])[:-1]
    splits = {}
    for (part, found), images in zip(files.items(), np.split(pixels, ends), strict=True):
        labels = np.repeat(np.arange(len(classes), dtype=np.int64), [len(own) for own in found.values()])
        splits[part] = ImageSplit(images, labels)
    shown_files = {part: [named(path.relative_to(folder)) for path in own] for part, own in paths.items()}
    name = folder.resolve().name
    return Given(name, f"the folder {named(name)}", tuple(classes), splits, files=shown_files)


def _parts(folder: Path) -> dict[str, Path]:
    """The folder of each part: this one for all, or those of train and test and, it may be, validation."""
    inside = {path.name: path for path in _visible(folder) if path.is_dir()}
    nested = "train" in inside and any(path.is_dir() for path in _visible(inside["train"]))
    if not nested and (not inside or inside.keys() - _FOLDERS.keys()):
        return {ALL: folder}
    if other := sorted(inside.keys() - _FOLDERS.keys()):
        raise DataError(f"{named(folder)} has the folders train and {named(other[0])}; expected {_EXPECTED}")
    if {"val", "validation"} <= inside.keys():
        raise DataError(f"{named(folder)} has the folders val and validation; expected one of them")
    if missing := [name for name in ("train", "test") if name not in inside]:
        there = ", ".join(sorted(inside))
        raise DataError(
            f"{named(folder)} has {there}, and no folder {missing[0]}; expected {_EXPECTED}: where validation was to be the last"
            " word, call it test, and nasbed takes a fifth of train to validate"
        )
    order = ("train", "validation", "val", "test")
    return {_FOLDERS[name]: inside[name] for name in order if name in inside}


def _files(folder: Path) -> dict[str, list[Path]]:
    """The images of each class of a part."""
    found = {path.name: list(_visible(path)) for path in _visible(folder) if path.is_dir()}
    if not found:
        raise DataError(f"{named(folder)} has no folders; expected {_EXPECTED}")
    for name, paths in found.items():
        if not paths:
            raise DataError(f"class {shown(name)}: {named(folder / name)} is empty; put images into it, or delete it")
        for path in paths:
            if path.is_dir():
                raise DataError(
                    f"{named(path)} is a folder within a class; expected images: move them up, or delete it"
                )
    return found


def _visible(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"cannot read the folder {named(folder)}: {error.strerror}; let it be read") from None
    return (path for path in paths if not path.name.startswith("."))


def _read(paths: list[Path]) -> np.ndarray:
    """The pixels (count, colours, height, width) of images of one size and colour mode."""
    from PIL import Image

    pixels = np.empty(0, np.uint8)
    like: tuple[str, int, int] | None = None
    for place, path in enumerate(paths):
        try:
            with Image.open(path) as image:
                kind = (image.mode, image.width, image.height)
                values = np.asarray(image) if like in (None, kind) and image.mode in MODES else None
        except Exception as error:  # whatever a damaged image makes of Pillow
            raise DataError(
                f"{named(path)}: cannot be read as an image ({told(error)}); repair it, or remove it from the folder"
            ) from None
        if kind[0] not in MODES:
            raise DataError(
                f"{named(path)} has the colour mode {shown(kind[0])}; expected one of {', '.join(MODES)}: convert all images, as"
                ' with Image.open(path).convert("RGB").save(path)'
            )
        if values is None:
            one, two = (f"{width} x {height} pixels in {mode}" for mode, width, height in (kind, like or kind))
            raise DataError(
                f"{named(path)} has {one} and {named(paths[0])} {two}; expected one size and colour mode: resize or convert them"
            )
        if like is None:
            like = kind
            pixels = np.empty((len(paths), MODES[kind[0]], kind[2], kind[1]), np.uint8)
        pixels[place] = values if values.ndim == 2 else values.transpose(2, 0, 1)
    return pixels
