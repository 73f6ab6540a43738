"""A query function: what code that owns its own loop calls to have an architecture evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from nasbed.errors import BenchmarkError, BudgetExhausted, NasbedError, StrategyError
from nasbed.searches.loop import Log
from nasbed.searches.result import SearchResult
from nasbed.streams import Stream
from nasbed.vocabulary import Arch, Outcome, Proposal, Searcher, Space, Task

_INSISTENCE = 10_000
"""Queries after the budget's end before code that will not stop is stopped as a failure."""


class Setting(Protocol):
    """What a query runs on."""

    task: Task
    rng: Stream
    log: Log

    def begin(self, searcher: Searcher) -> Iterator[Outcome]:
        """The outcomes of what a searcher proposes, each after the searcher has been told of it."""

    def blamed(self, error: BenchmarkError) -> BenchmarkError:
        """The error of a benchmark with its name and the moment."""

    def result(self) -> SearchResult:
        """The search, for who scores it."""

    def close(self) -> None:
        """Give up what is under way."""


class Query(Searcher):
    """Calling it evaluates an architecture; made by :func:`observe`.

    ``space`` holds the architectures, ``rng`` is the run's random stream, and ``task`` what else may be known. There is
    no way from here to a test number; :meth:`result` scores the search once it is over.
    """

    __slots__ = ("_failure", "_iterator", "_over", "_refused", "_setting", "_waiting", "rng", "space", "task")

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._waiting: Proposal | None = None
        self._refused = 0
        self._failure: NasbedError | None = None
        self._over = False
        self.task: Task = setting.task
        self.space: Space = setting.task.space
        self.rng: Stream = setting.rng
        self._iterator = setting.begin(self)

    def ask(self) -> Proposal | None:
        proposal, self._waiting = self._waiting, None
        return proposal

    def tell(self, outcome: Outcome) -> None:
        pass

    def __call__(
        self, arch: Arch | str, epochs: int | None = None, resume: int | None = None, measure: str | None = None
    ) -> Outcome:
        """Evaluate an architecture (a tuple, or text as its space writes it), charge it and record it.

        ``measure`` asks for a cheap measure instead, which is charged but is no evaluation.

        Raises :class:`~nasbed.errors.BudgetExhausted` when the budget does not allow the evaluation, or when nothing is left to
        learn because repeats cost nothing; :class:`~nasbed.errors.StrategyError` for what the task does not offer, and
        :class:`~nasbed.errors.BenchmarkError` where the benchmark fails: both end the search, and are raised again by what is asked
        after them.
        """
        if self._failure is not None:
            raise self._failure
        self._waiting = Proposal(self.space.parse(arch) if isinstance(arch, str) else arch, epochs, resume, measure)
        try:
            outcome: Outcome | None = None if self._over else next(self._iterator, None)
        except BenchmarkError as error:
            self._failure = failure = self._setting.blamed(error)
            raise failure from error.__cause__
        except StrategyError as error:
            self._failure = error
            raise
        if outcome is None:
            self._refused += 1
            if self._refused > _INSISTENCE:
                raise Insistent(f"{_INSISTENCE:,} queries after the search was over; stop on BudgetExhausted")
            raise BudgetExhausted(self._end())
        return outcome

    def _end(self) -> str:
        """Why there is no answer."""
        budget, log = self.task.budget, self._setting.log
        if self._over:
            return "the search is over, since its result was asked for, or it was closed"
        if log.ended:
            return f"the search is over before its budget of {budget}: repeats cost nothing, and nothing else was left to learn"
        return f"the budget of {budget} is spent"

    def result(self) -> SearchResult:
        """The search with its scores. Asking for it ends the search: further queries raise ``BudgetExhausted``."""
        self.close()
        return self._setting.result()

    def close(self) -> None:
        """End the search: what is under way is given up, and its record closed; further queries raise ``BudgetExhausted``."""
        self._over = True
        self._setting.close()

    def __enter__(self) -> Query:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class Insistent(BaseException):
    """Ends code that goes on after BudgetExhausted; not an Exception, because such code swallows those."""
