"""How what a user has becomes numbers: texts as characters or words, numbers of tokens, and series, padded to one length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from nasbed.errors import DataError, shown

Reading = Literal["characters", "words", "numbers", "series"]
"""What a sequence consists of: the characters or words of a text, the numbers of tokens, or the steps of a series."""
TEXTS: tuple[Literal["characters"], Literal["words"]] = ("characters", "words")
"""How a text may be read."""
Item = str | np.ndarray
"""One sequence as it was read: a text, numbers of tokens (time,) as int64, or a series (time, channels) as float32."""
UNKNOWN = "<unknown>"
"""What token 0 is called, which stands for all tokens that are not in the vocabulary."""
OFTEN, MOST = 2, 20_000
"""How often the training split has a token that is known, so that token 0 is learnt from the others; and how many there are at
most, the most frequent ones.
"""
_BEYOND = 2**31
WORDS = r"\w+|[^\w\s]"
"""The words and marks of a text, as a regular expression."""


def tokens_of(item: Item, reading: Reading) -> Sequence[str]:
    """The tokens of a text, its characters, or its words and marks as they are written; or those of numbers.

    >>> tokens_of("It's 5!", "words")
    ['It', "'", 's', '5', '!']
    """
    if isinstance(item, np.ndarray):
        return [str(number) if number else UNKNOWN for number in item.tolist()]
    return re.findall(WORDS, item) if reading == "words" else item


def cut(item: Item, reading: Reading, longest: int) -> Item:
    """The first ``longest`` steps or tokens of a sequence.

    >>> cut("Never say never again", "words", 2), cut("Never", "characters", 2)
    ('Never say', 'Ne')
    """
    return " ".join(tokens_of(item, reading)[:longest]) if reading == "words" else item[:longest]


def vocabulary_of(sequences: Iterable[Sequence[str]], reading: Reading) -> tuple[str, ...]:
    """The tokens that occur at least twice, sorted, after the one that stands for all others.

    >>> vocabulary_of(["abba", "cab"], "characters")
    ('<unknown>', 'a', 'b')
    """
    counts = Counter(token for tokens in sequences for token in tokens)
    del counts[UNKNOWN]
    frequent = sorted((-count, token) for token, count in counts.items() if count >= OFTEN)[:MOST]
    found = (token for _, token in frequent)
    return (UNKNOWN, *(sorted(found, key=int) if reading == "numbers" else sorted(found)))


def encoded(sequences: Iterable[Sequence[str]], vocabulary: Sequence[str]) -> list[np.ndarray]:
    """For each sequence the numbers of its tokens in the vocabulary, int64 (tokens,), 0 for those that it does not have.

    >>> [numbers.tolist() for numbers in encoded(["cab"], ("<unknown>", "a", "b"))]
    [[0, 1, 2]]
    """
    numbers = {token: number for number, token in enumerate(vocabulary)}
    return [np.array([numbers.get(token, 0) for token in tokens], np.int64) for tokens in sequences]


def padded(arrays: Sequence[np.ndarray], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Arrays (time, ...) of one kind, which are at most so long, as one (count, longest, ...) with 0 beyond them; and how long each
    is, int64 (count,).
    """
    lengths = np.array([len(one) for one in arrays], np.int64)
    values = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for place, one in enumerate(arrays):
        values[place, : len(one)] = one
    return values, lengths


def as_series(where: str, values: np.ndarray) -> np.ndarray:
    """Numbers (time, channels) as float32; raises :class:`~nasbed.errors.DataError` that says ``where`` for what is no finite
    number and for what 32 bits cannot hold.
    """
    if (odd := np.argwhere(~np.isfinite(values))).size:
        step, channel = odd[0].tolist()
        raise DataError(
            f"{where}: value {step + 1:,} of channel {channel + 1} is {values[step, channel]}; expected finite numbers: fill the"
            " gap, or remove the series"
        )
    with np.errstate(over="ignore"):
        stored = values.astype(np.float32)
    if not np.isfinite(stored).all():
        raise DataError(f"{where} has a value beyond what 32-bit floats hold; expected smaller numbers: rescale them")
    return np.add(stored, 0, dtype=np.float32)  # no -0, whose bytes differ from those of 0


def as_numbers(where: str, values: np.ndarray) -> np.ndarray:
    """Numbers of tokens (time,) as int64; raises :class:`~nasbed.errors.DataError` that says ``where`` for what is out of range."""
    if (odd := np.flatnonzero((values < 0) | (values >= _BEYOND))).size:
        raise DataError(
            f"{where} has the token {shown(values[odd[0]].item())}; expected whole numbers of 0 .. {_BEYOND - 1:,}, of which 0"
            " stands for unknown tokens"
        )
    return values.astype(np.int64)
