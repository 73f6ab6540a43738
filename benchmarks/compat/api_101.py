"""``nasbench.api``, the calls of NAS-Bench-101's package over the table ``nasbench101`` (Ying et al., ICML 2019).

``from nasbench import api`` becomes ``from nasbed.benchmarks.compat import api_101 as api``. The file that a script names is
imported once, with ``nasbed data import nasbench101 FILE``.
"""

from __future__ import annotations

from collections.abc import Iterator, KeysView
from random import Random
from typing import Any, ClassVar

import numpy as np

from nasbed.benchmarks.compat._model_spec import ModelSpec
from nasbed.benchmarks.compat._recorded_cells import ByHash, CellRecords, found_for
from nasbed.benchmarks.compat._refusals import NotRecorded, OutOfDomainError, Partial, warn_once
from nasbed.benchmarks.spaces.nasbench101 import EDGES, OPERATIONS, VERTICES
from nasbed.errors import shown

__all__ = ["ModelSpec", "NASBench", "OutOfDomainError"]

_KEYS = ("training_time", "train_accuracy", "validation_accuracy", "test_accuracy")


class NASBench(Partial):
    """``nasbench.api.NASBench``. ``dataset_file`` is the path of an official file that was imported, whether or not it is still
    there, or the name or folder of a table. A file of 108 epochs opens a table of the full one, and shows those alone.

    Draws of :meth:`query` come from a stream of the object's own: with a ``seed`` they are those of the package.
    """

    withheld: ClassVar = {
        "evaluate": "it trains a network with TensorFlow; nasbed trains cells of its own spaces, see docs/real-time.md",
    }

    def __init__(self, dataset_file: Any, seed: int | None = None) -> None:
        self._records = CellRecords(*found_for(dataset_file))
        self._draws = Random(0 if seed is None else seed)
        self._seeded = seed is not None
        self.config: dict[str, Any] = {
            "module_vertices": VERTICES,
            "max_edges": EDGES,
            "num_repeats": len(self._records.manifest.runs),
            "available_ops": list(OPERATIONS),
        }
        self.valid_epochs = set(self._records.schedules)
        self.fixed_statistics = ByHash(self._records, self._records.fixed)
        self.computed_statistics = ByHash(self._records, self._records.computed)
        self.history: dict[Any, Any] = {}
        self.reset_budget_counters()

    def reset_budget_counters(self) -> None:
        """Set the seconds and epochs that :meth:`query` has charged back to 0."""
        self.training_time_spent: float = 0.0
        self.total_epochs_spent: int = 0

    def get_budget_counters(self) -> tuple[float, int]:
        """The seconds of training and the epochs that :meth:`query` has charged."""
        return self.training_time_spent, self.total_epochs_spent

    def query(self, model_spec: ModelSpec, epochs: int = 108, stop_halfway: bool = False) -> dict[str, Any]:
        """One of the recorded trainings of a cell, drawn at random; its seconds and epochs are charged.

        Accuracies are shares, 0 to 1. With ``stop_halfway`` they are those at half of the training, which is then charged half.
        Raises :class:`OutOfDomainError` for a cell outside of the space and for epochs that were not trained.
        """
        if epochs not in self.valid_epochs:
            known = ", ".join(map(str, sorted(self.valid_epochs)))
            raise OutOfDomainError(f"epochs = {shown(epochs)}; expected one of {known}")
        fixed, computed = self.get_metrics_from_spec(model_spec)
        if not computed[epochs]:
            raise NotRecorded(f"no training of {epochs} epochs is recorded of this cell in {self._records.told}")
        if not self._seeded:
            warn_once(
                "draws",
                "query draws from a stream of the object's own, with seed 0, not from Python's global one: repetitions with new"
                " objects need NASBench(file, seed=...)",
            )
        drawn = computed[epochs][self._draws.randint(0, len(computed[epochs]) - 1)]
        when = "halfway" if stop_halfway else "final"
        data = {**fixed, **{key: drawn[f"{when}_{key}"] for key in _KEYS}}
        self.training_time_spent += data["training_time"]
        self.total_epochs_spent += epochs // 2 if stop_halfway else epochs
        return data

    def is_valid(self, model_spec: ModelSpec) -> bool:
        """Whether a cell is in the space; nothing is charged."""
        try:
            self._check_spec(model_spec)
        except OutOfDomainError:
            return False
        return True

    def hash_iterator(self) -> KeysView[str]:
        """The hashes of all cells, in the order of the file."""
        return self.fixed_statistics.keys()

    def get_metrics_from_hash(self, module_hash: str) -> tuple[dict[str, Any], dict[int, list[dict[str, float]]]]:
        """What is recorded of the cell of a hash; nothing is charged.

        That is its ``module_adjacency`` and ``module_operations``, as the file writes them, and ``trainable_parameters``; and by
        epochs the trainings, each with seconds and accuracies named ``halfway_...`` and ``final_...``.
        """
        index = self._records.index(module_hash)
        return self._records.fixed(index), self._records.computed(index)

    def get_metrics_from_spec(self, model_spec: ModelSpec) -> tuple[dict[str, Any], dict[int, list[dict[str, float]]]]:
        """What is recorded of a cell, as :meth:`get_metrics_from_hash` gives it."""
        self._check_spec(model_spec)
        return self.get_metrics_from_hash(self._hash_spec(model_spec))

    def _hash_spec(self, model_spec: ModelSpec) -> str:
        """The published hash of a cell; public scripts call it."""
        return model_spec.hash_spec(self.config["available_ops"])

    def _check_spec(self, model_spec: ModelSpec) -> None:
        """Raises :class:`OutOfDomainError` for a cell outside of the space; public scripts call it."""
        for problem in self._problems(model_spec):
            raise OutOfDomainError(f"{problem} (after pruning)")

    def _problems(self, spec: ModelSpec) -> Iterator[str]:
        if not spec.valid_spec:
            yield "no path leads from the input to the output; expected one"
            return
        vertices, edges = len(spec.ops), int(np.sum(spec.matrix))
        if vertices > VERTICES:
            yield f"the cell has {vertices} vertices; expected at most {VERTICES}"
        if edges > EDGES:
            yield f"the cell has {edges} edges; expected at most {EDGES}"
        if (spec.ops[0], spec.ops[-1]) != ("input", "output"):
            yield f"the first and last operations are {shown(spec.ops[0])} and {shown(spec.ops[-1])}; expected input and output"
        for name in spec.ops[1:-1]:
            if name not in OPERATIONS:
                yield f"the operation {shown(name)} is unknown; expected one of {', '.join(OPERATIONS)}"
