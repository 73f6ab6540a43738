"""The conformance suite: each check fails on a benchmark that breaks its rule, and all hold on sound ones."""

from __future__ import annotations

import json
import os
import re
import textwrap
import time
from functools import cache
from pathlib import Path
from typing import Any

import broken_answers  # noqa: F401
import broken_scores  # noqa: F401
import broken_spaces  # noqa: F401
import broken_supernets  # noqa: F401  (each adds its cases)
import pytest
from breaking import CASES
from broken_answers import Priceless, Unlabelled
from broken_scores import Including
from conforming import IN_ANOTHER_PROCESS
from forking import PYTEST, Command, Forking
from places import ROOT
from sound_benchmarks import Failing, Fine, HeldOut, Sharing, Single

from nasbed.benchmarks import NASBench201
from nasbed.check import (
    BENCHMARK_RULES,
    FUNCTION_RULES,
    STRATEGY_RULES,
    Finding,
    benchmark_checks,
    check_benchmark,
    check_named,
    shared_weights,
)
from nasbed.errors import OptionError, UnknownNameError
from nasbed.vocabulary import Benchmark


def named(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@cache
def found_of(use: type[Benchmark]) -> list[Finding]:
    """The findings of one that conforms, of which several tests speak."""
    return check_benchmark(use)


@pytest.mark.parametrize("sound", [Fine, HeldOut, Single, Failing, Sharing])
def test_a_sound_benchmark_of_others_conforms(sound: type[Benchmark]) -> None:
    assert [str(finding) for finding in found_of(sound) if not finding.holds] == []


def test_ours_conforms_within_seconds() -> None:
    began = time.process_time()
    found = check_benchmark("nasbench201", dataset="cifar100")
    assert [str(finding) for finding in found if not finding.holds] == []
    assert time.process_time() - began < 5
    assert {finding.check: finding.note for finding in found if finding.note} == {
        "costs_grow_with_epochs": "it is asked for one fidelity alone",
        "words_reach_every_recorded_run": "2 of 3 runs can be asked for by number",
        "held_out_runs_are_the_others": "it has a test split",
        "measures_are_values_and_seconds": "it offers none",
        **dict.fromkeys((rule.__name__ for rule in shared_weights.RULES), "it shares no weights"),
    }


def test_ours_conforms_with_other_options() -> None:
    found = named(check_benchmark(NASBench201, dataset="cifar10", objectives=["parameters", "accuracy"]))
    assert all(finding.holds for finding in found.values())
    assert found["scores_are_not_what_a_search_sees"].note == "its first objective, parameters, is of no split"


def test_what_does_not_apply_is_said() -> None:
    assert {finding.check: finding.note for finding in found_of(Single) if finding.note} == {
        "an_unknown_data_set_is_refused": "it has no option dataset",
        "costs_grow_with_epochs": "it is asked for one fidelity alone",
        "held_out_runs_are_the_others": "it has a test split",
        "measures_are_values_and_seconds": "it offers none",
        **dict.fromkeys((rule.__name__ for rule in shared_weights.RULES), "it shares no weights"),
    }
    found = named(found_of(HeldOut))
    assert found["the_mean_is_that_of_the_runs"].note == "it is judged on held-out runs: no search may see the mean"
    assert found["scores_are_not_what_a_search_sees"].note == "it is judged on held-out runs"


def test_the_same_is_found_again_by_name() -> None:
    assert check_benchmark("sound_benchmarks:Single") == found_of(Single)


def said(problem: str, expected: tuple[str, ...]) -> bool:
    """Whether a problem is told with these words, what was expected, and the remedy."""
    mended = "To mend it: " in problem or problem.startswith("it raised")
    return mended and all(words in problem for words in (*expected, "; expected "))


@pytest.mark.parametrize(("unsound", "check", "expected", "also"), CASES)
def test_a_broken_rule_is_found_by_its_check(
    unsound: type[Benchmark], check: str, expected: tuple[str, ...], also: list[str]
) -> None:
    (problem,) = [one.run().problem for one in benchmark_checks(unsound) if str(one) == check]
    assert said(problem, expected), problem


@pytest.mark.thorough
@pytest.mark.parametrize(("unsound", "check", "expected", "also"), CASES)
def test_a_broken_rule_is_found_and_no_other(
    unsound: type[Benchmark], check: str, expected: tuple[str, ...], also: list[str]
) -> None:
    checks = [one for one in benchmark_checks(unsound) if str(one) not in IN_ANOTHER_PROCESS]
    problems = {str(one): finding.problem for one in checks if not (finding := one.run()).holds}
    assert check in problems, problems
    assert said(problems[check], expected), problems[check]
    if also != ["..."]:
        assert problems.keys() == {check, *also}, problems


def test_every_check_has_been_seen_to_fail_and_says_what_must_hold() -> None:
    assert {case.values[1] for case in CASES} | IN_ANOTHER_PROCESS == {rule.__name__ for rule in BENCHMARK_RULES}
    assert all(rule.__doc__ for rule in BENCHMARK_RULES)


def test_a_label_names_the_data_set() -> None:
    check = benchmark_checks(Unlabelled, dataset="two")[0]
    problem = check.run().problem
    assert problem.startswith("label is 'fine' on the data set 'two'; expected a label that names it, since noise and")
    assert benchmark_checks(Unlabelled)[0].run().holds


def test_the_findings_of_two_data_sets_of_one_label_are_kept_apart() -> None:
    seen: list[tuple[str, int, int]] = []
    found = check_named("broken_answers:Unlabelled", progress=lambda *words: seen.append(words))
    assert {label: len(findings) for label, findings in found.items()} == {
        "fine": len(BENCHMARK_RULES),
        "fine, two": len(BENCHMARK_RULES),
    }
    assert [done for _, done, _ in seen] == list(range(2 * len(BENCHMARK_RULES)))
    assert {total for _, _, total in seen} == {2 * len(BENCHMARK_RULES)}


def test_a_check_is_called_run_and_named() -> None:
    check = next(one for one in benchmark_checks(Priceless) if str(one) == "declarations_are_complete")
    assert check.__name__ == "declarations_are_complete"
    finding = check.run()
    assert finding == Finding(
        "declarations_are_complete",
        "fine/one",
        " ".join((check.rule.__doc__ or "").split()),
        "cost_model is ''; expected a text. To mend it: declare cost_model.",
    )
    assert str(finding) == f"declarations_are_complete of fine/one: {finding.problem}"
    with pytest.raises(AssertionError, match="cost_model is ''; expected a text"):
        check()


def test_a_benchmark_that_cannot_be_made_has_no_findings() -> None:
    with pytest.raises(UnknownNameError, match="unknown benchmark 'nasbench20'; did you mean 'nasbench201'"):
        check_benchmark("nasbench20")
    with pytest.raises(UnknownNameError, match="unknown data set of fine 'three'"):
        check_benchmark(Fine, dataset="three")
    with pytest.raises(UnknownNameError, match="unknown option of sound_benchmarks:Fine 'data'"):
        check_benchmark(Fine, data="one")
    check = benchmark_checks("nasbench20")[0]
    assert check.run().subject == "nasbench20"
    assert "unknown benchmark 'nasbench20'" in check.run().problem


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        (Fine, {"dataset": {"one"}}, "expected what a study file can hold: texts, numbers and lists of them"),
        (Fine, {"dataset": ["one", "two"]}, "expected one: check each data set by itself"),
        (Including.Judge, {}, "cannot be imported by another process; move it to the top level of a module"),
    ],
)
def test_what_could_not_be_made_anew_is_refused(use: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        benchmark_checks(use, **options)


def test_an_object_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot be made anew; expected a name or a class, and its options"):
        benchmark_checks(Fine())  # type: ignore[arg-type]


PLUG_IN = """
    import pytest

    import nasbed
    from nasbed.benchmarks import NASBench201


    class Renamed(NASBench201):
        def __init__(self, dataset: str = "cifar100") -> None:
            super().__init__(dataset)
            self.name, self.label = "renamed", f"renamed/{dataset}"
            self.cost_model = self.cost_model if dataset == "cifar100" else ""


    @pytest.mark.parametrize("check", nasbed.benchmark_checks(Renamed))
    def test_renamed(check):
        check()


    @pytest.mark.parametrize("check", nasbed.benchmark_checks("test_renamed:Renamed", dataset="cifar10")[:2])
    def test_broken(check):
        check()
    """


def test_a_plug_ins_own_tests_run_the_suite_in_one_line(tmp_path: Path, forking: Forking) -> None:
    (tmp_path / "test_renamed.py").write_text(textwrap.dedent(PLUG_IN))
    environment = {**os.environ, "COLUMNS": "300", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = ("pytest", "-v", "--color=no", "-p", "no:cacheprovider", "-W", "error", "test_renamed.py")
    done = forking.run(PYTEST, argv=words, cwd=tmp_path, env=environment)
    assert f"1 failed, {len(BENCHMARK_RULES) + 1} passed" in done.stdout, done.stdout
    assert "test_renamed[epochs_ascend] PASSED" in done.stdout
    assert "test_broken[declarations_are_complete] FAILED" in done.stdout
    assert (
        "AssertionError: declarations_are_complete of renamed/cifar10: cost_model is ''; expected a text."
        in done.stdout
    )
    assert "answers.py" not in done.stdout  # no frames of ours


@pytest.mark.thorough
def test_the_command_checks_ours_on_all_data_sets(command: Command) -> None:
    done = command("check", "benchmark", "nasbench201", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == [f"nasbench201/{dataset}" for dataset in NASBench201.datasets()]
    for label, findings in found.items():
        assert [finding["check"] for finding in findings] == [rule.__name__ for rule in BENCHMARK_RULES]
        assert {(finding["subject"], finding["problem"]) for finding in findings} == {(label, "")}
        assert all(finding.keys() == {"check", "subject", "rule", "problem", "note", "see"} for finding in findings)


BROKEN = """
    from nasbed.benchmarks import Synthetic


    class Small(Synthetic):
        def __init__(self):
            super().__init__(decisions=3)


    class Broken(Small):
        def typical(self):
            return 1.0

        def cheapest(self):
            raise ValueError("no idea")
    """


def test_the_command_reports_what_is_broken(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text(textwrap.dedent(BROKEN))
    done = command("check", "benchmark", "lab:Broken")
    assert (done.returncode, done.stderr) == (1, "")
    assert "cheapest_and_typical_are_of_the_answers   BROKEN" in done.stdout
    assert f"of synthetic/0: it raised ValueError: no idea ({tmp_path / 'lab.py'}, line 15)" in done.stdout
    assert "  The rule: ``cheapest()`` is the lowest cost and ``typical()`` the mean cost" in done.stdout
    assert f"{len(BENCHMARK_RULES) - 1} of {len(BENCHMARK_RULES)} checks hold" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_command_shows_what_holds_and_what_was_not_covered(command: Command, tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text(textwrap.dedent(BROKEN))
    done = command("check", "benchmark", "lab:Small")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"an_unknown_data_set_is_refused +holds +it has no option dataset", done.stdout)
    assert done.stdout.endswith(f"{len(BENCHMARK_RULES)} of {len(BENCHMARK_RULES)} checks hold\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nasbench2O1"], "error: unknown benchmark 'nasbench2O1'; did you mean 'nasbench201'?"),
        (
            ["nasbench201", "--dataset", "cifar1O"],
            "error: unknown data set of nasbench201 'cifar1O'; did you mean 'cifar10'?",
        ),
        (
            ["lab:Nothing"],
            "error: benchmark 'lab:Nothing': there is no module 'lab'; expected lab.py in the working directory",
        ),
        (
            ["nasbed.streams:Stream"],
            "error: 'nasbed.streams:Stream' is <class 'nasbed.streams.Stream'>; expected a concrete",
        ),
    ],
)
def test_an_unusable_name_exits_with_2(words: list[str], message: str, command: Command) -> None:
    done = command("check", "benchmark", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_the_documentation_names_every_check() -> None:
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rules = [rule.__name__ for rule in (*BENCHMARK_RULES, *STRATEGY_RULES)]
    assert re.findall(r"^\| `(\w+)`", text, re.MULTILINE) == rules
    marked = re.findall(r"^\| `(\w+)` †", text, re.MULTILINE)
    assert marked == [rule.__name__ for rule in FUNCTION_RULES]
