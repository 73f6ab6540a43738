"""Knowledge distillation: the loss, the teacher's images, what names a training, and the best network of a search as teacher."""

from __future__ import annotations

import importlib.util
import json
import pickle
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import ROOT
from tiny_images import tiny_arrays, tiny_file

pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

import torch

import nasbed
from nasbed.benchmarks import Chain
from nasbed.benchmarks.training.distillation import BestSoFar, Distillation
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks import distilled_loss
from nasbed.benchmarks.training.images.networks.distilled_loss import TrainingLoss
from nasbed.benchmarks.training.images.networks.fit import ImageFit
from nasbed.benchmarks.training.images.networks.networks import ChainNetwork
from nasbed.benchmarks.training.images.networks.training import ImageTraining
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.local.trainings import TrainingTable
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import DataError, OptionError
from nasbed.vocabulary import Training

QUICK = "conv 3x3 6 norm relu; max pool 2x2 | adam rate 0.01 batch 16 decay 0"


@dataclass(frozen=True)
class Rows:
    """A teacher that knows a class by how bright its two rows are, and counts how often it is asked."""

    sharpness: float = 3.0
    words = "the rows"

    def described(self) -> dict[str, float]:
        return {"sharpness": self.sharpness}

    def network(self, data: ImageData, device: str) -> Any:
        return lambda images: self.sharpness * images.unflatten(2, (3, 2)).mean((1, 3, 4))


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_images(tiny_arrays())


def augmented(data: ImageData) -> ImageData:
    return ImageData(data.name, data.classes, data.splits, ("crop",), data.origin)


def training(data: ImageData, distillation: Distillation | None = None, epochs: int = 4) -> ImageTraining:
    space = Chain(data=data).space
    layers = space.chain(space.parse(QUICK)).layers
    return ImageTraining(ChainNetwork(layers), data, Recipe(epochs, 16, 0.01, distillation=distillation), 3)


def loss(distillation: Distillation | None, data: ImageData) -> TrainingLoss:
    return TrainingLoss(Recipe(distillation=distillation), data, torch.device("cpu"))


def test_the_loss_is_the_formula(data: ImageData) -> None:
    """By hand: at T = 2 the teacher's logits (2 ln 3, 0) are 3 : 1 and the student's (0, 0) 1 : 1; KL = 3/4 ln 3/2 + 1/4 ln 1/2."""
    student, teacher = torch.zeros(1, 1, 2), torch.tensor([[[2 * np.log(3), 0.0]]])
    found = loss(Distillation(Rows(), 2.0, 0.25), data)(student, torch.tensor([[1]]), teacher)
    apart = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    assert (
        float(found)
        == pytest.approx(0.75 * np.log(2) + 0.25 * 4 * apart, rel=1e-6)
        == pytest.approx(0.650673, abs=2e-6)
    )

    rng = np.random.default_rng(0)
    ours, theirs, labels = rng.normal(0, 3, (7, 2, 5)), rng.normal(0, 9, (7, 2, 5)), rng.integers(0, 5, (7, 2))

    def logs(values: np.ndarray) -> np.ndarray:
        return values - np.log(np.exp(values).sum(-1, keepdims=True))

    hard = -np.take_along_axis(logs(ours), labels[..., None], -1).mean()
    soft = (np.exp(logs(theirs / 3)) * (logs(theirs / 3) - logs(ours / 3))).sum(-1).mean()
    tensors = (torch.from_numpy(one).float() for one in (ours, theirs))
    given, taught = tensors
    found = loss(Distillation(Rows(), 3, 0.9), data)(given, torch.from_numpy(labels), taught)
    assert float(found) == pytest.approx(0.1 * hard + 0.9 * 9 * soft, rel=1e-5)


def test_without_weight_the_training_is_the_plain_one(data: ImageData) -> None:
    plain = training(data).make(2)[0]
    assert training(data, Distillation(BestSoFar(), teacher_weight=0)).make(2)[0].curves == plain.curves
    taught = training(data, Distillation(Rows()))
    assert taught.make(2)[0].curves != plain.curves
    assert taught.make(2)[0].curves == taught.make(2)[0].curves


