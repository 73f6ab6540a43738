"""Tabulating a space: plans, shards, tables, stops, damage and refusals; whether a table and its trainer agree."""

from __future__ import annotations

import contextlib
import copy
import errno
import itertools
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tomli_w
from forking import Command
from places import ROOT
from scipy.stats import t as student
from scipy.stats import ttest_ind
from typer.testing import CliRunner, Result

import nasbed
from nasbed.benchmarks import Digits201, NASBench201
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import official_order
from nasbed.benchmarks.spaces.nasbench201_functions import function, live, representatives
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.training import assembly, shards
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.digits import SIZES
from nasbed.benchmarks.training.plan import TrainingPlan
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.shards import Shard
from nasbed.commands.cli import app
from nasbed.errors import (
    DataError,
    EngineError,
    Interrupted,
    NasbedError,
    OptionError,
    StoreError,
    StudyError,
    UnknownNameError,
)
from nasbed.tabulation.agreement import Agreement, agree, compare
from nasbed.tabulation.tabulate import tabulate
from nasbed.vocabulary import Arch

CONTENT: dict[str, Any] = {
    "name": "few",
    "title": "A few cells",
    "space": "nasbench201",
    "data": "digits",
    "seeds": 2,
    "first_seed": 76,  # two functions of this sample are drawn twice
    "sample": 8,
    "together": 3,
    "network": {"channels": 4},
    "recipe": {"epochs": 2, "batch": 128, "rate": 0.4},
}
ABSENT: Any = ...


def text(**changes: Any) -> str:
    content = {**copy.deepcopy(CONTENT), **changes}
    return tomli_w.dumps({key: value for key, value in content.items() if value is not ABSENT})


PLAN = TrainingPlan.parse(text())
TRAININGS = 12
SHARDS = ["seed76-00000.npz", "seed76-00001.npz", "seed77-00000.npz", "seed77-00001.npz"]
NEW_SEEDS = (1000, 1001)


@pytest.fixture(scope="module")
def trainer() -> ModuleType:
    for name, package in (("torch", "torch"), ("sklearn", "scikit-learn")):
        pytest.importorskip(name, reason=f"needs {package}: pip install '.[train]'")
    from nasbed.benchmarks.training import trainer

    return trainer


@pytest.fixture(scope="module")
def few(trainer: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("few") / "out"
    tabulate(PLAN, out, device="cpu")
    return out


@pytest.fixture
def out(few: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(few, tmp_path / "out"))


def shard(number: int) -> Shard:
    return assembly.shards(PLAN)[number]


def file(out: Path, number: int) -> Path:
    return out / "shards" / SHARDS[number]


def column(folder: Path, name: str) -> np.ndarray:
    found: np.ndarray = np.load(folder / f"{name}.npy")
    return found


def columns(out: Path) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in (out / "table").glob("*.npy")}
    assert len(files) == 11
    del files["training_time.npy"]
    return files


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def snapshot(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}


def sessions(out: Path) -> list[int]:
    return [session["runs"] for session in json.loads((out / "run.json").read_text())["sessions"]]


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, words)


# Plans

