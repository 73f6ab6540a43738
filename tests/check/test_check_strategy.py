"""The conformance suite of strategies: it holds for all of ours, and each check fails on a strategy that breaks its rule."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from dataclasses import replace
from typing import Any
from unittest import SkipTest

import broken_strategies
import pytest
from broken_strategies import (
    ByHash,
    Declared,
    Fragile,
    Global,
    InOrder,
    Insatiable,
    KeepsCount,
    Lenient,
    Listing,
    Moody,
    Mute,
    OfEvaluations,
    OfNumPy,
    OnceEach,
    Outside,
    Peeks,
    Remembers,
    Sound,
    Starting,
    Unchecked,
    Undeclared,
    Unpicklable,
    WarmForHalf,
)
from daily import daily, sampled
from few_problems import keep_to_few
from forking import Command
from ours import INSTALLED, OPTIONS

import nasbed
from nasbed.check import FUNCTION_RULES, STRATEGY_RULES, Finding, check_strategy, limits, strategy_checks
from nasbed.check.limits import Overdue, limited
from nasbed.errors import OptionError, PluginError, UnknownNameError
from nasbed.vocabulary import Strategy

SUITES = {f"{name}-{check}": check for name in INSTALLED for check in strategy_checks(name, **OPTIONS.get(name, {}))}
WHOLE = ("regularized_evolution", "rsps", "tpe", "hyperband", "nsga2", "reinforce")
EVERY = (
    "options_say_what_they_mean",
    "options_are_checked",
    "warm_up_is_a_number",
    "what_it_lacks_is_refused",
    "failed_trainings_are_survived",
)
DAILY = [one for one, check in SUITES.items() if check.__name__ in EVERY or one.rpartition("-")[0] in WHOLE]
"""Every check of a few strategies, and a few checks of every strategy. Beside them the league holds all to kept answers, all search
every kind of space below, and what test_pitfalls_in_searches.py and test_rules_of_the_tree.py ask of every search holds for all.
"""


@pytest.mark.parametrize("name", daily(SUITES, *DAILY))
def test_every_strategy_of_ours_conforms(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a few of the made-up tasks; tests/thorough has all of them."""
    check = SUITES[name]
    keep_to_few(check.subject.use, monkeypatch)
    check()


@pytest.mark.parametrize("name", INSTALLED)
def test_every_strategy_of_ours_searches_every_kind_of_space(name: str) -> None:
    strategy_checks(name, **OPTIONS.get(name, {}))[list(BROKEN).index(SEARCHES)]()


# What breaks each rule


BROKEN: dict[str, tuple[type[Strategy], str]] = {
    "options_say_what_they_mean": (Mute, "number says nothing"),
    "options_are_checked": (
        Unchecked,
        r"number = object\(\) raises nothing; expected an OptionError that names number",
    ),
    "warm_up_is_a_number": (WarmForHalf, "warm_up is 0.5; expected a whole number"),
    "what_it_lacks_is_refused": (Lenient, "require admits a task without fidelities"),
    "it_searches_whatever_offers_what_it_needs": (
        Outside,
        r"on triangle with 1 worker it fails: proposed \(.*outside the space.*where a tuple is not in task.space, draw another",
    ),
    "architectures_are_plain_tuples": (OfNumPy, "it proposes .*; expected a tuple of int"),
    "the_same_seed_gives_the_same_search": (
        Remembers,
        "evaluation 0 differs on nine after other searches.*none in the strategy, its class or a module",
    ),
    "only_its_stream_is_random": (Global, "moves global random state.*draw from rng alone"),
    "late_arrivals_are_survived": (
        InOrder,
        "on nine with 3 workers it raises AssertionError: not in order(.|\n)*expect outcomes in another order",
    ),
    "it_pickles": (Unpicklable, "pickling raises.*keep plain options in the strategy"),
    "another_process_gives_the_same_search": (ByHash, "differ in another process.*not over sets"),
    "failed_trainings_are_survived": (
        Fragile,
        "ValueError: cannot convert float NaN to integer .*broken_strategies.py.*rank by outcome.worth",
    ),
    "every_budget_is_survived": (
        OfEvaluations,
        "with a budget of 100 simulated seconds it raises .*counts evaluations(.|\n)*the kind of task.budget",
    ),
    "repeats_are_survived": (
        OnceEach,
        "where repeats = 'free' it raises AssertionError: told twice(.|\n)*take the same trial twice",
    ),
    "nothing_is_nothing_until_an_outcome": (Moody, r"ask\(\) gives None, and then Proposal"),
    "a_search_opens_no_test_column": (Peeks, "opens .*test_accuracy.npy.*nothing but the task and the outcomes"),
}


