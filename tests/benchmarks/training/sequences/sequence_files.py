"""Tiny files of sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WORDS = ("a bad film", "so bad", "a film of note", "a good note", "so good a film", "good of a film")
"""Texts whose words recur."""
TS = """# A tiny problem.
@problemName tiny
@timeStamps false
@classLabel true yes no
@data
"""


def tsv(path: Path, each: int = 5, seed: int = 0) -> Path:
    """A file of two classes of texts, no two of which are alike."""
    rng = np.random.default_rng(seed)
    lines = [
        f"{label}\t{number} {seed} {label} {WORDS[rng.integers(len(WORDS))]}"
        for number in range(each)
        for label in ("bad", "good")
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ts(path: Path, each: int = 5, seed: int = 0) -> Path:
    """A file of series of two channels, 1 to 4 steps long."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(2 * each):
        channels = rng.normal(size=(2, 1 + number % 4)).round(3)
        rows.append(":".join(",".join(map(str, row)) for row in channels.tolist()) + f":{('yes', 'no')[number % 2]}")
    path.write_text(TS + "\n".join(rows) + "\n", encoding="utf-8")
    return path
