"""Rare disasters: the exact test's error rate and power, by simulation, and what the gate says of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nasbed.errors import OptionError
from nasbed.gate.baseline import Baseline
from nasbed.gate.gate import run_gate
from nasbed.gate.tail import SHARE, TailPlan, tail_of
from nasbed.studies.study import Study

LEVEL = SHARE * 0.05


@pytest.mark.parametrize(("seeds", "stored"), [(375, 5_000), (1_000, 5_000), (375, 400), (5_125, 5_000)])
def test_the_count_exceeds_what_chance_allows_as_often_as_is_stated(seeds: int, stored: int) -> None:
    plan, rng = TailPlan(seeds, stored, LEVEL), np.random.default_rng(3)
    counts = rng.binomial(
        seeds, 1 - rng.beta(stored, 1, size=200_000)
    )  # the largest of ``stored`` uniform numbers is beta
    for least in range(1, plan.critical + 1):
        expected = plan.chance(least)
        assert (counts >= least).mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / len(counts)))
    assert plan.chance(plan.critical) <= LEVEL < plan.chance(plan.critical - 1)


@pytest.mark.parametrize(("seeds", "share"), [(375, 0.01), (375, 0.002), (5_125, 0.002), (725, 0.006)])
def test_disasters_are_found_as_often_as_is_stated(seeds: int, share: float) -> None:
    plan, rng = TailPlan(seeds, 5_000, LEVEL), np.random.default_rng(4)
    found = (rng.binomial(seeds, share, size=100_000) >= plan.critical).mean()
    assert found == pytest.approx(plan.power(share), abs=0.007)


def test_seeds_that_are_named_find_disasters_four_times_in_five() -> None:
    plan = TailPlan(375, 5_000, LEVEL)
    for share in (0.01, 0.006, 0.002):
        needed = plan.needed(share)
        assert needed
        assert TailPlan(needed, 5_000, LEVEL).power(share) >= 0.8 > TailPlan(needed - 25, 5_000, LEVEL).power(share)
    assert TailPlan(100, 100, LEVEL).needed(0.001) is None


def test_heavy_tails_and_benchmarks_that_hang_together_make_no_more_errors() -> None:
    plan, rng, wrong = TailPlan(100, 200, 0.05), np.random.default_rng(5), 0
    for _ in range(1_000):
        shared = rng.standard_cauchy(300)
        scores = np.stack([np.exp(rng.normal(size=300)), shared + rng.normal(size=300), np.rint(shared)])
        wrong += tail_of(scores[:, 200:], scores[:, :200], "abc", 0, plan).fails
    assert 10 < wrong <= 1_000 * plan.chance(plan.critical) + 3 * np.sqrt(50)


def test_a_seed_counts_once_and_only_planned_ones_do() -> None:
    stored = np.array([[0.0, 1.0, 2.0], [10.0, 20.0, 30.0]])
    scores = np.array([[9.0, 2.0, 1.0, 9.0], [99.0, 30.0, 99.0, 99.0]])
    found = tail_of(scores, stored, ["a", "b"], 7, TailPlan(3, 3, 0.5))
    assert (found.seeds, found.count, found.worst_sds) == (3, 2, 1.0)
    assert [(one.benchmark, one.seed) for one in found.disasters] == [("a", 7), ("b", 7), ("b", 9)]


@pytest.mark.thorough
def test_disasters_of_seeds_after_the_first_ones_fail(variant: Callable[[str], Study], baseline: Baseline) -> None:
    study = variant("gated:RarelyStuck")  # but for the few runs the baseline's trajectories
    (missed,) = run_gate(study, baseline, tail_seeds=0, margin="2sd", thinking="off")
    (found,) = run_gate(study, baseline, margin="2sd", thinking="off")
    assert missed.passes
    assert "disasters" in found.fails
    assert (found.outcome, found.exit_code) == (found.fails[0], 1)
    assert found.tail
    assert found.tail.count >= found.tail.critical
    assert all(one.sds > found.tail.worst_sds and one.seed in baseline.seeds for one in found.tail.disasters)
    assert found.reason.endswith(
        f"{found.tail.count} of {found.tail.seeds} seeds are worse than all 400 of the baseline, and chance allows"
        f" {found.tail.critical - 1}"
    )


def test_a_crash_after_the_first_seeds_fails(variant: Callable[[str], Study], baseline: Baseline) -> None:
    (missed,) = run_gate(variant("gated:RarelyCrashes"), baseline, tail_seeds=0, thinking="off")
    (found,) = run_gate(variant("gated:RarelyCrashes"), baseline, thinking="off")
    assert missed.outcome == "unchanged"
    assert (found.outcome, found.exit_code) == ("crashes", 1)
    first = found.crashes[0]
    assert first.seed > missed.seeds
    assert "a rare division by zero" in first.what
    assert found.reason.startswith(f"{len(found.crashes)} of ")
    assert f"the first of them on seed {first.seed}: " in found.reason


@pytest.mark.parametrize("seeds", [1, 99, -5, 1_000_001, True, 375.5])
def test_a_number_of_seeds_out_of_range_is_refused(study_text: str, baseline: Baseline, seeds: int) -> None:
    with pytest.raises(
        OptionError, match=r"tail_seeds = .*; expected a whole number in 100 .. 1,000,000, or 0 for no test"
    ):
        run_gate(Study.parse(study_text), baseline, tail_seeds=seeds)
