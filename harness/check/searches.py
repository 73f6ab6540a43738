"""Checks of what a strategy declares, and of how it searches."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

from nasbed.check.candidate import SEVERAL, Candidate, tables, told
from nasbed.check.elsewhere import Broken, left_behind, require_same, short
from nasbed.check.leaks import of_test
from nasbed.check.limits import ENDLESS, Overdue
from nasbed.check.randomness import pinned, state
from nasbed.check.toy_problems import SAID, Refused, ToyProblem, bare
from nasbed.errors import PASSING, NasbedError, OptionError, UnmetNeedError
from nasbed.searches.functions import Function
from nasbed.searches.loop import Log
from nasbed.vocabulary import Budget, Needs, Outcome, Proposal, Searcher, Strategy, describe_option
from nasbed.vocabulary.registry import where as where_raised

SURVIVABLE = "rank by outcome.worth, skip what has failed, and draw at random where nothing is left to learn from"
LATE = "keep what is pending apart from what was told, and expect outcomes in another order than that of the proposals"
SPENDABLE = "let the search depend neither on the kind of task.budget nor on its lasting for a whole population"


def options_say_what_they_mean(candidate: Candidate) -> None:
    """Every option has a default and a text of what it means, and says what it accepts: lists and messages are made of these."""
    cls = type(candidate.strategy)
    try:
        cls()
    except TypeError as error:
        raise Broken(
            f"{cls.__name__}() raises {error}", "a default for every option", "use option(default, help)"
        ) from None
    for spec in fields(cls):
        if not spec.metadata.get("help"):
            raise Broken(f"the option {spec.name} says nothing", "what it means", "use option(default, help)")
        describe_option(cls, spec.name)


def options_are_checked(candidate: Candidate) -> None:
    """An option of another type is refused on construction, by an OptionError that names it."""
    cls = type(candidate.strategy)
    for spec in fields(cls):
        try:
            cls(**{spec.name: object()})
        except OptionError as error:
            if spec.name in str(error):
                continue
            found = f"the error {str(error)!r}"
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        else:
            found = "nothing"
        raise Broken(
            f"{spec.name} = object() raises {found}",
            f"an OptionError that names {spec.name}",
            "declare the type of the option, and call super().__post_init__() if there is one of your own",
        )


def it_pickles(candidate: Candidate) -> None:
    """A copy that has been pickled is equal, and searches in the same way: runs are sent to other processes."""
    try:
        copy = pickle.loads(pickle.dumps(candidate.strategy))
    except Exception as error:
        found = f"pickling raises {type(error).__name__}: {error}"
        raise Broken(
            found, "a copy", "keep plain options in the strategy, and everything else in the searcher"
        ) from None
    if copy != candidate.strategy:
        raise Broken(f"the copy is {short(copy)}", short(candidate.strategy), "be a frozen dataclass")
    problem = candidate.problems[0]
    first, again = _kept(candidate, problem), _played(candidate, problem, strategy=copy)
    mend = "let the copy have all that the search depends on: keep plain options in the strategy"
    _require_same(told(first), told(again), f"on {problem.name} in a pickled copy", mend)


def warm_up_is_a_number(candidate: Candidate) -> None:
    """``warm_up`` is a whole number, 0 or more: budgets that are too small for it are warned about."""
    found = candidate.strategy.warm_up
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Broken(
            f"warm_up is {found!r}", "a whole number, 0 or more", "count the evaluations before the method learns"
        )


def what_it_lacks_is_refused(candidate: Candidate) -> str | None:
    """What it needs is declared: a task that lacks it is refused before the first evaluation, and where nothing is declared
    the poorest task is searched.
    """
    strategy, task = candidate.strategy, bare()
    if not isinstance(strategy.needs, Needs):
        raise Broken(f"needs is {strategy.needs!r}", "a nasbed.Needs", "return Needs(...) from the property needs")
    lacking = strategy.needs.missing(task)
    try:
        strategy.require(task)
    except UnmetNeedError:
        if lacking:
            return None
        raise Broken(
            "require refuses a task that lacks nothing", "that it is searched", "declare it in needs"
        ) from None
    if lacking:
        raise Broken(f"require admits a task without {lacking[0]}", "an UnmetNeedError", "do not override require")
    return "it needs nothing that a task could lack"


def it_searches_whatever_offers_what_it_needs(candidate: Candidate) -> str:
    """On every space and task that offers what it needs its proposals are architectures of the space, at fidelities, trials and
    measures that there are.
    """
    for problem in candidate.problems:
        if not _kept(candidate, problem).outcomes:
            raise Broken(
                f"it evaluates nothing on {problem.name}",
                "at least one evaluation",
                candidate.advice.idle,
            )
    return f"searched: {', '.join(problem.name for problem in candidate.problems)}"


def architectures_are_plain_tuples(candidate: Candidate) -> None:
    """Proposed architectures are tuples of Python integers: NumPy's are slow to look up and are written otherwise."""
    for problem in candidate.problems:
        for outcome in _kept(candidate, problem).outcomes:
            arch = outcome.proposal.arch
            if type(arch) is not tuple or any(type(value) is not int for value in arch):
                raise Broken(
                    f"it proposes {arch!r} on {problem.name}",
                    "a tuple of int",
                    "take architectures from the space, or convert with tuple(map(int, ...))",
                )