TOP = "known: name, title, space, data, seeds, first_seed, sample, together, network, recipe"
WHOLE = "expected a whole number in 1 .. 10,000"
REFUSED: list[tuple[dict[str, Any], type[NasbedError], tuple[str, ...]]] = [
    ({"sedes": 3}, UnknownNameError, ("unknown key of what to tabulate 'sedes'; did you mean 'seeds'?", TOP)),
    ({"trainer": {"rate": 1}}, UnknownNameError, ("key of what to tabulate 'trainer'", TOP)),
    (
        {"network": {"chanels": 4}},
        UnknownNameError,
        ("key of [network] 'chanels'; did you mean 'channels'? known: channels, cells, stages",),
    ),
    ({"network": {"pixels": 16}}, UnknownNameError, ("key of [network] 'pixels'", "known: channels, cells, stages")),
    (
        {"recipe": {"epoch": 2}},
        UnknownNameError,
        ("key of [recipe] 'epoch'; did you mean 'epochs'? known: epochs, batch, rate, momentum, decay",),
    ),
    *(({key: ABSENT}, StudyError, (f"the key {key!r} is None; expected a text",)) for key in ("name", "space", "data")),
    *(({key: 3}, StudyError, (f"the key {key!r} is 3; expected a text",)) for key in ("name", "space", "data")),
    *(
        ({"name": name}, StudyError, (f"name = {name!r}; expected letters, digits and underscores, at most 100",))
        for name in ("a-b", "a/b", "..", "", "2fast", "a b", "n" * 101)
    ),
    (
        {"space": "nasbench21"},
        UnknownNameError,
        ("unknown space 'nasbench21'; did you mean 'nasbench201'? known: nasbench201",),
    ),
    ({"data": "digit"}, UnknownNameError, ("unknown data 'digit'; did you mean 'digits'? known: digits",)),
    ({"data": "cifar10"}, UnknownNameError, ("unknown data 'cifar10'; known: digits",)),
    *(
        ({key: value}, OptionError, (f"{key} = {value!r}; expected a whole number in {span}",))
        for key, span, values in (
            ("seeds", "1 .. 1,000", (0, -1, 1001, 2.0, "2", True, [2])),
            ("first_seed", "0 .. 2,147,483,647", (-1, 2**31, 0.0, "0", False)),
            ("sample", "1 .. 15,625", (0, -8, 15_626, 8.0, "8", True)),
            ("together", "1 .. 1,000", (0, -1, 1001, 24.0, "24", True)),
        )
        for value in values
    ),
    ({"network": 4}, StudyError, ("network = 4; expected a table [network] with channels, cells, stages",)),
    ({"recipe": "ours"}, StudyError, ("recipe = 'ours'; expected a table [recipe] with epochs, batch, rate",)),
    *(
        ({"network": {key: value}}, OptionError, (f"{key} = {value!r}; {WHOLE}",))
        for key in ("channels", "cells", "stages")
        for value in (0, 10_001, 4.0, "4", True)
    ),
    (
        {"network": {"stages": 5}},
        OptionError,
        ("5 stages halve images of 8 x 8 pixels 4 times", "use fewer stages or larger images"),
    ),
    *(
        ({"recipe": {key: value}}, OptionError, (f"{key} = {value!r}; {WHOLE}",))
        for key in ("epochs", "batch")
        for value in (0, 10_001, 2.0, "2", True)
    ),
    *(
        ({"recipe": {key: value}}, OptionError, (f"{key} = {value!r}; expected a {span}",))
        for key, span, values in (
            ("rate", "learning rate from 1e-09 to 10", (0, -0.1, 10.5, 1e300, math.inf, math.nan, "0.1", True)),
            ("momentum", "number above 0 and below 1", (0, 1, 1.0, math.nan, "0.9", True)),
            ("decay", "weight decay from 0 to 1", (-1e-4, 1.5, math.inf, math.nan, "0", True)),
        )
        for value in values
    ),
    ({"budget": {"evaluations": 5}}, StudyError, ("this is a study of searches; run it with nasbed run",)),
    ({"strategy": [{"use": "random_search"}]}, StudyError, ("run it with nasbed run",)),
]


