"""Areas, runtimes and their distributions, against loops and hand-sized curves."""

from __future__ import annotations

import numpy as np
import pytest

from nasbed.errors import OptionError
from nasbed.statistics.anytime import area_under_curve, ecdf, expected_running_time, runtime_to_target, targets_of


def test_the_area_is_the_mean_regret_from_a_start_on() -> None:
    curves = np.random.default_rng(0).random((5, 30))
    expected = [sum(row[10:]) / 20 for row in curves.tolist()]
    assert area_under_curve(curves, 10) == pytest.approx(expected)
    assert np.isnan(area_under_curve(np.array([[np.nan, 1.0]]))[0])
    with pytest.raises(OptionError, match="start = 30; expected a number of evaluations from 0 to 29"):
        area_under_curve(curves, 30)


def test_runtimes_agree_with_a_loop() -> None:
    rng = np.random.default_rng(1)
    curves = rng.gamma(2.0, size=(40, 25))
    curves[0, :3] = np.nan
    targets = np.array([2.0, 0.5, 0.01])
    found = runtime_to_target(curves, targets)
    for run, curve in enumerate(curves.tolist()):
        for place, target in enumerate(targets.tolist()):
            hits = [number for number, value in enumerate(curve, 1) if value <= target]
            assert found[run, place] == (hits[0] if hits else np.inf)


def test_the_distribution_counts_pairs_of_run_and_target() -> None:
    rng = np.random.default_rng(2)
    runtimes = rng.integers(1, 50, (30, 4)).astype(float)
    runtimes[rng.random((30, 4)) < 0.3] = np.inf
    x = np.array([1.0, 7.5, 20.0, 1e9])
    assert ecdf(runtimes, x).tolist() == [float((runtimes <= one).mean()) for one in x]


def test_the_expected_running_time_is_that_of_restarts() -> None:
    rng = np.random.default_rng(3)
    runtimes = np.array([30.0, np.inf, 12.0, np.inf, 44.0])
    spent = np.array([50, 40, 50, 60, 50])
    totals = []
    for _ in range(40_000):
        total = 0.0
        while True:
            run = rng.integers(5)
            total += min(runtimes[run], spent[run])
            if np.isfinite(runtimes[run]):
                break
        totals.append(total)
    error = np.std(totals) / len(totals) ** 0.5
    assert expected_running_time(runtimes, spent) == pytest.approx(np.mean(totals), abs=4 * error)
    assert expected_running_time(np.array([np.inf]), np.array([5])) == np.inf


def test_targets_are_evenly_spaced_on_a_logarithmic_scale() -> None:
    targets = targets_of(0.02, 5.0, 9)
    assert np.diff(np.log(targets)) == pytest.approx(np.full(8, np.log(0.02 / 5.0) / 8))
    for best, worst, count in ((0.0, 1.0, 5), (2.0, 1.0, 5), (0.1, np.inf, 5), (0.1, 1.0, 0)):
        with pytest.raises(OptionError, match="expected regrets with 0 < best < worst and a count of 1 or more"):
            targets_of(best, worst, count)


def test_the_distribution_is_that_of_cocos_definition() -> None:
    """Hansen et al. 2021, section 4.4: the area above the curve is the mean runtime where every pair is solved."""
    runtimes = np.random.default_rng(4).integers(1, 40, (20, 3)).astype(float)
    shares = ecdf(runtimes, np.arange(40.0))
    assert (1 - shares).sum() == pytest.approx(runtimes.mean())
    assert ecdf(np.full((3, 2), np.inf), np.array([1e12])).tolist() == [0.0]


def test_a_regret_that_rises_again_has_been_reached() -> None:
    curve = np.array([[5.0, 1.0, 4.0], [np.nan, np.nan, 2.0], [np.nan, np.nan, np.nan]])
    assert runtime_to_target(curve, np.array([2.0])).ravel().tolist() == [2.0, 3.0, np.inf]


def test_runtimes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        OptionError, match=r"runtimes of the shape \(0, 3\); expected \(runs, targets\) with one or more"
    ):
        ecdf(np.zeros((0, 3)), np.array([1.0]))
    with pytest.raises(
        OptionError, match=r"runtimes of the shape \(2,\) and spent of \(3,\); expected a number a run in both"
    ):
        expected_running_time(np.ones(2), np.ones(3))
    with pytest.raises(OptionError, match="to one target"):
        expected_running_time(np.ones((2, 2)), np.ones((2, 2)))
