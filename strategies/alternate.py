"""Architecture and hyperparameters in turns: block coordinate descent (Wright, Mathematical Programming 151, 2015, section 1),
whose blocks are the two halves of a joint space. The halves depend on each other: Zela et al., AutoML 2018 (arXiv 1807.06906).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nasbed.vocabulary import (
    Arch,
    Half,
    JointSpace,
    Needs,
    Outcome,
    Proposal,
    Searcher,
    Space,
    Strategy,
    Stream,
    Task,
    is_enumerable,
    option,
)


@dataclass(frozen=True)
class Alternate(Strategy):
    """After some random configurations, searches one half while the other is frozen at the incumbent; the halves take turns.

    Among the configurations trained with the same frozen half, ``evolution`` draws a sample and changes one decision of its best,
    and ``local`` changes one decision of the best of all; ``random`` draws the half anew. Nothing is trained twice: a phase ends
    early if its half is exhausted; if the next one is exhausted too, a configuration is drawn at random.
    """

    inner: Literal["evolution", "local", "random"] = option("evolution", "how a half is searched")
    period: int = option(10, "trainings of a phase", low=1)
    initial: int = option(10, "random configurations before the first phase", low=1)
    sample: int = option(3, "candidates for parent in evolution, drawn with replacement", low=1)
    first: Literal["architecture", "hyperparameters"] = option("architecture", "half that is searched first")

    @property
    def warm_up(self) -> int:
        """The number of random configurations at the start."""
        return self.initial

    @property
    def needs(self) -> Needs:
        """It needs a joint space that lists its architectures, so that it knows what is left of each half."""
        return Needs(joint=True, enumerable=True)

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search; the space refuses a half in which nothing is free."""
        joint = task.space
        assert isinstance(joint, JointSpace)
        for half in get_args(Half):
            joint.subspace(half, joint.default)
        return _Search(self, joint, task.space, rng)


class _Search(Searcher):
    def __init__(self, options: Alternate, joint: JointSpace, space: Space, rng: Stream) -> None:
        self._options, self._joint, self._space, self._rng = options, joint, space, rng
        self._half, self._next = sorted(get_args(Half), key=lambda half: half == options.first)
        self._part: Space | None = None
        self._whole: dict[Arch, Arch] = {}
        """The configuration for which each architecture of the subspace stands."""
        self._to_sample, self._to_search = options.initial, 0
        self._asked: set[Arch] = set()
        self._values: dict[Arch, float] = {}

    def ask(self) -> Proposal:
        if self._to_sample or not self._values:
            self._to_sample = max(0, self._to_sample - 1)
            arch = self._space.sample(self._rng)
        else:
            if not self._to_search or not self._left():
                self._turn()
            self._to_search -= 1
            arch = self._move()
        self._asked.add(arch)
        return Proposal(arch)

    def tell(self, outcome: Outcome) -> None:
        self._values.setdefault(outcome.arch, outcome.worth)

    def _turn(self) -> None:
        """Search the other half, around the incumbent."""
        self._half, self._next = self._next, self._half
        best = max(self._values, key=self._values.__getitem__)
        part = self._joint.subspace(self._half, best)
        assert is_enumerable(part)
        self._part = part
        self._whole = {arch: self._joint.complete(arch, self._half, best) for arch in part.archs}
        self._to_search = self._options.period

    def _left(self) -> list[Arch]:
        """The architectures of the subspace that have not been asked for."""
        return [arch for arch, whole in self._whole.items() if whole not in self._asked]

    def _move(self) -> Arch:
        left = self._left()
        if not left or self._part is None:
            return self._space.sample(self._rng)
        if self._options.inner != "random":
            values = {arch: self._values[whole] for arch, whole in self._whole.items() if whole in self._values}
            rivals = list(values)
            if self._options.inner == "evolution":
                rivals = [self._rng.choice(rivals) for _ in range(self._options.sample)]
            around = set(self._part.neighbours(max(rivals, key=values.__getitem__)))
            left = [arch for arch in left if arch in around] or left
        return self._whole[self._rng.choice(left)]
