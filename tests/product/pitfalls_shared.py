"""The shipped tables, and many searches of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from daily import daily

import nasbed
from nasbed.benchmarks.nasbench201 import NASBench201
from nasbed.results.judge import ScoredRuns, judge
from nasbed.strategies import RandomSearch, RegularizedEvolution
from nasbed.vocabulary import Strategy

DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
TABLES = {dataset: NASBench201(dataset) for dataset in DATASETS}
EVERY = np.arange(15_625)
SEEDS = 400
EVOLUTION, RANDOM = RegularizedEvolution(population=10, sample=3), RandomSearch()

each_dataset = pytest.mark.parametrize("dataset", DATASETS)
one_dataset = pytest.mark.parametrize("dataset", daily(DATASETS, "ImageNet16-120"))
"""Of one data set every day, where hundreds of searches tell the same of each."""


@dataclass(frozen=True)
class Runs:
    """Many seeds of one strategy: their judgement, and the value at which each run's incumbent was seen."""

    runs: ScoredRuns
    seen: np.ndarray


@cache
def runs(strategy: Strategy, dataset: str, evaluations: int, noise: str = "draw", seeds: int = SEEDS) -> Runs:
    table, index = TABLES[dataset], TABLES[dataset].space.index
    found = [
        nasbed.search(strategy, table, budget={"evaluations": evaluations}, noise=noise, seed=seed)
        for seed in range(seeds)
    ]
    outcomes = [outcome for result in found for outcome in result.outcomes]
    records = {
        "seed": np.repeat(np.arange(seeds), evaluations),
        "architecture": np.array([index(outcome.arch) for outcome in outcomes]),
        "epochs": np.array([outcome.epochs for outcome in outcomes]),
        "value": np.array([outcome.value for outcome in outcomes]),
        "time": np.array([outcome.time for outcome in outcomes]),
        "last": np.zeros(len(outcomes), dtype=bool),
    }
    judged = judge(records, np.arange(seeds), table.referee(), "best")
    return Runs(judged, np.array([result.incumbent.value for result in found if result.incumbent]))
