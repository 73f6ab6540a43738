"""NAS-Bench-201 and NATS-Bench from files in the exact official layout, made here, and from the official samples."""

from __future__ import annotations

import bz2
import copy
import io
import os
import pickle
import re
import shutil
import struct
import sys
import types
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forking import Command
from places import SHARED, needs_shared
from scipy.stats import chisquare

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import (
    _bounds,
    _folder,
    _pickles,
    _staging,
    _torchfile,
    nasbench201_official,
    nats_size,
    nats_topology,
)
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest, Split
from nasbed.benchmarks.tables.table import Table
from nasbed.check import check_benchmark
from nasbed.errors import ArchitectureError, DataError, NasbedError
from nasbed.streams import stream

SAMPLE = SHARED / "data" / "nats-bench-sample"
TSS, SSS = "NATS-tss-v1_0-3ffb9-simple", "NATS-sss-v1_0-50262-simple"
SIZE = NATSSizeSpace()
COUNT = 4
FIRST = {module: module.LAYOUT.texts()[:COUNT] for module in (nats_topology, nats_size, nasbench201_official)}
DATASETS = _staging.DATASETS
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("ori-test", "x-valid", "x-test"),
    "ImageNet16-120": ("ori-test", "x-valid", "x-test"),
}
Record = dict[str, Any]
States = dict[Any, Any]


def quiet(what: str, done: int, total: int) -> None:
    assert what in ("reading", "writing")
    assert 0 <= done <= total


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spaces hold their first four architectures, so that a whole import is quick."""
    for module, texts in FIRST.items():
        monkeypatch.setattr(module, "LAYOUT", replace(module.LAYOUT, texts=lambda texts=texts: list(texts)))


# files in the official layout


def record(dataset: str, seed: int, epochs: int, text: str) -> Record:
    """The state of one training, with numbers of its own."""
    rng = np.random.default_rng([DATASETS.index(dataset), seed, epochs, *text.encode()])
    seconds, passes = float(rng.uniform(5, 20)), float(rng.uniform(0.5, 2))

    def accuracies(name: str) -> list[float]:
        images = _staging.PARTS[dataset, name].images
        return [100.0 * int(count) / images for count in rng.integers(0, images + 1, epochs)]

    made: Record = {
        "name": dataset,
        "train_acc1es": dict(enumerate(accuracies("train"))),
        "train_acc5es": None,
        "train_losses": dict(enumerate(rng.random(epochs).tolist())),
        "train_times": OrderedDict((epoch, seconds) for epoch in range(epochs)),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": text, "class_num": 10},
        "params": np.float64(0.129306),
        "flop": 15.64737,
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [np.float64(seconds / 1000)],
        "eval_names": list(SETS[dataset]),
        "eval_acc1es": {},
        "eval_times": {},
        "eval_losses": {},
        "net_state_dict": None,
    }
    for name in SETS[dataset]:
        whole = epochs < 200 or (name == "x-valid") == (dataset == "cifar10-valid")
        values = accuracies(name)
        for epoch in range(epochs):
            key = f"{name}@{epoch}"
            made["eval_times"][key] = passes
            if (whole and name != "x-test") or epoch == epochs - 1 or epochs < 200:
                made["eval_acc1es"][key] = values[epoch]
                made["eval_losses"][key] = float(rng.random())
    return made


def state(index: int, text: str, epochs: int, seeds: dict[str, list[int]]) -> States:
    results = {(name, seed): record(name, seed, epochs, text) for name in reversed(DATASETS) for seed in seeds[name]}
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": results,
        "dataset_seed": seeds,
        "clear_net_done": True,
    }


def topology(index: int) -> States:
    """The states of one cell: three seeds of 200 epochs for even indices, two for odd ones."""
    made: States = pickle.loads(pickled_cell(index))
    return made


@cache
def pickled_cell(index: int) -> bytes:
    text = nats_topology.LAYOUT.texts()[index]
    less = {name: [111, 777] if name == "cifar10-valid" else [111] for name in DATASETS}
    full = {name: [777, 888] if index % 2 else [777, 888, 999] for name in DATASETS}
    return pickle.dumps(OrderedDict({"12": state(index, text, 12, less), "200": state(index, text, 200, full)}), 4)


def size(index: int) -> States:
    text = nats_size.LAYOUT.texts()[index]
    seeds = {"01": (1, [777]), "12": (12, [777, 888, 999]), "90": (90, [777])}
    return OrderedDict(
        {key: state(index, text, epochs, dict.fromkeys(DATASETS, some)) for key, (epochs, some) in seeds.items()}
    )


def listed(states: dict[int, States] | None, texts: list[str]) -> Record:
    return {
        "meta_archs": texts,
        "total_archs": len(texts),
        "arch2infos": states,
        "evaluated_indexes": set(states or ()),
    }


def packed(content: object) -> bytes:
    return bz2.compress(pickle.dumps(content, 4))


def unpacked(path: Path) -> Any:
    return _pickles.load(bz2.decompress(path.read_bytes()), _torchfile.ADMITTED)


def nats_folder(folder: Path, states: dict[int, States], texts: list[str]) -> Path:
    folder.mkdir()
    (folder / "meta.pickle.pbz2").write_bytes(packed(listed(None, texts)))
    for index, one in states.items():
        (folder / f"{index:06d}.pickle.pbz2").write_bytes(packed(one))
    return folder


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nats_folder(tmp_path_factory.mktemp("whole") / TSS, cells(), FIRST[nats_topology])


@pytest.fixture
def folder(whole_folder: Path, tmp_path: Path) -> Path:
    """A NATS folder of all four cells."""
    return shutil.copytree(whole_folder, tmp_path / TSS)


def legacy(content: object, pickled: bytes | None = None) -> bytes:
    """What ``torch.save`` wrote until version 1.5: five pickles, and then the numbers of the tensors."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = [0x1950A86A20F9469CFC6C, 1001, system]
    body = pickle.dumps(content, 2) if pickled is None else pickled
    return (
        b"".join(pickle.dumps(part, 2) for part in head)
        + body
        + pickle.dumps(["0"], 2)
        + struct.pack("<q4f", 4, 1, 2, 3, 4)
    )