def finding(use: type[Strategy], name: str) -> Finding:
    return next(check.run() for check in strategy_checks(use) if check.__name__ == name)


def test_a_sound_strategy_of_others_conforms() -> None:
    assert [str(one) for one in check_strategy(Sound) if not one.holds] == []


def test_every_check_has_a_strategy_that_breaks_it() -> None:
    assert list(BROKEN) == [rule.__name__ for rule in STRATEGY_RULES]


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_found_by_its_check(name: str) -> None:
    use, message = BROKEN[name]
    problem = finding(use, name).problem
    assert re.search(f"(?s){message}", problem), problem


@pytest.mark.thorough
@pytest.mark.parametrize("name", BROKEN)
def test_one_mistake_is_one_finding(name: str) -> None:
    use, message = BROKEN[name]
    found = {one.check: one for one in check_strategy(use)}
    assert [check for check, one in found.items() if one.problem] == [name]
    assert {one.see for one in found.values()} <= {"", name}
    assert all(one.holds is (not one.problem and not one.see) for one in found.values())
    assert re.search(f"(?s){message}", found[name].problem), found[name].problem
    assert "To mend it: " in found[name].problem
    assert found[name].rule


# What a newcomer gets wrong in ask, tell and start, and the advice


SEARCHES, SAME = "it_searches_whatever_offers_what_it_needs", "the_same_seed_gives_the_same_search"
ADVICE = {
    "_Endless": (SEARCHES, r"the time limit of 0.3 s ran out on nine with 1 worker in ask\(\) \(.*line \d+\) after 9 proposals in"
                           " a space of 9 architectures; .*must repeat itself, or return None"),
    "_Deaf": (SEARCHES, r"the time limit of 0.3 s ran out on nine with 1 worker in ask\(\)"),
    "_Asleep": (SEARCHES, r"the time limit of 0.3 s ran out on nine with 1 worker in ask\(\).*--time-limit 600"),
    "_Untyped": (SEARCHES, r"must propose Proposal\(arch\), got .*To mend it: propose nasbed\.Proposal\(arch\)"),
    "_Forgetful": (SEARCHES, "evaluates nothing on nine; .*None with nothing under way ends a search"),
    "_Raising": (SEARCHES, r"on nine with 1 worker it raises AttributeError: .*broken_strategies.*correct that line"),
    "_OfTask": (SEARCHES, "cannot assign to field 'workers'.*strategy and task stay as they are"),
    "_OfArchitecture": (SEARCHES, "does not support item assignment.*is copied before it is changed"),
    "_InClass": (SAME, "in the strategy, its class or a module"),
    "_OwnGenerator": (SAME, "from no generator that is not made of it"),
    "_Fidelity": (SEARCHES, r"asks for 12 epochs; this task offers 1; .*from task\.epochs.*Needs\(fidelity_ratio=3\)"),
    "_Measure": (SEARCHES, "asks for the measure 'flops'; this task offers none.*the measures that needs declares"),
    "_Resume": (SEARCHES, r"resumes trial 0.*only where task\.resumable"),
    "Duck": (SEARCHES, r"start\(\) returns an object of Duck, which has ask and tell but is no nasbed\.Searcher; .*"
                       r"as class Duck\(nasbed\.Searcher\)"),
    "_generator": (SEARCHES, r"start\(\) returns a generator; .*derive from nasbed\.Script"),
    "nothing": (SEARCHES, r"start\(\) returns None; .*return the searcher at the end of start\(\)"),
}  # fmt: skip


