"""Sequences as a source has them, before they are split and become numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nasbed.benchmarks.training.sequences.encoding import Item, Reading


class SequencePart(NamedTuple):
    """Sequences, their labels as their user wrote them, where each of them is, if it has a place, and what labels are called."""

    items: Sequence[Item]
    labels: Any
    places: Sequence[str] = ()
    called: str = "labels"


@dataclass(frozen=True)
class GivenSequences:
    """Labelled sequences in parts: ``ALL``, train and test, or all three splits; ``title`` says what they are.

    ``classes`` are those that the source names in their order; where it names none they are found in the labels. Of a
    ``published`` set see :class:`~nasbed.benchmarks.training.data.splitting.Labelled`.
    """

    name: str
    title: str
    parts: Mapping[str, SequencePart]
    reading: Reading
    classes: tuple[str, ...] = ()
    published: bool = False
