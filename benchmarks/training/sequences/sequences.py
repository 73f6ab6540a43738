"""Sequences in three splits, of tokens or of measurements over time, and their numbers as a network reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from nasbed.benchmarks.training.data.split_arrays import arrays_checksum, real_moments
from nasbed.benchmarks.training.data.splitting import SPLITS
from nasbed.benchmarks.training.sequences.encoding import Reading
from nasbed.errors import require_name

Task = Literal["classification", "next token"]
BEYOND = -1
"""The label of a position beyond the length of its sequence, where the task is the next token."""


class SequenceSplit(NamedTuple):
    """Sequences padded with 0 to the longest of all splits, how long each is, and their labels.

    ``values`` are tokens, int64 (count, longest), or series, float32 (count, longest, channels). ``lengths`` are int64 (count,), at
    least 1. ``labels`` are int64: of classification (count,) in 0 .. classes - 1; of the next token (count, longest), the token
    that follows each, ``BEYOND`` beyond the length. In a :class:`SequenceData` all arrays are read-only.
    """

    values: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class SequenceData:
    """A data set of sequences, in ``SPLITS`` that have no sequence in common; of classification each has all classes.

    ``classes`` are the names of the classes in the order of their labels, for the next token the vocabulary. ``vocabulary`` are the
    tokens in the order of their numbers, of which the first stands for all that are unknown; a series has none. ``origin`` says in
    a sentence where the sequences are from, how they were split, and what was cut or left out; ``text`` how a text becomes tokens,
    where the tokens are those of texts.
    """

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, SequenceSplit]
    task: Task
    vocabulary: tuple[str, ...]
    origin: str
    text: Literal["", "characters", "words"] = ""

    @property
    def reading(self) -> Reading:
        """What a sequence consists of: the characters or words of a text, the numbers of tokens, or the steps of a series."""
        return self.text or ("numbers" if self.vocabulary else "series")

    @property
    def channels(self) -> int:
        """How many numbers a step of a series has, 0 for tokens."""
        return 0 if self.vocabulary else self.splits["train"].values.shape[2]

    @property
    def tokens(self) -> int:
        """How many tokens the vocabulary has, with the unknown one; 0 for series."""
        return len(self.vocabulary)

    @property
    def longest(self) -> int:
        """The most steps that a sequence has, over all splits."""
        return self.splits["train"].values.shape[1]

    @property
    def augmentation(self) -> tuple[str, ...]:
        """What may be done to training sequences: nothing."""
        return ()

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean of each channel over all steps of the training split; of tokens ()."""
        return tuple(mean for mean, _ in self._moments)

    @property
    def deviation(self) -> tuple[float, ...]:
        """The standard deviation of each channel over all steps of the training split, 1 where it is constant; of tokens ()."""
        return tuple(deviation for _, deviation in self._moments)

    def normalised(self, split: str) -> SequenceSplit:
        """A split whose series are (value - mean) / deviation by channel, new float32 arrays at each call; padding stays 0, and
        tokens are as they are.

        Raises :class:`~nasbed.errors.UnknownNameError` for what is no split.
        """
        require_name("split", split, SPLITS)
        own = self.splits[split]
        if self.vocabulary:
            return own
        values = own.values - np.array(self.mean, np.float32)
        values /= np.array(self.deviation, np.float32)
        values[~within(own.lengths, self.longest)] = 0
        return own._replace(values=values)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of all that a training sees: task, classes, vocabulary and the splits; not of what the set is called."""
        return arrays_checksum((self.task, self.classes, self.vocabulary), self.splits, SPLITS)

    @cached_property
    def _moments(self) -> tuple[tuple[float, float], ...]:
        train = self.splits["train"]
        valid = train.values[within(train.lengths, self.longest)] if self.channels else np.empty((0, 0))
        return tuple(real_moments(valid[:, channel]) for channel in range(self.channels))


def within(lengths: np.ndarray, longest: int) -> np.ndarray:
    """Which positions lie within each length: truth values (count, longest)."""
    return np.arange(longest) < lengths[:, None]
