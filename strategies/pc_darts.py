"""DARTS on a part of the channels: Xu et al., ICLR 2020 (arXiv 1907.05737), sections 3.2 and 3.3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import OneShot
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class PCDARTS(OneShot):
    """Trains as DARTS of first order does, each mixture on a part of the channels; ends in the operations of the greatest
    weights after the last epoch.
    """

    epochs: int = option(50, "epochs of the supernet's training", low=1)

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return SharedWeights.by("pc_darts", epochs=self.epochs)
