"""Image data as a network reads them: normalisation, checksum, and the digits that are always there."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from image_files import labels, noise

from nasbed.benchmarks.training.images import NAMES, SPLITS, ImageData, ImageSplit, load_images
from nasbed.errors import UnknownNameError


def made(images: np.ndarray, name: str = "made", classes: tuple[str, ...] = ("a", "b")) -> ImageData:
    parts = np.array_split(images, 3)
    splits = {split: ImageSplit(part, np.arange(len(part)) % 2) for split, part in zip(SPLITS, parts, strict=True)}
    return ImageData(name, classes, splits, (), "made up.")


def test_pixels_are_normalised_by_the_training_split_alone() -> None:
    images = noise(12, 3, 2, 5)
    images[4:] //= 4
    data = made(images)
    train = images[:4].astype(float)
    assert data.mean == pytest.approx(train.mean((0, 2, 3)), rel=1e-12)
    assert data.deviation == pytest.approx(train.std((0, 2, 3)), rel=1e-12)
    assert (data.colours, data.height, data.width) == (3, 2, 5)
    for split in SPLITS:
        values = data.normalised(split)
        expected = (data.splits[split].images - train.mean((0, 2, 3))[:, None, None]) / train.std((0, 2, 3))[
            :, None, None
        ]
        assert values.dtype == np.float32
        assert np.allclose(values, expected, atol=1e-5)
    assert abs(data.normalised("train").mean()) < 1e-6
    assert abs(data.normalised("test").mean()) > 0.5


@pytest.mark.parametrize("value", [7, 0.1, -1e30])
def test_a_constant_colour_becomes_zero(value: float) -> None:
    images = noise(9, 2, 3, 3).astype(np.uint8 if value == 7 else np.float32)
    images[:, 1] = value
    data = made(images)
    assert data.deviation[1] == 1.0
    assert data.mean[1] == np.float32(value)
    assert not data.normalised("test")[:, 1].any()
    assert data.normalised("test")[:, 0].any()


def test_real_pixels_have_their_moments_in_double_precision() -> None:
    images = (1000 + np.random.default_rng(0).random((30, 1, 4, 4))).astype(np.float32)
    data = made(images)
    assert data.mean[0] == pytest.approx(images[:10].mean(dtype=np.float64), rel=1e-12)
    assert data.deviation[0] == pytest.approx(images[:10].std(dtype=np.float64), rel=1e-9)


def test_the_checksum_is_of_what_a_training_sees() -> None:
    images = noise(12, 1, 3, 3)
    before = made(images).checksum
    assert before == made(images.copy(), name="renamed").checksum
    assert before == made(np.asfortranarray(images)).checksum
    assert len(before) == 64
    assert before != made(images, classes=("a", "c")).checksum
    assert before != made(images.reshape(12, 1, 9, 1)).checksum
    assert before != made(images.astype(np.float32)).checksum
    for place in (0, 5, 11):
        other = images.copy()
        other[place, 0, 1, 1] ^= 1
        assert before != made(other).checksum
    data = made(images)
    data.splits["test"].labels[0] ^= 1
    assert before != data.checksum


def test_digits_are_what_they_were() -> None:
    data = load_images("digits")
    assert data.name == "digits"
    assert data.classes == tuple("0123456789")
    assert data.augmentation == ()
    assert (data.colours, data.height, data.width) == (1, 8, 8)
    assert {split: part.images.shape for split, part in data.splits.items()} == {
        "train": (1079, 1, 8, 8),
        "validation": (359, 1, 8, 8),
        "test": (359, 1, 8, 8),
    }
    assert data.checksum == "b88fdeb47ac9d63117ad71d702774e0a4d969d813b6e5300368e7f061b459d4a"
    assert data.normalised("train").std() == pytest.approx(1, abs=1e-5)
    assert data.origin == (
        "the digits of scikit-learn; three fifths of it are to train, a fifth to validate and a fifth to test, stratified by class."
    )


def test_a_named_set_is_read_once_and_cannot_be_changed() -> None:
    data = load_images("digits")
    assert load_images("digits") is data
    for part in data.splits.values():
        for values in part:
            with pytest.raises(ValueError, match="read-only"):
                values[0] = 1
    assert data.normalised("train") is not data.normalised("train")


def test_data_can_be_sent_to_another_process() -> None:
    data = load_images((noise(12, 4, 4), labels(2, 6)))
    assert pickle.loads(pickle.dumps(data)).checksum == data.checksum


def test_a_split_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown split 'val'; known: train, validation, test"):
        load_images("digits").normalised("val")


def test_names_are_those_that_can_be_loaded() -> None:
    assert NAMES == ("digits", "mnist", "fashion_mnist", "cifar10", "cifar100", "imagenet16_120")