@pytest.mark.parametrize("what", ADVICE)
def test_the_advice_fits_the_mistake(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_AGAIN", 0.02)  # seconds after which what swallows the end is told again
    check, message = ADVICE[what]
    suite = strategy_checks(Starting, what=what)
    if "time limit" in message:  # that check alone, after those that must hold before
        suite = [replace(one, time_limit=0.3) for one in suite if one.__name__ == check]
        suite[0].subject.problems  # noqa: B018  # made before the time runs
    (found,) = [one.run() for one in suite if one.run().problem]
    assert found.check == check
    assert re.search(f"(?s){message}", found.problem), found.problem


@pytest.mark.parametrize(
    ("use", "check", "message"),
    [
        (KeepsCount, SAME, "none in the strategy, its class or a module"),
        (Listing, "what_it_lacks_is_refused", r"needs is \['path'\]; .*return Needs\(...\) from the property needs"),
    ],
)
def test_the_advice_fits_what_is_wrong_with_the_strategy(use: type[Strategy], check: str, message: str) -> None:
    (found,) = [one for one in check_strategy(use) if one.problem]
    assert found.check == check
    assert re.search(f"(?s){message}", found.problem), found.problem


def test_a_check_that_is_not_covered_is_skipped_and_names_what_to_see() -> None:
    late = next(one for one in strategy_checks(Outside) if str(one) == "late_arrivals_are_survived")
    assert str(late.run()) == f"late_arrivals_are_survived of broken_strategies:Outside: not covered: see {SEARCHES}"
    with pytest.raises(SkipTest, match=f"see {SEARCHES}"):
        late()


def test_a_time_limit_leaves_the_alarm_of_others_alone() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with pytest.raises(Overdue), limited(0.05):
            time.sleep(10)
        assert 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
        os.kill(os.getpid(), signal.SIGALRM)
        assert rung == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), True, "60"])
def test_what_is_no_time_limit_is_refused(seconds: Any) -> None:
    with pytest.raises(OptionError, match=f"time_limit = {seconds!r}; expected seconds, more than 0"):
        strategy_checks(Sound, time_limit=seconds)


def test_what_is_needed_and_not_declared_is_found() -> None:
    assert "Undeclared" not in finding(Declared, "it_searches_whatever_offers_what_it_needs").problem
    assert finding(Declared, "it_searches_whatever_offers_what_it_needs").holds
    assert finding(Declared, "what_it_lacks_is_refused").holds
    assert "IndexError" in finding(Undeclared, "it_searches_whatever_offers_what_it_needs").problem


def test_needs_that_nothing_meets_are_a_finding() -> None:
    found = finding(Insatiable, "it_searches_whatever_offers_what_it_needs")
    assert found.problem.startswith("no made-up task offers Needs(")


def test_global_random_state_is_left_as_it_was() -> None:
    random.seed(7)
    before = random.getstate()
    finding(Sound, "only_its_stream_is_random")
    assert random.getstate() == before


def test_what_cannot_be_made_has_no_findings() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'hyperband'"):
        check_strategy("hyperbnd")
    with pytest.raises(OptionError, match="population = 0"):
        check_strategy("regularized_evolution", population=0)
    with pytest.raises(PluginError, match="there is no module 'mymodule'"):
        check_strategy("function:mymodule:search")
    with pytest.raises(
        UnknownNameError, match="unknown option of function:broken_strategies:evolving 'restrat'; did you mean"
    ):
        check_strategy("function:broken_strategies:evolving", restrat=0.5)
    with pytest.raises(
        OptionError, match="cannot be imported by another process; move it to the top level of a module"
    ):
        check_strategy(lambda query: None)


# Code that owns its own loop


BROKEN_FUNCTIONS = {
    SEARCHES: ("of_one_space", r"on nine with 1 worker it fails: proposed \(0, 0, .*where a tuple is not in task.space"),
    "architectures_are_plain_tuples": ("of_numpy", "it proposes .*; expected a tuple of int"),
    SAME: ("remembering", "evaluation 0 differs on nine after other searches.*none in its module.* from query.rng alone"),
    "only_its_stream_is_random": ("of_global_random", "moves global random state.*draw from rng alone"),
    "another_process_gives_the_same_search": ("by_hash", "differ in another process.*not over sets"),
    "failed_trainings_are_survived": ("fragile", "ValueError: cannot convert float NaN .*broken_strategies.py, line"),
    "every_budget_is_survived": ("of_evaluations", "with a budget of 100 simulated seconds it raises AssertionError"),
    "repeats_are_survived": ("once_each", "where repeats = 'free' it raises AssertionError.*take the same trial twice"),
    "a_search_opens_no_test_column": ("peeking", "opens .*test_accuracy.npy"),
}  # fmt: skip


def test_every_check_of_functions_has_one_that_breaks_it() -> None:
    assert list(BROKEN_FUNCTIONS) == [rule.__name__ for rule in FUNCTION_RULES]


