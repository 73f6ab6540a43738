"""How a search method is written: by ask and tell, or as a generator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.errors import StrategyError, UnmetNeedError, shown
from nasbed.streams import Stream
from nasbed.vocabulary.options import require_options
from nasbed.vocabulary.proposals import Outcome, Proposal
from nasbed.vocabulary.tasks import Needs, Task

PATIENCE = 1_000
"""Asks in a row that lead nowhere before a search is taken to be over, or stuck."""


class Searcher(ABC):
    """One search in progress. Workers run in parallel, so outcomes may arrive out of order."""

    __slots__ = ()

    @abstractmethod
    def ask(self) -> Proposal | None:
        """The next proposal, or ``None`` to be asked again after the next outcome.

        With no evaluation under way, ``None`` ends the search, and the incumbent is carried to the end of the budget.
        """

    @abstractmethod
    def tell(self, outcome: Outcome) -> None:
        """Take in an outcome. A failed training has the value ``nan``."""

    def close(self) -> None:  # noqa: B027  # most have nothing to release
        """Release what would outlive the search, such as a process; called when it is over or has failed, perhaps twice."""


@dataclass(frozen=True)
class Strategy(ABC):
    """A search method and its options: a frozen dataclass whose fields are made by :func:`option`.

    Options are checked on construction (:class:`~nasbed.errors.OptionError`).
    """

    def __post_init__(self) -> None:
        require_options(self)

    @property
    def warm_up(self) -> int:
        """Evaluations before the method uses what it has learnt: the size of an initial population, say."""
        return 0

    @property
    def needs(self) -> Needs:
        """What a task must offer; checked before the first evaluation."""
        return Needs()

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files other than its own module on which its proposals depend; if one changes, earlier results are not reused."""
        return ()

    def require(self, task: Task) -> None:
        """Raises :class:`~nasbed.errors.UnmetNeedError` where a task lacks something that the strategy needs."""
        if missing := self.needs.missing(task):
            raise UnmetNeedError(f"{type(self).__name__} needs {'; and '.join(missing)}")

    @abstractmethod
    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search of a task; all of its random numbers come from ``rng``."""


Proposals = Generator["Proposal | list[Proposal]", Any, None]


class Script(Strategy):
    """A strategy written as a generator, the way a paper writes its pseudo-code.

    Each ``yield Proposal(...)`` evaluates to its :class:`Outcome`; a yielded list is a batch, answered by the list
    of its outcomes in the same order once all have arrived (idle workers cost time).
    """

    @abstractmethod
    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends when the generator returns."""

    def start(self, task: Task, rng: Stream) -> Searcher:
        """Begin one search: a searcher that drives the generator by ask and tell."""
        script = self.search(task, rng)
        if not isinstance(script, Generator):
            raise StrategyError(f"search() returned {shown(script)}; expected a generator: yield Proposal(arch)")
        return ScriptSearcher(script)


class ScriptSearcher(Searcher):
    """Drives a generator of proposals by ask and tell."""

    __slots__ = ("_answers", "_hear", "_outstanding", "_places", "_queue", "_script", "_single")

    def __init__(self, script: Proposals) -> None:
        self._script = script
        self._queue: deque[Proposal] = deque()
        self._places: dict[int, deque[int]] = {}
        self._answers: list[Outcome | None] = []
        self._outstanding = 0
        self._single = True
        self._hear: Callable[[list[Proposal]], None] | None = None
        self._advance(None)

    def announce(self, hear: Callable[[list[Proposal]], None]) -> None:
        """Call ``hear`` with each list as it is yielded, and now with the first."""
        self._hear = hear
        if not self._single:
            hear(list(self._queue))

    def _advance(self, answer: Outcome | list[Outcome | None] | None) -> None:
        try:
            wanted = self._script.send(answer)
            nothing = 0
            while wanted is None or (type(wanted) is list and not wanted):
                nothing += 1
                if nothing > PATIENCE:
                    raise StrategyError(f"yielded nothing {PATIENCE:,} times in a row; return to end the search")
                wanted = self._script.send([])
        except StopIteration:
            return
        batch: list[Proposal]
        if isinstance(wanted, list):
            batch, self._single = wanted, False
            if self._hear is not None:
                self._hear(batch)
        else:
            batch, self._single = [wanted], True
        self._queue.extend(batch)
        self._answers = [None] * len(batch)
        self._outstanding = len(batch)
        self._places = {}
        for place, proposal in enumerate(batch):
            self._places.setdefault(id(proposal), deque()).append(place)

    def ask(self) -> Proposal | None:
        return self._queue.popleft() if self._queue else None

    def tell(self, outcome: Outcome) -> None:
        self._answers[self._places[id(outcome.proposal)].popleft()] = outcome
        self._outstanding -= 1
        if not self._outstanding:
            self._advance(self._answers[0] if self._single else self._answers)
