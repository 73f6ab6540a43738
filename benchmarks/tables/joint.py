"""Tables over joint spaces: a search of the whole, or of one half with the other frozen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbed.benchmarks.spaces.halves import searched_half
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.table import Table


class JointTable(Table):
    """A table whose space has hyperparameters beside the architecture.

    With ``search`` other than ``joint`` one half is searched and the other stays as in the configuration ``frozen`` (text of
    the space; the space's default where it is empty). The benchmark is then the part of the table in which it does: its space
    numbers that part alone, and answers, costs and the floor are of that part. Regrets are against the best of the whole
    table all the same.

    Raises :class:`~nasbed.errors.UnknownNameError`, :class:`~nasbed.errors.OptionError`,
    :class:`~nasbed.errors.ArchitectureError`.
    """

    space: JointGridSpace

    def __init__(
        self,
        dataset: str,
        space: JointGridSpace,
        objectives: Sequence[str],
        search: str,
        frozen: str,
        *,
        manifest: Manifest | None = None,
        epochs: Sequence[int] | None = None,
        schedule: int | None = None,
    ) -> None:
        super().__init__(dataset, manifest=manifest, epochs=epochs, schedule=schedule, objectives=objectives)
        half, at = searched_half(space, search, frozen, self.name)
        self.space = space
        if half is None:
            return
        self.space = space.subspace(half, at)
        self.rows = np.array([space.index(space.complete(arch, half, at)) for arch in self.space.archs])
        self.label = f"{self.label}, {search} alone"
        self.is_subspace = True

    def representatives(self) -> np.ndarray:
        """Every configuration is a network of its own."""
        return np.arange(len(self.space))

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The variables that the search decides by name, and their values as texts, in the order of their numbers."""
        return {variable.name: variable.texts for variable in self.space.variables}