@pytest.mark.parametrize("name", sampled(BROKEN_FUNCTIONS, 3))
def test_one_mistake_of_a_function_is_one_finding(name: str) -> None:
    function, message = BROKEN_FUNCTIONS[name]
    found = {one.check: one for one in check_strategy(f"function:broken_strategies:{function}")}
    assert [check for check, one in found.items() if one.problem] == [name]
    assert {one.see for one in found.values()} <= {"", name}
    assert re.search(f"(?s){message}", found[name].problem), found[name].problem
    assert "To mend it: " in found[name].problem


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("idle", r"evaluates nothing on nine; .*call query\(architecture\) before the function returns"),
        ("deaf", "on nine with 1 worker it fails: 10,000 queries after the search was over; stop on BudgetExhausted"),
        ("scored", r"query\.result\(\) is asked for; .*return from the function"),
    ],
)
def test_the_advice_fits_the_mistake_of_a_function(function: str, message: str) -> None:
    (found,) = [one for one in check_strategy(getattr(broken_strategies, function)) if one.problem]
    assert found.check == SEARCHES
    assert re.search(f"(?s){message}", found.problem), found.problem


def test_a_sound_function_conforms_by_name_and_by_itself() -> None:
    for use in ("function:broken_strategies:evolving", broken_strategies.evolving):
        found = check_strategy(use, restart=0.5)
        assert [one.check for one in found] == [rule.__name__ for rule in FUNCTION_RULES]
        assert [str(one) for one in found if not one.holds] == []
        assert {one.subject for one in found} == {"function:broken_strategies:evolving with restart = 0.5"}
    assert [str(one) for one in check_strategy(broken_strategies.returning) if not one.holds] == []


def test_the_command_checks_a_function(command: Command, tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text(
        "def search(query, size=3):\n"
        "    while True:\n"
        "        best = [query(query.space.sample(query.rng)).value for _ in range(size)]\n"
    )
    done = command("check", "strategy", "function:mine:search", "--option", "size=2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:9]] == [[rule.__name__, "holds"] for rule in FUNCTION_RULES]
    assert lines[-1] == "9 of 9 checks hold"


def test_the_command_says_what_holds(command: Command) -> None:
    done = command("check", "strategy", "regularized_evolution", "--option", "population=4", "--json")
    assert done.returncode == 0, done.stderr
    ((label, findings),) = json.loads(done.stdout).items()
    assert label == "regularized_evolution with population = 4"
    assert [one["check"] for one in findings] == [rule.__name__ for rule in STRATEGY_RULES]
    assert all(one["problem"] == "" for one in findings)


def test_the_command_says_what_is_broken(command: Command, tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\n"
        "from nasbed import Proposal, Script\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Script):\n"
        "    def search(self, task, rng):\n"
        "        while True:\n"
        "            outcome = yield Proposal(task.space.sample(rng))\n"
        "            int(outcome.value)\n"
    )
    done = command("check", "strategy", "mine:Mine")
    assert done.returncode == 1, done.stderr
    assert "\nfailed_trainings_are_survived of mine:Mine: on nine, where a third" in done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:16]] == [rule.__name__ for rule in STRATEGY_RULES]
    assert "repeats_are_survived not covered see failed_trainings_are_survived" in [
        " ".join(line.split()) for line in lines
    ]
    assert lines[-1] == "14 of 16 checks hold, 1 broken, 1 not covered until that is mended"


def test_the_command_ends_a_check_that_does_not_end_and_shows_the_lines_before(command: Command, tmp_path: Any) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\n"
        "from nasbed import Needs, Script\n"
        "from nasbed.check.toy_problems import problems\n\n"
        "problems(Needs())  # made before the time runs\n\n\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Script):\n"
        "    def search(self, task, rng):\n"
        "        while True:\n"
        "            pass\n"
        "        yield\n"
    )
    done = command("check", "strategy", "mine:Mine", "--time-limit", "1")
    assert done.returncode == 1, done.stderr
    assert re.match(r"options_say_what_they_mean +holds\n", done.stdout)
    assert (
        f"the time limit of 1 s ran out on nine with 1 worker in search() ({tmp_path / 'mine.py'}, line " in done.stdout
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("regularized_evolution", "--option", "population"), "--option 'population'; expected name=value"),
        (("regularized_evolution", "--option", "population=two"), "population = 'two'; expected int, at least 2"),
        (("regularized_evolution", "--option", "size=2"), "unknown option of regularized_evolution 'size'"),
    ],
)
def test_the_command_refuses_bad_options(command: Command, words: tuple[str, ...], message: str) -> None:
    done = command("check", "strategy", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_suite_is_public() -> None:
    assert nasbed.strategy_checks is strategy_checks
    assert nasbed.check_strategy is check_strategy
