"""What ``nasbed tabulate`` trains: a file that names a space, a data set, a network and a recipe, without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import official_order
from nasbed.benchmarks.spaces.nasbench201_functions import live, representatives
from nasbed.benchmarks.training.images.table import digits
from nasbed.benchmarks.training.plan_files import heading, part_of, require_known
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import DataError, located, shown
from nasbed.files import read_toml, text_of
from nasbed.numeric import require_seed, require_whole
from nasbed.streams import stream
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.benchmarks.tables.manifest import Manifest

SPACES = ("nasbench201",)
DATA = ("digits",)
_KEYS = ("name", "title", "space", "data", "seeds", "first_seed", "sample", "together", "network", "recipe")
_NETWORK = ("channels", "cells", "stages")
_SMALL = {"channels": 8, "cells": 1, "stages": 1}
"""The network where nothing else is said."""
_RECIPE = ("epochs", "batch", "rate", "momentum", "decay")


@dataclass(frozen=True)
class TrainingPlan:
    """All trainings of a table: those of ``seeds`` (from ``first_seed`` on) of every function in the space, or in a random
    ``sample`` of its architectures. ``together`` networks are trained in one program.

    >>> plan = TrainingPlan.parse('name = "few"\\nspace = "nasbench201"\\ndata = "digits"\\nseeds = 2\\nsample = 10')
    >>> len(plan.members()), len(plan.groups()), plan.seed_numbers
    (10, 1, (0, 1))
    """

    name: str
    title: str
    space: str
    data: str
    seeds: int
    first_seed: int
    sample: int | None
    together: int
    shape: NetworkShape
    recipe: Recipe

    @classmethod
    def load(cls, path: Path | str) -> TrainingPlan:
        """Read a file; raises :class:`~nasbed.errors.StudyError` and others of our own that name it and what is wrong."""
        return cls.parse(text_of(path), str(path))

    @classmethod
    def parse(cls, text: str, source: str = "study") -> TrainingPlan:
        """A plan from the text of its file; messages name ``source``."""
        content = read_toml(text, source)
        with located(source):
            return _plan(content)

    def with_sample(self, sample: int | None) -> TrainingPlan:
        """The same for a random sample of so many architectures."""
        return (
            self if sample is None else replace(self, sample=require_whole("sample", sample, 1, len(official_order())))
        )

    def dump(self) -> str:
        """The text of a file that says the same, every default written out."""
        import tomli_w

        named = ("name", "title", "space", "data", "seeds", "first_seed", "together")
        content: dict[str, Any] = {key: getattr(self, key) for key in named}
        content |= {} if self.sample is None else {"sample": self.sample}
        content["network"] = {key: getattr(self.shape, key) for key in _NETWORK}
        content["recipe"] = {key: getattr(self.recipe, key) for key in _RECIPE}
        return tomli_w.dumps(content)

    @property
    def networks(self) -> int:
        """How many networks are trained with each seed."""
        return len(self.rows()[0])

    @property
    def benchmark(self) -> str:
        """The benchmark that searches such a table."""
        return "digits201"

    @property
    def free(self) -> frozenset[str]:
        """What may differ where trainings are added to those that are there: more seeds are further shards."""
        return frozenset({"title", "seeds"})

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds that each architecture is trained with."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def members(self) -> list[int]:
        """The indices of the architectures that the table answers for, ascending."""
        count = len(official_order())
        if self.sample is None:
            return list(range(count))
        order = list(range(count))
        stream(self.first_seed, "tabulate", "sample").shuffle(order)
        return sorted(order[: self.sample])

    def rows(self) -> tuple[list[Arch], np.ndarray]:
        """The cells that are trained, one for each function and without dead edges; and for each member its cell."""
        return _rows(tuple(self.members()))

    def groups(self) -> list[tuple[Arch, ...]]:
        """The cells that are trained in one program each. Neighbours in their order share most operations, which saves copies."""
        cells, _ = self.rows()
        return [tuple(cells[start : start + self.together]) for start in range(0, len(cells), self.together)]


def network_and_recipe(text: str, source: str = "study") -> tuple[dict[str, int], Recipe]:
    """The sizes of the network and the recipe that the text of a plan says, whatever its space and its data; messages name
    ``source``.
    """
    content = read_toml(text, source)
    with located(source):
        return _network_and_recipe(content)


def cell_plan(manifest: Manifest) -> TrainingPlan:
    """The plan of a table of cells; raises :class:`~nasbed.errors.DataError` for one of another space."""
    if manifest.space not in SPACES:
        raise DataError(
            f"{manifest.name} is a table of the space {shown(manifest.space)}; expected one of {', '.join(SPACES)}, as digits201"
        )
    return TrainingPlan.parse(manifest.study, str(manifest.folder))


@cache
def _rows(members: tuple[int, ...]) -> tuple[list[Arch], np.ndarray]:
    archs = official_order()
    chosen = [archs[index] for index in members]
    stands = representatives(chosen)
    cells = sorted({live(chosen[place]) for place in stands.tolist()}, key=lambda cell: cell[3:] + cell[2::-1])
    number = {cell: row for row, cell in enumerate(cells)}
    return cells, np.array([number[live(chosen[place])] for place in stands.tolist()])


def _plan(content: dict[str, Any]) -> TrainingPlan:
    require_known(content, _KEYS, "what to tabulate")
    name, title = heading(content, SPACES, DATA)
    network, recipe = _network_and_recipe(content)
    facts = {"classes": digits.CLASSES, "pixels": digits.PIXELS, "colours": digits.COLOURS}
    sample = content.get("sample")
    return TrainingPlan(
        name,
        title,
        content["space"],
        content["data"],
        require_whole("seeds", content.get("seeds", 3), 1, 1000),
        require_seed(content.get("first_seed", 0), "first_seed"),
        None if sample is None else require_whole("sample", sample, 1, len(official_order())),
        require_whole("together", content.get("together", 24), 1, 1000),
        NetworkShape(**network, **facts),
        recipe,
    )


def _network_and_recipe(content: dict[str, Any]) -> tuple[dict[str, int], Recipe]:
    network, recipe = (part_of(content, part, known) for part, known in (("network", _NETWORK), ("recipe", _RECIPE)))
    return {**_SMALL, **network}, Recipe(**recipe)
