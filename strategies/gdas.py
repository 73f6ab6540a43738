"""Gradient-based search with a differentiable sampler: Dong and Yang, CVPR 2019 (arXiv 1910.04465), equations 3 to 6."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import Relaxed


@dataclass(frozen=True)
class GDAS(Relaxed):
    """Trains one operation on each edge at a time, drawn by a Gumbel softmax whose temperature falls; ends in the operations with
    the greatest weights after the last epoch.
    """

    method = "gdas"
