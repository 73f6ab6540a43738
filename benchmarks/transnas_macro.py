"""TransNAS-Bench-101, networks of modules on seven tasks; import it with ``nasbed data import transnas_macro macro.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.transnas import FEWEST, MODULES, MOST, TransNASMacroSpace
from nasbed.benchmarks.tables.transnas import TransNAS


class TransNASMacro(TransNAS):
    """3,256 networks of four to six modules, each trained once on each of seven tasks (Duan et al., CVPR 2021).

    A module keeps its shape, doubles the channels, halves the resolution, or does both. ``dataset``, ``measures`` and the meaning
    of the numbers are as in ``transnas_micro``, the cells of the same benchmark. The space is no product of its decisions, since
    halvings and doublings are bounded and a network may end after its fourth module.
    """

    table = "transnas_macro"
    space: TransNASMacroSpace

    def __init__(
        self, dataset: str = "class_scene", measures: Mapping[str, float] | Sequence[str] | None = None
    ) -> None:
        super().__init__(dataset, measures)
        self.space = _space()

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The modules by name, and what each can be, in the order of their numbers."""
        sorts = [MODULES] * FEWEST + [("none", *MODULES)] * (MOST - FEWEST)
        return {f"module {place}": choices for place, choices in enumerate(sorts, 1)}

    def representatives(self) -> np.ndarray:
        """Each architecture itself: the space holds no network twice."""
        return np.arange(len(self.space))


@cache
def _space() -> TransNASMacroSpace:
    return TransNASMacroSpace()
