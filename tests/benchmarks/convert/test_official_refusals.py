"""Official files that are damaged, incomplete or of another layout are refused, and the old table survives."""

from __future__ import annotations

import bz2
import copy
import os
import re
import shutil
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from daily import sampled
from official_files import (
    COUNT,
    FIRST,
    Record,
    States,
    bad_pickle,
    bring,
    cells,
    legacy,
    listed,
    packed,
    pickled_cell,
    pth,
    record,
    size,
    topology,
    zipped,
)

from nasbed.benchmarks.convert import nats_size, nats_topology
from nasbed.benchmarks.tables import home
from nasbed.errors import DataError

pytestmark = pytest.mark.usefixtures("own_home", "small")

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
    sampled([
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
    ], 4),
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
    sampled([
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
    ], 4),
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
    sampled([
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
    ], 3),
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