def zipped(content: object, pickled: bytes | None = None) -> bytes:
    """What it writes since."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, 2) if pickled is None else pickled)
        archive.writestr("archive/data/0", struct.pack("<4f", 1, 2, 3, 4))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def pth(states: dict[int, States]) -> Record:
    """The content of a NAS-Bench-201 file."""
    both = {index: {"full": one["200"], "less": one["12"]} for index, one in states.items()}
    return listed(both, nats_topology.LAYOUT.texts())


def cells() -> dict[int, States]:
    return {index: topology(index) for index in range(COUNT)}


def bring(name: str, path: Path) -> Manifest:
    return convert.import_table(name, path, quiet)


def sums(manifest: Manifest) -> dict[str, str]:
    return {column.file: column.sha256 for column in manifest.columns}


# the size space


def test_the_size_space_is_the_product_of_its_widths_in_order() -> None:
    assert (len(SIZE), SIZE.choices) == (32_768, (8,) * 5)
    assert [SIZE.format(SIZE.archs[i]) for i in (0, 1, 11, 284, 32_767)] == [
        "8:8:8:8:8", "8:8:8:8:16", "8:8:8:16:32", "8:8:40:32:40", "64:64:64:64:64",
    ]  # fmt: skip
    assert [SIZE.parse(SIZE.format(arch)) for arch in SIZE.archs] == list(SIZE.archs)
    assert [SIZE.index(arch) for arch in SIZE.archs] == list(range(32_768))
    assert SIZE.parse(" 00284 ") == SIZE.archs[284]
    assert len(set(SIZE.neighbours(SIZE.archs[99]))) == 35


@pytest.mark.parametrize("text", ["8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:9", "8:8:8:8:08", "a", "", "8:8:8:8:-8", "²"])
def test_other_widths_are_refused(text: str) -> None:
    expected = re.escape("expected 5 widths of 8, 16, 24, 32, 40, 48, 56, 64, as 8:16:24:32:40, or an index")
    with pytest.raises(ArchitectureError, match=f"^malformed architecture '.*': {expected}$"):
        SIZE.parse(text)


@pytest.mark.parametrize("text", ["32768", "9" * 5000])
def test_an_index_outside_the_size_space_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match=r"^index \d+ is outside 0 \.\. 32767$"):
        SIZE.parse(text)


def test_a_mutation_is_a_uniform_neighbour_and_encodings_are_injective() -> None:
    rng, arch = stream(3, "nats_size", "mutate"), SIZE.archs[12_345]
    counts = Counter(SIZE.mutate(arch, rng) for _ in range(7_000))
    assert set(counts) == set(SIZE.neighbours(arch))
    assert 1e-4 < chisquare(list(counts.values())).pvalue < 1 - 1e-4
    assert SIZE.encode((0, 1, 2, 3, 7), "widths").tolist() == [0.125, 0.25, 0.375, 0.5, 1.0]
    for encoding in SIZE.encodings:
        assert len({SIZE.encode(some, encoding).tobytes() for some in SIZE.archs[::7]}) == len(SIZE.archs[::7])


@needs_shared
@pytest.mark.parametrize(("folder", "module"), [(TSS, nats_topology), (SSS, nats_size)])
def test_the_order_is_that_of_the_official_lists(folder: str, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    meta = unpacked(SAMPLE / folder / "meta.pickle.pbz2")
    monkeypatch.undo()
    assert meta["meta_archs"] == module.LAYOUT.texts()


# torch files without torch


@pytest.mark.parametrize("write", [legacy, zipped])
def test_a_torch_file_is_read_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[object], bytes]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # its import fails
    content = {
        "ordered": OrderedDict(b=1, a=[2.5, None, True]),
        "set": {1, 2},
        "numbers": [np.float64(0.1), np.float32(0.5), np.int64(-7), np.float64(0.1).astype(">f8")],
        "key": {("cifar10", 777): "x"},
    }
    path = tmp_path / "file.pth"
    path.write_bytes(write(content))
    assert _torchfile.load(path) == content
    shown: list[Record] = []
    assert _torchfile.load(path, lambda made: shown.append(dict(made))) == content
    assert shown == [content["ordered"], content]


def test_numbers_of_numpy_1_and_2_are_admitted() -> None:
    new = pickle.dumps({"a": np.float64(0.25)}, 2)
    for core in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        old = re.sub(rb"numpy\._?core\.multiarray", core, new)
        assert _pickles.load(old, _torchfile.ADMITTED) == {"a": 0.25}


@needs_shared
def test_an_official_torch_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    content = _torchfile.load(SHARED / "data" / "nasbench201-official-order" / "meta-node-4.pth")
    assert content["archs"] == nats_topology.LAYOUT.texts()


class Tensor:
    """Stands for a tensor of torch."""


@pytest.fixture
def tensor(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], bytes]:
    """Pickles content, a ``Tensor`` as torch pickles its own."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    storage = type("FloatStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2() -> None:
        raise AssertionError("a tensor was made")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    vars(torch).update(FloatStorage=storage, _utils=utils)
    vars(utils).update(_rebuild_tensor_v2=_rebuild_tensor_v2)

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return ("storage", storage, "0", "cpu", 4) if isinstance(obj, Storage) else None

        def reducer_override(self, obj: object) -> Any:
            arguments = (Storage(), 0, (4,), (1,), False, OrderedDict())
            return (_rebuild_tensor_v2, arguments) if isinstance(obj, Tensor) else NotImplemented

    def pickled(content: object) -> bytes:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "torch", torch)
            patch.setitem(sys.modules, "torch._utils", utils)
            buffer = io.BytesIO()
            Pickler(buffer, 2).dump(content)
        return buffer.getvalue()

    return pickled


@pytest.mark.parametrize("write", [legacy, zipped])
def test_tensors_are_left_out(tmp_path: Path, tensor: Callable[[object], bytes], write: Callable[..., bytes]) -> None:
    weights = OrderedDict(weight=Tensor(), bias=Tensor())
    vars(weights)["_metadata"] = OrderedDict(version=1)
    path = tmp_path / "file.pth"
    path.write_bytes(write(None, tensor({"net_state_dict": weights, "flop": 2.5})))
    assert _torchfile.load(path) == {"net_state_dict": {"weight": None, "bias": None}, "flop": 2.5}


