"""NPENAS: Wei, Niu, Tang, Wang, Hu and Liang, IEEE TNNLS 2022 (arXiv 2003.12857), algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nasbed.strategies.models.ensemble import Ensemble
from nasbed.strategies.models.modelled import ModelBased
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import OptionError, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class NPENAS(ModelBased, Script):
    """Evolution in which each parent has many offspring, and a neural predictor chooses which of them are trained.

    The parents are the best so far. Each is mutated ``offspring`` times, the best first, until there are that many candidates not
    asked for before. The predictor, fitted afresh to all trainings, ranks them, and the ``batch`` best are trained. With
    ``acquisition = "mean"`` it ranks them by the predicted value (NPENAS-NP), with ``"thompson"`` by one draw each from a normal
    distribution of the predicted value and its uncertainty (NPENAS-BO, which the authors find better on NAS-Bench-201). The numbers
    of architectures are those of the authors' code.

    Departures: the paper's predictor is a graph isomorphism network on the cell, which needs a graph; here it is an ensemble of
    multilayer perceptrons on an encoding that the space has (``auto``: paths, where there are some, else one-hot), of a size and
    training chosen for speed. Its uncertainty is the disagreement of its members, not a second output. Its loss is the squared
    error, or that of a ``ranking`` of pairs. As many parents are taken as needed, where the code stops at the fiftieth;
    architectures with the same paths are different candidates. A failed training counts as the worst value seen. Parallel workers
    can share a batch.
    """

    initial: int = option(10, "random architectures before the predictor is asked", low=1)
    batch: int = option(10, "architectures trained between two fits, at once if there are workers", low=1)
    offspring: int = option(100, "mutations of a parent, and how many candidates are enough", low=1)
    acquisition: Literal["mean", "thompson"] = option("thompson", "thompson: NPENAS-BO, mean: NPENAS-NP")
    loss: Literal["absolute", "squared", "ranking"] = option("squared", "what the predictor is trained by")
    encoding: str = option("auto", "encoding of the space, or auto: path where there is one")
    members: int = option(3, "networks of the predictor", low=1)
    depth: int = option(3, "hidden layers of a network", low=1)
    width: int = option(32, "units of a hidden layer", low=1)
    epochs: int = option(100, "epochs of training at each fit", low=1)
    rate: float = option(0.01, "learning rate of Adam", above=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.offspring < self.batch:
            raise OptionError(
                f"NPENAS: offspring = {self.offspring} and batch = {self.batch}; expected at least a batch of candidates, since"
                " the rest of it would be drawn at random; raise offspring, or lower batch"
            )
        if self.acquisition == "thompson" and self.members < 2:
            raise OptionError(
                f"NPENAS: acquisition = 'thompson' and members = {self.members}; expected at least 2, since what members disagree"
                " about is how unsure they are; raise members, or choose acquisition = 'mean'"
            )

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        pool = CandidatePool(task.space, self.encoding)
        predictor = Ensemble(
            self.members, (self.width,) * self.depth, self.epochs, self.rate, 32, self.loss, (0.9, 0.999)
        )
        pool.tell((yield pool.start(self.initial, rng)))
        while True:
            x, y = pool.known()
            places = pool.mutants(self.offspring, rng)
            if len(y) and len(places):
                placed, unsure = predictor.fit(x, y, rng.numpy).predict(pool.vectors[places])
                if self.acquisition == "thompson":
                    placed = placed + unsure * rng.numpy.standard_normal(len(places))
                places = places[np.argsort(-placed, kind="stable")]
            pool.tell((yield pool.batch(places[: self.batch], self.batch, rng)))
