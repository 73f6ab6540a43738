"""Networks for sequences, trained and exported: they take raw texts, and their vocabulary is in their files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from model_cards import card_says
from small_texts import SMALL, small_texts, write_tsv
from typer.testing import CliRunner

import nasbed
from nasbed.commands.cli import app
from nasbed.errors import DataError, NasbedError, UnwiseWarning
from nasbed.training.fitted import FittedNetwork
from nasbed.training.kinds import benchmark_for

pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")
LEARNED = "width 8; attention heads 2 ratio 1 learned; pool mean | adam rate 0.01 batch 16 decay 0"
NEXT = "width 16; conv 3 dilation 1 | adam rate 0.03 batch 16 decay 0"
PROGRAM = """
import json, sys, warnings
sys.modules["nasbed"] = None  # nothing of it may be imported
from network import predict
texts = json.loads(sys.argv[1])
print(json.dumps(predict(texts)))
for odd in json.loads(sys.argv[2]):
    try:
        predict(odd)
    except ValueError as error:
        print(error, file=sys.stderr)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    predict(["ab#", "q"])
print(said[0].message if said else "", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def fitted() -> FittedNetwork:
    texts, labels = small_texts()
    return nasbed.train(SMALL, data=(texts, labels), epochs=8, seeds=2)


def alone(folder: Path, texts: list[Any], odd: list[Any]) -> tuple[list[Any], list[str]]:
    """What the network of a folder predicts in a process without nasbed, and what it says of odd input."""
    words = [sys.executable, "-c", PROGRAM, json.dumps(texts), json.dumps(odd)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr.splitlines()


def test_texts_go_in_and_classes_come_out(fitted: FittedNetwork) -> None:
    texts, labels = small_texts()
    assert fitted.classes_.tolist() == ["none", "some", "zest"]
    assert fitted.score(texts, labels) > 0.8
    shares = fitted.predict_proba(texts[:4])
    assert shares.shape == (4, 3)
    np.testing.assert_allclose(shares.sum(1), 1)
    for place, text in enumerate(texts[:4]):  # the texts beside it change nothing
        np.testing.assert_allclose(fitted.predict_proba([text])[0], shares[place], atol=1e-5)
    assert fitted.predict([]).shape == (0,)
    with pytest.warns(UnwiseWarning, match=r"2 of 5 characters are unknown, and read as one token"):
        fitted.predict(["ab#", "q!"])


def test_files_take_raw_texts(fitted: FittedNetwork, tmp_path: Path) -> None:
    texts, _ = small_texts()
    assert {path.name for path in fitted.export(tmp_path)} >= {"network.py", "weights.safetensors", "network.onnx"}
    expected = fitted.predict(texts).tolist()
    found, said = alone(tmp_path, texts, ["ab", ["ab", " "], ["ab", 3]])
    assert found == expected
    assert said == [
        "expected a list of texts",
        "texts[1] has no characters; expected at least one",
        "texts[1] = 3; expected a text",
        "1 of 4 tokens are unknown, and read as one token",
    ]
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    meta = session.get_modelmeta().custom_metadata_map
    numbers = {token: number for number, token in enumerate(json.loads(meta["vocabulary"]))}
    assert json.loads(meta["tokens"]) == ["characters"]
    classes = json.loads(meta["classes"])
    for text, name in zip(texts[:20], expected, strict=False):  # each at its own length
        values = np.array([[numbers.get(one, 0) for one in text]])
        (logits,) = session.run(["logits"], {"values": values, "lengths": np.array([len(text)])})
        assert classes[logits[0].argmax()] == name
    card = (tmp_path / "README.md").read_text()
    for words in ("# A classifier of texts for sequences", "Texts are read as characters", "`'q'`", "a sequence."):
        assert words in card
    (predicted,), asked = card_says(tmp_path)
    assert {predicted, *asked} <= {"none", "some", "zest"}


def test_the_next_token_is_that_which_follows_each_text(tmp_path: Path) -> None:
    path = tmp_path / "abc.txt"
    path.write_text("".join(np.random.default_rng(0).choice(["ab ", "cd "], 1500)))
    model = nasbed.train(NEXT, data=path, options={"longest": 24}, epochs=4, seeds=1)
    assert model.predict(["a", "cd ab c", "ab"]).tolist() == ["b", "d", " "]
    assert model.classes_.tolist() == ["<unknown>", " ", "a", "b", "c", "d"]
    after = model.predict_proba(["cd "])[0]  # what a text ends with counts
    assert after[[2, 4]].sum() > 0.9
    assert model.scores["metric"].unique().tolist() == ["accuracy", "loss", "perplexity"]
    files = {file.name for file in model.export(tmp_path / "out")}
    assert "confusion.csv" not in files
    (predicted,), asked = card_says(tmp_path / "out")
    assert {predicted, *asked} <= {"<unknown>", *" abcd"}
    found = run(tmp_path / "out")
    assert found["predict"](["a", "cd ab c", "ab"], model.trained.network) == ["b", "d", " "]
    assert "# A predictor of the next character for abc" in (tmp_path / "out" / "README.md").read_text()


def test_series_and_numbers_of_tokens_are_taken_in_their_form(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    series = [rng.normal(5 * (place % 2), 1, (4 + place % 3, 2)) for place in range(40)]
    model = nasbed.train("width 8; gru; pool mean | adam rate 0.03 batch 16 decay 0", epochs=4, seeds=1,
                         data=(series, [place % 2 for place in range(40)]))  # fmt: skip
    assert model.classes_.tolist() == [0, 1]
    assert model.score(series, [place % 2 for place in range(40)]) > 0.9
    model.export(tmp_path)
    assert [set(said) <= {"0", "1"} for said in card_says(tmp_path)] == [True, True]
    found = run(tmp_path)
    assert found["predict"](series[:4]) == ["0", "1", "0", "1"]
    with pytest.raises(ValueError, match=r"sequences\[0\] is of shape \(4, 3\); expected \(steps, 2\)"):
        found["predict"]([np.zeros((4, 3))])
    with pytest.raises(DataError, match=r"has 3 channels; the network was trained on 2"):
        model.predict([np.zeros((4, 3))])
    with pytest.raises(DataError, match="expected finite numbers"):
        model.predict([np.full((4, 2), np.nan)])
    with pytest.raises(DataError, match="the network was trained on series"):
        model.predict(["abc"])


def test_the_card_of_numbers_of_tokens_makes_them_up(tmp_path: Path) -> None:
    codes = tmp_path / "codes.csv"
    codes.write_text("".join(f"{place % 2},{place % 2 + 1},{place % 5 + 3},3\n" for place in range(40)))
    nasbed.train("width 8; gru; pool mean", epochs=1, seeds=1, data=codes).export(tmp_path)
    assert [set(said) <= {"0", "1"} for said in card_says(tmp_path)] == [True, True]
    assert "sequences = [[1, 2, 3]]" in (tmp_path / "README.md").read_text()


def run(folder: Path) -> dict[str, Any]:
    """What the module in a folder defines."""
    found: dict[str, Any] = {"__file__": str(folder / "network.py")}
    exec((folder / "network.py").read_text(), found)
    return found


@pytest.mark.parametrize(
    ("taught", "said"),
    [({"teacher": Path("other")}, "teacher = 'other'"), ({"temperature": 2.0}, "temperature = 2.0")],
)
def test_networks_for_sequences_have_no_teacher(taught: dict[str, Any], said: str, tmp_path: Path) -> None:
    words = "networks of sequence learn from the labels alone, only those for images from a teacher; leave it out"
    with pytest.raises(NasbedError, match=f"^{re.escape(said)}: {words}$"):
        nasbed.train(LEARNED, data=write_tsv(tmp_path / "few.tsv"), epochs=1, seeds=1, **taught)


def test_a_sequence_longer_than_learned_positions_is_refused(tmp_path: Path) -> None:
    texts, labels = small_texts(45)
    model = nasbed.train(LEARNED, data=(texts, labels), epochs=1, seeds=1)
    longest = max(map(len, texts))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnwiseWarning)
        model.predict(["a" * longest])
        with pytest.raises(
            DataError, match=rf"sequence 1 .* has {longest + 1} steps; the network has learned positions for"
        ):
            model.predict(["a", "a" * (longest + 1)])
    model.export(tmp_path, ["python"])
    found = run(tmp_path)
    message = f"texts[0] has {longest + 1} steps; the network reads at most {longest}: cut it"
    with pytest.raises(ValueError, match=re.escape(message)):
        found["predict"](["a" * (longest + 1)], model.trained.network)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ("abc", "sequences = 'abc'; expected a list of texts"),
        (["abc", " "], r"sequences\[1\] = ' '; expected a text"),
        (["abc", float("nan")], r"sequences\[1\] = nan; expected a text: remove it"),
        ([3], r"sequences\[0\] is of shape \(\); expected \(time,\) or \(time, channels\) of all, or texts"),
        ([np.zeros((3, 2))], "the network was trained on characters"),
        (Path("nothing.tsv"), "cannot read"),
    ],
)
def test_what_is_no_text_is_refused(fitted: FittedNetwork, examples: Any, message: str) -> None:
    with pytest.raises(NasbedError, match=message):
        fitted.predict(examples)


