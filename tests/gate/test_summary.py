"""A verdict for people and machines."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from nasbed.gate.summary import as_json, junit, line, markdown
from nasbed.gate.verdict import Crash, Extreme, GateComparison, Outcome, ThinkingRatio, Verdict

ONE = GateComparison(
    label="nasbench201/cifar10", outcome="worse", effect=0.125, effect_sd=0.25, low_sd=0.05, high_sd=0.45, level=0.98,
    margin=0.1, margin_sd=0.2, detectable_sd=0.14, mean=0.875, baseline_mean=0.75, sd=0.5, share=0.8, correlation=0.31,
    final_effect=0.05, final_half_width=0.02, unit="%",
)  # fmt: skip
MEAN = replace(
    ONE,
    label="mean of 2 benchmarks",
    outcome="open",
    effect=float("nan"),
    margin=float("nan"),
    margin_sd=0.1,
    unit="sd",
)
WORSE = Verdict(
    study="tuning", strategy="RE | ours", outcome="worse", reason="+0.25 sd (nasbench201/cifar10)", metric="test_regret",
    seeds=150, limit=1000, first_seed=10, baseline_seeds=5000, baseline_made="2024-05-01", same=3, compared=300, margin=0.2,
    alpha=0.05, power=0.9, budget="100 evaluations", rules="Noise: none.", comparisons=(ONE, MEAN),
    crashes=tuple(Crash("c10", seed, "boom\nbang") for seed in range(7)),
    extremes=(Extreme("c10", 12, 9.5, 17.25),), thinking=(ThinkingRatio("c10", 3.0, 1.5), ThinkingRatio("c100", 1.6, 1.5)),
    notes=("the option sample is 4, in the baseline 3",),
)  # fmt: skip


def test_markdown_has_effects_seeds_power_and_what_to_look_at() -> None:
    text = markdown([WORSE])
    assert text.startswith("### ❌ RE \\| ours: worse\n\n+0.25 sd (nasbench201/cifar10).\n\n| benchmark | verdict |")
    assert (
        "| nasbench201/cifar10 | worse | +0.125 points | +0.250 | +0.05 to +0.45 (98%) | 0.2 sd = 0.100 points | 0.14 sd |"
        " +0.0500 points ± 0.0200 |" in text
    )
    assert (
        "| mean of 2 benchmarks | open |  | +0.250 | +0.05 to +0.45 (98%) | 0.1 sd | 0.14 sd | +0.0500 sd ± 0.0200 |"
        in text
    )
    assert (
        "Smallest difference that these seeds would find four times in five in the mean of 2 benchmarks: 0.14 sd."
        in text
    )
    assert "- ⚠️ crashed on c10, seed 4: boom bang\n- ⚠️ 2 more crashes\n" in text
    assert "seed 12: 9.500, 17.2 sd above the baseline's mean and worse than all of its 5,000 seeds" in text
    assert "- ⚠️ thinks 2.0 times as long as before on c10 (3.00, baseline 1.50)" in text
    assert "before on c100" not in text
    assert "150 seeds (10 to 159) of at most 1,000" in text
    assert "3 of 300 trajectories are the same" in text
    assert "Area under the test regret curve" in text


def test_an_unchanged_strategy_has_no_table() -> None:
    text = markdown(
        [replace(WORSE, outcome="unchanged", comparisons=(), crashes=(), extremes=(), notes=(), thinking=())]
    )
    assert text.startswith("### ✅ RE")
    assert "|" not in text.replace("\\|", "")
    assert "⚠️" not in text


def test_json_holds_everything_and_no_nan() -> None:
    content = json.loads(as_json([WORSE]), parse_constant=pytest.fail)
    assert content["exit_code"] == 1
    assert content["verdicts"][0]["comparisons"][1]["effect"] is None
    assert content["verdicts"][0]["thinking"][0]["ratio"] == 2.0


def test_junit_counts_worse_as_a_failure_and_undecided_as_skipped() -> None:
    outcomes: tuple[Outcome, ...] = ("worse", "undecided", "better", "equivalent", "unchanged")
    text = junit([replace(WORSE, outcome=outcome) for outcome in outcomes])
    suite = Xml.fromstring(text).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "1", "1")
    cases = suite.findall("testcase")
    assert [[part.tag for part in case] for case in cases] == [
        ["failure", "system-out"],
        ["skipped", "system-out"],
        *[["system-out"]] * 3,
    ]
    assert cases[0].get("name") == "RE | ours"
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("message") == "worse: +0.25 sd (nasbench201/cifar10)"


def test_a_line_for_the_terminal() -> None:
    assert line(WORSE) == "RE | ours: worse after 150 seeds; +0.25 sd (nasbench201/cifar10)"


def test_effects_in_seconds_have_digits_and_labels_are_no_markup() -> None:
    one = replace(
        ONE, label="`lat` <b>", unit="s", sd=2e-5, effect=-4.2e-6, margin=4e-6, final_effect=0.0, final_half_width=3e-7
    )
    text = markdown(
        [replace(WORSE, strategy="RE <pop>_*", reason="+0.25 sd (`lat` <b>)", comparisons=(one,), notes=("a <b>",))]
    )
    assert text.startswith("### ❌ RE \\<pop>\\_\\*: worse\n\n+0.25 sd (\\`lat\\` \\<b>).")
    assert "| \\`lat\\` \\<b> | worse | -4.20e-06 s |" in text
    assert "= 4.00e-06 s |" in text
    assert "| +0.00e-07 s ± 3.00e-07 |" in text
    assert "- ⚠️ a \\<b>\n" in text
    Xml.fromstring(junit([replace(WORSE, reason="boom \x1b[31m\x00")]).encode())
