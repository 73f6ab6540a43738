"""Searches of the strategy under test on made-up tasks; what goes wrong in them becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from typing import Any

from nasbed.check.candidate import Candidate
from nasbed.check.elsewhere import Broken, short
from nasbed.check.limits import ENDLESS, Overdue
from nasbed.check.randomness import pinned
from nasbed.check.toy_problems import SAID, Refused, ToyProblem
from nasbed.errors import PASSING, NasbedError
from nasbed.searches.functions import Function
from nasbed.searches.loop import Log
from nasbed.vocabulary import Strategy
from nasbed.vocabulary.registry import where as where_raised


def workers_in_words(count: int) -> str:
    """How many workers there are, for a message."""
    return f"{count} worker{'s' if count > 1 else ''}"


def kept_log(candidate: Candidate, problem: ToyProblem, workers: int = 1) -> Log:
    """The log of the plain search of a made-up task, which is made once for all checks."""
    with found_where(candidate, f"on {problem.name} with {workers_in_words(workers)}", candidate.advice.running):
        return candidate.played(problem, workers)


def played(
    candidate: Candidate,
    problem: ToyProblem,
    where: str = "",
    mend: str = "",
    strategy: Strategy | Function | None = None,
    **how: Any,
) -> Log:
    """The log of a search of a made-up task, made anew; ``how`` goes to :meth:`~nasbed.check.toy_problems.ToyProblem.play`."""
    with pinned(), found_where(candidate, where or f"on {problem.name}", mend or candidate.advice.running):
        return problem.play(strategy or candidate.searching, **how)


@contextmanager
def found_where(candidate: Candidate, where: str, mend: str) -> Iterator[None]:
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


def require_outcomes(log: Log, where: str, mend: str) -> None:
    """Raises :class:`~nasbed.check.elsewhere.Broken` for a search that evaluated nothing."""
    if not log.outcomes:
        raise Broken(f"{where} it evaluates nothing", "at least one evaluation", mend)


def require_same_course(first: list[Any], again: list[Any], circumstance: str, mend: str) -> None:
    """Raises :class:`~nasbed.check.elsewhere.Broken` for the first evaluation in which two searches differ."""
    if first == again:
        return
    pairs = zip(first, again, strict=False)
    place = next((i for i, (one, two) in enumerate(pairs) if one != two), min(len(first), len(again)))
    shown = [short(seen[place]) if place < len(seen) else "the end" for seen in (first, again)]
    found = f"evaluation {place} differs {circumstance}: first {shown[0]}, then {shown[1]}"
    raise Broken(found, "the same", mend)