@pytest.mark.parametrize(("changes", "error", "words"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_plan_is_refused_with_what_was_expected(
    changes: dict[str, Any], error: type[NasbedError], words: tuple[str, ...]
) -> None:
    with pytest.raises(NasbedError) as caught:
        TrainingPlan.parse(text(**changes), "folder/few.toml")
    assert type(caught.value) is error
    assert str(caught.value).startswith("folder/few.toml: ")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "few.toml"
    with pytest.raises(StudyError, match=r"^cannot read the study .*few\.toml: No such file or directory$"):
        TrainingPlan.load(path)
    with pytest.raises(StudyError, match=r"^cannot read the study .*: Is a directory$"):
        TrainingPlan.load(tmp_path)
    path.write_bytes(text().replace("A few", "A \xe9").encode("latin-1"))
    with pytest.raises(StudyError, match=r"few\.toml: not UTF-8 text \(.* at byte 24\)$"):
        TrainingPlan.load(path)
    path.write_text(text().replace("seeds = 2", "seeds = = 2"))
    with pytest.raises(StudyError, match=r"few\.toml: .*\(at line 5, column 9\)$"):
        TrainingPlan.load(path)
    path.write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert TrainingPlan.load(path) == PLAN


@pytest.mark.parametrize("sample", [0, -1, 15_626])
def test_a_sample_on_the_command_line_is_checked(sample: int, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"sample = {sample}; expected a whole number in 1 .. 15,625")):
        PLAN.with_sample(sample)
    (tmp_path / "few.toml").write_text(text())
    result = invoke("tabulate", str(tmp_path / "few.toml"), "--sample", str(sample))
    assert isinstance(result.exception, OptionError)
    assert names(tmp_path) == ["few.toml"]


@pytest.mark.parametrize("title", ["Plain", "With \"quotes\", \\ and '''", '"""', "Zwölf · 十二"])
@pytest.mark.parametrize("sample", [8, ABSENT])
def test_a_plan_survives_its_own_text(title: str, sample: Any) -> None:
    plan = TrainingPlan.parse(text(title=title, sample=sample, recipe={"epochs": 3, "rate": 1, "decay": 0.0}))
    assert plan.title == title
    assert TrainingPlan.parse(plan.dump()) == plan


def test_defaults_are_those_of_the_shipped_benchmark() -> None:
    plan = TrainingPlan.load(ROOT / "studies" / "digits201.toml")
    bare = TrainingPlan.parse('name = "digits201"\nspace = "nasbench201"\ndata = "digits"')
    assert replace(bare, title=plan.title) == plan
    assert (bare.title, bare.shape.pixels, bare.shape.colours, bare.shape.classes) == ("digits201", 8, 1, 10)
    assert (plan.seed_numbers, plan.recipe) == ((0, 1, 2), Recipe())
    assert len(plan.members()) == 15_625
    assert [len(group) for group in plan.groups()] == [24] * 210 + [4]


def test_a_sample_trains_one_cell_for_each_function() -> None:
    archs, members, (cells, rows) = official_order(), PLAN.members(), PLAN.rows()
    assert members == sorted(set(members)) == TrainingPlan.parse(text()).members()
    assert len(members) == 8
    assert len(cells) == len({function(archs[index]) for index in members}) == 6
    assert [function(archs[index]) for index in members] == [function(cells[row]) for row in rows]
    assert [live(cell) for cell in cells] == cells
    assert sorted(set(rows.tolist())) == list(range(6))
    assert [cell for group in PLAN.groups() for cell in group] == cells
    assert [len(group) for group in PLAN.groups()] == [3, 3]
    assert PLAN.with_sample(None) is PLAN
    assert set(PLAN.with_sample(20).members()) > set(members)
    assert replace(PLAN, first_seed=5).members() != members


def test_shards_go_seed_by_seed_and_those_of_the_first_are_timed() -> None:
    parts = assembly.shards(PLAN)
    assert [part.path(Path()).name for part in parts] == SHARDS
    assert [(part.seed, part.number, part.timed) for part in parts] == [
        (76, 0, True), (76, 1, True), (77, 0, False), (77, 1, False)
    ]  # fmt: skip


# The table


def test_the_table_holds_what_networks_trained_alone_give(few: Path, trainer: ModuleType) -> None:
    # Rounding alone, of sums in another order and of 16-bit floats: 2 images of a split, 0.3 % of a loss.
    from nasbed.benchmarks.training.digits import splits

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
    assert sorted(path.name for path in few.iterdir()) == ["run.json", "shards", "table"]
    record = json.loads((few / "run.json").read_text())
    assert (record["table"], record["complete"], sessions(few)) == ("few", True, [TRAININGS])
    assert TrainingPlan.parse(record["study_text"]) == PLAN
    session = record["sessions"][0]
    assert (session["engine"], session["device"]) == ("here", "cpu")
    assert session["versions"].keys() >= {"torch", "scikit-learn", "nasbed"}


@pytest.mark.parametrize("engine", ["local:1", "local:2"])
def test_the_same_table_at_any_number_of_workers(engine: str, few: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    manifest = tabulate(
        PLAN, tmp_path / "out", engine=engine, device="cpu", progress=lambda *report: seen.append(report)
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


# Going on


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
    from nasbed.benchmarks.training import trainer

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


def test_a_killed_run_goes_on(few: Path, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "table").exists()
    assert not json.loads((tmp_path / "out" / "run.json").read_text())["complete"]
    goes_on(tmp_path / "out", few)
    assert sessions(tmp_path / "out") == [6]


def test_a_stopped_command_says_how_to_go_on_and_does(few: Path, tmp_path: Path) -> None:
    with started(tmp_path) as process:
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == (
        f"\nstopped: 6 of {TRAININGS} trainings are stored in out/shards; the same command (without"
        " --fresh) goes on from there\n"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.json", "shards"]
    assert set(times(tmp_path / "out")) == set(SHARDS[:2])
    assert not json.loads((tmp_path / "out/run.json").read_text())["complete"]
    assert sessions(tmp_path / "out") == [6]
    goes_on(tmp_path / "out", few)
    assert sessions(tmp_path / "out") == [6, 6]


# Checkpoints


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


# Damage


def flip(path: Path) -> None:
    with np.load(path) as arrays:
        loss = arrays["test_loss"].tobytes()
    content = bytearray(path.read_bytes())
    content[content.index(loss)] ^= 1
    path.write_bytes(content)


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
        f"the shard {file(out, 2)} is of another training (seed differ); choose another folder with --out"
    )
    other = replace(PLAN, shape=replace(PLAN.shape, channels=8), recipe=Recipe(epochs=3))
    with pytest.raises(DataError, match=r"is of another training \(shape, recipe differ\)"):
        assembly.missing(assembly.shards(other), out / "shards")
    with pytest.raises(DataError, match=r"is of another training \(archs differ\)"):
        shards.read(replace(shard(0), archs=shard(1).archs), out / "shards")


# Folders of something else


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": replace(PLAN.recipe, epochs=3)}, "another plan called 'few' (recipe differ)"),
        ({"seeds": 3, "together": 4}, "another plan called 'few' (together differ)"),
        ({"sample": None}, "another plan called 'few' (sample differ)"),
        ({"name": "some"}, "the table 'few', not 'some'"),
    ],
    ids=str,
)
def test_a_folder_of_another_plan_is_refused(changes: dict[str, Any], words: str, out: Path) -> None:
    before = snapshot(out)
    with pytest.raises(StoreError) as caught:
        tabulate(replace(PLAN, **changes), out, device="cpu")
    assert str(caught.value) == f"{out} holds {words}; choose another folder with --out"
    assert snapshot(out) == before


STUDY = """\
name = "few"
seeds = 1
budget = { evaluations = 5 }

[[benchmark]]
use = "nasbench201"

[[strategy]]
use = "random_search"
"""


def test_a_folder_of_a_study_is_refused(trainer: ModuleType, tmp_path: Path) -> None:
    nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(StoreError) as caught:
        tabulate(PLAN, tmp_path, device="cpu")
    assert str(caught.value) == (
        f"{tmp_path} holds the study 'few', not the table 'few'; choose another folder with --out"
    )
    assert snapshot(tmp_path) == before


def test_a_folder_of_other_files_is_refused(trainer: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "chapter.tex").write_text("precious")
    with pytest.raises(StoreError, match=r"holds other files and no run\.json; choose another folder with --out$"):
        tabulate(PLAN, tmp_path, device="cpu")
    with pytest.raises(StoreError, match=r"chapter\.tex is a file; choose another folder with --out$"):
        tabulate(PLAN, tmp_path / "chapter.tex", device="cpu")
    assert snapshot(tmp_path) == {"chapter.tex": b"precious"}


def test_a_damaged_record_is_refused(out: Path) -> None:
    (out / "run.json").write_text("{")
    before = snapshot(out)
    with pytest.raises(StoreError, match=r"run\.json is damaged: .*; run the study again with --out of another folder"):
        tabulate(PLAN, out, device="cpu")
    assert snapshot(out) == before


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("study_text", r"run\.json is damaged: no study_text or sessions; choose another folder"),
        ("sessions", r"run\.json is damaged: sessions = 5; expected a list of tables; .* with --out of another folder"),
    ],
)
def test_a_record_that_lacks_a_part_is_refused(lost: str, message: str, out: Path) -> None:
    content = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps({**content, lost: 5}))
    with pytest.raises(StoreError, match=message):
        tabulate(PLAN, out, device="cpu")


