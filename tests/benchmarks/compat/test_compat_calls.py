"""Each call of the official packages beside the packages themselves, on made-up files and on the official samples."""

# ruff: noqa: B023 (calls are made before the loop goes on)

from __future__ import annotations

import bz2
import inspect
import pickle
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from beside import (
    Pair,
    agree,
    answer,
    compare_costs_and_reports,
    compare_more_info,
    compare_results,
    compare_search,
    less_and_full,
    original,
)
from daily import daily
from places import SHARED, needs_shared
from recorded_states import DATASETS, States, topologies

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import NASBench201API, create
from nasbed.benchmarks.convert import _pickles
from nasbed.errors import DataError, NasbedError


def test_get_more_info(pair: Pair) -> None:
    compare_more_info(pair)


def test_costs_configurations_and_reports(pair: Pair) -> None:
    compare_costs_and_reports(pair)


def test_results_and_trainings(pair: Pair) -> None:
    compare_results(pair)


def test_searches(pair: Pair) -> None:
    state = random.getstate()
    compare_search(pair)
    random.setstate(state)


def test_architectures(pair: Pair) -> None:
    ours, theirs = pair
    assert len(ours) == len(theirs)
    assert list(ours) == list(theirs)
    assert ours.meta_archs == theirs.meta_archs
    assert ours.archstr2index == theirs.archstr2index
    assert ours.evaluated_indexes == theirs.evaluated_indexes
    assert type(ours.evaluated_indexes) is type(theirs.evaluated_indexes)
    assert sorted(ours.avaliable_hps) == sorted(theirs.avaliable_hps)
    assert repr(ours) == repr(theirs)
    for key in (0, 11, -1, 15_624, 40_000, slice(3)):
        agree(pair, lambda api: api[key])
        if isinstance(key, int):
            agree(pair, lambda api: api.arch(key))

    class Structure:
        def __init__(self, text: str) -> None:
            self.tostr = lambda: text

    for arch in (0, 15_624, -1, 40_000, ours[11], "nothing", Structure(ours[284]), Structure("nothing"), None, 1.5):
        agree(pair, lambda api: api.query_index_by_arch(arch))
    assert list(ours.arch2infos_dict) == sorted(theirs.arch2infos_dict)
    for index, by_hp in theirs.arch2infos_dict.items():
        assert sorted(ours.arch2infos_dict[index]) == sorted(by_hp)
        for hp, results in by_hp.items():
            both = (ours.arch2infos_dict[index][hp], results)
            agree(both, lambda results: results.get_metrics("cifar100", "x-valid"))


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.get_more_info(-1, "cifar10"),
        lambda api: api.get_more_info("nothing", "cifar10"),
        lambda api: api.get_more_info(1, "cifar10"),
        lambda api: api.get_more_info(0, "nothing"),
        lambda api: api.get_more_info(0, "cifar10", hp="13"),
        lambda api: api.get_more_info(0, "cifar10", iepoch=12),
        lambda api: api.get_more_info(0, "cifar10", is_random=0),
        lambda api: api.get_more_info(0, "cifar10", is_random="777"),
        lambda api: api.query_by_index(0, "nothing"),
        lambda api: api.query_by_index(1),
        lambda api: api.query_by_index(0, hp="13"),
        lambda api: api.query_info_str_by_arch(0, hp="13"),
        lambda api: api.query_by_index(0).query("cifar10", 3),
        lambda api: api.simulate_train_eval(0, "svhn"),
        lambda api: api.find_best("cifar10-valid", "test"),
        lambda api: api.find_best("svhn", "valid"),
        lambda api: api.get_net_config(0, "nothing"),
    ],
)
def test_what_the_packages_refuse_is_refused_with_an_error_of_both_kinds(
    pair: Pair, call: Callable[[Any], Any]
) -> None:
    assert isinstance(answer(lambda: call(pair[1])), Exception)
    assert isinstance(answer(lambda: call(pair[0])), NasbedError)
    agree(pair, call)


