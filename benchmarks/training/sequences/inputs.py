"""Sequences without labels, as they come to a trained network: read and encoded as those that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nasbed.benchmarks.training.data.npz import arrays_in
from nasbed.benchmarks.training.data.splitting import ALL
from nasbed.benchmarks.training.sequences.archive import archived_series
from nasbed.benchmarks.training.sequences.arrays import from_padded, listed
from nasbed.benchmarks.training.sequences.encoding import TEXTS, Item, Reading, encoded, padded, tokens_of
from nasbed.benchmarks.training.sequences.texts import labelled_texts, lines_of, numbered_tokens
from nasbed.errors import DataError, located, named

_OF: dict[str, tuple[Reading, ...]] = {
    ".txt": TEXTS,
    ".tsv": TEXTS,
    ".csv": ("numbers",),
    ".ts": ("series",),
    ".npz": ("numbers", "series"),
}
"""What the files of each ending hold."""


class Encoded(NamedTuple):
    """Sequences as a network reads them before they are normalised, (count, longest) or (count, longest, channels), how long each
    is (count,), and how many of all tokens are unknown.
    """

    values: np.ndarray
    lengths: np.ndarray
    unknown: int


def items_of(sequences: Any, reading: Reading) -> Sequence[Item]:
    """Sequences in Python as :func:`load_sequences` takes them, without labels: a list, an array, or a pair (values, lengths) of
    padded ones.

    Raises :class:`~nasbed.errors.DataError` for what is no such, and of another kind than those that were trained on.
    """
    if isinstance(sequences, tuple) and len(sequences) == 2 and reading not in TEXTS:
        found, kind = from_padded({ALL: ("values", sequences[0], "lengths", sequences[1])})
        items = found[ALL]
    else:
        items, kind = listed(sequences, reading if reading in TEXTS else TEXTS[0])
    _require_kind("sequences", kind, reading)
    return items


def items_in(path: Path, reading: Reading) -> Sequence[Item]:
    """The sequences of a file as it was trained on, whose labels are left aside; or of a ``.txt`` file with a text in each line.

    Raises :class:`~nasbed.errors.DataError` for what cannot be read, and for a file of another kind.
    """
    ending = path.suffix.lower()
    if ending not in _OF or reading not in _OF[ending]:
        endings = " or ".join(one for one, kinds in _OF.items() if reading in kinds)
        raise DataError(
            f"{named(path)}: the network was trained on {reading}; expected a file that ends with {endings}"
        )
    if ending == ".txt":
        return [line.strip() for _, line in lines_of(path, "a text in each line")]
    if ending == ".tsv":
        return labelled_texts(path).items
    if ending == ".csv":
        return numbered_tokens(path).items
    if ending == ".ts":
        return archived_series(path)[0].items
    arrays = arrays_in(path, "values and lengths")
    if "values" not in arrays:
        raise DataError(f"{named(path)}: it holds no values; expected an npz file with values and lengths")
    with located(named(path)):
        items, kind = from_padded({ALL: ("values", arrays["values"], "lengths", arrays.get("lengths"))})
    _require_kind(named(path), kind, reading)
    return items[ALL]


def encode(items: Sequence[Item], reading: Reading, vocabulary: Sequence[str], channels: int) -> Encoded:
    """Sequences as numbers, by the vocabulary of the training, () for series of so many channels.

    Raises :class:`~nasbed.errors.DataError` for one without tokens, and for series of other channels.
    """
    if reading == "series":
        arrays = [item for item in items if isinstance(item, np.ndarray)]
        for place, one in enumerate(arrays):
            if one.shape[1] != channels:
                raise DataError(
                    f"sequence {place} (counted from 0) has {one.shape[1]} channels; the network was trained on {channels}"
                )
    else:
        tokens = [tokens_of(item, reading) for item in items]
        if empty := [place for place, one in enumerate(tokens) if not len(one)]:
            raise DataError(f"sequence {empty[0]} (counted from 0) has no {reading}; expected at least one: remove it")
        arrays = encoded(tokens, vocabulary)
    values, lengths = padded(arrays, max(map(len, arrays)))
    unknown = 0 if reading == "series" else sum(int((one == 0).sum()) for one in arrays)
    return Encoded(values, lengths, unknown)


def _require_kind(called: str, kind: Reading, reading: Reading) -> None:
    if kind != reading:
        raise DataError(f"{called} are {kind}; the network was trained on {reading}")
