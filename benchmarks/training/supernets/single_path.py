"""Supernets trained on single paths that are drawn at random.

``uniform``: one architecture a batch, drawn uniformly. That is RSPS (Li and Talwalkar, Random search and reproducibility for neural
architecture search, UAI 2019, section 3) and the supernet of SPOS (Guo et al., Single path one-shot neural architecture search with
uniform sampling, ECCV 2020, section 3.2, equation 7). Operations are drawn for the cell, and every cell of the network has them.

``fair``: strict fairness (Chu et al., FairNAS: Rethinking evaluation fairness of weight sharing neural architecture search, ICCV
2021, definition 2 and algorithm 1). For each batch the operations of each edge are put into a random order; the i-th of all edges
are the i-th path, so that each operation is in exactly one, and the gradients of all paths are added before the weights move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import Score, SupernetMethod, best_of, loss_of
from nasbed.streams import stream
from nasbed.vocabulary import Arch


class SinglePath(SupernetMethod):
    """Random single paths, uniform or strictly fair. It ends in the best of so many random architectures."""

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The weights are trained on one path, or on as many as there are operations; nothing else is learned."""
        images, labels = train
        views, paths = self.network.weights.views(), self._paths()
        losses = [loss_of(self.network.path(images, arch, views), labels) for arch in paths]
        return self.trained(torch.stack(losses).sum(), rate) / len(paths)

    def _paths(self) -> list[Arch]:
        if self.plan.method == "uniform":
            return [self.network.sample(self.rng)]
        orders = []
        for _ in self.network.choices:
            order = list(self.network.codes)
            self.rng.shuffle(order)
            orders.append(order)
        return list(zip(*orders, strict=True))

    def finish(self, held: Sequence[Batch]) -> None:
        """There is nothing to do after an epoch."""

    def probabilities(self) -> np.ndarray:
        """Every operation that the supernet has is as probable as the others."""
        return self.network.uniform()

    def derived(self, score: Score) -> Arch:
        """The best of the candidates, which are drawn uniformly."""
        rng = stream(self.seed, "supernet", "candidates")
        return best_of([self.network.sample(rng) for _ in range(self.plan.candidates)], score)

    @property
    def edges(self) -> Tensor | None:
        """The paths of this method have no weights."""
        return None

    def state(self) -> dict[str, Any]:
        """There is nothing to keep beside the weights."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """There is nothing to keep beside the weights."""
