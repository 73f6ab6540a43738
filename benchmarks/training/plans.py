"""The plans of ``nasbed tabulate``, by the space that their files name, and what makes tables of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from nasbed.benchmarks.training.images.table import assembly
from nasbed.benchmarks.training.images.table.plan import SPACES, TrainingPlan
from nasbed.benchmarks.training.sequences.table import assembly as sequence_assembly
from nasbed.benchmarks.training.sequences.table.plan import SPACE, SequencePlan, sequence_plan
from nasbed.errors import located, require_name
from nasbed.files import read_toml, text_of

TablePlan = TrainingPlan | SequencePlan
"""All trainings of a table: of cells, or of networks for sequences."""


def load_plan(path: Path | str) -> TablePlan:
    """Read a file; raises :class:`~nasbed.errors.StudyError` and others of our own that name it and what is wrong."""
    return parse_plan(text_of(path), str(path))


def parse_plan(text: str, source: str = "study") -> TablePlan:
    """A plan from the text of its file; messages name ``source``."""
    content: Mapping[str, Any] = read_toml(text, source)
    with located(source):
        if isinstance(space := content.get("space"), str):
            require_name("space", space, (*SPACES, SPACE))
    return sequence_plan(text, source) if content.get("space") == SPACE else TrainingPlan.parse(text, source)


def assembly_of(plan: TablePlan) -> ModuleType:
    """What divides the trainings of a plan into shards (``shards``), makes a table of them (``assemble``), and trains some of its
    rows with other seeds (``again``, whose accuracies are ``finals``).
    """
    return sequence_assembly if isinstance(plan, SequencePlan) else assembly