@pytest.mark.parametrize("crop", [False, True])
def test_the_teacher_sees_what_the_student_sees(data: ImageData, crop: bool) -> None:
    images = torch.from_numpy(data.normalised("train"))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    shown = images[order] + float(crop)
    found = loss(Distillation(Rows()), augmented(data) if crop else data)
    labels, taught = found.targets(shown, torch.arange(len(images)), order)
    assert labels.equal(order)
    torch.testing.assert_close(taught, Rows().network(data, "cpu")(shown))


def test_unchanging_logits_are_computed_once_a_process(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        Rows, "network", lambda *_: lambda images: asked.append(len(images)) or torch.zeros(len(images), 3)
    )
    for _ in range(2):
        training(data, Distillation(Rows(7.0))).make(2)
    assert sum(asked) == len(data.splits["train"].labels)
    distilled_loss._logits_of_all.cache_clear()


def test_groups_learn_from_the_teacher_as_alone(data: ImageData) -> None:
    one = training(augmented(data), Distillation(Rows()))
    seeds = [5, 6]
    together = ImageFit(one.network.build(one.data, seeds), one.recipe, seeds, one.data)
    together.run(2)
    for place, seed in enumerate(seeds):
        alone = ImageFit(one.network.build(one.data, [seed]), one.recipe, [seed], one.data)
        alone.run(2)
        found, expected = (
            np.array(fit.curves.values["validation"]["loss"])[:, at] for fit, at in ((together, place), (alone, 0))
        )
        assert found == pytest.approx(expected, rel=2e-3)


def test_a_distilled_training_goes_on_with_the_same_numbers(data: ImageData, tmp_path: Path) -> None:
    asked, path = training(augmented(data), Distillation(Rows())), tmp_path / "one.checkpoint"
    whole = asked.make(4)[0]
    asked.make(1, (), path)
    assert asked.make(4, (), path)[0].curves == whole.curves
    asked.make(1, (), path)
    with pytest.raises(DataError, match=r"the checkpoint of another training: recipe distillation"):
        training(augmented(data), Distillation(Rows(2.0))).make(4, (), path)


def test_what_names_a_training(data: ImageData) -> None:
    assert training(data).identity()["recipe"] == {
        "epochs": 4, "batch": 16, "rate": 0.01, "momentum": 0.9, "decay": 5e-4
    }, "trainings that were kept before there were teachers are found again"  # fmt: skip
    ways = [None, *(Distillation(*way) for way in ((Rows(),), (Rows(2.0),), (Rows(), 2.0), (Rows(), 4.0, 0.5)))]
    assert len({json.dumps(training(data, way).identity()) for way in ways}) == len(ways)
    checksums = {
        Chain(data=data, **way).checksum for way in ({}, {"teacher": "best"}, {"teacher": "best", "temperature": 2})
    }
    assert len(checksums) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"teacher": "best", "temperature": 0}, "temperature = 0; expected a number from 0.1 to 100"),
        ({"teacher": "best", "temperature": float("nan")}, "temperature = nan; expected a number"),
        ({"teacher": "best", "teacher_weight": 1.5}, "teacher_weight = 1.5; expected the teacher's share of the loss"),
        ({"teacher": "best", "teacher_weight": "much"}, "teacher_weight = 'much'; expected"),
        ({"temperature": 2}, "temperature = 2 stands without a teacher; say teacher = the folder"),
        ({"teacher": 3}, "teacher = 3; expected the folder of a network that nasbed train wrote, or 'best' in a search"),
        ({"teacher": ""}, "teacher = ''; expected the folder"),
        ({"teacher": "Best"}, "teacher = 'Best' is no folder; expected the folder of a network"),
    ],
)  # fmt: skip
def test_what_is_refused(data: ImageData, options: dict[str, Any], message: str) -> None:
    with pytest.raises((OptionError, DataError), match=message):
        Chain(data=data, **options)


