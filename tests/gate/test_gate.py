"""The gate from end to end: each verdict, with the reasons that a reviewer is given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from daily import daily

from nasbed.errors import UnknownNameError
from nasbed.gate import remarks, summary
from nasbed.gate.baseline import Baseline
from nasbed.gate.gate import run_gate
from nasbed.gate.record import make_baseline
from nasbed.gate.runs import all_gated
from nasbed.gate.verdict import Verdict, exit_code
from nasbed.studies.series import key_of
from nasbed.studies.study import Study

Variant = Callable[[str], Study]


def judged(study: Study, baseline: Baseline, **options: object) -> Verdict:
    (found,) = run_gate(study, baseline, **{"thinking": "off", "tail_seeds": 0, **options})  # type: ignore[arg-type]
    return found


def test_the_same_code_is_unchanged(study_text: str, baseline: Baseline) -> None:
    found = judged(Study.parse(study_text), baseline)
    assert (found.outcome, found.exit_code, found.passes) == ("unchanged", 0, True)
    assert (found.seeds, found.same, found.compared) == (50, 100, 100)
    assert not found.comparisons
    assert not found.notes


def test_a_refactoring_is_unchanged_and_its_new_home_is_said(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gate_variants:Evolution"), baseline)
    assert found.outcome == "unchanged"
    assert found.notes == ("the strategy is gate_variants:Evolution, in the baseline regularized_evolution",)


def test_a_planted_bug_is_worse(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gate_variants:StaleValue"), baseline)
    assert (found.outcome, found.exit_code, found.passes) == ("worse", 1, False)
    assert (found.seeds, found.tested) == (100, 100)
    assert [one.label for one in found.comparisons] == [
        "nasbench201/cifar10",
        "nasbench201/cifar100",
        "mean of 2 benchmarks",
    ]
    assert re.search(r"\+0\.\d\d sd \(mean of 2 benchmarks\)", found.reason)
    for one in found.comparisons:
        assert one.effect_sd > 0
        assert (one.low_sd > 0) == (one.outcome == "worse")
    first = found.comparisons[0]
    assert first.effect == pytest.approx(first.effect_sd * first.sd)
    assert first.margin == pytest.approx(0.2 * first.sd)
    assert first.mean == pytest.approx(first.baseline_mean + first.effect, abs=0.5 * first.sd)


@pytest.mark.thorough
def test_the_bug_as_a_baseline_makes_its_repair_better(study_text: str, variant: Variant) -> None:
    broken = make_baseline(variant("gate_variants:StaleValue"), seeds=200)
    found = judged(Study.parse(study_text), broken, margin="0.5sd")
    assert (found.outcome, found.exit_code) == ("better", 0)
    assert found.comparisons[-1].high_sd < 0


@pytest.mark.thorough
def test_another_stream_is_equivalent_within_a_wide_margin(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gate_variants:OtherStream"), baseline, margin="0.6sd")
    assert (found.outcome, found.exit_code) == ("equivalent", 0)
    assert found.same == 0
    assert all(one.low_sd < 0 < one.high_sd for one in found.comparisons)
    assert "no benchmark worse by 0.6 sd" in found.reason


def test_too_few_seeds_for_a_margin_leave_it_undecided_and_are_announced(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gate_variants:OtherStream"), baseline, margin="0.05sd")
    assert (found.outcome, found.exit_code, found.passes) == ("undecided", 3, False)
    assert (found.seeds, found.limit) == (400, 400)
    assert "after 400 seeds it is open whether it is worse" in found.reason
    assert re.search(
        r"without pairing 400 seeds give \d+% of the information that a margin of 0.05 sd needs", " ".join(found.notes)
    )


@pytest.mark.thorough
def test_a_second_run_and_more_processes_give_the_same_verdict(variant: Variant, baseline: Baseline) -> None:
    study = variant("gate_variants:FrozenEdge")
    found = [judged(study, baseline, margin="0.3sd", engine=engine) for engine in ("local:1", "local:2")]
    once, again = (replace(one, thinking=()) for one in found)
    assert once.comparisons
    assert repr(once) == repr(again)


def test_a_crash_is_worse_and_names_its_seed(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gated:Crashes"), baseline)
    assert (found.outcome, found.fails, found.exit_code) == ("crashes", ("crashes",), 1)
    assert found.seeds == 100
    assert 0 < len(found.crashes) < 15
    assert found.crashes[0].seed == min(crash.seed for crash in found.crashes)
    assert "division by a lucky number" in found.crashes[0].what
    assert found.reason.startswith(f"{len(found.crashes)} of 200 runs fail")


def test_a_run_without_an_incumbent_is_worse(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gated:Silent"), baseline)
    assert found.outcome == "crashes"
    assert {crash.what for crash in found.crashes} == {"no incumbent"}
    assert len(found.crashes) == 200


@pytest.mark.thorough
def test_options_that_differ_are_said(study_text: str, baseline: Baseline) -> None:
    found = judged(Study.parse(study_text.replace("sample = 3", "sample = 4")), baseline, margin="1sd")
    assert "the option sample is 4, in the baseline 3" in found.notes


@pytest.mark.thorough
def test_where_only_the_answers_differ_the_platform_is_blamed(study_text: str, baseline: Baseline) -> None:
    known = baseline.strategies["evolution"]
    other = {name: values + np.uint32(1) for name, values in known.fingerprints.items()}
    moved = replace(baseline, strategies={"evolution": replace(known, fingerprints=other)})
    found = judged(Study.parse(study_text), moved)
    assert found.outcome == "equivalent"
    assert any("differ though neither code nor options have changed" in note for note in found.notes)


def test_a_change_of_the_harness_or_the_benchmark_is_said(study_text: str, baseline: Baseline) -> None:
    known = baseline.strategies["evolution"]
    moved = replace(
        baseline,
        strategies={
            "evolution": replace(known, fingerprints={name: values * 0 for name, values in known.fingerprints.items()})
        },
        control={name: values * 0 for name, values in baseline.control.items()},
        sources={name: {**kinds, "harness": "other"} for name, kinds in baseline.sources.items()},
    )
    notes = " ".join(judged(Study.parse(study_text), moved).notes)
    assert "random search too has other trajectories" in notes
    assert "the source of the harness has changed" in notes
    assert "the source of the benchmark" not in notes


def test_a_changed_strategy_is_told_from_a_changed_harness(study_text: str, baseline: Baseline) -> None:
    """An edit of a comment in the harness since the baseline was made is no cause where random search goes as it went."""
    known = baseline.strategies["evolution"]
    older = {name: {**kinds, "harness": "older"} for name, kinds in baseline.sources.items()}
    early = [SimpleNamespace(fingerprints=values) for values in baseline.control.values()]
    study = Study.parse(study_text)
    of = all_gated(study, study.strategies[0])
    keys = {one.name: key_of({**one.series.content, "core": "older"}) for one in of}
    other = dict.fromkeys(keys, "of another source")
    for stored, says in ((keys, "has not changed"), (other, "has changed")):
        notes = remarks.changed(replace(baseline, sources=older), replace(known, keys=stored), of, early)
        assert notes[0] == f"the source of the strategy {says} since the baseline was made"
        assert notes[1].startswith("the source of the harness has changed")
        assert notes[1].endswith("random search has the trajectories of the baseline, so no answer has changed there")
    assert remarks.changed(baseline, replace(known, keys=other), of, early) == [
        "the source of the strategy has changed since the baseline was made"
    ]


@pytest.mark.thorough
def test_several_strategies_are_judged_one_by_one_or_by_name(study_text: str) -> None:
    two = study_text + '\n[[strategy]]\nuse = "random_search"\n'
    stored = make_baseline(Study.parse(two), seeds=100)
    changed = Study.parse(two.replace('"regularized_evolution"', '"gate_variants:StaleValue"'))
    quick = {"thinking": "off", "tail_seeds": 0}
    verdicts = run_gate(changed, stored, margin="1sd", **quick)
    assert [verdict.strategy for verdict in verdicts] == ["evolution", "random_search"]
    assert verdicts[0].outcome != "unchanged"
    assert verdicts[1].outcome == "unchanged"
    (named,) = run_gate(changed, stored, strategy="random_search", **quick)
    assert named.outcome == "unchanged"
    with pytest.raises(UnknownNameError, match="unknown strategy of the study 'evolutoin'; did you mean 'evolution'"):
        run_gate(changed, stored, strategy="evolutoin")


def without_spread(baseline: Baseline, **scores: float) -> Baseline:
    """The baseline with the same score on every seed of some data sets, up to rounding."""
    known = baseline.strategies["evolution"]
    rounding = 1 + 1e-15 * (np.arange(baseline.count) % 3)
    constant = {
        f"nasbench201/{name}": dict.fromkeys(known.scores[f"nasbench201/{name}"], value * rounding)
        for name, value in scores.items()
    }
    steps = {label: dict.fromkeys(columns, 1e-9) for label, columns in constant.items()}
    return replace(
        baseline,
        strategies={"evolution": replace(known, scores={**known.scores, **constant}, steps={**known.steps, **steps})},
    )


@pytest.mark.parametrize(("score", "outcome"), daily([(0.0, "worse"), (99.1, "better")], (0.0, "worse")))
def test_a_baseline_without_spread_is_compared_exactly(
    variant: Variant, baseline: Baseline, score: float, outcome: str
) -> None:
    fixed = without_spread(baseline, cifar10=score, cifar100=score)
    assert (fixed.strategies["evolution"].scores["nasbench201/cifar10"]["area_validation_regret"].std() > 0) == (
        score > 0
    )
    found = judged(variant("gate_variants:OtherStream"), fixed)
    assert (found.outcome, found.seeds) == (outcome, 100)
    assert [one.outcome for one in found.comparisons] == [outcome] * 2
    for one in found.comparisons:
        assert one.effect == pytest.approx(one.mean - score)
        assert np.isnan([one.effect_sd, one.low_sd, one.high_sd, one.margin, one.detectable_sd]).all()
    assert "% (nasbench201/cifar10, where the baseline has no spread)" in found.reason
    assert found.tail is None
    text = summary.markdown([found])
    assert "| no spread | no spread | no spread | no spread |" in text
    assert "nan" not in text
    assert "e+" not in text
    assert found.plain()["comparisons"][0]["effect_sd"] is None


@pytest.mark.thorough
def test_runs_on_both_sides_of_a_baseline_without_spread_are_undecided(variant: Variant, baseline: Baseline) -> None:
    middle = float(np.median(baseline.strategies["evolution"].scores["nasbench201/cifar10"]["area_validation_regret"]))
    found = judged(variant("gate_variants:OtherStream"), without_spread(baseline, cifar10=middle))
    assert (found.outcome, found.exit_code, found.seeds) == ("undecided", 3, 100)
    assert found.reason.startswith("some runs are better and some worse than the baseline, whose scores have no spread")


@pytest.mark.thorough
def test_a_benchmark_without_spread_leaves_the_test_to_the_others(variant: Variant, baseline: Baseline) -> None:
    study = variant("gate_variants:OtherStream")
    found = judged(study, without_spread(baseline, cifar100=99.1), margin="1sd")
    exact, tested = found.comparisons
    assert (exact.label, exact.outcome) == ("nasbench201/cifar100", "better")
    assert (tested.label, tested.outcome) == ("nasbench201/cifar10", "equivalent")
    assert found.outcome == "better"
    assert "sd (nasbench201/cifar10), margin 1 sd; no benchmark worse by 1 sd" in found.reason
    assert judged(study, without_spread(baseline, cifar100=0.0), margin="1sd").outcome == "worse"


def test_a_deterministic_strategy_is_judged(study_text: str) -> None:
    text = study_text.replace('"regularized_evolution"', '"hand_designed"').replace("population = 10\nsample = 3\n", "")
    fixed = Study.parse(text)
    stored = make_baseline(fixed, seeds=100)
    assert judged(fixed, stored).outcome == "unchanged"
    found = judged(Study.parse(study_text), stored)
    assert (found.outcome, found.seeds) == ("undecided", 100)
    assert {one.outcome for one in found.comparisons} == {"open"}


def test_one_benchmark_reported_on_several_is_searched_once(study_text: str) -> None:
    text = study_text.replace('[[benchmark]]\nuse = "nasbench201"\ndataset = "cifar100"\n', "").replace(
        'dataset = "cifar10"', 'dataset = "cifar10"\nreport = ["cifar10", "ImageNet16-120"]'
    )
    stored = make_baseline(Study.parse(text), seeds=100)
    assert list(stored.strategies["evolution"].fingerprints) == ["nasbench201/cifar10"]
    changed = Study.parse(text.replace('"regularized_evolution"', '"gate_variants:OtherStream"'))
    found = judged(changed, stored, margin="2sd")
    assert [one.label for one in found.comparisons][:2] == list(stored.strategies["evolution"].scores)
    assert len(found.comparisons) == 3


@pytest.mark.thorough
def test_a_budget_of_seconds_is_gated_too(study_text: str) -> None:
    text = study_text.replace("{ evaluations = 30 }", "{ seconds = 60_000 }")
    found = judged(
        Study.parse(text.replace('"regularized_evolution"', '"gate_variants:OtherStream"')),
        make_baseline(Study.parse(text), seeds=100),
        margin="2sd",
    )
    assert found.outcome == "equivalent"
    assert found.budget == "60,000 simulated seconds"


def test_test_regret_is_judged_by_choice(variant: Variant, baseline: Baseline) -> None:
    study = variant("gate_variants:StaleValue")
    validation, test = (judged(study, baseline, metric=name) for name in ("validation_regret", "test_regret"))
    assert test.metric == "test_regret"
    assert validation.comparisons[0].effect != test.comparisons[0].effect
    with pytest.raises(UnknownNameError, match="unknown metric 'regret'"):
        judged(study, baseline, metric="regret")


def test_the_exit_code_of_several_verdicts_is_the_worst(study_text: str, baseline: Baseline) -> None:
    found = judged(Study.parse(study_text), baseline)
    codes = {
        given: exit_code([replace(found, outcome=outcome) for outcome in given])  # type: ignore[arg-type]
        for given in (("better", "equivalent", "unchanged"), ("undecided", "better"), ("undecided", "worse"))
    }
    assert list(codes.values()) == [0, 3, 1]


def test_a_verdict_is_plain_json_without_nan(variant: Variant, baseline: Baseline) -> None:
    found = judged(variant("gate_variants:StaleValue"), baseline)
    content = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert content["comparisons"][-1]["effect"] is None
    assert content["exit_code"] == 1
