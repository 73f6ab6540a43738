"""The study that measures training: what it counts, what it compares, and what it says where something is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")


import measure_training as study  # noqa: E402
import recorded_cells  # noqa: E402
from training_limits import Traffic, arithmetic_limit, memory_limit  # noqa: E402

from nasbed.benchmarks.training.images.images import ImageData, ImageSplit  # noqa: E402
from nasbed.benchmarks.training.recipe import Recipe  # noqa: E402

ALONE = pytest.mark.skipif(torch.cuda.is_available(), reason="says what is missing without a GPU, and there is one")


@pytest.fixture(scope="module")
def data() -> ImageData:
    rng = np.random.default_rng(0)
    splits = {}
    for name, size in (("train", 24), ("validation", 9), ("test", 9)):
        labels = np.arange(size) % 3
        images = rng.integers(0, 160, (size, 3, 8, 8)) + 40 * labels[:, None, None, None]
        splits[name] = ImageSplit(images.astype(np.uint8), labels)
    return ImageData("made up", ("a", "b", "c"), splits, ("crop", "flip"), "made up.")


def test_traffic_counts_each_tensor_of_an_operation_once_and_no_view() -> None:
    one, other = torch.zeros(10), torch.zeros(10)
    with Traffic() as found:
        one.view(2, 5).t().flatten(0).view(10)
    assert found.bytes == 2 * 40  # flattening what was transposed copies it
    for call, counted in (
        (lambda: one + other, 3 * 40),
        (lambda: one + one, 2 * 40),
        (lambda: one.add_(other), 2 * 40),
        (lambda: one.bfloat16(), 40 + 20),
        (lambda: torch._foreach_add_([one, other], [other, one]), 2 * 40),
        (lambda: one[:5].sum(), 20 + 4),
    ):
        with Traffic() as found:
            call()
        assert found.bytes == counted


def test_traffic_of_an_epoch_grows_with_the_network_and_shrinks_with_precision(data: ImageData) -> None:
    found = {}
    for cells, precision in ((1, "float32"), (2, "float32"), (2, "bfloat16")):
        shape = study.NetworkShape(8, cells, 1, 3, 8, 3)
        network, recipe = study.CellNetwork((3,) * 6, shape), Recipe(3, 8, precision=precision)
        found[cells, precision] = study.moved(network, recipe, data, "cpu")
    assert found[2, "float32"] > 1.5 * found[1, "float32"]
    assert 0.25 * found[2, "float32"] < found[2, "bfloat16"] < 0.75 * found[2, "float32"]
    floor = (
        (24 * 3 + 9) * 2 * 6 * 8 * 64 * 2 * 4
    )  # each map of a convolution read and written, forward and twice backward
    assert found[2, "float32"] > floor


def test_limits_are_those_of_a_computer() -> None:
    assert 1e8 < arithmetic_limit("cpu") < 1e14
    assert 1e8 < memory_limit("cpu") < 1e13


def test_the_table_of_cells_has_a_row_for_each_size(data: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "SIZES", {"small": (4, 1, 1, 8), "smaller": (2, 1, 2, 8)})
    monkeypatch.setattr(study, "CELLS", dict(list(study.CELLS.items())[1:]))
    monkeypatch.setattr(study, "memory_limit", lambda device: 1e9)
    monkeypatch.setattr(study, "arithmetic_limit", lambda device, precision="float32": 1e9)
    lines = study.report_of_cells(data, 1, "cpu").splitlines()
    rows = [[one.strip() for one in line.strip("|").split("|")] for line in lines[4:]]
    assert [row[0] for row in rows] == [
        f"{name}, {size} size, float32" for size in ("small", "smaller") for name in study.CELLS
    ]
    for _, spent, ratio, memory, arithmetic in rows:
        assert float(spent) > 0
        assert float(ratio) > 0
        assert float(memory.removesuffix(" %")) > 0
        assert float(arithmetic.removesuffix(" %")) > 0
    assert "24 images of 8 x 8" in lines[0]


def test_on_a_gpu_both_precisions_are_measured_and_set_beside_records(
    data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program as on a GPU, whose part a CPU plays."""
    raced, moved, trained = study.raced, study.moved, recorded_cells.trained
    small = {"recipe": Recipe(epochs=1, batch=16), "channels": 2, "cells": 1}
    space = recorded_cells.NASBench201Space()
    monkeypatch.setattr(study, "SIZES", {"small": (2, 1, 1, 8)})
    monkeypatch.setattr(
        study, "raced", lambda net, recipe, data, rounds, device: raced(net, recipe, data, rounds, "cpu")
    )
    monkeypatch.setattr(study, "moved", lambda net, recipe, data, device: moved(net, recipe, data, "cpu"))
    monkeypatch.setattr(study, "memory_limit", lambda device: 1e9)
    monkeypatch.setattr(study, "arithmetic_limit", lambda device, precision: 1e9)
    monkeypatch.setattr(study, "trainer_of", lambda device: f"a {device}")
    lines = study.report_of_cells(data, 1, "cuda").splitlines()
    assert lines[0].startswith("a cuda, made up, 24 images")
    assert [line.count("bfloat16") for line in lines[4:]] == [0, 0, 0, 1, 1, 1]
    monkeypatch.setattr(recorded_cells, "recorded", lambda: np.linspace(20, 90, len(space)))
    monkeypatch.setattr(
        recorded_cells,
        "trained",
        lambda index, data, device, precision: trained(index, data, "cpu", precision, **small),
    )
    out = study.report_of_recorded(2, data, "cifar10", "cuda")
    assert out.startswith("a cuda, 33 images of CIFAR-10, 12 epochs\n\nfloat32:\n\n| cell")
    assert "\n\nbfloat16:\n\n| cell" in out
    assert out.count("Mean Δ") == 2


