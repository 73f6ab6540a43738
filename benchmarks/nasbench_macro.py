"""NAS-Bench-Macro, a macro space without a validation set; import it with ``nasbed data fetch nasbench_macro``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench_macro import BLOCKS, STAGES, NASBenchMacroSpace
from nasbed.benchmarks.tables.table import Table


class NASBenchMacro(Table):
    """6,561 networks of eight layers on CIFAR-10, trained for 50 epochs three times (Su et al., CVPR 2021).

    The table holds test accuracies only, in percent, each the highest of its training's 50 epochs. A search sees one of
    the three trainings, and is scored on the other two. There are no times: every training costs 1 simulated second, so a
    budget in seconds counts trainings. ``objectives`` beside ``accuracy`` are ``parameters`` and ``flops``.
    """

    table = "nasbench_macro"
    known = ("cifar10",)
    space: NASBenchMacroSpace

    def __init__(self, dataset: str = "cifar10", objectives: Sequence[str] = ("accuracy",)) -> None:
        super().__init__(dataset, objectives=objectives)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The layers by name, and the blocks that each can be, in the order of their numbers."""
        return {f"layer {layer}": BLOCKS for layer in range(1, sum(STAGES) + 1)}

    def representatives(self) -> np.ndarray:
        """For each index, the smallest index of the same network: an identity may stand anywhere in its stage."""
        return np.array(self.space.classes)


@cache
def _space() -> NASBenchMacroSpace:
    return NASBenchMacroSpace()