def test_files_are_read_by_what_they_hold(fitted: FittedNetwork, tmp_path: Path) -> None:
    texts, _ = small_texts()
    path = write_tsv(tmp_path / "few.tsv")
    assert fitted.predict(path).tolist() == fitted.predict(texts).tolist()
    assert benchmark_for(str(path)) == "sequence"
    assert benchmark_for((np.zeros((3, 2, 2)), [0, 1, 0])) == "chain"
    assert benchmark_for((np.zeros((3, 2, 2)), [1, 2, 2], [0, 1, 0])) == "sequence"
    assert benchmark_for((np.array(["ab", "c"]), [0, 1])) == "sequence"
    assert benchmark_for((np.array(["ab", "c"], object), [0, 1])) == "sequence"
    assert benchmark_for((pd.Series(["ab", None]), [0, 1])) == "sequence"
    assert benchmark_for((np.array([1, 2], object), [0, 1])) == "chain"
    assert benchmark_for(([np.zeros((3, 2)), np.zeros((4, 2))], [0, 1])) == "sequence"


def test_the_commands_take_files_of_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from nasbed.training import searched

    monkeypatch.chdir(tmp_path)
    write_tsv(Path("few.tsv"))
    asked = (
        "train",
        SMALL,
        "--data",
        "few.tsv",
        "--epochs",
        "1",
        "--seeds",
        "1",
        "--longest",
        "6",
        "--export",
        "python",
    )
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "written to results/few-model: network.py" in done.stdout
    assert "Sequences of 3 to 6 steps" in Path("results/few-model/README.md").read_text()
    monkeypatch.setattr(searched, "Processes", ThreadPoolExecutor)  # processes take seconds to start
    words = ("--minutes", "0.03", "--limit", "1.5", "--workers", "1", "--seeds", "1", "--export", "python")
    done = CliRunner().invoke(app, ("search-model", "--data", "few.tsv", *words))
    assert done.exit_code == 0, done.output
    assert "written to results/few-search: network.py" in done.stdout
    assert "trainings within 0.03 minutes" in done.stdout
