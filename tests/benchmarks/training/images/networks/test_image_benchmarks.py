"""Benchmarks that train on images: what a search is told, what it costs, and how its incumbent is judged."""

from __future__ import annotations

import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_images import tiny_arrays, tiny_file

pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

import nasbed
from nasbed.benchmarks import Chain
from nasbed.benchmarks.training import device
from nasbed.benchmarks.training.images.networks import training as image_training
from nasbed.benchmarks.training.local.trainings import TrainingTable
from nasbed.benchmarks.training.network_benchmark import JudgedNetworks
from nasbed.errors import EngineError, NasbedError, StrategyError
from nasbed.searches.functions import Function
from nasbed.streams import stream
from nasbed.vocabulary import RETRAINED, Refereed, Retrained, RetrainedTogether, Training

QUICK = "conv 3x3 6 norm relu; max pool 2x2 | adam rate 0.01 batch 16 decay 0"


def chain(folder: Path, **options: Any) -> Chain:
    return Chain(**{"data": tiny_file(folder), "epochs": [1, 2, 4], **options})


def test_a_search_on_real_training_is_told_validation_and_pays_epochs_once(tmp_path: Path) -> None:
    benchmark = chain(tmp_path, epochs=[1, 3])
    result = nasbed.search("asha", benchmark, budget={"epochs": 24}, seed=3, record=tmp_path / "search.jsonl")
    assert {outcome.epochs for outcome in result.outcomes} == {1, 3}
    resumed = [outcome for outcome in result.outcomes if outcome.proposal.resume is not None]
    assert resumed
    table = TrainingTable(tmp_path / "search.jsonl.trainings")
    held = {training.epochs for _, training in table}
    assert held == {1, 3}
    spent = sum(sum(training.seconds) for _, training in table)
    assert sum(outcome.cost for outcome in result.outcomes) == pytest.approx(spent)
    for outcome in resumed:
        began = result.outcomes[[one.trial for one in result.outcomes].index(outcome.proposal.resume)]
        assert began.arch == outcome.arch
    again = nasbed.search("asha", benchmark, budget={"epochs": 24}, seed=3)
    assert [one.values for one in again.outcomes] == [one.values for one in result.outcomes]


def test_test_images_decide_nothing_in_a_search(tmp_path: Path) -> None:
    benchmark = chain(tmp_path)
    images = benchmark.images
    arch = benchmark.space.parse(QUICK)
    before = benchmark.trainer()(Training(arch, 4, 1, 0))
    poisoned = dict(images.splits)
    poisoned["test"] = poisoned["test"]._replace(images=255 - poisoned["test"].images)
    object.__setattr__(images, "splits", {"train": poisoned["train"], "validation": poisoned["validation"]})
    try:
        assert benchmark.trainer()(Training(arch, 4, 1, 0)).values == before.values
    finally:
        object.__setattr__(
            images, "splits", {**poisoned, "test": poisoned["test"]._replace(images=255 - poisoned["test"].images)}
        )


def test_objectives_have_their_signs_and_sizes_need_no_training(tmp_path: Path) -> None:
    benchmark = chain(tmp_path, objectives=["loss", "parameters", "flops", "accuracy"])
    arch = benchmark.space.parse(QUICK)
    values = list(benchmark.trainer()(Training(arch, 2, 7, 0)).values)
    assert -3 < values[0] < 0
    assert -values[1] == benchmark.space.parameters(arch, 3) == 54 + 12 + 54 * 3 + 3
    assert -values[2] == benchmark.space.flops(arch, 3)
    assert 0 <= values[3] <= 100


def test_what_was_trained_in_a_folder_is_looked_up_at_its_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark, folder = chain(tmp_path), str(tmp_path / "trainings")
    trainer = pickle.loads(pickle.dumps(benchmark.trainer()))
    arch = benchmark.space.parse(QUICK)
    first = trainer(Training(arch, 2, 5, 0, folder=folder))
    monkeypatch.setattr(image_training.ImageTraining, "make", lambda *_: 1 / 0)
    assert trainer(Training(arch, 2, 5, 8, folder=folder)) == first
    cheaper = trainer(Training(arch, 1, 5, 8, folder=folder))
    assert cheaper.costs["seconds"] < first.costs["seconds"]
    with pytest.raises(ZeroDivisionError):
        trainer(Training(arch, 2, 6, 9, folder=folder))


def test_a_failed_training_is_an_outcome_that_is_charged(tmp_path: Path) -> None:
    benchmark = chain(tmp_path, limit=1e-6)
    result = nasbed.search("random_search", benchmark, budget={"evaluations": 3})
    assert all(math.isnan(outcome.value) and outcome.cost > 0 for outcome in result.outcomes)
    assert len(result.outcomes) == 3
    assert result.incumbent is None


