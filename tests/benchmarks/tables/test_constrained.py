"""Bounds on what an architecture costs: who is an incumbent, what regrets are against, what strategies are told."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbed
from nasbed.check import benchmark_checks, check_benchmark
from nasbed.errors import NasbedError
from nasbed.searches.execution import execute
from nasbed.searches.rules import Rules
from nasbed.strategies.models.pareto import constrained_preferences
from nasbed.vocabulary import Benchmark, Budget, Outcome, Proposal

TWO = {"dataset": "cifar100", "objectives": ["accuracy", "latency"]}
BOUND = {"latency": "<= 0.012 s"}


def make(constraints: Mapping[str, Any] | None = None, **options: Any) -> Benchmark:
    given = {**TWO, **options} | ({"constraints": constraints} if constraints is not None else {})
    return nasbed.load_benchmark("nasbench201", **given)


FREE, BOUNDED = make(), make(BOUND)
RECORDED = FREE.recorded(200)
assert RECORDED is not None
LATENCY = -RECORDED[0][1][:, 0]
FEASIBLE = LATENCY <= 0.012


def test_regrets_and_the_floor_are_against_the_best_feasible_architecture() -> None:
    every = np.arange(15_625)
    for split, best in zip(("validation", "test"), BOUNDED.referee().best(), strict=True):  # type: ignore[attr-defined]
        scores = getattr(FREE.referee(), split)(every)  # type: ignore[attr-defined]
        assert best == pytest.approx(scores[FEASIBLE].max())
        assert best < scores.max()
    archs, _, chance = BOUNDED.referee().winner("draw")  # type: ignore[attr-defined]
    assert FEASIBLE[archs].all()
    assert chance.sum() == pytest.approx(1)


def test_violations_are_shares_of_the_bound_and_what_strategies_are_told() -> None:
    violations = BOUNDED.violations()
    assert violations is not None
    assert violations == pytest.approx(np.maximum(LATENCY - 0.012, 0) / 0.012)
    assert 0 < (violations == 0).sum() == FEASIBLE.sum() < 15_625
    outcomes = execute(nasbed.load_strategy("random_search"), BOUNDED, Rules(Budget("evaluations", 50)), 0).outcomes
    assert [outcome.violation for outcome in outcomes] == [violations[outcome.index] for outcome in outcomes]
    assert {outcome.violation > 0 for outcome in outcomes} == {True, False}
    free = execute(nasbed.load_strategy("random_search"), FREE, Rules(Budget("evaluations", 5)), 0).outcomes
    assert {outcome.violation for outcome in free} == {0.0}


def test_a_strategy_is_told_the_violation_of_a_repeat_that_is_free() -> None:
    arch = BOUNDED.space.at(int(np.argmax(LATENCY)))
    query = nasbed.observe(BOUNDED, {"evaluations": 5}, repeats="free")
    assert query(arch).violation == query(arch).violation > 0


def test_several_bounds_add_up_and_one_objective_may_have_two() -> None:
    both = make({"latency": [">= 0.010 s", "<= 0.012 s"], "flops": "<= 1e8 multiply-accumulates"}, objectives=[
        "accuracy", "latency", "flops"])  # fmt: skip
    assert both.label.endswith(", latency at least 10 ms, latency at most 12 ms, FLOPs at most 100 M")
    violations, recorded = both.violations(), both.recorded(200)
    assert violations is not None
    assert recorded is not None
    flops = -recorded[0][2][:, 0]
    expected = (
        np.maximum(0.010 - LATENCY, 0) / 0.010
        + np.maximum(LATENCY - 0.012, 0) / 0.012
        + np.maximum(flops - 1e8, 0) / 1e8
    )
    assert violations == pytest.approx(expected)


@pytest.mark.parametrize("strategy", ["random_search", "nsga2"])
def test_the_incumbent_is_the_best_feasible_observation(strategy: str) -> None:
    result = execute(nasbed.load_strategy(strategy), BOUNDED, Rules(Budget("evaluations", 100)), 1)
    best = max(outcome.value for outcome in result.outcomes if FEASIBLE[outcome.index])
    assert result.incumbent is not None
    assert (result.incumbent.value, result.incumbent.violation) == (best, 0.0)
    assert max(outcome.value for outcome in result.outcomes) > best
    assert result.scores()["validation_regret"] >= 0


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ({"latency": "<= 5 ms"}, "'<= 5 ms' is in ms, and latency is recorded in s; write the bound in s"),
        ({"latency": "< 5 s"}, "latency = '< 5 s'; expected a bound with its unit, as \"<= 5 s\" or \">= 5 s\""),
        ({"latency": "<= 5"}, "expected a bound with its unit"),
        ({"latency": "<= nan s"}, "expected a bound with its unit"),
        ({"latency": 5}, "latency = 5; expected a bound with its unit"),
        ({"latency": []}, "latency = []; expected a bound with its unit"),
        ({"latenci": "<= 5 s"}, "unknown constrained objective of nasbench201/cifar100 'latenci'; did you mean 'latency'?"),
        ({"accuracy": ">= 5 %"}, "unknown constrained objective of nasbench201/cifar100 'accuracy'; known: latency"),
        ({"latency": "<= 1e-9 s"}, "no architecture of nasbench201/cifar100 is feasible, so there is no best accuracy"),
        ({}, "constraints = {}; expected a bound for an objective or more, as constraints = { latency ="),
        ("latency", "constraints = 'latency'; expected a bound for an objective or more"),
    ],
)  # fmt: skip
def test_constraints_that_cannot_be_are_refused(constraints: Any, message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        make(constraints)


def test_what_has_one_objective_or_is_no_table_is_refused() -> None:
    for name, options in (("nasbench201", {}), ("synthetic", {})):
        with pytest.raises(NasbedError, match=r"is no table with several objectives; name in a table, as nasbench201"):
            nasbed.load_benchmark(name, constraints=BOUND, **options)


def test_what_each_training_measures_anew_cannot_be_bounded() -> None:
    with pytest.raises(NasbedError, match="loss of digits201/digits is measured anew by each training"):
        nasbed.load_benchmark("digits201", objectives=["accuracy", "loss"], constraints={"loss": "<= 1 nats"})


TOUCHED = {"an_unknown_data_set_is_refused", "the_best_is_attained", "the_winner_is_among_the_answers"}
"""The checks that know of constraints."""


def test_a_constrained_benchmark_keeps_the_rules_that_constraints_touch() -> None:
    checks = [one for one in benchmark_checks("nasbench201", constraints=BOUND, **TWO) if str(one) in TOUCHED]
    assert len(checks) == len(TOUCHED)
    assert [str(finding) for finding in (check.run() for check in checks) if not finding.holds] == []


@pytest.mark.thorough
def test_a_constrained_benchmark_conforms() -> None:
    found = check_benchmark("nasbench201", constraints=BOUND, **TWO)
    assert [str(finding) for finding in found if not finding.holds] == []


def outcome(value: float, latency: float, violation: float) -> Outcome:
    return Outcome((0,), value, 1.0, 1.0, 0, 1, (value, -latency), Proposal((0,)), violation=violation)


def test_what_breaks_constraints_is_behind_what_keeps_them_and_less_is_better() -> None:
    pool = [outcome(90, 9, 0.8), outcome(50, 1, 0.0), outcome(60, 2, 0.0), outcome(40, 3, 0.0), outcome(80, 6, 0.2),
            outcome(10, 6, 0.2), outcome(99, math.nan, math.inf)]  # fmt: skip
    assert [rank for rank, _ in constrained_preferences(pool)] == [4, 0, 0, 1, 3, 3, 5]
    free = [one._replace(violation=0.0) for one in pool]
    assert [rank for rank, _ in constrained_preferences(free)] == [0, 0, 0, 1, 0, 2, 3]


def test_nsga2_under_a_bound_evaluates_more_that_keep_to_it() -> None:
    shares = []
    for benchmark in (FREE, BOUNDED):
        strategy, rules = nasbed.load_strategy("nsga2", population=10), Rules(Budget("evaluations", 100))
        runs = [execute(strategy, benchmark, rules, seed).outcomes for seed in range(5)]
        shares.append(np.mean([FEASIBLE[one.index] for run in runs for one in run]))
    assert shares[1] > shares[0] + 0.1


def test_tables_and_captions_say_what_is_feasible(tmp_path: Path) -> None:
    study = nasbed.Study.parse("""
        name = "bounded"
        seeds = 4
        budget = { evaluations = 30 }
        [[benchmark]]
        use = "nasbench201"
        dataset = "cifar100"
        objectives = ["accuracy", "latency"]
        constraints = { latency = "<= 0.012 s" }
        [[benchmark]]
        use = "nasbench201"
        dataset = "cifar100"
        objectives = ["accuracy", "latency"]
        [[strategy]]
        use = "random_search"
    """)
    bounded, free = study.series()
    assert bounded.key != free.key
    results = nasbed.run_study(study, tmp_path / "out")
    one, other = results.series
    records = one.records
    kept = np.where(FEASIBLE[records["architecture"]], records["value"], -np.inf)
    best = [kept[records["seed"] == seed].max() for seed in study.seeds]
    assert one.runs.final("observed").tolist() == pytest.approx(best)
    shares = [FEASIBLE[records["architecture"]][records["seed"] == seed].mean() for seed in study.seeds]
    assert one.feasible() == pytest.approx(np.mean(shares))
    assert math.isnan(other.feasible())
    text = nasbed.comparison_table(results)
    assert (
        "constrained to latency at most 12 ms: the incumbent is the best feasible observation, and regrets and the floor"
        in text
    )
    assert f"the best of the {FEASIBLE.sum():,} feasible architectures of 15,625." in text
    assert " distinct | feasible | hours |" in text
    assert "| feasible |" not in nasbed.comparison_table(results.subset(benchmarks=[free.benchmark.label]))
    assert (results.scores()["random_search"] >= 0).all()
