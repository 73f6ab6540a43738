"""DARTS on a part of the channels: Xu et al., ICLR 2020 (arXiv 1907.05737), sections 3.2 and 3.3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import Relaxed


@dataclass(frozen=True)
class PCDARTS(Relaxed):
    """Trains as first-order DARTS does, but each mixture on a part of the channels; ends in the operations with the greatest
    weights after the last epoch.
    """

    method = "pc_darts"
