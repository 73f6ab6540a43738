"""DrNAS: Chen et al., Dirichlet neural architecture search, ICLR 2021.

The weights of an edge's operations are drawn from a Dirichlet distribution for each batch (equation 2), whose concentration
elu(x) + 1 is learned through the draw by its pathwise derivative (equation 3; Jankowiak and Obermeyer, ICML 2018). The penalty on
the distance from the concentration 1 (equation 4) is the decay of x, which is 0 there, as in the authors' code. The architecture
is trained before the weights. Progressive shrinking of the space, a scheme for memory, is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import loss_of
from nasbed.benchmarks.training.supernets.relaxed_method import RelaxedMethod

_LEAST = 1e-30
"""The least weight in a draw, so that the derivative is a number."""


class DrNas(RelaxedMethod):
    """DrNAS, which ends in the operations of the highest concentration."""

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The concentrations with one draw, and then the weights with another."""
        with self.network.weights.frozen():
            self.architecture.against(self._loss(held, self._drawn()))
        return self.trained(self._loss(train, self._drawn().detach()), rate)

    def _loss(self, batch: Batch, mixing: Tensor) -> Tensor:
        images, labels = batch
        return loss_of(self.network.mixture(images, mixing, self.network.weights.views()), labels)

    def _concentration(self) -> Tensor:
        return functional.elu(self.architecture.logits) + 1.0

    def _drawn(self) -> Tensor:
        """Weights of all operations on each edge (edges, operations)."""
        concentration = self._concentration()
        rng = self.rng.numpy
        rows = np.array([rng.dirichlet(np.maximum(row, 1e-6)) for row in concentration.detach().double().cpu().numpy()])
        return dirichlet(concentration, torch.from_numpy(rows).to(concentration.device, concentration.dtype))

    def probabilities(self) -> np.ndarray:
        """The mean of the distribution."""
        concentration = self._concentration()
        return self.architecture.spread(concentration / concentration.sum(1, keepdim=True))


def dirichlet(concentration: Tensor, drawn: Tensor) -> Tensor:
    """What was drawn from Dirichlet distributions (rows, values), with the pathwise derivative in their concentration."""
    made: Tensor = _Dirichlet.apply(concentration, drawn.clamp(min=_LEAST))
    return made


class _Dirichlet(torch.autograd.Function):
    """A draw, whose derivative in the concentration is that of the distribution function at the draw."""

    @staticmethod
    def forward(context: Any, concentration: Tensor, drawn: Tensor) -> Tensor:
        context.save_for_backward(concentration, drawn)
        return drawn.clone()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Any:
        concentration, drawn = context.saved_tensors
        total = concentration.sum(-1, keepdim=True).expand_as(concentration)
        slope = torch._dirichlet_grad(drawn, concentration, total)
        return slope * (gradient - (drawn * gradient).sum(-1, keepdim=True)), None
