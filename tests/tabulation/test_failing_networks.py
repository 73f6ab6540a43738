"""Networks for which memory is short, and losses that are no numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from daily import sampled
from few_cells import PLAN, SHARDS, column, names, shard

from nasbed.benchmarks.training.images.table import shards
from nasbed.benchmarks.training.images.table.digits import SIZES
from nasbed.tabulation.tabulate import tabulate
from nasbed.vocabulary import Arch


def short_of_memory(trainer: ModuleType, error: Exception, lacks: Callable[[tuple[Arch, ...]], bool]) -> type:

    class Short(trainer.TrainingState):  # type: ignore[name-defined]
        def __init__(self, archs: Any, *options: Any) -> None:
            if lacks(tuple(archs)):
                raise error
            super().__init__(archs, *options)

    return Short


def similar(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found[..., 0].astype(float), wanted[..., 0].astype(float), rtol=3e-3)


NO_MEMORY = "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"


@pytest.mark.parametrize("kind", sampled(["of a GPU", "of Python", "of a CPU"], 3))
def test_networks_that_do_not_fit_together_are_trained_apart(
    kind: str, few: Path, trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = trainer.torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
    error = {"of a GPU": gpu, "of Python": MemoryError(), "of a CPU": RuntimeError(NO_MEMORY)}[kind]
    monkeypatch.setattr(trainer, "TrainingState", short_of_memory(trainer, error, lambda archs: len(archs) > 1))
    shards.train(shard(2), tmp_path)
    found = shards.read(shard(2), tmp_path)
    assert found["outcome"].tolist() == [shards.ENDED] * 3
    for name, values in shards.read(shard(2), few / "shards").items():
        assert found[name].shape == values.shape
        if name.endswith("loss"):
            similar(found[name], values)
    assert names(tmp_path) == [SHARDS[2]]


def test_another_error_of_torch_is_not_taken_for_a_want_of_memory(
    trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("expected scalar type Float but found Double")
    monkeypatch.setattr(trainer, "TrainingState", short_of_memory(trainer, error, lambda archs: True))
    with pytest.raises(RuntimeError, match="expected scalar type"):
        shards.train(shard(2), tmp_path)
    assert names(tmp_path) == []


@pytest.mark.thorough
def test_a_network_that_does_not_fit_alone_is_recorded_as_such(
    few: Path, trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, cells = 4, PLAN.rows()[0]
    monkeypatch.setattr(
        trainer, "TrainingState", short_of_memory(trainer, MemoryError(), lambda archs: cells[place] in archs)
    )
    manifest = tabulate(PLAN, tmp_path, device="cpu")
    manifest.verify()
    table, others = tmp_path / "table", [row for row in range(6) if row != place]
    outcome = column(table, "outcome")
    assert (outcome[place] == shards.OUT_OF_MEMORY).all()
    assert (outcome[others] == shards.ENDED).all()
    for split in SIZES:
        assert (column(table, f"{split}_accuracy")[place] == 0).all()
        losses = column(table, f"{split}_loss")
        assert np.isnan(losses[place]).all()
        similar(losses[others], column(few / "table", f"{split}_loss")[others])
    seconds = column(table, "training_time")
    assert seconds[place] == seconds[others].max()


def test_a_loss_that_is_no_number_is_an_outcome(
    few: Path, trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, broken = PLAN.rows()[0], [(1, 1, 0), (2, 0, 1)]

    class Broken(trainer.TrainingState):
        def _train(self) -> None:
            for place, run, epoch in broken:
                if (self.seed, self.epoch) == (76 + run, epoch) and cells[place] in self.archs:
                    with trainer.torch.no_grad():
                        self.networks.head.weight[self.archs.index(cells[place])] = math.nan
            super()._train()

    monkeypatch.setattr(trainer, "TrainingState", Broken)
    tabulate(PLAN, tmp_path, device="cpu").verify()
    outcome = np.zeros((6, 2))
    for place, run, _ in broken:
        outcome[place, run] = shards.NO_NUMBER
    np.testing.assert_array_equal(column(tmp_path / "table", "outcome"), outcome)
    for split in SIZES:
        counts, losses = (column(few / "table", f"{split}_{metric}") for metric in ("accuracy", "loss"))
        for place, run, epoch in broken:
            counts[place, run, epoch:], losses[place, run, epoch:] = 0, math.nan
        np.testing.assert_array_equal(column(tmp_path / "table", f"{split}_accuracy"), counts)
        np.testing.assert_array_equal(column(tmp_path / "table", f"{split}_loss"), losses)
