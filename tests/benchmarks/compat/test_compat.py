"""The calls of the official packages over our tables, one by one beside the packages themselves."""

# ruff: noqa: B023 (calls are made before the loop goes on)

from __future__ import annotations

import bz2
import copy
import importlib
import importlib.util
import inspect
import json
import math
import pickle
import random
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import ROOT, SHARED, needs_shared

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import (
    CompatWarning,
    NASBench201API,
    NATSsize,
    NATStopology,
    NotRecorded,
    _refusals,
    create,
)
from nasbed.benchmarks.convert import _folder, _pickles
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.errors import ArchitectureError, DataError, NasbedError, OptionError, UnknownNameError, UnwiseWarning

DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")
SPLITS = {
    "cifar10-valid": {"train": "train", "x-valid": "validation", "ori-test": "test"},
    "cifar10": {"train": "train", "ori-test": "test"},
    "cifar100": {"train": "train", "x-valid": "validation", "x-test": "test", "ori-test": "mixture"},
    "ImageNet16-120": {"train": "train", "x-valid": "validation", "x-test": "test", "ori-test": "mixture"},
}
IMAGES = {
    "cifar10-valid": {"train": 25_000, "x-valid": 25_000, "ori-test": 10_000},
    "cifar10": {"train": 50_000, "ori-test": 10_000},
    "cifar100": {"train": 50_000, "x-valid": 5_000, "x-test": 5_000, "ori-test": 10_000},
    "ImageNet16-120": {"train": 151_700, "x-valid": 3_000, "x-test": 3_000, "ori-test": 6_000},
}
CLASSES = {"cifar10-valid": 10, "cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}

State = dict[str, Any]
States = dict[int, dict[str, State]]
"""Architecture -> schedule -> ``ArchResults`` state, as in the official files."""


# Made-up states in the official layout. Losses are exact in 32 bits and accuracies are counts of images, so that answers
# are equal to the last bit or two.


def training(dataset: str, seed: int, epochs: int, at: list[int], config: State, costs: tuple[float, float]) -> State:
    rng = np.random.default_rng([CLASSES[dataset], seed, epochs, *map(ord, config["arch_str"])])
    seconds = float(rng.uniform(5, 50))
    evaluated = [name for name in SPLITS[dataset] if name != "train"]
    if epochs == 200:
        evaluated.sort(key=lambda name: len(recorded(dataset, name, epochs, at)), reverse=True)
    accuracies, losses, times = {}, {}, {}
    for name in evaluated:
        images, once = IMAGES[dataset][name], float(rng.uniform(0.2, 2))
        for i in recorded(dataset, name, epochs, at):
            accuracies[f"{name}@{i}"] = 100 * int(rng.integers(1, images)) / images
            losses[f"{name}@{i}"] = float(np.float32(rng.uniform(0.1, 5)))
        times |= {f"{name}@{i}": once for i in range(epochs)}
    images = IMAGES[dataset]["train"]
    return {
        "name": dataset,
        "train_acc1es": {i: 100 * int(rng.integers(1, images)) / images for i in at},
        "train_acc5es": None,
        "train_losses": {i: float(np.float32(rng.uniform(0.1, 5))) for i in at},
        "train_times": dict.fromkeys(range(epochs), seconds),
        "arch_config": config,
        "params": costs[1],
        "flop": costs[0],
        "seed": f"{seed:04d}",
        "epochs": epochs,
        "latency": [0.01 + costs[0] / 1e5],
        "eval_names": evaluated,
        "eval_acc1es": accuracies,
        "eval_times": times,
        "eval_losses": losses,
        "net_state_dict": None,
    }


def recorded(dataset: str, name: str, epochs: int, at: list[int]) -> list[int]:
    """As in the official files: after 200 epochs one set of each data set was evaluated along the training."""
    along = "x-valid" if dataset == "cifar10-valid" else "ori-test"
    return at if epochs != 200 or name in ("train", along) else at[-1:]


def trained(index: int, arch: str, seeds: Callable[[int, str], list[int]], at: dict[int, list[int]], size: bool) -> Any:
    schedules = {}
    for epochs, recorded_at in at.items():
        results = {}
        for dataset in DATASETS:
            config: State = {"channel": 16, "num_cells": 5, "arch_str": arch, "class_num": CLASSES[dataset]}
            if size:
                cell = compat._trainings.CELL
                config = {"name": "infer.shape.tiny", "channels": arch, "arch_str": arch, "genotype": cell}
                config["class_num"] = CLASSES[dataset]
            pixels = 16 if dataset == "ImageNet16-120" else 32
            flops, parameters = compat._counts.counts("nats_size" if size else "nasbench201", CLASSES[dataset], pixels)
            costs = float(flops[index]), float(parameters[index])
            for seed in seeds(epochs, dataset):
                results[dataset, seed] = training(dataset, seed, epochs, recorded_at, config, costs)
        schedules[f"{epochs:02d}"] = {
            "arch_index": index,
            "arch_str": arch,
            "all_results": results,
            "dataset_seed": {dataset: seeds(epochs, dataset) for dataset in DATASETS},
            "clear_net_done": True,
        }
    return schedules


TOPOLOGIES = (0, 11, 9930)
SIZES = (0, 284, 32767)


def topologies() -> States:
    at = {12: list(range(12)), 200: [0, 5, 199]}

    def seeds(index: int) -> Callable[[int, str], list[int]]:
        full = [777, 888] if index == 11 else [777, 888, 999]
        return lambda epochs, dataset: full if epochs == 200 else [111, 777] if dataset == "cifar10-valid" else [111]

    names = compat._names.topologies()
    return {index: trained(index, names[index], seeds(index), at, size=False) for index in TOPOLOGIES}


def sizes() -> States:
    at = {1: [0], 12: list(range(12)), 90: [0, 44, 89]}
    names = compat._names.sizes()
    return {
        index: trained(index, names[index], lambda epochs, _: [777, 888, 999] if epochs == 12 else [777], at, size=True)
        for index in SIZES
    }


# The columns that the converter makes of such states.


def write_table(home: Path, name: str, states: States, version: str) -> Manifest:
    size = name == "nats_size"
    count = 32_768 if size else 15_625
    schedules = sorted({int(hp) for by_hp in states.values() for hp in by_hp})
    trainings = {
        (index, int(hp), dataset, seed): result
        for index, by_hp in states.items()
        for hp, state in by_hp.items()
        for (dataset, seed), result in state["all_results"].items()
    }
    seeds = sorted({seed for *_, seed in trainings})
    columns: list[tuple[Column, np.ndarray]] = []

    def add(
        dataset: str, epochs: int, metric: str, split: str, axes: list[str], array: np.ndarray, **more: Any
    ) -> None:
        stem = metric if split == "none" else f"{split}_{metric}"
        file = f"{dataset}/{epochs}/{stem}.npy"
        columns.append((Column(file, metric, split, dataset, "", "none", axes, "made up", epochs, **more), array))  # type: ignore[arg-type]

    for dataset in DATASETS:
        for epochs in schedules:
            made = {(i, seeds.index(s)): r for (i, e, d, s), r in trainings.items() if (e, d) == (epochs, dataset)}
            if not made:
                continue
            for set_name, split in SPLITS[dataset].items():
                values = {cell: tracks(result, set_name) for cell, result in made.items()}
                at = sorted({i for accuracies, _ in values.values() for i in accuracies})
                axes = ["architecture", "run", "epoch"] if len(at) > 1 else ["architecture", "run"]
                shape = (count, len(seeds), len(at))
                images = IMAGES[dataset][set_name]
                accuracy = np.full(shape, 2**32 - 1, dtype=np.uint32)
                loss = np.full(shape, np.nan, dtype=np.float32)
                for (index, run), (accuracies, losses) in values.items():
                    for i in accuracies:
                        accuracy[index, run, at.index(i)] = round(accuracies[i] * images / 100)
                        loss[index, run, at.index(i)] = losses[i]
                more: dict[str, Any] = {"at": [i + 1 for i in at]} if len(at) > 1 else {}
                last = accuracy if more else accuracy[..., 0]
                add(dataset, epochs, "accuracy", split, axes, last, images=images, **more)
                add(dataset, epochs, "loss", split, axes, loss if more else loss[..., 0], **more)
                if set_name != "train":
                    once = {cell: result["eval_times"][f"{set_name}@0"] for cell, result in made.items()}
                    add(dataset, epochs, "evaluation_time", split, ["architecture", "run"], by_run(once, count, seeds))
            times = {cell: sum(result["train_times"].values()) for cell, result in made.items()}
            add(dataset, epochs, "training_time", "none", ["architecture", "run"], by_run(times, count, seeds))
            latencies = {cell: result["latency"][0] for cell, result in made.items()}
            add(dataset, epochs, "latency", "none", ["architecture", "run"], by_run(latencies, count, seeds))
            for metric, key in (("recorded_flops", "flop"), ("recorded_parameters", "params")):
                numbers = np.full(count, np.nan)
                for index in states:
                    recorded_numbers = {result[key] for (i, _), result in made.items() if i == index}
                    numbers[index] = recorded_numbers.pop() if len(recorded_numbers) == 1 else np.nan
                add(dataset, epochs, metric, "none", ["architecture"], numbers)
    manifest = Manifest(
        folder=home / name,
        name=name,
        title=f"made up ({version})",
        space="nats_size" if size else "nasbench201",
        architectures=count,
        epochs=schedules,
        resumable=False,
        runs=[str(seed) for seed in seeds],
        report="test",
        cost_model="made up",
        licence="none",
        sources=["made up"],
        datasets=list(DATASETS),
    )
    _folder.write(manifest, columns)
    return manifest


def tracks(result: State, name: str) -> tuple[dict[int, float], dict[int, float]]:
    """Accuracy and loss by epoch, from 0."""
    if name == "train":
        return result["train_acc1es"], result["train_losses"]

    def along(values: dict[str, float]) -> dict[int, float]:
        return {int(key.split("@")[1]): value for key, value in values.items() if key.split("@")[0] == name}

    return along(result["eval_acc1es"]), along(result["eval_losses"])


def by_run(values: dict[tuple[int, int], float], count: int, seeds: list[int]) -> np.ndarray:
    array = np.full((count, len(seeds)), np.nan)
    for cell, value in values.items():
        array[cell] = value
    return array


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with the three tables, each of four architectures."""
    home = tmp_path_factory.mktemp("home")
    write_table(home, "nats_topology", topologies(), "NATS-tss-v1_0-3ffb9")
    write_table(home, "nasbench201_official", topologies(), "NAS-Bench-201-v1_1-096897")
    write_table(home, "nats_size", sizes(), "NATS-sss-v1_0-50262")
    return home


@pytest.fixture
def home(tables: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tables))
    return tables


@pytest.fixture(autouse=True)
def _every_warning_said_before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the warnings ask for ``unsaid``."""
    said = {"draws", "counts", "latency", "enforce_all", "shipped", "ties"}
    monkeypatch.setattr(_refusals, "_said", set() if "unsaid" in request.fixturenames else said)


@pytest.fixture
def unsaid() -> None:
    """Nothing has been warned of in this process."""


# The official packages.


@pytest.fixture(scope="session")
def nats_bench() -> Any:
    return pytest.importorskip("nats_bench", reason="compares with nats-bench 1.8, which is not installed here")


@pytest.fixture(scope="session")
def nas_201_api() -> Any:
    """The package imports torch, to read files; handed a dictionary it never calls it, so a stand-in serves."""
    if importlib.util.find_spec("nas_201_api") is None:
        pytest.skip("compares with nas-bench-201 2.1, which is not installed here")
    stand_in = importlib.util.find_spec("torch") is None
    if stand_in:
        sys.modules["torch"] = types.ModuleType("torch")
    try:
        module = importlib.import_module("nas_201_api")
    finally:
        if stand_in:
            del sys.modules["torch"]
    return module


def original(states: States, names: list[str]) -> State:
    return {"meta_archs": names, "arch2infos": states, "evaluated_indexes": list(states)}


def less_and_full(states: States) -> States:
    return {index: {"less": by_hp["12"], "full": by_hp["200"]} for index, by_hp in states.items()}


Pair = tuple[Any, Any]
"""Ours and theirs."""


@pytest.fixture(scope="session")
def their_topology(nats_bench: Any) -> Any:
    return nats_bench.create(original(topologies(), list(compat._names.topologies())), "tss", verbose=False)


@pytest.fixture(scope="session")
def their_size(nats_bench: Any) -> Any:
    return nats_bench.create(original(sizes(), list(compat._names.sizes())), "sss", verbose=False)


@pytest.fixture(scope="session")
def their_nasbench(nas_201_api: Any) -> Any:
    states = original(less_and_full(topologies()), list(compat._names.topologies()))
    return nas_201_api.NASBench201API(states, verbose=False)


@pytest.fixture(scope="session")
def ours(tables: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tables))
        return {
            "topology": create(None, "tss", verbose=False),
            "size": create(None, "sss", verbose=False),
            "nasbench": NASBench201API(verbose=False),
        }