def test_incumbents_are_trained_anew_and_judged_on_test(tmp_path: Path) -> None:
    benchmark, folder = chain(tmp_path, retrainings=2), str(tmp_path / "retrainings")
    assert isinstance(benchmark, Retrained)
    assert not isinstance(benchmark, Refereed)
    index = benchmark.space.index(benchmark.space.parse(QUICK))
    judged = benchmark.judged_in(folder)
    assert isinstance(judged, JudgedNetworks)
    assert (judged.judged_on, judged.label, judged.checksum) == (RETRAINED, benchmark.label, benchmark.checksum)
    assert isinstance(benchmark, RetrainedTogether)
    assert benchmark.programs(index) == [range(2)]
    benchmark.retrain(index, 0, folder)
    made = benchmark.retrained(index, folder)
    TrainingTable(folder).path(benchmark.retraining(benchmark.space.at(index), 1, 2).identity()).unlink()
    assert np.isnan(judged.referee().test(np.array([index]))).all(), "one of two retrainings is no mean of two"
    benchmark.retrain(index, 1, folder)
    referee = judged.referee()
    assert [one.scores for one in benchmark.retrained(index, folder)] == [one.scores for one in made]
    expected = sum(training.scores["test"]["accuracy"] for training in made) / 2
    assert referee.test(np.array([[index, 0]])).tolist()[0][0] == pytest.approx(expected)
    assert np.isnan(referee.test(np.array([0]))[0])
    assert all(math.isnan(best) for best in referee.best())
    assert {split for training in made for split in training.scores} == {"train", "validation", "test"}
    confusion = np.array(made[0].scores["test"]["confusion"])
    assert confusion.sum() == len(benchmark.images.splits["test"].labels)
    with pytest.raises(AssertionError):
        assert made[0].curves == made[1].curves
    assert chain(tmp_path, retrainings=2, objectives=["parameters"]).judged_in(folder).referee().test(
        np.array([index])
    ) == pytest.approx(-benchmark.space.parameters(benchmark.space.parse(QUICK), 3))


def test_halves_are_searched_alone(tmp_path: Path) -> None:
    benchmark = chain(tmp_path, search="hyperparameters", frozen=QUICK)
    assert benchmark.space.size == 336
    assert benchmark.label == "chain/tiny, hyperparameters alone"
    assert benchmark.is_subspace
    result = nasbed.search("random_search", benchmark, budget={"evaluations": 2})
    assert all(benchmark.space.format(one.arch).startswith("conv 3x3 6 norm relu; max pool") for one in result.outcomes)
    layers = chain(tmp_path, search="architecture")
    assert "adam rate 0.001 batch 32" in layers.space.format(layers.space.sample(stream(0, "a", "b")))


def test_what_the_options_may_be(tmp_path: Path) -> None:
    file = tiny_file(tmp_path)
    for options, message in (
        ({"data": 3}, "data = 3; expected the name of a data set, or the path of a folder or npz file"),
        ({"data": "digitz"}, "unknown image data 'digitz'; did you mean 'digits'?"),
        ({"epochs": [0, 2]}, "epochs = [0, 2]; expected a list of whole numbers above 0"),
        ({"epochs": [20_000]}, "epochs = [20000]; expected whole numbers from 1 to 10,000"),
        ({"objectives": ["latency"]}, "unknown objective"),
        ({"limit": 0}, "limit = 0; expected seconds above 0, or none"),
        ({"retrainings": 0}, "retrainings = 0; expected"),
        ({"device": "tpu"}, "unknown device 'tpu'; expected auto, cpu or cuda"),
        ({"search": "both"}, "unknown search of chain 'both'; known: joint, architecture, hyperparameters"),
        ({"frozen": QUICK}, "but search = 'joint' freezes nothing; search one half"),
        ({"search": "architecture", "frozen": "conv 3x3 5"}, "layer 1: filters = 5; expected one of"),
    ):
        with pytest.raises(NasbedError, match=re.escape(message)):
            nasbed.load_benchmark("chain", **{"data": file, **options})


def test_a_network_that_cannot_be_built_is_said_when_it_is_proposed(tmp_path: Path) -> None:
    deep = nasbed.load_benchmark("chain").space.parse("max pool 2x2; max pool 2x2; max pool 2x2")
    benchmark = chain(tmp_path)

    def proposes(query: Any) -> None:
        query(deep)

    with pytest.raises(
        StrategyError,
        match=r"proposed what is outside the space 'chain for 6x6': max pool 2x2; .* cannot be built: layer 3",
    ):
        nasbed.search(Function(proposes, {}), benchmark, budget={"evaluations": 2})


def test_image_data_may_be_replaced_only_by_another_checksum(tmp_path: Path) -> None:
    benchmark = chain(tmp_path)
    (tmp_path / "other").mkdir()
    images, labels = tiny_arrays(seed=4)
    np.savez(tmp_path / "other" / "tiny.npz", images=images, labels=labels)
    other = chain(tmp_path, data=str(tmp_path / "other" / "tiny.npz"))
    assert other.label == benchmark.label
    assert other.checksum != benchmark.checksum != chain(tmp_path, epochs=[1, 8]).checksum


def test_without_torch_results_can_be_read_and_nothing_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "find_spec", lambda name: None if name == "torch" else object())
    benchmark = chain(tmp_path)
    assert np.isnan(benchmark.judged_in(str(tmp_path / "none")).referee().test(np.array([0]))).all()
    with pytest.raises(EngineError, match=re.escape("training needs torch: pip install '.[train]'")):
        nasbed.search("random_search", benchmark, budget={"evaluations": 1})
