"""The brackets of Hyperband: Li et al., JMLR 18, 2018 (arXiv 1603.06560), algorithm 1."""

from __future__ import annotations


def brackets(rungs: int, eta: int) -> list[tuple[int, int]]:
    """For each bracket of one round, in order, the rung where it begins (0 is the lowest) and how many architectures do.

    With s_max rungs above the lowest, bracket s = s_max .. 0 begins s rungs below the last, with
    ceil((s_max + 1) / (s + 1) eta^s) architectures.

    >>> brackets(5, 3)
    [(0, 81), (1, 34), (2, 15), (3, 8), (4, 5)]
    """
    return [(rungs - 1 - below, -(-rungs * eta**below // (below + 1))) for below in range(rungs - 1, -1, -1)]
