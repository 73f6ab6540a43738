"""Answers of ours beside those of the official packages, call by call."""

# ruff: noqa: B023 (calls are made before the loop goes on)

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from recorded_states import DATASETS, State, States

from nasbed.benchmarks.compat import CompatWarning
from nasbed.errors import NasbedError


def original(states: States, names: list[str]) -> State:
    return {"meta_archs": names, "arch2infos": states, "evaluated_indexes": list(states)}


def less_and_full(states: States) -> States:
    return {index: {"less": by_hp["12"], "full": by_hp["200"]} for index, by_hp in states.items()}


Pair = tuple[Any, Any]
"""Ours and theirs."""


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
    assert said[0].filename == call.__code__.co_filename
    quiet(call)
    return value