@pytest.fixture
def topology(ours: dict[str, Any], their_topology: Any) -> Pair:
    return ours["topology"], their_topology


@pytest.fixture
def size(ours: dict[str, Any], their_size: Any) -> Pair:
    return ours["size"], their_size


@pytest.fixture
def nasbench(ours: dict[str, Any], their_nasbench: Any) -> Pair:
    return ours["nasbench"], their_nasbench


@pytest.fixture(params=["topology", "size", "nasbench"])
def pair(request: pytest.FixtureRequest) -> Pair:
    both: Pair = request.getfixturevalue(request.param)
    return both


def same(ours: Any, theirs: Any, tolerance: float = 1e-12) -> None:
    """Equal, numbers to the tolerance; the text of ``comment`` is our own."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict)
        assert list(ours) == list(theirs)
        for key in theirs:
            if key != "comment":
                same(ours[key], theirs[key], tolerance)
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs)
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            same(mine, other, tolerance)
    elif isinstance(theirs, float):
        assert isinstance(ours, float)
        assert math.isclose(ours, theirs, rel_tol=tolerance), (ours, theirs)
    else:
        assert ours == theirs
        assert type(ours) is type(theirs)


def answer(call: Callable[[], Any]) -> Any:
    """What a call returns, or the built-in kind of what it raises."""
    try:
        return call()
    except (KeyError, ValueError, AssertionError, IndexError, NameError) as error:
        return error


def agree(pair: Pair, call: Callable[[Any], Any], tolerance: float = 1e-12) -> None:
    ours, theirs = (answer(lambda api=api: call(api)) for api in pair)
    if not isinstance(theirs, Exception):
        if isinstance(ours, Exception):
            raise ours
        same(ours, theirs, tolerance)
    elif isinstance(theirs, (AssertionError, NameError)):
        assert isinstance(ours, NasbedError)
    else:
        assert isinstance(ours, type(theirs)), (ours, theirs)


def grid(pair: Pair) -> Iterator[tuple[int, str, str]]:
    ours, _ = pair
    for index in sorted(ours.evaluated_indexes):
        for hp in ours.avaliable_hps:
            for dataset in DATASETS:
                yield index, hp, dataset


def epochs_of(hp: str) -> list[int | None]:
    return {"01": [None, 0], "12": [None, 0, 5], "90": [None, 44], "200": [None, 0, 5]}[hp]


# call by call, beside the packages


def compare_more_info(pair: Pair, tolerance: float = 1e-12) -> None:
    for index, hp, dataset in grid(pair):
        for iepoch in epochs_of(hp):
            for is_random in (False, 111, 999):
                agree(pair, lambda api: api.get_more_info(index, dataset, iepoch, hp, is_random), tolerance)
        if hp != "01":  # ours takes 1 for "01" too
            agree(pair, lambda api: api.get_more_info(api[index], dataset, hp=int(hp), is_random=False), tolerance)


def compare_costs_and_reports(pair: Pair, tolerance: float = 1e-12) -> None:
    for index, hp, dataset in grid(pair):
        agree(pair, lambda api: api.get_cost_info(index, dataset, hp), tolerance)
        agree(pair, lambda api: api.get_latency(index, dataset, hp), tolerance)
        agree(pair, lambda api: api.get_net_config(index, dataset), tolerance)
        agree(pair, lambda api: api.query_info_str_by_arch(index, hp))
        agree(pair, lambda api: api.query_by_arch(api[index], hp))


def compare_results(pair: Pair, tolerance: float = 1e-12) -> None:
    """The objects of ``query_by_index`` and ``query_meta_info_by_index``, method by method."""
    for index, hp, dataset in grid(pair):
        both = tuple(api.query_by_index(index, None, hp) for api in pair)
        for method in ("get_dataset_names", "get_total_epoch", "arch_idx_str", "__repr__"):
            agree(both, lambda results: getattr(results, method)())
        for method in ("get_dataset_seeds", "get_total_epoch", "get_latency", "get_compute_costs"):
            agree(both, lambda results: getattr(results, method)(dataset), tolerance)
        for name in ("train", "x-valid", "x-test", "ori-test", "valid", "nothing"):
            for iepoch in epochs_of(hp):
                for is_random in (False, 111, 999):
                    agree(both, lambda results: results.get_metrics(dataset, name, iepoch, is_random), tolerance)
        assert both[0].arch_index == both[1].arch_index
        assert both[0].arch_str == both[1].arch_str
        assert both[0].dataset_seed == both[1].dataset_seed
        assert set(both[0].all_results) == set(both[1].all_results)
        assert list(pair[0].query_by_index(index, dataset, hp)) == both[1].get_dataset_seeds(dataset)
        for seed in both[1].get_dataset_seeds(dataset):
            compare_training(tuple(results.query(dataset, seed) for results in both), hp, tolerance)


def compare_training(both: Pair, hp: str, tolerance: float) -> None:
    for method in ("get_latency", "get_total_epoch", "get_times", "get_eval_set", "__repr__"):
        agree(both, lambda result: getattr(result, method)(), tolerance)
    for iepoch in [*epochs_of(hp), 200, -1]:
        agree(both, lambda result: result.get_train(iepoch), tolerance)
        for name in ("x-valid", "x-test", "ori-test", "valid", "nothing"):
            agree(both, lambda result: result.get_eval(name, iepoch), tolerance)
    agree(both, lambda result: result.get_config(None))
    agree(both, lambda result: result.get_config(str.upper))
    for attribute in ("name", "epochs", "arch_config", "eval_names", "params", "flop", "latency"):
        agree(both, lambda result: getattr(result, attribute), tolerance)
    for attribute in ("train_acc1es", "train_losses", "train_times", "eval_acc1es", "eval_losses", "eval_times"):
        mine, other = (getattr(result, attribute) for result in both)
        same({key: mine[key] for key in other}, dict(other), tolerance)
        assert len(mine) == len(other)


def compare_search(pair: Pair, tolerance: float = 1e-12) -> None:
    """Draws as of the original after the global stream was given our seed."""
    ours, _ = pair
    for hp in ours.avaliable_hps:
        for dataset, metrics in {
            "cifar10": ("valid", "test"),
            "cifar100": ("valid", "test", "ori-test", "train"),
        }.items():
            for metric in metrics:
                for limits in ((), (20.0,), (None, 0.14), (1e-6,)):
                    agree(pair, lambda api: api.find_best(dataset, metric, *limits, hp=hp), tolerance)
        ours.reset_random(5)
        random.seed(5)
        for api in pair:
            api.reset_time()
        for index in sorted(ours.evaluated_indexes) * 2:
            for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
                agree(pair, lambda api: api.simulate_train_eval(index, dataset, hp=hp), tolerance)
                agree(pair, lambda api: api.get_more_info(index, dataset, hp=hp), tolerance)
            agree(
                pair,
                lambda api: api.query_by_index(index, hp=hp).get_metrics("cifar100", "train", is_random=True),
                tolerance,
            )
            agree(pair, lambda api: api.random())
            agree(pair, lambda api: api.simulate_train_eval(index, "cifar100", hp=hp, account_time=False), tolerance)
            agree(pair, lambda api: api.used_time, tolerance)
        agree(pair, lambda api: api.simulate_train_eval(0, "cifar10-valid", hp=hp))


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


# where the packages are wrong or random: one warning of each kind, and the right answer


def quiet(call: Callable[[], Any]) -> Any:
    """Warnings are errors here: nothing may be said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return call()


