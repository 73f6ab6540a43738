"""Self-evaluated template networks: Dong and Yang, ICCV 2019 (arXiv 1910.05733), section 3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import OneShot
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class SETN(OneShot):
    """Trains random paths and, on validation images, the weights that say which are promising; ends in the best of the
    candidates that are drawn by them.
    """

    epochs: int = option(50, "epochs of the supernet's training", low=1)
    candidates: int = option(
        100, "architectures drawn at the end, each scored on one batch of validation images", low=1
    )

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained."""
        return SharedWeights.by("setn", epochs=self.epochs, candidates=self.candidates)
