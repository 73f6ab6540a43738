"""Tables of a user's own, which ``nasbed data make`` wrote: each is a benchmark under its name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.spaces.listed import ListedSpace
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space, decisions
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import Manifest, made
from nasbed.benchmarks.tables.options import fidelities
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import OptionError, shown
from nasbed.vocabulary import HELD_OUT, VALIDATED, Arch

OWN = "own"
"""The space of a table whose decisions nobody but its owner knows."""
DECISION = "decision "
"""What the metric of a column begins with that holds a decision of the listed architectures."""


def names() -> list[str]:
    """The names of the tables of a user's own that are here."""
    return [name for name in home.here() if made(home.folder_of(name))]


def class_of(name: str) -> type[OwnTable] | None:
    """The benchmark of a table of a user's own; ``None`` where there is none of that name."""
    if name not in home.here() or not made(home.folder_of(name)):
        return None
    manifest = home.load(name)
    metric = next(column.metric for column in manifest.columns if column.split == "validation")
    about = {"table": name, "metric": metric, "__module__": __name__, "__doc__": f"{manifest.title.rstrip('.')}."}
    return type("OwnTable", (OwnTable,), about)


class OwnTable(Table):
    """A table that ``nasbed data make`` wrote.

    ``epochs`` are the fidelities offered, the last by default: points of one training, or trainings of their own, as was said when
    it was made. ``objectives`` are metrics on validation, and numbers that the architecture alone decides; the first, of which
    searches are scored, is the first metric of the file by default. Where no seconds were recorded a training counts 1, and no
    budget may count them.
    """

    table: ClassVar[str] = ""
    space: NASBench201Space | ListedSpace

    def __init__(
        self, dataset: str | None = None, epochs: Sequence[int] | None = None, objectives: Sequence[str] | None = None
    ) -> None:
        manifest = self.own()
        main = next(
            column for column in manifest.columns if column.metric == self.metric and column.split == "validation"
        )
        schedule = manifest.epochs[-1] if "epoch" in main.axes else None
        known = main.at or manifest.epochs
        numbers = fidelities(known[-1:] if epochs is None else epochs, f"[{known[-1]}]")
        if lacking := set(numbers) - set(known):
            raise OptionError(f"epochs = {shown(sorted(lacking))}; expected some of {', '.join(map(str, known))}")
        if not any(column.metric == "training_time" for column in manifest.columns):
            self.untimed = "the file that it was made of has no seconds of trainings"
        super().__init__(
            manifest.datasets[0] if dataset is None else dataset,
            manifest=manifest, schedule=schedule, epochs=numbers, objectives=objectives,
        )  # fmt: skip
        self.space = space_of(manifest)
        self.judged_on = self._judge(manifest)

    def _judge(self, manifest: Manifest) -> str:
        """What the first objective is judged on: the manifest says it of the metric."""
        first = self.objectives[0]
        if first.name == self.metric or not self.trained(first):
            return manifest.report if self.trained(first) else "test"
        if any((column.metric, column.split) == (first.name, "test") for column in manifest.columns):
            return "test"
        return HELD_OUT if manifest.report == HELD_OUT else VALIDATED

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The decisions by name, and their values, in the order of their numbers."""
        return self.space.decisions() if isinstance(self.space, ListedSpace) else decisions()

    def representatives(self) -> np.ndarray:
        """Cells of NAS-Bench-201 by the published rules; of other architectures nobody knows which are the same network."""
        return np.arange(len(self.space)) if isinstance(self.space, ListedSpace) else np.array(self.space.classes)

    def _costs(self, epochs: int, made: np.ndarray) -> np.ndarray:
        """The recorded seconds, or as many parts of 1 as of the longest schedule were trained."""
        return np.full((len(made), 1), epochs / self.full) if self.untimed else super()._costs(epochs, made)

    def lookup(self, arch: Arch) -> list[dict[str, Any]]:
        """Everything recorded of one architecture, but for what the architecture says itself."""
        return [row for row in super().lookup(arch) if not row["metric"].startswith(DECISION)]


def space_of(manifest: Manifest) -> NASBench201Space | ListedSpace:
    """The space of a table of a user's own, by its decisions and the columns that list its architectures."""
    return _space_of(manifest.folder, manifest.checksum)


@cache
def cells() -> NASBench201Space:
    """The cells of NAS-Bench-201, whose strings a table of a user's own may have."""
    return NASBench201Space()


@lru_cache(maxsize=8)
def _space_of(folder: Path, checksum: str) -> NASBench201Space | ListedSpace:
    manifest = Manifest.load(folder)
    known = cells() if manifest.space == "nasbench201" else None
    if known is not None and manifest.architectures == len(known):
        return known
    variables = [Variable(one["name"], tuple(one["values"]), ranked=one["ordered"]) for one in manifest.decisions]
    if manifest.architectures == prod(len(one.values) for one in variables):
        places = np.indices([len(one.values) for one in variables]).reshape(len(variables), -1)
    else:
        columns = [manifest.column("any", f"{DECISION}{one.name}") for one in variables]
        places = np.array([manifest.opened(column) for column in columns])
    return ListedSpace(manifest.name, variables, list(map(tuple, places.T.tolist())), known)