def bad_pickle(tmp_path: Path) -> object:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    return {"meta_archs": [Evil()], "b": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda p: legacy(bad_pickle(p)), r"the pickle asks for \w+\.mkdir, which is not admitted: refused before anything ran"),
        (lambda p: zipped(bad_pickle(p)), r"the pickle asks for \w+\.mkdir, which is not admitted: refused before anything ran"),
        (lambda p: legacy({"a": 1})[:-80], r"damaged pickle: "),
        (lambda p: zipped({"a": 1})[:-30], r"a damaged or truncated torch file: File is not a zip file"),
        (lambda p: zipped({"a": "x" * 999}).replace(b"x" * 999, b"y" * 999), r"damaged pickle: BadZipFile: Bad CRC-32"),
        (lambda p: b"PK\x03\x04", r"a damaged or truncated torch file: File is not a zip file"),
        (lambda p: b"", r"not a torch file, neither of the zip nor of the legacy format"),
        (lambda p: b"\x80\x02K\x01.\x80\x02K\x02.", r"not a torch file, neither of the zip nor of the legacy format$"),
        (lambda p: b"name,accuracy\n", r"not a torch file, neither of the zip nor of the legacy format"),
        (lambda p: legacy(np.complex128(1)), r"a numpy number of type 'c16'; expected one of f8, f4, f2, i8, i4, b1"),
        (lambda p: legacy(None, b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R."),
         r"bytes in the encoding 'zlib'; expected latin1"),
    ],
)  # fmt: skip
def test_other_torch_files_are_refused(tmp_path: Path, content: Callable[[Path], bytes], message: str) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(content(tmp_path))
    for built in (None, lambda made: None):
        with pytest.raises(DataError, match=f"^{message}"):
            _torchfile.load(path, built)
    assert not (tmp_path / "ran").exists()


def test_a_zip_file_without_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DataError, match=r"^a zip file with 0 entries data\.pkl; a torch file has one$"):
        _torchfile.load(path)


# streams


def streamed(content: bytes, built: Callable[[Record], object]) -> Any:
    source = _bounds.Bounded(io.BytesIO(content), len(content))
    return _pickles.stream(source, _torchfile.ADMITTED, lambda made: bool(built(made)))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_stream_gives_what_loading_gives(protocol: int) -> None:
    content = pickle.dumps([topology(1), topology(1), "cifar10"], protocol)
    assert streamed(content, lambda made: None) == _pickles.load(content, _torchfile.ADMITTED)


def test_what_a_stream_shows_is_complete_and_may_be_emptied() -> None:
    shown = []

    def built(made: Record) -> None:
        if "x" in made:
            shown.append(made.pop("x"))

    content = pickle.dumps([{"x": index, "y": {"z": 1, "t": "x"}} for index in range(3)], 4)
    assert streamed(content, built) == [{"y": {"z": 1, "t": "x"}}] * 3
    assert shown == [0, 1, 2]


def test_a_dictionary_that_was_emptied_is_not_given_again() -> None:
    shared = {"x": 1, "y": 2}
    with pytest.raises(DataError, match=r"^two records share a dictionary, which cannot be read as a stream$"):
        streamed(pickle.dumps([shared, shared], 4), lambda made: made.clear())


def test_a_pickle_that_no_pickler_writes_is_refused() -> None:
    with pytest.raises(DataError, match=r"^memo entry 5 follows 0 entries, which no pickler writes$"):
        streamed(b"\x80\x02}q\x05.", lambda made: None)


# imports


def expected(manifest: Manifest, column: Column, states: dict[int, States]) -> np.ndarray:
    """What the official records say of a column, in its unit; ``nan`` where nothing was recorded."""
    epochs = column.at or [column.epochs]
    values = np.full((COUNT, len(manifest.runs), len(epochs)), np.nan)
    for index, one in states.items():
        for part in one.values():
            for (dataset, seed), trial in part["all_results"].items():
                if (dataset, trial["epochs"]) == (column.dataset, column.epochs or max(manifest.epochs)):
                    run = manifest.runs.index(str(int(seed)))
                    values[index, run] = [recorded(column, trial, epoch - 1) for epoch in epochs]
    if "run" not in column.axes:
        return np.array(
            [np.mean(runs[~np.isnan(runs)]) if np.isfinite(runs).any() else np.nan for runs in values[..., 0]]
        )
    return values if "epoch" in column.axes else values[..., 0]


def recorded(column: Column, trial: Record, epoch: int) -> float:
    names = {_staging.PARTS[column.dataset, name].split: name for name in ("train", *SETS[column.dataset])}
    match column.metric:
        case "accuracy" | "loss":
            kind = "acc1es" if column.metric == "accuracy" else "losses"
            name = names[column.split]
            found = (
                trial[f"train_{kind}"].get(epoch) if name == "train" else trial[f"eval_{kind}"].get(f"{name}@{epoch}")
            )
            return float("nan") if found is None else float(found)
        case "training_time":
            return float(sum(trial["train_times"].values()))
        case "evaluation_time":
            return float(trial["eval_times"][f"{names[column.split]}@{column.epochs - 1}"])
        case "latency":
            return float(trial["latency"][0])
        case "recorded_parameters":
            return float(trial["params"])
        case "parameters" | "flops":
            return float(round(1e6 * trial["params" if column.metric == "parameters" else "flop"]))
        case "recorded_flops":
            return float(trial["flop"])
    raise AssertionError(column.metric)


def require_all_recorded(manifest: Manifest, states: dict[int, States]) -> None:
    for column in manifest.columns:
        if column.metric in ("parameters", "flops"):  # computed, and the numbers of these records are made up
            continue
        want = expected(manifest, column, states)
        for place, epoch in enumerate(column.at or [None]):
            ours = manifest.read(column, epoch)
            theirs = want if epoch is None else want[..., place]
            exact = column.metric != "loss"
            np.testing.assert_allclose(ours, theirs, rtol=1e-15 if exact else 6e-8, err_msg=column.file)


def test_every_number_of_the_topology_files_is_there_again(folder: Path, own_home: Path) -> None:
    states = cells()
    manifest = bring("nats_topology", folder)
    assert manifest.folder == own_home / "nats_topology"
    assert (manifest.runs, manifest.datasets, manifest.epochs) == (
        ["111", "777", "888", "999"],
        list(DATASETS),
        [12, 200],
    )
    assert (manifest.space, manifest.architectures, manifest.report) == ("nasbench201", COUNT, "test")
    assert manifest.title == "NATS-Bench, topology space (NATS-tss-v1_0-3ffb9)"
    assert manifest.sources[-1] == "official files: NATS-tss-v1_0-3ffb9"
    manifest.verify()
    require_all_recorded(manifest, states)
    assert len(manifest.columns) == 114
    for dataset, splits in {
        "cifar10-valid": {"train": 200, "validation": 200, "test": 0},
        "cifar10": {"train": 200, "test": 200},
        "cifar100": {"train": 200, "validation": 0, "test": 0, "mixture": 200},
        "ImageNet16-120": {"train": 200, "validation": 0, "test": 0, "mixture": 200},
    }.items():
        for metric in ("accuracy", "loss"):
            made = [c for c in manifest.columns if (c.dataset, c.epochs, c.metric) == (dataset, 200, metric)]
            assert {column.split: len(column.at) for column in made} == splits
            assert all(bool(column.images) == (metric == "accuracy") for column in made)
    accuracy = manifest.column("ImageNet16-120", "accuracy", "train", 200)
    assert np.load(manifest.folder / accuracy.file).dtype == np.uint32
    assert accuracy.origin.startswith("ImageNet16-120, train: trained on 151,700 images")
    seconds = manifest.column("cifar100", "training_time", epochs=200)
    assert (seconds.axes, seconds.unit, seconds.direction) == (["architecture", "run"], "s", "minimise")


