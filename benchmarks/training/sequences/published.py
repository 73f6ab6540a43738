"""Sequences with a name: rows of the digits of scikit-learn, and series of the archive that other packages carry."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.data.splitting import ALL
from nasbed.benchmarks.training.sequences.archive import archived_series
from nasbed.benchmarks.training.sequences.given import GivenSequences, SequencePart
from nasbed.errors import DataError, named

_VOWELS = "JapaneseVowels"
_CARRIERS = ("aeon", "sktime")
"""Packages that carry it as files, which are read without importing the packages."""


def digit_rows() -> GivenSequences:
    """The digits of scikit-learn as series: 1,797 images of 8 rows, each row a step of 8 channels of 0 .. 16, without a split."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    items = list(bunch.images.astype(np.float32))
    return GivenSequences(
        "digit_rows",
        "the rows of the digits of scikit-learn",
        {ALL: SequencePart(items, bunch.target.astype(np.int64))},
        "series",
        published=True,
    )


def japanese_vowels(folder: Path) -> GivenSequences:
    """Japanese Vowels: 640 utterances of 9 speakers, 7 to 29 steps of 12 channels (Kudo, Toyama and Shimbo, Pattern Recognition
    Letters 1999, by way of the time-series archive); 270 to train and 370 to test as published.

    Its files lie in ``JapaneseVowels`` below ``folder``, or in a package that carries them. Raises
    :class:`~nasbed.errors.DataError`, which says how to get it, where neither is there.
    """
    names = {part: f"{_VOWELS}_{part.upper()}.ts" for part in ("train", "test")}
    for place in (folder / _VOWELS, *_carried()):
        if not all((place / name).is_file() for name in names.values()):
            continue
        read = {part: archived_series(place / name) for part, name in names.items()}
        parts = {part: own for part, (own, _) in read.items()}
        classes = read["train"][1]
        return GivenSequences(
            "japanese_vowels", "Japanese Vowels as published", parts, "series", classes, published=True
        )
    raise DataError(
        f"Japanese Vowels: {named(folder / _VOWELS)} has no {names['train']} and {names['test']}, and no package that carries them"
        f" is there ({', '.join(_CARRIERS)}); put the files there, or get them with: pip install --no-deps aeon"
    )


def pooled_vowels(folder: Path) -> GivenSequences:
    """Japanese Vowels without the published split: all 640 utterances, in which every speaker has 54 to 118."""
    given = japanese_vowels(folder)
    parts = given.parts.values()
    items = [item for part in parts for item in part.items]
    labels = np.concatenate([np.asarray(part.labels) for part in parts])
    title = "Japanese Vowels, its published parts as one"
    return GivenSequences(
        "noisy_vowels", title, {ALL: SequencePart(items, labels)}, given.reading, given.classes, published=True
    )


def _carried() -> list[Path]:
    """The folders in which a package may carry the set."""
    specs = [find_spec(name) for name in _CARRIERS]
    return [
        Path(place) / "datasets" / "data" / _VOWELS
        for spec in specs
        if spec is not None
        for place in spec.submodule_search_locations or ()
    ]
