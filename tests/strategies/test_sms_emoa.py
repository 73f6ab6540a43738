"""SMS-EMOA: who is removed, and who may become a parent."""

from __future__ import annotations

import math
from itertools import count

import moocore
import numpy as np
import pytest

import nasbed
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.sms_emoa import SMSEMOA, least
from nasbed.vocabulary import Budget


@pytest.mark.parametrize("objectives", [2, 3])
def test_where_nothing_is_dominated_the_rest_keeps_the_most_hypervolume(objectives: int) -> None:
    for seed in range(10):
        front = np.random.default_rng(seed).random((12, objectives))
        front /= np.linalg.norm(front, axis=1)[:, None]
        assert moocore.is_nondominated(front, maximise=True).all()
        scaled = (front - front.min(axis=0)) / np.ptp(front, axis=0)
        volumes = [
            moocore.hypervolume(np.delete(scaled, place, axis=0), ref=[-1.0] * objectives, maximise=True)
            for place in range(12)
        ]
        assert least(front * [1e6, *[1.0] * (objectives - 1)]) == np.argmax(volumes)


def test_of_the_last_front_the_one_that_most_dominate_is_removed() -> None:
    # ranks 0 0 0 0, 1 1 1; the last three are dominated by 1, 3 and 2 of the first four
    values = np.array([[0.0, 9], [4, 8], [8, 4], [9, 0], [-1, 8.5], [3, 3], [5, 3]])
    values = np.vstack([values, [[4.0, 4.0]]])
    rank = moocore.pareto_rank(values, maximise=True)
    assert rank.tolist() == [0, 0, 0, 0, 1, 2, 1, 1]
    assert least(values) == 5  # alone in the last front
    values = np.delete(values, 5, axis=0)
    dominators = [int(((values >= row).all(axis=1) & (values > row).any(axis=1)).sum()) for row in values]
    assert dominators == [0, 0, 0, 0, 1, 1, 2]
    assert least(values) == 6


def test_of_two_that_are_equal_one_is_removed_and_the_older() -> None:
    assert least(np.array([[0.0, 2], [1, 1], [2, 0], [1, 1]])) == 1


def test_parents_are_alive_when_their_child_is_asked_for() -> None:
    benchmark = nasbed.load_benchmark("nasbench201", dataset="cifar10", objectives=["accuracy", "latency"])
    options = SMSEMOA(population=8, crossover_probability=0.0, mutation_probability=1.0)
    alive: list[tuple[tuple[int, ...], tuple[float, ...]]] = []
    used = set()
    for number, outcome in zip(count(), execute(options, benchmark, Rules(Budget("evaluations", 120)), 0).outcomes):
        if number >= 8:
            parents = {arch for arch, _ in alive} & set(benchmark.space.neighbours(outcome.arch))
            assert parents
            used |= parents
        if not any(map(math.isnan, outcome.values)):
            alive.append((outcome.arch, outcome.values))
        if len(alive) > 8:
            del alive[least(np.array([values for _, values in alive]))]
    assert len(used) > 8
    front = np.array([values for _, values in alive])
    assert moocore.is_nondominated(front, maximise=True).all()