def test_made_up_images_are_labelled_in_three_splits() -> None:
    found = study.made_up(100)
    assert {name: one.images.shape for name, one in found.splits.items()} == {
        "train": (100, 3, 32, 32), "validation": (10, 3, 32, 32), "test": (10, 3, 32, 32),
    }  # fmt: skip
    assert found.normalised("train").std() == pytest.approx(1, abs=0.01)


@ALONE
def test_what_is_missing_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*said: str) -> str:
        monkeypatch.setattr(sys, "argv", ["measure_training.py", *said])
        study.main()
        return capsys.readouterr().out

    monkeypatch.setattr(study, "report_of_cells", lambda images, rounds, device: f"cells on {images.name}, {device}")
    out = printed("--only", "cells", "--cells", "10", "--data", "cifar10", "--folder", str(tmp_path))
    assert "Without cifar10 nothing is measured on images" in out
    assert "torchvision.datasets.CIFAR10" in out
    assert "cells on" not in out
    assert out.endswith("Nothing is measured on a GPU: torch finds none here.\n")
    out = printed("--only", "cells", "--cells", "10")
    assert "cells on digits, cpu" in out
    assert "recorded trainings are of CIFAR-10, not of digits: say --data cifar10." in out


def test_what_recorded_cells_need_is_said_in_a_line(
    data: ImageData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "take hours without a GPU" in study.report_of_recorded(2, data, "cifar10", "cpu")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    missing = study.report_of_recorded(2, data, "cifar10", "cuda")
    assert missing.startswith("Nothing to set cells beside: the table 'nasbench201_12epochs' is not in ")


# cells beside recorded ones


def test_noise_is_that_of_isomorphic_cells_of_like_accuracy() -> None:
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(400), 3)
    level = np.where(np.arange(400) < 200, 60.0, 90.0)[classes]
    accuracies = level + rng.normal(size=1200) * np.where(level < 80, 2.0, 0.5)
    low, high = (recorded_cells.noise_near(accuracies, classes.tolist(), at) for at in (61, 89))
    assert low.deviation == pytest.approx(2.0, rel=0.1)
    assert high.deviation == pytest.approx(0.5, rel=0.1)
    assert low.freedom == high.freedom == 400
    assert np.isnan(recorded_cells.noise_near(np.array([50.0, 60.0]), [0, 1], 50).deviation)


def test_cells_are_drawn_once_and_for_all() -> None:
    ten = recorded_cells.chosen(10)
    assert len(set(ten)) == 10
    assert set(ten) < set(recorded_cells.chosen(20))
    assert ten == sorted(ten)
    space = recorded_cells.NASBench201Space()
    everything = recorded_cells.chosen(len(space))
    assert space.index((0,) * 6) not in everything
    assert 0.9 * len(space) < len(everything) < len(space)


def test_trained_cells_stand_beside_the_recorded(data: ImageData) -> None:
    whole = recorded_cells.all_to_train_on(data)
    assert {name: len(one.labels) for name, one in whole.splits.items()} == {"train": 33, "test": 9}
    assert np.array_equal(whole.splits["train"].images[24:], data.splits["validation"].images)
    index = recorded_cells.NASBench201Space().index((3, 3, 1, 1, 2, 3))
    recipe = Recipe(epochs=2, batch=8)
    said = {"recipe": recipe, "channels": 4, "cells": 1}
    accuracy, spent = recorded_cells.trained(index, whole, "cpu", "float32", **said)
    assert min(abs(accuracy - 100 * right / 9) for right in range(10)) < 1e-6
    assert spent > 0
    assert recorded_cells.trained(index, whole, "cpu", "float32", **said)[0] == accuracy


def test_differences_are_in_deviations_of_a_difference() -> None:
    accuracies, classes = np.array([80.0, 82.0, 81.0, 91.0]), [0, 0, 2, 3]
    found = recorded_cells.beside_recorded([2, 3], [(83.0, 1.5), (91.0, 0.5)], accuracies, classes)
    rows = [[one.strip() for one in line.strip("|").split("|")] for line in found.splitlines()[2:4]]
    # The deviation of 80 and 82 is 1.41; a difference of two trainings has 2; nothing is known of cells near 91.
    assert rows[0] == ["2", "83.00", "81.00", "+2.00", "1.41 (1)", "+1.0", "1.50"]
    assert rows[1][:5] == ["3", "91.00", "91.00", "+0.00", "nan (0)"]
    assert "Mean Δ +1.00 points ± 1.00 (standard error); root mean square of Δ in its deviations 1.00, 1 where" in found
