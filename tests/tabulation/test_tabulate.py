"""Tabulating a few cells: the table, and going on where it was broken off."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from few_cells import PLAN, SHARDS, TRAININGS, column, columns, file, invoke, names, sessions, shard, text, times

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import official_order
from nasbed.benchmarks.spaces.nasbench201_functions import function, live
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.training.images.table import assembly, shards
from nasbed.benchmarks.training.images.table.digits import SIZES
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.tabulation.tabulate import tabulate


def test_the_table_holds_what_networks_trained_alone_give(few: Path, trainer: ModuleType) -> None:
    # Rounding alone, of sums in another order and of 16-bit floats: 2 images of a split, 0.3 % of a loss.
    from nasbed.benchmarks.training.images.table.digits import splits

    cells, _ = PLAN.rows()
    for place, cell in enumerate(cells):
        for run, seed in enumerate(PLAN.seed_numbers):
            values = trainer.TrainingState([cell], PLAN.shape, PLAN.recipe, seed, splits()).run(1).values
            for split in SIZES:
                counts = column(few / "table", f"{split}_accuracy")[place, run, 0]
                losses = column(few / "table", f"{split}_loss")[place, run, 0]
                assert abs(float(counts) - values[split]["correct"][0, 0]) <= 2, (cell, seed, split)
                assert float(losses) == pytest.approx(values[split]["loss"][0, 0], rel=3e-3), (cell, seed, split)


def test_the_table_holds_what_the_shards_do(few: Path) -> None:
    parts = assembly.shards(PLAN)
    for split in SIZES:
        for run in range(2):
            held = [shards.read(part, few / "shards") for part in parts[2 * run : 2 * run + 2]]
            for metric, name in (("correct", "accuracy"), ("loss", "loss")):
                wanted = np.concatenate([arrays[f"{split}_{metric}"] for arrays in held])
                found = column(few / "table", f"{split}_{name}")[:, run]
                np.testing.assert_allclose(found, wanted, rtol=1e-3 if name == "loss" else 0)
    seconds = np.concatenate([shards.read(part, few / "shards")["seconds"] for part in parts[:2]])
    np.testing.assert_allclose(column(few / "table", "training_time"), 2 * seconds, rtol=1e-6)
    assert (seconds > 0).all()
    assert "seconds" not in shards.read(parts[2], few / "shards")
    assert (column(few / "table", "outcome") == shards.ENDED).all()


def test_architectures_of_one_function_share_a_row(few: Path) -> None:
    archs, (cells, _) = official_order(), PLAN.rows()
    rows = column(few / "table", "row")
    assert rows.shape == (8,)
    assert len(set(rows.tolist())) == 6
    for index, row in zip(PLAN.members(), rows.tolist(), strict=True):
        assert function(archs[index]) == function(cells[row])


def test_sizes_are_those_of_the_cells_without_dead_edges(few: Path) -> None:
    shape, rows = NetworkShape(channels=4, cells=1, stages=1, classes=10, pixels=8, colours=1), PLAN.rows()[1]
    archs = [official_order()[index] for index in PLAN.members()]
    for name, size in (("parameters", shape.parameters), ("flops", shape.flops)):
        found = column(few / "table", name)
        least = [min(size(live(archs[m])) for m in np.flatnonzero(rows == row)) for row in range(6)]
        assert found.tolist() == least


def test_the_manifest_says_what_each_number_is(few: Path) -> None:
    manifest = Manifest.load(few / "table")
    manifest.verify()
    assert (manifest.name, manifest.title, manifest.space) == ("few", "A few cells", "nasbench201")
    assert (manifest.architectures, manifest.members, manifest.runs) == (6, 8, ["76", "77"])
    assert (manifest.epochs, manifest.resumable, manifest.datasets, manifest.report) == ([2], True, ["digits"], "test")
    assert TrainingPlan.parse(manifest.study) == PLAN
    assert "PyTorch" in manifest.cost_model
    assert "1 stage of 1 cell, 4 channels; 2 epochs, batches of 128" in manifest.sources[1]
    assert manifest.sources[1].endswith("seeds 76, 77")
    found = {
        column.file: (column.unit, column.direction, column.axes, column.epochs, column.images, column.at)
        for column in manifest.columns
    }
    along, once = ["architecture", "run", "epoch"], ["architecture"]
    assert found == {
        **{f"{s}_accuracy.npy": ("%", "maximise", along, 2, count, [1, 2]) for s, count in SIZES.items()},
        **{f"{s}_loss.npy": ("nats", "minimise", along, 2, 0, [1, 2]) for s in SIZES},
        "training_time.npy": ("s", "minimise", once, 2, 0, []),
        "outcome.npy": ("code", "none", ["architecture", "run"], 2, 0, []),
        "parameters.npy": ("parameters", "minimise", once, 0, 0, []),
        "flops.npy": ("multiply-accumulates", "minimise", once, 0, 0, []),
        "row.npy": ("index", "none", ["member"], 0, 0, []),
    }
    accuracy = manifest.column("digits", "accuracy", "test", 2)
    assert manifest.read(accuracy, 1) == pytest.approx(100 * column(few / "table", "test_accuracy")[..., 0] / 451)


def test_nothing_but_record_shards_and_table_is_left(few: Path) -> None:
    expected = {"run.json", *(f"shards/{name}" for name in SHARDS), "table/manifest.toml"}
    assert set(names(few)) == expected | {f"table/{name}" for name in columns(few)} | {"table/training_time.npy"}
    assert sorted(path.name for path in few.iterdir()) == ["log.txt", "run.json", "session.json", "shards", "table"]
    record = json.loads((few / "run.json").read_text())
    assert (record["table"], record["complete"], sessions(few)) == ("few", True, [TRAININGS])
    assert TrainingPlan.parse(record["study_text"]) == PLAN
    session = record["sessions"][0]
    assert (session["engine"], session["device"]) == ("here", "cpu")
    assert session["versions"].keys() >= {"torch", "scikit-learn", "nasbed"}


@pytest.mark.thorough
def test_workers_make_the_same_table_as_this_process(few: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    manifest = tabulate(
        PLAN, tmp_path / "out", engine="local:2", device="cpu", progress=lambda *report: seen.append(report)
    )
    assert columns(tmp_path / "out") == columns(few)
    first = Manifest.load(few / "table")
    timed = "training_time.npy"
    assert [c for c in manifest.columns if c.file != timed] == [c for c in first.columns if c.file != timed]
    assert replace(manifest, folder=first.folder, columns=[]) == replace(first, columns=[])
    done = [report[1] for report in seen]
    assert seen[0] == ("", 0, TRAININGS)
    assert done == sorted(done)
    assert done[-1] == TRAININGS
    assert {report[2] for report in seen} == {TRAININGS}
    assert all(label.endswith(" trainings an hour") for label, _, _ in seen[1:])


def test_a_plan_can_be_given_as_a_file(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "few.toml").write_text(text())
    monkeypatch.chdir(tmp_path)
    shutil.copytree(few, tmp_path / "results" / "few")
    assert tabulate("few.toml", device="cpu").folder == Path("results/few/table")
    assert columns(tmp_path / "results" / "few") == columns(few)


def test_what_is_stored_is_not_trained_again(out: Path, few: Path) -> None:
    before, seen = times(out), []
    shutil.rmtree(out / "table")
    tabulate(PLAN, out, device="cpu", progress=lambda *report: seen.append(report))
    assert seen == [("", TRAININGS, TRAININGS)]
    assert times(out) == before
    assert columns(out) == columns(few)
    assert sessions(out) == [TRAININGS]


def test_only_deleted_shards_are_trained_again(out: Path, few: Path) -> None:
    seen: list[tuple[int, int]] = []
    for number in (1, 2):
        file(out, number).unlink()
    before = times(out)
    tabulate(PLAN, out, device="cpu", progress=lambda label, done, total: seen.append((done, total)))
    assert {name: when for name, when in times(out).items() if name in before} == before
    assert sorted(times(out)) == SHARDS
    assert (seen[0], seen[-1]) == ((6, TRAININGS), (TRAININGS, TRAININGS))
    assert columns(out) == columns(few)
    assert sessions(out) == [TRAININGS, 6]


@pytest.mark.thorough
def test_more_seeds_are_added_to_what_is_there(out: Path, few: Path) -> None:
    before = times(out)
    manifest = tabulate(replace(PLAN, seeds=3), out, device="cpu")
    assert manifest.runs == ["76", "77", "78"]
    assert {name: when for name, when in times(out).items() if name in before} == before
    more, less = (np.load(folder / "table" / "test_accuracy.npy") for folder in (out, few))
    assert np.array_equal(more[:, :2], less)


def test_a_folder_of_a_table_can_be_looked_at(few: Path) -> None:
    shown = json.loads(invoke("data", "info", str(few / "table"), "--json").stdout)
    assert (shown["name"], shown["members"], shown["verified"]) == ("few", 8, True)
    assert "few/table" in invoke("data", "verify", str(few / "table")).stdout.replace("out/table", "few/table")


@pytest.mark.thorough
def test_fresh_trains_everything_again(out: Path, few: Path) -> None:
    before = times(out)
    left = shard(0).path(out / "shards", "checkpoint")
    left.write_text("of an interrupted training")
    tabulate(PLAN, out, device="cpu", fresh=True)
    assert all(times(out)[name] > before[name] for name in SHARDS)
    assert not left.exists()
    assert columns(out) == columns(few)
    assert sessions(out) == [TRAININGS, TRAININGS]


BUSY = """\
import os
import time
from pathlib import Path

