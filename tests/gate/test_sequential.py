"""One look: the estimate by hand, the four boundaries and their locks, and what several benchmarks come to."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from nasbed.errors import OptionError
from nasbed.gate.sequential import (
    BaselineScores,
    Decisions,
    Estimate,
    GatePlan,
    Hypotheses,
    Looks,
    Moments,
    estimate,
    half_width,
    look,
    look_sizes,
    rows_of,
    shares,
    verdict,
)

RNG_SEED = 5


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(RNG_SEED))


def test_the_estimate_is_that_of_the_formulas() -> None:
    draws = rng()
    stored = draws.gamma(2.0, size=(1, 400))
    old = stored[:, :50]
    new = 0.6 * old + draws.gamma(2.0, size=(1, 50))
    found = estimate(Moments.of(new, old), BaselineScores.of(stored))
    c, b, n, big = new[0], old[0], 50, 400
    weight = np.cov(c, b)[0, 1] / b.var(ddof=1)
    assert 0 < weight < 1
    correlation = np.corrcoef(c, b)[0, 1]
    spread = stored.var(ddof=1)
    residual = max((c - weight * b).var(ddof=1), (1 - correlation**2) * spread) * n / (n - 2)
    error = residual / n + (1 - weight) ** 2 * spread / big
    assert found.weight[0] == pytest.approx(weight)
    assert found.correlation[0] == pytest.approx(correlation)
    assert found.effect[0] == pytest.approx(c.mean() - weight * b.mean() - (1 - weight) * stored.mean())
    assert found.information[0] == pytest.approx(1 / error)


def test_scores_that_lie_close_together_are_not_more_certain_than_the_baseline_says() -> None:
    draws = rng()
    stored = draws.normal(size=(1, 1000))
    close = draws.normal(scale=1e-3, size=(1, 100))
    found = estimate(Moments.of(close, stored[:, :100]), BaselineScores.of(stored))
    assert found.information[0] < 110


def test_a_negative_correlation_gives_no_weight_to_the_pairs() -> None:
    stored = rng().normal(size=(1, 500))
    found = estimate(Moments.of(-stored[:, :100], stored[:, :100]), BaselineScores.of(stored))
    assert found.weight[0] == 0


def test_the_same_scores_are_equivalent_at_once() -> None:
    stored = rng().gamma(2.0, size=(3, 500))
    looks = Looks(GatePlan(), stored)
    assert looks.look(stored[:, :100]) == "equivalent"
    assert np.abs(looks.estimate(stored[:, :100]).effect).max() == pytest.approx(0, abs=1e-12)


def fake(effect: float, information: float, count: int = 10_000) -> Estimate:
    return Estimate(count, np.array([effect]), np.array([information]), np.zeros(1), np.zeros(1))


TEST = Hypotheses(np.array([0.2]), np.array([1.926]), np.array([1.694]))
PLANNED = (3.62 / 0.2) ** 2


@pytest.mark.parametrize(
    ("effect", "information", "locked"),
    [
        (1.927 / np.sqrt(PLANNED), PLANNED, "worse"),
        (1.924 / np.sqrt(PLANNED), PLANNED, "not_worse"),
        (-1.927 / np.sqrt(PLANNED), PLANNED, "better"),
        (-1.924 / np.sqrt(PLANNED), PLANNED, "not_better"),
        (1.926 * 0.25**-0.25 / np.sqrt(PLANNED / 4) * 1.01, PLANNED / 4, "worse"),
        (0.2 - 1.694 * 0.25**-0.25 / np.sqrt(PLANNED / 4) * 1.01, PLANNED / 4, "not_worse"),
        (-0.2 + 1.694 * 0.25**-0.25 / np.sqrt(PLANNED / 4) * 1.01, PLANNED / 4, "not_better"),
    ],
)
def test_each_boundary_locks_its_side(effect: float, information: float, locked: str) -> None:
    found = look(Decisions.none((1,)), fake(effect, information), TEST)
    assert getattr(found, locked)[0]
    opposite = {"worse": "not_worse", "not_worse": "worse", "better": "not_better", "not_better": "better"}[locked]
    assert not getattr(found, opposite)[0]


def test_little_information_settles_nothing() -> None:
    found = look(Decisions.none((1,)), fake(0.1, PLANNED / 10), TEST)
    assert not any(lock.any() for lock in vars(found).values())


def test_the_first_crossing_of_a_pair_stays() -> None:
    passed = look(Decisions.none((1,)), fake(-0.05, PLANNED), TEST)
    later = look(passed, fake(0.5, PLANNED), TEST)
    assert later.not_worse[0]
    assert not later.worse[0]


def test_worse_wins_where_both_sides_are_crossed_at_once() -> None:
    both = look(Decisions.none((1,)), fake(0.19, 100 * PLANNED), TEST)
    with_accept = fake(0.15, 100 * PLANNED)
    assert with_accept.z(0.2 - 0.15)[0] > 1.694  # alone it would pass
    tied = look(Decisions.none((1,)), with_accept, TEST)
    assert both.worse[0]
    assert tied.worse[0]
    assert not tied.not_worse[0]


def test_few_seeds_have_the_tails_of_student() -> None:
    found = fake(0.1, 400.0, count=12)
    assert stats.norm.sf(found.z(0.1)[0]) == pytest.approx(stats.t.sf(2.0, 10))


def test_the_interval_excludes_zero_just_when_a_change_is_worse() -> None:
    for effect in np.linspace(0.0, 0.4, 41):
        for information in (PLANNED / 8, PLANNED / 2, PLANNED):
            found = fake(float(effect), information, count=40)
            worse = look(Decisions.none((1,)), found, TEST).worse[0]
            assert worse == (effect - half_width(found, TEST)[0] >= 0)


def decisions(**sides: list[bool]) -> Decisions:
    none = [False] * 4
    return Decisions(*(np.array(sides.get(name, none)) for name in ("worse", "not_worse", "better", "not_better")))


def test_one_bad_benchmark_is_worse_whatever_the_mean_says() -> None:
    found = decisions(
        worse=[False, True, False, False], not_worse=[True, False, True, True], better=[False] * 3 + [True]
    )
    assert verdict(found) == "worse"


def test_to_pass_no_benchmark_may_be_open() -> None:
    passed = [True, True, True, True]
    assert verdict(decisions(not_worse=passed, better=[False] * 3 + [True])) == "better"
    assert verdict(decisions(not_worse=passed, not_better=[False] * 3 + [True])) == "equivalent"
    assert verdict(decisions(not_worse=passed)) == ""
    assert verdict(decisions(not_worse=[True, True, False, True], not_better=[True] * 4)) == ""


def test_the_mean_is_in_standard_deviations_of_each_benchmark() -> None:
    scores = np.array([[1.0, 3.0], [10.0, 50.0]])
    rows = rows_of(scores, np.array([1.0, 20.0]))
    assert rows[:2].tolist() == scores.tolist()
    assert rows[2].tolist() == [0.75, 2.75]
    assert rows_of(scores[:1], np.array([1.0])).tolist() == scores[:1].tolist()


def test_alpha_is_split_between_the_mean_and_the_benchmarks() -> None:
    three, one = GatePlan().hypotheses(np.array([1.0, 2.0, 4.0])), GatePlan().hypotheses(np.array([2.0]))
    assert three.margin.tolist() == pytest.approx([0.2, 0.4, 0.8, 0.1])
    assert three.c1 == pytest.approx([2.5817] * 3 + [2.1971], abs=1e-3)
    assert (one.margin[0], one.c1[0]) == (0.4, pytest.approx(1.926, abs=1e-3))
    assert one.levels()[0] == pytest.approx(0.888, abs=1e-3)


def test_looks_end_at_the_limit() -> None:
    sizes = look_sizes(1000)
    assert (sizes[0], sizes[1], sizes[-1], len(sizes)) == (100, 125, 1000, 37)
    assert look_sizes(100) == [100]


def test_the_share_of_information_is_at_most_one() -> None:
    assert shares(fake(0.0, 2 * PLANNED), TEST)[0] == 1
    assert shares(fake(0.0, PLANNED / 2), TEST)[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"margin": "0.2 points"}, "margin = '0.2 points'; expected standard deviations of the baseline, as in 0.2sd"),
        ({"margin": "0sd"}, "margin = 0.0; expected a number in standard deviations, from 0.01 to 2"),
        ({"margin": 3}, "margin = 3; expected a number in standard deviations, from 0.01 to 2"),
        ({"margin": float("nan")}, "margin = nan; expected"),
        ({"alpha": 0.5}, "alpha = 0.5; expected a number from 0.001 to 0.2"),
        ({"alpha": True}, "alpha = True; expected a number from 0.001 to 0.2"),
        ({"power": 1.0}, "power = 1.0; expected a number from 0.5 to 0.99"),
    ],
)
def test_a_plan_out_of_range_is_refused(given: dict[str, float | str], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        GatePlan.parse(**given)  # type: ignore[arg-type]
