"""Texts for the prediction of the next token: contiguous parts of a text, cut into windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from nasbed.benchmarks.training.data.splitting import ALL, SPLITS, read_only
from nasbed.benchmarks.training.sequences.encoding import TEXTS, encoded, padded, tokens_of
from nasbed.benchmarks.training.sequences.sequences import BEYOND, SequenceData, SequenceSplit
from nasbed.benchmarks.training.sequences.splits import known, known_tokens
from nasbed.errors import DataError

WINDOW = 64
"""How many tokens a window has where nothing else is said."""
_TENTH = Fraction(1, 10)


def windows(name: str, title: str, texts: Mapping[str, str], reading: str, longest: int | None = None) -> SequenceData:
    """The windows of a text, or of those of train, test and, it may be, validation, as sequences of ``longest`` tokens whose labels
    are the tokens that follow each. The last window of a part may be shorter, and none reaches into another part.

    Of one text the first eight tenths are to train, the next one to validate and the last to test; where there is no validation
    part, the last tenth of train is. A window of train that stands anywhere in validation or test is left out. Raises
    :class:`~nasbed.errors.DataError` for a part that is shorter than a window, and where all windows to train are left out.
    """
    length = WINDOW if longest is None else longest
    read = TEXTS[reading == "words"]
    parts, said = _parts({part: tokens_of(text, read) for part, text in texts.items()})
    for part, tokens in parts.items():
        if len(tokens) <= length:
            raise DataError(
                f"{title}: its part for {part} has {len(tokens):,} {read}; expected more than a window of {length:,}: use a longer"
                " text, or shorter windows with the option longest"
            )
    cuts = {part: _cut(tokens, length) for part, tokens in parts.items()}
    held_out = _standing_in(cuts["train"], (parts["validation"], parts["test"]))
    kept = [window for window in cuts["train"] if tuple(window) not in held_out]
    if all(len(window) <= length for window in kept):
        raise DataError(
            f"{title}: all its windows to train lie in validation or test too; expected a text without copies"
        )
    said = f"{said}; windows of {length:,} {read}"
    if left_out := len(cuts["train"]) - len(kept):
        said += f", of which {left_out:,} of train that lie in validation or test too were left out"
    vocabulary = known_tokens(title, [parts["train"]], read)
    numbers = {part: encoded(own, vocabulary) for part, own in {**cuts, "train": kept}.items()}
    splits = {part: SequenceSplit(*map(read_only, _shifted(numbers[part], length))) for part in SPLITS}
    origin = f"{title}; {said}; {known(vocabulary, numbers, read)}."
    return SequenceData(name, vocabulary, splits, "next token", vocabulary, origin, read)


def _parts(texts: Mapping[str, Sequence[str]]) -> tuple[dict[str, Sequence[str]], str]:
    """The tokens of each split, and how they were found."""
    if ALL in texts:
        whole = texts[ALL]
        first, last = (len(whole) - round(share * _TENTH * len(whole)) for share in (2, 1))
        parts = {"train": whole[:first], "validation": whole[first:last], "test": whole[last:]}
        return parts, "its first eight tenths are to train, the next to validate and the last to test"
    if "validation" in texts:
        return {part: texts[part] for part in SPLITS}, "split as it was given"
    train = texts["train"]
    first = len(train) - round(_TENTH * len(train))
    parts = {"train": train[:first], "validation": train[first:], "test": texts["test"]}
    return parts, "its test part is the test split, and the last tenth of its training part validates"


def _cut(tokens: Sequence[str], length: int) -> list[Sequence[str]]:
    """Windows of ``length`` tokens and the one that follows the last of them."""
    return [tokens[start : start + length + 1] for start in range(0, len(tokens) - 1, length)]


def _standing_in(windows: Sequence[Sequence[str]], texts: Sequence[Sequence[str]]) -> set[tuple[str, ...]]:
    """Which of some windows stand in one of the texts, wherever they begin."""
    wanted = {tuple(window) for window in windows}
    sizes = {len(window) for window in wanted}
    found = set()
    for text in texts:
        for size in sizes:
            found |= {
                here for start in range(len(text) - size + 1) if (here := tuple(text[start : start + size])) in wanted
            }
    return found


def _shifted(windows: Sequence[np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, lengths and labels of windows: all tokens but the last, and all but the first."""
    values, lengths = padded([window[:-1] for window in windows], length)
    labels, _ = padded([window[1:] for window in windows], length)
    labels[np.arange(length) >= lengths[:, None]] = BEYOND
    return values, lengths, labels
