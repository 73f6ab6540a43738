"""How labelled data are split: stratified by class, in fixed parts, with all copies of an example in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from nasbed.errors import DataError, shown
from nasbed.streams import stream

SPLITS = ("train", "validation", "test")
ALL = "all"
"""The one part of data that come without any split."""
FIFTH = Fraction(1, 5)


@dataclass(frozen=True)
class Labelled:
    """Labelled examples as a source has them, in parts: ``ALL``, train and test, or all three splits; ``title`` says what they are,
    and ``noun`` what one of them is called.

    For each part ``labels`` (count,) are in 0 .. classes - 1, and ``marks`` (count,) are alike for copies of an example alone.
    Where there is no validation part, that ``share`` of the others becomes it. Those of a ``published`` set have a stream of
    their name, and training examples that also lie in its test set are left out of it; of a user, they are refused. ``places``
    names the examples of a part, where they are files or lines.
    """

    name: str
    title: str
    noun: str
    classes: tuple[str, ...]
    labels: Mapping[str, np.ndarray]
    marks: Mapping[str, Sequence[bytes]]
    published: bool = False
    share: Fraction = FIFTH
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def nouns(self) -> str:
        """What more than one of them are called."""
        return f"{self.noun}s"


@dataclass(frozen=True)
class Divided:
    """For each of ``SPLITS`` the part that its examples are from and their places there, and what is to be said of that."""

    chosen: Mapping[str, tuple[str, np.ndarray]]
    said: tuple[str, ...]


def divide(given: Labelled) -> Divided:
    """The splits that are made of what is given, by fixed draws.

    Raises :class:`~nasbed.errors.DataError` where a class is missing or too small, or where a user's splits share examples.
    """
    _require_classes(given)
    said, left_out = [], 0
    if ALL in given.labels:
        chosen = _apportion(given, ALL, range(len(given.labels[ALL])), {"validation": given.share, "test": FIFTH})
        said.append("three fifths of it are to train, a fifth to validate and a fifth to test, stratified by class")
    elif "validation" not in given.labels:
        whole = len(given.labels["train"])
        kept = _apart_from_test(given)
        left_out = whole - len(kept)
        chosen = _apportion(given, "train", kept, {"validation": given.share}, whole)
        chosen["test"] = ("test", np.arange(len(given.labels["test"])))
        count = len(chosen["validation"][1])
        said.append(
            f"its test set is the test split, and {count:,} of its training {given.nouns} validate, stratified by class"
        )
    else:
        for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
            _require_apart(given, one, other)
        chosen = {name: (name, np.arange(len(given.labels[name]))) for name in SPLITS}
        said.append("split as it was given")
    if left_out:
        said.append(f"{left_out:,} training {given.nouns} that also lie in its test set were left out")
    if contradicted := _contradicted(given):
        said.append(f"{contradicted:,} of its {given.nouns} lie in it under more than one label")
    return Divided({name: chosen[name] for name in SPLITS}, tuple(said))


def _require_classes(given: Labelled) -> None:
    if len(given.classes) < 2:
        raise DataError(
            f"{given.title}: it has {len(given.classes)} class ({', '.join(map(shown, given.classes))}); expected at least two"
        )
    for name, labels in given.labels.items():
        counts = np.bincount(labels, minlength=len(given.classes))
        if (empty := np.flatnonzero(counts == 0)).size:
            raise DataError(
                f"{given.title}: class {shown(given.classes[empty[0]])} has no {given.noun} in {name}; expected every class in each"
                f" split: add {given.nouns} of it, or leave the class out"
            )


def _apart_from_test(given: Labelled) -> list[int]:
    """The places of training examples but for those of the test set, which a user's may not have."""
    if not given.published:
        _require_apart(given, "train", "test")
    tested = set(given.marks["test"])
    return [place for place, mark in enumerate(given.marks["train"]) if mark not in tested]


