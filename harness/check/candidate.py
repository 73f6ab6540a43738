"""The strategy under test, and what its checks share: the toy problems that it can search, and its signature."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nasbed.check.elsewhere import Broken, elsewhere, name_of, plain
from nasbed.check.randomness import pinned
from nasbed.check.toy_problems import Refused, ToyProblem, problems
from nasbed.errors import PASSING, NasbedError
from nasbed.searches.execution import execute
from nasbed.searches.functions import Function
from nasbed.searches.loading import load_benchmark, load_strategy
from nasbed.searches.loop import Log
from nasbed.searches.rules import Rules
from nasbed.vocabulary import Benchmark, Budget, Strategy, is_enumerable
from nasbed.vocabulary.registry import where

TABLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nasbench201", {"objectives": ["accuracy", "latency"], "measures": {"parameters": 0, "flops": 0}}),
    ("nasbench201", {"measures": {"parameters": 0, "flops": 0}}),
    ("digits201", {"epochs": [1, 4, 12]}),
)
"""Shipped benchmarks, with test columns, that a strategy is run on."""
SEVERAL = 3
"""Simulated workers where more than one will do."""


Named = str | type[Strategy] | Callable[..., Any]
"""What can be checked: a name as in a study file, a class of strategies, or a function that owns its own loop."""


@dataclass(frozen=True)
class Advice:
    """How to mend what a search raises, what it keeps between searches, and that it evaluates nothing."""

    running: str
    stateful: str
    idle: str


TO_STRATEGIES = Advice(
    "correct that line: what the task may lack is declared in needs, and what it hands out (architectures, outcomes, encodings)"
    " is copied before it is changed",
    "keep all state in the searcher that start() makes, none in the strategy, its class or a module, and draw from rng alone:"
    " from no clock, and from no generator that is not made of it",
    "propose something: None with nothing under way ends a search, as does the end of search(); what the task has to"
    " offer is declared in needs",
)
TO_FUNCTIONS = Advice(
    "correct that line: a function searches any space; what there is, query.task says, and what it hands out (architectures,"
    " outcomes, encodings) is copied before it is changed",
    "keep all state in the function's own variables, none in its module or its defaults, and draw from query.rng alone: from no"
    " clock, and from no generator that is not made of it",
    "call query(architecture) before the function returns",
)


class Candidate:
    """A strategy or a function under test, made anew wherever a check asks for another.

    Raises :class:`~nasbed.errors.OptionError` for what could not be made again.
    """

    def __init__(self, use: Named, options: dict[str, Any]) -> None:
        self.use = f"function:{name_of(use)}" if inspect.isfunction(use) else name_of(use)
        self.of_function = self.use.startswith("function:")
        self.advice = TO_FUNCTIONS if self.of_function else TO_STRATEGIES
        self.workers = (1,) if self.of_function else (1, SEVERAL)
        self.options = plain(options)
        self._played: dict[tuple[str, int], Log] = {}

    def fresh(self) -> Strategy | Function:
        """The strategy or function under test, made anew from its name and options."""
        return load_strategy(self.use, **self.options)

    @cached_property
    def searching(self) -> Strategy | Function:
        """The strategy or function under test, made once and shared by the checks."""
        return self.fresh()

    @property
    def strategy(self) -> Strategy:
        """The strategy under test, for checks that do not apply to a function."""
        assert isinstance(self.searching, Strategy)
        return self.searching

    @cached_property
    def label(self) -> str:
        """The name by which the strategy was asked for, and its options."""
        options = ", ".join(f"{name} = {value!r}" for name, value in self.options.items())
        return f"{self.use} with {options}" if options else self.use

    @cached_property
    def file(self) -> str | None:
        """The file of the strategy's class, or of the function."""
        made = self.searching
        try:
            return inspect.getsourcefile(made.function if isinstance(made, Function) else type(made))
        except Exception:
            return None

    @cached_property
    def problems(self) -> tuple[ToyProblem, ...]:
        """The made-up tasks that offer what the strategy needs. Raises :class:`~nasbed.check.elsewhere.Broken` where none does."""
        found = problems(self.searching.needs)
        if not found:
            raise Broken(
                f"no made-up task offers {self.searching.needs}",
                "needs that some space can meet",
                "declare as little as the method can do with",
            )
        return found

    def played(self, problem: ToyProblem, workers: int = 1) -> Log:
        """A search as it comes, of seed 0; kept, since several checks look at it."""
        if (problem.name, workers) not in self._played:
            with pinned():
                self._played[problem.name, workers] = problem.play(self.searching, workers=workers)
        return self._played[problem.name, workers]

    @property
    def roomy(self) -> ToyProblem:
        """The largest of the toy problems whose space has a list; where there is none, of all."""
        listed = [problem for problem in self.problems if is_enumerable(problem.task.space)]
        return max(listed or self.problems, key=lambda problem: problem.task.space.size)

    @cached_property
    def signature(self) -> dict[str, str]:
        """What this process sees of the strategy, as :func:`signature` describes it."""
        return signature(self)

    @cached_property
    def elsewhere(self) -> dict[str, Any]:
        """What another process, in which texts hash otherwise, sees of the same strategy, and the files that it opened."""
        return elsewhere("nasbed.check.candidate:signature_of", self.use, self.options)


def signature(candidate: Candidate) -> dict[str, str]:
    """The searches of a candidate, as JSON: of every toy problem that it can search with one worker and
    with several, and of a table.

    An exception is part of the picture: there is a check of its own for what raised it.
    """
    parts: dict[str, str] = {}
    for problem in problems(candidate.searching.needs):
        for workers in candidate.workers:
            name = f"the proposals on {problem.name} with {workers} worker{'s' if workers > 1 else ''}"
            parts[name] = _attempt(lambda problem=problem, workers=workers: candidate.played(problem, workers))
    for benchmark in tables(candidate.searching):
        parts[f"the proposals on {benchmark.label}"] = _attempt(
            lambda benchmark=benchmark: execute(candidate.searching, benchmark, Rules(Budget("evaluations", 30)), 0)
        )
    return parts


def tables(strategy: Strategy | Function) -> list[Benchmark]:
    """The first shipped benchmark that offers what the strategy needs, if there is one. There is none for those that train
    supernets: what training costs is measured, and no two searches cost the same.
    """
    if strategy.needs.shares_weights:
        return []
    for name, options in TABLES:
        benchmark = load_benchmark(name, **options)
        if not strategy.needs.missing(benchmark.task(Budget("evaluations", 30))):
            return [benchmark]
    return []


def signature_of(use: str, options: dict[str, Any]) -> dict[str, str]:
    """The signature of a strategy that is made anew from its name and options; called in another process."""
    return signature(Candidate(use, options))


def told(log: Log) -> list[list[Any]]:
    """The outcomes of a search, as plain data: what was proposed, when it arrived, and the values."""
    return [[*outcome.proposal, outcome.trial, outcome.time, *map(str, outcome.values)] for outcome in log.outcomes]


def _attempt(search: Any) -> str:
    try:
        with pinned():
            return json.dumps(told(search()), default=repr)
    except PASSING:
        raise
    except BaseException as error:
        return json.dumps(str(error) if isinstance(error, (NasbedError, Refused)) else where(error))