def test_trainings_of_another_device_are_not_mixed_in(out: Path) -> None:
    content = json.loads((out / "run.json").read_text())
    content["sessions"][0]["device"] = "cuda"
    (out / "run.json").write_text(json.dumps(content))
    with pytest.raises(StoreError) as caught:
        tabulate(PLAN, out, device="cpu")
    assert str(caught.value) == (
        f"the trainings in {out} were made on cuda, not cpu; go on with --device cuda, or choose another folder with --out"
    )


def test_an_interrupt_counts_what_is_stored(trainer: ModuleType, tmp_path: Path) -> None:
    def stop(rate: str, done: int, total: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=rf"^stopped: 3 of {TRAININGS} trainings are stored in "):
        tabulate(PLAN, tmp_path, device="cpu", progress=stop)
    assert (len(times(tmp_path)), sessions(tmp_path)) == (1, [3])


def test_a_study_is_not_run_into_the_folder_of_a_table(out: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    before = snapshot(out)
    refused(
        command("run", "study.toml", "--engine", "local:1", "--out", "out"),
        "out holds the table 'few', not the study 'few'; choose another folder with --out",
    )
    assert snapshot(out) == before


def test_a_table_has_no_report(out: Path, command: Command) -> None:
    before = snapshot(out)
    refused(
        command("report", "out", "--no-figures"),
        "out/run.json: this says what to train into a table, not what to search; run it with nasbed tabulate",
    )
    assert snapshot(out) == before


# Commands and files of the other kind


def test_run_and_tabulate_name_each_other(command: Command, tmp_path: Path) -> None:
    refused(
        command("run", str(ROOT / "studies" / "digits201.toml")),
        "digits201.toml: this says what to train into a table, not what to search; run it with nasbed tabulate",
    )
    refused(
        command("tabulate", str(ROOT / "studies" / "quickstart.toml")),
        "quickstart.toml: this is a study of searches; run it with nasbed run",
    )
    assert names(tmp_path) == []


def test_the_command_refuses_a_plan_and_writes_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "few.toml").write_text(text(network={"stages": 5}))
    refused(command("tabulate", "few.toml"), "few.toml: 5 stages halve images of 8 x 8 pixels 4 times; use fewer")
    result = command("tabulate", "few.toml", "--device", "tpu")
    assert result.returncode == 2
    assert "tpu" in result.stderr
    assert "Traceback" not in result.stderr
    assert names(tmp_path) == ["few.toml"]


