"""The conformance suite of strategies: it holds for all of ours, and each check fails on a strategy that breaks its rule."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from conftest import OPTIONS, Command

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.check import STRATEGY_RULES, Check, Finding, check_strategy, strategy_checks
from nasbed.errors import OptionError, UnknownNameError
from nasbed.protocol import Needs, Outcome, Proposal, Proposals, Script, Searcher, Strategy, Stream, Task, option
from nasbed.strategies import REGISTRY

SUITES = {
    f"{name}-{check}": check for name in REGISTRY.builtin() for check in strategy_checks(name, **OPTIONS.get(name, {}))
}


@pytest.mark.parametrize("check", SUITES.values(), ids=SUITES)
def test_every_strategy_of_ours_conforms(check: Check) -> None:
    check()


# A sound strategy, and what breaks each rule


class _Sampling(Searcher):
    def __init__(self, task: Task, rng: Stream) -> None:
        self.task, self.rng = task, rng

    def ask(self) -> Proposal | None:
        return Proposal(self.task.space.sample(self.rng))

    def tell(self, outcome: Outcome) -> None:
        pass


@dataclass(frozen=True)
class Sound(Strategy):
    """Random search."""

    number: int = option(3, "of nothing", low=1)

    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Sampling(task, rng)


@dataclass(frozen=True)
class Mute(Sound):
    number: int = option(3, "")


@dataclass(frozen=True)
class Unchecked(Sound):
    def __post_init__(self) -> None:
        pass


@dataclass(frozen=True)
class Unpicklable(Sound):
    def __post_init__(self) -> None:
        object.__setattr__(self, "helper", lambda: None)


@dataclass(frozen=True)
class WarmForHalf(Sound):
    @property
    def warm_up(self) -> Any:
        return 0.5


@dataclass(frozen=True)
class Undeclared(Script):
    """Trains for the second fidelity, which it does not declare to need."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(task.space.sample(rng), task.epochs[1])


@dataclass(frozen=True)
class Declared(Undeclared):
    @property
    def needs(self) -> Needs:
        return Needs(fidelity_ratio=3)


@dataclass(frozen=True)
class Lenient(Declared):
    def require(self, task: Task) -> None:
        pass


@dataclass(frozen=True)
class Outside(Script):
    """Takes every combination of choices for an architecture."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(tuple(rng.below(count) for count in task.space.choices))


@dataclass(frozen=True)
class Insatiable(Sound):
    @property
    def needs(self) -> Needs:
        return Needs(encodings=("of the future",))


class _Lists(_Sampling):
    def ask(self) -> Proposal | None:
        return Proposal(tuple(np.array(self.task.space.sample(self.rng))))


@dataclass(frozen=True)
class OfNumPy(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Lists(task, rng)


_REMEMBERED: list[int] = []


@dataclass(frozen=True)
class Remembers(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        _REMEMBERED.append(1)
        while True:
            yield Proposal(task.space.archs[len(_REMEMBERED) % len(task.space)])


@dataclass(frozen=True)
class ByHash(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            for name in ("a", "b", "c"):
                yield Proposal(task.space.archs[hash(name) % len(task.space)])


@dataclass(frozen=True)
class Global(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(task.space.archs[random.randrange(len(task.space))])


@dataclass(frozen=True)
class Fragile(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            outcome = yield Proposal(task.space.sample(rng))
            int(outcome.value)


class _InOrder(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.told = 0

    def tell(self, outcome: Outcome) -> None:
        assert outcome.trial == self.told, "not in order"
        self.told += 1


@dataclass(frozen=True)
class InOrder(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _InOrder(task, rng)


@dataclass(frozen=True)
class OfEvaluations(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        assert task.budget.kind == "evaluations", "counts evaluations"
        while True:
            yield Proposal(task.space.sample(rng))


class _OnceEach(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.trials: set[int] = set()

    def tell(self, outcome: Outcome) -> None:
        assert outcome.trial not in self.trials, "told twice"
        self.trials.add(outcome.trial)


@dataclass(frozen=True)
class OnceEach(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _OnceEach(task, rng)


class _Moody(_Sampling):
    def __init__(self, task: Task, rng: Stream) -> None:
        super().__init__(task, rng)
        self.asked = 0

    def ask(self) -> Proposal | None:
        self.asked += 1
        return None if self.asked % 3 == 2 else super().ask()


@dataclass(frozen=True)
class Moody(Strategy):
    def start(self, task: Task, rng: Stream) -> Searcher:
        return _Moody(task, rng)


@dataclass(frozen=True)
class Peeks(Script):
    def search(self, task: Task, rng: Stream) -> Proposals:
        best = int(NASBench201("cifar10").referee().test(np.arange(15625)).argmax())
        while True:
            yield Proposal(task.space.archs[best % len(task.space)])


BROKEN: dict[str, tuple[type[Strategy], str]] = {
    "options_say_what_they_mean": (Mute, "number says nothing"),
    "options_are_checked": (
        Unchecked,
        r"number = object\(\) raises nothing; expected an OptionError that names number",
    ),
    "it_pickles": (Unpicklable, "pickling raises"),
    "warm_up_is_a_number": (WarmForHalf, "warm_up is 0.5; expected a whole number"),
    "what_it_lacks_is_refused": (Lenient, "require admits a task without fidelities"),
    "it_searches_whatever_offers_what_it_needs": (
        Outside,
        r"on triangle with 1 worker it fails: proposed \(.*outside the space",
    ),
    "architectures_are_plain_tuples": (OfNumPy, "it proposes .*; expected a tuple of int"),
    "the_same_seed_gives_the_same_search": (Remembers, "evaluation 0 differs on nine after other searches"),
    "another_process_gives_the_same_search": (ByHash, "differ in another process"),
    "only_its_stream_is_random": (Global, "moves global random state"),
    "failed_trainings_are_survived": (
        Fragile,
        "ValueError: cannot convert float NaN to integer .*test_check_strategy.py",
    ),
    "late_arrivals_are_survived": (InOrder, "with 7 workers it raises AssertionError: not in order"),
    "every_budget_is_survived": (
        OfEvaluations,
        "with a budget of 100 simulated seconds it raises .*counts evaluations",
    ),
    "repeats_are_survived": (OnceEach, "where repeats = 'free' it raises AssertionError: told twice"),
    "nothing_is_nothing_until_an_outcome": (Moody, r"ask\(\) gives None, and then Proposal"),
    "a_search_opens_no_test_column": (Peeks, "opens .*test_accuracy.npy"),
}


def finding(use: type[Strategy], name: str) -> Finding:
    return next(check.run() for check in strategy_checks(use) if check.__name__ == name)


def test_a_sound_strategy_of_others_conforms() -> None:
    assert [str(one) for one in check_strategy(Sound) if not one.holds] == []


def test_every_check_has_a_strategy_that_breaks_it() -> None:
    assert list(BROKEN) == [rule.__name__ for rule in STRATEGY_RULES]


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_finds_what_breaks_its_rule(name: str) -> None:
    use, message = BROKEN[name]
    found = finding(use, name)
    assert not found.holds
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found.problem)
    assert "To mend it: " in found.problem
    assert found.rule


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
    with pytest.raises(OptionError, match="owns its own loop"):
        check_strategy("function:mymodule:search")


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
    assert "failed_trainings_are_survived of mine:Mine" in done.stdout
    assert "14 of 16 checks hold" in done.stdout


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
