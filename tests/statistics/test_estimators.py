"""Aggregates, intervals and effect sizes, against SciPy, loops and known cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from nasbed.errors import OptionError
from nasbed.statistics import estimators
from nasbed.statistics.estimators import (
    bayesian_mean,
    bayesian_signed_rank,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    probability_of_improvement_interval,
    standardised_difference,
    stratified_bootstrap,
)
from nasbed.statistics.intervals import mean_interval

RNG = np.random.default_rng(5)
OURS, THEIRS = RNG.gamma(2.0, size=(24, 3)).round(1), RNG.gamma(2.4, size=(24, 3)).round(1)


def test_estimators_of_hand_sized_scores() -> None:
    scores = np.array([[0.0, 4.0], [2.0, 8.0], [100.0, 6.0]])
    assert estimators.mean(scores) == 20.0
    assert estimators.median(scores) == pytest.approx((34 + 6) / 2)
    assert interquartile_mean(scores) == pytest.approx((2 + 4 + 6 + 8) / 4)
    assert interquartile_mean(OURS) == pytest.approx(stats.trim_mean(OURS, 0.25, axis=None))


def test_the_probability_of_improvement_is_that_of_mann_and_whitney() -> None:
    each = []
    for column in range(3):
        u = stats.mannwhitneyu(OURS[:, column], THEIRS[:, column]).statistic
        each.append(1 - u / 24**2)  # the statistic counts the pairs in which ours is higher
    assert probability_of_improvement(OURS, THEIRS) == pytest.approx(np.mean(each))
    assert probability_of_improvement(OURS, OURS) == pytest.approx(0.5)
    assert probability_of_improvement(OURS - 100, THEIRS) == 1.0


def test_its_interval_agrees_with_a_loop_over_resamples() -> None:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(3000):
        places = rng.integers(0, 24, (24, 3))
        pair = [np.take_along_axis(of, places, axis=0) for of in (OURS, THEIRS)]
        drawn.append(probability_of_improvement(*pair))
    low, high = probability_of_improvement_interval(OURS, THEIRS)
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)


def test_the_stratified_bootstrap_resamples_seeds_within_benchmarks() -> None:
    scores = OURS + np.array(
        [0.0, 50.0, 500.0]
    )  # benchmarks apart: mixing them would widen the interval a hundred times
    low, high = stratified_bootstrap(scores, estimators.mean)
    error = np.sqrt(OURS.var(axis=0).sum() / 24) / 3
    assert (low, high) == pytest.approx(scores.mean() + np.array([-1.96, 1.96]) * error, abs=0.25 * error)
    assert stratified_bootstrap(scores, interquartile_mean) == stratified_bootstrap(scores, interquartile_mean)
    assert np.isnan(stratified_bootstrap(scores[:1], estimators.mean)).all()


def test_profiles_count_runs_within_tau_and_weigh_benchmarks_alike() -> None:
    taus = np.linspace(0, 8, 17)
    expected = [np.mean([(OURS[:, column] <= tau).mean() for column in range(3)]) for tau in taus]
    assert performance_profile(OURS, taus) == pytest.approx(expected)


@pytest.mark.thorough
def test_the_posterior_agrees_with_a_slow_simulation() -> None:
    differences = np.random.default_rng(3).normal(-0.4, 1.0, 15)
    rope, rng = 0.25, np.random.default_rng(8)
    values = np.concatenate([[0.0], differences])
    wins = np.zeros(3)
    for _ in range(4000):
        weights = rng.gamma(np.array([0.5] + [1.0] * 15))
        weights /= weights.sum()
        shares = np.zeros(3)
        for a, one in zip(weights, values, strict=True):
            for b, other in zip(weights, values, strict=True):
                mean = (one + other) / 2
                shares[0 if mean < -rope else 2 if mean > rope else 1] += a * b
        wins[shares.argmax()] += 1
    found = bayesian_signed_rank(differences, rope)
    assert (found.better, found.equivalent, found.worse) == pytest.approx(wins / 4000, abs=0.025)


def test_the_posterior_knows_the_plain_cases() -> None:
    near = np.random.default_rng(0).normal(0, 0.01, 60)
    assert bayesian_signed_rank(near, 0.1).equivalent > 0.99
    assert bayesian_signed_rank(near - 1, 0.1).better > 0.99
    assert bayesian_signed_rank(near + 1, 0.1).worse > 0.99
    mirrored = bayesian_signed_rank(np.concatenate([near, -near]), 0.0)
    assert mirrored.better == pytest.approx(mirrored.worse, abs=0.05)


def test_the_standardised_difference_is_of_pairs() -> None:
    ours, theirs = OURS[:, 0], THEIRS[:, 0]
    t = stats.ttest_rel(ours, theirs).statistic
    assert standardised_difference(ours, theirs) == pytest.approx(t / np.sqrt(24))
    for same in (ours, ours + 11, ours + 1e-14 * np.arange(24)):
        assert np.isnan(standardised_difference(ours, same))
    assert np.isnan(standardised_difference(ours[:1], theirs[:1]))


def test_the_published_examples_of_rliable_come_out() -> None:
    """The hand-sized cases that rliable's own tests state (runs x tasks); its improvement is that of higher scores."""
    x = np.array([[1, 2], [2, 2], [1, 1], [2, 1]], float)
    y = np.array([[1, 1], [2, 2], [3, 3]], float)
    for scores, middle in ((x, 1.5), (y, 2.0)):
        assert [estimators.median(scores), estimators.mean(scores), interquartile_mean(scores)] == [middle] * 3
    assert probability_of_improvement(-x, -y) == pytest.approx(1 / 3)


