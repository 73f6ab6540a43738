"""WeakNAS: Wu et al., Stronger NAS with Weaker Predictors, NeurIPS 2021 (arXiv 2102.10490), with the settings of its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nasbed.strategies.models.ensemble import Ensemble
from nasbed.strategies.models.forest import Forest
from nasbed.strategies.models.modelled import ModelBased
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import OptionError, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class WeakPredictors(ModelBased, Script):
    """A predictor fitted to all trainings ranks the space; ``batch`` architectures are drawn uniformly from the new ones among its
    best ``top``, and trained; and so on.

    If fewer than a batch of these are new, the best new ones of the space are taken. The predictor is a multilayer perceptron
    (``mlp``) or a random forest. Departing from the paper for speed, a layer has 100 units, not 1,000, and the learning rate is
    higher to match. A failed training counts as the worst value seen. Parallel workers can share a batch. Where a space does not
    list its architectures, 1,000 drawn at random and the neighbours of the five best are ranked.
    """

    initial: int = option(10, "random architectures before the first predictor", low=1)
    batch: int = option(10, "architectures trained between two predictors, at once if there are workers", low=1)
    top: int = option(100, "best predicted architectures, from which the next are drawn", low=1)
    predictor: Literal["mlp", "forest"] = option("mlp", "what predicts")
    encoding: str = option("one_hot", "encoding of the space, or auto: path where there is one")
    depth: int = option(4, "hidden layers of the perceptron", low=1)
    width: int = option(100, "units of a hidden layer", low=1)
    epochs: int = option(100, "epochs of training of the perceptron", low=1)
    rate: float = option(0.01, "learning rate of the perceptron's Adam", above=0)
    trees: int = option(100, "trees of the forest", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top < self.batch:
            raise OptionError(
                f"WeakPredictors: top = {self.top} and batch = {self.batch}; expected at least a batch among the best, from which"
                " it is drawn; raise top, or lower batch"
            )

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        pool = CandidatePool(task.space, self.encoding)
        pool.tell((yield pool.start(self.initial, rng)))
        while True:
            pool.widen(rng)
            x, y = pool.known()
            chosen = []
            if len(y):
                predicted, _ = self._predictor().fit(x, y, rng.numpy).predict(pool.vectors)
                chosen = self._chosen(predicted, pool, rng)
            pool.tell((yield pool.batch(chosen, self.batch, rng)))

    def _predictor(self) -> Ensemble | Forest:
        if self.predictor == "forest":
            return Forest(self.trees, features=1.0)
        return Ensemble(1, (self.width,) * self.depth, self.epochs, self.rate, 200, "squared", (0.9, 0.999))

    def _chosen(self, predicted: np.ndarray, pool: CandidatePool, rng: Stream) -> list[int]:
        ranked = [int(place) for place in np.argsort(-predicted, kind="stable")]
        new = [place for place in ranked[: self.top] if not pool.asked[place]]
        if len(new) >= self.batch:
            rng.shuffle(new)
            return new[: self.batch]
        return [place for place in ranked if not pool.asked[place]][: self.batch]
