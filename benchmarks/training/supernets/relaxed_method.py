"""What methods have in common that learn weights of the architecture by gradient and read them out in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from nasbed.benchmarks.training.supernets.architecture_weights import ArchitectureWeights
from nasbed.benchmarks.training.supernets.data import Batch
from nasbed.benchmarks.training.supernets.method import Score, SupernetMethod
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.vocabulary import Arch


class RelaxedMethod(SupernetMethod):
    """A method with weights of the architecture, which ends in the operations of the highest weight."""

    def __init__(self, plan: SupernetPlan, network: Any, seed: int, further: int = 0) -> None:
        super().__init__(plan, network, seed)
        self.architecture = ArchitectureWeights(plan, network, seed, further)

    def finish(self, held: Sequence[Batch]) -> None:
        """There is nothing to do after an epoch."""

    def probabilities(self) -> np.ndarray:
        """The softmax of the architecture's weights."""
        return self.architecture.spread(self.architecture.mixing())

    def derived(self, score: Score) -> Arch:
        """The operation of the highest weight on each edge."""
        return self.architecture.read_out()

    @property
    def edges(self) -> Tensor | None:
        """The paths of these methods have no weights."""
        return None

    def state(self) -> dict[str, Any]:
        """The architecture's weights and their optimizer."""
        return self.architecture.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.architecture.restore(state)
