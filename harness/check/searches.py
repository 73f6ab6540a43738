"""Checks of how a strategy searches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nasbed.check.candidate import SEVERAL, Candidate, tables, told
from nasbed.check.elsewhere import Broken, left_behind, require_same, short
from nasbed.check.leaks import of_test
from nasbed.check.played import found_where, kept_log, played, require_outcomes, require_same_course, workers_in_words
from nasbed.check.randomness import pinned, state
from nasbed.check.strategy_declarations import (
    it_pickles,
    options_are_checked,
    options_say_what_they_mean,
    warm_up_is_a_number,
    what_it_lacks_is_refused,
)
from nasbed.vocabulary import Budget, Outcome, Proposal, Searcher

SURVIVABLE = "rank by outcome.worth, skip what has failed, and draw at random where nothing is left to learn from"
LATE = "keep what is pending apart from what was told, and expect outcomes in another order than that of the proposals"
SPENDABLE = "let the search depend neither on the kind of task.budget nor on its lasting for a whole population"


def it_searches_whatever_offers_what_it_needs(candidate: Candidate) -> str:
    """On every space and task that offers what it needs its proposals are architectures of the space, at fidelities, trials and
    measures that there are.
    """
    for problem in candidate.problems:
        if not kept_log(candidate, problem).outcomes:
            raise Broken(
                f"it evaluates nothing on {problem.name}",
                "at least one evaluation",
                candidate.advice.idle,
            )
    return f"searched: {', '.join(problem.name for problem in candidate.problems)}"


def architectures_are_plain_tuples(candidate: Candidate) -> None:
    """Proposed architectures are tuples of Python integers: NumPy's are slow to look up and are written otherwise."""
    for problem in candidate.problems:
        for outcome in kept_log(candidate, problem).outcomes:
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
        first = told(kept_log(candidate, problem))
        played(candidate, problem, seed=4)
        for strategy, how in ((candidate.searching, "after other searches"), (candidate.fresh(), "when made anew")):
            again = told(played(candidate, problem, strategy=strategy))
            require_same_course(first, again, f"on {problem.name} {how}", candidate.advice.stateful)


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
        with pinned(seed), found_where(candidate, f"on {problem.name}", candidate.advice.running):
            before = state()
            seen.append(told(problem.play(candidate.searching)))
            if before != state():
                raise Broken(f"a search on {problem.name} moves global random state", "that it stays as it was", mend)
    require_same_course(seen[0], seen[1], f"on {problem.name} where global random state differs", mend)


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
                where = f"on {problem.name}, where {words}, with {workers_in_words(workers)}"
                log = played(candidate, problem, where, SURVIVABLE, workers=workers, failing=failing, kept=kept)
                require_outcomes(log, where, SURVIVABLE)


def late_arrivals_are_survived(candidate: Candidate) -> None:
    """With many workers outcomes arrive in another order than they were asked for, and more may be asked for than there are."""
    for problem in candidate.problems:
        for workers in (SEVERAL, 7, 60):
            where = f"on {problem.name} with {workers} workers"
            require_outcomes(played(candidate, problem, where, LATE, workers=workers), where, LATE)


def every_budget_is_survived(candidate: Candidate) -> None:
    """Budgets of seconds and of epochs, and one evaluation alone."""
    for problem in candidate.problems:
        whole = problem.task.epochs[-1]
        for budget in (Budget("evaluations", 1), Budget("seconds", 100 * whole), Budget("epochs", 20 * whole)):
            played(candidate, problem, f"on {problem.name} with a budget of {budget}", SPENDABLE, budget=budget)


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
            require_outcomes(played(candidate, problem, where, mend, repeats=repeats), where, mend)


def nothing_is_nothing_until_an_outcome(candidate: Candidate) -> None:
    """Where ``ask()`` gave ``None`` it does so again until another outcome has been told, and no draw is lost by asking."""
    for problem in candidate.problems:
        plain = told(kept_log(candidate, problem, SEVERAL))
        asked = told(played(candidate, problem, workers=SEVERAL, wrap=_AsksAgain))
        mend = "where ask() returns None let it change nothing, and draw nothing"
        require_same_course(plain, asked, f"on {problem.name} where it is asked again after None", mend)


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
