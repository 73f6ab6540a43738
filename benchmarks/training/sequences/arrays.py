"""A user's sequences as arrays, in Python or in an npz file: texts, numbers of tokens, or series, with their lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.training.data.labels import array_of
from nasbed.benchmarks.training.data.npz import arrays_in
from nasbed.benchmarks.training.data.splitting import ALL, SPLITS
from nasbed.benchmarks.training.sequences.encoding import Item, Reading, as_numbers, as_series
from nasbed.benchmarks.training.sequences.given import GivenSequences, SequencePart
from nasbed.errors import DataError, located, named, shown

_NUMBERS, _WHOLE = ("biuf", "numbers"), ("iu", "whole numbers")
"""Kinds of NumPy types, and what they are called."""
EXPECTED = (
    "values, labels and lengths, or x_train, y_train, x_test, y_test, their lengths_train and lengths_test, and, if you like,"
    " those of validation"
)
_SHAPES = "(count, time) of numbers of tokens or of one channel, or (count, time, channels)"


def from_tuple(data: tuple[Any, ...], text: Reading) -> GivenSequences:
    """Sequences and their labels, (sequences, labels) or padded (values, lengths, labels); texts are read as ``text`` says.

    Raises :class:`~nasbed.errors.DataError` for what cannot be such.
    """
    sequences, labels = data[0], data[-1]
    if len(data) == 3:
        items, reading = from_padded({ALL: ("values", sequences, "lengths", data[1])})
        found = items[ALL]
    else:
        found, reading = listed(sequences, text)
    title = "the sequences and their labels"
    return GivenSequences("sequences", title, {ALL: SequencePart(found, labels)}, reading)


def from_npz(path: Path) -> GivenSequences:
    """The sequences of an npz file, split or not. Raises :class:`~nasbed.errors.DataError` for any other file or content."""
    arrays = arrays_in(path, EXPECTED)
    names = {ALL: ("values", "lengths", "labels")}
    by_part = {part: (f"x_{part}", f"lengths_{part}", f"y_{part}") for part in SPLITS}
    if "values" not in arrays:
        names = {part: own for part, own in by_part.items() if part != "validation" or arrays.keys() & {*own}}
    elif split := sorted({name for own in by_part.values() for name in own} & arrays.keys()):
        raise DataError(f"{named(path)}: it holds values and {split[0]}; expected {EXPECTED}, not both")
    if missing := [name for own in names.values() for name in (own[0], own[2]) if name not in arrays]:
        found = ", ".join(map(named, arrays)) or "nothing"
        raise DataError(f"{named(path)}: it holds {found}, and no {missing[0]}; expected {EXPECTED}")
    given = {part: (own[0], arrays[own[0]], own[1], arrays.get(own[1])) for part, own in names.items()}
    with located(named(path)):
        items, reading = from_padded(given)
    parts = {part: SequencePart(items[part], arrays[own[2]], called=own[2]) for part, own in names.items()}
    return GivenSequences(path.stem, named(path.name), parts, reading)


def listed(sequences: Any, text: Reading) -> tuple[Sequence[Item], Reading]:
    """Sequences in Python: a list of texts, which are read as ``text`` says, of numbers of tokens, of one channel's numbers or of
    arrays (time, channels); or one array of them all.

    Raises :class:`~nasbed.errors.DataError` for what cannot be such.
    """
    if isinstance(sequences, str) or not (hasattr(sequences, "__len__") and hasattr(sequences, "__getitem__")):
        raise DataError(f"sequences = {shown(sequences)}; expected a list of texts or arrays, or an array {_SHAPES}")
    given = list(sequences)
    if not given:
        raise DataError("sequences is empty; expected at least one sequence of each class")
    if any(isinstance(one, str) for one in given):
        if odd := [place for place, one in enumerate(given) if not isinstance(one, str) or not one.strip()]:
            raise DataError(f"sequences[{odd[0]}] = {shown(given[odd[0]])}; expected a text: remove it")
        return [str(one).strip() for one in given], text
    arrays = [array_of(f"sequences[{place}]", one, _NUMBERS, "step") for place, one in enumerate(given)]
    for place, one in enumerate(arrays):
        if one.ndim != arrays[0].ndim or one.ndim > 2 or not one.ndim:
            first = f" and sequences[0] {arrays[0].shape}" if place else ""
            raise DataError(
                f"sequences[{place}] is of shape {one.shape}{first}; expected (time,) or (time, channels) of all, or texts"
            )
    whole = arrays[0].ndim == 1 and all(one.dtype.kind in "iu" for one in arrays)
    return [_item(f"sequences[{place}]", one, whole) for place, one in enumerate(arrays)], _reading(whole)


def from_padded(given: Mapping[str, tuple[str, Any, str, Any]]) -> tuple[dict[str, Sequence[Item]], Reading]:
    """The sequences of each part of padded arrays, which is given as what the array is called and it itself, and what its lengths
    are called and they themselves, or ``None`` where all are as long as the array.

    Raises :class:`~nasbed.errors.DataError` for arrays of other shapes and lengths that do not fit them.
    """
    arrays = {
        part: (called, array_of(called, values, _NUMBERS, "sequence")) for part, (called, values, *_) in given.items()
    }
    first, like = next(iter(arrays.values()))
    for called, values in arrays.values():
        if values.ndim not in (2, 3):
            raise DataError(f"{called} is of shape {values.shape}; expected {_SHAPES}")
        if values.ndim != like.ndim or values.shape[2:] != like.shape[2:]:
            raise DataError(
                f"{first} is of shape {like.shape} and {called} {values.shape}; expected sequences of one kind, with as many"
                " channels"
            )
    whole = like.ndim == 2 and all(values.dtype.kind in "iu" for _, values in arrays.values())
    items: dict[str, Sequence[Item]] = {}
    for part, (called, values) in arrays.items():
        lengths = _lengths(given[part][2], given[part][3], called, values)
        items[part] = [
            _item(f"{called}[{place}]", one[:length], whole)
            for place, (one, length) in enumerate(zip(values, lengths, strict=True))
        ]
    return items, _reading(whole)


def _reading(whole: bool) -> Reading:
    return "numbers" if whole else "series"


def _item(where: str, values: np.ndarray, whole: bool) -> Item:
    if whole:
        return as_numbers(where, values)
    return as_series(where, values[:, None] if values.ndim == 1 else values)


def _lengths(called: str, lengths: Any, of: str, values: np.ndarray) -> list[int]:
    if lengths is None:
        return [values.shape[1]] * len(values)
    found = array_of(called, lengths, _WHOLE, "sequence")
    if found.shape != values.shape[:1]:
        raise DataError(
            f"{called} is of shape {found.shape} and {of} {values.shape}; expected a length for each sequence: {values.shape[:1]}"
        )
    if (odd := np.flatnonzero((found < 1) | (found > values.shape[1]))).size:
        raise DataError(
            f"{called}[{odd[0]}] = {found[odd[0]]}; expected lengths of 1 .. {values.shape[1]:,}, the time steps of {of}"
        )
    return [int(length) for length in found.tolist()]
