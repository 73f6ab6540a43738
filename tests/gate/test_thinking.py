"""Thinking time: slower fails by default, another machine alone does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from daily import daily

from nasbed.errors import OptionError
from nasbed.gate import gate
from nasbed.gate.baseline import Baseline
from nasbed.gate.gate import run_gate
from nasbed.gate.summary import markdown
from nasbed.gate.thinking import ThinkingTimes, compared, require_factor
from nasbed.gate.verdict import ThinkingTime, Verdict
from nasbed.studies.study import Study


def judged(study: Study, baseline: Baseline, **options: object) -> Verdict:
    (found,) = run_gate(study, baseline, tail_seeds=0, **options)  # type: ignore[arg-type]
    return found


def made_with(baseline: Baseline, **times: float) -> Baseline:
    """The baseline as made where some of what is timed takes a multiple of the time."""
    known = baseline.strategies["evolution"]
    thinking = {
        name: replace(one, **{what: factor * getattr(one, what) for what, factor in times.items()})
        for name, one in known.thinking.items()
    }
    return replace(baseline, strategies={"evolution": replace(known, thinking=thinking)})


def test_thinking_longer_fails_by_default(variant: Callable[[str], Study], baseline: Baseline) -> None:
    found = judged(variant("gated:Slow"), baseline)
    assert (found.outcome, found.fails, found.exit_code, found.passes) == ("slower", ("slower",), 1, False)
    assert found.same == found.compared
    assert re.fullmatch(
        r"it thinks \d+\.\d times as long as the baseline on nasbench201/cifar100?; 5 times are too long", found.reason
    )
    assert "#### ❌ Thinking time\n\n| benchmark | now | baseline | machine | times as long |" in markdown([found])


@pytest.mark.thorough
@pytest.mark.parametrize("thinking", daily(["off", None, 500], "off"))
def test_a_higher_factor_or_none_lets_it_pass(
    variant: Callable[[str], Study], baseline: Baseline, thinking: object
) -> None:
    found = judged(variant("gated:Slow"), baseline, thinking=thinking)
    assert (found.outcome, found.fails) == ("unchanged", ())
    assert all(one.ratio > 2 for one in found.thinking)
    assert "#### Thinking time\n" in markdown([found])


@pytest.mark.thorough
def test_a_faster_machine_of_the_baseline_does_not_fail_a_change(study_text: str, baseline: Baseline) -> None:
    study = Study.parse(study_text)
    faster = made_with(baseline, strategy=0.02, python=0.02, linear_algebra=0.02)
    assert judged(study, faster).outcome == "unchanged"
    assert judged(study, made_with(faster, linear_algebra=50)).outcome == "unchanged"
    assert judged(study, made_with(baseline, strategy=0.02)).outcome == "slower"


def test_the_machine_is_that_of_the_loop_that_slowed_down_more() -> None:
    then = dict.fromkeys("abc", ThinkingTimes(1e-3, 1e-5, 1e-4))
    now = {**dict.fromkeys("ab", ThinkingTimes(6e-3, 2e-5, 3e-4)), "c": ThinkingTimes(6e-3, 9e-4, 9e-3)}
    for one in compared(now, then):
        assert (one.now, one.baseline, one.machine, one.ratio) == pytest.approx((6e-3, 1e-3, 3, 2))
    (unknown,) = compared({"a": now["a"]}, {"a": replace(then["a"], strategy=0.0)})
    assert unknown.ratio != unknown.ratio


@pytest.mark.thorough
def test_what_is_too_slow_once_is_measured_again(
    study_text: str, baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = iter([0.01, 1.0])

    def busy(now: Mapping[str, ThinkingTimes], then: Mapping[str, ThinkingTimes]) -> list[ThinkingTime]:
        machine = next(machines)
        return [ThinkingTime(name, one.strategy, one.strategy, machine) for name, one in then.items()]

    monkeypatch.setattr(gate, "compared", busy)
    found = judged(Study.parse(study_text), baseline)
    assert found.outcome == "unchanged"
    assert [one.ratio for one in found.thinking] == [1.0, 1.0]
    assert not list(machines)


@pytest.mark.parametrize("thinking", [1.0, 0.0, float("nan"), "", "fast", "1", True, [5]])
def test_a_factor_out_of_range_is_refused(thinking: object) -> None:
    with pytest.raises(
        OptionError, match=r"thinking = .*; expected a ratio to the baseline's thinking time above 1, as in 5, or 'off'"
    ):
        require_factor(thinking)


def test_a_baseline_keeps_its_times_and_its_machine_is_told(study_text: str, baseline: Baseline) -> None:
    for times in baseline.strategies["evolution"].thinking.values():
        assert 1e-7 < times.strategy < 1e-2
        assert 1e-6 < times.python < 1e-2
    other = {**baseline.session, "platform": {"cpu": "Abacus", "machine": "wood", "cores": 10}}
    found = judged(Study.parse(study_text), replace(baseline, session=other))
    assert found.machine == "another machine (Abacus, 10 cores)"
    assert judged(Study.parse(study_text), baseline).machine == ""
    assert (
        judged(Study.parse(study_text), replace(baseline, session={**other, "platform": 3})).machine
        == "an unknown machine"
    )
