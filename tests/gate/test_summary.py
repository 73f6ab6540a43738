"""A verdict for people and machines."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from verdicts import ONE, WORSE

from nasbed.gate.summary import as_json, junit, line, markdown
from nasbed.gate.verdict import Outcome


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
    assert "#### ❌ Crashes\n\n- on c10, seed 0: boom bang\n" in text
    assert "- on c10, seed 4: boom bang\n- 2 more crashes\n" in text
    assert "#### Rare disasters\n\n1 of 150 seeds is worse than all 5,000 of the baseline" in text
    assert (
        "2 of 375 fail: so many have a chance of at most 0.005 where nothing has changed. 375 seeds find disasters in a share"
        in text
    )
    assert (
        "1 % with a chance of 0.89, 0.2 % with a chance of 0.17 (--tail-seeds 5125 for 0.8). The gate ended before all 375"
        in text
    )
    assert "- on c10, seed 12: 9.500, 17.2 sd above the baseline's mean\n" in text
    assert "#### Thinking time\n\n| benchmark | now | baseline | machine | times as long |" in text
    assert "| c10 | 6.0 µs | 1.5 µs | 2.00 | 2.0 |\n| c100 | 16 ms | 15 ms | 1.00 | 1.1 |" in text
    assert "5 times as long fails" in text
    assert "The baseline was made on another machine (Arm, 8 cores)." in text
    assert "Tries against" not in text
    assert "150 seeds (10 to 159) on each benchmark, at most 1,000 for the means" in text
    assert "3 of 300 trajectories are the same" in text
    assert "Area under the test regret curve of the first 125 seeds" in text


def test_an_unchanged_strategy_has_no_table() -> None:
    text = markdown(
        [
            replace(
                WORSE, outcome="unchanged", comparisons=(), crashes=(), tail=None, notes=(), thinking=(), candidate=""
            )
        ]
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
    outcomes: tuple[Outcome, ...] = ("worse", "undecided", "better", "equivalent", "unchanged", "slower")
    text = junit([replace(WORSE, outcome=outcome) for outcome in outcomes])
    suite = Xml.fromstring(text).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "2", "1")
    cases = suite.findall("testcase")
    assert [[part.tag for part in case] for case in cases] == [
        ["failure", "system-out"],
        ["skipped", "system-out"],
        *[["system-out"]] * 3,
        ["failure", "system-out"],
    ]
    assert cases[0].get("name") == "RE | ours"
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "worse"
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
