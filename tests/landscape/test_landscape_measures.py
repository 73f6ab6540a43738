"""Each statistic of a landscape on cases known by heart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from guests import NAN
from hypothesis import given
from hypothesis import strategies as st

from nasbed.landscape.measures import (
    autocorrelation,
    climb,
    distances,
    fitness_distance,
    hamming_neighbours,
    landscape,
    local_optima,
    padded,
    pareto_front,
    rank_correlation,
)
from nasbed.landscape.survey import neighbourhood
from nasbed.landscape.variance import effects, noise
from nasbed.vocabulary import Benchmark

CHOICES = (3, 2, 4)
GRID = np.array(list(itertools.product(*map(range, CHOICES))))
AROUND = hamming_neighbours(GRID, CHOICES)

numbers = st.lists(st.integers(0, 9), min_size=24, max_size=24).map(lambda values: np.array(values, dtype=float))


def test_neighbours_of_a_product_are_those_of_the_space(cifar10: Benchmark) -> None:
    space = cifar10.space
    archs, around = neighbourhood(space)
    assert archs is not None
    assert archs.tolist() == [list(arch) for arch in space.archs]
    for index in (0, 1, 7_777, 15_624):
        assert around[index].tolist() == [space.index(other) for other in space.neighbours(space.archs[index])]
    assert len(np.unique(np.sort(around, axis=1), axis=0)) == 15_625


@given(numbers)
def test_local_optima_are_the_plateaus_without_a_way_up(values: np.ndarray) -> None:
    found = set()
    for start in range(24):
        plateau, queue = {start}, [start]
        while queue:
            for other in AROUND[queue.pop()]:
                if values[other] == values[start] and other not in plateau:
                    plateau.add(int(other))
                    queue.append(int(other))
        if all(values[other] <= values[start] for member in plateau for other in AROUND[member]):
            found.add(min(plateau))
    assert local_optima(values, AROUND).tolist() == sorted(found)


@given(numbers)
def test_a_climb_ends_where_no_neighbour_is_better_and_never_below_its_start(values: np.ndarray) -> None:
    ends = climb(values, AROUND)
    assert (values[AROUND[ends]] <= values[ends][:, None]).all()
    assert (values[ends] >= values).all()
    assert (climb(values, AROUND)[ends] == ends).all()


def test_a_climb_takes_the_first_of_equals() -> None:
    around = np.array([[2, 1], [0, -1], [0, -1]])
    assert climb(np.array([0.0, 1.0, 1.0]), around).tolist() == [2, 1, 2]
    assert climb(np.array([0.0, 1.0, 1.0]), around[:, ::-1]).tolist() == [1, 1, 2]


def test_the_autocorrelation_is_that_of_the_walks_transition_matrix() -> None:
    values = np.random.default_rng(1).normal(size=6)
    lists = [[1, 2], [0], [0, 3, 4], [2], [2, 5], [4]]  # degrees differ: nodes are visited in proportion to them
    step = np.zeros((6, 6))
    for node, others in enumerate(lists):
        step[node, others] = 1 / len(others)
    visited = np.array([len(others) for others in lists]) / sum(map(len, lists))
    assert np.allclose(visited @ step, visited)
    centred = values - visited @ values
    expected = [visited @ (centred * (np.linalg.matrix_power(step, lag) @ centred)) for lag in range(11)]
    assert autocorrelation(values, padded(lists)) == pytest.approx(np.array(expected) / expected[0])


def test_a_walk_estimates_the_autocorrelation() -> None:
    values = np.random.default_rng(2).normal(size=24)
    rng, place, seen = np.random.default_rng(3), 0, []
    for column in rng.integers(AROUND.shape[1], size=40_000):
        seen.append(values[place])
        place = AROUND[place, column]
    walk = np.array(seen) - np.mean(seen)
    estimate = (walk[1:] * walk[:-1]).sum() / (walk**2).sum()
    assert autocorrelation(values, AROUND)[1] == pytest.approx(estimate, abs=0.03)


def test_the_autocorrelation_of_one_decision_is_known() -> None:
    # A change of a decision of k choices leaves -1 / (k - 1) of its effect; the others stay.
    values = np.array([0.0, 1.0, 3.0])[GRID[:, 0]]
    moves = sum(count - 1 for count in CHOICES)
    assert autocorrelation(values, AROUND)[1] == pytest.approx(
        1 - (CHOICES[0] - 1) / moves * (1 + 1 / (CHOICES[0] - 1))
    )


def test_walks_and_climbs_leave_out_what_has_no_value() -> None:
    chain = np.array([[1, -1], [0, 2], [1, 3], [2, -1]])
    values = np.array([0.0, 1.0, NAN, 5.0])
    assert autocorrelation(values, chain, 1).tolist() == [1.0, -1.0]
    assert local_optima(values, chain).tolist() == [1, 3]
    assert climb(values, chain).tolist() == [1, 1, 3, 3]


def test_equal_values_have_no_autocorrelation() -> None:
    assert np.isnan(autocorrelation(np.ones(24), AROUND)).all()
    assert np.isnan(autocorrelation(np.arange(2.0), padded([[], []]))).all()


def test_distances_in_a_product_are_hamming_distances() -> None:
    targets = np.array([0, 23])
    hamming = (GRID[:, None, :] != GRID[targets][None]).sum(axis=2).min(axis=1)
    assert distances(targets, AROUND).tolist() == hamming.tolist()


def test_fitness_and_distance_of_a_cone_agree_perfectly() -> None:
    distance = distances(np.array([5]), AROUND)
    assert fitness_distance(10.0 - distance, distance) == pytest.approx(-1)
    assert np.isnan(fitness_distance(np.ones(24), distance))


def test_rank_correlation_is_spearmans() -> None:
    assert rank_correlation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 8.0, 27.0, 64.0])) == pytest.approx(1)
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5, sums of squares 1.5 and 2.
    assert rank_correlation(np.array([0.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(np.sqrt(0.75))
    assert np.isnan(rank_correlation(np.array([1.0, NAN]), np.array([NAN, 2.0])))


def test_noise_is_pooled_in_groups_of_the_mean() -> None:
    runs = np.array([[9.0, 11.0, NAN], [0.0, 2.0, 4.0], [20.0, NAN, NAN], [NAN, NAN, NAN]])
    found = noise(runs, groups=3)
    assert found is not None
    assert found.mean.tolist() == [2.0, 10.0, 20.0]
    assert found.sd[:2].tolist() == [2.0, pytest.approx(np.sqrt(2))]
    assert np.isnan(found.sd[2])
    assert found.overall == pytest.approx(np.sqrt((8 + 2) / 3))
    assert noise(runs[:, :1]) is None


@given(numbers)
def test_the_shares_of_all_orders_make_the_variance(values: np.ndarray) -> None:
    found = effects(values, GRID, CHOICES)
    if np.ptp(values) == 0:
        assert found is None
        return
    assert found is not None
    cube = values.reshape(CHOICES) - values.mean()
    # The term of all three decisions, by inclusion and exclusion.
    term = cube.copy()
    for axis in range(3):
        term -= term.mean(axis=axis, keepdims=True)
    assert found.higher == pytest.approx((term**2).mean() / (cube**2).mean())
    assert found.main.sum() + found.pairs.sum() / 2 + found.higher == pytest.approx(1)
    assert found.means[2] == pytest.approx(cube.mean(axis=(0, 1)))


def test_effects_do_not_depend_on_the_order_of_the_architectures() -> None:
    values, order = np.random.default_rng(4).normal(size=24), np.random.default_rng(5).permutation(24)
    one, other = effects(values, GRID, CHOICES), effects(values[order], GRID[order], CHOICES)
    assert one is not None
    assert other is not None
    assert one.pairs == pytest.approx(other.pairs)


def test_effects_need_every_combination() -> None:
    assert effects(np.arange(23.0), GRID[:23], CHOICES) is None
    assert effects(np.where(np.arange(24) == 3, NAN, 1.0 * np.arange(24)), GRID, CHOICES) is None


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=30))
def test_the_front_is_what_nothing_dominates(rows: list[tuple[int, int, int]]) -> None:
    points = np.array(rows, dtype=float)
    expected = {
        place
        for place, row in enumerate(points)
        if not ((points >= row).all(axis=1) & (points > row).any(axis=1)).any()
    }
    front = pareto_front(points)
    assert set(front.tolist()) == expected
    assert len(front) == len(expected)
    assert (np.diff(points[front, 0]) <= 0).all()


def test_a_large_space_is_no_burden() -> None:
    choices = (6, 6, 2, 2, 3, 3, 6, 2, 4)
    archs = np.array(list(itertools.product(*map(range, choices))))
    values = archs @ np.linspace(1, 2, 9)
    found = landscape(values, hamming_neighbours(archs, choices), archs, choices)
    assert (found.count, found.optima.tolist(), found.reached) == (62_208, [62_207], 1.0)
    assert found.effects is not None
    assert found.effects.main.sum() == pytest.approx(1)
    assert len(found.by_distance) == 10
