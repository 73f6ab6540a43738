"""Paired statistics against hand-sized examples, independent implementations and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nasbed.gate.exact import outcome_of
from nasbed.statistics.intervals import mean_interval
from nasbed.statistics.paired import contrast, described, holm
from nasbed.statistics.precision import settled
from nasbed.statistics.spread import difference_spread, in_spreads, spread, varies

RNG = np.random.default_rng(20260101)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    sample = RNG.exponential(size=12)
    expected = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
    assert mean_interval(sample) == pytest.approx((expected.low, expected.high))
    narrower = stats.ttest_1samp(sample, 0.0).confidence_interval(0.8)
    assert mean_interval(sample, 0.8) == pytest.approx((narrower.low, narrower.high))


def test_each_column_has_its_interval() -> None:
    sample = RNG.normal(size=(40, 3))
    low, high = mean_interval(sample)
    assert low.shape == high.shape == (3,)
    assert mean_interval(sample[:, 1]) == (low[1], high[1])


def test_one_seed_has_no_interval() -> None:
    low, high = mean_interval(np.array([[1.0, 2.0]]))
    assert low.shape == (2,)
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize("seeds", [3, 10])
def test_intervals_of_few_seeds_cover_the_mean(seeds: int) -> None:
    samples = RNG.normal(size=(seeds, 4000))
    low, high = mean_interval(samples)
    assert ((low < 0) & (high > 0)).mean() == pytest.approx(0.95, abs=0.012)


def test_an_interval_stops_at_what_a_score_can_be() -> None:
    sample = np.array([0.0, 0.0, 0.3])
    low, high = mean_interval(sample)
    assert low < 0
    assert mean_interval(sample, least=0.0) == (0.0, high)
    assert mean_interval(1 - sample, most=1.0)[1] == 1.0
    below = np.array([-0.2, 0.0, 0.3])  # the bound is wrong: it does not cut off the mean
    assert mean_interval(below, least=0.1)[0] == -0.2


def test_numbers_that_differ_by_rounding_have_no_spread() -> None:
    for value in (0.3, -11.3, 1e-7, 93.7):
        constant = np.full(10, value) * (1 + 1e-15 * np.arange(10))
        assert not varies(constant)
        assert spread(constant) == 0.0
        assert np.isnan(in_spreads(1.0, spread(constant)))
    assert np.full(10, 0.3).std(ddof=1) > 0  # what this is for
    tiny = 1e-7 * np.array([1.0, 1.1, 1.3])
    assert spread(tiny) == tiny.std(ddof=1)
    both = np.stack([np.full(10, 0.1), np.arange(10.0)], axis=1)
    assert spread(both).tolist() == [0.0, np.arange(10.0).std(ddof=1)]
    assert np.isnan(spread(np.array([3.0])))
    assert np.isnan(spread(np.array([1.0, np.nan])))


def test_differences_are_rounded_like_what_was_subtracted() -> None:
    ours = np.array([90.1, 90.2, 90.4])
    theirs = ours + np.array([1.0, -2.0, 3.0]) * 1e-14
    assert (ours - theirs).std() > 0
    assert difference_spread(ours, theirs) == 0.0
    assert difference_spread(ours, ours[::-1]) == (ours - ours[::-1]).std(ddof=1)


def test_scores_that_are_all_the_same_have_a_standard_deviation_of_zero() -> None:
    found = described("regret", np.full(10, 0.3))
    assert found["regret_sd"] == 0.0
    assert found["regret_low"] == found["regret_high"] == found["regret_mean"] == pytest.approx(0.3)


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
    for unit in (1e-9, 1.0, 1e9):
        found = contrast(unit * (scores + 1e-14), unit * scores)
        assert (found.difference, found.wins, found.p) == (0.0, 0.5, 1.0)


def test_what_varies_is_what_is_no_tie() -> None:
    """One rule says which scores are equal, for ranks and for standard deviations."""
    for unit in (1e-9, 1.0, 1e9):
        for away, differ in ((1e-13, False), (1e-11, True), (1e-9, True)):
            scores = unit * 0.5 * np.array([1.0, 1.0, 1.0 + away])
            assert bool(np.ptp(settled(scores)) > 0) is bool(varies(scores)) is bool(spread(scores) > 0) is differ
            assert outcome_of(scores, scores[:1]) == ("worse" if differ else "equivalent")


def test_five_pairs_prove_nothing() -> None:
    assert np.isnan(contrast(np.zeros(5), np.ones(5)).p)


def test_the_test_holds_its_level_on_paired_noise() -> None:
    p = [contrast(RNG.exponential(size=30), RNG.exponential(size=30)).p for _ in range(600)]
    assert np.mean(np.array(p) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_differences_tie_although_regrets_were_rounded_on_the_scale_of_scores() -> None:
    """Regrets of accuracies in percent are thirds that have ten decimals, so that equal differences differ in the last of them."""
    thirds = np.array([1, 2, 4, 5, 7, 8, 10, 11]) / 3
    ours, theirs = settled(thirds, 100.0), settled(thirds - np.array([1, -1, 1, 1, -1, 1, 1, 1]) / 3, 100.0)
    assert len(np.unique(np.abs(ours - theirs))) > 1
    exact = stats.wilcoxon([1, -1, 1, 1, -1, 1, 1, 1], zero_method="pratt", method="approx").pvalue
    assert contrast(ours, theirs).p == pytest.approx(exact, abs=1e-12)
