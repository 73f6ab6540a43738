"""Self-evaluated template networks: Dong and Yang, ICCV 2019 (arXiv 1910.05733), section 3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import Relaxed
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class SETN(Relaxed):
    """Trains random paths and, on validation images, the weights that say which paths are promising; ends in the best of the
    candidates drawn by these weights.
    """

    method = "setn"

    candidates: int = option(
        100, "architectures drawn at the end, each scored on one batch of validation images", low=1
    )

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained, and how many candidates are drawn."""
        return self.trained_by(self.method, arch_rate=self.arch_rate, candidates=self.candidates)
