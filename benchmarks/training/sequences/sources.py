"""Sequences by name, file, folder or arrays."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from nasbed.benchmarks.training.data.data_paths import own_path, published_folder
from nasbed.benchmarks.training.data.splitting import ALL
from nasbed.benchmarks.training.sequences.archive import archived_series
from nasbed.benchmarks.training.sequences.arrays import from_npz, from_tuple
from nasbed.benchmarks.training.sequences.encoding import TEXTS, Reading
from nasbed.benchmarks.training.sequences.folders import KINDS, files_of, holds_sequences
from nasbed.benchmarks.training.sequences.given import GivenSequences
from nasbed.benchmarks.training.sequences.noisy import noisy
from nasbed.benchmarks.training.sequences.published import digit_rows, japanese_vowels, pooled_vowels
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.splits import LIMIT, split
from nasbed.benchmarks.training.sequences.texts import labelled_texts, numbered_tokens, text_of
from nasbed.benchmarks.training.sequences.windows import windows
from nasbed.errors import DataError, OptionError, named, require_name, shown
from nasbed.numeric import require_whole

LICENCES = {
    "digit_rows": "digits: CC BY 4.0 (UCI)",
    "japanese_vowels": "Japanese Vowels: CC BY 4.0 (UCI)",
    "noisy_vowels": "Japanese Vowels: CC BY 4.0 (UCI)",
}
"""What the data sets may be used under that have a name."""
NAMES = tuple(LICENCES)
"""The data sets that have a name; digit_rows comes with scikit-learn, the others are read from the same files."""
_NOISE, _COPIES = 1.0, {"train": 1, "validation": 3, "test": 3}
"""What makes noisy_vowels of Japanese Vowels: the deviation of the noise, and how many copies of each series a split has."""
_KINDS = "the path of a file (.tsv, .csv, .ts, .txt or .npz) or of a folder of such for each split"


def load_sequences(
    data: str | Path | tuple[Any, ...],
    folder: Path | str | None = None,
    *,
    tokens: str = "characters",
    longest: int | None = None,
) -> SequenceData:
    """Sequences in three splits: one of ``NAMES``, a file, a folder with a file for each split, (sequences, labels), or padded
    arrays (values, lengths, labels).

    Texts are read as ``tokens``: ``characters`` or ``words``. Of a sequence with more steps than ``longest`` the first so many are
    kept, and ``origin`` says so; a text for the next token is cut into windows of so many tokens, 64 by default. Published sets
    lie below ``folder``, by default ``sequences`` in the data home. Raises :class:`~nasbed.errors.DataError` for data that are
    missing, damaged or not to be split, with the remedy; :class:`~nasbed.errors.UnknownNameError` for a text that is neither a
    name nor a path; and :class:`~nasbed.errors.OptionError` for what is none of these.
    """
    require_name("kind of tokens", tokens, TEXTS)
    if longest is not None:
        longest = require_whole("longest", longest, 1, LIMIT)
    read = TEXTS[tokens == "words"]
    if (root := published_folder(data, NAMES, folder, "sequences")) is not None:
        found = _named(str(data), root, longest)
    elif isinstance(data, tuple) and len(data) in (2, 3):
        found = split(from_tuple(data, read), longest)
    elif not isinstance(data, (str, Path)):
        raise OptionError(
            f"data = {shown(data)}; expected a name ({', '.join(NAMES)}), {_KINDS}, (sequences, labels), or padded arrays (values,"
            " lengths, labels)"
        )
    else:
        found = _own(data, read, longest)
    if read == "words" and found.reading != read:
        raise OptionError(
            f"tokens = {shown(tokens)} says how texts are read, and {named(found.name)} holds {found.reading}; leave it out"
        )
    return found


def is_sequences(data: object) -> bool:
    """Whether a path or a name is of sequences, as far as the names of files and arrays tell, rather than of images."""
    if not isinstance(data, (str, Path)):
        return False
    if data in NAMES:
        return True
    try:
        path = Path(data).expanduser()
        if path.is_dir():
            return holds_sequences(path)
        if path.suffix.lower() != ".npz":
            return path.suffix.lower() in KINDS
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except (
        OSError,
        RuntimeError,
        ValueError,
        DataError,
        zipfile.BadZipFile,
    ):  # of what can be no path, or is no archive
        return False
    return "values" in names or any(name.startswith("lengths") for name in names)


def _own(data: str | Path, read: Reading, longest: int | None) -> SequenceData:
    """The sequences of a user's file or folder."""
    path, is_folder = own_path(data, "sequences", NAMES, _KINDS, _KINDS)
    if is_folder:
        name = path.resolve().name
        return _read(name, f"the folder {named(name)}", files_of(path), read, longest)
    if path.suffix.lower() == ".npz":
        return split(from_npz(path), longest)
    if path.suffix.lower() not in KINDS:
        raise DataError(
            f"{named(path)} ends with {shown(path.suffix)}; expected {_KINDS}: a .tsv file has a label, a tab and a text in each"
            " line"
        )
    return _read(path.stem, named(path.name), {ALL: path}, read, longest)


def _read(name: str, title: str, files: dict[str, Path], read: Reading, longest: int | None) -> SequenceData:
    """The sequences of files of one kind, one for all or one for each split."""
    kind = next(iter(files.values())).suffix.lower()
    if kind == ".txt":
        return windows(name, title, {part: text_of(path) for part, path in files.items()}, read, longest)
    if kind == ".ts":
        found = {part: archived_series(path) for part, path in files.items()}
        classes = next(iter(found.values()))[1]
        for part, (_, own) in found.items():
            if set(own) != set(classes):
                raise DataError(
                    f"{named(files[part])} names the classes {', '.join(own)} and {named(next(iter(files.values())))}"
                    f" {', '.join(classes)}; expected the same in each"
                )
        return split(
            GivenSequences(name, title, {part: own for part, (own, _) in found.items()}, "series", classes), longest
        )
    if kind == ".csv":
        numbers = {part: numbered_tokens(path) for part, path in files.items()}
        return split(GivenSequences(name, title, numbers, "numbers"), longest)
    return split(
        GivenSequences(name, title, {part: labelled_texts(path) for part, path in files.items()}, read), longest
    )


@cache
def _named(name: str, root: Path, longest: int | None) -> SequenceData:
    if name == "noisy_vowels":
        return noisy(split(pooled_vowels(root), longest), _NOISE, _COPIES)
    return split(digit_rows() if name == "digit_rows" else japanese_vowels(root), longest)
