"""The incumbent rule and the regrets, on matrices small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbed.results.judge import floor, judge
from nasbed.searches.incumbents import incumbents
from nasbed.searches.rules import Incumbent

NAN = np.nan


def places(
    values: list[float], epochs: list[int] | None = None, archs: list[int] | None = None, rule: Incumbent = "best"
) -> list[int]:
    row = np.array([values])
    fidelity = np.array([epochs or [1] * len(values)])
    return incumbents(row, fidelity, np.array([archs or list(range(len(values)))]), rule)[0].tolist()  # type: ignore[no-any-return]


def test_best_is_the_highest_single_observation_and_the_first_of_equals() -> None:
    assert places([1.0, 3.0, 2.0, 3.0, 4.0]) == [0, 1, 1, 1, 4]


def test_failures_are_never_incumbents() -> None:
    assert places([NAN, NAN, 1.0, NAN]) == [-1, -1, 2, 2]
    assert places([NAN, 1.0, NAN], rule="mean") == [-1, 1, 1]


@pytest.mark.parametrize("rule", ["best", "mean"])
def test_values_of_different_fidelities_are_never_compared(rule: Incumbent) -> None:
    assert places([90.0, 95.0, 40.0, 99.0, 50.0], [12, 12, 200, 12, 200], rule=rule) == [0, 1, 2, 2, 4]


def test_a_failed_training_of_a_higher_fidelity_takes_no_incumbent_away() -> None:
    assert places([90.0, NAN], [12, 200]) == [0, 0]
    assert places([90.0, NAN], [12, 200], rule="mean") == [0, 0]


def test_mean_averages_the_repeats_of_an_architecture() -> None:
    assert places([5.0, 4.0, 1.0, 4.2], archs=[7, 8, 7, 8], rule="mean") == [0, 0, 1, 1]


def test_mean_and_best_agree_without_repeats() -> None:
    values = [3.0, 1.0, 5.0, 5.0, 2.0]
    assert places(values, rule="mean") == places(values)


@given(st.lists(st.one_of(st.just(NAN), st.integers(0, 5).map(float)), min_size=1, max_size=12), st.data())
def test_best_agrees_with_a_loop(values: list[float], data: st.DataObject) -> None:
    epochs = data.draw(st.lists(st.sampled_from([4, 12, 200]), min_size=len(values), max_size=len(values)))
    best, expected = -1, []
    for place, (value, fidelity) in enumerate(zip(values, epochs, strict=True)):
        if value == value and (best < 0 or (fidelity, value) > (epochs[best], values[best])):
            best = place
        expected.append(best)
    assert places(values, epochs) == expected


class TinyReferee:
    """Architecture i has validation 10 i and test 100 - i; 2 and 3 are the same network."""

    def validation(self, index: np.ndarray) -> np.ndarray:
        return 10.0 * index

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return 100.0 - index

    def distinct(self, index: np.ndarray) -> np.ndarray:
        return np.where(index == 3, 2, index)

    def best(self) -> tuple[float, float]:
        return 50.0, 100.0

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.array([3, 4]), np.array([7.0, 8.0]), np.array([0.25, 0.75])


def records(
    seed: list[int], architecture: list[int], value: list[float], time: list[float], last: list[bool]
) -> dict[str, np.ndarray]:
    columns = {
        "seed": seed,
        "architecture": architecture,
        "value": value,
        "time": time,
        "last": last,
        "epochs": [1] * len(seed),
    }
    return {name: np.array(column) for name, column in columns.items()}


def test_regrets_are_of_the_noise_free_mean_not_of_what_was_seen() -> None:
    seen = records(
        [5, 5, 5, 6], [2, 3, 1, 4], [7.0, 1000.0, 2000.0, NAN], [1.0, 2.0, 3.0, 9.0], [False, False, False, True]
    )
    judged = judge(seen, np.array([5, 6, 7]), TinyReferee(), "best")
    np.testing.assert_array_equal(judged.validation_regret, [[30.0, 20.0, 40.0], [NAN] * 3, [NAN] * 3])
    np.testing.assert_array_equal(judged.test_regret, [[2.0, 3.0, 1.0], [NAN] * 3, [NAN] * 3])
    np.testing.assert_array_equal(judged.count, [3, 1, 0])
    np.testing.assert_array_equal(judged.ended, [False, True, False])
    np.testing.assert_array_equal(judged.distinct, [2, 1, 0])
    np.testing.assert_array_equal(judged.time, [[1.0, 2.0, 3.0], [9.0, np.inf, np.inf], [np.inf] * 3])


def test_the_incumbent_is_carried_to_the_end() -> None:
    seen = records([0, 1, 1, 1], [4, 1, 2, 0], [1.0, 1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 3.0], [False] * 4)
    judged = judge(seen, np.array([0, 1]), TinyReferee(), "best")
    np.testing.assert_array_equal(judged.validation_regret, [[10.0, 10.0, 10.0], [40.0, 30.0, 30.0]])


@pytest.mark.parametrize(("rule", "observed"), [("best", [5.0, 5.0, 6.0, 6.0]), ("mean", [5.0, 4.0, 4.0, 4.25])])
def test_what_was_seen_of_the_incumbent_is_what_it_was_chosen_by(rule: Incumbent, observed: list[float]) -> None:
    values = [5.0, 3.0, 6.0, 4.5]
    seen = records([0] * 4, [1, 1, 2, 1], values, [1.0, 2.0, 3.0, 4.0], [False] * 4)
    if rule == "mean":
        seen["architecture"], seen["value"] = np.array([1, 1, 2, 2]), np.array([5.0, 3.0, 3.5, 5.0])
    judged = judge(seen, np.array([0]), TinyReferee(), rule)
    np.testing.assert_array_equal(judged.observed, [observed])
    np.testing.assert_array_equal(judge(seen, np.array([0]), None, rule).validation, [observed])
    np.testing.assert_array_equal(
        judge(seen, np.array([0]), TinyReferee(), rule, retrained=True).validation, [observed]
    )


def test_the_floor_is_the_expected_regret_of_who_wins() -> None:
    assert floor(TinyReferee(), TinyReferee(), "draw") == pytest.approx(
        (50 - 0.25 * 30 - 0.75 * 40, 100 - 0.25 * 97 - 0.75 * 96)
    )
