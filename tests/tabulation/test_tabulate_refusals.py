"""Folders of something else, files of the other kind, and what training needs."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from few_cells import ABSENT, PLAN, TRAININGS, invoke, names, refused, sessions, snapshot, text, times
from forking import Command
from places import ROOT

import nasbed
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.errors import EngineError, Interrupted, StoreError
from nasbed.tabulation.agreement import agree
from nasbed.tabulation.tabulate import tabulate


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipe": replace(PLAN.recipe, epochs=3)}, "another plan called 'few': recipe epochs is 2 there and 3 here"),
        ({"seeds": 3, "together": 4}, "another plan called 'few': together is 3 there and 4 here"),
        ({"sample": None}, "another plan called 'few': sample is 8 there and none here"),
        ({"name": "some"}, "the table 'few', not 'some'"),
    ],
    ids=str,
)
def test_a_folder_of_another_plan_is_refused(changes: dict[str, Any], words: str, out: Path) -> None:
    before = snapshot(out)
    with pytest.raises(StoreError) as caught:
        tabulate(replace(PLAN, **changes), out, device="cpu")
    assert str(caught.value) == f"{out} holds {words}; choose another folder with --out" + (
        "" if "not 'some'" in words else ", or ask for the same as there"
    )
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
        "out holds trainings of a table, and no results of a study; nasbed data info out/table says what it has, and nasbed status",
    )
    assert snapshot(out) == before


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
    words = ["tabulate", "few.toml", "--sample", "4", "--engine", "here", "--device", "cpu", "--json"]
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
    hint = (
        f'search it with use = "digits201", dataset = "digits", folder = "{few / "table"}"; look one up with nasbed query digits201'
        f" 0 --option folder={few / 'table'}\n"
    )
    sample = (
        "it holds a sample, and a search needs all architectures: this table is for reading, as with nasbed data info"
        f" {few / 'table'}\n"
    )
    assert invoke("tabulate", str(tmp_path / "few.toml")).stdout == made + sample
    assert invoke("tabulate", str(tmp_path / "whole.toml")).stdout == made + hint


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
