"""Tree-structured Parzen estimators: Bergstra, Bardenet, Bengio and Kegl, NeurIPS 2011, sections 4 and 6."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np

from nasbed.strategies.models.modelled import RandomStart
from nasbed.strategies.models.ranked import Ranked, RankedCounts, RankedRows
from nasbed.strategies.models.row_set import RowSet
from nasbed.vocabulary import (
    Arch,
    OptionError,
    Outcome,
    Proposal,
    Searcher,
    Stream,
    Task,
    architecture_of,
    is_conditional,
    option,
)


@dataclass(frozen=True)
class TPE(RandomStart):
    """After some random architectures, fits a density l of the best ``gamma`` of the outcomes and a density g of the others; the
    candidate drawn from l with the highest l / g is trained.

    Densities are of each decision alone (``independent``, as published), or mixtures with one product kernel for each outcome
    (``joint``: multivariate, Watanabe 2023, arXiv 2304.11127); a component counts its own choice once and every choice ``prior`` /
    (n + 1) times. Candidates asked for before are dropped unless ``repeats`` is set (the paper's spaces are in part continuous, so
    that none comes back); if none is left, a random architecture is trained. Trainings under way are ignored, as published: the
    draws keep workers apart. A failed training is worse than any other. The paper has ``independent`` densities, a gamma of 0.15,
    100 candidates, 30 random architectures and a prior of 1; the defaults were tuned (docs/strategies.md).
    """

    gamma: float = option(0.149, "share of the outcomes that are good; one is at least", low=0.001, below=1)
    candidates: int = option(314, "candidates drawn from the density of the good", low=1)
    initial: int = option(11, "random architectures before the densities are asked", low=1)
    prior: float = option(0.121, "weight of the uniform prior, in outcomes", above=0)
    density: Literal["independent", "joint"] = option("joint", "densities of each decision alone, or of all together")
    repeats: bool = option(False, "whether an architecture that was asked for before may be a candidate")

    def __post_init__(self) -> None:
        super().__post_init__()
        told = max(self.initial, 2)
        if ceil(self.gamma * told) == told:
            raise OptionError(
                f"TPE: gamma = {self.gamma} and initial = {self.initial}; expected a share that leaves some outcomes to the others:"
                f" all of the first {told} would be good; lower gamma, or raise initial"
            )

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: TPE, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._to_sample = options.initial
        self._conditional = task.space if is_conditional(task.space) else None
        self._asked = RowSet(task.space.choices)
        self._worths: list[float] = []
        """The negated worths of the outcomes, best first."""
        made = RankedCounts if options.density == "independent" else RankedRows
        self._ranked: Ranked = made(task.space.choices, options.prior)
        """The architectures of the outcomes, best first."""

    def ask(self) -> Proposal:
        arch = None
        if self._to_sample:
            self._to_sample -= 1
        elif len(self._worths) > 1:
            arch = self._best_candidate()
        arch = arch or self._space.sample(self._rng)
        self._asked.add(arch)
        return Proposal(arch)

    def tell(self, outcome: Outcome) -> None:
        worth = -outcome.worth
        place = bisect_right(self._worths, worth)
        self._worths.insert(place, worth)
        self._ranked.insert(place, outcome.arch)

    def _best_candidate(self) -> Arch | None:
        options, space = self._options, self._space
        densities = self._ranked.parted(ceil(options.gamma * len(self._worths)))
        drawn = densities.sample(options.candidates, self._rng.numpy, copies=options.repeats)
        if self._conditional is not None:
            stood = (architecture_of(self._conditional, tuple(one)) for one in drawn.tolist())
            inside = [arch for arch in stood if arch is not None]
            drawn = np.array(inside, dtype=np.intp).reshape(-1, len(space.choices))
        if not options.repeats:
            drawn = drawn.T.compress(self._asked.lacks(drawn), axis=1).T  # a decision's choices stay side by side
        for place in _descending(densities.log_ratio(drawn)):
            arch: Arch = tuple(drawn[place].tolist())
            if arch in space:
                return arch
        return None


def _descending(values: np.ndarray) -> Iterator[int]:
    """The places of values from the highest to the lowest, equals in their order. Few callers need more than the highest."""
    if len(values):
        yield int(values.argmax())
        yield from (-values).argsort(kind="stable")[1:].tolist()
