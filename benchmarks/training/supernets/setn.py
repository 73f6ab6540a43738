"""SETN: Dong and Yang, One-shot neural architecture search via self-evaluated template network, ICCV 2019.

The weights are trained on single paths drawn uniformly, so that they favour none (section 3.2), and the architecture's weights on
the sum of all operations, weighted by a softmax (section 3.3). In the end the most probable architectures are compared with
inherited weights, each on one validation batch, and the best is taken (section 3.4), as in the script of NAS-Bench-201.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from torch import Tensor

from nasbed.benchmarks.training.supernets.architecture_weights import ArchitectureWeights
from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import Score, SupernetMethod, best_of, loss_of
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.vocabulary import Arch


class Setn(SupernetMethod):
    """SETN, which ends in the best of the most probable architectures."""

    def __init__(self, plan: SupernetPlan, network: Any, seed: int) -> None:
        super().__init__(plan, network, seed)
        self.architecture = ArchitectureWeights(plan, network, seed)

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The weights on a single path, then the architecture's weights on the weighted sum."""
        images, labels = train
        arch = self.network.sample(self.rng)
        loss = self.trained(loss_of(self.network.path(images, arch, self.network.weights.views()), labels), rate)
        images, labels = held
        with self.network.weights.frozen():
            logits = self.network.mixture(images, self.architecture.mixing(), self.network.weights.views())
            self.architecture.against(loss_of(logits, labels))
        return loss

    def finish(self, held: Sequence[Batch]) -> None:
        """There is nothing to do after an epoch."""

    def probabilities(self) -> np.ndarray:
        """The softmax of the architecture's weights."""
        return self.architecture.spread(self.architecture.mixing())

    def derived(self, score: Score) -> Arch:
        """The best of the most probable architectures."""
        return best_of(most_probable(self.probabilities(), self.network.codes, self.plan.candidates), score)

    @property
    def edges(self) -> Tensor | None:
        """The paths of this method have no weights."""
        return None

    def state(self) -> dict[str, Any]:
        """The architecture's weights and their optimizer."""
        return self.architecture.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.architecture.restore(state)


def most_probable(probabilities: np.ndarray, codes: Sequence[int], count: int) -> list[Arch]:
    """The ``count`` most probable architectures of independent decisions (decisions, values), the most probable first."""
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities[:, list(codes)])
    total = np.zeros(1)
    for row in logs:
        total = (total[:, None] + row).ravel()
    archs = list(product(codes, repeat=len(logs)))
    return [archs[place] for place in np.argsort(-total, kind="stable")[:count].tolist()]
