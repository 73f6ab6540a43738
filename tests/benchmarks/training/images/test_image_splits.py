"""Splits of images: stratified, fixed, and without an image in two of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from image_files import labels, noise

from nasbed.benchmarks.training.data.splitting import ALL, apportioned
from nasbed.benchmarks.training.images import SPLITS, ImageSplit, load_images
from nasbed.benchmarks.training.images.splits import Given, fingerprints, split
from nasbed.errors import DataError

SIZES = st.lists(st.integers(3, 40), min_size=2, max_size=6)


def numbered(sizes: list[int], first: int = 0) -> ImageSplit:
    """Images that are numbers, no two alike, with classes in a mixed order."""
    own = np.repeat(np.arange(len(sizes)), sizes)[np.random.default_rng(sum(sizes)).permutation(sum(sizes))]
    pixels = np.arange(first, first + len(own), dtype="<u4").view(np.uint8).reshape(-1, 1, 2, 2)
    return ImageSplit(pixels, own)


def classes(count: int) -> tuple[str, ...]:
    return tuple(f"c{number}" for number in range(count))


def marks_of(part: ImageSplit) -> set[bytes]:
    return set(fingerprints(part.images))


def quota(sizes: list[int], share: Fraction) -> np.ndarray:
    """What each class has of the whole number of images that a split takes."""
    return np.array(sizes) * round(share * sum(sizes)) / sum(sizes)


@given(SIZES)
@example([4, 4, 4, 35])
def test_whole_data_are_split_by_class(sizes: list[int]) -> None:
    whole = numbered(sizes)
    data = split(Given("made", "made up", classes(len(sizes)), {ALL: whole}))
    counts = {name: np.bincount(data.splits[name].labels, minlength=len(sizes)) for name in SPLITS}
    assert sum(counts.values()).tolist() == sizes  # type: ignore[union-attr]
    assert all((counts[name] >= 1).all() for name in SPLITS)
    fifth = quota(sizes, Fraction(1, 5))
    assert (np.abs(counts["validation"] - fifth) < 1).all()
    assert (np.abs(counts["test"] - fifth) < 1).all()
    assert marks_of(whole) == set().union(*(marks_of(data.splits[name]) for name in SPLITS))
    known = dict(zip(fingerprints(whole.images), whole.labels, strict=True))
    for part in data.splits.values():
        assert [known[mark] for mark in fingerprints(part.images)] == part.labels.tolist()


@given(SIZES, st.lists(st.integers(3, 9), min_size=6, max_size=6), st.sampled_from([Fraction(1, 5), Fraction(1, 6)]))
def test_a_published_training_set_gives_its_share(sizes: list[int], tested: list[int], share: Fraction) -> None:
    train, test = numbered(sizes), numbered(tested[: len(sizes)], 10_000)
    data = split(Given("made", "made up", classes(len(sizes)), {"train": train, "test": test}, True, share=share))
    found = np.bincount(data.splits["validation"].labels)
    assert (np.abs(found - quota(sizes, share)) < 1).all()
    if min(sizes) >= 6:
        assert found.sum() == round(share * sum(sizes))
    assert np.array_equal(data.splits["test"].images, test.images)
    assert np.array_equal(data.splits["test"].labels, test.labels)
    assert len(data.splits["train"].labels) + found.sum() == sum(sizes)


@given(st.lists(st.lists(st.integers(1, 12), min_size=3, max_size=8), min_size=2, max_size=4))
def test_copies_of_an_image_share_a_split_that_others_have_too(copies: list[list[int]]) -> None:
    single = numbered([len(own) for own in copies])
    times = np.array([copies[label].pop() for label in single.labels])
    whole = ImageSplit(np.repeat(single.images, times, axis=0), np.repeat(single.labels, times))
    data = split(Given("made", "made up", classes(len(copies)), {ALL: whole}))
    seen = [marks_of(data.splits[name]) for name in SPLITS]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]
    assert sum(len(part.labels) for part in data.splits.values()) == len(whole.labels)
    for part in data.splits.values():
        assert set(part.labels.tolist()) == set(range(len(copies)))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(0, 60))
def test_seats_are_within_one_of_the_quota(sizes: list[int], total: int) -> None:
    seats = apportioned(sizes, total)
    for count, size in zip(seats, sizes, strict=True):
        assert count >= 1
        assert count == 1 or abs(count - size * total / sum(sizes)) < 1
    assert sum(max(0, count) for count in seats) >= total


def test_a_split_is_fixed_and_another_for_another_published_set() -> None:
    whole = numbered([20, 20])
    one, again, renamed = (
        split(Given(name, "made up", ("a", "b"), {ALL: whole})) for name in ("mine", "mine", "renamed")
    )
    assert one.checksum == again.checksum == renamed.checksum
    mnist, cifar = (split(Given(name, name, ("a", "b"), {ALL: whole}, published=True)) for name in ("mnist", "cifar10"))
    assert len({one.checksum, mnist.checksum, cifar.checksum}) == 3


def test_training_images_of_a_published_test_set_are_left_out() -> None:
    train, test = numbered([20, 20]), numbered([5, 5], 10_000)
    images = train.images.copy()
    images[[3, 17, 18]] = test.images[[0, 0, 4]]
    data = split(Given("mnist", "MNIST", ("a", "b"), {"train": ImageSplit(images, train.labels), "test": test}, True))
    kept = [data.splits["train"], data.splits["validation"]]
    assert sum(len(part.labels) for part in kept) == 37
    assert len(kept[1].labels) == 8
    assert not marks_of(test) & (marks_of(kept[0]) | marks_of(kept[1]))
    assert "; 3 training images that also lie in its test set were left out" in data.origin


def test_contradicting_labels_are_told() -> None:
    images, own = noise(20, 4, 4), labels(2, 10)
    assert "more than one label" not in load_images((images, own)).origin
    images[[3, 5]] = images[0]
    images[7] = images[2]
    data = load_images((images, own))
    assert data.origin.endswith("; 2 of its images lie in it under more than one label.")


def test_a_user_s_splits_that_share_images_are_refused() -> None:
    parts = {"train": numbered([6, 6]), "validation": numbered([3, 3], 100), "test": numbered([3, 3], 200)}
    whole = split(Given("mine", "mine.npz", ("a", "b"), parts))
    assert whole.origin == "mine.npz; split as it was given."
    assert all(np.array_equal(whole.splits[name].images, parts[name].images) for name in SPLITS)
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        images = parts[other].images.copy()
        images[[2, 4]] = parts[one].images[[1, 3]]
        for present in (SPLITS, ("train", "test")):
            if not {one, other} <= set(present):
                continue
            sharing = {**{name: parts[name] for name in present}, other: ImageSplit(images, parts[other].labels)}
            message = (
                f"mine.npz: 2 images of {one} also lie in {other}, such as: image 1 of {one} \\(counted from 0\\) is image 2 of"
                f" {other} .*remove them, or merge the splits into one set"
            )
            with pytest.raises(DataError, match=message):
                split(Given("mine", "mine.npz", ("a", "b"), sharing))


def test_a_class_that_cannot_be_split_is_refused() -> None:
    with pytest.raises(
        DataError, match="class 'c1' has 2 different images to split; expected at least 3, one for each of train"
    ):
        split(Given("mine", "mine", classes(2), {ALL: numbered([9, 2])}))
    twice = ImageSplit(np.repeat(numbered([3, 2]).images, 3, axis=0), np.repeat(numbered([3, 2]).labels, 3))
    with pytest.raises(DataError, match="2 different images"):
        split(Given("mine", "mine", classes(2), {ALL: twice}))
    with pytest.raises(DataError, match="expected at least 2, one for each of train, validation"):
        split(Given("mine", "mine", classes(2), {"train": numbered([9, 1]), "test": numbered([9, 1], 100)}))
    smallest = split(Given("mine", "mine", classes(2), {ALL: numbered([3, 3])}))
    assert [sorted(smallest.splits[name].labels.tolist()) for name in SPLITS] == [[0, 1]] * 3


def test_a_class_that_a_split_lacks_is_refused() -> None:
    parts = {"train": numbered([4, 4, 4]), "test": numbered([4, 4], 100)}
    with pytest.raises(DataError, match="class 'c2' has no image in test; expected every class in each split: add"):
        split(Given("mine", "mine", classes(3), parts))


def test_one_class_is_refused() -> None:
    with pytest.raises(DataError, match=r"it has 1 class \('7'\); expected at least two"):
        load_images((noise(9, 4, 4), [7] * 9))  # type: ignore[arg-type]
