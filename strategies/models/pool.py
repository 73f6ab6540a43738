"""The architectures that a model chooses from, for methods that predict the values of what is not trained yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard

import numpy as np

from nasbed.vocabulary import Arch, EnumerableSpace, Outcome, Proposal, Space, Stream, is_enumerable

LISTED = 100_000
"""The most architectures of a list that all are candidates: vectors of more would fill gigabytes, and take minutes to score."""
SAMPLED = 1_000
"""Architectures that are drawn for a pool where the space has no list."""
BEST = 5
"""The neighbours of so many of the best are in such a pool too."""


class CandidatePool:
    """The candidates in one encoding, which were asked for, and what was told of them. ``encoding`` may be ``"auto"``: paths where
    the space has them, else one-hot.

    Candidates are known by their place. Where a space lists its architectures, up to 100,000, they are all of these, and a place
    is an index. Elsewhere they are 1,000 architectures, drawn from the run's stream when :meth:`widen` is first called, and,
    whenever it is, the neighbours of the five best by then; places are in the order in which they joined, and stay.
    """

    def __init__(self, space: Space, encoding: str = "auto") -> None:
        if encoding == "auto":
            encoding = "path" if "path" in space.encodings else "one_hot"
        self.space, self._encoding = space, encoding
        self._values: dict[int, float] = {}
        self._places: dict[Arch, int] | None = None
        self._drawn, self._around = False, set[Arch]()
        self.archs: Sequence[Arch]
        if _listed(space):
            self.archs, self.vectors = space.archs, space.encode_all(encoding)
        else:
            self.archs, self._places = [], {}
            self.vectors = np.empty((0, len(space.encode(space.at(0), encoding))), dtype=np.float32)
        self.asked = np.zeros(len(self.archs), dtype=bool)

    def places(self, archs: Iterable[Arch]) -> np.ndarray:
        """The places of architectures; where the space has no list, those that are new join the pool."""
        archs = list(archs)
        if self._places is None:
            return np.fromiter(map(self.space.index, archs), dtype=np.intp, count=len(archs))
        new = [arch for arch in dict.fromkeys(archs) if arch not in self._places]
        if new:
            self._places |= {arch: place for place, arch in enumerate(new, len(self.archs))}
            self.archs = [*self.archs, *new]
            self.vectors = np.concatenate([self.vectors, encoded(self.space, new, self._encoding)])
            self.asked = np.append(self.asked, np.zeros(len(new), dtype=bool))
        return np.fromiter(map(self._places.__getitem__, archs), dtype=np.intp, count=len(archs))

    @property
    def exhausted(self) -> bool:
        """Whether every architecture of the space was asked for, as far as it can be known."""
        return self._places is None and bool(self.asked.all())

    def widen(self, rng: Stream, best: Sequence[Arch] | None = None) -> None:
        """Where the space has no list, draw the pool if that was not done, and add the neighbours of the five ``best``: by their
        values, unless others are given.
        """
        if self._places is None:
            return
        more = [] if self._drawn else [self.space.sample(rng) for _ in range(SAMPLED)]
        self._drawn = True
        for arch in (self.ranked() if best is None else best)[:BEST]:
            if arch not in self._around:
                self._around.add(arch)
                more += self.space.neighbours(arch)
        self.places(more)

    def start(self, size: int, rng: Stream) -> list[Proposal]:
        """The first batch: architectures as random search draws them."""
        return self._ask(self.places([self.space.sample(rng) for _ in range(size)]))

    def batch(self, places: Iterable[int], size: int, rng: Stream) -> list[Proposal]:
        """The architectures at ``places``, and random ones up to ``size``."""
        batch = self._ask(places)
        while len(batch) < size:
            batch += self._ask([self.draw(rng)])
        return batch

    def draw(self, rng: Stream) -> int:
        """A random architecture: of those not asked for, or of all once nothing else is left."""
        place = int(self.places([self.space.sample(rng)])[0])
        if self.asked[place] and len(left := self.left()):
            place = int(left[rng.below(len(left))])
        return place

    def left(self) -> np.ndarray:
        """What was not asked for, in order."""
        return np.flatnonzero(~self.asked)

    def mutants(self, wanted: int, rng: Stream) -> np.ndarray:
        """The places of what was not asked for among ``wanted`` mutations of the best architecture told of, in the order in which
        they were drawn; as long as there are fewer than ``wanted``, also among as many of the next best, and so on.
        """
        found: dict[int, None] = {}
        for parent in self.ranked():
            if len(found) >= wanted:
                break
            places = self.places([self.space.mutate(parent, rng) for _ in range(wanted)])
            found |= dict.fromkeys(places[~self.asked[places]].tolist())
        return np.fromiter(found, dtype=np.intp)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take in outcomes. Of an architecture that was asked for twice, the first value counts that is one."""
        for outcome, place in zip(outcomes, self.places(one.arch for one in outcomes).tolist(), strict=True):
            if self._values.get(place, -np.inf) == -np.inf:
                self._values[place] = outcome.worth

    def ranked(self) -> list[Arch]:
        """What was told of, best first: failures last, and of equals the one that was told first."""
        return [self.archs[place] for place in sorted(self._values, key=lambda place: -self._values[place])]

    def known(self) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of what was told of, and its values: a failure has the lowest of the others. Empty where all failed."""
        places, values = np.array(list(self._values), dtype=np.intp), np.array(list(self._values.values()))
        finite = np.isfinite(values)
        if not finite.any():
            return self.vectors[:0], values[:0]
        return self.vectors[places], np.where(finite, values, values[finite].min())

    def _ask(self, places: Iterable[int]) -> list[Proposal]:
        batch = [int(place) for place in places]
        self.asked[batch] = True
        return [Proposal(self.archs[place]) for place in batch]


def encoded(space: Space, archs: Sequence[Arch], encoding: str) -> np.ndarray:
    """The vectors of some architectures, (architectures, entries) of float32."""
    if _listed(space):
        return space.encode_all(encoding)[[space.index(arch) for arch in archs]]
    return np.array([space.encode(arch, encoding) for arch in archs], dtype=np.float32)


def _listed(space: Space) -> TypeGuard[EnumerableSpace]:
    return is_enumerable(space) and space.size <= LISTED