def said_once(kind: str, call: Callable[[], Any]) -> Any:
    """Call twice: the first time warns, at this line, and the second is quiet."""
    with pytest.warns(CompatWarning, match=rf"\(docs/compat\.md, '{kind}'\)$") as said:
        value = call()
    assert len(said) == 1
    assert said[0].filename == __file__
    quiet(call)
    return value


def test_warnings_are_unwise_warnings() -> None:
    assert issubclass(CompatWarning, UnwiseWarning)


def test_draws_have_a_stream_of_their_own(home: Path, unsaid: None) -> None:
    state = random.getstate()
    api = create(None, "tss", verbose=False)
    said_once("draws", lambda: api.get_more_info(0, "cifar10-valid", hp="200"))
    api.random()
    assert random.getstate() == state

    def drawn(api: Any) -> list[Any]:
        infos = [api.get_more_info(0, "cifar10-valid", hp="200")["valid-accuracy"] for _ in range(20)]
        return [*infos, *(api.random() for _ in range(20))]

    first = drawn(create(None, "tss", verbose=False))
    assert len(set(first[:20])) == 3
    assert drawn(create(None, "tss", verbose=False)) == first
    api.reset_random()
    assert drawn(api) == first
    api.reset_random(1)
    assert drawn(api) != first


def test_what_has_one_run_is_not_drawn(home: Path, unsaid: None) -> None:
    api = create(None, "tss", verbose=False)
    assert quiet(lambda: api.get_more_info(0, "cifar100"))["valid-accuracy"] > 0


def odd_states() -> States:
    """FLOPs that contradict the architecture, latencies that differ between schedules."""
    states = topologies()
    results = states[0]["200"]["all_results"]
    results["cifar100", 777]["flop"] += 5
    results["cifar10", 777]["latency"] = [0.5]
    states[0]["12"]["all_results"]["cifar10-valid", 777]["params"] += 1
    states[11]["12"]["all_results"]["cifar100", 111]["params"] = 3.0
    return states


