"""PC-DARTS: Xu et al., Partial channel connections for memory-efficient architecture search, ICLR 2020.

Operations read and write one of ``parts`` parts of the channels, and the rest passes by (section 3.2, equation 2); an edge is
multiplied by the softmax of an edge's weight over the edges into its node (section 3.3, equation 3). The architecture is trained
before the weights, and not in the first ``warm_up`` epochs (section 4.2). In the paper the edges' weights also decide which two
edges a node keeps. This cell keeps all, and one table serves for the operations of each edge, so they only steady the training:
what is read out is the operation of the highest weight on each edge.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nasbed.benchmarks.spaces.nasbench201 import EDGES
from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import loss_of
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.benchmarks.training.supernets.relaxed_method import RelaxedMethod


class PartialChannels(RelaxedMethod):
    """PC-DARTS of first order, which ends in the operations of the highest weight."""

    def __init__(self, plan: SupernetPlan, network: Any, seed: int) -> None:
        super().__init__(plan, network, seed, len(EDGES) if plan.edge_normalisation else 0)

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The architecture's weights, after the first epochs, and then the weights."""
        if self.epoch >= self.plan.warm_up:
            with self.network.weights.frozen():
                self.architecture.against(self._loss(held, self.architecture.mixing(), self._edges()))
        return self.trained(self._loss(train, self.architecture.mixing().detach(), self.edges), rate)

    def _loss(self, batch: Batch, mixing: Tensor, edges: Tensor | None) -> Tensor:
        images, labels = batch
        return loss_of(self.network.mixture(images, mixing, self.network.weights.views(), edges=edges), labels)

    def _edges(self) -> Tensor | None:
        return normalised_edges(self.architecture.further) if self.plan.edge_normalisation else None

    @property
    def edges(self) -> Tensor | None:
        """The normalised weights of the edges."""
        edges = self._edges()
        return None if edges is None else edges.detach()


def normalised_edges(weights: Tensor) -> Tensor:
    """The softmax of the edges' weights (edges,) over the edges into each node."""
    into = [[edge for edge, (_, end) in enumerate(EDGES) if end == target] for target in (1, 2, 3)]
    parts = torch.cat([torch.softmax(weights[edges], 0) for edges in into])
    order = [edge for edges in into for edge in edges]
    return parts[[order.index(edge) for edge in range(len(EDGES))]]
