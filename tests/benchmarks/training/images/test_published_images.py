"""Published image sets: tiny ones in their layouts, and what is said where files are missing or damaged."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_files import (
    cifar10_pickles,
    cifar10_records,
    idx,
    imagenet16,
    labels,
    mnist,
    noise,
    python2,
    records,
    write,
)

from nasbed.benchmarks.training.images import SPLITS, ImageData, load_images
from nasbed.errors import DataError

TRAIN, TEST = noise(100, 3072), noise(30, 3072, seed=1)


def counts(data: ImageData) -> list[int]:
    return [len(data.splits[name].labels) for name in SPLITS]


def assert_holds(data: ImageData, train: np.ndarray, test: np.ndarray, classes: int) -> None:
    """Each image has the label that its place in the files gives."""
    assert np.array_equal(data.splits["test"].images, test)
    assert np.array_equal(data.splits["test"].labels, np.arange(len(test)) % classes)
    places = {image.tobytes(): place for place, image in enumerate(train)}
    seen = []
    for name in ("train", "validation"):
        images, own = data.splits[name]
        found = [places[image.tobytes()] for image in images]
        assert [place % classes for place in found] == own.tolist()
        seen += found
    assert sorted(seen) == list(range(len(train)))


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read(name: str, folder: str, packed: bool, tmp_path: Path) -> None:
    train, test = noise(120, 7, 5), noise(30, 7, 5, seed=1)
    mnist(tmp_path / folder / "raw", train, test, packed)
    data = load_images(name, tmp_path)
    assert_holds(data, train[:, None], test[:, None], 10)
    assert counts(data) == [100, 20, 30]
    assert (data.colours, data.height, data.width, data.augmentation) == (1, 7, 5, ())
    assert data.classes[9] == ("9" if name == "mnist" else "Ankle boot")
    assert data.origin == (
        f"{'MNIST' if name == 'mnist' else 'Fashion-MNIST'} as published; its test set is the test split, and 20 of its training"
        " images validate, stratified by class."
    )


def test_cifar10_is_one_set_as_pickles_and_as_records(tmp_path: Path) -> None:
    cifar10_pickles(tmp_path / "a", TRAIN, TEST)
    cifar10_records(tmp_path / "b", TRAIN, TEST)
    one, other = load_images("cifar10", tmp_path / "a"), load_images("cifar10", str(tmp_path / "b"))
    assert_holds(one, TRAIN.reshape(-1, 3, 32, 32), TEST.reshape(-1, 3, 32, 32), 10)
    assert counts(one) == [80, 20, 30]
    assert one.augmentation == ("crop", "flip")
    assert one.classes == tuple(f"kind {n}" for n in range(10))
    assert other.classes == tuple(f"kind{n}" for n in range(10))
    for name in SPLITS:
        for mine, its in zip(one.splits[name], other.splits[name], strict=True):
            assert np.array_equal(mine, its)


def test_cifar100_is_one_set_as_pickles_and_as_records(tmp_path: Path) -> None:
    train, test = noise(1000, 3072), noise(100, 3072, seed=1)
    names = [f"kind{n}" for n in range(100)]
    for part, rows in (("train", train), ("test", test)):
        own = np.arange(len(rows)) % 100
        content = {b"fine_labels": own.tolist(), b"coarse_labels": (own // 5).tolist(), b"data": rows}
        write(tmp_path / "a" / "cifar-100-python" / part, python2(content))
        write(tmp_path / "b" / "cifar-100-binary" / f"{part}.bin", records(rows, own // 5, own).tobytes())
    write(tmp_path / "a" / "cifar-100-python" / "meta", python2({b"fine_label_names": [n.encode() for n in names]}))
    write(tmp_path / "b" / "cifar-100-binary" / "fine_label_names.txt", "\n".join(names).encode())
    one, other = load_images("cifar100", tmp_path / "a"), load_images("cifar100", tmp_path / "b")
    assert_holds(one, train.reshape(-1, 3, 32, 32), test.reshape(-1, 3, 32, 32), 100)
    assert counts(one) == [800, 200, 100]
    assert one.classes == tuple(names)
    assert one.checksum == other.checksum


def test_the_first_120_classes_of_imagenet16_are_read(tmp_path: Path) -> None:
    train, test = noise(130 * 5, 768), noise(130 * 2, 768, seed=1)
    own = [1 + labels(130, each) for each in (5, 2)]
    imagenet16(tmp_path, train, own[0], test, own[1])
    data = load_images("imagenet16_120", tmp_path)
    kept = [rows[numbers <= 120].reshape(-1, 3, 16, 16) for rows, numbers in zip((train, test), own, strict=True)]
    assert_holds(data, *kept, 120)
    assert counts(data) == [480, 120, 240]
    assert data.classes == tuple(str(n) for n in range(1, 121))
    assert (data.augmentation, data.height) == (("crop", "flip"), 16)


def test_training_images_that_are_tested_are_left_out(tmp_path: Path) -> None:
    train = TRAIN.copy()
    train[[4, 14]] = TEST[[3, 3]]
    cifar10_records(tmp_path, train, TEST)
    data = load_images("cifar10", tmp_path)
    assert counts(data) == [78, 20, 30]
    assert data.origin.endswith(
        "; 2 training images that also lie in its test set were left out; 1 of its images lie in it under more than one label."
    )


def test_sets_are_looked_for_in_the_data_home(own_home: Path) -> None:
    cifar10_records(own_home / "images", TRAIN, TEST)
    assert counts(load_images("cifar10")) == [80, 20, 30]
    with pytest.raises(
        DataError, match=re.escape(f"MNIST: there is no folder {own_home / 'images' / 'MNIST' / 'raw'};")
    ):
        load_images("mnist")


@pytest.mark.parametrize(
    ("name", "folders", "command"),
    [
        ("mnist", ["MNIST/raw"], "MNIST"),
        ("fashion_mnist", ["FashionMNIST/raw"], "FashionMNIST"),
        ("cifar10", ["cifar-10-batches-py", "cifar-10-batches-bin"], "CIFAR10"),
        ("cifar100", ["cifar-100-python", "cifar-100-binary"], "CIFAR100"),
    ],
)
def test_a_set_that_is_missing_is_looked_for_and_can_be_fetched(
    name: str, folders: list[str], command: str, tmp_path: Path
) -> None:
    looked = " nor ".join(str(tmp_path / folder) for folder in folders)
    fetch = f'python -c "import torchvision; torchvision.datasets.{command}({str(tmp_path)!r}, download=True)"'
    with pytest.raises(DataError, match=re.escape(f"there is no folder {looked}; fetch it with: {fetch}")):
        load_images(name, tmp_path)


def test_a_missing_imagenet16_says_where_to_put_it(tmp_path: Path) -> None:
    message = f"there is no folder {tmp_path / 'ImageNet16'}; get the folder ImageNet16 as NAS-Bench-201 publishes it"
    with pytest.raises(DataError, match=f"{re.escape(message)}.* put it at {re.escape(str(tmp_path / 'ImageNet16'))}$"):
        load_images("imagenet16_120", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    cifar10_pickles(tmp_path, TRAIN, TEST)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").unlink()
    with pytest.raises(DataError, match=r"CIFAR-10: .*data_batch_3 is missing; fetch it with: python -c"):
        load_images("cifar10", tmp_path)
    mnist(tmp_path / "MNIST" / "raw", noise(60, 4, 4), noise(30, 4, 4, seed=1))
    (tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match=r"MNIST: .*t10k-labels-idx1-ubyte is missing; fetch it with: python -c"):
        load_images("mnist", tmp_path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    cifar10_pickles(tmp_path, TRAIN, TEST)
    (tmp_path / "cifar-10-batches-py" / "test_batch").unlink()
    (tmp_path / "cifar-10-batches-py" / "test_batch").mkdir()
    with pytest.raises(DataError, match=r"CIFAR-10: cannot read .*test_batch: "):
        load_images("cifar10", tmp_path)


class Evil:
    def __reduce__(self) -> Any:
        return print, ("evil",)


GOOD = {b"labels": [0, 1], b"data": TRAIN[:2]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({b"labels": Evil()}, 2), "the pickle asks for .*print, which is not admitted: refused before anything ran"),
        (python2(GOOD)[:900], "damaged pickle"),
        (pickle.dumps([1], 2), "holds a list; expected a dictionary"),
        (python2({b"data": TRAIN[:2]}), "test_batch holds 'data', and no 'labels'"),
        (python2({**GOOD, b"data": TRAIN[:2, :5]}), r"'data' is uint8 of shape \(2, 5\); expected uint8 of shape \(count, 3,072\)"),
        (python2({**GOOD, b"data": TRAIN[:2].astype(float)}), "'data' is float64 of shape"),
        (python2({**GOOD, b"data": b"text"}), "'data' is str; expected uint8"),
        (python2({**GOOD, b"labels": [0]}), r"'labels' is int64 of shape \(1,\); expected 2 whole numbers"),
        (python2({**GOOD, b"labels": [0.5, 1]}), "'labels' is float64"),
        (python2({**GOOD, b"labels": [0, [1]]}), "'labels' is no list of numbers"),
        (python2({**GOOD, b"labels": [0, 10]}), "holds the label 10; expected 0 .. 9"),
        (python2({**GOOD, b"labels": [0, -1]}), "holds the label -1; expected 0 .. 9"),
    ],
)  # fmt: skip
def test_damaged_pickles_are_refused(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cifar10_pickles(tmp_path, TRAIN, TEST)
    write(tmp_path / "cifar-10-batches-py" / "test_batch", content)
    with pytest.raises(DataError, match=f"^CIFAR-10: .*{message}.*; delete .*cifar-10-batches-py, then fetch it with"):
        load_images("cifar10", tmp_path)
    assert capsys.readouterr().out == ""


def test_names_of_classes_are_a_list(tmp_path: Path) -> None:
    cifar10_pickles(tmp_path, TRAIN, TEST)
    write(tmp_path / "cifar-10-batches-py" / "batches.meta", python2({b"label_names": b"cat"}))
    with pytest.raises(DataError, match=r"batches\.meta has no list 'label_names' of names of classes; delete"):
        load_images("cifar10", tmp_path)


def test_records_that_are_cut_are_refused(tmp_path: Path) -> None:
    cifar10_records(tmp_path, TRAIN, TEST)
    for content in (b"", b"\0" * 3074):
        write(tmp_path / "cifar-10-batches-bin" / "data_batch_2.bin", content)
        with pytest.raises(
            DataError, match=f"data_batch_2.bin has {len(content):,} bytes; expected records of 3,073; delete"
        ):
            load_images("cifar10", tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("images-idx3", b"", "t10k-images-idx3-ubyte is no idx file of bytes"),
        ("images-idx3", b"\0\0\x08", "is no idx file of bytes"),
        ("images-idx3", b"\0\0\x0d\1\0\0\0\0", "is no idx file of bytes"),
        ("images-idx3", idx(noise(3, 4, 4))[:-1], r"has 47 bytes of data; expected 48, for \[3, 4, 4\]"),
        (
            "images-idx3",
            idx(noise(29, 4, 4)),
            r"t10k images are \(29, 4, 4\), labels \(30,\); expected a label an image",
        ),
        ("images-idx3", idx(noise(30, 4)), "is no idx file of bytes along one or three axes"),
        ("images-idx3", idx(noise(30)), r"t10k images are \(30,\)"),
        ("images-idx3", idx(noise(30, 5, 4)), r"images to train on are \(1, 4, 4\) and those to test \(1, 5, 4\)"),
        ("labels-idx1", idx(np.arange(30)), "holds the label 10; expected 0 .. 9"),
    ],
)
def test_damaged_idx_files_are_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    mnist(folder, noise(60, 4, 4), noise(30, 4, 4, seed=1))
    write(folder / f"t10k-{name}-ubyte", content)
    with pytest.raises(DataError, match=f"^MNIST: .*{message}"):
        load_images("mnist", tmp_path)


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "MNIST" / "raw"
    mnist(folder, noise(60, 4, 4), noise(30, 4, 4, seed=1), packed=True)
    path = folder / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for content in (whole[:200], b"text", whole[:30] + b"\xff" * 40 + whole[70:]):
        write(path, content)
        with pytest.raises(
            DataError, match=r"train-images-idx3-ubyte\.gz cannot be read: .*delete .*then fetch it with"
        ):
            load_images("mnist", tmp_path)
