"""The shipped table of NAS-Bench-201, for each of its data sets."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.table import Table

DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
CIFAR10, CIFAR100, IMAGENET = TABLES = tuple(NASBench201(dataset) for dataset in DATASETS)
SPACE = CIFAR10.space
EVERY = np.arange(15_625)
HAND_DESIGNED = (3, 0, 3, 1, 0, 1)

each_table = pytest.mark.parametrize("table", TABLES, ids=DATASETS)


def save(manifest: Manifest) -> None:
    (manifest.folder / "manifest.toml").write_text(manifest.dump(), encoding="utf-8")


def rewrite(table: type[Table], file: str, values: np.ndarray) -> None:
    """Replace a column and its checksum, so that only what it holds is wrong."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    (table.folder / file).write_bytes(buffer.getvalue())
    manifest, sha256 = Manifest.load(table.folder), hashlib.sha256(buffer.getvalue()).hexdigest()
    columns = [replace(column, sha256=sha256) if column.file == file else column for column in manifest.columns]
    save(replace(manifest, columns=columns))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