def test_the_posterior_is_that_of_baycomp() -> None:
    """baycomp 1.0.3, ``SignedRankTest.probs`` with 200,000 samples: C4.5 and C4.5+m of Demšar's table 6, higher is better."""
    plain = np.array([.763, .599, .954, .628, .882, .936, .661, .583, .775, 1, .940, .619, .972, .957])  # fmt: skip
    tuned = np.array([.768, .591, .971, .661, .888, .931, .668, .583, .838, 1, .962, .666, .981, .978])  # fmt: skip
    found = bayesian_signed_rank(plain - tuned, 0.01)
    assert (found.worse, found.equivalent, found.better) == pytest.approx((0.0, 0.3287, 0.6714), abs=0.012)
    found = bayesian_signed_rank(plain - tuned, 0.001)
    assert (found.worse, found.equivalent, found.better) == pytest.approx((0.0010, 0.0000, 0.9989), abs=0.002)


def test_the_region_has_its_ends_and_ties_need_none() -> None:
    assert bayesian_signed_rank(np.full(8, 0.25), 0.25).equivalent == 1.0
    assert bayesian_signed_rank(np.zeros(8), 0.0).equivalent == 1.0
    assert bayesian_signed_rank(np.full(8, 1e-8), 0.0).worse > 0.99


def test_many_seeds_settle_where_the_mean_is_but_not_where_a_pair_is() -> None:
    differences = np.random.default_rng(1).normal(0.0, 1.0, 500)
    differences += 0.05 - differences.mean()
    assert bayesian_mean(differences, 0.2).equivalent > 0.99
    assert bayesian_signed_rank(differences, 0.2).equivalent < 0.01
    assert bayesian_mean(differences - 0.6, 0.2).better > 0.99
    assert bayesian_mean(differences + 0.6, 0.2).worse > 0.99
    assert bayesian_mean(np.full(9, 0.2), 0.2).equivalent == 1.0


def test_the_posterior_of_the_mean_is_students() -> None:
    differences = np.random.default_rng(2).gamma(2.0, size=9) - 1.5
    found = bayesian_mean(differences, 0.05)
    exact = stats.t(8, differences.mean(), differences.std(ddof=1) / 3)
    assert (found.better, found.worse) == pytest.approx((exact.cdf(-0.05), exact.sf(0.05)), abs=1e-5)
    assert found.better + found.equivalent + found.worse == pytest.approx(1.0)
    low, high = mean_interval(differences)
    assert bayesian_mean(differences - low, 0.0).worse == pytest.approx(0.975, abs=1e-4)
    assert bayesian_mean(differences - high, 0.0).better == pytest.approx(0.975, abs=1e-4)


@pytest.mark.parametrize("test", [bayesian_mean, bayesian_signed_rank])
def test_few_differences_have_no_posterior(test: Callable[[np.ndarray, float], estimators.Posterior]) -> None:
    with pytest.raises(OptionError, match="2 differences; a posterior needs 6 or more"):
        test(np.array([-1.0, -1.1]), 0.1)
    assert test(np.array([-1.0, -1.1, -0.9, -1.2, -0.8, -1.0]), 0.1).better > 0.99


def test_resamples_draw_every_seed_alike() -> None:
    shares = estimators.resampled_shares(np.random.default_rng(0), 4000, 7)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4000))
    counts = 7 * shares
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.06)
    assert counts.var() == pytest.approx(6 / 7, abs=0.05)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(OptionError, match=r"scores of the shape \(24,\); expected \(seeds, benchmarks\)"):
        performance_profile(OURS[:, 0], np.zeros(1))
    with pytest.raises(OptionError, match="1 of 2 seeds have no score somewhere; leave those seeds out"):
        stratified_bootstrap(np.array([[1.0], [np.nan]]), estimators.mean)
    with pytest.raises(OptionError, match="scores on 3 and 2 benchmarks; expected the same benchmarks"):
        probability_of_improvement(OURS, THEIRS[:, :2])
    with pytest.raises(OptionError, match="scores of 24 and 20 seeds; paired intervals need the same seeds"):
        probability_of_improvement_interval(OURS, THEIRS[:20])
    with pytest.raises(OptionError, match="level = 95; expected a share between 0 and 1"):
        stratified_bootstrap(OURS, estimators.mean, level=95)
    with pytest.raises(OptionError, match="level = 0; expected a share between 0 and 1"):
        probability_of_improvement_interval(OURS, THEIRS, level=0)
    with pytest.raises(OptionError, match="rope = -1; expected half the width"):
        bayesian_signed_rank(OURS[:, 0], -1)
    with pytest.raises(OptionError, match=r"differences of the shape \(24, 3\)"):
        bayesian_signed_rank(OURS, 0.1)
    with pytest.raises(OptionError, match="0 differences; a posterior needs 6 or more"):
        bayesian_mean(np.zeros(0), 0.1)
    with pytest.raises(OptionError, match=r"differences of the shape \(2,\); expected finite numbers"):
        bayesian_mean(np.array([1.0, np.inf]), 0.1)
