"""Shards: some of the trainings of a table, each shard a file that is whole or not there."""

from __future__ import annotations

import io
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.training.device import out_of_memory
from nasbed.benchmarks.training.recipe import METRICS, SPLITS, Recipe
from nasbed.errors import DataError, differences
from nasbed.files import OTHER_FOLDER, atomic_write, require_shared
from nasbed.vocabulary import Arch

ENDED, NO_NUMBER, OUT_OF_MEMORY = 0, 1, 2
"""How a training ended: well, with a loss that is no number, or for want of memory."""
_PATIENCE = 60.0
"""Seconds of training after which a checkpoint is written."""


class TableShard(ABC):
    """What one shard holds, by what it is trained, and the file that it is in."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many trainings it holds."""

    @property
    @abstractmethod
    def described(self) -> str:
        """Which trainings it holds, in words."""

    @abstractmethod
    def path(self, folder: Path, ending: str = "npz") -> Path:
        """The file of the shard in a folder."""

    @abstractmethod
    def identity(self) -> Mapping[str, Any]:
        """What decides its numbers, as plain data."""

    @abstractmethod
    def sizes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each of its arrays."""

    @abstractmethod
    def trained(self, checkpoint: Path, device: str) -> dict[str, np.ndarray]:
        """Its arrays, trained anew or, where there is a checkpoint, from there on."""


@dataclass(frozen=True)
class Shard(TableShard):
    """Cells with one seed; ``timed`` says whether each network is also timed alone.

    Its arrays are SPLIT_METRIC (networks, epochs), ``nan`` from the epoch on in which a training failed; ``outcome``
    (networks,); and ``seconds`` of an epoch (networks,) where it is timed.
    """

    number: int
    archs: tuple[Arch, ...]
    seed: int
    shape: NetworkShape
    recipe: Recipe
    timed: bool

    @property
    def count(self) -> int:
        """How many trainings it holds."""
        return len(self.archs)

    @property
    def described(self) -> str:
        """Which trainings it holds, in words."""
        return f"{len(self.archs)} networks with seed {self.seed}"

    def path(self, folder: Path, ending: str = "npz") -> Path:
        """The file of the shard in a folder."""
        return folder / f"seed{self.seed}-{self.number:05}.{ending}"

    def identity(self) -> dict[str, Any]:
        """What decides its numbers, as plain data."""
        from nasbed.benchmarks.training.images.table.trainer import identity

        return identity(self.archs, self.shape, self.recipe, self.seed)

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each of its arrays."""
        count, epochs = len(self.archs), self.recipe.epochs
        curves = {f"{split}_{metric}": (count, epochs) for split in SPLITS for metric in METRICS}
        return {**curves, "outcome": (count,), **({"seconds": (count,)} if self.timed else {})}

    def trained(self, checkpoint: Path, device: str) -> dict[str, np.ndarray]:
        """Its arrays. Networks that do not fit into memory together are trained apart; one that does not fit alone is recorded as
        such.
        """
        arrays = _trained(self, self.archs, checkpoint, device)
        if self.timed:
            arrays["seconds"] = np.array([seconds_alone(self, arch, device) for arch in self.archs])
        return arrays


def train(shard: TableShard, folder: Path, device: str = "cpu") -> float:
    """Train a shard, going on from a checkpoint where there is one, and write its file; returns the seconds it took.

    Raises :class:`~nasbed.errors.StoreError` where the file cannot be written.
    """
    begin = time.perf_counter()
    require_shared(folder.parent)
    checkpoint = shard.path(folder, "checkpoint")
    arrays = shard.trained(checkpoint, device)
    content = io.BytesIO()
    named = np.array(json.dumps(shard.identity()))
    np.savez(content, identity=named, **arrays)  # type: ignore[arg-type]
    atomic_write(shard.path(folder), content.getvalue())
    checkpoint.unlink(missing_ok=True)
    return time.perf_counter() - begin


def read(shard: TableShard, folder: Path) -> dict[str, np.ndarray]:
    """The arrays of a shard.

    Raises :class:`~nasbed.errors.DataError` for a damaged file and for that of another training.
    """
    path = shard.path(folder)
    expected = shard.identity()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        found = dict(json.loads(str(arrays.pop("identity"))))
        whole = found != expected or {name: values.shape for name, values in arrays.items()} == shard.sizes()
        problem = "" if whole else "arrays are missing or of another size"
    except Exception as error:  # whatever a damaged archive makes of itself
        problem = type(error).__name__
    if problem:
        raise DataError(f"the shard {path} is damaged ({problem}); delete it, and the same command trains it again")
    if differing := "; ".join(differences(found, expected)):
        raise DataError(f"the shard {path} is of another training: {differing}; {OTHER_FOLDER}")
    return arrays


def _trained(shard: Shard, archs: tuple[Arch, ...], checkpoint: Path | None, device: str) -> dict[str, np.ndarray]:
    arrays = _attempted(shard, archs, checkpoint, device)
    if arrays is not None:
        return arrays
    if len(archs) == 1:
        blank = np.full((1, shard.recipe.epochs), np.nan)
        arrays = {f"{split}_{metric}": blank for split in SPLITS for metric in METRICS}
        return {**arrays, "outcome": np.array([OUT_OF_MEMORY], dtype=np.uint8)}
    half = len(archs) // 2
    parts = [_trained(shard, part, None, device) for part in (archs[:half], archs[half:])]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _attempted(
    shard: Shard, archs: tuple[Arch, ...], checkpoint: Path | None, device: str
) -> dict[str, np.ndarray] | None:
    """The curves of networks trained together, ``None`` where the memory is not enough."""
    from nasbed.benchmarks.training.images.table import digits
    from nasbed.benchmarks.training.images.table.trainer import TrainingState

    try:
        training = TrainingState(archs, shard.shape, shard.recipe, shard.seed, digits.splits(), device)
        if checkpoint is not None and checkpoint.exists():
            training.restore(checkpoint)
        saved = time.perf_counter()

        def after() -> None:
            nonlocal saved
            late = time.perf_counter() - saved > _PATIENCE and training.epoch < shard.recipe.epochs
            if checkpoint is not None and late:
                training.save(checkpoint)
                saved = time.perf_counter()

        values = training.run(after=after).values
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return None
    arrays = {f"{split}_{metric}": values[split][metric] for split in SPLITS for metric in METRICS}
    failed = np.isnan(arrays["train_loss"]).any(axis=1)
    return {**arrays, "outcome": np.where(failed, NO_NUMBER, ENDED).astype(np.uint8)}


def seconds_alone(shard: Shard, arch: Arch, device: str) -> float:
    """Seconds of one epoch of a network trained alone, evaluation included: of CPU time on one thread, or on a GPU's clock."""
    from nasbed.benchmarks.training.images.table import digits
    from nasbed.benchmarks.training.images.table.trainer import TrainingState

    clock = time.process_time if device == "cpu" else time.perf_counter
    try:
        alone = TrainingState([arch], shard.shape, shard.recipe, shard.seed, digits.splits(), device)
        begin = clock()
        alone.run(1)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return float("nan")
    return clock() - begin
