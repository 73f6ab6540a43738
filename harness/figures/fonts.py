"""Fonts for labels in any script: where the usual one lacks letters, an installed one that has them.

Matplotlib's own font has Latin, Greek, Cyrillic and more; Chinese, Japanese or emoji need one of the system. Where none has them
figures are drawn all the same, with boxes, and one warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from nasbed.errors import UnwiseWarning

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL = "DejaVu Sans"
"""The font of all figures; it comes with matplotlib."""

LAST_RESORT = "Last Resort"
"""Fonts that have a box for every letter."""

_PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Source Han Sans SC", "Source Han Sans", "PingFang SC",
    "Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "WenQuanYi Zen Hei", "Arial Unicode MS", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Emoji", "Segoe UI Emoji", "Symbola",
)  # fmt: skip
"""Fonts without serifs that are tried before all others, which follow by name."""


@contextmanager
def quiet() -> Iterator[None]:
    """Without matplotlib's warnings of letters that a font lacks, one for each text and drawing; :func:`warn` says it once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def fit(figure: Figure) -> None:
    """Give every text of a figure fonts that have its letters."""
    from matplotlib.text import Text

    for one in figure.findobj(Text):
        assert isinstance(one, Text)
        if lacking := _lacking(one.get_text()):
            one.set_fontfamily([USUAL, *families(lacking)])


def warn(texts: Iterable[str]) -> None:
    """Warn of texts, as labels and titles, with letters that no installed font has; the same ones once a process."""
    if strange := tuple(text for text in texts if nowhere(_lacking(text))):
        _warn(strange)


@cache
def _warn(texts: tuple[str, ...]) -> None:
    letters = "".join(sorted({letter for text in texts for letter in nowhere(_lacking(text))}))
    warnings.warn(
        f"figures show boxes in place of {letters[:20]!r}{' and more' * (len(letters) > 20)}, of the labels"
        f" {', '.join(map(repr, texts[:3]))}{' and more' * (len(texts) > 3)}: no installed font has them; install one that has, as"
        " Noto Sans CJK for Chinese, Japanese and Korean, or write the labels in other letters",
        UnwiseWarning,
        stacklevel=2,
    )


@cache
def families(letters: frozenset[str]) -> tuple[str, ...]:
    """Installed fonts that together have the letters, as far as any has."""
    from matplotlib.font_manager import fontManager

    files = {font.name: font.fname for font in sorted(fontManager.ttflist, key=lambda font: font.fname, reverse=True)}
    others = sorted(name for name in files if not name.startswith(LAST_RESORT) and name not in (*_PREFERRED, USUAL))
    found, left = [], set(letters)
    for name in (*(name for name in _PREFERRED if name in files), *others):
        if not left:
            break
        if has := left & _letters(files[name], frozenset(left)):
            found.append(name)
            left -= has
    return tuple(found)


def nowhere(letters: frozenset[str]) -> frozenset[str]:
    """The letters among ``letters`` that no installed font has."""
    from matplotlib.font_manager import fontManager

    chosen = set(families(letters)) if letters else set()
    files = [font.fname for font in fontManager.ttflist if font.name in chosen]
    return letters.difference(*(_letters(file, letters) for file in files))


def _lacking(text: str) -> frozenset[str]:
    """The letters of a text that the usual font has not."""
    if text.isascii():
        return frozenset()
    from matplotlib.font_manager import findfont

    letters = frozenset(letter for letter in text if not letter.isascii())
    return letters - _letters(findfont(USUAL), letters)


@cache
def _letters(file: str, letters: frozenset[str]) -> frozenset[str]:
    """Those of some letters that a font file has; none where it can't be read."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
    except (OSError, RuntimeError):
        return frozenset()
    return frozenset(letter for letter in letters if font.get_char_index(ord(letter)))