def test_the_command_tabulates_a_sample(trainer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("few.toml").write_text(text(seeds=1))
    words = ["tabulate", "few.toml", "--sample", "4", "--engine", "local:1", "--device", "cpu", "--json"]
    monkeypatch.setattr(sys, "argv", ["nasbed", *words])
    result = invoke(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    manifest = Manifest.load(Path("results/few/table"))
    manifest.verify()
    assert json.loads(result.stdout) == {
        "folder": "results/few/table",
        "architectures": 4,
        "functions": manifest.architectures,
        "runs": ["76"],
        "epochs": 2,
        "checksum": manifest.checksum,
    }
    assert TrainingPlan.parse(manifest.study) == TrainingPlan.parse(text(seeds=1, sample=4))
    assert json.loads(Path("results/few/run.json").read_text())["sessions"][0]["command"] == ["nasbed", *words]


def test_the_command_says_what_it_made(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Manifest.load(few / "table")
    monkeypatch.setattr("nasbed.tabulation.tabulate.tabulate", lambda *words, **options: manifest)
    (tmp_path / "few.toml").write_text(text())
    (tmp_path / "whole.toml").write_text(text(sample=ABSENT))
    made = f"A few cells: 8 architectures, 6 functions, 2 trainings each, in {few / 'table'}\n"
    assert invoke("tabulate", str(tmp_path / "few.toml")).stdout == made
    hint = f'search it with use = "digits201", folder = "{few / "table"}"\n'
    assert invoke("tabulate", str(tmp_path / "whole.toml")).stdout == made + hint


# What training needs


@pytest.mark.parametrize(
    ("absent", "words"),
    [
        (("torch",), "training needs torch: pip install"),
        (("sklearn",), "training needs scikit-learn: pip install"),
        (("torch", "sklearn"), "training needs torch and scikit-learn: pip install"),
    ],
    ids=str,
)
def test_what_training_lacks_is_named(
    absent: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "nasbed.benchmarks.training.device.find_spec", lambda name: None if name in absent else object()
    )
    for work in (lambda: tabulate(PLAN, tmp_path / "out"), lambda: agree(tmp_path)):
        with pytest.raises(EngineError) as caught:
            work()
        assert str(caught.value).startswith(words)
        assert str(caught.value).endswith(": pip install '.[train]' in the checkout of nasbed")
    assert not (tmp_path / "out").exists()


def test_an_unknown_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"^unknown device 'tpu'; expected auto, cpu or cuda$"):
        tabulate(PLAN, tmp_path / "out", device="tpu")
    assert not (tmp_path / "out").exists()


def test_a_gpu_that_is_not_there_is_refused(trainer: ModuleType, tmp_path: Path) -> None:
    if trainer.torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(
        EngineError, match=r"^device 'cuda' was asked for, but torch finds no GPU here; use cpu or auto$"
    ):
        tabulate(PLAN, tmp_path / "out", device="cuda")
    assert not (tmp_path / "out").exists()
    assert device_of("auto") == "cpu"


@pytest.mark.parametrize("engine", ["local:0", "local:two", "threads:2", ""])
def test_an_unknown_engine_is_refused(engine: str, tmp_path: Path) -> None:
    with pytest.raises(
        EngineError, match=re.escape(f"unknown engine {engine!r}; expected 'local' (all cores) or 'loc")
    ):
        tabulate(PLAN, tmp_path / "out", engine=engine)
    assert not (tmp_path / "out").exists()


# A full disk


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
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"cannot write .*run\.json: No space left on device; make room for it, or"):
        tabulate(PLAN, tmp_path / "out", device="cpu")
    assert names(tmp_path) == []


# Networks that fail


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


@pytest.mark.parametrize("kind", ["of a GPU", "of Python", "of a CPU"])
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


# A table of the whole space

WHOLE_PLAN = TrainingPlan.parse(text(name="made", first_seed=0, sample=ABSENT, together=1000))


def made(part: Shard, folder: Path) -> dict[str, np.ndarray]:
    rng, count = np.random.default_rng([part.seed, part.number]), len(part.archs)
    arrays: dict[str, np.ndarray] = {"outcome": np.zeros(count, dtype=np.uint8)}
    for split, images in SIZES.items():
        arrays[f"{split}_correct"] = rng.integers(0, images + 1, (count, 2)).astype(float)
        arrays[f"{split}_loss"] = rng.uniform(0, 3, (count, 2))
    return arrays | ({"seconds": rng.uniform(0.1, 0.2, count)} if part.timed else {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "table"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "read", made)
        assembly.assemble(WHOLE_PLAN, Path("nowhere"), folder, "nobody")
    return folder


@cache
def whole_shards() -> list[Shard]:
    return assembly.shards(WHOLE_PLAN)


def recorded(name: str, seed: int) -> np.ndarray:
    return np.concatenate([made(part, Path())[name] for part in whole_shards() if part.seed == seed])


def test_a_whole_table_is_searched_by_function(whole: Path) -> None:
    table = nasbed.load_benchmark("digits201", folder=str(whole))
    assert isinstance(table, Digits201)
    assert (table.label, table.epochs, table.resumable, table.runs) == ("made/digits", (2,), False, 2)
    assert (table.manifest.architectures, table.manifest.members, len(table.space)) == (5044, 15_625, 15_625)
    classes = table.representatives()
    functions = representatives(official_order())
    assert len(set(classes.tolist())) == len(set(zip(classes.tolist(), functions.tolist(), strict=True))) == 5044
    assert (classes <= np.arange(15_625)).all()
    assert (classes[classes] == classes).all()
    assert table.classes == classes.tolist()
    rows = column(whole, "row")
    everything = np.arange(15_625)
    for run in (0, 1):
        wanted = 100 * recorded("validation_correct", run)[rows, 1] / 450
        np.testing.assert_allclose(table.query(everything, run), wanted)
    test = np.mean([recorded("test_correct", run)[rows, 1] for run in (0, 1)], axis=0)
    np.testing.assert_allclose(table.referee().test(everything), 100 * test / 451)
    np.testing.assert_allclose(table.costs, 2 * recorded("seconds", 0)[rows], rtol=1e-6)
    metrics = {row["metric"] for row in table.lookup(table.space.archs[0])}
    assert metrics == {"accuracy", "loss", "training_time", "outcome", "parameters", "flops"}


def test_epochs_of_a_whole_table_are_points_of_one_training(whole: Path) -> None:
    table = Digits201(folder=str(whole), epochs=[1, 2])
    assert (table.epochs, table.resumable) == ((1, 2), True)
    np.testing.assert_allclose(table.levels[1].costs * 2, table.levels[2].costs)
    query = nasbed.observe(table, {"evaluations": 4})
    for arch in ((3, 3, 3, 3, 3, 3), (0, 0, 0, 1, 0, 0)):
        first = query(arch, epochs=1)
        second = query(arch, epochs=2, resume=first.trial)
        row = column(whole, "row")[table.space.index(arch)]
        runs = [recorded("validation_correct", seed)[row] / 4.5 for seed in (0, 1)]
        assert (first.value, second.value) in [tuple(pytest.approx(value) for value in run) for run in runs]
        assert first.cost == second.cost == pytest.approx(recorded("seconds", 0)[row], rel=1e-6)


def test_a_whole_table_has_several_objectives(whole: Path) -> None:
    table = Digits201(folder=str(whole), objectives=["loss", "parameters", "flops"])
    names = [(objective.name, objective.unit, objective.maximise) for objective in table.objectives]
    assert names == [
        ("loss", "nats", False),
        ("parameters", "parameters", False),
        ("flops", "multiply-accumulates", False),
    ]
    arch = (3, 0, 0, 3, 0, 0)
    values, _ = table.oracle("run:0")(table.space.index(arch), 2, 0)
    shape = WHOLE_PLAN.shape
    assert values[1:] == (-shape.parameters(live(arch)), -shape.flops(live(arch)))


def test_a_sampled_table_cannot_be_searched(few: Path) -> None:
    with pytest.raises(DataError) as caught:
        Digits201(folder=str(few / "table"))
    assert str(caught.value) == (
        f"the table in {few / 'table'} holds 8 of 15,625 architectures; a search needs all: tabulate without a sample"
    )


@pytest.mark.parametrize("folder", [3, True, ["table"]], ids=str)
def test_a_folder_that_is_no_path_is_refused(folder: Any) -> None:
    with pytest.raises(OptionError) as caught:
        Digits201(folder=folder)
    assert str(caught.value) == f"folder = {folder!r}; expected the path of a table that nasbed tabulate wrote"


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^no table in .*: manifest\.toml is missing"):
        Digits201(folder=str(tmp_path))


def test_a_table_that_was_not_trained_here_is_refused() -> None:
    with pytest.raises(DataError, match=r"was not made by nasbed tabulate; expected one that was$"):
        Digits201(folder=str(ROOT / "benchmarks" / "data" / "nasbench201"))


@pytest.mark.parametrize("epochs", [[3], [1, 2, 3]])
def test_epochs_that_were_not_trained_are_refused(epochs: Any, whole: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"epochs = {epochs!r}; expected a list of epochs in 1 .. 2")):
        Digits201(folder=str(whole), epochs=epochs)


@pytest.mark.parametrize("epochs", [[0, 2], 2])
def test_epochs_that_are_none_are_refused(epochs: Any, whole: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"epochs = {epochs!r}; expected a list of whole numbers above 0")):
        Digits201(folder=str(whole), epochs=epochs)


