"""Published image sets: where their files lie, how these are read, and how to get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from nasbed.benchmarks.training.data.splitting import ALL, FIFTH
from nasbed.benchmarks.training.images import formats
from nasbed.benchmarks.training.images.images import ImageSplit
from nasbed.benchmarks.training.images.splits import Given
from nasbed.errors import DataError, named

Read = tuple[tuple[str, ...], ImageSplit, ImageSplit]
"""Names of the classes, the published training set and the published test set."""
_DIGITS = tuple(str(digit) for digit in range(10))
_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
)  # fmt: skip
_CLASSES_16 = 120
"""How many classes of ImageNet16 are taken: its first, of which each is called by its number, from 1."""


@dataclass(frozen=True)
class Published:
    """A published set: the folders that may hold it below a root, each with its reader, and how to get it there."""

    title: str
    layouts: Mapping[str, Callable[[Path], Read]]
    remedy: str
    share: Fraction
    augmentation: tuple[str, ...] = ()

    def read(self, name: str, root: Path) -> Given:
        """The set in the first of its folders that is there; ``name`` is what it is called here.

        Raises :class:`~nasbed.errors.DataError`, which says how to get it, where it is missing or damaged.
        """
        remedy = self.remedy.format(root=repr(str(root)), folder=named(root / next(iter(self.layouts))))
        for layout, reader in self.layouts.items():
            folder = root / layout
            if not folder.is_dir():
                continue
            try:
                classes, train, test = reader(folder)
                _require_alike(train, test, len(classes))
            except FileNotFoundError as error:
                raise DataError(f"{self.title}: {named(error.filename)} is missing; {remedy}") from None
            except OSError as error:
                raise DataError(f"{self.title}: cannot read {named(error.filename)}: {error.strerror}") from None
            except DataError as error:
                raise DataError(f"{self.title}: {error}; delete {named(folder)}, then {remedy}") from None
            parts = {"train": train, "test": test}
            return Given(name, f"{self.title} as published", classes, parts, True, self.augmentation, self.share)
        looked = " nor ".join(named(root / layout) for layout in self.layouts)
        raise DataError(f"{self.title}: there is no folder {looked}; {remedy}")


def _require_alike(train: ImageSplit, test: ImageSplit, classes: int) -> None:
    """Images of one size, and labels of so many classes."""
    one, other = train.images.shape[1:], test.images.shape[1:]
    if one != other:
        raise DataError(f"images to train on are {one} and those to test {other}; expected one shape")
    labels = np.concatenate([train.labels, test.labels])
    if (odd := labels[(labels < 0) | (labels >= classes)]).size:
        raise DataError(f"it holds the label {odd[0]}; expected 0 .. {classes - 1}")


def digits() -> Given:
    """The digits of scikit-learn: 1,797 grey images of 8 x 8 pixels in 0 .. 16, without a split of their own."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = bunch.images.astype(np.uint8)[:, None]
    parts = {ALL: ImageSplit(images, bunch.target.astype(np.int64))}
    return Given("digits", "the digits of scikit-learn", _DIGITS, parts, published=True)


def _mnist(classes: tuple[str, ...]) -> Callable[[Path], Read]:
    def read(folder: Path) -> Read:
        parts = []
        for part in ("train", "t10k"):
            images, labels = (
                formats.read_idx(folder / f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1")
            )
            if images.ndim != 3 or labels.shape != (len(images),):
                raise DataError(
                    f"{named(folder)}: {part} images are {images.shape}, labels {labels.shape}; expected a label an image"
                )
            parts.append(ImageSplit(images[:, None], labels.astype(np.int64)))
        return classes, parts[0], parts[1]

    return read


def _cifar10_pickles(folder: Path) -> Read:
    batches = [formats.read_batch(folder / f"data_batch_{number}", "labels", 32) for number in range(1, 6)]
    test = formats.read_batch(folder / "test_batch", "labels", 32)
    return _names(folder / "batches.meta", "label_names"), formats.joined(batches), test


def _cifar100_pickles(folder: Path) -> Read:
    train, test = (formats.read_batch(folder / part, "fine_labels", 32) for part in ("train", "test"))
    return _names(folder / "meta", "fine_label_names"), train, test


def _names(path: Path, key: str) -> tuple[str, ...]:
    found = formats.read_pickle(path).get(key)
    if not isinstance(found, list):
        raise DataError(f"{named(path)} has no list {key!r} of names of classes")
    return tuple(formats.as_text(name) for name in found)


def _cifar10_records(folder: Path) -> Read:
    batches = [formats.read_records(folder / f"data_batch_{number}.bin", 1) for number in range(1, 6)]
    return (
        _lines(folder / "batches.meta.txt"),
        formats.joined(batches),
        formats.read_records(folder / "test_batch.bin", 1),
    )


def _cifar100_records(folder: Path) -> Read:
    train, test = (formats.read_records(folder / f"{part}.bin", 2) for part in ("train", "test"))
    return _lines(folder / "fine_label_names.txt"), train, test


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8", errors="replace").split())


def _imagenet16(folder: Path) -> Read:
    train = [_first_classes(folder / f"train_data_batch_{number}") for number in range(1, 11)]
    names = tuple(str(number) for number in range(1, _CLASSES_16 + 1))
    return names, formats.joined(train), _first_classes(folder / "val_data")


def _first_classes(path: Path) -> ImageSplit:
    batch = formats.read_batch(path, "labels", 16)
    kept = (batch.labels >= 1) & (batch.labels <= _CLASSES_16)
    return ImageSplit(batch.images[kept], batch.labels[kept] - 1)


def _torchvision(name: str) -> str:
    return f'fetch it with: python -c "import torchvision; torchvision.datasets.{name}({{root}}, download=True)"'


SETS = {
    "mnist": Published("MNIST", {"MNIST/raw": _mnist(_DIGITS)}, _torchvision("MNIST"), Fraction(1, 6)),
    "fashion_mnist": Published(
        "Fashion-MNIST", {"FashionMNIST/raw": _mnist(_CLOTHES)}, _torchvision("FashionMNIST"), Fraction(1, 6)
    ),
    "cifar10": Published(
        "CIFAR-10",
        {"cifar-10-batches-py": _cifar10_pickles, "cifar-10-batches-bin": _cifar10_records},
        _torchvision("CIFAR10"),
        FIFTH,
        ("crop", "flip"),
    ),
    "cifar100": Published(
        "CIFAR-100",
        {"cifar-100-python": _cifar100_pickles, "cifar-100-binary": _cifar100_records},
        _torchvision("CIFAR100"),
        FIFTH,
        ("crop", "flip"),
    ),
    "imagenet16_120": Published(
        "ImageNet16-120",
        {"ImageNet16": _imagenet16},
        "get the folder ImageNet16 as NAS-Bench-201 publishes it (train_data_batch_1 .. 10 and val_data), and put it at {folder}",
        FIFTH,
        ("crop", "flip"),
    ),
}
"""The published sets that are read from files, by name."""