@pytest.mark.parametrize("index", [0, 11, 40_000])
def test_show_prints_the_same(pair: Pair, index: int, capsys: pytest.CaptureFixture[str]) -> None:
    pair[0].show(index)
    ours = capsys.readouterr().out
    pair[1].show(index)
    assert ours == capsys.readouterr().out


def test_statistics(topology: Pair, size: Pair) -> None:
    for pair in (topology, size):
        for dataset in (*DATASETS, "svhn"):
            for hp in pair[0].avaliable_hps:
                mine, other = (answer(lambda api=api: api.statistics(dataset, hp)) for api in pair)
                assert mine == other or isinstance(mine, ValueError)


def test_readings_of_the_string(topology: Pair, nasbench: Pair) -> None:
    for name in topology[0].meta_archs[::97]:
        assert topology[0].get_unique_str(name) == topology[1].get_unique_str(name)
        for ours, theirs in (topology, nasbench):
            assert ours.str2lists(name) == theirs.str2lists(name)
            assert ours.str2matrix(name).tolist() == theirs.str2matrix(name).tolist()


SCRIPT = """
import random
IMPORT
random.seed(0)
api = create({path!r}, "tss", fast_mode=True, verbose=False)
print(len(api), api.query_index_by_arch(api[11]), api.search_space_name)
for step in range(6):
    index = (0, 11, 9930)[step % 3]
    accuracy, latency, cost, total = api.simulate_train_eval(api.arch(index), "cifar10", hp="12")
    info = api.get_more_info(index, "cifar10-valid", hp="200")
    print(index, *(f"{{value:.9g}}" for value in (accuracy, latency, cost, total, info["valid-accuracy"], info["train-loss"])))
print(api.random(), f"{{api.used_time:.9g}}", sorted(api.evaluated_indexes))
api.reset_time()
print(api.query_info_str_by_arch(0, "200"))
for seed, result in api.query_by_index(11, "cifar100", "200").items():
    print(seed, f"{{result.get_eval('x-test')['accuracy']:.9g}}", result)
print(api.get_net_config(0, "cifar10"), *(f"{{value:.9g}}" for value in api.get_cost_info(0, "cifar100").values()))
print(api.find_best("cifar100", "test", hp="200", enforce_all=False)[0])
api.show(11)
"""


@pytest.mark.thorough
def test_a_script_changes_its_import_and_nothing_else(
    home: Path, tmp_path: Path, nats_bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "NATS-tss-v1_0-3ffb9-simple"
    folder.mkdir()
    meta = {"meta_archs": list(compat._names.topologies()), "arch2infos": None, "evaluated_indexes": set()}
    for name, content in {"meta": meta, **{f"{index:06d}": by_hp for index, by_hp in topologies().items()}}.items():
        (folder / f"{name}.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(content)))
    printed = []
    state = random.getstate()
    for line in ("from nats_bench import create", "from nasbed.benchmarks.compat import create"):
        exec(SCRIPT.format(path=str(folder)).replace("IMPORT", line), {})
        printed.append(capsys.readouterr().out)
    random.setstate(state)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") == 45


def test_search_space_info(nats_bench: Any) -> None:
    for arguments in (("nats-bench", "tss"), ("nats-bench", "sss"), ("nas-bench-201", None)):
        assert compat.search_space_info(*arguments) == nats_bench.search_space_info(*arguments)
    for arguments in (("nats-bench", None), ("nas-bench-201", "tss"), ("nasbench", None)):
        with pytest.raises(ValueError, match="expected 'nats-bench' with"):
            compat.search_space_info(*arguments)
        with pytest.raises(ValueError):
            nats_bench.search_space_info(*arguments)


def public(kind: Any) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_public_name_is_offered_or_withheld_with_a_reason(pair: Pair) -> None:
    ours, theirs = pair
    mine, other = (api.query_by_index(0) for api in pair)
    for ours, theirs in (
        pair,
        (mine, other),
        (mine.query("cifar100")[_seed(mine)], other.query("cifar100")[_seed(mine)]),
    ):
        for name in sorted(public(theirs)):
            if name in type(ours).withheld:
                with pytest.raises(DataError, match=rf"{type(ours).__name__}\.{name} is not offered: ."):
                    getattr(ours, name)
                assert not hasattr(ours, name)
            else:
                assert hasattr(ours, name), name
        assert set(type(ours).withheld) <= public(theirs) | {"reset_archive_dir", "get_net_param"}


def _seed(results: Any) -> int:
    return int(results.get_dataset_seeds("cifar100")[0])


def test_signatures_are_the_same(pair: Pair, nats_bench: Any) -> None:
    mine, other = (api.query_by_index(0) for api in pair)
    for ours, theirs in (
        pair,
        (mine, other),
        (mine.query("cifar100")[_seed(mine)], other.query("cifar100")[_seed(mine)]),
    ):
        for name in sorted((public(type(theirs)) & public(type(ours))) | {"__init__"}):
            function = inspect.getattr_static(type(theirs), name)
            if name == "__init__" and ours is not pair[0]:
                continue
            if inspect.isfunction(function) or isinstance(function, staticmethod):
                assert arguments(getattr(type(ours), name)) == arguments(getattr(type(theirs), name)), name
    assert arguments(create) == arguments(nats_bench.create)


def arguments(function: Any) -> list[tuple[str, Any]]:
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, tuple(p.default) if isinstance(p.default, list) else p.default) for p in parameters]


