"""Training one network by another: the folder of a trained network as the teacher."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_images import named_images, write_npz
from typer.testing import CliRunner

import nasbed
from nasbed.commands.cli import app
from nasbed.errors import DataError, NasbedError, OptionError, StoreError
from nasbed.training.fitted import FittedNetwork

TINY = "max pool 2x2 | adam rate 0.01 batch 32 decay 0"


def test_the_command_distils_from_an_exported_network(
    fitted: FittedNetwork, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_npz(tmp_path / "mine.npz")
    words = [
        "train",
        TINY,
        "--data",
        "mine.npz",
        "--epochs",
        "2",
        "--seeds",
        "1",
        "--out",
        "small",
        "--export",
        "weights",
    ]
    done = CliRunner().invoke(app, [*words, "--teacher", str(folder), "--temperature", "2", "--teacher-weight", "0.5"])
    assert done.exit_code == 0, done.output
    card = Path("small/README.md").read_text()
    assert "It was distilled (Hinton et al., 2015) from the network conv 3x3 6" in card
    assert "temperature 2, weight of the teacher in the loss 0.5" in card
    (kept,) = Path("small/trainings").rglob("*.json")
    shares = json.loads(kept.read_text())["identity"]["recipe"]["distillation"]
    assert (shares["temperature"], shares["teacher_weight"], len(shares["teacher"]["export"])) == (2, 0.5, 64)
    for others in ([], ["--teacher", str(folder)]):
        refused = CliRunner().invoke(app, [*words, *others])
        assert isinstance(refused.exception, StoreError)
        assert "holds another network: distillation te" in str(refused.exception)

    moved = shutil.copytree(folder, tmp_path / "moved")
    chain = nasbed.load_benchmark(
        "chain", data="mine.npz", epochs=[1, 2], teacher=moved, temperature=2, teacher_weight=0.5
    )
    assert re.search("distilled from the network conv 3x3 6 .*, whose own training is not counted$", chain.cost_model)
    arch = chain.space.parse(TINY)
    named = chain.training(arch, 0).recipe.described()["distillation"]
    assert named == shares, "a teacher is known by its code and weights, wherever it lies"
    logits = chain.distillation.teacher.network(chain.images, "cpu")
    import torch

    ours = logits(torch.from_numpy(chain.images.normalised("test"))).softmax(1).numpy()
    theirs = fitted.predict_proba(chain.images.splits["test"].images)
    assert np.abs(ours - theirs).max() < 1e-5


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _with(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def _unfinished(folder: Path) -> None:
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**content, "complete": False}))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_without("model.json"), "holds no model.json; expected the folder of a network that nasbed train wrote"),
        (_without("weights.safetensors"), r"holds no weights.safetensors; .*forms python and weights \(pip install"),
        (_with("model.json", "{"), "its model.json is damaged; train the teacher again"),
        (_unfinished, "its training has not come to its end; give the command that trains it again"),
        (_with("weights.safetensors", "no tensors"), "cannot be loaded: .*; train it again, into another folder"),
        (_with("network.py", "Network = None"), "cannot be loaded: TypeError"),
    ],
)
def test_teachers_that_are_not_whole(
    fitted: FittedNetwork, folder: Path, tmp_path: Path, harm: Callable[[Path], object], message: str
) -> None:
    teacher = shutil.copytree(folder, tmp_path / "teacher")
    harm(teacher)
    with pytest.raises(DataError, match=message):
        nasbed.load_benchmark("chain", data=_file(tmp_path), epochs=[1], teacher=teacher).trainer()


def _file(folder: Path) -> str:
    return str(write_npz(folder / "mine.npz"))


def test_teachers_that_may_have_seen_what_students_are_judged_on(
    fitted: FittedNetwork, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        DataError, match=r"was trained on other images, or on another split of them .* train a teacher on the same"
    ):
        nasbed.train(TINY, data=named_images(120), epochs=1, seeds=1, teacher=folder)
    with pytest.raises(OptionError, match="teacher = 'best' is that of a search"):
        nasbed.train(TINY, data=named_images(), epochs=1, seeds=1, teacher="best")


def test_a_teacher_that_changes_meanwhile(fitted: FittedNetwork, folder: Path, tmp_path: Path) -> None:
    teacher = shutil.copytree(folder, tmp_path / "teacher")
    chain = nasbed.load_benchmark("chain", data=_file(tmp_path), epochs=[1], teacher=teacher)
    before = chain.checksum
    (teacher / "network.py").write_text((teacher / "network.py").read_text() + "\n")
    with pytest.raises(DataError, match="has changed since this began; put it back, or begin anew"):
        chain.trainer()
    assert nasbed.load_benchmark("chain", data=_file(tmp_path), epochs=[1], teacher=teacher).checksum != before
    shutil.rmtree(teacher)
    with pytest.raises(NasbedError, match="is gone: No such file"):
        chain.trainer()
