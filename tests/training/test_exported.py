"""What is exported gives the network's own answers: in evaluation mode, of pixels as they are stored, by the user's classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from model_cards import card_says
from small_images import SMALL, named_images

import nasbed
from nasbed.benchmarks.training.trained import exports
from nasbed.errors import DataError, OptionError
from nasbed.training.fitted import FittedNetwork

onnxruntime = pytest.importorskip("onnxruntime")
PROGRAM = """
import sys
sys.modules["nasbed"] = None  # nothing of it may be imported
import numpy as np
from network import ARCHITECTURE, CLASSES, load, predict
images = np.load(sys.argv[1])
network = load()
assert not any(module.training for module in network.modules())
print("\\n".join(predict(images)))
try:
    predict(images[:, :, 1:])
except ValueError as error:
    print(error, file=sys.stderr)
"""


def test_the_python_module_stands_alone(fitted: FittedNetwork, folder: Path, tmp_path: Path) -> None:
    images, _ = named_images()
    np.save(tmp_path / "images.npy", images[:, None])
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-c", PROGRAM, str(tmp_path / "images.npy")]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == fitted.predict(images).tolist()
    assert done.stderr.strip() == "images are of shape (150, 1, 5, 6); expected (count, 1, 6, 6)"
    assert "nasbed." not in (folder / "network.py").read_text().replace("by nasbed:", "")


def test_onnx_takes_pixels_as_stored_and_any_number_of_images(fitted: FittedNetwork, folder: Path) -> None:
    images, _ = named_images()
    session = onnxruntime.InferenceSession(folder / "network.onnx", providers=["CPUExecutionProvider"])
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    raw = images[:, None].astype("float32")
    (logits,) = session.run(["logits"], {"images": raw})
    assert [classes[place] for place in logits.argmax(1)] == fitted.predict(images).tolist()
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(shares, fitted.predict_proba(images), atol=1e-5)
    (alone,) = session.run(["logits"], {"images": raw[7:8]})
    np.testing.assert_allclose(
        alone[0], logits[7], rtol=1e-4, atol=1e-4
    )  # dropout is off, batch norm has its running statistics
    (scaled,) = session.run(["logits"], {"images": raw / 255})
    assert np.abs(scaled - logits).max() > 0.1


def test_weights_say_their_classes(fitted: FittedNetwork, folder: Path) -> None:
    from safetensors import safe_open

    with safe_open(folder / "weights.safetensors", "numpy") as content:
        assert json.loads(content.metadata()["classes"]) == ["ant", "bee", "cat"]
        assert set(content.keys()) == set(fitted.trained.weights)
        for name, values in fitted.trained.weights.items():
            np.testing.assert_array_equal(content.get_tensor(name), values)


def test_the_network_is_that_of_the_best_seed_by_validation(fitted: FittedNetwork) -> None:
    data = fitted.trained.benchmark.images
    for split in ("train", "validation", "test"):
        right = fitted.score(data.splits[split].images, np.array(data.classes)[data.splits[split].labels])
        of = fitted.trained.trainings[fitted.trained.best_seed].scores[split]["accuracy"]
        assert 100 * right == pytest.approx(of)


def test_exports_are_the_same_each_time(fitted: FittedNetwork, folder: Path, tmp_path: Path) -> None:
    for path in fitted.export(tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_every_kind_of_layer_is_exported() -> None:
    space = nasbed.load_benchmark("chain").space
    for text in (
        "conv 5x5 6 valid norm tanh dropout 0.25; average pool 2x2; dense 32 norm elu dropout 0.5; dense 64 relu",
        "max pool 3x3; conv 3x3 6 elu; conv 3x3 12 relu dropout 0.25 | sgd rate 0.01 batch 64 decay 0.0005",
    ):
        model = nasbed.train(space.format(space.parse(text)), epochs=1, seeds=1)
        name, content = model.trained.exported("onnx")
        assert name == "network.onnx"
        assert isinstance(content, bytes)  # it was run against the network


@pytest.mark.parametrize(
    ("benchmark", "options", "arch"),
    sampled(
        [
            ("cells", {"channels": 4, "cells": 1, "stages": 2, "batch": 16}, (3, 1, 2, 4, 0, 3)),
            ("cells", {"channels": 4, "cells": 2, "stages": 1, "batch": 16}, (0, 0, 0, 0, 0, 0)),
            ("sizes", {"batch": 16}, (0, 1, 1, 0, 0)),
        ],
        3,
    ),
)
def test_networks_of_cells_are_exported(
    benchmark: str, options: dict[str, int], arch: tuple[int, ...], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 3, 8, 4)).astype(np.uint8), np.arange(60) % 3
    model = nasbed.train(arch, data=(images, labels), benchmark=benchmark, options=options, epochs=1, seeds=2)
    paths = {path.name: path for path in model.export(tmp_path)}
    found: dict[str, Any] = {"__file__": str(paths["network.py"])}
    exec(paths["network.py"].read_text(), found)
    assert found["predict"](images) == model.predict(images).astype(str).tolist()
    session = onnxruntime.InferenceSession(paths["network.onnx"], providers=["CPUExecutionProvider"])
    for some in (images[:1], images):
        (logits,) = session.run(["logits"], {"images": some.astype("float32")})
        np.testing.assert_allclose(logits, exports.logits_of(found["load"](), some), atol=1e-4)


def test_what_no_exporter_of_pytorch_takes_is_said(fitted: FittedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, dynamo: bool, **__: object) -> None:
        raise NotImplementedError("it has been removed")

    monkeypatch.setattr("torch.onnx.export", gone)
    monkeypatch.setattr(exports, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(
        OptionError, match=r"cannot export the network as onnx \(NotImplementedError: it has been removed\)"
    ):
        fitted.trained.exported("onnx")


def test_what_gives_other_logits_is_not_written() -> None:
    with pytest.raises(
        DataError, match=r"the network in ONNX gives other logits than the trained network, up to 0.5 apart"
    ):
        exports.require_agreement(np.zeros((2, 3)), np.full((2, 3), 0.5), "the network in ONNX")
    with pytest.raises(DataError, match=r"up to nan apart"):
        exports.require_agreement(np.zeros((2, 3)), np.full((2, 3), np.nan), "the network")
    exports.require_agreement(np.full((2, 3), 100.0), np.full((2, 3), 100.05), "the network")


def test_a_network_that_differs_from_the_trained_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from nasbed.training import repeats

    monkeypatch.setattr(repeats, "opened", lambda source, weights: exports.opened(source, weights).train())
    with pytest.raises(DataError, match=r"the network in PyTorch's own modules gives other logits"):
        nasbed.train(SMALL, data=named_images(60), epochs=1, seeds=1)


def test_class_names_may_hold_anything() -> None:
    names = np.array(['a "b"', "'''", "\\n{x}", 'é "" \'', "日本"])
    images, _ = named_images(100)
    labels = names[np.arange(100) % 5]
    model = nasbed.train("max pool 2x2", data=(images, labels), epochs=1, seeds=1)
    found: dict[str, object] = {"__file__": "network.py"}
    exec(model.trained.source, found)
    assert found["CLASSES"] == tuple(sorted(names.tolist())) == tuple(model.classes_.tolist())


def test_the_code_of_the_card_runs_as_it_stands(fitted: FittedNetwork, folder: Path) -> None:
    for said in card_says(folder):
        assert len(said) == 2
        assert set(said) <= {"ant", "bee", "cat"}


def test_the_card_says_what_a_reader_must_know(fitted: FittedNetwork, folder: Path) -> None:
    text = (folder / "README.md").read_text()
    for words in (
        f"The network of seed {fitted.trained.best_seed} (the highest validation accuracy) is the one in the files.",
        "Scores are those after the last epoch (the best epoch is not looked for), means over 2 seeds",
        "test was looked at once, at the end, and chose nothing",
        "three fifths of it are to train, a fifth to validate and a fifth to test, stratified by class",
        "Classes, in the order of the logits: `ant`, `bee`, `cat`",
        "Adam, batches of 16, 4 epochs; the learning rate falls from 0.01 to 0 by a cosine",
        "The architecture was given; no search chose it.",
        "Wilson's interval",
        "from network import predict",
    ):
        assert words in text, words