def the_same_seed_gives_the_same_search(candidate: Candidate) -> None:
    """The same again after other searches, and of a strategy made anew: state belongs to the searcher, not to a module."""
    for problem in candidate.problems:
        first = told(_kept(candidate, problem))
        _played(candidate, problem, seed=4)
        for strategy, how in ((candidate.searching, "after other searches"), (candidate.fresh(), "when made anew")):
            again = told(_played(candidate, problem, strategy=strategy))
            _require_same(first, again, f"on {problem.name} {how}", candidate.advice.stateful)


def another_process_gives_the_same_search(candidate: Candidate) -> str | None:
    """Also where texts hash otherwise; the strategy can be made there from its name and options."""
    mend = "draw from rng alone, and iterate over lists and dictionaries, not over sets"
    require_same(candidate.signature, candidate.elsewhere["signature"], "in another process", mend)
    return left_behind(candidate.elsewhere)


def only_its_stream_is_random(candidate: Candidate) -> None:
    """Global random state is neither read nor moved: every draw comes from ``rng``."""
    problem, seen = candidate.roomy, []
    mend = "draw from rng alone; rng.numpy is a generator of NumPy's"
    for seed in (1, 2):
        with pinned(seed), _found(candidate, f"on {problem.name}", candidate.advice.running):
            before = state()
            seen.append(told(problem.play(candidate.searching)))
            if before != state():
                raise Broken(f"a search on {problem.name} moves global random state", "that it stays as it was", mend)
    _require_same(seen[0], seen[1], f"on {problem.name} where global random state differs", mend)


def failed_trainings_are_survived(candidate: Candidate) -> None:
    """A third of the architectures, and then all of them, give no value (``nan``): the search goes on. So it does where the last of
    several objectives alone has none.
    """
    for problem in candidate.problems:
        size, count = problem.task.space.size, len(problem.task.objectives)
        third = problem.third()
        lacking = {"a third of the trainings fail": (third, 0), "all trainings fail": (range(size), 0)}
        if count > 1:
            lacking["a third have no value of the last objective"] = (third, count - 1)
        for words, (failing, kept) in lacking.items():
            for workers in candidate.workers if failing is third else (1,):
                where = f"on {problem.name}, where {words}, with {_workers(workers)}"
                log = _played(candidate, problem, where, SURVIVABLE, workers=workers, failing=failing, kept=kept)
                _require_outcomes(log, where, SURVIVABLE)


