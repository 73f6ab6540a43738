"""Tiny texts as users have them, and networks that learn them at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SMALL = "width 16; conv 3 dilation 1 both; pool max | adam rate 0.01 batch 16 decay 0"
_LETTERS = np.array(list("abcdefgh"))


def small_texts(count: int = 90) -> tuple[list[str], np.ndarray]:
    """Texts of 3 to 9 letters without a q, with a q, and with a z: all different; and the classes ``none``, ``some``, ``zest``."""
    rng, classes = np.random.default_rng(3), np.arange(count) % 3
    texts: list[str] = []
    while len(texts) < count:
        letters = rng.choice(_LETTERS, rng.integers(3, 10))
        marked = classes[len(texts)]
        if marked:
            letters[rng.integers(len(letters))] = "qz"[marked - 1]
        if (text := "".join(letters)) not in texts:
            texts.append(text)
    return texts, np.array(["none", "some", "zest"])[classes]


def write_tsv(path: Path, count: int = 90) -> Path:
    texts, labels = small_texts(count)
    path.write_text("".join(f"{label}\t{text}\n" for text, label in zip(texts, labels, strict=True)))
    return path
