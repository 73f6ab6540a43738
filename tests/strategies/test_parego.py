"""ParEGO: the scalarisation, and the proposal against a dense Gaussian process."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fakes import SPACE, run, task
from scipy.stats import norm, rankdata

import nasbed
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.parego import ParEGO, scalarised
from nasbed.streams import stream
from nasbed.vocabulary import Budget, Objective


def test_the_augmented_tchebycheff_function_by_hand() -> None:
    values = np.array([[90.0, -0.2], [80, -0.1], [math.nan, -0.1], [85, -0.15], [95, math.nan], [10, -0.25]])
    found = scalarised(values, np.array([0.25, 0.75]), 0.05)
    expected = [-0.75 * 1.05, -0.25 * 1.05, -math.inf, -(0.375 + 0.05 * 0.5), -math.inf, -(2 + 0.05 * 3.125)]
    assert found == pytest.approx(expected)


def test_where_one_dominates_all_the_range_of_all_counts_and_what_does_not_vary_costs_nothing() -> None:
    assert scalarised(np.array([[1.0, 7], [0, 7]]), np.array([0.5, 0.5]), 0.0).tolist() == [0, -0.5]


@pytest.mark.parametrize("objectives", [["accuracy", "latency"], ["accuracy", "flops", "parameters"]])
def test_a_proposal_has_the_highest_expected_improvement(objectives: list[str]) -> None:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=objectives)
    outcomes = execute(ParEGO(initial=12), benchmark, Rules(Budget("evaluations", 13)), 4).outcomes
    rng = stream(4, benchmark.label, "search")
    assert [benchmark.space.sample(rng) for _ in range(12)] == [outcome.arch for outcome in outcomes[:12]]
    drawn = np.array([-math.log(1 - rng.random()) for _ in objectives])
    scalar = scalarised(np.array([outcome.values for outcome in outcomes[:12]]), drawn / drawn.sum(), 0.05)
    scores = norm.ppf((rankdata(scalar) - 0.5) / 12)
    codes, trained = np.array(benchmark.space.archs), np.array([outcome.arch for outcome in outcomes[:12]])
    across = np.exp(-(codes[:, None] != trained).sum(axis=2) / 2)
    within = np.exp(-(trained[:, None] != trained).sum(axis=2) / 2) + 0.1 * np.eye(12)
    mean = across @ np.linalg.solve(within, scores)
    sd = np.sqrt(1 - (across * np.linalg.solve(within, across.T).T).sum(axis=1))
    places = [benchmark.space.index(outcome.arch) for outcome in outcomes]
    gain = mean - mean[places[:12]].max()
    improvement = gain * norm.cdf(gain / sd) + sd * norm.pdf(gain / sd)
    improvement[places[:12]] = 0
    assert improvement[places[12]] == pytest.approx(improvement.max(), rel=1e-4)


def test_units_of_an_objective_do_not_matter() -> None:
    two = replace(task(amount=30), objectives=(Objective("accuracy", "%"), Objective("energy", "mJ", False)))

    def asked(unit: float) -> list[tuple[int, ...]]:
        searcher = ParEGO(initial=3).start(two, stream(1, "fake", "search"))
        log = run(searcher, two, lambda index, epochs, word: ((float(index), -unit * (index % 4) ** 2), 1.0))
        return [outcome.arch for outcome in log.outcomes]

    assert asked(1.0) == asked(2.0**40)
    assert len(set(asked(1.0)[:12])) == len(SPACE)  # nothing twice after the first three, until all was asked for
