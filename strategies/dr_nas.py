"""Dirichlet architecture search: Chen et al., ICLR 2021 (arXiv 2006.10355), section 3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import OneShot
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class DrNAS(OneShot):
    """Trains mixtures that are drawn from a Dirichlet distribution an edge, and its concentrations by gradient; ends in the
    operations of the greatest concentrations after the last epoch.
    """

    epochs: int = option(50, "epochs of the supernet's training", low=1)

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return SharedWeights.by("dr_nas", epochs=self.epochs)
