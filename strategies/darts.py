"""DARTS: Liu, Simonyan and Yang, ICLR 2019 (arXiv 1806.09055), algorithm 1, of first and second order (equation 7); with the early
stopping of RobustDARTS: Zela et al., ICLR 2020 (arXiv 1909.09656), and the auxiliary skip connection of DARTS-: Chu et al., ICLR
2021 (arXiv 2009.01027).
"""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import Relaxed
from nasbed.vocabulary import SharedWeights, option


@dataclass(frozen=True)
class DARTS(Relaxed):
    """Trains a mixture of all operations on each edge, and its weights by gradient on validation images; ends in the operations of
    the greatest weights after the last epoch.

    It is known to end in cells without parameters on NAS-Bench-201; its two cures are options.
    """

    method = "darts"

    order: int = option(1, "1 or 2: whether the gradient looks through a step of the weights", low=1, high=2)
    stop_at_eigenvalue: float = option(
        0.0,
        "end where the dominant eigenvalue of some epochs before, over that of now, falls below; 0.75 in RobustDARTS; 0: never",
        low=0,
        high=1,
    )
    auxiliary_skip: bool = option(False, "add a skip connection of fading weight to each edge, as DARTS- does")

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained, and which cures it has."""
        cures = {"stop_at_eigenvalue": self.stop_at_eigenvalue, "auxiliary_skip": self.auxiliary_skip}
        return self.trained_by(self.method, arch_rate=self.arch_rate, order=self.order, **cures)
