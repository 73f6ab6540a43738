"""NSGA-II: who survives, who becomes a parent, and how children are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import moocore
import numpy as np
import pytest
from fakes import SPACE, task
from scipy import stats

import nasbed
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.nsga2 import NSGA2
from nasbed.streams import stream
from nasbed.vocabulary import Benchmark, Budget, Objective, Outcome, Proposal, Proposals

CLONES = {"crossover_probability": 0.0, "mutation_probability": 1e-12, "draws": 1}
"""Options under which a child is its parent."""


def crowded(front: np.ndarray) -> np.ndarray:
    """The crowding distance of each point of a front, as section III-B writes it."""
    distance = np.zeros(len(front))
    for objective in front.T:
        order = np.argsort(objective, kind="stable")
        distance[order[[0, -1]]] = np.inf
        for before, here, after in zip(order, order[1:], order[2:], strict=False):
            distance[here] += (objective[after] - objective[before]) / np.ptp(objective)
    return distance


def survivors(pool: Sequence[Outcome], size: int) -> list[Outcome]:
    """Whole fronts while they fit, and the least crowded of the next."""
    values = np.array([outcome.values for outcome in pool])
    rank = moocore.pareto_rank(values, maximise=True)
    kept: list[int] = []
    for level in range(rank.max() + 1):
        front = np.flatnonzero(rank == level)
        kept += front[np.argsort(-crowded(values[front]), kind="stable")].tolist()
    return [pool[place] for place in kept[:size]]


def test_parents_are_among_the_survivors_of_parents_and_children() -> None:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=["accuracy", "latency"])
    options = NSGA2(population=10, crossover_probability=0.0, mutation_probability=1.0, draws=1)
    told = execute(options, benchmark, Rules(Budget("evaluations", 80)), 0).outcomes
    alive = survivors(told[:10], 10)
    for start in range(10, 80, 10):
        children = told[start : start + 10]
        parents = {outcome.arch for outcome in alive}
        assert all(parents & set(benchmark.space.neighbours(child.arch)) for child in children)
        alive = survivors([*alive, *children], 10)
    assert {outcome.trial for outcome in alive} != set(range(10))


def told(search: Proposals, batch: Sequence[Proposal], *failed: int) -> list[Proposal]:
    """The next generation, where the architecture i is worth i in both objectives, or nan in the second."""
    outcomes = []
    for proposal in batch:
        worth = float(SPACE.index(proposal.arch))
        values = worth, np.nan if worth in failed else worth
        outcomes.append(Outcome(proposal.arch, worth, 1.0, 1.0, 0, 1, values, proposal))
    return search.send(outcomes)  # type: ignore[return-value]


def begin(options: NSGA2) -> tuple[Proposals, list[Proposal]]:
    objectives = Objective("accuracy", "%"), Objective("latency", "s", False)
    search = options.search(replace(task(), objectives=objectives), stream(0, "fake", "search"))
    return search, next(search)  # type: ignore[return-value]


def test_parents_win_a_tournament_of_two() -> None:
    search, first = begin(NSGA2(population=4000, **CLONES))
    shares = np.bincount([SPACE.index(proposal.arch) for proposal in first], minlength=9) / 4000
    parents = np.bincount([SPACE.index(proposal.arch) for proposal in told(search, first)], minlength=9)
    below = np.cumsum(shares)
    expected = below**2 - np.append(0, below[:-1]) ** 2  # the better of two independent draws
    assert stats.chisquare(parents, 4000 * expected).pvalue > 1e-3


def test_the_infeasible_do_not_survive_beside_the_feasible() -> None:
    search, batch = begin(NSGA2(population=30, **CLONES))
    assert {8, 7} & {SPACE.index(proposal.arch) for proposal in batch}
    second = told(search, batch, 8, 7)
    third = told(search, second, 8, 7)
    assert Counter(SPACE.index(proposal.arch) for proposal in third).keys().isdisjoint({8, 7})


@pytest.mark.parametrize(("draws", "repeats"), [(1, True), (50, False)])
def test_children_that_were_asked_for_are_drawn_again(draws: int, repeats: bool, cifar10: Benchmark) -> None:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=["accuracy", "flops"])
    outcomes = execute(NSGA2(draws=draws), benchmark, Rules(Budget("evaluations", 200)), 0).outcomes
    children = [outcome.arch for outcome in outcomes[20:]]
    assert (len(set(children)) < len(children)) is repeats
