"""Anytime curves of matrices small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.results.curves import against, against_evaluations, axes, curve, horizon
from nasbed.results.judge import ScoredRuns
from nasbed.vocabulary import Budget
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS, meter_of


def judged(regret: list[list[float]], time: list[list[float]], count: list[int], ended: list[bool]) -> ScoredRuns:
    matrix, counts = np.array(regret), np.array(count)
    return ScoredRuns(
        np.arange(len(matrix)),
        np.array(time),
        np.array(time) * 3,
        matrix,
        matrix,
        -matrix,
        -matrix,
        -matrix,
        np.array(ended),
        counts,
        counts,
        np.zeros(len(matrix), int),
    )


INF, TEN = np.inf, Budget("seconds", 10)
TWO = judged([[4.0, 2.0, 1.0], [6.0, 6.0, 2.0]], [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]], [3, 3], [False, False])
EARLY = judged([[4.0, 4.0], [6.0, 3.0]], [[1.0, INF], [2.0, 4.0]], [1, 2], [True, True])
CUT = judged([[4.0, 4.0], [6.0, 3.0]], [[1.0, INF], [2.0, 4.0]], [1, 2], [False, False])


def test_means_after_each_evaluation() -> None:
    found = curve(*against_evaluations(TWO, "test_regret", 3))
    np.testing.assert_array_equal(found.x, [1, 2, 3])
    np.testing.assert_array_equal(found.mean, [5.0, 4.0, 1.5])


def test_runs_that_ended_by_themselves_are_carried_to_the_budget() -> None:
    found = curve(*against_evaluations(EARLY, "test_regret", 4))
    np.testing.assert_array_equal(found.mean, [5.0, 3.5, 3.5, 3.5])


def test_a_curve_over_evaluations_ends_where_the_budget_stopped_the_first_run() -> None:
    found = curve(*against_evaluations(CUT, "test_regret", 4))
    np.testing.assert_array_equal(found.mean, [5.0])


def test_a_curve_against_time_begins_with_every_run_and_ends_with_the_first_that_the_budget_stopped() -> None:
    found = curve(*against(SECONDS, TWO, "test_regret", Budget("evaluations", 3), 6.0))
    assert found.x[0] == 2.0
    assert found.x[-1] == pytest.approx(3.0)
    assert found.mean[0] == 4.0
    assert found.mean[-1] == pytest.approx((1.0 + 6.0) / 2)


def test_a_curve_against_time_carries_to_a_budget_of_seconds() -> None:
    found = curve(*against(SECONDS, EARLY, "test_regret", TEN, horizon(SECONDS, [EARLY], TEN)))
    assert found.x[-1] == pytest.approx(10.0)
    assert found.mean[-1] == 3.5


def test_a_series_without_any_evaluation_has_an_empty_curve() -> None:
    nothing = judged([[np.nan], [np.nan]], [[INF], [INF]], [0, 0], [False, False])
    for points in (
        against(SECONDS, nothing, "test_regret", Budget("seconds", 5), 5.0),
        against_evaluations(nothing, "test_regret", 1),
    ):
        found = curve(*points)
        assert len(found.x) == len(found.mean) == 0


def test_a_curve_against_epochs_is_at_whole_epochs_up_to_the_budget() -> None:
    epochs, budget = meter_of("epochs"), Budget("epochs", 20)
    x, values = against(epochs, TWO, "test_regret", budget, horizon(epochs, [TWO], budget))
    np.testing.assert_array_equal(x, np.arange(6, 21))  # the slower run has its first incumbent after 6 epochs
    np.testing.assert_array_equal(values[0], [2.0] * 3 + [1.0] * 12)
    np.testing.assert_array_equal(values[1], [6.0] * 12 + [2.0] * 3)
    assert [axis.name for axis in axes([budget])] == ["evaluations", "seconds", "epochs"]
    assert Budget("evaluations", 3).axis is EVALUATIONS
