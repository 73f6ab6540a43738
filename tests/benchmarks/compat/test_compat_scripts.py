"""What public scripts call and import of the official packages beside the documented methods."""

# ruff: noqa: B023 (calls are made before the loop goes on)

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from beside import Pair, agree, answer
from recorded_states import DATASETS, TOPOLOGIES

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import NASBench201API, NotRecorded, create
from nasbed.errors import ArchitectureError, NasbedError


def test_information_is_prepared_before_it_is_asked_for(pair: Pair) -> None:
    """AutoDL-Projects and its descendants load an architecture themselves, and empty the dictionary to save memory."""
    ours, theirs = pair
    if isinstance(ours, NASBench201API):
        assert not hasattr(ours, "_prepare_info")
        assert not hasattr(theirs, "_prepare_info")
        return
    for index in sorted(ours.evaluated_indexes):
        assert ours._prepare_info(index) is theirs._prepare_info(index) is None
        for hp in ours.avaliable_hps:
            agree(pair, lambda api: api.arch2infos_dict[index][hp].get_metrics("cifar10-valid", "x-valid"))
    for index in (-1, len(ours)):
        with pytest.raises(ValueError, match="architecture index"):
            ours._prepare_info(index)
    with pytest.raises(NotRecorded):
        ours._prepare_info(1)


def test_taking_architectures_out_of_memory_takes_nothing_away(home: Path) -> None:
    for api in (create(None, "tss", fast_mode=True, verbose=False), NASBench201API(verbose=False)):
        before = api.get_more_info(11, "cifar100", hp="200", is_random=False)
        api.arch2infos_dict.clear()
        assert api.arch2infos_dict.pop(11)["200"].arch_index == 11
        assert api.arch2infos_dict.pop(1, None) is None
        del api.arch2infos_dict[11]
        assert api.get_more_info(11, "cifar100", hp="200", is_random=False) == before
        assert list(api.arch2infos_dict) == sorted(api.evaluated_indexes) == list(TOPOLOGIES)
        for call in (lambda api=api: api.arch2infos_dict.pop(1), lambda api=api: api.arch2infos_dict.__delitem__(1)):
            with pytest.raises(NotRecorded, match="nothing is recorded of architecture 1"):
                call()


def test_seconds_may_be_added_by_hand(home: Path) -> None:
    """As searches by sums of losses do (SoTL), which ask for metrics and charge them themselves."""
    api = create(None, "tss", verbose=False)
    archresult = api.arch2infos_dict[api.query_index_by_arch(api[0])]["12"]
    seed = archresult.get_dataset_seeds("cifar100")[0]
    losses = [archresult.get_metrics("cifar100", "train", iepoch=at, is_random=seed)["loss"] for at in range(12)]
    api._used_time += archresult.get_metrics("cifar100", "train", 11, seed)["all_time"]
    assert len(set(losses)) == 12
    assert api.used_time == archresult.query("cifar100", seed).get_train()["all_time"]


