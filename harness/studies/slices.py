"""Slices of a study: its runs divided among commands that know nothing of one another, as the tasks of a job array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nasbed.errors import StoreError, StudyError, named, shown
from nasbed.studies.batches import batch_size
from nasbed.studies.series import Series, distinct
from nasbed.studies.store import SLICES, Store, blocks, folder_name

MOST = 100_000
"""Slices of a study, at most."""


@dataclass(frozen=True)
class Slice:
    """The ``number``-th of ``count`` slices, counted from 1: every ``count``-th batch of the study."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Slice:
        """A slice from a text such as "3/100"; raises :class:`~nasbed.errors.StudyError`.

        >>> Slice.parse("3/100")
        Slice(number=3, count=100)
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text) if isinstance(text, str) else None
        if not found or not 1 <= int(found[1]) <= int(found[2]) <= MOST:
            raise StudyError(
                f"slice = {shown(text)}; expected K/N, the K-th of N slices, as 3/100; K is from 1 to N, and N at most {MOST:,}"
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """The name of its folder."""
        width = len(str(MOST))
        return f"{self.number:0{width}d}-of-{self.count:0{width}d}"

    def store(self, whole: Store, study: str) -> Store:
        """Where it stores its runs, below the folder of the whole study, which has the name ``study``.

        Raises :class:`~nasbed.errors.StoreError` where slices of another study are there, or of another division, which would
        overlap.
        """
        for other, path in stored_slices(whole.folder):
            if Store(path).record.exists():
                Store(path).claim(study)
            if other.count != self.count:
                raise StoreError(
                    f"{named(whole.folder / SLICES)} holds slices of {other.count}, and this is one of {self.count}: their runs"
                    f" would overlap; give --slice K/{other.count}, join what is there with nasbed merge, or choose another"
                    " folder with --out"
                )
        return Store(whole.folder / SLICES / self.name)


def stored_slices(folder: Path | str) -> list[tuple[Slice, Path]]:
    """The slices that are stored in a results folder, with their folders, in their order."""
    found, slices = [], Path(folder) / SLICES
    for path in slices.iterdir() if slices.is_dir() else ():
        match = re.fullmatch(r"([0-9]+)-of-([0-9]+)", path.name)
        if match and path.is_dir():
            found.append((Slice(int(match[1]), int(match[2])), path))
    return sorted(found, key=lambda one: (one[0].count, one[0].number))


def seeds_of(part: Slice, plan: Sequence[Series], seeds: Sequence[int]) -> dict[tuple[str, int], set[int]]:
    """The seeds that a slice runs, by the folder of the series and the first seed of the shard.

    Batches are counted in the order of the study, whatever is stored and whoever runs them, so that every one is in one slice.
    """
    found: dict[tuple[str, int], set[int]] = {}
    place = 0
    for series in distinct(plan):
        size = batch_size(series)
        for first, wanted in blocks(seeds).items():
            for start in range(0, len(wanted), size):
                if place % part.count == part.number - 1:
                    found.setdefault((folder_name(series), first), set()).update(wanted[start : start + size])
                place += 1
    return found
