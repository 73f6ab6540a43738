"""Checkpoints, damaged shards and full disks."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from few_cells import PLAN, SHARDS, columns, file, flip, names, shard, snapshot, times

from nasbed.benchmarks.training.images.table import assembly, shards
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import DataError, StoreError
from nasbed.tabulation.tabulate import tabulate


def test_a_shard_goes_on_from_its_checkpoint(
    few: Path, trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    class Watched(trainer.TrainingState):
        def _train(self) -> None:
            trained.append(self.epoch)
            super()._train()

    class Cut(Watched):
        def save(self, path: Path) -> None:
            super().save(path)
            raise SystemExit("a power cut")

    monkeypatch.setattr(shards, "_PATIENCE", 0)
    monkeypatch.setattr(trainer, "TrainingState", Cut)
    with pytest.raises(SystemExit, match="a power cut"):
        shards.train(shard(2), tmp_path)
    assert names(tmp_path) == ["seed77-00000.checkpoint"]
    monkeypatch.setattr(trainer, "TrainingState", Watched)
    shards.train(shard(2), tmp_path)
    assert trained == [0, 1]
    assert snapshot(tmp_path) == {SHARDS[2]: file(few, 2).read_bytes()}


def test_checkpoints_are_written_seldom_and_removed(
    few: Path, trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []

    class Watched(trainer.TrainingState):
        def save(self, path: Path) -> None:
            saved.append(self.epoch)
            super().save(path)

    monkeypatch.setattr(trainer, "TrainingState", Watched)
    shards.train(shard(2), tmp_path)
    assert saved == []
    monkeypatch.setattr(shards, "_PATIENCE", 0)
    shards.train(shard(3), tmp_path)
    assert saved == [1]
    assert snapshot(tmp_path) == {SHARDS[number]: file(few, number).read_bytes() for number in (2, 3)}


def test_a_damaged_checkpoint_is_refused_with_the_remedy(out: Path, few: Path) -> None:
    file(out, 2).unlink()
    checkpoint = shard(2).path(out / "shards", "checkpoint")
    checkpoint.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError) as caught:
        tabulate(PLAN, out, device="cpu")
    assert str(caught.value).startswith(f"{checkpoint} is no whole checkpoint: ")
    assert str(caught.value).endswith("; delete it to train from the start")
    checkpoint.unlink()
    tabulate(PLAN, out, device="cpu")
    assert columns(out) == columns(few)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:500]),
        lambda path: path.write_bytes(b"text"),
        flip,
        lambda path: np.savez(path, outcome=np.zeros(3)),
    ],
    ids=["empty", "a byte short", "cut", "text", "a flipped bit", "no identity"],
)
def test_a_damaged_shard_is_refused_with_the_remedy(damage: Callable[[Path], object], out: Path) -> None:
    path = file(out, 2)
    damage(path)
    before = snapshot(out)
    with pytest.raises(DataError) as caught:
        tabulate(PLAN, out, device="cpu")
    message = rf"the shard {re.escape(str(path))} is damaged \(\w+\); delete it, and the same command trains it again"
    assert re.fullmatch(message, str(caught.value))
    assert snapshot(out) == before


@pytest.mark.parametrize("lost", ["seconds", "outcome", "test_loss"])
def test_a_shard_that_lacks_an_array_is_refused(lost: str, out: Path) -> None:
    with np.load(file(out, 0)) as content:
        arrays = {name: content[name] for name in content.files if name != lost}
    np.savez(file(out, 0), **arrays)
    with pytest.raises(DataError, match=r"is damaged \(arrays are missing or of another size\); delete it"):
        tabulate(PLAN, out, device="cpu")


def test_a_shard_of_another_training_is_refused(out: Path, tmp_path: Path) -> None:
    shutil.copyfile(file(out, 0), file(out, 2))
    with pytest.raises(DataError) as caught:
        tabulate(PLAN, out, device="cpu")
    assert str(caught.value) == (
        f"the shard {file(out, 2)} is of another training: seed is 76 there and 77 here; choose another folder with --out"
    )
    other = replace(PLAN, shape=replace(PLAN.shape, channels=8), recipe=Recipe(epochs=3))
    with pytest.raises(
        DataError,
        match=r"is of another training: shape channels is \d+ there and 8 here; recipe epochs is 2 there and 3 here",
    ):
        assembly.missing(assembly.shards(other), out / "shards")
    with pytest.raises(DataError, match=r"is of another training: archs is"):
        shards.read(replace(shard(0), archs=shard(1).archs), out / "shards")


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_table_that_was_there(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(out / "table")
    with monkeypatch.context() as patch:
        patch.setattr("nasbed.benchmarks.convert._folder.write_manifest", full)
        with pytest.raises(StoreError) as caught:
            tabulate(PLAN, out, device="cpu")
    assert str(caught.value) == (
        f"cannot write {out / 'table'}: No space left on device; make room for it, and the same command goes on from the"
        " trainings"
    )
    assert snapshot(out / "table") == before
    tabulate(PLAN, out, device="cpu")


@pytest.mark.thorough
def test_a_full_disk_costs_only_what_it_has_no_room_for(out: Path, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        file(out, number).unlink()
    shutil.rmtree(out / "table")
    kept, rename = times(out), os.replace

    def until_full(temporary: Path, path: Path) -> None:
        if path.name == SHARDS[2]:
            full()
        rename(temporary, path)

    with monkeypatch.context() as patch:
        patch.setattr("nasbed.files.os.replace", until_full)
        with pytest.raises(StoreError) as caught:
            tabulate(PLAN, out, device="cpu")
    assert str(caught.value) == (
        f"cannot write {file(out, 2)}: No space left on device; make room for it, or choose another folder with --out"
    )
    assert names(out) == ["run.json", f"shards/{SHARDS[0]}", f"shards/{SHARDS[1]}"]
    assert not json.loads((out / "run.json").read_text())["complete"]
    second = times(out)
    assert second[SHARDS[0]] == kept[SHARDS[0]]
    tabulate(PLAN, out, device="cpu")
    assert {name: times(out)[name] for name in second} == second
    assert columns(out) == columns(few)


def test_a_disk_that_is_full_from_the_start_is_refused(
    trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nasbed.files.os.replace", full)
    with pytest.raises(StoreError, match=r"cannot write .*run\.json: No space left on device; make room for it, or"):
        tabulate(PLAN, tmp_path / "out", device="cpu")
    assert names(tmp_path) == []
