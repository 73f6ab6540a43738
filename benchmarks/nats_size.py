"""The size space of NATS-Bench, from its official files, imported as the table ``nats_size``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace, layers
from nasbed.benchmarks.tables.table import Table


class NATSSize(Table):
    """32,768 networks that differ in the widths of their layers, trained for 1, 12 and 90 epochs (Dong et al., TPAMI 2021).

    ``dataset`` is ``cifar10``, ``cifar100`` or ``ImageNet16-120``. On ``cifar10`` the search sees the trainings on 25,000
    images, validated on the other 25,000; test accuracy is that of separate trainings on all 50,000. Accuracies are in
    percent, losses in nats, costs in seconds of training and of the validation pass at its end.

    ``epochs`` are the fidelities among 1, 12 and 90, each a training of its own, never resumed; 12 has three seeds, the others
    one. Scores are always those after 90 epochs. ``objectives`` are ``accuracy``, ``loss`` and ``latency``; the first is
    scored.
    """

    table = "nats_size"
    known = ("cifar10", "cifar100", "ImageNet16-120")
    searched: ClassVar[Mapping[str, str]] = {"cifar10": "cifar10-valid"}
    space: NATSSizeSpace

    def __init__(
        self, dataset: str = "cifar10", epochs: Sequence[int] = (90,), objectives: Sequence[str] = ("accuracy",)
    ) -> None:
        super().__init__(dataset, epochs=epochs, objectives=objectives)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The layers by name, and the widths that each can have, in the order of their numbers."""
        return layers()

    def representatives(self) -> np.ndarray:
        """Each index: no two widths are the same network, (architectures,)."""
        return np.arange(len(self.space))


@cache
def _space() -> NATSSizeSpace:
    return NATSSizeSpace()
