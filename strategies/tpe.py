"""Tree-structured Parzen estimators: Bergstra, Bardenet, Bengio and Kegl, NeurIPS 2011, sections 4 and 6."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np

from nasbed.strategies.models.parzen import Density, Independent, Kernels
from nasbed.vocabulary import (
    Arch,
    OptionError,
    Outcome,
    Proposal,
    Searcher,
    Strategy,
    Stream,
    Task,
    architecture_of,
    is_conditional,
    option,
)


@dataclass(frozen=True)
class TPE(Strategy):
    """After some random architectures, one density l of the best ``gamma`` of the outcomes and one, g, of the others; of
    candidates drawn from l the one of the highest l / g is trained.

    Densities are of each choice alone (``independent``, as published), or mixtures with one product kernel an outcome (``joint``:
    multivariate, Watanabe 2023, arXiv 2304.11127), whose component counts its own choice once and every choice ``prior`` / (n + 1)
    times. Candidates that were asked for before are dropped unless ``repeats`` (the paper's spaces are in part continuous, so
    that none comes back); where none is left, a random architecture is trained. Trainings that are still out are ignored, as
    published: the draws keep workers apart. A failed training is worse than any other. The paper has ``independent`` densities, a
    gamma of 0.15, 100 candidates, 30 random architectures and a prior of 1; the defaults were tuned (docs/strategies.md).
    """

    gamma: float = option(0.149, "share of the outcomes that are good; one is at least", low=0.001, below=1)
    candidates: int = option(314, "candidates drawn from the density of the good", low=1)
    initial: int = option(11, "random architectures before the densities are asked", low=1)
    prior: float = option(0.121, "weight of the uniform prior, in outcomes", above=0)
    density: Literal["independent", "joint"] = option("joint", "densities of each choice alone, or of all together")
    repeats: bool = option(False, "whether an architecture that was asked for before may be a candidate")

    def __post_init__(self) -> None:
        super().__post_init__()
        told = max(self.initial, 2)
        if ceil(self.gamma * told) == told:
            raise OptionError(
                f"TPE: gamma = {self.gamma} and initial = {self.initial}; expected a share that leaves some outcomes to the others:"
                f" all of the first {told} would be good; lower gamma, or raise initial"
            )

    @property
    def warm_up(self) -> int:
        """The number of random architectures at the start."""
        return self.initial

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""
        return _Search(self, task, rng)


class _Search(Searcher):
    def __init__(self, options: TPE, task: Task, rng: Stream) -> None:
        self._options, self._space, self._rng = options, task.space, rng
        self._to_sample = options.initial
        self._asked: set[Arch] = set()
        self._worths: list[float] = []
        """The negated worth of what was told, best first."""
        self._codes = np.empty((64, len(task.space.choices)), dtype=np.intp)
        """The architectures of what was told as rows, best first, and room for more."""

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
        told = len(self._worths)
        if told == len(self._codes):
            self._codes = np.concatenate([self._codes, np.empty_like(self._codes)])
        worth = -outcome.worth
        place = bisect_right(self._worths, worth)
        self._worths.insert(place, worth)
        self._codes[place + 1 : told + 1] = self._codes[place:told]
        self._codes[place] = outcome.arch

    @property
    def _ranked(self) -> np.ndarray:
        """The architectures of what was told, best first: rows of codes."""
        return self._codes[: len(self._worths)]

    def _best_candidate(self) -> Arch | None:
        options, space, codes = self._options, self._space, self._ranked
        good = ceil(options.gamma * len(codes))
        better, worse = self._densities(codes, good)
        drawn = better.sample(options.candidates, self._rng.numpy)
        if is_conditional(space):
            stood = (architecture_of(space, tuple(one)) for one in drawn.tolist())
            drawn = np.array([arch for arch in stood if arch is not None], dtype=np.intp).reshape(-1, codes.shape[1])
        archs: list[Arch] = list(zip(*drawn.T.tolist(), strict=True))
        asked = () if options.repeats else self._asked
        for place in (-better.log_ratio(worse, drawn)).argsort(kind="stable").tolist():
            arch: Arch = archs[place]
            if arch not in asked and arch in space:
                return arch
        return None

    def _densities(self, codes: np.ndarray, good: int) -> tuple[Density, Density]:
        """That of the good, which come first, and that of the others."""
        choices, prior = self._space.choices, self._options.prior
        if self._options.density == "independent":
            return Independent.parted(codes, good, choices, prior)
        return self._mixture(codes[:good]), self._mixture(codes[good:])

    def _mixture(self, codes: np.ndarray) -> Kernels:
        choices, prior = self._space.choices, self._options.prior
        each = prior / (len(codes) + 1)
        counts = np.array(choices)
        return Kernels(codes, choices, (counts - 1) * each / (1 + counts * each), prior)
