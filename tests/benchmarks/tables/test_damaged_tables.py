"""Damaged columns and manifests are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from shipped import CIFAR10, flip, rewrite
from tiny_tables import tiny

from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError

VALIDATION, TEST, TIME = "cifar10/validation_accuracy.npy", "cifar10/test_accuracy.npy", "cifar10/training_time.npy"


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "flipped bit": flip,
    "flipped magic": lambda path: path.write_bytes(b"\x00" + path.read_bytes()[1:]),
    "broken header": lambda path: path.write_bytes(path.read_bytes().replace(b"{", b"(", 1)),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "header only": lambda path: path.write_bytes(path.read_bytes()[:128]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\x00"),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: path.rename(path.with_suffix(".old")).with_suffix(".npy").mkdir(),
    "a pickle": lambda path: path.write_bytes(b"\x80\x04N."),
    "another column": lambda path: path.write_bytes((path.parent / "latency.npy").read_bytes()),
}


@pytest.mark.parametrize("file", sampled([VALIDATION, TEST, TIME], 4))
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_column_is_refused_by_name(copied: type[NASBench201], damage: str, file: str) -> None:
    DAMAGE[damage](copied.folder / file)
    table = copied("cifar10")
    with pytest.raises(DataError, match=file) as refused:
        table.referee() if file == TEST else table.oracle("draw")
    assert "name the folder of a whole table, or make it again" in str(refused.value)


def test_any_flipped_bit_of_a_column_is_refused_with_our_error(tmp_path: Path) -> None:
    manifest = tiny(tmp_path / "tiny", np.ones((2, 2))).manifest
    (column, *_) = manifest.columns
    path = manifest.folder / column.file
    good = path.read_bytes()
    refused = 0
    for bit in range(8 * len(good)):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(content))
        with pytest.raises(DataError, match=column.file):
            manifest.read(column)
        refused += 1
    assert refused == 8 * len(good)


@pytest.mark.parametrize(
    ("file", "shape"),
    [
        (VALIDATION, (15_624, 3)),
        (VALIDATION, (15_625,)),
        (VALIDATION, (3, 15_625)),
        (VALIDATION, (15_625, 2)),
        (VALIDATION, (15_625, 4)),
        (VALIDATION, (15_625, 3, 1)),
        (TIME, (15_625, 1)),
        (TIME, (0,)),
        (TIME, ()),
    ],
)
def test_a_column_of_another_shape_is_refused_by_name(
    copied: type[NASBench201], file: str, shape: tuple[int, ...]
) -> None:
    rewrite(copied, file, np.ones(shape, dtype=np.uint16))
    with pytest.raises(DataError, match=rf"{file} .*shape"):
        copied("cifar10").oracle("draw")


@pytest.mark.parametrize("cost", [0.0, -1.0, np.nan, np.inf])
def test_a_cost_that_is_not_positive_is_refused(copied: type[NASBench201], cost: float) -> None:
    costs = np.array(CIFAR10.costs)
    costs[123] = cost
    rewrite(copied, TIME, costs)
    table = copied("cifar10")
    for ask in (table.oracle, table.typical, table.cheapest):
        with pytest.raises(DataError, match="nasbench201/cifar10: costs must be finite and positive"):
            ask()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[[columns]]", "[[columns", 1),
        lambda text: text.replace('licence = "', 'license = "', 1),
        lambda text: text.replace('report = "test"\n', "", 1),
        lambda text: text.replace('unit = "%"\n', "", 1),
        lambda text: text.replace('unit = "%"\n', 'unit = "%"\nextra = 1\n', 1),
        lambda text: text[: text.index("[[columns]]")],
        lambda text: text[: text.index("[[columns]]")].replace("format = 1", "format = 1\ncolumns = 3"),
        lambda text: text + "\x00",
    ],
    ids=["syntax", "unknown key", "missing key", "column lacks key", "column key", "no columns", "columns 3", "null"],
)
def test_a_malformed_manifest_is_refused_by_name(copied: type[NASBench201], change: Callable[[str], str]) -> None:
    path = copied.folder / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        copied("cifar10")
    assert str(refused.value).startswith(f"{path} is damaged: ")
    assert str(refused.value).endswith("; name the folder of a whole table, or make it again")


def test_a_manifest_that_is_not_text_is_refused_by_name(copied: type[NASBench201]) -> None:
    path = copied.folder / "manifest.toml"
    path.write_bytes(b"\xff" + path.read_bytes())
    with pytest.raises(DataError) as refused:
        copied.datasets()
    assert str(refused.value).startswith(f"{path} is damaged: ")


@pytest.mark.parametrize(("line", "found"), [("format = 2", "2"), ('format = "1"', "'1'"), ("", "None")])
def test_another_format_is_refused_by_name(copied: type[NASBench201], line: str, found: str) -> None:
    path = copied.folder / "manifest.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("format = 1", line, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        copied("cifar10")
    assert str(refused.value) == (
        f"{path} has format {found}; this nasbed reads 1; name the folder of a whole table, or make it again"
    )


def test_a_folder_without_a_manifest_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        Manifest.load(tmp_path / "absent")
    assert str(refused.value) == (
        f"no table in {tmp_path / 'absent'}: manifest.toml is missing; name the folder of a whole table, or make it again"
    )


def test_a_file_where_the_folder_should_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=str(tmp_path / "file")):
        Manifest.load(tmp_path / "file")


def test_a_folder_where_the_manifest_should_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").mkdir()
    with pytest.raises(DataError, match=str(tmp_path)):
        Manifest.load(tmp_path)
