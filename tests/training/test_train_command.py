"""The commands that train one architecture, and search for one: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from daily import sampled
from small_images import SMALL, write_npz
from typer.testing import CliRunner, Result

from nasbed.commands.cli import app
from nasbed.errors import NasbedError

pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_npz(tmp_path / "mine.npz")


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_the_command_says_where_the_network_is_and_how_it_is_used() -> None:
    asked = ("train", SMALL, "--data", "mine.npz", "--epochs", "2", "--seeds", "2")
    done = invoke(*asked)
    assert done.exit_code == 0, done.output
    for words in (
        "2 seeds, after the last of 2 epochs",
        "macro precision",
        "written to results/mine-model: network.py, weights.safetensors, network.onnx, scores.csv",
        "(of the seed with the best validation accuracy, seed",
        "is used, in that folder, by: from network import predict; predict(images)",
        "The architecture was given; no search chose it.",
        "multiply-accumulates an image",
        "s an epoch",
    ):
        assert words in done.stdout, words
    assert Path("results/mine-model/README.md").exists()
    found = json.loads(invoke(*asked, "--export", "onnx", "--json").stdout)
    assert found["architecture"] == SMALL
    assert found["outcomes"] == ["ended", "ended"]
    assert "results/mine-model/network.onnx" in found["files"]
    assert "results/mine-model/network.py" not in found["files"]
    assert len(found["scores"]) == 15
    assert {name for name, cost in found["costs"].items() if cost > 0} == {
        "parameters",
        "flops",
        "seconds_an_epoch",
        "peak_memory",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    sampled(
        [
            (("train", "conv 3x3 17"), "layer 1: filters = 17; expected one of 6, 12, 16, 32, 64"),
            (("train", "--export", "onx"), "unknown export 'onx'; did you mean 'onnx'"),
            (("train", "--benchmark", "nasbench201"), "nasbench201 is a table of recorded trainings"),
            (("train", "--best", "."), ". holds no results: run.json is missing"),
            (("train", "--data", "yours.npz"), "yours.npz is not there"),
            (("search-model", "--data", "mine.npz", "--minutes", "0"), "minutes = 0"),
            (("train", "--option", "epochs=3"), "--option epochs: the command has a word for this; say --epochs"),
            (
                ("train", "--option", "rate=1", "--option", "rate=2"),
                "--option 'rate=2': rate is said before; expected each option once",
            ),
            (("train", "--option", "chanels=3", "--benchmark", "cells"), "unknown option of cells 'chanels'"),
            (
                ("search-model", "--data", "mine.npz", "--minutes", "1", "--option", "epochs=[3]"),
                "epochs = [3]: a search trains for 1, 3, 9, 27 epochs; leave it out",
            ),
            (("search-model", "--data", "mine.npz", "--minutes", "1", "--export", "onx"), "unknown export 'onx'"),
        ],
        3,
    ),
)
def test_what_they_refuse(words: tuple[str, ...], message: str) -> None:
    done = invoke(*words)
    assert isinstance(done.exception, NasbedError)
    assert message in str(done.exception)
    assert not Path("results").exists()


def test_options_of_what_trains_make_another_network() -> None:
    asked = ("train", SMALL, "--data", "mine.npz", "--epochs", "1", "--seeds", "1", "--export", "python")
    done = invoke(*asked, "--option", "precision=bfloat16")
    assert done.exit_code == 0, done.output
    card = Path("results/mine-model/README.md").read_text(encoding="utf-8")
    assert "1 epoch; the learning rate" in card
    assert "were computed in bfloat16, all else in float32" in card
    refused = invoke(*asked)
    assert (
        "results/mine-model holds another network: options precision is bfloat16 there and absent here; choose"
        in str(refused.exception)
    )


@pytest.mark.thorough
def test_a_search_says_how_long_the_final_trainings_take(monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from nasbed.training import searched

    monkeypatch.setattr(searched, "Processes", ThreadPoolExecutor)  # processes take seconds to start
    words = ("--minutes", "0.05", "--limit", "2", "--workers", "1", "--seeds", "1")
    done = invoke("search-model", "--data", "mine.npz", *words)
    assert done.exit_code == 0, done.output
    assert "Beyond these minutes it is now trained anew: 1 times 27 epochs, about " in done.stderr
    assert "written to results/mine-search: network.py" in done.stdout
    assert "asha (seed 0) made" in done.stdout
