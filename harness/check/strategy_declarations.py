"""Checks of what a strategy declares: its options, what it needs, its warm-up, and that it can be sent to a worker."""

from __future__ import annotations

import pickle
from dataclasses import fields

from nasbed.check.candidate import Candidate, told
from nasbed.check.elsewhere import Broken, short
from nasbed.check.played import kept_log, played, require_same_course
from nasbed.check.toy_problems import bare
from nasbed.errors import OptionError, UnmetNeedError
from nasbed.vocabulary import Needs, describe_option


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
    first, again = kept_log(candidate, problem), played(candidate, problem, strategy=copy)
    mend = "let the copy have all that the search depends on: keep plain options in the strategy"
    require_same_course(told(first), told(again), f"on {problem.name} in a pickled copy", mend)


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