def late_arrivals_are_survived(candidate: Candidate) -> None:
    """With many workers outcomes arrive in another order than they were asked for, and more may be asked for than there are."""
    for problem in candidate.problems:
        for workers in (SEVERAL, 7, 60):
            where = f"on {problem.name} with {workers} workers"
            _require_outcomes(_played(candidate, problem, where, LATE, workers=workers), where, LATE)


def every_budget_is_survived(candidate: Candidate) -> None:
    """Budgets of seconds and of epochs, and one evaluation alone."""
    for problem in candidate.problems:
        whole = problem.task.epochs[-1]
        for budget in (Budget("evaluations", 1), Budget("seconds", 100 * whole), Budget("epochs", 20 * whole)):
            _played(candidate, problem, f"on {problem.name} with a budget of {budget}", SPENDABLE, budget=budget)


def repeats_are_survived(candidate: Candidate) -> None:
    """Where a study says so, a repeated architecture is answered for free or refused (``nan``), without a new trial."""
    smallest = min(candidate.problems, key=lambda problem: problem.task.space.size)
    for problem in candidate.problems:
        for repeats in ("free", "refuse") if problem is smallest else ("refuse",):
            where = f"on {problem.name} where repeats = {repeats!r}"
            mend = (
                "take the same trial twice, and values of nan, where a study says so"
                if repeats == "free"
                else SURVIVABLE
            )
            _require_outcomes(_played(candidate, problem, where, mend, repeats=repeats), where, mend)


def nothing_is_nothing_until_an_outcome(candidate: Candidate) -> None:
    """Where ``ask()`` gave ``None`` it does so again until another outcome has been told, and no draw is lost by asking."""
    for problem in candidate.problems:
        plain = told(_kept(candidate, problem, SEVERAL))
        asked = told(_played(candidate, problem, workers=SEVERAL, wrap=_AsksAgain))
        mend = "where ask() returns None let it change nothing, and draw nothing"
        _require_same(plain, asked, f"on {problem.name} where it is asked again after None", mend)


def a_search_opens_no_test_column(candidate: Candidate) -> str | None:
    """Searching a shipped benchmark in another process opens no file of test numbers."""
    found = tables(candidate.searching)
    if not found:
        return "no shipped benchmark offers what it needs"
    if opened := [path for path in map(Path, candidate.elsewhere["opened"]) if of_test(path)]:
        raise Broken(
            f"a search on {found[0].label} opens {opened[0]}",
            "that test numbers stay closed",
            "use nothing but the task and the outcomes",
        )
    return None


Rule = Callable[[Candidate], str | None]

STRATEGY_RULES: tuple[Rule, ...] = (
    options_say_what_they_mean,
    options_are_checked,
    warm_up_is_a_number,
    what_it_lacks_is_refused,
    it_searches_whatever_offers_what_it_needs,
    architectures_are_plain_tuples,
    the_same_seed_gives_the_same_search,
    only_its_stream_is_random,
    late_arrivals_are_survived,
    it_pickles,
    another_process_gives_the_same_search,
    failed_trainings_are_survived,
    every_budget_is_survived,
    repeats_are_survived,
    nothing_is_nothing_until_an_outcome,
    a_search_opens_no_test_column,
)
FUNCTION_RULES: tuple[Rule, ...] = (
    it_searches_whatever_offers_what_it_needs,
    architectures_are_plain_tuples,
    the_same_seed_gives_the_same_search,
    only_its_stream_is_random,
    another_process_gives_the_same_search,
    failed_trainings_are_survived,
    every_budget_is_survived,
    repeats_are_survived,
    a_search_opens_no_test_column,
)
"""What code that owns its own loop must hold: it declares no options and no needs, and queries one architecture at a time."""
AFTER: dict[Rule, tuple[Rule, ...]] = {
    it_searches_whatever_offers_what_it_needs: (what_it_lacks_is_refused,),
    architectures_are_plain_tuples: (it_searches_whatever_offers_what_it_needs,),
    the_same_seed_gives_the_same_search: (it_searches_whatever_offers_what_it_needs,),
    only_its_stream_is_random: (the_same_seed_gives_the_same_search,),
    it_pickles: (the_same_seed_gives_the_same_search,),
    another_process_gives_the_same_search: (the_same_seed_gives_the_same_search, late_arrivals_are_survived),
    late_arrivals_are_survived: (it_searches_whatever_offers_what_it_needs,),
    failed_trainings_are_survived: (late_arrivals_are_survived,),
    every_budget_is_survived: (it_searches_whatever_offers_what_it_needs,),
    repeats_are_survived: (failed_trainings_are_survived,),
    nothing_is_nothing_until_an_outcome: (the_same_seed_gives_the_same_search, late_arrivals_are_survived),
    a_search_opens_no_test_column: (another_process_gives_the_same_search,),
}
"""The rules that must hold before one can say anything: what breaks them would break it too."""