ADMITTED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): dict,
    ("numpy.core.multiarray", "scalar"): lambda dtype, content: float(np.frombuffer(content, dtype)[0]),
    ("numpy._core.multiarray", "scalar"): lambda dtype, content: float(np.frombuffer(content, dtype)[0]),
    ("numpy", "dtype"): np.dtype,
}


def sample(folder: Path) -> States:
    files = sorted(folder.glob("0*.pickle.pbz2"))
    return {int(file.name[:6]): _pickles.load(bz2.decompress(file.read_bytes()), ADMITTED) for file in files}


@cache
def sampled(home: Path, module: str) -> Path:
    """A data home with the table of a sample, three architectures."""
    from nasbed.benchmarks.convert import nats_size, nats_topology

    converter = {"nats_size": nats_size, "nats_topology": nats_topology}[module]
    name = "NATS-sss-v1_0-50262" if converter is nats_size else "NATS-tss-v1_0-3ffb9"
    files = SHARED / "data" / "nats-bench-sample" / f"{name}-simple"
    converter.convert([files], home / converter.LAYOUT.name, lambda *_: None, partial=True)
    return home


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data home of the samples."""
    return tmp_path_factory.mktemp("sampled")


@pytest.fixture(params=daily(["topology", "size", "nasbench"]))
def real(request: pytest.FixtureRequest, samples: Path, monkeypatch: pytest.MonkeyPatch, nats_bench: Any) -> Pair:
    table = "nats_size" if request.param == "size" else "nats_topology"
    monkeypatch.setenv("NASBED_DATA", str(sampled(samples, table)))
    folder = SHARED / "data" / "nats-bench-sample"
    if request.param == "size":
        states = original(sample(folder / "NATS-sss-v1_0-50262-simple"), list(compat._names.sizes()))
        return create(None, "sss", verbose=False), nats_bench.create(states, "sss", verbose=False)
    states = original(sample(folder / "NATS-tss-v1_0-3ffb9-simple"), list(compat._names.topologies()))
    if request.param == "topology":
        return create(None, "tss", verbose=False), nats_bench.create(states, "tss", verbose=False)
    states["arch2infos"] = less_and_full(states["arch2infos"])
    package = request.getfixturevalue("nas_201_api")
    return NASBench201API("nats_topology", verbose=False), package.NASBench201API(states, verbose=False)


@needs_shared
def test_the_official_samples_answer_as_in_the_packages(real: Pair) -> None:
    """Losses are stored in 32 bits."""
    compare_more_info(real, 1e-6)
    compare_costs_and_reports(real, 1e-6)
    compare_search(real, 1e-6)
    compare_results(real, 1e-6)
