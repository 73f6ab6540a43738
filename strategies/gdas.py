"""Gradient-based search with a differentiable sampler: Dong and Yang, CVPR 2019 (arXiv 1910.04465), equations 3 to 6."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import OneShot
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class GDAS(OneShot):
    """Trains one operation an edge at a time, drawn by Gumbel noise whose temperature falls; ends in the operations of the greatest
    weights after the last epoch.
    """

    epochs: int = option(50, "epochs of the supernet's training", low=1)

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return SharedWeights.by("gdas", epochs=self.epochs)
