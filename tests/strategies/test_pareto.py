"""Ranks, crowding and hypervolume against moocore and by hand; and what every multi-objective strategy must keep."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import moocore
import numpy as np
import pytest
from daily import sampled
from fakes import SPACE, run, task
from scipy.stats import wilcoxon

import nasbed
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.models.pareto import _peeled, contributions, crowding, preferences, ranks, rows
from nasbed.strategies.nsga2 import NSGA2
from nasbed.strategies.parego import ParEGO
from nasbed.strategies.random_search import RandomSearch
from nasbed.strategies.sms_emoa import SMSEMOA
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Objective, Outcome, Proposal, Strategy, Task

MATRICES = [
    np.random.default_rng(seed).integers(0, most, (size, objectives)).astype(float)
    for seed, (size, objectives, most) in enumerate(product((1, 2, 45), (2, 3, 4), (3, 1000)))
]
STRATEGIES = [NSGA2(population=6), SMSEMOA(population=6), ParEGO(initial=4)]


@pytest.mark.parametrize("values", MATRICES)
def test_ranks_are_those_of_moocore(values: np.ndarray) -> None:
    found = ranks(values)
    assert found.tolist() == moocore.pareto_rank(values, maximise=True).tolist()
    assert (found == 0).tolist() == moocore.is_nondominated(values, maximise=True, keep_weakly=True).tolist()


def test_the_sweep_of_two_objectives_agrees_with_counting_where_rows_are_infeasible() -> None:
    values = np.random.default_rng(3).integers(0, 9, (60, 2)).astype(float)
    values[::7] = -np.inf
    found = ranks(values)
    assert found.tolist() == _peeled(values).tolist()
    assert set(found[::7]) == {found.max()}
    assert (found[::7].max() > np.delete(found, slice(0, None, 7))).all()


def test_crowding_of_two_fronts_by_hand() -> None:
    values = np.array([[1.0, 20], [0, 40], [0, 10], [3, 10], [4, 0], [2, 0]])
    rank = ranks(values)
    assert rank.tolist() == [0, 0, 1, 0, 0, 1]
    assert crowding(values, rank).tolist() == [3 / 4 + 30 / 40, math.inf, math.inf, 3 / 4 + 20 / 40, math.inf, math.inf]
    assert sorted(range(6), key=preferences(values).__getitem__) == [1, 4, 0, 3, 2, 5]


def test_crowding_does_not_depend_on_units_and_is_never_nan() -> None:
    values = np.random.default_rng(0).integers(0, 6, (40, 3)).astype(float)
    values[:5] = -np.inf
    rank = ranks(values)
    found = crowding(values, rank)
    assert not np.isnan(found).any()
    assert found == pytest.approx(crowding(values * [1e-6, 1, 1e9], rank))


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_contributions_are_those_of_moocore(objectives: int) -> None:
    points = np.random.default_rng(objectives).random((15, objectives))
    points /= np.linalg.norm(points, axis=1)[:, None]
    points[3] = points[7]
    expected = moocore.hv_contributions(points, ref=[-0.5] * objectives, maximise=True)
    assert contributions(points, -0.5) == pytest.approx(expected, abs=1e-12)
    assert contributions(points, -0.5)[[3, 7]].tolist() == [0, 0]


def test_an_outcome_without_a_value_of_one_objective_is_infeasible_in_all() -> None:
    proposal = Proposal((0, 0))
    told = [
        Outcome((0, 0), values[0], 1.0, 1.0, 0, 1, values, proposal)
        for values in ((1.0, 2.0), (math.nan, 3.0), (9.0, math.nan))
    ]
    assert rows(told).tolist() == [[1, 2], [-math.inf] * 2, [-math.inf] * 2]


def two(amount: float = 100, workers: int = 1) -> Task:
    return replace(
        task(amount=amount, workers=workers), objectives=(Objective("accuracy", "%"), Objective("size", "M", False))
    )


def oracle(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], float]:
    """The best of three lie on a front: 2, 5 and 8. What is divisible by 4 has no size, and 1 has nothing at all."""
    accuracy, size = 10.0 * (index // 3) + index % 3, -1e9 * (index // 3)
    return (math.nan if index == 1 else accuracy, math.nan if index % 4 == 0 or index == 1 else size), float(index + 1)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("workers", [1, 5])
@pytest.mark.parametrize("repeats", ["charge", "refuse", "free"])
def test_a_tiny_space_with_failures_is_searched_to_its_front(strategy: Strategy, workers: int, repeats: str) -> None:
    log = run(strategy.start(two(60, workers), stream(0, "fake", "search")), two(60, workers), oracle, repeats)  # type: ignore[arg-type]
    found = {outcome.arch for outcome in log.outcomes}
    assert {SPACE.archs[2], SPACE.archs[5]} <= found


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("nothing", [(math.nan, math.nan), (math.nan, 1.0), (1.0, math.nan), (1.0, 1.0)])
def test_a_space_in_which_nothing_is_feasible_or_all_is_equal_is_survived(
    strategy: Strategy, nothing: tuple[float, float]
) -> None:
    searcher = strategy.start(two(50), stream(0, "fake", "search"))
    assert len(run(searcher, two(50), lambda index, epochs, word: (nothing, 1.0)).outcomes) == 50


@pytest.fixture(scope="module")
def latency() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=["accuracy", "latency"])


def archs(
    strategy: Strategy, benchmark: Benchmark, seed: int, evaluations: int, workers: int = 1
) -> list[tuple[int, ...]]:
    rules = Rules(Budget("evaluations", evaluations), workers=workers)
    return [outcome.arch for outcome in execute(strategy, benchmark, rules, seed).outcomes]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: type(one).__name__)
def test_searches_are_reproducible_and_start_as_random_search_does(strategy: Strategy, latency: Benchmark) -> None:
    first, again, other = (archs(strategy, latency, seed, 40) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert first[: strategy.warm_up] == archs(RandomSearch(), latency, 0, strategy.warm_up)
    assert first[strategy.warm_up :] != archs(RandomSearch(), latency, 0, 40)[strategy.warm_up :]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: type(one).__name__)
def test_one_objective_is_refused_with_the_remedy(strategy: Strategy, cifar10: Benchmark) -> None:
    with pytest.raises(nasbed.NasbedError, match=r"at least 2 objectives.*objectives = "):
        archs(strategy, cifar10, 0, 10)


@pytest.mark.parametrize(
    ("strategy", "evaluations", "seeds"),
    sampled([(NSGA2(), 120, 25), (SMSEMOA(), 120, 25), (ParEGO(), 60, 6)], 3),
    ids=lambda one: type(one).__name__,
)
def test_more_hypervolume_is_found_than_by_random_search(
    strategy: Strategy, evaluations: int, seeds: int, latency: Benchmark
) -> None:
    recorded = latency.recorded(200)
    assert recorded is not None
    values = np.column_stack([np.nanmean(runs, axis=1) for runs in recorded[0]])
    scaled = (values - values.min(axis=0)) / np.ptp(values, axis=0)

    def volume(searched: Strategy, seed: int) -> float:
        places = [latency.space.index(arch) for arch in archs(searched, latency, seed, evaluations)]
        return float(moocore.hypervolume(scaled[places], ref=[0.0, 0.0], maximise=True))

    pairs = np.array([(volume(strategy, seed), volume(RandomSearch(), seed)) for seed in range(seeds)])
    assert wilcoxon(*pairs.T, alternative="greater").pvalue < 0.02
