"""Dirichlet architecture search: Chen et al., ICLR 2021 (arXiv 2006.10355), section 3."""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import Relaxed


@dataclass(frozen=True)
class DrNAS(Relaxed):
    """Trains mixtures drawn from a Dirichlet distribution for each edge, and its concentrations by gradient; ends in the operations
    with the greatest concentrations after the last epoch.
    """

    method = "dr_nas"