@pytest.fixture(scope="session")
def odd_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    write_table(folder, "nats_topology", odd_states(), "NATS-tss-v1_0-3ffb9")
    return folder


@pytest.fixture
def odd(odd_tables: Path, monkeypatch: pytest.MonkeyPatch) -> States:
    monkeypatch.setenv("NASBED_DATA", str(odd_tables))
    return odd_states()


ODD = [(0, "cifar100", "200", (15.65322, 0.135156)), (0, "cifar10-valid", "12", (15.64737, 0.129306)),
       (11, "cifar100", "12", (113.95722, 0.808276))]  # fmt: skip


@pytest.mark.parametrize(("index", "dataset", "hp", "counts"), ODD)
def test_flops_and_parameters_are_those_of_the_architecture(
    index: int, dataset: str, hp: str, counts: tuple[float, float], odd: States, unsaid: None
) -> None:
    api = create(None, "tss", verbose=False)
    costs = said_once("counts", lambda: api.get_cost_info(index, dataset, hp))
    assert (costs["flops"], costs["params"]) == pytest.approx(counts, abs=1e-9)


def test_the_packages_give_recorded_flops_and_parameters(odd: States, nats_bench: Any, nas_201_api: Any) -> None:
    names = list(compat._names.topologies())
    theirs = nats_bench.create(original(odd, names), "tss", verbose=False)
    with pytest.raises(ValueError, match="888 is not in list"):
        theirs.get_cost_info(0, "cifar10-valid", "12")
    assert theirs.get_cost_info(11, "cifar100", "12")["params"] == 3.0
    older = nas_201_api.NASBench201API(original(less_and_full(odd), names), verbose=False)
    assert older.get_cost_info(0, "cifar100", "200")["flops"] == pytest.approx(15.65322 + 5 / 3)


def test_limits_of_find_best_are_on_the_counts_of_the_architecture(odd: States, unsaid: None) -> None:
    api = create(None, "tss", verbose=False)
    assert said_once("counts", lambda: api.find_best("cifar100", "train", 16.0, hp="200"))[0] == 0
    assert quiet(lambda: api.find_best("cifar100", "train", hp="200"))[0] in TOPOLOGIES


def test_nasbench201_simulates_with_the_latency_of_the_schedule(odd: States, unsaid: None, nas_201_api: Any) -> None:
    _refusals._said.add("draws")
    api = NASBench201API("nats_topology", verbose=False)
    latency = said_once("latency", lambda: api.simulate_train_eval(0, "cifar10", hp="200"))[1]
    assert latency == pytest.approx((0.5 + 2 * 0.0101564737) / 3)
    assert quiet(lambda: api.simulate_train_eval(11, "cifar10", hp="200"))[1] == api.get_latency(11, "cifar10", "12")
    older = nas_201_api.NASBench201API(original(less_and_full(odd), list(compat._names.topologies())), verbose=False)
    assert older.simulate_train_eval(0, "cifar10", hp="200")[1] == older.get_latency(0, "cifar10", "12")


def test_ties_go_to_the_smallest_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaid: None) -> None:
    """The same three counts of images in another order: equal means, whose sums differ in the last bit."""
    states = topologies()
    counts = next(
        (a, b, c)
        for a in range(9_000, 9_500)
        for b in range(a, a + 20)
        for c in range(b, b + 20)
        if (a / 100 + b / 100) + c / 100 < (c / 100 + b / 100) + a / 100
    )
    for index, order in ((0, counts), (9930, counts[::-1])):
        for seed, count in zip((777, 888, 999), order, strict=True):
            states[index]["200"]["all_results"]["cifar10", seed]["eval_acc1es"]["ori-test@199"] = count / 100
    for seed in (777, 888):
        states[11]["200"]["all_results"]["cifar10", seed]["eval_acc1es"]["ori-test@199"] = 50.0
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert said_once("ties", lambda: api.find_best("cifar10", "test", hp="200"))[0] == 0
    if importlib.util.find_spec("nats_bench"):
        package = importlib.import_module("nats_bench")
        theirs = package.create(original(states, list(compat._names.topologies())), "tss", verbose=False)
        assert theirs.find_best("cifar10", "test", hp="200")[0] == 9930


def test_find_best_does_not_depend_on_earlier_queries(home: Path, unsaid: None) -> None:
    api = create(None, "tss", fast_mode=True, verbose=False)
    best = quiet(lambda: api.find_best("cifar100", "valid", hp="200"))
    assert said_once("enforce_all", lambda: api.find_best("cifar100", "valid", hp="200", enforce_all=False)) == best
    assert api.find_best("cifar100", "valid", hp="200", enforce_all=True) == best
    api.reset_fast_mode(False)
    assert api.fast_mode is False
    assert api.find_best("cifar100", "valid", hp="200", enforce_all=True) == best


def test_the_mixture_with_test_images_never_stands_in_for_validation(topology: Pair) -> None:
    ours, theirs = topology
    info = theirs.get_more_info(0, "cifar100", iepoch=5, hp="200", is_random=777)
    assert "valid-accuracy" not in info
    assert theirs.simulate_train_eval(0, "cifar100", iepoch=5, hp="200")[0] in [
        theirs.get_more_info(0, "cifar100", 5, "200", seed)["valtest-accuracy"] for seed in (777, 888, 999)
    ]
    used = ours.used_time
    with pytest.raises(
        DataError, match="validation accuracy on cifar100 is not recorded after 6 of 200 epochs, and test images do not"
    ):
        ours.simulate_train_eval(0, "cifar100", iepoch=5, hp="200")
    assert ours.used_time == used
    mine = ours.get_more_info(0, "cifar100", iepoch=5, hp="200", is_random=777)
    assert mine["valtest-accuracy"] == info["valtest-accuracy"]
    with pytest.raises(KeyError) as missing:
        mine["valid-accuracy"]
    assert str(missing.value).startswith("'valid-accuracy' is not among train-loss, train-accuracy, ")
    assert "architecture 0 on cifar100 after 6 of 200 epochs (seed 777)" in str(missing.value)
    assert mine.get("valid-accuracy") is None


def test_an_unknown_architecture_has_no_report(topology: Pair) -> None:
    ours, theirs = topology
    with pytest.warns(UserWarning, match="Find this arch-index : -1"):
        assert theirs.query_info_str_by_arch("nothing") is None
    with pytest.raises(ArchitectureError, match="'nothing' is no architecture of the space"):
        ours.query_info_str_by_arch("nothing")
    with pytest.raises(DataError, match="the table 'nats_topology' holds nothing of architecture 1"):
        ours.query_info_str_by_arch(1)


