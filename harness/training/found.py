"""What a search of a network found, and which of its trainings failed, in numbers and in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nasbed.benchmarks.training.local.trainings import ENDED, NO_MEMORY, NO_NUMBER, TOO_LONG, TrainingTable
from nasbed.errors import BudgetError
from nasbed.searches.result import SearchResult
from nasbed.tables import numbers
from nasbed.vocabulary import Objective, Outcome

UNKNOWN = "unknown"
"""A training failed of which nothing is recorded, as where its process died."""
_REASONS = {
    TOO_LONG: "{count} reached the limit of {limit:g} s",
    NO_NUMBER: "{count} had a loss that is no number",
    NO_MEMORY: "{count} ran out of memory",
    UNKNOWN: "{count} left nothing behind, as where a process died",
}


@dataclass(frozen=True)
class FoundBySearch:
    """What a search found: the index of its architecture, the value that it saw of it, after how many epochs, how many evaluations
    were made in how many seconds, and about how many seconds an epoch of the architecture takes.

    ``failed`` counts the evaluations that failed, by reason. Where the architecture was ``cut`` short, its training reached the
    limit later on, and no other had so high a value; the second value is then the highest of those at the most epochs. Otherwise
    it is a value that was higher, of a training that failed later; ``None`` where there was none.
    """

    index: int
    value: float
    epochs: int
    evaluations: int
    seconds: float
    seconds_an_epoch: float
    failed: Mapping[str, int] = field(default_factory=dict)
    cut: bool = False
    second_value: float | None = None
    second_epochs: int | None = None


def found_by(result: SearchResult, limit: float | None, trainings: Path | str) -> FoundBySearch:
    """What a search found whose trainings lie in a folder.

    It is the incumbent, unless a training that reached ``limit`` seconds later had a higher value after fewer epochs: that limit
    is of the search alone, so its network can be trained to the end. Raises :class:`~nasbed.errors.BudgetError` for a search
    without an incumbent.
    """
    incumbent, made = result.incumbent, len(result.outcomes)
    if incumbent is None:
        raise BudgetError(
            f"none of {made:,} trainings came to its end within {result.rules.budget.in_words(simulated=False)}: give more minutes,"
            " or a longer limit"
        )
    trials = {outcome.trial: outcome for outcome in result.outcomes}
    failed = [one for one in result.outcomes if one.failed]
    slow = [one for one in failed if _reached(one, trials, limit)]
    others = [one for one in failed if not _reached(one, trials, limit)]
    best, second = incumbent, None
    if (long := _best_before(slow, trials)) is not None and long.value > incumbent.value:
        best, second = long, incumbent
    if (lost := _best_before(others, trials)) is not None and lost.value > best.value and second is None:
        second = lost
    chain = list(_chain(best, trials))
    return FoundBySearch(
        best.index,
        best.value,
        best.epochs,
        made,
        result.outcomes[-1].time,
        sum(one.cost for one in chain) / best.epochs,
        _reasons(len(slow), len(others), trainings),
        best is not incumbent,
        None if second is None else second.value,
        None if second is None else second.epochs,
    )


def _chain(outcome: Outcome, trials: Mapping[int, Outcome]) -> Iterator[Outcome]:
    """An evaluation, and those whose training it went on with, the last first."""
    at: Outcome | None = outcome
    while at is not None:
        yield at
        at = None if at.proposal.resume is None else trials.get(at.proposal.resume)


def _reached(outcome: Outcome, trials: Mapping[int, Outcome], limit: float | None) -> bool:
    """Whether a training that failed had taken more than the limit, over all that it went on with."""
    return limit is not None and sum(one.cost for one in _chain(outcome, trials)) > limit


def _best_before(failed: list[Outcome], trials: Mapping[int, Outcome]) -> Outcome | None:
    """The evaluation with the highest value among those whose trainings failed when they went on."""
    before = [trials.get(one.proposal.resume) for one in failed if one.proposal.resume is not None]
    return max((one for one in before if one is not None and not one.failed), key=lambda one: one.value, default=None)


def _reasons(slow: int, others: int, trainings: Path | str) -> dict[str, int]:
    """How many trainings failed by reason, of which so many reached the limit and so many ``others`` did not."""
    recorded = Counter(one.outcome for _, one in TrainingTable(trainings) if one.outcome != ENDED)
    found = {TOO_LONG: slow}
    for reason in (NO_NUMBER, NO_MEMORY):
        found[reason] = min(recorded[reason], others)
        others -= found[reason]
    found[UNKNOWN] = others
    return {reason: count for reason, count in found.items() if count}


def failures_in_words(found: FoundBySearch, limit: float | None) -> str:
    """How many trainings failed and why, in a sentence with its remedy; nothing where none did.

    >>> failed = {"out of time": 9}
    >>> print(failures_in_words(FoundBySearch(0, 97.5, 3, 33, 60.0, 0.1, failed), 6.0))
    9 of 33 trainings failed: 9 reached the limit of 6 s. A longer --limit or more minutes let more of them end.
    """
    if not found.failed:
        return ""
    reasons = ", ".join(
        _REASONS[reason].format(count=f"{count:,}", limit=limit) for reason, count in found.failed.items()
    )
    remedy = " A longer --limit or more minutes let more of them end." if TOO_LONG in found.failed else ""
    return f"{sum(found.failed.values()):,} of {found.evaluations:,} trainings failed: {reasons}.{remedy}"


def choice_in_words(found: FoundBySearch, objective: Objective, last: int) -> str:
    """What the architecture had on validation, and by what it was chosen, without a full stop; ``last`` is the most epochs."""
    value = _value(found.value, objective)
    seen = f"had a validation {objective.name} of {value} after {found.epochs} of {last} epochs"
    if found.second_value is None:
        return f"{seen}, the highest at the most epochs seen"
    second = f"{_value(found.second_value, objective)} after {_epochs(found.second_epochs)}"
    if found.cut:
        return (
            f"{seen}, before its training reached the limit of the search; no other had so much, and of those that came further the"
            f" best had {second}"
        )
    return f"{seen}, the highest at the most epochs seen; the highest of all, {second}, was of a training that failed later"


def _value(value: float, objective: Objective) -> str:
    return f"{numbers.number(objective.natural(value))} {objective.unit}"


def _epochs(count: int | None) -> str:
    return f"{count} {'epoch' if count == 1 else 'epochs'}"
