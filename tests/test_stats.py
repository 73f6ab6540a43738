"""Statistics against hand-sized examples, independent implementations and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits

from nasbed.analysis.curves import against_evaluations, against_time, curve, horizon
from nasbed.analysis.judge import Judged
from nasbed.analysis.statistics.paired import bootstrap_mean, contrast, holm
from nasbed.protocol import Budget

RNG = np.random.default_rng(20260101)


def test_the_bootstrap_agrees_with_scipy() -> None:
    sample = RNG.exponential(size=80)
    low, high = bootstrap_mean(sample)
    reference = stats.bootstrap((sample,), np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval
    assert low == pytest.approx(reference.low, abs=0.02)
    assert high == pytest.approx(reference.high, abs=0.02)


def test_bootstrap_columns_are_resampled_together_and_alike() -> None:
    sample = RNG.normal(size=(40, 3))
    low, high = bootstrap_mean(sample)
    assert low.shape == high.shape == (3,)
    one_low, one_high = bootstrap_mean(sample[:, 1])
    assert one_low == pytest.approx(low[1])
    assert one_high == pytest.approx(high[1])


def test_one_seed_has_no_interval() -> None:
    low, high = bootstrap_mean(np.array([[1.0, 2.0]]))
    assert np.isnan([low, high]).all()


def test_bootstrap_intervals_cover_the_mean() -> None:
    samples = RNG.normal(size=(100, 1500))
    low, high = bootstrap_mean(samples)
    covered = float(((low < 0) & (high > 0)).mean())
    assert 0.92 < covered < 0.97


def test_holm_by_hand() -> None:
    adjusted = holm(np.array([0.04, 0.001, 0.03, 0.5]))
    np.testing.assert_allclose(adjusted, [0.09, 0.004, 0.09, 0.5])


def test_holm_never_exceeds_one_and_keeps_the_order() -> None:
    raw = np.sort(RNG.uniform(size=50))
    adjusted = holm(raw)
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted) >= 0).all()
    assert (adjusted >= raw).all()


def test_holm_holds_its_family_error_rate() -> None:
    rejected = [bool((holm(RNG.uniform(size=10)) < 0.05).any()) for _ in range(2000)]
    assert np.mean(rejected) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_a_contrast_is_paired_and_signed() -> None:
    reference = RNG.normal(10, 5, size=100)
    ours = reference - 0.2 + RNG.normal(0, 0.1, size=100)
    found = contrast(ours, reference)
    assert found.difference == pytest.approx(-0.2, abs=0.05)
    assert found.difference_low < found.difference < found.difference_high < 0
    assert found.wins > 0.9
    assert found.p < 1e-10
    assert stats.mannwhitneyu(ours, reference).pvalue > 0.5


def test_a_contrast_agrees_with_scipy_on_rounded_differences() -> None:
    reference, ours = RNG.integers(0, 5, 60) / 10, RNG.integers(0, 5, 60) / 10
    expected = stats.wilcoxon(np.round(ours - reference, 6), zero_method="pratt", method="approx").pvalue
    assert contrast(ours, reference).p == pytest.approx(expected)


def test_equal_scores_are_ties() -> None:
    scores = RNG.normal(size=20)
    found = contrast(scores + 1e-9, scores)
    assert (found.difference, found.wins, found.p) == (0.0, 0.5, 1.0)


def test_five_pairs_prove_nothing() -> None:
    assert np.isnan(contrast(np.zeros(5), np.ones(5)).p)


def test_the_test_holds_its_level_on_paired_noise() -> None:
    p = [contrast(RNG.exponential(size=30), RNG.exponential(size=30)).p for _ in range(600)]
    assert np.mean(np.array(p) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def judged(regret: list[list[float]], time: list[list[float]], count: list[int], ended: list[bool]) -> Judged:
    matrix, counts = np.array(regret), np.array(count)
    return Judged(
        np.arange(len(matrix)),
        np.array(time),
        matrix,
        matrix,
        -matrix,
        -matrix,
        -matrix,
        np.array(ended),
        counts,
        counts,
    )


INF = np.inf
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
    found = curve(*against_time(TWO, "test_regret", Budget("evaluations", 3), 6.0))
    assert found.x[0] == 2.0
    assert found.x[-1] == pytest.approx(3.0)
    assert found.mean[0] == 4.0
    assert found.mean[-1] == pytest.approx((1.0 + 6.0) / 2)


def test_a_curve_against_time_carries_to_a_budget_of_seconds() -> None:
    found = curve(*against_time(EARLY, "test_regret", Budget("seconds", 10), horizon([EARLY], Budget("seconds", 10))))
    assert found.x[-1] == pytest.approx(10.0)
    assert found.mean[-1] == 3.5


def test_a_series_without_any_evaluation_has_an_empty_curve() -> None:
    nothing = judged([[np.nan], [np.nan]], [[INF], [INF]], [0, 0], [False, False])
    for points in (
        against_time(nothing, "test_regret", Budget("seconds", 5), 5.0),
        against_evaluations(nothing, "test_regret", 1),
    ):
        found = curve(*points)
        assert len(found.x) == len(found.mean) == 0


def test_an_interval_does_not_depend_on_the_threads_of_linear_algebra() -> None:
    values = np.random.default_rng(5).gamma(2.0, size=(500, 200))
    with threadpool_limits(1):
        alone = bootstrap_mean(values)
    with threadpool_limits(4):
        together = bootstrap_mean(values)
    np.testing.assert_array_equal(alone, together)
