"""One search in memory: of a strategy (:func:`execute`), or of code that owns its own loop (:func:`observe`)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from nasbed.errors import (
    BenchmarkError,
    BudgetError,
    Halt,
    NasbedError,
    StoreError,
    StrategyError,
    said,
    shown,
)
from nasbed.searches.functions import Function
from nasbed.searches.loading import benchmark_of
from nasbed.searches.queries import Query
from nasbed.searches.result import SearchResult
from nasbed.searches.rules import Rules
from nasbed.searches.setting import BenchmarkSetting
from nasbed.searches.stages import require_offered
from nasbed.vocabulary import Benchmark, Budget, Priced, Searcher, Strategy
from nasbed.vocabulary.budgets import EXAMPLE
from nasbed.vocabulary.registry import where


def observe(
    benchmark: Benchmark | str,
    budget: Budget | Mapping[str, Any],
    seed: int = 0,
    *,
    noise: str = "draw",
    repeats: Any = "charge",
    executor: Executor | None = None,
    record: Path | str | None = None,
) -> Query:
    """A query function for code that owns its own loop, as most published NAS code does.

    ``benchmark`` is one that is made, or a name. ``budget`` is a mapping such as ``{"evaluations": 200}``,
    ``{"seconds": 12_000}`` (simulated) or ``{"epochs": 2400}``; ``noise`` is ``draw``, ``mean`` or ``run:K``, ``repeats`` is
    ``charge``, ``free`` or ``refuse`` (docs/concepts.md). Where the benchmark trains, ``executor`` and ``record`` are those of
    :func:`nasbed.search`, and the query is closed by :meth:`Query.close`, by its result, or by ``with``.
    Raises :class:`~nasbed.errors.BudgetError`, :class:`~nasbed.errors.OptionError`, :class:`~nasbed.errors.DataError`.

    >>> import nasbed
    >>> query = nasbed.observe(nasbed.load_benchmark("nasbench201"), {"evaluations": 50}, seed=1)
    >>> try:
    ...     while True:
    ...         outcome = query(query.space.sample(query.rng))
    ... except nasbed.BudgetExhausted:
    ...     len(query.result().outcomes)
    50
    """
    searched, rules = benchmark_of(benchmark), Rules(Budget.parse(budget), noise, repeats)
    require_purchase(rules.budget, searched)
    return Query(BenchmarkSetting(searched, rules, seed, executor=executor, record=record))


def price(budget: Budget, benchmark: Benchmark, *, cheapest: bool = False) -> float | None:
    """What an evaluation at the highest fidelity spends of a budget on average, or the ``cheapest`` of all; ``None`` where nothing
    says it beforehand.
    """
    seconds = None
    if budget.meter.clock and isinstance(benchmark, Priced):
        seconds = benchmark.cheapest() if cheapest else benchmark.typical()
    return budget.meter.price(benchmark.epochs[0 if cheapest else -1], seconds)


def require_purchase(budget: Budget, benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.BudgetError` for a budget of what evaluations of a benchmark do not cost, and for one that does
    not buy the cheapest of them.
    """
    cost = budget.meter.cost
    if benchmark.untimed and budget.evaluations is None:
        raise BudgetError(
            f"a budget of {budget} on {benchmark.label}: {benchmark.untimed}; count evaluations, as {EXAMPLE}"
        )
    if cost and cost not in benchmark.cost_names:
        raise BudgetError(
            f"a budget of {budget}: evaluations of {benchmark.label} cost {', '.join(benchmark.cost_names)}; use another budget, or"
            f" a benchmark whose costs name {cost!r}"
        )
    least = price(budget, benchmark, cheapest=True) or 0.0
    if budget.amount < least:
        raise BudgetError(
            f"a budget of {budget} allows no evaluation on {benchmark.label}: the cheapest takes {least:,.6g} {budget.kind}"
        )


def execute(
    strategy: Strategy | Function,
    benchmark: Benchmark,
    rules: Rules,
    seed: int,
    *,
    executor: Executor | None = None,
    record: Path | str | None = None,
    trainings: Path | str | None = None,
) -> SearchResult:
    """Run one search to its end; ``executor`` and ``record`` are those of :func:`nasbed.search`, ``trainings`` is the folder in
    which a trainer keeps what it goes on from, by default beside the record.

    What the strategy raises becomes a :class:`~nasbed.errors.StrategyError`, what the benchmark raises a
    :class:`~nasbed.errors.BenchmarkError`.
    """
    if isinstance(strategy, Function):
        strategy.require_one_worker(rules.workers)
    setting = BenchmarkSetting(
        benchmark, rules, seed, strategy=strategy, executor=executor, record=record, trainings=trainings
    )
    with closing(setting):
        if isinstance(strategy, Strategy):
            strategy.require(setting.task)
        try:
            with _at_home():
                _search(strategy, setting)
        except (BenchmarkError, Halt, StoreError):
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
                raise  # Ctrl-C; where that ends a process at once, as in a worker, it was the strategy's
            made = strategy.function if isinstance(strategy, Function) else type(strategy)
            source = sys.modules.get(made.__module__)
            what = said(error) if isinstance(error, NasbedError) else where(error, getattr(source, "__file__", None))
            raise StrategyError(f"{setting.moment}: {what}") from error
    return setting.result()


def _search(strategy: Strategy | Function, setting: BenchmarkSetting) -> None:
    """Run a search to its end; the setting's log holds it."""
    if isinstance(strategy, Function):
        setting.log.ended |= strategy.search(Query(setting))
        return
    if setting.rules.stages:
        from nasbed.searches.staged_searcher import StagedSearcher

        require_offered(setting.rules.stages, setting.task)
        searcher: Searcher = StagedSearcher(
            strategy, setting.task, setting.rng, setting.rules.stages, setting.rules.incumbent
        )
    else:
        searcher = strategy.start(setting.task, setting.rng)
    if not isinstance(searcher, Searcher):
        raise StrategyError(f"start() returned {shown(searcher)}; expected a Searcher")
    with closing(searcher):
        try:
            for _ in setting.begin(searcher):
                pass
        except BenchmarkError as error:
            raise setting.blamed(error) from error.__cause__


@contextmanager
def _at_home() -> Iterator[None]:
    """Come back to the working directory afterwards, wherever a strategy has gone: relative paths mean what they did."""
    try:
        home = os.getcwd()
    except OSError:  # it has been deleted
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            os.chdir(home)