def test_every_number_of_the_size_files_is_there_again(tmp_path: Path) -> None:
    states = {index: size(index) for index in range(COUNT)}
    manifest = bring("nats_size", nats_folder(tmp_path / SSS, states, nats_size.LAYOUT.texts()))
    assert (manifest.runs, manifest.epochs, manifest.space) == (["777", "888", "999"], [1, 12, 90], "nats_size")
    require_all_recorded(manifest, states)
    assert manifest.column("cifar100", "accuracy", "train", 1).at == [1]
    assert "epoch" not in manifest.column("cifar100", "accuracy", "validation", 1).axes


def test_all_official_forms_give_the_same_columns(tmp_path: Path, folder: Path) -> None:
    states, texts = cells(), nats_topology.LAYOUT.texts()
    before = sums(bring("nats_topology", folder))
    single = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
    single.write_bytes(packed(listed(states, texts)))
    assert sums(bring("nats_topology", single)) == before
    for name, content in (("NAS-Bench-201-v1_1-096897.pth", legacy(pth(states))), ("newer.pth", zipped(pth(states)))):
        (tmp_path / name).write_bytes(content)
        assert sums(bring("nasbench201_official", tmp_path / name)) == before
        named = "NAS-Bench-201-v1_1-096897" if "v1_1" in name else "version not named"
        assert home.load("nasbench201_official").sources[-1] == f"official files: {named}"
    archive = tmp_path / "NAS-Bench-201-v1_1-archive"
    archive.mkdir()
    for index, one in pth(states)["arch2infos"].items():
        (archive / f"{index:06d}-FULL.pth").write_bytes(legacy(one))
    assert sums(bring("nasbench201_official", archive)) == before


def test_seeds_that_are_text_are_numbers(tmp_path: Path, folder: Path) -> None:
    states, texts = cells(), nats_topology.LAYOUT.texts()
    before = sums(bring("nats_topology", folder))
    for one in states.values():
        for part in one.values():
            part["dataset_seed"] = {
                name: [f"{seed:04d}" for seed in seeds] for name, seeds in part["dataset_seed"].items()
            }
            part["all_results"] = {(name, f"{seed:04d}"): trial for (name, seed), trial in part["all_results"].items()}
            for trial in part["all_results"].values():
                trial["seed"] = int(trial["seed"])
    assert sums(bring("nats_topology", nats_folder(tmp_path / "text", states, texts))) == before


def test_splits_that_the_files_lack_have_no_column_and_are_refused(tmp_path: Path) -> None:
    """As in v1_0, which has 12-epoch trainings on cifar10-valid alone; and without the times."""
    states = cells()
    for one in states.values():
        less = one["12"]
        less["dataset_seed"] = {"cifar10-valid": [111, 777]}
        less["all_results"] = {key: trial for key, trial in less["all_results"].items() if key[0] == "cifar10-valid"}
        for trial in less["all_results"].values():
            trial.update(train_times=None, eval_times={}, latency=None)
    path = tmp_path / "NAS-Bench-201-v1_0-e61699.pth"
    path.write_bytes(legacy(pth(states)))
    manifest = bring("nasbench201_official", path)
    short = {(c.dataset, c.metric, c.split) for c in manifest.columns if c.epochs == 12}
    assert {(dataset, metric) for dataset, metric, _ in short} == {
        ("cifar10-valid", name) for name in ("accuracy", "loss", "recorded_parameters", "recorded_flops")
    }
    with pytest.raises(
        DataError, match=r"has no accuracy \(test, 12 epochs\) for cifar10; it has accuracy \(train, 200 epochs\)"
    ):
        manifest.column("cifar10", "accuracy", "test", 12)


def test_what_is_odd_is_kept_as_it_is(tmp_path: Path) -> None:
    """Accuracies that are no counts, times that differ, passes that differ, losses that diverge, and no latency."""
    states = cells()
    first = states[0]["200"]["all_results"]
    first["cifar10", 777]["train_acc1es"][3] = 50.00123
    first["cifar10", 777]["train_losses"][199] = float("nan")
    first["cifar10", 777]["train_losses"][198] = 1e300
    first["cifar100", 888]["train_times"][0] += 1.0
    first["cifar100", 888]["eval_times"]["x-valid@0"] *= 3
    for trial in states[1]["200"]["all_results"].values():
        trial.update(latency=[-1.0], params=None, flop=None)
    first["cifar10", 999]["flop"] = 17.0
    for trial in states[2]["12"]["all_results"].values():
        trial["params"] = float(trial["seed"])
    manifest = bring("nats_topology", nats_folder(tmp_path / TSS, states, nats_topology.LAYOUT.texts()))

    accuracy = manifest.column("cifar10", "accuracy", "train", 200)
    assert accuracy.images == 0
    assert manifest.read(accuracy, 4)[0, 1] == pytest.approx(50.00123, abs=1e-5)
    losses = manifest.column("cifar10", "loss", "train", 200)
    assert np.isnan(manifest.read(losses, 200)[0, 1])
    assert np.isinf(manifest.read(losses, 199)[0, 1])
    seconds = manifest.column("cifar100", "training_time", epochs=200)
    assert (seconds.axes[-1], seconds.at) == ("epoch", list(range(1, 201)))
    times = list(first["cifar100", 888]["train_times"].values())
    assert [manifest.read(seconds, epochs)[0, 2] for epochs in (1, 2, 200)] == [sum(times[:n]) for n in (1, 2, 200)]
    passes = manifest.read(manifest.column("cifar100", "evaluation_time", "validation", 200))
    assert passes[0, 2] == pytest.approx(first["cifar100", 888]["eval_times"]["x-valid@1"] * 202 / 200)
    assert np.isnan(manifest.read(manifest.column("cifar10", "latency", epochs=200))[1]).all()
    assert np.isnan(manifest.read(manifest.column("cifar10", "latency"))[1])
    assert manifest.read(manifest.column("cifar10", "recorded_flops", epochs=200))[0] == 15.64737
    assert np.isnan(manifest.read(manifest.column("cifar10", "recorded_flops", epochs=200))[1])
    assert np.isnan(manifest.read(manifest.column("cifar10-valid", "recorded_parameters", epochs=12))[2])
    assert manifest.read(manifest.column("cifar10", "recorded_parameters", epochs=12))[2] == 111


