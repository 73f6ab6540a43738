"""Efficient neural architecture search: Pham et al., ICML 2018 (arXiv 1802.03268), section 2.2."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import OneShot
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class ENAS(OneShot):
    """Trains in turn the paths that a controller draws, and the controller by REINFORCE on their inherited accuracy; ends in the
    best of the candidates that the controller draws.
    """

    method = "enas"

    candidates: int = option(
        100, "architectures drawn at the end, each scored on one batch of validation images", low=1
    )
    controller_steps: int = option(0, "steps of the controller in an epoch; 0: as published for NAS-Bench-201", low=0)

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained, and how many candidates are drawn."""
        return self.trained_by(self.method, candidates=self.candidates, controller_steps=self.controller_steps)