def test_schedules_with_other_data_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the older file of NAS-Bench-201, whose 12-epoch trainings are on one data set."""
    states = topologies()
    for by_hp in states.values():
        results = by_hp["12"]["all_results"]
        by_hp["12"]["all_results"] = {key: result for key, result in results.items() if key[0] == "cifar10-valid"}
        by_hp["12"]["dataset_seed"] = {"cifar10-valid": [111, 777]}
    write_table(tmp_path, "nasbench201_official", states, "NAS-Bench-201-v1_0-e61699")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = NASBench201API("/gone/NAS-Bench-201-v1_0-e61699.pth", verbose=False)
    assert api.get_net_config(0, "cifar100")["num_classes"] == 100
    assert api.simulate_train_eval(0, "cifar100", hp="200")[2] > 0
    assert api.query_by_index(0).get_dataset_names() == ["cifar10-valid"]
    assert api.query_info_str_by_arch(0).count("\n") == 3
    assert api.statistics("cifar100", 12) == {0: 3}
    with pytest.raises(
        KeyError, match="holds no training of architecture 0 on cifar100 for 12 epochs; it has those on"
    ):
        api.get_more_info(0, "cifar100")
    with pytest.raises(DataError, match="the table 'nasbench201_official' holds nothing of architecture 1 on cifar10"):
        api.get_net_config(1, "cifar10")


def test_no_run_stands_in_for_a_missing_one(home: Path) -> None:
    api = create(None, "tss", verbose=False)
    with pytest.raises(NotRecorded) as refused:
        api.get_more_info(11, "cifar100", hp="200", is_random=999)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value) == (
        "seed 999 of architecture 11 was not trained on cifar100 for 200 epochs; it has 777, 888, and no run stands in"
        " for another"
    )
    with pytest.raises(
        DataError, match="seed 999 of architecture 11 was not trained on cifar100 for 200 epochs; it has 777"
    ):
        api.query_by_index(11, hp="200").query("cifar100", 999)


def seconds_of(result: State, epochs: int) -> float:
    """Of so many epochs of training, and one pass over the validation images."""
    return float(sum(result["train_times"][i] for i in range(epochs)) + result["eval_times"]["x-valid@0"])


def test_every_epoch_is_charged(home: Path) -> None:
    """The first too, and each call is a training of its own; accuracy and cost are of one run."""
    api, results = create(None, "tss", verbose=False), topologies()[0]["12"]["all_results"]
    runs = [results["cifar10-valid", seed] for seed in (111, 777)]
    charged = 0.0
    for iepoch in [*range(12), *range(12)]:
        accuracy, _, cost, used = api.simulate_train_eval(0, "cifar10", iepoch=iepoch, hp="12")
        charged += cost
        (run,) = (run for run in runs if run["eval_acc1es"][f"x-valid@{iepoch}"] == accuracy)
        assert cost == pytest.approx(seconds_of(run, iepoch + 1), rel=1e-12)
        assert used == api.used_time == pytest.approx(charged, rel=1e-12)
    assert api.simulate_train_eval(0, "cifar10", account_time=False)[3] == used
    api.reset_time()
    assert api.used_time == 0


def test_a_training_without_a_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = topologies()
    free, unknown = states[0]["12"]["all_results"]["cifar100", 111], states[11]["12"]["all_results"]["cifar100", 111]
    free["train_times"], free["eval_times"] = (dict.fromkeys(free[key], 0.0) for key in ("train_times", "eval_times"))
    unknown["train_times"] = dict.fromkeys(range(12), math.nan)
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    with pytest.raises(DataError) as refused:
        api.simulate_train_eval(0, "cifar100")
    assert str(refused.value) == "architecture 0 on cifar100: 0.0 s recorded; a training costs more than 0 s"
    with pytest.raises(DataError, match="'train-all-time' is not among train-loss, train-accuracy, valid-loss, "):
        api.simulate_train_eval(11, "cifar100")
    assert api.used_time == 0
    training = api.query_by_index(11).query("cifar100", 111)
    assert training.get_train()["all_time"] is None
    assert training.get_times()["T-train@epoch"] is None
    assert api.get_cost_info(11, "cifar100")["T-train@total"] is None


def test_show_prints_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The packages fail there."""
    api = create(None, "tss", verbose=False)
    api.show()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NATStopology(3/15625 architectures, fast_mode=False, file=None)"
    assert lines[2] == "---------- The (    0/    3) 000000-th architecture! ----------"
    assert sum(line.startswith("arch : ") for line in lines) == 3
    assert api.query_by_index(0).show(is_print=True) == capsys.readouterr().out.splitlines()


# what does not need the packages


def test_answers_are_the_recorded_numbers(home: Path) -> None:
    """By position in the made-up files; test accuracies come from where they belong."""
    api, states = create(None, "tss", verbose=False), topologies()
    for index in TOPOLOGIES:
        for (dataset, seed), result in states[index]["200"]["all_results"].items():
            info = api.get_more_info(index, dataset, hp="200", is_random=seed)
            assert info["train-accuracy"] == result["train_acc1es"][199]
            assert info["train-loss"] == result["train_losses"][199]
            assert info["train-all-time"] == pytest.approx(sum(result["train_times"].values()), rel=1e-12)
            names = {"cifar10-valid": ("x-valid", "ori-test", None), "cifar10": (None, "ori-test", None)}
            for label, name in zip(
                ("valid", "test", "valtest"), names.get(dataset, ("x-valid", "x-test", "ori-test")), strict=True
            ):
                assert (f"{label}-accuracy" in info) == (name is not None)
                if name:
                    assert info[f"{label}-accuracy"] == result["eval_acc1es"][f"{name}@199"]
                    assert info[f"{label}-loss"] == result["eval_losses"][f"{name}@199"]
                    assert info[f"{label}-per-time"] == pytest.approx(result["eval_times"][f"{name}@0"], rel=1e-12)
            assert ("comment" in info) == dataset.startswith("cifar10") - (dataset == "cifar100")


def test_the_mean_is_over_the_runs(home: Path) -> None:
    api, results = create(None, "tss", verbose=False), topologies()[11]["200"]["all_results"]
    accuracies = [results["cifar100", seed]["eval_acc1es"]["x-test@199"] for seed in (777, 888)]
    assert api.get_more_info(11, "cifar100", hp=200, is_random=False)["test-accuracy"] == sum(accuracies) / 2
    means = {
        index: np.mean(
            [r["eval_acc1es"]["x-valid@199"] for (d, _), r in by_hp["200"]["all_results"].items() if d == "cifar100"]
        )
        for index, by_hp in topologies().items()
    }
    best = max(means, key=means.__getitem__)
    assert api.find_best("cifar100", "valid", hp="200") == (best, pytest.approx(means[best], rel=1e-12))


