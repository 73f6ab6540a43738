"""One search from names and options (:func:`search`)."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nasbed.errors import OptionError, UnknownNameError, UnwiseWarning, shown, unknown
from nasbed.searches.execution import execute, require_purchase
from nasbed.searches.functions import Function
from nasbed.searches.loading import benchmark_of
from nasbed.searches.remedies import make_strategy, options_of, require
from nasbed.searches.result import SearchResult
from nasbed.searches.rules import Rules
from nasbed.searches.stages import parse
from nasbed.vocabulary import Benchmark, Budget, Strategy, TrainedBenchmark


def search(
    strategy: Strategy | Function | str,
    benchmark: Benchmark | str,
    *,
    options: Mapping[str, Any] | None = None,
    budget: Budget | Mapping[str, Any],
    seed: int = 0,
    noise: str = "draw",
    repeats: Any = "charge",
    incumbent: Any = "best",
    workers: int = 1,
    stages: Sequence[Mapping[str, Any]] = (),
    executor: Executor | None = None,
    record: Path | str | None = None,
    **others: Any,
) -> SearchResult:
    """Run one search and return its outcomes and scores.

    ``strategy`` and ``benchmark`` are objects or names; ``options`` are those of a strategy given by name. ``budget`` is
    a mapping such as ``{"evaluations": 200}``, ``{"seconds": 12_000}`` (simulated) or ``{"epochs": 2400}``; ``noise`` is
    ``draw``, ``mean`` or ``run:K``; ``repeats`` is ``charge``, ``free`` or ``refuse``; ``incumbent`` is ``best`` or ``mean``;
    ``workers`` evaluate at once in simulated time; ``stages`` change the rules of an evaluation at fractions of the budget
    (docs/concepts.md, docs/studies.md). Any other argument is refused, and the message says where it belongs.

    A benchmark that trains (:class:`TrainedBenchmark`) takes real time: ``workers`` trainings run at once, on ``executor``
    (a :class:`concurrent.futures.Executor`, which stays open; threads by default), seconds are measured, and trainings under way
    when a budget of seconds ends are given up. ``record`` is a file of answers. If it holds answers of the same search,
    which was killed or had a smaller budget, they are replayed before anything is trained; strategies cannot tell the difference.

    Raises :class:`~nasbed.errors.BudgetError`, :class:`~nasbed.errors.OptionError`,
    :class:`~nasbed.errors.UnknownNameError`, :class:`~nasbed.errors.UnmetNeedError`,
    :class:`~nasbed.errors.DataError`, :class:`~nasbed.errors.StrategyError`, :class:`~nasbed.errors.BenchmarkError`,
    :class:`~nasbed.errors.StoreError`.

    >>> import nasbed
    >>> table = nasbed.load_benchmark("nasbench201", dataset="cifar10")
    >>> result = nasbed.search("tpe", table, options={"gamma": 0.2}, budget={"evaluations": 100}, seed=0)
    >>> len(result.outcomes), result.scores()["test_regret"] < 2
    (100, True)
    >>> nasbed.search("tpe", table, gamma=0.2, budget={"evaluations": 100})
    Traceback (most recent call last):
    nasbed.errors.UnknownNameError: search() has no argument 'gamma'; it is an option of tpe: options={'gamma': 0.2}
    """
    for name, value in others.items():
        raise _misplaced(name, value, strategy, benchmark)
    searcher = strategy_of(strategy, options)
    searched = benchmark_of(benchmark)
    rules = Rules(Budget.parse(budget), noise, repeats, incumbent, workers, parse(stages))
    require_search(searcher, searched, rules)
    result = execute(searcher, searched, rules, seed, executor=executor, record=record)
    if not result.outcomes:
        warnings.warn(_idle(result), UnwiseWarning, stacklevel=2)
    return result


def require_search(strategy: Strategy | Function, benchmark: Benchmark, rules: Rules) -> None:
    """Raises what a search raises before it begins where its budget buys nothing and where the strategy needs what the benchmark
    lacks: :class:`~nasbed.errors.BudgetError` and :class:`~nasbed.errors.UnmetNeedError`.
    """
    require_purchase(rules.budget, benchmark)
    if isinstance(strategy, Strategy):
        require(strategy, benchmark, benchmark.task(rules.budget, rules.workers))


def _idle(result: SearchResult) -> str:
    """What to say of a search without an evaluation."""
    budget = result.rules.budget.in_words(simulated=not isinstance(result.benchmark, TrainedBenchmark))
    why = (
        "the strategy ended the search before anything was evaluated: let it propose something first"
        if result.ended
        else f"no evaluation was over within the budget of {budget}: give more"
    )
    return f"the search on {result.benchmark.label} has no scores (nan), since {why}"


def strategy_of(given: object, options: object = None) -> Strategy | Function:
    """A strategy that is given by name and ``options``, or made; raises :class:`~nasbed.errors.OptionError` for anything else."""
    named = {} if options is None else options
    if not isinstance(named, Mapping) or not all(isinstance(name, str) for name in named):
        raise OptionError(f"options={shown(options)}: expected a mapping of names to values, as {{'population': 20}}")
    if isinstance(given, str):
        return make_strategy(given, named)
    if not isinstance(given, (Strategy, Function)):
        call = f"; make it: {given.__name__}()" if isinstance(given, type) else ""
        raise OptionError(f"strategy = {shown(given)}; expected the name of a strategy, or a Strategy{call}")
    if named:
        raise OptionError(
            f"options={shown(dict(named))}: expected a strategy that is given by name; give them to {shown(given)} when it is"
            " made"
        )
    return given


def _misplaced(name: str, value: object, strategy: object, benchmark: object) -> UnknownNameError:
    """The error for an argument that :func:`search` lacks, with where it belongs, or what was meant."""
    known = [one for one in inspect.signature(search).parameters if one != "others"]
    homes = _homes(strategy, benchmark)
    near = get_close_matches(name, [*known, *homes], n=1)
    meant = name if name in homes else near[0] if near else ""
    if meant in known or meant not in homes:
        return UnknownNameError(
            f"{unknown('argument', name, known, 'search()')}; what a strategy takes goes into options={{...}}"
        )
    owner, form = homes[meant]
    guess = "it" if meant == name else f"did you mean {meant!r}? That"
    return UnknownNameError(
        f"search() has no argument {name!r}; {guess} is an option of {owner}: {form.format(meant, shown(value))}"
    )


def _homes(strategy: object, benchmark: object) -> dict[str, tuple[str, str]]:
    """The options of a strategy and of a benchmark: whose each is, and the form in which it is given there."""
    from nasbed.benchmarks import REGISTRY

    homes: dict[str, tuple[str, str]] = {}
    if isinstance(benchmark, str):
        form = f"nasbed.load_benchmark({benchmark!r}, {{}}={{}})"
        homes |= dict.fromkeys(REGISTRY.options(benchmark), (benchmark, form))
    if isinstance(strategy, str):
        homes |= dict.fromkeys(options_of(strategy), (strategy, "options={{{0!r}: {1}}}"))
    if isinstance(strategy, Strategy):
        made = type(strategy).__name__
        homes |= dict.fromkeys((spec.name for spec in fields(strategy)), (made, f"{made}({{}}={{}})"))
    return homes
