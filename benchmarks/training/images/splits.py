"""How images are split: stratified by class, in fixed parts, with all copies of an image in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b

import numpy as np

from nasbed.benchmarks.training.images.images import SPLITS, ImageData, ImageSplit
from nasbed.errors import DataError, shown
from nasbed.streams import stream

ALL = "all"
"""The one part of images that come without any split."""
FIFTH = Fraction(1, 5)


@dataclass(frozen=True)
class Given:
    """Images as a source has them, in parts: ``ALL``, train and test, or all three splits; ``title`` says what they are.

    Where there is no validation part, that ``share`` of the others becomes it. Those of a ``published`` set have a stream of
    their name, and training images that also lie in its test set are left out of it; of a user, they are refused. ``files``
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
    _require_classes(given)
    parts, said = dict(given.parts), [given.title]
    marks = {name: fingerprints(part.images) for name, part in parts.items()}
    left_out = 0
    if ALL in parts:
        taken = {"validation": given.share, "test": FIFTH}
        parts = _divided(given, parts[ALL], marks[ALL], taken)
        said.append("three fifths of it are to train, a fifth to validate and a fifth to test, stratified by class")
    elif "validation" not in parts:
        whole = len(parts["train"].labels)
        parts["train"], kept = _apart_from_test(given, marks)
        left_out = whole - len(kept)
        parts |= _divided(given, parts["train"], kept, {"validation": given.share}, whole)
        count = len(parts["validation"].labels)
        said.append(
            f"its test set is the test split, and {count:,} of its training images validate, stratified by class"
        )
    else:
        for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
            _require_apart(given, marks, one, other)
        said.append("split as it was given")
    if left_out:
        said.append(f"{left_out:,} training images that also lie in its test set were left out")
    if contradicted := _contradicted(given, marks):
        said.append(f"{contradicted:,} of its images lie in it under more than one label")
    return ImageData(
        given.name,
        given.classes,
        {name: _kept(parts[name]) for name in SPLITS},
        given.augmentation,
        "; ".join(said) + ".",
    )


def fingerprints(images: np.ndarray) -> list[bytes]:
    """Sixteen bytes that stand for all pixels of each image."""
    return [blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() for image in images]


def _require_classes(given: Given) -> None:
    if len(given.classes) < 2:
        raise DataError(
            f"{given.title}: it has {len(given.classes)} class ({', '.join(map(shown, given.classes))}); expected at least two"
        )
    for name, part in given.parts.items():
        counts = np.bincount(part.labels, minlength=len(given.classes))
        if (empty := np.flatnonzero(counts == 0)).size:
            raise DataError(
                f"{given.title}: class {shown(given.classes[empty[0]])} has no image in {name}; expected every class in each split:"
                " add images of it, or leave the class out"
            )


def _apart_from_test(given: Given, marks: Mapping[str, list[bytes]]) -> tuple[ImageSplit, list[bytes]]:
    """The training part but for images of the test set, which a user's may not have, and what stands for each."""
    if not given.published:
        _require_apart(given, marks, "train", "test")
    tested = set(marks["test"])
    kept = [place for place, mark in enumerate(marks["train"]) if mark not in tested]
    return _chosen(given.parts["train"], kept), [marks["train"][place] for place in kept]


def _require_apart(given: Given, marks: Mapping[str, list[bytes]], one: str, other: str) -> None:
    there = {mark: place for place, mark in reversed(list(enumerate(marks[other])))}
    shared = [place for place, mark in enumerate(marks[one]) if mark in there]
    if not shared:
        return

    def called(part: str, place: int) -> str:
        return given.files[part][place] if part in given.files else f"image {place} of {part} (counted from 0)"

    pair = f"{called(one, shared[0])} is {called(other, there[marks[one][shared[0]]])}"
    raise DataError(
        f"{given.title}: {len(shared):,} images of {one} also lie in {other}, such as: {pair}; expected no image in two splits:"
        " remove them, or merge the splits into one set, which nasbed splits without sharing copies"
    )


def _contradicted(given: Given, marks: Mapping[str, list[bytes]]) -> int:
    """How many different images have copies with another label."""
    labels: dict[bytes, set[int]] = {}
    for name, part in given.parts.items():
        for mark, label in zip(marks[name], part.labels.tolist(), strict=True):
            labels.setdefault(mark, set()).add(label)
    return sum(len(found) > 1 for found in labels.values())


def _divided(
    given: Given,
    part: ImageSplit,
    marks: Sequence[bytes],
    shares: Mapping[str, Fraction],
    whole: int | None = None,
) -> dict[str, ImageSplit]:
    """A part without each of ``shares``, which is called train, and these; shares are of ``whole`` images, of all by default.

    Copies of an image go with the first of them and count for its class.
    """
    groups: dict[bytes, list[int]] = {}
    for place, mark in enumerate(marks):
        groups.setdefault(mark, []).append(place)
    by_class: list[list[list[int]]] = [[] for _ in given.classes]
    for group in groups.values():
        by_class[part.labels[group[0]]].append(group)
    for name, own in zip(given.classes, by_class, strict=True):
        if len(own) <= len(shares):
            images = "image" if len(own) == 1 else "images"
            raise DataError(
                f"{given.title}: class {shown(name)} has {len(own)} different {images} to split; expected at least"
                f" {len(shares) + 1}, one for each of {', '.join(('train', *shares))}: add images of it, or leave the class out"
            )
    sizes = [sum(map(len, own)) for own in by_class]
    wanted = {
        name: apportioned(sizes, round(share * (sum(sizes) if whole is None else whole)))
        for name, share in shares.items()
    }
    places: dict[str, list[int]] = {name: [] for name in ("train", *shares)}
    rng = stream(0, given.name if given.published else "images", "splits")
    for number, own in enumerate(by_class):
        rng.shuffle(own)
        for before, name in enumerate(shares):
            taken, own = _taken(own, wanted[name][number], len(shares) - before)
            places[name] += taken
        places["train"] += [place for group in own for place in group]
    return {name: _chosen(part, sorted(found)) for name, found in places.items()}


def apportioned(sizes: Sequence[int], total: int) -> list[int]:
    """``total`` seats by the sizes of the classes (largest remainders, the first class where they tie), at least one for each."""
    whole = sum(sizes)
    seats = [size * total // whole for size in sizes]
    order = sorted(range(len(sizes)), key=lambda place: (-(sizes[place] * total % whole), place))
    for place in order[: total - sum(seats)]:
        seats[place] += 1
    return [max(1, count) for count in seats]


def _taken(groups: Sequence[list[int]], wanted: int, later: int) -> tuple[list[int], list[list[int]]]:
    """Groups that fit into ``wanted`` images, or the smallest one where none does; and the rest, at least ``later`` groups."""
    taken: list[int] = []
    rest: list[list[int]] = []
    spare = len(groups) - later
    for group in groups:
        if spare and len(taken) + len(group) <= wanted:
            taken += group
            spare -= 1
        else:
            rest.append(group)
    if not taken:
        taken = min(rest, key=len)
        rest = [group for group in rest if group is not taken]
    return taken, rest


def _chosen(part: ImageSplit, places: Sequence[int]) -> ImageSplit:
    chosen = np.array(places, np.int64)
    return ImageSplit(part.images[chosen], part.labels[chosen])


def _kept(part: ImageSplit) -> ImageSplit:
    """Copies of the arrays, which nobody else changes and nobody can."""
    copies = [np.array(values, order="C") for values in part]
    for values in copies:
        values.flags.writeable = False
    return ImageSplit(*copies)
