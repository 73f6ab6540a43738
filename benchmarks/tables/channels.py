"""What the two tables of Channel-Bench-Macro have in common."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.channels import ChannelNetwork
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.benchmarks.tables.table import Table


class ChannelTable(Table):
    """The widths of one family of networks on CIFAR-10; the table holds test accuracies alone, of three trainings each."""

    known = ("cifar10",)
    untimed = "its file holds no times of trainings"
    network: ClassVar[ChannelNetwork]
    space: DigitSpace

    def __init__(self, dataset: str = "cifar10", objectives: Sequence[str] = ("accuracy",)) -> None:
        super().__init__(dataset, objectives=objectives)
        self.space = _space(self.network)

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """What is as wide as the digits say, and the numbers of channels."""
        return self.network.widths()

    def representatives(self) -> np.ndarray:
        """Every combination of widths is a network of its own."""
        return np.arange(len(self.space))


@cache
def _space(network: ChannelNetwork) -> DigitSpace:
    return network.space()
