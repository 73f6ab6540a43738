"""SETN: Dong and Yang, One-shot neural architecture search via self-evaluated template network, ICCV 2019.

The weights are trained on single paths drawn uniformly, so that they favour none (section 3.2), and the architecture's weights on
the sum of all operations, weighted by a softmax (section 3.3). In the end the most probable architectures are compared with
inherited weights, each on one validation batch, and the best is taken (section 3.4), as in the script of NAS-Bench-201.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from torch import Tensor

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import Score, best_of, loss_of
from nasbed.benchmarks.training.supernets.relaxed_method import RelaxedMethod
from nasbed.vocabulary import Arch


class Setn(RelaxedMethod):
    """SETN, which ends in the best of the most probable architectures."""

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

    def derived(self, score: Score) -> Arch:
        """The best of the most probable architectures."""
        return best_of(most_probable(self.probabilities(), self.network.codes, self.plan.candidates), score)


def most_probable(probabilities: np.ndarray, codes: Sequence[int], count: int) -> list[Arch]:
    """The ``count`` most probable architectures of independent decisions (decisions, values), the most probable first."""
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities[:, list(codes)])
    total = np.zeros(1)
    for row in logs:
        total = (total[:, None] + row).ravel()
    archs = list(product(codes, repeat=len(logs)))
    return [archs[place] for place in np.argsort(-total, kind="stable")[:count].tolist()]
