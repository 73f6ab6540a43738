"""Tiny files in the layouts of published image sets."""

from __future__ import annotations

import gzip
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np


def noise(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    """Images no two of which are alike."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def labels(classes: int, each: int) -> np.ndarray:
    return np.tile(np.arange(classes), each)


class _Python2(pickle._Pickler):
    """Writes bytes as texts of Python 2, of which published files consist."""

    dispatch: ClassVar[dict[type, Callable[..., None]]] = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)  # type: ignore[attr-defined]
        self.memoize(value)  # type: ignore[attr-defined]

    dispatch[bytes] = save_bytes


def python2(content: dict[bytes, Any]) -> bytes:
    file = io.BytesIO()
    _Python2(file, 2).dump(content)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def mnist(folder: Path, train: np.ndarray, test: np.ndarray, packed: bool = False) -> None:
    """Images in the layout of MNIST, with labels 0 .. 9 in turn."""
    for name, images in (("train", train), ("t10k", test)):
        for kind, array in (("images-idx3", images), ("labels-idx1", np.arange(len(images)) % 10)):
            content = idx(array)
            write(
                folder / f"{name}-{kind}-ubyte{'.gz' if packed else ''}", gzip.compress(content) if packed else content
            )


def cifar10_pickles(root: Path, train: np.ndarray, test: np.ndarray) -> None:
    """Rows of pixels in five batches and one, with labels 0 .. 9 in turn."""
    folder = root / "cifar-10-batches-py"
    numbers = np.arange(len(train)) % 10
    for number, (rows, own) in enumerate(zip(np.split(train, 5), np.split(numbers, 5), strict=True), 1):
        content = {b"batch_label": b"training batch", b"labels": own.tolist(), b"data": rows, b"filenames": [b"a.png"]}
        write(folder / f"data_batch_{number}", python2(content))
    content = {b"labels": (np.arange(len(test)) % 10).tolist(), b"data": test}
    write(folder / "test_batch", python2(content))
    write(folder / "batches.meta", python2({b"label_names": [b"kind %d" % n for n in range(10)], b"num_vis": 3072}))


def cifar10_records(root: Path, train: np.ndarray, test: np.ndarray) -> None:
    folder = root / "cifar-10-batches-bin"
    for number, part in enumerate(np.split(records(train, np.arange(len(train)) % 10), 5), 1):
        write(folder / f"data_batch_{number}.bin", part.tobytes())
    write(folder / "test_batch.bin", records(test, np.arange(len(test)) % 10).tobytes())
    write(folder / "batches.meta.txt", "\n".join(f"kind{n}" for n in range(10)).encode() + b"\n\n")


def records(rows: np.ndarray, *numbers: np.ndarray) -> np.ndarray:
    return np.concatenate([*(one.astype(np.uint8)[:, None] for one in numbers), rows], axis=1)


def imagenet16(
    root: Path, train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray
) -> None:
    """Rows of pixels in ten batches and one; labels begin at 1, and those above 120 are of classes that are not taken."""
    folder = root / "ImageNet16"
    parts = zip(np.array_split(train, 10), np.array_split(train_labels, 10), strict=True)
    for number, (rows, own) in enumerate(parts, 1):
        content = {"data": rows, "labels": own.tolist(), "mean": rows.mean(0)}
        write(folder / f"train_data_batch_{number}", pickle.dumps(content, protocol=4))
    write(folder / "val_data", pickle.dumps({"data": test, "labels": list(test_labels)}, protocol=2))
