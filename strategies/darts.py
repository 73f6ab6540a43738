"""DARTS: Liu, Simonyan and Yang, ICLR 2019 (arXiv 1806.09055), algorithm 1, of first and second order (equation 7); with the early
stopping of RobustDARTS: Zela et al., ICLR 2020 (arXiv 1909.09656), the auxiliary skip connection of DARTS-: Chu et al., ICLR
2021 (arXiv 2009.01027), and the shrinking space of P-DARTS: Chen et al., ICCV 2019 (arXiv 1904.12760).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nasbed.strategies.models.one_shot import Relaxed
from nasbed.vocabulary import OptionError, SharedWeights, option

_SHRINKING = (3, 2)
"""Operations that an edge keeps of 5: about the shares of P-DARTS, which keeps 5 and then 3 of 8."""


@dataclass(frozen=True)
class DARTS(Relaxed):
    """Trains a mixture of all operations on each edge, and the weights of the mixture by gradient on validation images; ends in the
    operations with the greatest weights after the last epoch.

    On NAS-Bench-201 it is known to end in cells without parameters; the published cures are options.
    """

    method = "darts"

    order: int = option(1, "1, or 2: the gradient goes through a step of the network's weights", low=1, high=2)
    stop_at_eigenvalue: float = option(
        0.0,
        "end when the dominant eigenvalue of some epochs ago, divided by the present one, falls below; RobustDARTS: 0.75; 0: never",
        low=0,
        high=1,
    )
    auxiliary_skip: bool = option(False, "add a skip connection of fading weight to each edge, as DARTS- does")
    progressive: bool = option(
        False,
        "keep on each edge the 3 operations of the highest weights after a third of the epochs, 2 after two thirds (P-DARTS)",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.progressive and self.epochs <= len(_SHRINKING):
            raise OptionError(
                f"DARTS: progressive = True makes {len(_SHRINKING) + 1} stages of epochs = {self.epochs}; expected one in each"
            )

    @property
    def weights(self) -> SharedWeights:
        """How the supernet is trained, and which cures it has."""
        cures: dict[str, Any] = {
            "stop_at_eigenvalue": self.stop_at_eigenvalue,
            "auxiliary_skip": self.auxiliary_skip,
            "shrink_to": _SHRINKING if self.progressive else (),
        }
        return self.trained_by(self.method, arch_rate=self.arch_rate, order=self.order, **cures)