class _AsksAgain(Searcher):
    """Stands between loop and searcher, and asks twice more where the answer is nothing."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def ask(self) -> Proposal | None:
        proposal = self._searcher.ask()
        for _ in range(2 if proposal is None else 0):
            again = self._searcher.ask()
            if again is not None:
                raise Broken(
                    f"ask() gives None, and then {short(again)} though nothing was told in between",
                    "None until another outcome",
                    "let ask() depend on what was told alone",
                )
        return proposal

    def tell(self, outcome: Outcome) -> None:
        self._searcher.tell(outcome)

    def close(self) -> None:
        self._searcher.close()


def _workers(count: int) -> str:
    return f"{count} worker{'s' if count > 1 else ''}"


def _kept(candidate: Candidate, problem: ToyProblem, workers: int = 1) -> Log:
    with _found(candidate, f"on {problem.name} with {_workers(workers)}", candidate.advice.running):
        return candidate.played(problem, workers)


def _played(
    candidate: Candidate,
    problem: ToyProblem,
    where: str = "",
    mend: str = "",
    strategy: Strategy | Function | None = None,
    **how: Any,
) -> Log:
    with pinned(), _found(candidate, where or f"on {problem.name}", mend or candidate.advice.running):
        return problem.play(strategy or candidate.searching, **how)


@contextmanager
def _found(candidate: Candidate, where: str, mend: str) -> Iterator[None]:
    """What a search raises is a finding that says where, as is that it does not end."""
    try:
        yield
    except Broken:
        raise
    except Overdue as overdue:
        raise Broken(overdue.told(where, candidate.file), "that the search goes on", ENDLESS) from None
    except Refused as refused:
        raise Broken(f"{where} it fails: {refused}", "what the task offers", refused.mend) from refused
    except NasbedError as error:
        raise Broken(f"{where} it fails: {error}", "that the search goes on", SAID) from error
    except PASSING:
        raise
    except BaseException as error:
        if isinstance(error, FrozenInstanceError):
            mend = "keep what changes in the searcher that start() makes: strategy and task stay as they are"
        found = f"{where} it raises {where_raised(error, candidate.file)}"
        raise Broken(found, "that the search goes on", mend) from error


def _require_outcomes(log: Log, where: str, mend: str) -> None:
    if not log.outcomes:
        raise Broken(f"{where} it evaluates nothing", "at least one evaluation", mend)


def _require_same(first: list[Any], again: list[Any], circumstance: str, mend: str) -> None:
    if first == again:
        return
    pairs = zip(first, again, strict=False)
    place = next((i for i, (one, two) in enumerate(pairs) if one != two), min(len(first), len(again)))
    shown = [short(seen[place]) if place < len(seen) else "the end" for seen in (first, again)]
    found = f"evaluation {place} differs {circumstance}: first {shown[0]}, then {shown[1]}"
    raise Broken(found, "the same", mend)
