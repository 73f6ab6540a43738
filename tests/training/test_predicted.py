"""The command that asks a trained network of a file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_images import named_images
from small_texts import SMALL, small_texts, write_tsv
from typer.testing import CliRunner

import nasbed
from nasbed.commands.cli import app
from nasbed.errors import DataError, OptionError, UnwiseWarning
from nasbed.training.fitted import FittedNetwork
from nasbed.training.predicted import predict_file

pytest.importorskip("torch")

WITHOUT = "import sys; sys.modules['torch'] = None; from nasbed.__main__ import main; main()"
"""A program in which PyTorch cannot be imported."""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a network of texts."""
    folder = tmp_path_factory.mktemp("texts")
    nasbed.train(SMALL, data=small_texts(), epochs=4, seeds=1).export(folder, ["python", "weights"])
    return folder


def test_a_class_a_line(texts: Path, tmp_path: Path) -> None:
    lines = [*small_texts()[0][:3], "aq#"]
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(lines) + "\n")
    with pytest.warns(UnwiseWarning, match=r"lines.txt: 1 of \d+ tokens are unknown, and read as one token"):
        done = CliRunner().invoke(app, ["predict", str(texts), str(path)])
    assert done.exit_code == 0, done.output
    found = done.stdout.split()
    assert len(found) == 4
    assert set(found) <= {"none", "some", "zest"}
    labelled = write_tsv(tmp_path / "few.tsv")
    said = json.loads(CliRunner().invoke(app, ["predict", str(texts), str(labelled), "--json"]).stdout)
    assert said["predicted"][:3] == found[:3]
    assert len(said["predicted"]) == 90


def test_a_token_that_is_no_text_of_a_line_stands_in_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.training.predicted.predict_file", lambda folder, file: ["a", "\n", " ", "two words"])
    done = CliRunner().invoke(app, ["predict", str(tmp_path), "lines.txt"])
    assert done.stdout.splitlines() == ["a", r"'\n'", "' '", "two words"]


def test_images_in_an_npz_file(fitted: FittedNetwork, folder: Path, tmp_path: Path) -> None:
    images, _ = named_images()
    np.savez(tmp_path / "new.npz", images=images)
    assert predict_file(folder, tmp_path / "new.npz") == fitted.predict(images).tolist()
    np.savez(tmp_path / "odd.npz", pictures=images)
    with pytest.raises(
        DataError, match=r"odd.npz: it holds no images; expected an npz file with an array of that name"
    ):
        predict_file(folder, tmp_path / "odd.npz")


def test_what_is_refused(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"holds no network.py; expected the folder of a network that nasbed train wrote"
    ):
        predict_file(tmp_path, tmp_path / "lines.txt")
    path = tmp_path / "lines.txt"
    path.write_text("ab\n\ncd\n")
    with pytest.raises(DataError, match=r"line 2 is empty; expected a text in each line"):
        predict_file(texts, path)
    with pytest.raises(
        DataError, match=r"the network was trained on characters; expected a file that ends with .txt or .tsv"
    ):
        predict_file(texts, tmp_path / "series.ts")
    other = Path(shutil.copytree(texts, tmp_path / "other"))
    (other / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"the network in .*other cannot be loaded: .*; export it again"):
        predict_file(other, path)


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WITHOUT, "predict", str(tmp_path), "lines.txt"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: training needs torch: pip install '.[train]'")


def test_without_safetensors_it_says_what_to_install(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.benchmarks.training.trained.exports.find_spec", lambda name: None)
    with pytest.raises(
        OptionError,
        match=r"weights.safetensors cannot be read: it needs safetensors: pip install '.\[export\]'",
    ):
        predict_file(texts, texts / "lines.txt")