def test_find_best_compares_what_all_runs_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture that one of its runs left unevaluated is not compared: that would be a mean over other runs."""
    states = topologies()
    best = create_best(tmp_path, monkeypatch, states)
    result = states[best]["200"]["all_results"]["cifar100", 888]
    for values in (result["eval_acc1es"], result["eval_losses"]):
        del values["x-valid@199"]
    assert create_best(tmp_path, monkeypatch, states) != best
    api = create(None, "tss", verbose=False)
    assert "valid-accuracy" not in api.get_more_info(best, "cifar100", hp="200", is_random=False)
    assert "valid-accuracy" in api.get_more_info(best, "cifar100", hp="200", is_random=777)


def create_best(folder: Path, monkeypatch: pytest.MonkeyPatch, states: States) -> int:
    write_table(folder, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(folder))
    index, _ = create(None, "tss", verbose=False).find_best("cifar100", "valid", hp="200")
    return int(index)


def test_reports_to_the_character(home: Path) -> None:
    states = topologies()
    lines = create(None, "tss", verbose=False).query_info_str_by_arch(0, "12").splitlines()
    older = NASBench201API(verbose=False).query_info_str_by_arch(0, 12).splitlines()
    size = create(None, "sss", verbose=False).query_info_str_by_arch(0, 12).splitlines()
    results = states[0]["12"]["all_results"]
    loss = (results["cifar10-valid", 111]["train_losses"][11] + results["cifar10-valid", 777]["train_losses"][11]) / 2
    accuracy = (
        results["cifar10-valid", 111]["train_acc1es"][11] + results["cifar10-valid", 777]["train_acc1es"][11]
    ) / 2
    assert lines[:3] == [
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        "datasets : ['cifar10-valid', 'cifar10', 'cifar100', 'ImageNet16-120'], extra-info : arch-index=0",
        "cifar10-valid  FLOP= 15.65 M, Params=0.129 MB, latency=10.16 ms.",
    ]
    assert lines[3].startswith(f"cifar10-valid  train : [loss = {loss:.3f} & top1 = {accuracy:.2f}%], valid : [loss = ")
    assert older[3].startswith(f"cifar10-valid  train : [loss = {loss:.3f}, top1 = {accuracy:.2f}%], valid : [loss = ")
    assert [line.count("test") for line in lines[2:]] == [0, 0, 0, 1, 0, 1, 0, 1]
    assert [line.count("test") for line in size[2:]] == [0, 1, 0, 1, 0, 1, 0, 1]
    assert lines[5].startswith("cifar10        train : [")
    assert "], test  : [" in lines[5]


def test_schedules_and_indices_may_be_numbers_of_any_kind(home: Path) -> None:
    api = create(None, "sss", verbose=False)
    assert api.avaliable_hps == ["01", "12", "90"]
    first = api.get_more_info(0, "cifar10", hp="01", is_random=777)
    for hp in (1, "1", np.int64(1)):
        assert api.get_more_info(np.int64(0), "cifar10", hp=hp, is_random=np.int64(777)) == first
    assert api.query_info_str_by_arch("8:8:8:8:8", 90) == api.query_info_str_by_arch(0, "90")
    assert api.get_more_info(0, "cifar10", is_random=np.False_) == api.get_more_info(0, "cifar10", is_random=False)
    assert api.find_best("cifar10", "test", hp=90) == api.find_best("cifar10", "test", hp="90")


def test_the_objects_say_what_they_are(home: Path) -> None:
    topology, size, older = create(None, "topology"), create(None, "size", True), NASBench201API()
    assert isinstance(topology, NATStopology)
    assert isinstance(size, NATSsize)
    assert (topology.is_topology, topology.is_size, topology.search_space_name) == (True, False, "topology")
    assert (size.is_topology, size.is_size, size.search_space_name) == (False, True, "size")
    assert (topology.full_train_epochs, size.full_epochs_in_paper) == (200, 90)
    assert (topology.fast_mode, size.fast_mode, size.archive_dir) == (False, True, None)
    assert (older.filename, older.evaluated_indexes) == (None, list(TOPOLOGIES))
    assert older.clear_params(0) is None
    assert older.query_by_index(0).clear_params() is None
    assert sum(1 for _ in size) == len(size) == 32_768


def test_the_published_rule_tells_6466_cells_apart(home: Path) -> None:
    """The classes of the space, by which networks are counted, are those of the published string, cell for cell."""
    api = create(None, "tss", verbose=False)
    structure = pytest.importorskip("nats_bench.genotype_utils").topology_str2structure
    published = [structure(arch).to_unique_str(consider_zero=True) for arch in api]
    assert [api.get_unique_str(arch) for arch in api] == published
    first: dict[str, int] = {}
    classes = [first.setdefault(text, index) for index, text in enumerate(published)]
    assert len(first) == 6_466
    assert list(NASBench201Space().classes) == classes
    assert api.get_unique_str(0) == "(0)@avg_pool_3x3+(0)@avg_pool_3x3+(0)@nor_conv_1x1+(0)@nor_conv_1x1"


@pytest.mark.parametrize(
    ("index", "flops", "parameters"), [(0, 4.481114, 0.011714), (11, 6.84065, 0.049202), (284, 21.827994, 0.144834)]
)
def test_counts_of_the_size_space(index: int, flops: float, parameters: float) -> None:
    """As recorded in the official sample, on CIFAR-10."""
    counted = compat._counts.counts("nats_size", 10, 32)
    assert (counted[0][index], counted[1][index]) == (flops, parameters)


def test_times_that_are_not_constant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cumulative seconds, by epoch."""
    states = topologies()
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    manifest = Manifest.load(tmp_path / "nats_topology")
    column = manifest.column("cifar100", "training_time", epochs=12)
    seconds = np.broadcast_to(np.cumsum(np.arange(1.0, 13.0)), (15_625, 4, 12))
    kept = [(each, np.load(manifest.folder / each.file)) for each in manifest.columns if each is not column]
    changed = Column(**{**vars(column), "axes": ["architecture", "run", "epoch"], "at": list(range(1, 13))})
    _folder.write(Manifest(**{**vars(manifest), "columns": []}), [*kept, (changed, seconds)])
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    training = create(None, "tss", verbose=False).query_by_index(0).query("cifar100", 111)
    assert [training.get_train(iepoch)["cur_time"] for iepoch in range(12)] == list(range(1, 13))
    assert [training.get_train(iepoch)["all_time"] for iepoch in (0, 1, 11)] == [1, 3, 78]
    assert training.get_times()["T-train@epoch"] == 6.5


def test_objects_and_answers_can_be_copied_and_sent(home: Path) -> None:
    api = create(None, "tss", verbose=False)
    info = api.get_more_info(0, "cifar100", is_random=111)
    sent = pickle.dumps(api)
    assert len(sent) < 4_000_000
    for other in (pickle.loads(sent), copy.deepcopy(api)):
        assert other.get_more_info(0, "cifar100", is_random=111) == info
    assert pickle.loads(pickle.dumps(info)) == copy.copy(info) == info
    assert json.loads(json.dumps(info)) == info
    results = pickle.loads(pickle.dumps(api.query_by_index(0)))
    assert results.get_metrics("cifar100", "train") == api.query_by_index(0).get_metrics("cifar100", "train")


def test_a_verbose_object_says_what_is_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api = create(None, "tss")
    folder = home / "nats_topology"
    assert capsys.readouterr().out == f"NATStopology answers from the table 'nats_topology' in {folder}\n"
    api.get_more_info(0, "cifar10", hp="200", is_random=777)
    assert (
        capsys.readouterr().out == "get_more_info(index=0, dataset='cifar10', iepoch=None, hp='200', is_random=777)\n"
    )
    assert api.find_best("cifar10", "valid", 1e-6) == (-1, None)
    assert "find_best(dataset='cifar10'" in capsys.readouterr().out
    index, accuracy = api.find_best("cifar10", "valid")
    assert f"best of 3: {index} {api[index]} with {accuracy:.3f} %" in capsys.readouterr().out
    api.verbose = False
    api.find_best("cifar10", "valid")
    assert capsys.readouterr().out == ""


# which table answers