def searched(benchmark: Chain, record: Path) -> nasbed.SearchResult:
    return nasbed.search("asha", benchmark, budget={"epochs": 12}, seed=3, workers=1, record=record)


def test_the_best_network_so_far_teaches(tmp_path: Path) -> None:
    benchmark = Chain(data=tiny_file(tmp_path), epochs=[1, 3], teacher="best")
    whole = searched(benchmark, tmp_path / "whole")
    teachers = _teachers(tmp_path / "whole.trainings")
    taught = [one for one in teachers.values() if one is not None]
    assert len(taught) == len(teachers) - 1, "the first training has no teacher"
    assert {one["epochs"] for one in taught} == {1, 3}
    assert {one["training"] for one in taught} <= set(teachers), "teachers are trainings of the same search"

    lines = (tmp_path / "whole").read_text().splitlines(keepends=True)
    (tmp_path / "killed").write_text("".join(lines[:5]))
    again = searched(benchmark, tmp_path / "killed")
    assert [one.values for one in again.outcomes] == [one.values for one in whole.outcomes], (
        "teachers are trained again"
    )
    assert set(_teachers(tmp_path / "killed.trainings")) <= set(teachers)


def _teachers(folder: Path) -> dict[str, Any]:
    """What the trainings in a folder have as teachers, by the checksum of what names each."""
    return {
        sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest(): identity["recipe"]
        .get("distillation", {})
        .get("teacher")
        for identity, _ in TrainingTable(folder)
    }


def test_weights_of_the_best_network_are_kept_or_made_again(tmp_path: Path) -> None:
    benchmark, folder = Chain(data=tiny_file(tmp_path), epochs=[1, 2], teacher="best"), str(tmp_path / "trainings")
    trainer, arch = pickle.loads(pickle.dumps(benchmark.trainer())), benchmark.space.parse(QUICK)
    trainer(Training(arch, 2, 5, 0, folder=folder))
    asked = Training(arch, 2, 6, 1, folder=folder, incumbents=((arch, 2, 5),))
    first = benchmark.training(*asked[:1], asked.seed, asked.incumbents, folder).make(2)[0]
    distilled_loss._logits_of_all.cache_clear()
    (weights,) = (tmp_path / "trainings").rglob("*.weights")
    content = weights.read_bytes()
    weights.unlink()
    assert benchmark.training(arch, 6, asked.incumbents, folder).make(2)[0].curves == first.curves
    weights.write_bytes(content[:-20])
    distilled_loss._logits_of_all.cache_clear()
    with pytest.raises(
        DataError, match=r"the weights of a teacher in .* are damaged: .*; delete them, and it is trained again"
    ):
        benchmark.training(arch, 6, asked.incumbents, folder).make(2)[0]
    alone = Chain(data=tiny_file(tmp_path), epochs=[1, 2]).training(arch, 6)
    assert benchmark.training(arch, 6).identity() == alone.identity(), (
        "without an incumbent, and anew after the search, plain"
    )


def test_the_study_reads_equal_cost_off_between_epochs() -> None:
    spec = importlib.util.spec_from_file_location("distillation_study", ROOT / "studies" / "distillation.py")
    assert spec is not None
    assert spec.loader is not None
    study = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(study)
    truth = np.arange(4.0)
    plain = np.repeat(truth[:, None, None], 20, 2)
    plain[:, 0, 0] = -truth
    plain[:, 0, 1] = [1, 0, 2, 3]  # one of six pairs the other way round: tau 2/3
    found = study.Ranked(truth, plain, plain[:, :, :8])
    tau, at = study.compared(study.tau, found, [1.5, 2.0, 4.3, 20.5])[[1, 2]]
    assert tau == pytest.approx([-1, 2 / 3, 1, 1])
    assert at == pytest.approx([-1 / 6, 2 / 3, 1, np.nan], nan_ok=True)
