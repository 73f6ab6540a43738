"""The words of a text that says an architecture: options of a layer, hyperparameters of a training."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from nasbed.benchmarks.spaces.base import is_number
from nasbed.benchmarks.spaces.conditional import Value
from nasbed.errors import ArchitectureError

NUMBER = None
"""Stands for the value of a word that a number follows."""


def read_words(
    words: str, where: str, known: Mapping[str, tuple[str, Value | None]], prefix: str = ""
) -> dict[str, Value]:
    """What the words of a text say, in any order, by the names of what they decide; a ``known`` word says a name and its value, or
    that a number follows (``NUMBER``). ``where`` and ``prefix`` are for messages.

    Raises :class:`~nasbed.errors.ArchitectureError` for an unknown word, one that says again what was said, and what is no number.

    >>> read_words("norm dropout 0.5", "layer 1", {"norm": ("norm", True), "dropout": ("dropout", NUMBER)})
    {'norm': True, 'dropout': 0.5}
    """
    found: dict[str, Value] = {}
    left = iter(words.split())
    for word in left:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            raise ArchitectureError(f"{where} says {word[:40]!r}; {guess}known: {', '.join(known)}")
        name, value = known[word]
        said = number(next(left, ""), f"{prefix}{name}") if value is NUMBER else value
        if name in found:
            raise ArchitectureError(f"{where} says its {name} twice: {found[name]} and {said}")
        found[name] = said
    return found


def number(word: str, name: str) -> float | int:
    """The number that a word says; raises :class:`~nasbed.errors.ArchitectureError` with the ``name`` of what it should be."""
    if is_number(word):
        return int(word[:40])
    try:
        return float(word)
    except ValueError:
        raise ArchitectureError(f"{name} = {word[:40]!r}; expected a number") from None
