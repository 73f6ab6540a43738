"""BANANAS: White, Neiswanger and Savani, AAAI 2021 (arXiv 1910.11858), algorithm 1, with the settings of its public code."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np

from nasbed.strategies.models.ensemble import Ensemble
from nasbed.strategies.models.modelled import ModelBased
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import OptionError, Proposals, Script, Stream, Task, option

_LATER = 0.2
"""A fit that goes on from the last one has this share of the epochs."""


@dataclass(frozen=True)
class BANANAS(ModelBased, Script):
    """An ensemble of networks on the path encoding predicts a normal distribution for each candidate, one value is drawn from each
    of these, and the ``batch`` candidates with the best values are trained (independent Thompson sampling).

    The candidates are ``mutations`` mutations of the best architecture so far, as far as they are new; if these are fewer,
    mutations of the next best join them, and so on (the code stops at the fifth, and runs out of candidates where an architecture
    has few neighbours). With ``candidates = "all"`` they are all architectures not asked for yet; where a space does not list its
    architectures, they are taken from 1,000 drawn at random and the neighbours of the five best. The loss is the mean absolute
    error, as in the code: the paper's relative error needs a lower bound of the error, which a search does not know. All paths of
    the space are encoded, where the paper cuts off the longest, which few cells use; ``encoding = "truncated_path"`` cuts them off
    where the space has it. Where the space has no paths, ``auto`` stands for one-hot. A failed training counts as the worst value
    seen. For speed, this departs from the paper beyond ``fresh`` trainings, the length of its longest searches: networks are then
    not trained afresh at each fit, but go on from the last fit for a fifth of the epochs.
    """

    initial: int = option(10, "random architectures before the model is asked", low=1)
    batch: int = option(10, "architectures trained between two fits of the model, at once if there are workers", low=1)
    candidates: Literal["mutations", "all"] = option("mutations", "what the model chooses from")
    mutations: int = option(100, "mutations of an architecture, and how many candidates are enough", low=1)
    encoding: str = option("auto", "encoding of the space, or auto: path where there is one")
    members: int = option(5, "networks of the ensemble", low=2)
    depth: int = option(10, "hidden layers of a network", low=1)
    width: int = option(20, "units of a hidden layer", low=1)
    epochs: int = option(150, "epochs of training at each fit", low=1)
    rate: float = option(0.01, "learning rate of Adam", above=0)
    fresh: int = option(150, "trainings up to which the networks are trained afresh at each fit", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.candidates == "mutations" and self.mutations < self.batch:
            raise OptionError(
                f"BANANAS: mutations = {self.mutations} and batch = {self.batch}; expected at least a batch of candidates, since"
                " the rest of it would be drawn at random; raise mutations, or lower batch"
            )

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        pool = CandidatePool(task.space, self.encoding)
        model = Ensemble(self.members, (self.width,) * self.depth, self.epochs, self.rate)
        pool.tell((yield pool.start(self.initial, rng)))
        while True:
            x, y = pool.known()
            places = self._candidates(pool, rng)
            if len(y) and len(places):
                model.fit(x, y, rng.numpy, None if len(y) <= self.fresh else ceil(_LATER * self.epochs))
                mean, sd = model.predict(pool.vectors[places])
                drawn = mean + sd * rng.numpy.standard_normal(len(places))
                places = places[np.argsort(-drawn, kind="stable")]
            pool.tell((yield pool.batch(places[: self.batch], self.batch, rng)))

    def _candidates(self, pool: CandidatePool, rng: Stream) -> np.ndarray:
        if self.candidates == "all":
            pool.widen(rng)
            return pool.left()
        return pool.mutants(self.mutations, rng)
