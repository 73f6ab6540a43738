"""The plans of ``nasbed tabulate``, by the space that their files name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from nasbed.benchmarks.training.plan import TrainingPlan
from nasbed.benchmarks.training.sequence_plan import SPACE, sequence_plan
from nasbed.files import read_toml, text_of

if TYPE_CHECKING:
    import numpy as np

    from nasbed.benchmarks.tables.manifest import Manifest
    from nasbed.benchmarks.training.recipe import Recipe
    from nasbed.benchmarks.training.shards import TableShard


class TablePlan(Protocol):
    """All trainings of a table."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def sample(self) -> int | None: ...

    @property
    def benchmark(self) -> str:
        """The benchmark that searches such a table."""

    @property
    def free(self) -> frozenset[str]:
        """What may differ where trainings are added to those that are there."""

    def with_sample(self, sample: int | None) -> Self:
        """The same for a random sample of so many architectures."""

    def dump(self) -> str:
        """The text of a file that says the same, every default written out."""

    @property
    def data(self) -> str: ...

    @property
    def recipe(self) -> Recipe: ...

    @property
    def networks(self) -> int:
        """How many networks are trained with each seed."""

    def again(self, rows: Sequence[int], seeds: Sequence[int], workers: int) -> Sequence[TableShard]:
        """Shards of some rows of the table with other seeds, enough of them for so many workers."""

    def finals(self, shards: Sequence[Any], folder: Path) -> np.ndarray:
        """Test accuracies at the end, in percent, (rows, seeds), of shards that were trained :meth:`again`."""

    def shards(self) -> Sequence[TableShard]:
        """All shards, in the order in which they are trained."""

    def assemble(self, folder: Path, target: Path, trainer: str) -> Manifest:
        """Write the table whose shards are all in ``folder``; ``trainer`` says what trained them."""


def load_plan(path: Path | str) -> TablePlan:
    """Read a file; raises :class:`~nasbed.errors.StudyError` and others of our own that name it and what is wrong."""
    return parse_plan(text_of(path), str(path))


def parse_plan(text: str, source: str = "study") -> TablePlan:
    """A plan from the text of its file; messages name ``source``."""
    content: Mapping[str, Any] = read_toml(text, source)
    if content.get("space") == SPACE:
        return sequence_plan(text, source)
    return TrainingPlan.parse(text, source)
