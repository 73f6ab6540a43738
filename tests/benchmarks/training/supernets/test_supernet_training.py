"""Training supernets on images: determinism, resuming, what is looked at, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import daily
from tiny_images import tiny_arrays

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

from nasbed.benchmarks.spaces.cell_network import NetworkShape  # noqa: E402
from nasbed.benchmarks.training.fitting.fit import OutOfTime  # noqa: E402
from nasbed.benchmarks.training.images import ImageData, ImageSplit, load_images  # noqa: E402
from nasbed.benchmarks.training.images.table import digits  # noqa: E402
from nasbed.benchmarks.training.supernets.plan import METHODS, SupernetPlan  # noqa: E402
from nasbed.benchmarks.training.supernets.training import SupernetTraining  # noqa: E402
from nasbed.errors import BenchmarkError, DataError, OptionError  # noqa: E402

SHAPE = NetworkShape(channels=4, cells=1, stages=1, classes=3, pixels=6, colours=1)
SETTINGS: dict[str, dict[str, Any]] = {
    "enas": {"controller_steps": 2, "aggregate": 3, "batch": 16, "candidates": 5},
    "darts": {"order": 2, "stop_at_eigenvalue": 0.01, "eigenvalue_window": 1, "auxiliary_skip": True, "shrink_to": [3]},
    "pc_darts": {"warm_up": 1},
    "setn": {"candidates": 5},
}


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_images(tiny_arrays(90))


def training(data: ImageData, method: str, seed: int = 0, **options: Any) -> SupernetTraining:
    plan = SupernetPlan(method, **{"epochs": 3, "batch": 16, **SETTINGS.get(method, {}), **options})
    return SupernetTraining(plan, SHAPE, data, seed)


@pytest.mark.parametrize("method", daily(METHODS, "uniform", "enas", "gdas"))
def test_a_training_that_goes_on_gives_the_same_numbers(method: str, data: ImageData, tmp_path: Path) -> None:
    whole, told = training(data, method), list[int]()
    whole.run(after=lambda: told.append(whole.epoch))
    path = tmp_path / "supernet.pt"
    begun = training(data, method).run(1)
    begun.save(path)
    kept = begun.state()
    assert begun.trajectory.shape == (1, 6, 5)
    went_on = training(data, method)
    went_on.load(str(path))
    went_on.run()
    assert (told, len(went_on.seconds), went_on.seconds[0]) == ([1, 2, 3], 3, begun.seconds[0])
    assert torch.equal(went_on.network.weights.vector, whole.network.weights.vector)
    assert np.array_equal(went_on.trajectory, whole.trajectory)
    assert went_on.trajectory.sum(2) == pytest.approx(np.ones((3, 6)))
    assert went_on.losses == whole.losses
    assert went_on.derived() == whole.derived()
    archs = [(3, 0, 1, 2, 4, 3), (0,) * 6, whole.derived()]
    assert went_on.inherited_many(archs) == [whole.inherited(arch) for arch in archs]
    begun.run()
    again = training(data, method)
    again.restore(kept)  # which is what it was, although the training has gone on
    assert again.run().losses == whole.losses
    assert training(data, method, 1).run(1).losses != whole.losses[:1]


def test_what_is_learned_of_architectures_is_learned_on_all_of_validation(data: ImageData) -> None:
    """Not on the same batch at each step: every image comes as often as the others, but for one, and batches differ."""
    searched = training(data, "darts", order=1)
    images, _ = searched.data.validation
    numbers = {image.numpy().tobytes(): place for place, image in enumerate(images)}
    train, held = searched._batches()
    assert [len(labels) for _, labels in train] == [len(labels) for _, labels in held]
    seen = [sorted(numbers[image.contiguous().numpy().tobytes()] for image in batch) for batch, _ in held]
    assert len({tuple(batch) for batch in seen}) == len(seen)
    counts = np.bincount(np.concatenate(seen), minlength=len(images))
    assert counts.max() - counts.min() <= 1
    searched.method.begin(1)
    searched.epoch = 1
    assert not torch.equal(searched._batches()[1][0][0], held[0][0])


def test_with_halves_weights_and_architecture_share_no_image(data: ImageData) -> None:
    halved = training(data, "darts", halves=True, order=1)
    own, other = (set(part.tolist()) for part in (halved._own, halved._other))
    assert not own & other
    assert len(own | other) == len(data.splits["train"].labels)
    halved.run(1)
    assert len(halved.losses) == 1


def test_the_test_split_is_never_looked_at(data: ImageData) -> None:
    test = data.splits["test"]
    other = {**data.splits, "test": ImageSplit(255 - test.images, test.labels[::-1].copy())}
    blind = ImageData(data.name, data.classes, other, data.augmentation, data.origin)
    pair = [training(one, "gdas").run(2) for one in (data, blind)]
    assert torch.equal(*(one.network.weights.vector for one in pair))
    assert np.array_equal(*(one.trajectory for one in pair))


def striped(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of horizontal or vertical stripes at any place: only what is between input and output can tell them apart."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    stripes = (np.arange(6)[None] + rng.integers(0, 2, count)[:, None]) % 2
    images = np.where(labels[:, None, None] == 1, stripes[:, None, :], stripes[:, :, None]) * 150
    return (images + rng.integers(0, 60, (count, 6, 6))).astype(np.uint8), labels


def test_a_supernet_knows_that_a_cell_without_a_path_answers_nothing() -> None:
    shape = NetworkShape(channels=4, cells=1, stages=1, classes=2, pixels=6, colours=1)
    plan = SupernetPlan("uniform", epochs=8, batch=16, rate=0.1, operations=("none", "nor_conv_3x3"), candidates=20)
    searched = SupernetTraining(plan, shape, load_images(striped(160)), 0).run()
    assert searched.inherited((3,) * 6) > 90
    assert searched.inherited((3, 3, 3, 0, 0, 0)) == pytest.approx(50, abs=1)
    assert searched.inherited(searched.derived()) > 90
    assert set(searched.derived()) <= {0, 3}


def test_digits_of_the_table_are_data_too() -> None:
    parts = {name: digits.Split(split.images[:40], split.labels[:40]) for name, split in digits.splits().items()}
    shape = NetworkShape(channels=4, cells=1, stages=1, classes=10, pixels=8, colours=1)
    plan = SupernetPlan("uniform", epochs=1, score_batch=15)
    searched = SupernetTraining(plan, shape, parts, 0).run()
    assert [len(labels) for _, labels in searched._scored] == [14, 13, 13]
    alone = [searched.inherited((3,) * 6, one_batch=one) for one in (True, False)]
    assert [round(alone[0] * 14 / 100, 6), round(alone[1] * 40 / 100, 6)] == [
        pytest.approx(round(value)) for value in (alone[0] * 14 / 100, alone[1] * 40 / 100)
    ]


@pytest.mark.thorough
def test_a_search_ends_early_where_the_eigenvalue_has_grown(data: ImageData) -> None:
    searched = training(data, "darts", order=1, epochs=9, stop_at_eigenvalue=0.75, eigenvalue_window=2)
    before: list[Any] = []

    def grow() -> None:
        before.append(searched.method.architecture.read_out())  # type: ignore[attr-defined]
        searched.method.eigenvalues[:] = [2.0**epoch for epoch in range(searched.epoch)]  # type: ignore[attr-defined]

    searched.run(after=grow)
    assert (searched.epoch, searched.ended, len(searched.seconds)) == (4, True, 4)
    assert searched.derived() == before[-3]


def test_trainings_that_fail_say_so(data: ImageData) -> None:
    failing = training(data, "uniform", rate=10.0, clip=0, decay=1.0)
    failing.data.train[0][0] = float("nan")
    failing.run()
    assert (failing.failed, failing.ended, failing.epoch) == (True, True, 1)
    with pytest.raises(
        BenchmarkError, match=r"supernet of uniform has failed: .* after epoch 1; use a lower rate than 10"
    ):
        failing.derived()
    with pytest.raises(OutOfTime):
        training(data, "uniform").run(limit=0.0)


def test_bad_input_is_refused(data: ImageData, tmp_path: Path) -> None:
    plan = SupernetPlan("uniform", epochs=1)
    with pytest.raises(OptionError, match="space = 'fcnet' has no supernet; expected the NetworkShape"):
        SupernetTraining(plan, "fcnet", data, 0)  # type: ignore[arg-type]
    message = "for images of 8 x 8 pixels in 1 colours and 3 classes, the data have 6 x 6, 1 and 3; give it the shape of the data"
    with pytest.raises(OptionError, match=re.escape(message)):
        SupernetTraining(plan, NetworkShape(4, 1, 1, 3, 8, 1), data, 0)
    with pytest.raises(OptionError, match="data = None; expected image data, or the splits of the digits"):
        SupernetTraining(plan, SHAPE, None, 0)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"until = 2; expected a whole number in 0 \.\. 1"):
        SupernetTraining(plan, SHAPE, data, 0).run(2)
    path = tmp_path / "other.pt"
    training(data, "uniform", 1).save(path)
    for changes, name in (({}, "seed"), ({"seed": 1, "batch": 8}, "plan")):
        with pytest.raises(
            DataError, match=rf"is the checkpoint of another training: {name}.* is \d+ there and \d+ here; delete it"
        ):
            training(data, "uniform", **changes).load(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"is no whole checkpoint: .*; delete it to train from the start"):
        training(data, "uniform").load(path)
