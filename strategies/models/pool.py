"""What is known of the architectures of an enumerable space, for methods that predict the values of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nasbed.protocol import Arch, Outcome, Proposal, Space, Stream


class Pool:
    """All architectures of a space in one encoding, which were asked for, and what was told of them.

    ``encoding`` may be ``"auto"``: paths where the space has them, else one-hot. Architectures are known by their place, the
    index in the space.
    """

    def __init__(self, space: Space, encoding: str = "auto") -> None:
        if encoding == "auto":
            encoding = "path" if "path" in space.encodings else "one_hot"
        self.space, self.vectors = space, space.encode_all(encoding)
        self.asked = np.zeros(len(space), dtype=bool)
        self._values: dict[int, float] = {}

    def start(self, size: int, rng: Stream) -> list[Proposal]:
        """The first batch: architectures as random search draws them."""
        return self._ask([self.space.index(self.space.sample(rng)) for _ in range(size)])

    def batch(self, places: Iterable[int], size: int, rng: Stream) -> list[Proposal]:
        """The architectures at ``places``, and random ones up to ``size``."""
        batch = self._ask(places)
        while len(batch) < size:
            batch += self._ask([self.draw(rng)])
        return batch

    def draw(self, rng: Stream) -> int:
        """A random architecture: of those not asked for, or of all once nothing else is left."""
        place = self.space.index(self.space.sample(rng))
        if self.asked[place] and len(left := self.left()):
            place = int(left[rng.below(len(left))])
        return place

    def left(self) -> np.ndarray:
        """What was not asked for, in order."""
        return np.flatnonzero(~self.asked)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Take in outcomes. Of an architecture that was asked for twice, the first value counts that is one."""
        for outcome in outcomes:
            place = self.space.index(outcome.arch)
            if self._values.get(place, -np.inf) == -np.inf:
                self._values[place] = outcome.worth

    def ranked(self) -> list[Arch]:
        """What was told of, best first: failures last, and of equals the one that was told first."""
        return [self.space.archs[place] for place in sorted(self._values, key=lambda place: -self._values[place])]

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
        return [Proposal(self.space.archs[place]) for place in batch]
