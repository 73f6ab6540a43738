"""A predictor that is given zero-cost proxies beside the architecture: White et al., How Powerful are Performance Predictors in
Neural Architecture Search, NeurIPS 2021 (arXiv 2104.01177), section 5 (OMNI). With a random forest: Kadlecova et al., ICML 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

import numpy as np

from nasbed.strategies.models.forest import Forest
from nasbed.strategies.models.gaussian_process import expected_improvement, normal_scores
from nasbed.strategies.models.pool import encoded
from nasbed.vocabulary import (
    Arch,
    Needs,
    OptionError,
    Outcome,
    Proposal,
    Proposals,
    Script,
    Space,
    Stream,
    Task,
    option,
)


@dataclass(frozen=True)
class ProxyPredictor(Script):
    """Measures a pool, trains some of it, fits a forest to encoding and proxies, and trains the most promising of the pool.

    After each batch the pool grows by mutations of the best few. Values and proxies are replaced by the normal scores of their
    ranks, so scale and outliers do not matter; failures have the lowest rank. Parallel workers can share a batch. Once nothing is
    left in the pool, an architecture is drawn at random.
    """

    proxies: tuple[str, ...] = option(("synflow", "jacov", "nwot"), "measures that are features; none: encoding alone")
    encoding: str = option("one_hot", "encoding of the space that is a feature beside them")
    pool: int = option(1000, "random architectures that are measured at the start", low=1)
    initial: int = option(10, "architectures of the pool that are trained before the forest is asked", low=1)
    batch: int = option(10, "trainings between two fits of the forest", low=1)
    mutations: int = option(100, "mutations of the best that join the pool after a batch", low=0)
    parents: int = option(10, "how many of the best are mutated", low=1)
    trees: int = option(100, "trees of the forest", low=2)
    acquisition: Literal["expected_improvement", "thompson"] = option(
        "thompson", "what is promising: expected improvement, or a draw from the predicted normal distribution"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, size in (("initial", self.initial), ("batch", self.batch)):
            if self.pool < size:
                raise OptionError(
                    f"ProxyPredictor: pool = {self.pool} and {name} = {size}; expected a pool at least as large, since what is"
                    f" trained is chosen from it; raise pool, or lower {name}"
                )

    @property
    def warm_up(self) -> int:
        """The number of trainings at the start, before the model is fitted."""
        return self.initial

    @property
    def needs(self) -> Needs:
        """It needs its proxies among the measures of the benchmark, and the encoding."""
        return Needs(measures=self.proxies, encodings=(self.encoding,))

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        space = task.space
        measured: dict[Arch, list[float]] = {}
        told: dict[Arch, Outcome] = {}
        drawn = [space.sample(rng) for _ in range(self.pool)]
        while True:
            fresh = [arch for arch in dict.fromkeys(drawn) if arch not in measured]
            measured.update((arch, []) for arch in fresh)
            for outcome in (yield [Proposal(arch, measure=name) for arch in fresh for name in self.proxies]):
                measured[outcome.arch].append(outcome.worth)
            best = self._promising(measured, told, space, rng) if told else list(measured)
            chosen = best[: self.batch if told else self.initial] or [space.sample(rng)]
            for outcome in (yield [Proposal(arch) for arch in chosen]):
                told.setdefault(outcome.arch, outcome)
            parents = sorted(told.values(), key=attrgetter("worth"), reverse=True)[: self.parents]
            drawn = [space.mutate(rng.choice(parents).arch, rng) for _ in range(self.mutations)]

    def _promising(
        self, measured: dict[Arch, list[float]], told: dict[Arch, Outcome], space: Space, rng: Stream
    ) -> list[Arch]:
        """The architectures that are measured and not trained yet, most promising first."""
        archs = list(measured)
        codes = encoded(space, archs, self.encoding)
        features = np.column_stack([codes, *map(normal_scores, np.array(list(measured.values())).T)])
        known = np.array([arch in told for arch in archs])
        if known.all():
            return []
        values = normal_scores(np.array([told[arch].worth for arch in archs if arch in told]))
        mean, sd = Forest(self.trees).fit(features[known], values, rng.numpy).predict(features[~known])
        if self.acquisition == "thompson":
            promise = mean + sd * rng.numpy.standard_normal(len(mean))
        else:
            promise = expected_improvement(mean, np.maximum(sd, 1e-9), values.max())
        return [archs[place] for place in np.flatnonzero(~known)[np.argsort(-promise, kind="stable")]]