def test_a_sample_is_imported_only_where_that_is_asked_for(tmp_path: Path, own_home: Path) -> None:
    states, texts = {2: topology(2)}, nats_topology.LAYOUT.texts()
    folder = nats_folder(tmp_path / TSS, states, texts)
    single = tmp_path / "single.pickle.pbz2"
    single.write_bytes(packed(listed(states, texts)))
    for path in (folder, single):
        with pytest.raises(
            DataError, match=r"holds 1 architectures; NATS-Bench, topology space has 4, and all are needed$"
        ):
            bring("nats_topology", path)
        nats_topology.convert([path], tmp_path / "partial", quiet, partial=True)
        manifest = Manifest.load(tmp_path / "partial")
        manifest.verify()
        require_all_recorded(manifest, states)
        counts = np.load(manifest.folder / manifest.column("cifar10", "accuracy", "test", 200).file)
        assert (counts[[0, 1, 3]] == MISSING).all()
    assert home.imported() == []
    assert list(own_home.iterdir()) == []


@needs_shared
@pytest.mark.parametrize(
    ("folder", "name", "module"), [(TSS, "nats_topology", nats_topology), (SSS, "nats_size", nats_size)]
)
def test_every_number_of_the_official_sample_is_there(
    tmp_path: Path, folder: str, name: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a copy whose list ends after the last architecture of the sample, so that the table is small."""
    texts = unpacked(SAMPLE / folder / "meta.pickle.pbz2")["meta_archs"][:285]
    monkeypatch.setattr(module, "LAYOUT", replace(module.LAYOUT, texts=lambda: texts))
    monkeypatch.setattr(sys.modules[__name__], "COUNT", 285)
    states = {index: unpacked(SAMPLE / folder / f"{index:06d}.pickle.pbz2") for index in (0, 11, 284)}
    copied = nats_folder(tmp_path / folder, {}, texts)
    for index in states:
        shutil.copy(SAMPLE / folder / f"{index:06d}.pickle.pbz2", copied)
    module.convert([copied], tmp_path / name, quiet, partial=True)
    manifest = Manifest.load(tmp_path / name)
    assert all(bool(column.images) for column in manifest.columns if column.metric == "accuracy")
    for column in manifest.columns:
        want = expected(manifest, column, states)[[0, 11, 284]]
        for place, epoch in enumerate(column.at or [None]):
            ours = np.array(manifest.read(column, epoch))
            assert column.metric in ("parameters", "flops") or np.isnan(np.delete(ours, [0, 11, 284], axis=0)).all()
            tolerance = {"accuracy": 5e-7, "loss": 6e-8}.get(column.metric, 1e-15)
            np.testing.assert_allclose(
                ours[[0, 11, 284]], want if epoch is None else want[..., place], rtol=tolerance, err_msg=column.file
            )
    if name == "nats_topology":
        accuracy = manifest.read(manifest.column("cifar100", "accuracy", "test", 200))
        assert accuracy[0, 1:].tolist() == pytest.approx([51.98, 53.68, 53.28], abs=0.8)
        assert (
            manifest.read(manifest.column("ImageNet16-120", "training_time", epochs=200))[11, 1] == 15123.952127329534
        )
    else:
        assert manifest.read(manifest.column("cifar10-valid", "accuracy", "validation", 1))[0, 0] == 28.7
        assert manifest.read(manifest.column("cifar10", "training_time", epochs=90))[284, 0] == 550.899338722229


# bad input


TRIAL = ("cifar100", 777)
LESS, FULL, ONE = ("12",), ("200",), ("200", "all_results", TRIAL)
Change = Callable[[States], object]


def at(states: States, path: tuple[Any, ...]) -> dict[Any, Any]:
    for key in path:
        states = states[key]
    return states


def put(path: tuple[Any, ...], **values: object) -> Change:
    return lambda states: at(states, path).update(values)


def enter(path: tuple[Any, ...], key: object, value: object) -> Change:
    return lambda states: at(states, path).update({key: value})


def drop(path: tuple[Any, ...], *keys: object) -> Change:
    return lambda states: [at(states, path).pop(key) for key in keys]


def rename(path: tuple[Any, ...], before: object, after: object) -> Change:
    return lambda states: at(states, path).update({after: at(states, path).pop(before)})


def swap_schedules(states: States) -> None:
    states["12"], states["200"] = states["200"], states["12"]


def double(states: States) -> None:
    states["200"]["all_results"]["cifar100", "0777"] = copy.deepcopy(at(states, ONE))


def without_cifar10(states: States) -> None:
    del states["12"]["dataset_seed"]["cifar10"], states["12"]["all_results"]["cifar10", 111]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(LESS, arch_str="8:8:8:8:8"),
         r"architecture 2 is '8:8:8:8:8'; NATS-Bench, topology space has '\|avg_pool_3x3~0\|.*' there"),
        (put(LESS, arch_str=FIRST[nats_topology][1]), r"architecture 2 is '\|nor_conv_3x3~0\|.*' there"),
        (put(FULL, arch_index=4), r"architecture 4 is '.*'; NATS-Bench, topology space has 'no architecture' there"),
        (put(FULL, arch_index=1, arch_str=FIRST[nats_topology][1]), r"architecture 1 has two records of 200 epochs"),
        (rename((), "12", "01"), r"architecture 2 holds '200', '01'; expected '12', '200'"),
        (drop((), "12"), r"architecture 2 holds '200'; expected '12', '200'"),
        (swap_schedules, r"'12' of architecture 2 is the record of architecture 2 after 200 epochs"),
        (drop(LESS, "arch_str"), r"no arch_str of type str: not an official file of NAS-Bench-201 or NATS-Bench"),
        (put(LESS, all_results=[]), r"no all_results of type dict: not an official file"),
        (put(LESS, all_results={}),
         r"architecture 2 has records of nothing after no epochs; its dataset_seed lists ImageNet16-120 111, "),
        (enter(("200", "all_results"), ("cifar10", 777), record("cifar10", 777, 12, "")),
         r"architecture 2 has records of .* after 12 and 200 epochs; its dataset_seed lists"),
        (drop(("200", "all_results"), TRIAL),
         r"architecture 2 has records of .* after 200 epochs; its dataset_seed lists .*cifar100 777"),
        (rename(("200", "all_results"), TRIAL, ("cifar100", 111)),
         r"architecture 2: the record of cifar100, seed 111 is of cifar100, seed 777, or there are two"),
        (double, r"architecture 2: the record of cifar100, seed '0777' is of cifar100, seed 777, or there are two"),
        (put(ONE, name="svhn"),
         r"a training of 200 epochs on 'svhn' with seed 777; expected 12, 200 epochs on cifar10-valid, .* with seeds 111, "),
        (put(ONE, seed=5), r"a training of 200 epochs on 'cifar100' with seed 5; expected .* with seeds 111, 777, 888, 999"),
        (put(ONE, epochs=90), r"a training of 90 epochs on 'cifar100' with seed 777; expected"),
        (drop(ONE, "flop"), r"the record of a training is not as official ones: KeyError: 'flop'"),
        (put(ONE, seed="x"), r"the record of a training is not as official ones: ValueError: "),
        (enter(("200", "all_results"), 777, {}), r"the record of architecture 2 is not as official ones: TypeError: cannot unpack"),
        (enter(("200", "all_results"), ("cifar10", 888), 7), r"the record of architecture 2 is not as official ones: TypeError: "),
        (enter(("200", "dataset_seed"), "cifar10", ["x"]), r"the record of architecture 2 is not as official ones: ValueError: "),
        (put(FULL, dataset_seed=None), r"no dataset_seed of type dict: not an official file"),
        (enter((*ONE, "train_losses"), 200, 1.0), r".*official ones: ValueError: epochs 0 \.\. 200 of 200"),
        (enter((*ONE, "train_times"), -1, 1.0), r".*official ones: ValueError: epochs -1 \.\. 199 of 200"),
        (put(ONE, train_losses=[1.0]), r".*official ones: AttributeError: 'list' object has no attribute 'values'"),
        (enter((*ONE, "eval_losses"), "ori-test@200", 1.0), r".*official ones: KeyError: 'ori-test@200'"),
        (enter(("200", "all_results", ("cifar10", 777), "eval_acc1es"), "x-valid@9", 1.0),
         r".*official ones: KeyError: 'x-valid@9'"),
        (enter((*ONE, "eval_losses"), "ori-test@9", "low"),
         r".*official ones: ValueError: could not convert string to float: 'low'"),
        (enter((*ONE, "train_acc1es"), 7, 101.0), r"cifar100, seed 777: an accuracy outside 0 \.\. 100 %"),
        (enter((*ONE, "eval_acc1es"), "ori-test@7", -1.0), r"cifar100, seed 777: an accuracy outside 0 \.\. 100 %"),
        (without_cifar10,
         r"the 12-epoch trainings of architecture 2 are on cifar10-valid, cifar100, ImageNet16-120, those before on cifar10-valid,"
         r" cifar10, cifar100, ImageNet16-120: files of different versions are mixed"),
    ],
)  # fmt: skip
def test_records_that_do_not_fit_are_refused(folder: Path, own_home: Path, change: Change, message: str) -> None:
    states = topology(2)
    change(states)
    path = folder / "000002.pickle.pbz2"
    path.write_bytes(packed(states))
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: {message}"):
        bring("nats_topology", folder)
    assert list(own_home.iterdir()) == []


def lists(texts: list[Any]) -> Callable[[Path], object]:
    return lambda folder: (folder / "meta.pickle.pbz2").write_bytes(packed(listed(None, texts)))


def third(content: Callable[[Path], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / "000002.pickle.pbz2").write_bytes(content(folder))


def moved(before: str, after: str) -> Callable[[Path], object]:
    return lambda folder: (folder / before).rename(folder / after)


NOT_ADMITTED = r"the pickle asks for \w+\.mkdir, which is not admitted: refused before anything ran"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lists(FIRST[nats_size]),
         r"/meta.*: lists 4 architectures; number 0 is '8:8:8:8:8'; expected the 4 of NATS-Bench, topology space, in"),
        (lists(FIRST[nats_topology][:3]),
         r"/meta.*: lists 3 architectures; expected the 4 of NATS-Bench, topology space, in order"),
        (lists(FIRST[nats_topology][::-1]), r"/meta.*: lists 4 architectures; number 0 is '\|.*'; expected the 4 of"),
        (lists([None] * 4), r"/meta.*: lists 4 architectures; number 0 is 'None'; expected"),
        (lambda f: (f / "meta.pickle.pbz2").write_bytes(packed(None)),
         r"/meta.*: no meta_archs of type list: not an official file"),
        (moved("meta.pickle.pbz2", "mata"),
         r" has no meta\.pickle\.pbz2; name the official folder of nats_topology, or its single file"),
        (moved("000003.pickle.pbz2", "3"), r" holds 3 architectures; NATS-Bench, topology space has 4, and all are needed"),
        (lambda f: (f / "000004.pickle.pbz2").write_bytes(b""),
         r" holds 5 architectures; NATS-Bench, topology space has 4, and all"),
        (lambda f: shutil.copy(f / "000003.pickle.pbz2", f / "3.pickle.pbz2"),
         r"/3\.p.*: architecture 3 has two records of 12 epochs"),
        (moved("000003.pickle.pbz2", "000005.pickle.pbz2"),
         r"/000005.*: '12' of architecture 5 is the record of architecture 3 after 12"),
        (third(lambda f: packed(topology(2))[:-100]),
         r"/000002.*: not a whole bz2 file: Compressed file ended before the end-of-stream"),
        (third(lambda f: b"<html>"), r"/000002.*: not a whole bz2 file: Invalid data stream"),
        (third(lambda f: b""), r"/000002.*: not a whole bz2 file: Compressed file ended before the end-of-stream"),
        (third(lambda f: bz2.compress(pickled_cell(2)[:-1])), r"/000002.*: damaged pickle: "),
        (third(lambda f: packed([1])), r"/000002.*: architecture 2 holds list; expected '12', '200'"),
        (third(lambda f: packed(bad_pickle(f))), rf"/000002.*: {NOT_ADMITTED}"),
        (third(lambda f: packed(size(2))), r"/000002.*: architecture 2 holds '01', '12', '90'; expected '12', '200'"),
        (lambda f: [(f / "000002.pickle.pbz2").unlink(), (f / "000002.pickle.pbz2").mkdir()],
         r"/000002.*: not a whole bz2 file: .*directory"),
    ],
)  # fmt: skip
def test_folders_that_are_not_whole_are_refused_and_the_old_table_survives(
    folder: Path, own_home: Path, change: Callable[[Path], object], message: str
) -> None:
    before = bring("nats_topology", folder)
    change(folder)
    with pytest.raises(DataError, match=f"^{re.escape(str(folder))}{message}"):
        bring("nats_topology", folder)
    after = home.load("nats_topology")
    after.verify()
    assert after == before
    assert [path.name for path in own_home.iterdir()] == ["nats_topology"]
    assert not (folder / "ran").exists()


def single(texts: list[str] | None = None, count: int = COUNT) -> Record:
    """The content of a single file of NATS-Bench, whose list is another on request."""
    return listed({index: topology(index) for index in range(count)}, texts or FIRST[nats_topology])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nats_topology", lambda p: packed(single())[:-999],
         ": damaged pickle: EOFError: Compressed file ended before the end-of-stream"),
        ("nats_topology", lambda p: b"PK\x03\x04", ": damaged pickle: OSError: Invalid data stream"),
        ("nats_topology", lambda p: packed(bad_pickle(p)), f": {NOT_ADMITTED}"),
        ("nats_topology", lambda p: packed([1, 2]), ": no arch2infos of type dict: not an official file"),
        ("nats_topology", lambda p: packed(listed(None, FIRST[nats_topology])),
         ": no arch2infos of type dict: not an official file"),
        ("nats_topology", lambda p: packed(single(FIRST[nats_size])),
         ": lists 4 architectures; number 0 is '8:8:8:8:8'; expected the 4"),
        ("nats_size", lambda p: packed(single()),
         ": a training of 12 epochs on 'ImageNet16-120' with seed 111; expected 1, 12, 90 epochs"),
        ("nasbench201_official", lambda p: legacy(pth(cells()))[:-99_999], ": damaged pickle: "),
        ("nasbench201_official", lambda p: zipped(pth(cells()))[:-99_999],
         ": a damaged or truncated torch file: File is not a zip file"),
        ("nasbench201_official", lambda p: legacy(bad_pickle(p)), f": {NOT_ADMITTED}"),
        ("nasbench201_official", lambda p: packed(single()), ": not a torch file, neither of the zip nor of the legacy format"),
        ("nasbench201_official", lambda p: legacy(single()), ": architecture 0 holds '12', '200'; expected 'less', 'full'"),
        ("nasbench201_official", lambda p: legacy(pth({0: topology(0)})),
         " holds 1 architectures; NAS-Bench-201, official file has 4, and all"),
    ],
)  # fmt: skip
def test_other_single_files_are_refused(
    tmp_path: Path, own_home: Path, name: str, content: Callable[[Path], bytes], message: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content(tmp_path))
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}{message}"):
        bring(name, path)
    assert list(own_home.iterdir()) == []
    assert not (tmp_path / "ran").exists()


def test_an_empty_archive_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"holds 0 architectures; NAS-Bench-201, official file has 4, and all are needed$"
    ):
        bring("nasbench201_official", tmp_path)


def test_a_full_disk_leaves_the_old_table(folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bring("nats_topology", folder)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=1_000))
        with pytest.raises(
            DataError, match=r"has 0\.0 GB free; while it runs this import needs up to 0\.0 GB: set NASBED_DATA"
        ):
            bring("nats_topology", folder)
    resource = pytest.importorskip("resource")
    for limit in (10_000, 100_000):  # bytes that a file may have: less than the rows of 12 epochs, than those of 200
        before_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before_limit[1]))
        try:
            with pytest.raises(
                DataError, match=r"the table 'nats_topology' was not written: File too large: .*nats_topology"
            ):
                bring("nats_topology", folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before_limit)
    assert home.load("nats_topology") == before
    assert [path.name for path in own_home.iterdir()] == ["nats_topology"]


def test_two_imports_at_once_are_kept_apart(folder: Path) -> None:
    with (
        home.claim("nats_topology"),
        pytest.raises(DataError, match=f"process {os.getpid()} is writing the table 'nats_topology' just now"),
    ):
        bring("nats_topology", folder)
    assert bring("nats_topology", folder).architectures == COUNT


def test_columns_on_disk_are_written_as_those_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.lib.format.open_memmap(tmp_path / "big.npy", mode="w+", dtype=np.float32, shape=(1_000, 3))
    values[...] = np.arange(3_000).reshape(1_000, 3)
    column = Column("a/big.npy", "loss", "test", "a", "nats", "minimise", ["architecture", "run"], "made")
    manifest = Manifest(
        tmp_path / "table", "t", "t", "s", 1_000, [1], False, ["1", "2", "3"], "test", "", "", [], ["a"]
    )
    monkeypatch.setattr(_folder, "_BLOCK", 100)
    _folder.write(manifest, [(column, values)])
    assert (tmp_path / "table" / "a" / "big.npy").read_bytes() == (tmp_path / "big.npy").read_bytes()
    Manifest.load(tmp_path / "table").verify()


# commands


def test_the_commands_on_an_imported_table(folder: Path, own_home: Path, command: Command) -> None:
    bring("nats_topology", folder)

    def out(*words: str, code: int = 0) -> str:
        done = command(*words)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    found = out("data", "list")
    assert re.search(r"nats_topology .*NATS-tss-v1_0-3ffb9.* imported", found)
    assert re.search(r"nats_size +NATS-Bench, size space +not here", found)
    assert re.search(r"nasbench201_official +NAS-Bench-201, official file +not here", found)
    assert "cifar100, ori-test: trained on 50,000 images, evaluated on x-valid and x-test together" in out(
        "data", "info", "nats_topology"
    )
    assert "nats_topology: 114 columns are whole" in out("data", "verify", "nats_topology")
    path = own_home / "nats_topology" / "cifar10" / "200" / "test_loss.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "is damaged: its SHA-256 is not the manifest's; import it again" in out(
        "data", "verify", "nats_topology", code=1
    )
    assert "removed" in out("data", "remove", "nats_topology")
    assert list(own_home.iterdir()) == []


def test_the_command_refuses_a_sample(tmp_path: Path, own_home: Path, command: Command) -> None:
    texts = NATSSizeSpace()
    folder = nats_folder(tmp_path / SSS, {2: size(2)}, [texts.format(arch) for arch in texts.archs])
    done = command("data", "import", "nats_size", str(folder))
    assert done.returncode == 2
    assert "holds 1 architectures; NATS-Bench, size space has 32,768, and all are needed" in " ".join(
        done.stderr.split()
    )
    assert list(own_home.iterdir()) == []


@needs_shared
def test_the_command_refuses_the_official_sample(own_home: Path, command: Command) -> None:
    done = command("data", "import", "nats_topology", str(SAMPLE / TSS))
    assert done.returncode == 2
    assert "holds 3 architectures; NATS-Bench, topology space has 15,625, and all are needed" in " ".join(
        done.stderr.split()
    )
    done = command("data", "import", "nats_topology", str(SAMPLE / SSS))
    assert "lists 32,768 architectures; number 0 is '8:8:8:8:8'; expected the 15,625" in " ".join(done.stderr.split())
    assert list(own_home.iterdir()) == []


# benchmarks


def made_up(dataset: str, epochs: int, metric: str, split: Split, images: int = 0, at: Sequence[int] = ()) -> Column:
    return Column(
        f"{dataset}/{epochs}/{split}_{metric}.npy",
        metric,
        split,
        dataset,
        "%" if images else "s",
        "maximise" if images else "minimise",
        ["architecture", "run", *(["epoch"] if at else [])],
        "made",
        epochs,
        images=images,
        at=list(at),
    )


def table(name: str, space: str, schedules: list[int], folder: Path) -> None:
    """A whole table of three runs with made-up numbers; odd indices have no third run."""
    count = 15_625 if space == "nasbench201" else 32_768
    index = np.arange(count, dtype=np.float64)
    columns: list[tuple[Column, np.ndarray]] = []
    splits: list[tuple[str, Split, int, bool]] = [
        ("cifar10-valid", "validation", 25_000, True),
        ("cifar10-valid", "test", 10_000, False),
        ("cifar10", "test", 10_000, True),
        ("cifar100", "validation", 5_000, False),
        ("cifar100", "test", 5_000, False),
        ("cifar100", "mixture", 10_000, True),
    ]
    for dataset, split, images, by_epoch in splits:
        for epochs in schedules:
            at = sorted({1, epochs // 2 or 1, epochs}) if by_epoch else []
            base = (index * 7 % 1_000 + len(split))[:, None] + np.arange(3) * 3 + epochs
            counts = (base[..., None] + np.array(at) if at else base).astype(np.uint16)
            counts[1::2, 2] = MISSING
            columns.append((made_up(dataset, epochs, "accuracy", split, images, at), counts))
            if split == "validation":
                for metric, kind, seconds in (
                    ("training_time", "none", 10.0 * epochs),
                    ("evaluation_time", split, 0.5),
                ):
                    times = np.full((count, 3), seconds) + index[:, None] / count
                    times[1::2, 2] = np.nan
                    columns.append((made_up(dataset, epochs, metric, kind), times))
    for dataset in ("cifar10", "cifar100"):
        file = f"{dataset}/latency.npy"
        columns.append((Column(file, "latency", "none", dataset, "s", "minimise", ["architecture"], "made"), index + 1))
    datasets, runs = ["cifar10-valid", "cifar10", "cifar100"], ["777", "888", "999"]
    _folder.write(
        Manifest(folder / name, name, "made", space, count, schedules, True, runs, "test", "made", "MIT", [], datasets),
        columns,
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tables")
    for name in ("nats_topology", "nasbench201_official"):
        table(name, "nasbench201", [12, 200], folder)
    table("nats_size", "nats_size", [1, 12, 90], folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def whole(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tables))


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", ["nats_topology", "nasbench201_official"])
def test_a_search_on_cifar10_sees_the_halves_and_is_scored_on_the_whole(name: str) -> None:
    made = nasbed.load_benchmark(name)
    assert isinstance(made, Table)
    assert (made.epochs, made.resumable, made.runs, made.label) == ((200,), False, 3, f"{name}/cifar10")
    values, cost = made.oracle()(5, 200, 1)
    assert values == (100 * (35 + len("validation") + 3 + 200 + 200) / 25_000,)
    assert cost == pytest.approx(2000 + 0.5 + 2 * 5 / 15_625)
    assert made.referee().test(np.array([5]))[0] == pytest.approx(100 * (35 + 4 + 1.5 + 400) / 10_000)
    assert made.cheapest() == pytest.approx(2000.5)
    assert made.oracle()(5, 200, 2)[0] == made.oracle()(5, 200, 0)[0]
    assert made.referee().distinct(np.arange(15_625)).max() < 15_625
    rows = {(row["metric"], row["split"], row["epochs"], row["origin"]) for row in made.lookup(made.space.archs[5])}
    assert ("accuracy", "test", 200, "made") in rows


@pytest.mark.usefixtures("whole")
def test_epochs_are_points_of_the_one_training() -> None:
    made = nasbed.load_benchmark("nats_topology", epochs=[1, 100, 200])
    assert (made.epochs, made.resumable) == ((1, 100, 200), True)
    oracle = made.oracle()
    assert [oracle(4, epochs, 0)[0][0] for epochs in made.epochs] == [
        100 * (28 + 10 + 200 + e) / 25_000 for e in (1, 100, 200)
    ]
    assert [oracle(4, epochs, 0)[1] for epochs in made.epochs] == pytest.approx([10.5, 1000.5, 2000.5], abs=1e-3)
    short = nasbed.load_benchmark("nats_topology", schedule=12)
    assert short.epochs == (12,)
    assert short.referee().best() == nasbed.load_benchmark("nats_topology").referee().best()
    with pytest.raises(
        NasbedError,
        match=r"accuracy \(validation\) of the training of 200 epochs was recorded at its end only, not after 100",
    ):
        nasbed.load_benchmark("nats_topology", dataset="cifar100", epochs=[100, 200]).oracle()
    with pytest.raises(NasbedError, match=r"was not recorded after 50 epochs; 1, 100, 200 are there"):
        nasbed.load_benchmark("nats_topology", epochs=[50]).oracle()
    with pytest.raises(NasbedError, match=r"unknown schedule of nats_topology 90; known: 12, 200"):
        nasbed.load_benchmark("nats_topology", schedule=90)


@pytest.mark.usefixtures("whole")
def test_the_size_space_has_three_separate_trainings() -> None:
    made = nasbed.load_benchmark(
        "nats_size", dataset="cifar100", epochs=[1, 12, 90], objectives=["accuracy", "latency"]
    )
    assert (made.epochs, made.resumable, len(made.space)) == ((1, 12, 90), False, 32_768)
    values, cost = made.oracle()(3, 12, 0)
    assert values == (100 * (21 + 10 + 12) / 5_000, -4.0)
    assert cost == pytest.approx(120.5, abs=1e-3)
    assert nasbed.load_benchmark("nats_size").epochs == (90,)
    assert made.referee().distinct(np.array([7])).tolist() == [7]


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", ["nats_topology", "nats_size", "nasbench201_official"])
def test_what_is_not_there_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(
        NasbedError,
        match=rf"unknown data set of {name} 'cifar10-valid'; did you mean 'cifar10'\? known: cifar10, cifar100",
    ):
        nasbed.load_benchmark(name, dataset="cifar10-valid")
    with pytest.raises(NasbedError, match=rf"{name} has no accuracy \(validation, \d+ epochs\) for ImageNet16-120"):
        nasbed.load_benchmark(name, dataset="ImageNet16-120")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"the table '{name}' is not in .*nasbed data import {name} PATH"):
        nasbed.load_benchmark(name)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    ("name", "options"), [("nats_topology", {"epochs": [1, 200]}), ("nats_size", {"epochs": [12, 90]})]
)
def test_the_benchmarks_conform(name: str, options: Record) -> None:
    problems = [finding for finding in check_benchmark(name, **options) if finding.problem]
    assert problems == []
