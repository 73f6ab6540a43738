"""GDAS: Dong and Yang, Searching for a robust neural architecture in four GPU hours, CVPR 2019.

For each batch one operation an edge is drawn by Gumbel noise (equation 3); forwards it counts 1, backwards it has the weight of a
softmax at a temperature that falls (equations 4 and 5). Only what was drawn is computed. The authors' code adds the hard weights of
the others to the features as numbers, which are zero, and so lets a sum of gradients into them; the paper does not, and no more is
done here. The weights are trained first, then the architecture's weights with another draw, as in the script of NAS-Bench-201.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import loss_of
from nasbed.benchmarks.training.supernets.relaxed_method import RelaxedMethod
from nasbed.vocabulary import Arch


class Gdas(RelaxedMethod):
    """GDAS, which ends in the operations of the highest weight."""

    def step(self, train: Batch, held: Batch, rate: float) -> Tensor:
        """The weights on one drawn architecture, then the architecture's weights on another."""
        images, labels = train
        arch, _ = self._drawn()
        loss = self.trained(loss_of(self.network.path(images, arch, self.network.weights.views()), labels), rate)
        images, labels = held
        arch, scales = self._drawn()
        with self.network.weights.frozen():
            views = self.network.weights.views()
            logits = self.network.path(images, arch, views, scales=scales)
            if logits.requires_grad:  # nothing reaches the output where all paths have none
                self.architecture.against(loss_of(logits, labels))
        return loss

    def _drawn(self) -> tuple[Arch, Tensor]:
        """An architecture, and the weights (edges,) of its operations."""
        logits = self.architecture.logits
        noise = torch.from_numpy(self.rng.numpy.gumbel(size=tuple(logits.shape))).to(logits.device, logits.dtype)
        return hard_gumbel(logits, noise, self.plan.temperature_of(self.epoch), self.network.codes)


def hard_gumbel(logits: Tensor, noise: Tensor, temperature: float, codes: Sequence[int]) -> tuple[Arch, Tensor]:
    """The operations that noise draws, one an edge, and their weights: 1, with the gradient of the softmax at a temperature."""
    soft = torch.softmax((torch.log_softmax(logits, 1) + noise) / temperature, 1)
    places = soft.argmax(1)
    chosen = soft.gather(1, places[:, None])[:, 0]
    return tuple(codes[place] for place in places.tolist()), 1.0 + (chosen - chosen.detach())