def test_a_table_is_opened_by_name_by_folder_or_by_the_official_path(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.symlink_to(home / "nats_topology")
    for given in ("nats_topology", str(home / "nats_topology"), home / "nats_topology", folder,
                  "/no/longer/there/NATS-tss-v1_0-3ffb9-simple", "NATS-tss-v1_0-3ffb9.pickle.pbz2"):  # fmt: skip
        api = create(given, "tss", verbose=False)
        assert api.query_by_index(0, "cifar100")
        assert api.filename == Path(given).name
    for given in ("/data/NAS-Bench-201-v1_1-096897.pth", Path("NAS-Bench-201-v1_1-archive"), "nasbench201_official"):
        assert NASBench201API(given, verbose=False).query_by_index(0, "cifar100")


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (create, {}, "file_path_or_dict of type dict: expected None, or the name or folder of an imported table; official"
         " files are imported once: nasbed data import nats_topology PATH"),
        (create, "NATS-tss-v1_1-aaaaa-simple", "NATS-tss-v1_1-aaaaa-simple has not been imported: nasbed data import"
         " nats_topology NATS-tss-v1_1-aaaaa-simple, once; nothing else changes; the table that was imported is"
         " 'made up (NATS-tss-v1_0-3ffb9)'"),
        (NASBench201API, "NAS-Bench-201-v1_0-e61699.pth", "NAS-Bench-201-v1_0-e61699.pth has not been imported: nasbed data"
         " import nasbench201_official NAS-Bench-201-v1_0-e61699.pth, once; nothing else changes; the table that was imported"
         " is 'made up (NAS-Bench-201-v1_1-096897)'"),
        (create, "/no/such/folder", "/no/such/folder is neither a table nor an official file; expected None, the name or"
         " folder of a table, or the path of official files that were imported with nasbed data import nats_topology PATH"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_remedy(make: Any, given: Any, message: str, home: Path) -> None:
    with pytest.raises(NasbedError) as refused:
        make(given, "tss", verbose=False) if make is create else make(given, verbose=False)
    assert str(refused.value) == message
    assert isinstance(refused.value, (ValueError, KeyError))


def test_the_wrong_table_or_space_is_refused(home: Path) -> None:
    with pytest.raises(
        DataError, match=r"the table 'nats_size' in .* does not answer here; expected nats_topology or "
    ):
        create(str(home / "nats_size"), "tss", verbose=False)
    with pytest.raises(DataError, match=r"the table 'nats_topology' in .* does not answer here; expected nats_size"):
        create(str(home / "nats_topology"), "sss", verbose=False)
    with pytest.raises(UnknownNameError) as refused:
        create(None, "tsss", verbose=False)
    assert str(refused.value) == "unknown search space 'tsss'; did you mean 'tss'? known: tss, topology, sss, size"
    assert isinstance(refused.value, ValueError)


def test_without_the_size_table_its_import_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(DataError) as refused:
        create(None, "sss", verbose=False)
    assert str(refused.value) == f"the table 'nats_size' is not in {tmp_path}: nasbed data import nats_size PATH"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NATStopology:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert isinstance(api, NATStopology)
    return api


def test_the_shipped_table_answers_where_nothing_was_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaid: None
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    said_once("shipped", lambda: create(None, "tss", verbose=False))
    quiet(lambda: NASBench201API(verbose=False))
    quiet(lambda: create("nasbench201", "tss", verbose=False))


def test_what_the_shipped_table_holds_is_answered(shipped: NATStopology) -> None:
    """Numbers of the official sample."""
    assert shipped.avaliable_hps == ["200"]
    valid = shipped.get_more_info(0, "cifar10-valid", hp="200", is_random=777)
    assert valid["valid-accuracy"] == pytest.approx(82.092)
    assert valid["train-all-time"] == pytest.approx(1444.2185997962952)
    assert shipped.get_more_info(0, "cifar10", hp="200", is_random=False)["test-accuracy"] == pytest.approx(85.86333333)
    means = shipped.get_more_info(0, "cifar100", hp="200", is_random=False)
    assert means["valid-accuracy"] == pytest.approx(52.7)
    assert means["test-accuracy"] == pytest.approx(52.9133332946)
    assert [shipped.find_best(*split, hp="200")[0] for split in (("cifar10", "valid"), ("cifar10", "test"))] == [
        6111,
        6111,
    ]
    assert [shipped.find_best("cifar100", name, hp=200)[0] for name in ("valid", "test")] == [9930, 9930]
    assert [shipped.find_best("ImageNet16-120", name, hp=200)[0] for name in ("valid", "test")] == [10676, 857]
    assert shipped.statistics("cifar10", 200) == {2: 7456, 3: 8169}
    assert shipped.get_cost_info(0, "cifar10", 200)["flops"] == 15.64737
    assert shipped.get_latency(0, "cifar100", 200) == pytest.approx(0.013182918)
    assert shipped.query_by_index(0, "cifar10-valid", 200)[888].seed == 888


def test_accuracies_of_the_shipped_table_are_there_without_their_losses(shipped: NATStopology) -> None:
    results = shipped.query_meta_info_by_index(0, hp="200")
    assert results.get_metrics("cifar10-valid", "x-valid", is_random=777)["accuracy"] == pytest.approx(82.092)
    for dataset, name, accuracy in (
        ("cifar10", "ori-test", 85.86333333), ("cifar100", "x-valid", 52.7), ("cifar100", "x-test", 52.9133332946)
    ):  # fmt: skip
        found = results.get_metrics(dataset, name)
        assert found["accuracy"] == pytest.approx(accuracy)
        assert (found["iepoch"], "loss" in found) == (199, False)
    assert results.get_metrics("cifar100", "valid") == results.get_metrics("cifar100", "x-valid")
    training = shipped.query_by_index(0, "cifar10-valid", "200")[777]
    assert training.get_eval("x-valid")["accuracy"] == training.get_eval("valid")["accuracy"] == pytest.approx(82.092)
    assert training.get_train()["all_time"] == pytest.approx(1444.2185997962952)
    assert training.get_train(9)["all_time"] == pytest.approx(72.210929989815)
    for at in (0, 198):
        with pytest.raises(NotRecorded, match="holds no accuracy of x-test on cifar100"):
            results.get_metrics("cifar100", "x-test", at)
    assert json.loads(json.dumps(results.get_metrics("cifar100", "x-valid")))["accuracy"] == pytest.approx(52.7)


def test_the_report_of_the_shipped_table_says_what_is_not_recorded(
    shipped: NATStopology, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shipped.query_by_arch(0, "200").splitlines()
    assert lines[3] == (
        "cifar10-valid  train : [loss = not recorded & top1 = not recorded], valid : [loss = not recorded & top1 = 81.98%]"
    )
    assert lines[7].endswith(
        "valid : [loss = not recorded & top1 = 52.70%], test : [loss = not recorded & top1 = 52.91%]"
    )
    shipped.show(0)
    assert "top1 = 85.86%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda api: api.get_more_info(0, "cifar100"),
         "unknown hp of nasbench201 '12'; known: 200; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.get_more_info(0, "cifar10", hp=200),
         "no accuracy is recorded of architecture 0 on cifar10 after 200 of 200 epochs (one run) in the table 'nasbench201';"
         " nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.get_more_info(0, "cifar100", hp=200, is_random=777)["test-accuracy"],
         "'test-accuracy' is not among train-per-time, train-all-time, valid-accuracy: not recorded of architecture 0 on"
         " cifar100 after 200 of 200 epochs (seed 777) in the table 'nasbench201'; nasbed data import nats_topology PATH"
         " brings the rest"),
        (lambda api: api.get_more_info(0, "cifar100", 10, 200, False),
         "no accuracy is recorded of architecture 0 on cifar100 after 11 of 200 epochs (mean over runs) in the table"
         " 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.simulate_train_eval(0, "cifar100", hp=200),
         "'valid-per-time' is not among train-per-time, train-all-time, valid-accuracy: not recorded of architecture 0 on"
         " cifar100 after 200 of 200 epochs (one run) in the table 'nasbench201'; nasbed data import nats_topology PATH"
         " brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "x-valid")["loss"],
         "'loss' is not among iepoch, accuracy, cur_time, all_time: not recorded of x-valid on cifar100, seed 777, after 200 of"
         " 200 epochs in the table 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "x-test", is_random=777),
         "the table 'nasbench201' holds no accuracy of x-test on cifar100, seed 777, after 200 of 200 epochs; accuracy by run:"
         " x-valid; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "train")["accuracy"],
         "'accuracy' is not among iepoch, cur_time, all_time: not recorded of train on cifar100, seed 777, after 200 of 200"
         " epochs in the table 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.find_best("cifar100", "train", hp=200),
         "the table 'nasbench201' holds no accuracy of train on cifar100 after 200 epochs; nasbed data import nats_topology PATH"
         " brings the rest"),
    ],
)  # fmt: skip
def test_the_rest_is_refused_with_the_remedy(call: Callable[[Any], Any], message: str, shipped: NATStopology) -> None:
    with pytest.raises(NasbedError) as refused:
        call(shipped)
    assert str(refused.value) == message
    assert isinstance(refused.value, KeyError)


