"""Figures of many benchmarks in parts, each of which fits on a page: what is of all benchmarks together comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.figures.kind import FigureKind
    from nasbed.results.results import Results

MANY = 12
"""Benchmarks beyond which a figure with a panel for each is drawn in parts of so many panels at most."""


class FigurePart(NamedTuple):
    """What a part of a figure is called, the results and numbers that it is of, what is drawn of these, and its place among so many
    parts.
    """

    name: str
    results: Results
    numbers: pd.DataFrame
    drawn: pd.DataFrame
    place: int = 1
    parts: int = 1

    @property
    def of_some(self) -> bool:
        """Whether it has panels of some benchmarks, and not what is of all together."""
        return self.parts > 1 and len(self.results.benchmarks) <= MANY

    def said(self, about: str) -> str:
        """What a figure shows, and which part of it this is."""
        return f"Part {self.place} of {self.parts}. {about}" if self.parts > 1 else about


def pages(results: Results, kind: FigureKind, frame: pd.DataFrame) -> list[FigurePart]:
    """The parts of a figure with the numbers ``frame``: the figure itself, or where there are more than ``MANY`` benchmarks with a
    panel each, ``NAME``, ``NAME_2`` and so on, about as many panels in each.
    """
    labels = list(results.benchmarks)
    if len(labels) <= MANY or "benchmark" not in frame:
        return [FigurePart(kind.name, results, frame, frame)]
    together = frame[~frame["benchmark"].isin(labels)]
    parts = [(results, together)] if len(together) else []
    for mine in np.array_split(np.array(labels, dtype=object), -(-len(labels) // MANY)):
        numbers = frame[frame["benchmark"].isin(mine)]
        if len(numbers):
            parts.append((results.subset(benchmarks=mine.tolist()), numbers))
    return [
        FigurePart(
            kind.name if place == 1 else f"{kind.name}_{place}",
            shown,
            numbers,
            kind.condensed(shown, numbers),
            place,
            len(parts),
        )
        for place, (shown, numbers) in enumerate(parts, 1)
    ]
