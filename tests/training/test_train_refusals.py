"""What training refuses, each with its message."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from small_images import SMALL, named_images, write_npz

import nasbed
from nasbed.benchmarks.chain import Chain
from nasbed.benchmarks.training.network_benchmark import Plan
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.trained import exports
from nasbed.errors import (
    ArchitectureError,
    BudgetError,
    DataError,
    EngineError,
    NasbedError,
    OptionError,
    StoreError,
    UnknownNameError,
    UnmetNeedError,
)
from nasbed.training.fitted import FittedNetwork
from nasbed.training.fitting import train
from nasbed.training.searched import search_model

CELL = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ArchitectureError, "layer 1: filters = 17; expected one of 6, 12", {"architecture": "conv 3x3 17"}),
        (ArchitectureError, "cannot be built: layer 1 .* is larger than its input", {"architecture": "conv 7x7 6 valid"}),
        (ArchitectureError, "is outside the space", {"architecture": (1, 2)}),
        (ArchitectureError, r"is no architecture of chain, but one of cells; say --benchmark cells$",
         {"architecture": CELL}),
        (ArchitectureError, "'8:8:8:8:8' is no architecture of chain, but one of sizes; say --benchmark sizes$",
         {"architecture": "8:8:8:8:8"}),
        (ArchitectureError, "but one of chain; say --benchmark chain$",
         {"architecture": "conv 3x3 6", "benchmark": "cells", "data": "digits"}),
        (ArchitectureError, "but one of sequence; say --benchmark sequence, with --data the name of a data set, or the path",
         {"architecture": "width 16; gru both; pool mean"}),
        (ArchitectureError, "^index 99999999999999999999 is outside", {"architecture": "99999999999999999999"}),
        (OptionError, "nasbench201 is a table of recorded trainings and trains no network on images or sequences; .* chain",
         {"benchmark": "nasbench201"}),
        (UnknownNameError, "unknown benchmark 'chian'; did you mean 'chain'", {"benchmark": "chian"}),
        (UnknownNameError, "unknown option of chain 'layers'", {"options": {"layers": 3}}),
        (OptionError, "seeds = 0; expected a whole number", {"seeds": 0}),
        (OptionError, r"epochs = \[0\]; expected", {"epochs": 0}),
        (OptionError, "limit = -1; expected seconds above 0", {"limit": -1}),
        (EngineError, "unknown device 'tpu'", {"device": "tpu"}),
        (UnknownNameError, "unknown image data 'digit'; did you mean 'digits'", {"data": "digit"}),
        (DataError, "mine.npz is not there", {"data": "mine.npz"}),
        (OptionError, "architecture = 'max pool 2x2' stands beside best: the study says it",
         {"architecture": "max pool 2x2", "best": "results/x", "data": None}),
        (StoreError, "nothing here holds no results: run.json is missing", {"best": "nothing here", "data": None}),
    ],
)  # fmt: skip
def test_what_cannot_be_trained(error: type[NasbedError], message: str, options: dict[str, Any]) -> None:
    with pytest.raises(error, match=message):
        train(**{"data": named_images(60), "epochs": 1, "seeds": 1, **options})


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "nasbed.benchmarks.training.device.find_spec", lambda name: None if name == "torch" else there(name)
    )
    with pytest.raises(EngineError, match=r"training needs torch: pip install '.\[train\]'"):
        train(data=named_images(60))


@pytest.mark.parametrize(
    ("images", "message"),
    sampled([
        (np.zeros((2, 8, 8)), r"images are of shape \(2, 8, 8\); the network was trained on \(count, 1, 6, 6\) or \(count, 6"),
        (np.zeros((6, 6)), r"shape \(6, 6\); .*; of one image take images\[None\]"),
        (np.zeros((2, 6, 6, 3)), r"the network was trained on"),
        (np.full((1, 6, 6), np.nan), "images hold a pixel that is no finite number"),
        (["a.png"], "images are an array of <U5; expected numbers"),
        ([[1], [1, 2]], "expected an array of numbers"),
    ], 3),
)  # fmt: skip
def test_images_of_another_form(fitted: FittedNetwork, images: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted.predict(images)


def test_labels_that_are_not_one_for_each_image(fitted: FittedNetwork) -> None:
    images, labels = named_images()
    with pytest.raises(DataError, match=r"labels are of shape \(3,\) for 150 images; expected one label for each"):
        fitted.score(images, labels[:3])
    with pytest.raises(DataError, match=r"labels hold 'dog'; expected classes that were trained on: ant, bee, cat"):
        fitted.score(images[:2], ["ant", "dog"])


def test_folders_of_others(tmp_path: Path) -> None:
    def call(out: Path, **options: Any) -> FittedNetwork:
        return train(SMALL, data=named_images(60), seeds=1, out=out, **{"epochs": 1, **options})

    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file is a file; choose another folder"):
        call(tmp_path / "file" / "model")
    with pytest.raises(StoreError, match=r"holds other files and no model.json; choose another folder with --out"):
        call(tmp_path)
    call(tmp_path / "model")
    with pytest.raises(
        StoreError,
        match=r"model holds another network: epochs is 1 there and 2 here; choose another folder .* same as there",
    ):
        call(tmp_path / "model", epochs=2)
    (tmp_path / "model" / "model.json").write_text("{")
    with pytest.raises(StoreError, match=r"model.json is damaged; choose another folder"):
        call(tmp_path / "model")


def test_damaged_trainings(tmp_path: Path) -> None:
    def call() -> FittedNetwork:
        return train(SMALL, data=named_images(60), seeds=1, epochs=1, out=tmp_path / "model")

    call()
    (weights,) = (tmp_path / "model" / "trainings").rglob("*.npz")
    weights.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"the weights in .* are damaged; delete .*json, and they are trained again"):
        call()
    weights.unlink()
    with pytest.raises(DataError, match=r"the weights in .* are gone; delete"):
        call()
    weights.with_suffix(".json").unlink()
    call()


def test_where_nothing_can_be_written(fitted: FittedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, os.strerror(28))

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("# My project\n")
    with pytest.raises(StoreError, match=r"README.md is there and no model card of nasbed's; choose another folder"):
        fitted.export(tmp_path / "mine", ["python"])
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["README.md"]
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match=r"cannot write .*: No space left on device"):
        fitted.export(tmp_path / "out", ["python"])
    with pytest.raises(StoreError, match=r"cannot write .*model.json: No space left on device"):
        train(SMALL, data=named_images(60), seeds=1, epochs=1, out=tmp_path / "model")


def test_exports_of_another_name(fitted: FittedNetwork, tmp_path: Path) -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown export 'onx'; did you mean 'onnx'. known: python, weights, onnx"
    ):
        fitted.export(tmp_path, ["onx"])
    with pytest.raises(OptionError, match=r"formats = 'onnx'; expected a list of python, weights, onnx"):
        fitted.export(tmp_path, "onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_packages_exports_are_left_out_unless_asked_for(
    fitted: FittedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nasbed.training.writing import skipped

    assert skipped() == []
    monkeypatch.setattr(exports, "find_spec", lambda name: None)
    needs = "it needs onnx and onnxruntime: pip install '.[export]' in the checkout of nasbed"
    assert f"not exported as onnx: {needs}" in skipped()
    files = {path.name for path in fitted.export(tmp_path)}
    assert "network.py" in files
    assert not {"network.onnx", "weights.safetensors"} & files
    with pytest.raises(OptionError, match=r"the network cannot be exported as onnx: it needs onnx and onnxruntime"):
        fitted.export(tmp_path, ["onnx"])


def test_networks_that_cannot_be_written_as_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "plan", lambda self, arch: Plan(object(), Recipe()))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"networks of chain cannot be written as PyTorch's own modules; give object"):
        train(SMALL, data=named_images(60), seeds=1, epochs=1)


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (OptionError, "minutes = 0; expected a number above 0", {"minutes": 0}),
        (OptionError, "limit = 'x'; expected seconds above 0", {"limit": "x"}),
        (OptionError, "seeds = 0; expected", {"seeds": 0}),
        (OptionError, "workers = 0; expected", {"workers": 0}),
        (OptionError, r"write arrays with numpy.savez", {"data": (1, 2)}),
        (OptionError, "seed = -1; expected a whole number in 0", {"seed": -1}),
        (UnknownNameError, "unknown strategy 'ahsa'; did you mean 'asha'", {"strategy": "ahsa"}),
        (UnmetNeedError, "LargestFitting needs the measure 'parameters'", {"strategy": "largest_fitting"}),
        (BudgetError, "none of .* trainings came to its end within", {"minutes": 1e-4}),
    ],
)
def test_what_cannot_be_searched(
    error: type[NasbedError], message: str, options: dict[str, Any], tmp_path: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = write_npz(tmp_path / "mine.npz")
    with ThreadPoolExecutor(1) as executor, pytest.raises(error, match=message):
        search_model(
            **{"data": path, "minutes": 1, "workers": 1, "out": tmp_path / "out", "executor": executor, **options}
        )
    assert (tmp_path / "out").exists() == (error is BudgetError), "nothing is written where nothing was searched"


def test_folders_that_no_search_may_use(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "mine.npz")
    with pytest.raises(StoreError, match=r"holds other files; choose another folder"):
        search_model(path, minutes=1, out=tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.json").write_text("{}")
    with pytest.raises(StoreError, match=r"holds a network that no search found here"):
        nasbed.search_model(path, minutes=1, out=tmp_path / "out")
    with pytest.raises(StoreError, match=r"mine.npz is a file"):
        search_model(path, minutes=1, out=path)