if "NASBED_WORKER" in os.environ:
    from nasbed.benchmarks.training.images.table import trainer

    train = trainer.TrainingState._train

    def busy(training):
        while len(list(Path("out/shards").glob("*.npz"))) >= 2:
            time.sleep(0.02)
        train(training)

    trainer.TrainingState._train = busy
"""
DEADLINE = 300.0


@contextlib.contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    (folder / "sitecustomize.py").write_text(BUSY)
    (folder / "few.toml").write_text(text())
    words = ["tabulate", "few.toml", "--engine", "local:1", "--device", "cpu", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nasbed", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + DEADLINE
        while len(list(folder.glob("out/shards/*.npz"))) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def goes_on(out: Path, few: Path) -> None:
    before = times(out)
    assert len(before) == 2
    tabulate(PLAN, out, device="cpu")
    assert {name: when for name, when in times(out).items() if name in before} == before
    assert columns(out) == columns(few)
    assert json.loads((out / "run.json").read_text())["complete"]


@pytest.mark.thorough
def test_a_killed_run_goes_on(few: Path, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "table").exists()
    assert not json.loads((tmp_path / "out" / "run.json").read_text())["complete"]
    goes_on(tmp_path / "out", few)
    assert sessions(tmp_path / "out") == [6]


@pytest.mark.thorough
def test_a_stopped_command_says_how_to_go_on_and_does(few: Path, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == (
        f"\nstopped: 6 of {TRAININGS} trainings are stored in out/shards; the same command (without"
        " --fresh) goes on from there\n"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "log.txt",
        "run.json",
        "session.json",
        "shards",
    ]
    assert set(times(tmp_path / "out")) == set(SHARDS[:2])
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]
    assert sessions(tmp_path / "out") == [6]
    goes_on(tmp_path / "out", few)
    assert sessions(tmp_path / "out") == [6, 6]
