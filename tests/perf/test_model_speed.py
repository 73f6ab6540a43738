"""Speed of whole searches beside a fixed amount of linear algebra and beside peers, in CPU time of one run: `make bench`."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from test_speed import cpu
from threadpoolctl import threadpool_limits

from nasbed.benchmarks import NASBench201
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies import REGISTRY
from nasbed.vocabulary import Budget

SIZE, PRODUCTS = 512, 16
"""A unit of linear algebra is so many products of two square matrices of this size, in float64: 4.3 billion operations."""
WHOLE = {"gp_bo": (200, 5, 2.2), "weak_predictors": (400, 1, 75.0), "bananas": (400, 1, 60.0)}
"""Strategies, how many evaluations, how often, and the most units that a search may take."""
SAMPLERS = {"random_search": ("RandomSampler", 200, 0.05), "gp_bo": ("GPSampler", 20, 0.1)}
"""Strategies, Optuna's sampler of the same kind, evaluations, and the most that they may take of its time."""


@pytest.mark.parametrize("name", WHOLE)
def test_searches_beside_linear_algebra(benchmark: BenchmarkFixture, table: NASBench201, name: str) -> None:
    evaluations, rounds, limit = WHOLE[name]
    strategy, rules = REGISTRY.make(name, {}), Rules(Budget("evaluations", evaluations))
    matrix = np.random.default_rng(0).random((SIZE, SIZE))

    def unit() -> None:
        for _ in range(PRODUCTS):
            matrix @ matrix

    with threadpool_limits(1):
        unit()
        execute(strategy, table, Rules(Budget("evaluations", 30)), 0)
        pairs = [(cpu(lambda: execute(strategy, table, rules, seed)), cpu(unit)) for seed in range(rounds)]  # noqa: B023
        benchmark.pedantic(unit, rounds=3)
    ratio, seconds = statistics.median(one / other for one, other in pairs), statistics.median(one for one, _ in pairs)
    benchmark.extra_info |= {"CPU seconds": round(seconds, 3), "units of linear algebra": round(ratio, 2)}
    print(f"\n  {name}, {evaluations} evaluations: {seconds:.2f} s of CPU, {ratio:.1f} units (limit {limit})")
    assert ratio <= limit


@pytest.mark.parametrize("name", SAMPLERS)
def test_searches_beside_samplers_of_optuna(benchmark: BenchmarkFixture, table: NASBench201, name: str) -> None:
    pytest.importorskip("optuna", reason="needs Optuna: pip install '.[optuna]'")
    sampler, evaluations, limit = SAMPLERS[name]
    if sampler == "GPSampler":
        pytest.importorskip("torch", reason="Optuna's GPSampler needs torch: pip install '.[train]'")
    ours, theirs = REGISTRY.make(name, {}), REGISTRY.make("optuna", {"sampler": sampler})
    rules = Rules(Budget("evaluations", evaluations))
    with threadpool_limits(1):
        execute(ours, table, rules, 0)
        execute(theirs, table, Rules(Budget("evaluations", 12)), 0)
        spent = cpu(lambda: execute(theirs, table, rules, 0))
        ratio = statistics.median(cpu(lambda: execute(ours, table, rules, seed)) for seed in range(5)) / spent  # noqa: B023
        benchmark.pedantic(execute, args=(ours, table, rules, 0), rounds=3)
    benchmark.extra_info[f"of {sampler}"] = round(ratio, 4)
    print(f"\n  {name}: {ratio:.3f} of Optuna's {sampler} (limit {limit})")
    assert ratio <= limit
