"""The strategy under test, and what its checks share: the grounds that it can search, and its portrait, here and elsewhere."""

from __future__ import annotations

import inspect
import json
from functools import cached_property
from typing import Any

from nasbed.check.elsewhere import Broken, elsewhere, name_of, plain
from nasbed.check.grounds import Ground, Refused, grounds
from nasbed.check.randomness import pinned
from nasbed.errors import NasbedError, OptionError
from nasbed.loop import Log
from nasbed.protocol import Benchmark, Budget, Strategy
from nasbed.registry import where
from nasbed.rules import Rules
from nasbed.single import execute, load_benchmark, load_strategy

TABLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nasbench201", {"objectives": ["accuracy", "latency"], "measures": {"parameters": 0, "flops": 0}}),
    ("nasbench201", {"measures": {"parameters": 0, "flops": 0}}),
    ("digits201", {"epochs": [1, 4, 12]}),
)
"""Shipped benchmarks, with test columns, that a strategy is run on."""
SEVERAL = 3
"""Simulated workers where more than one will do."""


class Candidate:
    """A strategy under test, made anew wherever a check asks for another.

    Raises :class:`~nasbed.errors.OptionError` for what could not be made again.
    """

    def __init__(self, use: str | type[Strategy], options: dict[str, Any]) -> None:
        self.use = name_of(use)
        if self.use.startswith("function:"):
            raise OptionError(
                f"{self.use!r} is code that owns its own loop; the suite checks strategies, which are asked"
            )
        self.options = plain(options)
        self._played: dict[tuple[str, int], Log] = {}

    def fresh(self) -> Strategy:
        """The strategy, made anew."""
        made = load_strategy(self.use, **self.options)
        assert isinstance(made, Strategy)
        return made

    @cached_property
    def strategy(self) -> Strategy:
        """The strategy that the checks share."""
        return self.fresh()

    @cached_property
    def label(self) -> str:
        """The name by which the strategy was asked for, and its options."""
        options = ", ".join(f"{name} = {value!r}" for name, value in self.options.items())
        return f"{self.use} with {options}" if options else self.use

    @cached_property
    def file(self) -> str | None:
        """The file of the strategy's class."""
        try:
            return inspect.getsourcefile(type(self.strategy))
        except Exception:
            return None

    @cached_property
    def grounds(self) -> tuple[Ground, ...]:
        """The made-up tasks that offer what the strategy needs. Raises :class:`~nasbed.check.elsewhere.Broken` where none does."""
        found = grounds(self.strategy.needs)
        if not found:
            raise Broken(
                f"no made-up task offers {self.strategy.needs}",
                "needs that some space can meet",
                "declare as little as the method can do with",
            )
        return found

    def played(self, ground: Ground, workers: int = 1) -> Log:
        """A search as it comes, of seed 0; kept, since several checks look at it."""
        if (ground.name, workers) not in self._played:
            with pinned():
                self._played[ground.name, workers] = ground.play(self.strategy, workers=workers)
        return self._played[ground.name, workers]

    @property
    def roomy(self) -> Ground:
        """The largest of the grounds."""
        return max(self.grounds, key=lambda ground: len(ground.task.space))

    @cached_property
    def portrait(self) -> dict[str, str]:
        """See :func:`portrait`."""
        return portrait(self)

    @cached_property
    def elsewhere(self) -> dict[str, Any]:
        """What another process, in which texts hash otherwise, sees of the same strategy, and the files that it opened."""
        return elsewhere("nasbed.check.candidate:portrait_of", self.use, self.options)


def portrait(candidate: Candidate) -> dict[str, str]:
    """The searches of a strategy, as JSON: on every ground that it can search with one worker and with several, and on a table.

    An exception is part of the picture: there is a check of its own for what raised it.
    """
    parts: dict[str, str] = {}
    for ground in grounds(candidate.strategy.needs):
        for workers in (1, SEVERAL):
            name = f"the proposals on {ground.name} with {workers} worker{'s' if workers > 1 else ''}"
            parts[name] = _attempt(lambda ground=ground, workers=workers: candidate.played(ground, workers))
    for benchmark in tables(candidate.strategy):
        parts[f"the proposals on {benchmark.label}"] = _attempt(
            lambda benchmark=benchmark: execute(candidate.strategy, benchmark, Rules(Budget("evaluations", 30)), 0)
        )
    return parts


def tables(strategy: Strategy) -> list[Benchmark]:
    """The first shipped benchmark that offers what the strategy needs, if there is one."""
    for name, options in TABLES:
        benchmark = load_benchmark(name, **options)
        if not strategy.needs.missing(benchmark.task(Budget("evaluations", 30))):
            return [benchmark]
    return []


def portrait_of(use: str, options: dict[str, Any]) -> dict[str, str]:
    """In another process: the portrait of a strategy made there."""
    return portrait(Candidate(use, options))


def told(log: Log) -> list[list[Any]]:
    """The outcomes of a search, as plain data: what was proposed, when it arrived, and the values."""
    return [[*outcome.proposal, outcome.trial, outcome.time, *map(str, outcome.values)] for outcome in log.outcomes]


def _attempt(search: Any) -> str:
    try:
        with pinned():
            return json.dumps(told(search()), default=repr)
    except (Exception, SystemExit) as error:
        return json.dumps(str(error) if isinstance(error, (NasbedError, Refused)) else where(error))