ABSENT = {
    "data set of metrics": lambda api: api.query_by_index(0).get_metrics("svhn", "x-valid"),
    "data set of information": lambda api: api.get_more_info(0, "svhn", None, "12", False),
    "data set of trainings": lambda api: api.query_by_index(0, "svhn"),
    "data set of a training": lambda api: api.query_by_index(0).query("svhn"),
    "data set of seeds": lambda api: api.query_by_index(0).get_dataset_seeds("svhn"),
    "data set of costs": lambda api: api.get_cost_info(0, "svhn"),
    "set of metrics": lambda api: api.query_by_index(0).get_metrics("cifar10", "x-valid"),
    "set that does not exist": lambda api: api.query_by_index(0).get_metrics("cifar10", "validation"),
    "set of a training": lambda api: api.query_by_index(0).query("cifar10", 111).get_eval("x-test"),
    "set before the end": lambda api: api.query_by_index(0, hp="200").query("cifar100", 777).get_eval("x-valid", 0),
    "seed of metrics": lambda api: api.query_by_index(0).get_metrics("cifar10", "ori-test", None, 999),
    "seed of information": lambda api: api.get_more_info(0, "cifar10", None, "12", 999),
    "seed of a training": lambda api: api.query_by_index(0).query("cifar10", 999),
    "schedule of information": lambda api: api.get_more_info(0, "cifar10", None, "13", False),
    "schedule of trainings": lambda api: api.query_by_index(0, hp="13"),
    "epoch": lambda api: api.query_by_index(0).get_metrics("cifar10", "train", 12),
    "kind of draw": lambda api: api.query_by_index(0).get_metrics("cifar10", "train", None, "777"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["topology", "nasbench"])
@pytest.mark.parametrize("what", list(ABSENT))
def test_what_is_absent_is_an_error_of_the_kind_that_the_packages_raise(
    what: str, name: str, request: pytest.FixtureRequest
) -> None:
    ours, theirs = request.getfixturevalue(name)
    raised = answer(lambda: ABSENT[what](theirs))
    assert isinstance(raised, (KeyError, ValueError, AssertionError))
    mine = answer(lambda: ABSENT[what](ours))
    assert isinstance(mine, ValueError if isinstance(raised, AssertionError) else type(raised))
    assert isinstance(mine, NasbedError)


MODULES = {
    "nats_bench": ("nasbed.benchmarks.compat", ["create", "search_space_info", "version", "NATSsize", "NATStopology",
                                                "ArchResults", "ResultsCount"]),
    "nats_bench.api_utils": ("nasbed.benchmarks.compat.api_utils",
                             ["time_string", "ArchResults", "ResultsCount", "NASBenchMetaAPI", "remap_dataset_set_names",
                              "get_torch_home", "PICKLE_EXT"]),
    "nats_bench.genotype_utils": ("nasbed.benchmarks.compat.genotype_utils", ["TopologyStructure", "topology_str2structure"]),
    "nats_bench.api_topology": ("nasbed.benchmarks.compat.api_topology", ["NATStopology", "print_information", "ALL_BASE_NAMES"]),
    "nats_bench.api_size": ("nasbed.benchmarks.compat.api_size", ["NATSsize", "print_information", "ALL_BASE_NAMES"]),
    "nas_201_api": ("nasbed.benchmarks.compat", ["NASBench201API", "ArchResults", "ResultsCount"]),
    "nas_201_api.api_201": ("nasbed.benchmarks.compat.api_201", ["NASBench201API", "print_information", "ALL_BENCHMARK_FILES",
                                                                 "ALL_ARCHIVE_DIRS"]),
    "nas_201_api.api_utils": ("nasbed.benchmarks.compat.api_utils", ["ArchResults", "ResultsCount", "NASBenchMetaAPI",
                                                                     "remap_dataset_set_names"]),
}  # fmt: skip


@pytest.mark.parametrize("package", list(MODULES))
def test_modules_have_what_scripts_import_from_them(package: str, nats_bench: Any, nas_201_api: Any) -> None:
    where, names = MODULES[package]
    theirs, ours = importlib.import_module(package), importlib.import_module(where)
    for name in names:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if isinstance(other, (str, list)):
            assert mine == other
        elif inspect.isfunction(other):
            assert list(inspect.signature(mine).parameters) == list(inspect.signature(other).parameters)
        else:
            assert inspect.isclass(mine)
            assert mine.__name__ == name or name == "NASBenchMetaAPI"


def test_helpers_do_what_those_of_the_package_do(
    nats_bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = (importlib.import_module(f"{name}.api_utils") for name in ("nasbed.benchmarks.compat", "nats_bench"))
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]", ours.time_string())
    assert len(ours.time_string()) == len(theirs.time_string())
    for dataset in DATASETS:
        for name in ("train", "valid", "test", "x-valid", "x-test", "ori-test", "nothing"):
            if (dataset, name) != ("cifar10-valid", "valid"):  # get_eval of the package takes it for x-valid
                assert ours.remap_dataset_set_names(dataset, name) == theirs.remap_dataset_set_names(dataset, name)
    assert ours.remap_dataset_set_names("cifar10", "valid", True) == ("cifar10-valid", "x-valid")
    assert "cifar10, valid stand for cifar10-valid, x-valid" in capsys.readouterr().out
    for torch_home in ("/somewhere", None):
        if torch_home is None:
            monkeypatch.delenv("TORCH_HOME")
        else:
            monkeypatch.setenv("TORCH_HOME", torch_home)
        assert ours.get_torch_home() == theirs.get_torch_home()
    monkeypatch.delenv("HOME")
    with pytest.raises(ValueError, match="neither TORCH_HOME nor HOME is set"):
        ours.get_torch_home()
    assert compat.version() == nats_bench.version()


@pytest.mark.parametrize(
    ("module", "name"),
    [("compat", "pickle_load"), ("compat.api_utils", "pickle_save"), ("compat.api_utils", "nats_is_dir")],
)
def test_names_that_are_left_out_say_why(module: str, name: str) -> None:
    code = f"from nasbed.benchmarks.{module} import {name}"
    with pytest.raises(ImportError, match=rf"nasbed.benchmarks.{module}.{name} is not offered: .*docs/compat.md"):
        exec(code)
    with pytest.raises(AttributeError, match="has no attribute 'pickle_lode'"):
        _ = importlib.import_module(f"nasbed.benchmarks.{module}").pickle_lode


def test_reports_are_printed_by_the_modules(
    topology: Pair, nasbench: Pair, size: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    for pair, name, other in (
        (topology, "api_topology", "nats_bench"), (size, "api_size", "nats_bench"), (nasbench, "api_201", "nas_201_api")
    ):  # fmt: skip
        ours, theirs = (importlib.import_module(f"{package}.{name}") for package in ("nasbed.benchmarks.compat", other))
        results = [api.query_by_index(0) for api in pair]
        assert ours.print_information(results[0], "x") == theirs.print_information(results[1], "x")
        assert capsys.readouterr().out == ""
        ours.print_information(results[0], show=True)
        mine = capsys.readouterr().out
        theirs.print_information(results[1], show=True)
        assert mine == capsys.readouterr().out
        assert isinstance(pair[0], importlib.import_module("nasbed.benchmarks.compat.api_utils").NASBenchMetaAPI)


CELLS = [
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|", "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "|none~0|+|skip_connect~0|none~1|+|none~0|none~1|avg_pool_3x3~2|",
    "|skip_connect~0|+|a~1|+|b~0|c~2|+|a~3|a~1|none~0|", "|a~0|",
]  # fmt: skip


@pytest.mark.parametrize("text", CELLS)
def test_a_cell_is_the_object_that_it_is_there(text: str, nats_bench: Any) -> None:
    ours, theirs = (
        importlib.import_module(f"{name}.genotype_utils") for name in ("nasbed.benchmarks.compat", "nats_bench")
    )
    mine, other = (module.topology_str2structure(text) for module in (ours, theirs))
    assert mine.tostr() == other.tostr() == text
    for attribute in ("node_num", "nodes", "node_N"):
        assert getattr(mine, attribute) == getattr(other, attribute)
    assert (len(mine), repr(mine), mine[0]) == (len(other), repr(other), other[0])
    assert mine.check_valid() == other.check_valid()
    for zero in (None, False, True):
        assert mine.to_unique_str(zero) == other.to_unique_str(zero)
    assert mine.to_unique_str() == other.to_unique_str()
    for names in (["a", "b"], ["none", "nor_conv_3x3", "skip_connect", "avg_pool_3x3"]):
        assert mine.check_valid_op(names) == other.check_valid_op(names)
    for removed in ("none", None, "a"):
        assert mine.tolist(removed) == other.tolist(removed)
    for index in range(-1, len(mine)):
        agree((mine, other), lambda cell: cell.node(index))
    assert ours.topology_str2structure(mine) is mine
    full = [module.TopologyStructure.str2fullstructure(text, "skip_connect").nodes for module in (ours, theirs)]
    assert full[0] == full[1]


def test_all_cells_of_a_size_are_made() -> None:
    from nasbed.benchmarks.compat.genotype_utils import TopologyStructure

    assert [cell.tostr() for cell in TopologyStructure.gen_all(["a", "b"], 2, False)] == ["|a~0|", "|b~0|"]
    assert len(TopologyStructure.gen_all(["a", "b"], 3, True)) == 8
    made = {
        cell.tostr()
        for cell in TopologyStructure.gen_all(compat.search_space_info("nats-bench", "tss")["op_names"], 4, False)
    }
    assert made == set(compat._names.topologies())


@pytest.mark.parametrize(
    "call",
    [
        lambda of: of.topology_str2structure(5), lambda of: of.topology_str2structure(None),
        lambda of: of.topology_str2structure("|a|"), lambda of: of.topology_str2structure("|a~x|"),
        lambda of: of.topology_str2structure("|a~1|"), lambda of: of.topology_str2structure(""),
        lambda of: of.TopologyStructure(5), lambda of: of.TopologyStructure([5]), lambda of: of.TopologyStructure([[("a",)]]),
        lambda of: of.TopologyStructure([[]]), lambda of: of.TopologyStructure.str2fullstructure(None),
        lambda of: of.TopologyStructure.gen_all("ab", 3, False), lambda of: of.TopologyStructure.gen_all(["a"], 1, False),
    ],
)  # fmt: skip
def test_what_is_no_cell_is_refused(call: Callable[[Any], Any], nats_bench: Any) -> None:
    theirs = importlib.import_module("nats_bench.genotype_utils")
    with pytest.raises((AssertionError, ValueError, NameError)):
        call(theirs)
    with pytest.raises(ArchitectureError) as refused:
        call(importlib.import_module("nasbed.benchmarks.compat.genotype_utils"))
    assert isinstance(refused.value, ValueError)