@pytest.mark.parametrize(("api", "table"), [(NASBench201API, "nasbench201_official"), (NATStopology, "nats_topology")])
def test_the_remedy_is_the_table_of_the_package(
    api: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    asked = api(None, verbose=False)
    training = asked.query_by_index(0, "cifar10", hp="200")[777]
    for call in (
        lambda: asked.simulate_train_eval(0, "cifar10"),
        lambda: asked.simulate_train_eval(0, "cifar10", hp="200"),
        lambda: asked.find_best("cifar10", "train", hp="200"),
        lambda: training.get_eval("ori-test"),
        lambda: pickle.loads(pickle.dumps(training)).get_eval("ori-test"),
    ):
        with pytest.raises(NasbedError, match=f"; nasbed data import {table} PATH brings the rest$"):
            call()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda api: api.get_more_info("|none~0|", "cifar10"), ArchitectureError,
         "'|none~0|' is no architecture of the space; expected a string such as |avg_pool_3x3~0|+|nor_conv_1x1~0|"),
        (lambda api: api.arch(15_625), ArchitectureError, "architecture index 15625; expected 0 .. 15624"),
        (lambda api: api.query_by_index(1), DataError, "the table 'nats_topology' holds nothing of architecture 1"),
        (lambda api: api.arch2infos_dict[1], DataError, "nothing is recorded of architecture 1"),
        (lambda api: api.get_more_info(1, "cifar10"), DataError,
         "the table 'nats_topology' holds no training of architecture 1 on cifar10 for 12 epochs; it has those on none"),
        (lambda api: api.get_more_info(0, "cifar-10"), UnknownNameError,
         "unknown data set of nats_topology 'cifar-10'; did you mean 'cifar10'? known: cifar10-valid, cifar10, cifar100, "),
        (lambda api: api.simulate_train_eval(0, "cifar10-valid"), UnknownNameError, "unknown data set of a search"),
        (lambda api: api.get_more_info(0, "cifar10", hp="13"), UnknownNameError,
         "unknown hp of nats_topology '13'; known: 12, 200"),
        (lambda api: api.get_more_info(0, "cifar10", 12), OptionError,
         "iepoch = 12; expected 0 .. 11, or None for the last"),
        (lambda api: api.get_more_info(0, "cifar10", is_random="777"), OptionError,
         "is_random = '777'; expected True (a run drawn), False (the mean) or a seed"),
        (lambda api: api.find_best("cifar10-valid", "test"), UnknownNameError,
         "unknown evaluation set of cifar10-valid 'test'; did you mean 'ori-test'? known: train, x-valid, ori-test"),
        (lambda api: api.statistics("svhn", 12), UnknownNameError, "unknown data set of nats_topology 'svhn'"),
        (lambda api: api.query_by_index(0).query("cifar10", 111).get_eval("x-valid"), UnknownNameError,
         "unknown evaluation set of cifar10 'x-valid'; known: train, ori-test"),
        (lambda api: api.query_by_index(0, hp=200).query("cifar100", 777).get_eval("x-valid", 0), DataError,
         "the table 'nats_topology' holds no accuracy of x-valid on cifar100, seed 777, after 1 of 200 epochs; it is recorded"
         " after 200 only"),
        (lambda api: api.get_net_param(0, "cifar10", 111), DataError,
         "NATStopology.get_net_param is not offered: trained weights are not part of the tables; use the official files and"
         " package for them (see docs/compat.md)"),
        (lambda api: api.query_by_index(0).update("cifar10", 1, None), DataError,
         "ArchResults.update is not offered: what was recorded is not changed (see docs/compat.md)"),
        (lambda api: compat._text.str2lists("|none~x|"), ArchitectureError,
         "malformed edge 'none~x' in '|none~x|': expected operation~source"),
        (lambda api: api.str2matrix("|conv~0|"), ArchitectureError, "unknown operation 'conv' in '|conv~0|'; known: none, "),
    ],
)  # fmt: skip
def test_refusals(call: Callable[[Any], Any], kind: type[Exception], message: str, home: Path) -> None:
    with pytest.raises(kind) as refused:
        call(create(None, "tss", verbose=False))
    assert str(refused.value).startswith(message)


def test_every_difference_is_documented() -> None:
    text = (ROOT / "docs" / "compat.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in Path(compat.__file__).parent.glob("*.py"))
    kinds = set(re.findall(r'warn_once\(\s*"(\w+)"', source))
    assert kinds == {"draws", "counts", "latency", "enforce_all", "shipped", "ties"}
    assert all(f"| `{kind}` |" in text for kind in kinds)
    for kind in (NASBench201API, NATStopology, compat.ArchResults, compat.ResultsCount):
        assert all(f"`{name}`" in text for name in kind.withheld)


def test_another_attribute_is_just_not_there(home: Path) -> None:
    with pytest.raises(AttributeError, match="'NATStopology' object has no attribute 'nothing'"):
        create(None, "tss", verbose=False).nothing  # noqa: B018


def test_a_latency_that_was_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = topologies()
    states[0]["12"]["all_results"]["cifar100", 111]["latency"] = [math.nan]
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert api.get_latency(0, "cifar100") is None
    assert api.query_by_index(0).query("cifar100", 111).get_latency() == -1.0
    assert "latency=None ms." in api.query_info_str_by_arch(0)
    with pytest.raises(DataError, match="no latency of architecture 0 on cifar100, seed 111"):
        api.query_by_index(0).get_latency("cifar100")


# the official samples


ADMITTED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): dict,
    ("numpy.core.multiarray", "scalar"): lambda dtype, content: float(np.frombuffer(content, dtype)[0]),
    ("numpy._core.multiarray", "scalar"): lambda dtype, content: float(np.frombuffer(content, dtype)[0]),
    ("numpy", "dtype"): np.dtype,
}


def sample(folder: Path) -> States:
    files = sorted(folder.glob("0*.pickle.pbz2"))
    return {int(file.name[:6]): _pickles.load(bz2.decompress(file.read_bytes()), ADMITTED) for file in files}


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with the tables of the samples, three architectures each."""
    from nasbed.benchmarks.convert import nats_size, nats_topology

    home = tmp_path_factory.mktemp("sampled")
    for converter, name in ((nats_topology, "NATS-tss-v1_0-3ffb9"), (nats_size, "NATS-sss-v1_0-50262")):
        files = SHARED / "data" / "nats-bench-sample" / f"{name}-simple"
        converter.convert([files], home / converter.LAYOUT.name, lambda *_: None, partial=True)
    return home


@pytest.fixture(params=["topology", "size", "nasbench"])
def real(request: pytest.FixtureRequest, sampled: Path, monkeypatch: pytest.MonkeyPatch, nats_bench: Any) -> Pair:
    monkeypatch.setenv("NASBED_DATA", str(sampled))
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


# what public scripts call and import beside the documented methods


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
