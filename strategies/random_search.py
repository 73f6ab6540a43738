"""Random search: architectures drawn uniformly, with replacement (Li and Talwalkar, UAI 2019; Bergstra and Bengio 2012)."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.vocabulary import Outcome, Proposal, Searcher, Space, Strategy, Stream, Task


@dataclass(frozen=True)
class RandomSearch(Strategy):
    """Uniform random search; duplicates are allowed and charged."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(task.space, rng)


class _Search(Searcher):
    __slots__ = ("_rng", "_sample")

    def __init__(self, space: Space, rng: Stream) -> None:
        self._sample = space.sample
        self._rng = rng

    def ask(self) -> Proposal:
        return Proposal(self._sample(self._rng))

    def tell(self, outcome: Outcome) -> None:
        pass