def _require_apart(given: Labelled, one: str, other: str) -> None:
    there = {mark: place for place, mark in reversed(list(enumerate(given.marks[other])))}
    shared = [place for place, mark in enumerate(given.marks[one]) if mark in there]
    if not shared:
        return

    def called(part: str, place: int) -> str:
        return given.places[part][place] if part in given.places else f"{given.noun} {place} of {part} (counted from 0)"

    pair = f"{called(one, shared[0])} is {called(other, there[given.marks[one][shared[0]]])}"
    raise DataError(
        f"{given.title}: {len(shared):,} {given.nouns} of {one} also lie in {other}, such as: {pair}; expected no {given.noun} in"
        " two splits: remove them, or merge the splits into one set, which nasbed splits without sharing copies"
    )


def _contradicted(given: Labelled) -> int:
    """How many different examples have copies with another label."""
    labels: dict[bytes, set[int]] = {}
    for name, own in given.labels.items():
        for mark, label in zip(given.marks[name], own.tolist(), strict=True):
            labels.setdefault(mark, set()).add(label)
    return sum(len(found) > 1 for found in labels.values())


def _apportion(
    given: Labelled, part: str, kept: Sequence[int], shares: Mapping[str, Fraction], whole: int | None = None
) -> dict[str, tuple[str, np.ndarray]]:
    """The kept places of a part without each of ``shares``, which are called train, and these; shares are of ``whole`` examples, of
    all by default.

    Copies of an example go with the first of them and count for its class.
    """
    labels, marks = given.labels[part], given.marks[part]
    groups: dict[bytes, list[int]] = {}
    for place in kept:
        groups.setdefault(marks[place], []).append(place)
    by_class: list[list[list[int]]] = [[] for _ in given.classes]
    for group in groups.values():
        by_class[labels[group[0]]].append(group)
    for number, (name, own) in enumerate(zip(given.classes, by_class, strict=True)):
        if len(own) <= len(shares):
            noun, needed = given.noun if len(own) == 1 else given.nouns, ", ".join(("train", *shares))
            shared = len({marks[place] for place in kept if labels[place] == number}) - len(own)
            beside = f", and {shared} with another label before" if shared > 0 else ""
            raise DataError(
                f"{given.title}: class {shown(name)} has {len(own)} different {noun} to split{beside}; expected at least"
                f" {len(shares) + 1}, one for each of {needed}: add {given.nouns} of it, or leave the class out"
            )
    sizes = [sum(map(len, own)) for own in by_class]
    wanted = {
        name: apportioned(sizes, round(share * (sum(sizes) if whole is None else whole)))
        for name, share in shares.items()
    }
    places: dict[str, list[int]] = {name: [] for name in ("train", *shares)}
    rng = stream(0, given.name if given.published else given.nouns, "splits")
    for number, own in enumerate(by_class):
        rng.shuffle(own)
        for before, name in enumerate(shares):
            taken, own = _taken(own, wanted[name][number], len(shares) - before)
            places[name] += taken
        places["train"] += [place for group in own for place in group]
    return {name: (part, np.array(sorted(found), np.int64)) for name, found in places.items()}


def apportioned(sizes: Sequence[int], total: int) -> list[int]:
    """``total`` seats by the sizes of the classes (largest remainders, the first class where they tie), at least one for each."""
    whole = sum(sizes)
    seats = [size * total // whole for size in sizes]
    order = sorted(range(len(sizes)), key=lambda place: (-(sizes[place] * total % whole), place))
    for place in order[: total - sum(seats)]:
        seats[place] += 1
    return [max(1, count) for count in seats]


def _taken(groups: Sequence[list[int]], wanted: int, later: int) -> tuple[list[int], list[list[int]]]:
    """Groups that fit into ``wanted`` examples, or the smallest one where none does; and the rest, at least ``later`` groups."""
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


def read_only(values: np.ndarray) -> np.ndarray:
    """A copy of an array, which nobody else changes and nobody can."""
    copied = np.array(values, order="C")
    copied.flags.writeable = False
    return copied