def test_other_data_of_a_whole_table_are_refused(whole: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown data set of made 'digit'; did you mean 'digits'\?"):
        Digits201("digit", folder=str(whole))
    with pytest.raises(
        OptionError, match=r"epochs = \[\]; expected a list of whole numbers above 0, such as \[1, 4, 12\]"
    ):
        Digits201(folder=str(whole), epochs=[])
    with pytest.raises(UnknownNameError, match="unknown objective of made/digits 'row'; known: accuracy, flops, loss"):
        Digits201(folder=str(whole), objectives=["row"])


# Agreement, on matrices made by hand

SEEDS = (5, 6, 7)
LEVELS = 2.0 * np.arange(60)


def drawn(seed: int, spread: float = 1.0, shifts: Sequence[float] = (0.3, -0.2, 0.1)) -> np.ndarray:
    """Accuracies of three seeds, (architectures, seeds): noise of each training, and a shift of each seed."""
    noise = np.random.default_rng(seed).normal(0, spread, (60, 3))
    return LEVELS[:, None] + noise - noise.mean(axis=0) + np.array(shifts)


TABLE = drawn(0)


def test_trainings_of_the_same_noise_agree() -> None:
    for seed in range(1, 20):
        assert compare(TABLE, drawn(seed), SEEDS).agrees


@pytest.mark.parametrize(("shift", "agrees"), [(0.9, True), (-0.9, True), (1.0, False), (-1.0, False), (9.0, False)])
def test_a_bias_is_found_against_the_spread_of_the_seeds(shift: float, agrees: bool) -> None:
    found = compare(TABLE, drawn(1) + shift, SEEDS)
    test = ttest_ind(TABLE.mean(axis=0) + shift, TABLE.mean(axis=0))
    assert found.bias == pytest.approx(shift)
    assert found.tolerated == pytest.approx(abs(shift / test.statistic) * student.ppf(0.995, 4))
    assert found.agrees is agrees
    assert agrees is bool(test.pvalue > 0.01)


def test_trainings_without_noise_agree_where_they_are_equal() -> None:
    constant = np.repeat(0.1 * np.arange(60)[:, None], 3, axis=1)
    assert compare(constant, constant.copy(), SEEDS).agrees
    assert not compare(constant, constant + 0.1, SEEDS).agrees


@pytest.mark.parametrize(("spread", "agrees"), [(1.0, True), (2.5, False), (4.0, False)])
def test_noise_that_is_too_large_is_found(spread: float, agrees: bool) -> None:
    found = compare(TABLE, drawn(1, spread), SEEDS)
    assert found.noise == pytest.approx(1, abs=0.1)
    assert found.expected == pytest.approx(found.noise * math.sqrt(2 / 3))
    assert found.deviation == pytest.approx(math.sqrt((1 + spread**2) / 3), rel=0.15)
    assert found.agrees is agrees


@pytest.mark.parametrize(("swapped", "agrees"), [(0, True), (2, True), (40, False), (60, False)])
def test_lost_ranks_are_found(swapped: int, agrees: bool) -> None:
    levels = LEVELS / 1000
    new = levels.copy()
    new[:swapped] = new[:swapped][::-1]
    table = levels[:, None] + np.array([1.0, 0.0, -1.0])
    lost = 2 * sum((swapped - 1 - 2 * place) ** 2 for place in range(swapped)) / 2
    found = compare(table, np.stack([new] * 3, axis=1), SEEDS)
    assert found.correlation == pytest.approx(1 - 6 * lost / (60 * (60**2 - 1)))
    assert found.own == pytest.approx(1)
    assert (found.correlation >= found.own - 0.05) is agrees


def test_each_part_by_hand() -> None:
    table = np.array([[10.0, 14.0], [20.0, 20.0], [60.0, 54.0], [30.0, 32.0]])
    new = np.array([[13.0, 15.0], [19.0, 21.0], [57.0, 57.0], [29.0, 33.0]])
    found = compare(table, new, (8, 9))
    # The means of the table's seeds are 30 and 30, those of the new ones 29.5 and 31.5.
    assert (found.sample, found.seeds, found.bias) == (4, (8, 9), 0.5)
    assert found.tolerated == pytest.approx(student.ppf(0.995, 2) * math.sqrt((0 + 2) / 2))
    assert found.noise == pytest.approx(math.sqrt((8 + 0 + 18 + 2) / 4))
    assert found.expected == pytest.approx(found.noise)
    differences = [2 - 0.5, 0 - 0.5, 0 - 0.5, 0 - 0.5]
    assert found.deviation == pytest.approx(math.sqrt(sum(one**2 for one in differences) / 4))
    assert found.own == pytest.approx(1)


def test_equal_accuracies_have_no_ranks_to_agree() -> None:
    found = compare(np.full((5, 3), 10.0), np.full((5, 2), 10.0), (8, 9))
    assert math.isnan(found.correlation)
    assert not found.agrees
    assert "bias +0.00" in str(replace(found, bias=-0.001))


def test_an_agreement_in_words() -> None:
    assert str(Agreement(48, (1000, 1001), -0.25, 1.5, 1.5, 1.875, 1.75, 0.9125, 0.95)) == (
        "48 functions trained again with seeds 1000, 1001: the table agrees within the noise between seeds\n"
        "bias -0.25 points (tolerated: 1.50, t-test between seeds at 0.01)\n"
        "typical deviation 1.88 points, the seeds' means taken out (noise alone: 1.75; tolerated: 1.5 times that)\n"
        "Spearman 0.912 with the table (a run of the table with the others: 0.950; tolerated: 0.05 less)"
    )
    assert "the table DISAGREES beyond the noise" in str(Agreement(48, (1, 2), 1.6, 1.5, 1.5, 1.8, 1.7, 0.9, 0.9))


# Agreement of a table


def doctored(out: Path, target: Path, **changes: Any) -> Path:
    manifest, counts = Manifest.load(out / "table"), changes.pop("counts", None)
    content = [
        (c, counts if c.file == "test_accuracy.npy" and counts is not None else manifest.opened(c))
        for c in manifest.columns
    ]
    _folder.write(replace(manifest, folder=target, columns=[], **changes), content)
    return target


@pytest.fixture(scope="module")
def anew(trainer: ModuleType) -> np.ndarray:
    from nasbed.benchmarks.training.digits import splits

    def trained(seed: int) -> np.ndarray:
        groups = [trainer.TrainingState(g, PLAN.shape, PLAN.recipe, seed, splits()).run().values for g in PLAN.groups()]
        return np.concatenate([values["test"]["correct"][:, -1] for values in groups])

    return np.stack([trained(seed) for seed in NEW_SEEDS], axis=1)


def test_a_table_is_compared_with_new_trainings(few: Path, anew: np.ndarray) -> None:
    before, seen = snapshot(few), []
    found = agree(
        few / "table",
        sample=6,
        seeds=2,
        first_seed=NEW_SEEDS[0],
        device="cpu",
        progress=lambda label, done, total: seen.append((done, total)),
    )
    accuracies = 100 * column(few / "table", "test_accuracy")[..., -1] / 451
    assert found == compare(accuracies, 100 * anew / 451, NEW_SEEDS)
    assert seen[0] == (0, 12)
    assert seen[-1] == (12, 12)
    assert sorted(seen) == seen
    assert snapshot(few) == before


def test_a_sample_of_the_functions_is_drawn(few: Path) -> None:
    found = agree(few / "table", sample=3, seeds=2, first_seed=NEW_SEEDS[0], device="cpu")
    accuracies = 100 * column(few / "table", "test_accuracy")[..., -1] / 451
    samples = [accuracies[list(rows)] for rows in itertools.combinations(range(6), 3)]
    assert found.sample == 3
    noises = [math.sqrt((one - one.mean(axis=0)).var(axis=1, ddof=1).mean()) for one in samples]
    assert any(math.isclose(found.noise, noise) for noise in noises)


def test_the_command_says_whether_a_table_agrees(
    few: Path, anew: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = anew.astype(np.uint16)
    agreeing = doctored(few, tmp_path / "right", counts=np.stack([right, right], axis=-1))
    disagreeing = doctored(few, tmp_path / "wrong", counts=np.stack([right + 100, right + 100], axis=-1))
    words = (
        "--sample",
        "6",
        "--seeds",
        "2",
        "--first-seed",
        str(NEW_SEEDS[0]),
        "--engine",
        "local:1",
        "--device",
        "cpu",
    )

    yes = invoke("agreement", str(agreeing), *words)
    assert yes.exit_code == 0, yes.output
    assert yes.stdout.startswith("6 functions trained again with seeds 1000, 1001: the table agrees within the noise")
    assert re.search(r"^bias [+-]0\.00 points", yes.stdout, re.MULTILINE)
    assert "typical deviation 0.00 points" in yes.stdout

    no = invoke("agreement", str(disagreeing), *words, "--json")
    assert no.exit_code == 1, no.output
    found = json.loads(no.stdout)
    assert found["agrees"] is False
    assert found["bias"] == pytest.approx(-100 * 100 / 451)
    assert (found["sample"], found["seeds"]) == (6, list(NEW_SEEDS))
    assert set(found) == {
        "sample", "seeds", "bias", "tolerated", "noise", "deviation", "expected", "correlation", "own", "agrees"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample": "5"}, "sample = '5'; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": 2}, "sample = 2; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": 7}, "sample = 7; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": -1}, "sample = -1; expected a whole number in 3 .. 6, the functions of few"),
        ({"seeds": 1}, "seeds = 1; expected a whole number in 2 .. 1,000: the noise between seeds is the yardstick"),
        ({"first_seed": 75}, "seed 76 is one of the table's (76, 77); choose others with first_seed (--first-seed)"),
        ({"first_seed": 77}, "seed 77 is one of the table's (76, 77); choose others with first_seed (--first-seed)"),
    ],
    ids=str,
)
def test_a_sample_or_seed_that_cannot_be_is_refused(options: dict[str, int], words: str, few: Path) -> None:
    with pytest.raises(OptionError) as caught:
        agree(few / "table", **{"sample": 4, "device": "cpu", **options})
    assert str(caught.value) == words


def test_a_table_that_was_not_tabulated_is_refused(trainer: ModuleType) -> None:
    with pytest.raises(DataError) as caught:
        agree(NASBench201.folder, device="cpu")
    assert str(caught.value) == "nasbench201 does not say how it was trained; expected a table of nasbed tabulate"


def test_a_table_of_one_run_is_refused(few: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    manifest = Manifest.load(few / "table")
    content = [(c, manifest.opened(c)[:, :1] if "run" in c.axes else manifest.opened(c)) for c in manifest.columns]
    _folder.write(replace(manifest, folder=tmp_path / "one", columns=[], runs=["76"]), content)
    with pytest.raises(DataError) as caught:
        agree(tmp_path / "one", sample=4, device="cpu")
    assert str(caught.value) == "few has one run, so its noise is not known; tabulate with seeds = 2 or more"


def test_a_table_of_another_plan_than_it_says_is_refused(few: Path, tmp_path: Path) -> None:
    folder = doctored(few, tmp_path / "other", study=replace(PLAN, sample=20).dump())
    with pytest.raises(DataError, match=r"^few holds 6 functions, its plan 1\d; it is damaged$"):
        agree(folder, sample=4, device="cpu")
    folder = doctored(few, tmp_path / "torn", study="name = ")
    with pytest.raises(StudyError, match=re.escape(str(folder))):
        agree(folder, sample=4, device="cpu")


def test_a_stopped_agreement_is_one_word(few: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"^stopped$"):
        agree(few / "table", sample=3, seeds=2, device="cpu", progress=stop)
