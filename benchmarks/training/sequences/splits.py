"""How labelled sequences are split, by their classes, and become numbers: what is unknown is decided by the training split."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from nasbed.benchmarks.training.data.labels import numbered
from nasbed.benchmarks.training.data.splitting import Labelled, divide, read_only
from nasbed.benchmarks.training.sequences.encoding import (
    OFTEN,
    TEXTS,
    Item,
    Reading,
    cut,
    encoded,
    padded,
    tokens_of,
    vocabulary_of,
)
from nasbed.benchmarks.training.sequences.given import GivenSequences, SequencePart
from nasbed.benchmarks.training.sequences.sequences import SequenceData, SequenceSplit
from nasbed.errors import DataError

LIMIT = 4_096
"""The most steps of a sequence: a network goes through them one after another."""


def split(given: GivenSequences, longest: int | None = None) -> SequenceData:
    """The data set that is made of what is given, by fixed draws; its arrays are read-only. Of a sequence that has more steps than
    ``longest`` the first so many are kept.

    Raises :class:`~nasbed.errors.DataError` for sequences with more than ``LIMIT`` steps or of different channels, where a class is
    missing or too small, or where a user's splits share sequences.
    """
    parts, shortened = _shortened(given, longest)
    _require_channels(given, parts)
    labels, classes = _labels(given)
    marks = {name: [mark(item, given.reading) for item in part.items] for name, part in parts.items()}
    places = {name: part.places for name, part in parts.items() if part.places}
    labelled = Labelled(
        given.name, given.title, "sequence", classes, labels, marks, published=given.published, places=places
    )
    divided = divide(labelled)
    chosen = {
        name: ([parts[part].items[place] for place in own.tolist()], labels[part][own])
        for name, (part, own) in divided.chosen.items()
    }
    said = [given.title, *divided.said]
    if shortened:
        said.append(f"{shortened:,} of its sequences are cut after their first {longest:,} {_unit(given.reading)}")
    arrays = {name: [item for item in items if isinstance(item, np.ndarray)] for name, (items, _) in chosen.items()}
    vocabulary: tuple[str, ...] = ()
    if given.reading != "series":
        tokens = {name: [tokens_of(item, given.reading) for item in items] for name, (items, _) in chosen.items()}
        vocabulary = known_tokens(given.title, tokens["train"], given.reading)
        arrays = {name: encoded(own, vocabulary) for name, own in tokens.items()}
        said.append(known(vocabulary, arrays, given.reading))
    most = max(len(one) for own in arrays.values() for one in own)
    splits = {
        name: SequenceSplit(*map(read_only, (*padded(own, most), chosen[name][1]))) for name, own in arrays.items()
    }
    origin = "; ".join(said) + "."
    text = "" if given.reading not in TEXTS else TEXTS[given.reading == "words"]
    return SequenceData(given.name, classes, splits, "classification", vocabulary, origin, text)


def known_tokens(title: str, sequences: Sequence[Sequence[str]], reading: Reading) -> tuple[str, ...]:
    """The vocabulary of training sequences; raises :class:`~nasbed.errors.DataError` where hardly a token is in it."""
    vocabulary = vocabulary_of(sequences, reading)
    if len(vocabulary) < 3:
        raise DataError(
            f"{title}: its training split has {len(vocabulary) - 1} different {_unit(reading)} that occur at least {OFTEN} times;"
            " expected at least two: use more data, or characters instead of words"
        )
    return vocabulary


def known(vocabulary: Sequence[str], arrays: dict[str, list[np.ndarray]], reading: Reading) -> str:
    """What there is to say of a vocabulary, and how many of the tokens of each split it does not have."""
    shares = []
    for name, own in arrays.items():
        total, unknown = sum(map(len, own)), sum(int((one == 0).sum()) for one in own)
        shares.append(f"{unknown:,} of {total:,} in {name}")
    return (
        f"its vocabulary are {len(vocabulary) - 1:,} {_unit(reading)}, each at least {OFTEN} times in train; all others are one"
        f" unknown token: {', '.join(shares)}"
    )


def _unit(reading: Reading) -> str:
    return {"series": "steps", "numbers": "tokens"}.get(reading, reading)


def _shortened(given: GivenSequences, longest: int | None) -> tuple[dict[str, SequencePart], int]:
    """The parts with sequences of at most ``longest`` steps, and how many were longer."""
    parts, count = {}, 0
    for name, part in given.parts.items():
        items: list[Item] = []
        for place, item in enumerate(part.items):
            steps = len(tokens_of(item, given.reading)) if isinstance(item, str) else len(item)
            if longest is not None and steps > longest:
                item, steps, count = cut(item, given.reading, longest), longest, count + 1
            if not steps:
                raise DataError(f"{_called(given, name, place)} has no {_unit(given.reading)}; remove it")
            if steps > LIMIT:
                raise DataError(
                    f"{_called(given, name, place)} has {steps:,} {_unit(given.reading)}; expected at most {LIMIT:,}: cut all"
                    " sequences with the option longest, as in longest=256"
                )
            items.append(item)
        parts[name] = part._replace(items=items)
    return parts, count


def _called(given: GivenSequences, part: str, place: int) -> str:
    places = given.parts[part].places
    return places[place] if places else f"sequence {place} of {part} (counted from 0)"


def _require_channels(given: GivenSequences, parts: dict[str, SequencePart]) -> None:
    """Series of one number of channels."""
    if given.reading != "series":
        return
    first: tuple[str, int] | None = None
    for name, part in parts.items():
        for place, item in enumerate(part.items):
            channels = item.shape[1] if isinstance(item, np.ndarray) else 0
            if first is None:
                first = (_called(given, name, place), channels)
            if channels != first[1]:
                raise DataError(
                    f"{given.title}: {_called(given, name, place)} has {channels} channels and {first[0]} {first[1]}; expected as"
                    " many of all series"
                )


def _labels(given: GivenSequences) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Labels in 0 .. classes - 1, in the order of the classes that are given or else that of their names; and the classes."""
    for name, part in given.parts.items():
        if hasattr(part.labels, "__len__") and len(part.labels) != len(part.items):
            where = "" if len(given.parts) == 1 else f" of {name}"
            raise DataError(
                f"there are {len(part.items):,} sequences{where} and {len(part.labels):,} {part.called}; expected a label for each"
            )
    classes, labels = numbered({name: (part.called, part.labels) for name, part in given.parts.items()}, "sequence")
    if not given.classes:
        return labels, classes
    order = np.array([given.classes.index(name) for name in classes])
    return {name: order[own] for name, own in labels.items()}, given.classes


def mark(item: Item, reading: Reading) -> bytes:
    """Sixteen bytes that stand for all steps or tokens of a sequence."""
    if isinstance(item, str):
        content = "\0".join(tokens_of(item, reading)).encode()
    else:
        content = f"{item.shape}".encode() + np.ascontiguousarray(item).tobytes()
    return blake2b(content, digest_size=16).digest()
