"""One search in memory: of a strategy (:func:`execute`), or of code that owns its own loop (:func:`observe`)."""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from nasbed.errors import (
    BenchmarkError,
    BudgetError,
    BudgetExhausted,
    Halt,
    NasbedError,
    OptionError,
    StrategyError,
    said,
    shown,
    unknown,
)
from nasbed.loop import Log
from nasbed.loop import search as loop
from nasbed.numeric import real, require_seed
from nasbed.oracles import answering, examined
from nasbed.protocol import (
    HELD_OUT,
    Arch,
    Benchmark,
    Budget,
    Needs,
    Outcome,
    Priced,
    Proposal,
    Searcher,
    Space,
    Strategy,
    Task,
)
from nasbed.registry import load_object, where
from nasbed.rules import Rules
from nasbed.stages import StagedSearcher, check
from nasbed.streams import Stream, one_visit, stream, words

if TYPE_CHECKING:
    import pandas as pd

_INSISTENCE = 10_000
"""Queries after the budget's end before code that will not stop is stopped as a failure."""


def load_benchmark(name: str, /, **options: Any) -> Benchmark:
    """A benchmark by name ("nasbench201", a plug-in's, or "package.module:Class"), with its options.

    A list of data sets as ``dataset`` gives their normalised mean.

    Raises :class:`~nasbed.errors.UnknownNameError`, :class:`~nasbed.errors.DataError`.

    >>> import nasbed
    >>> nasbed.load_benchmark("nasbench201", dataset="cifar100").epochs
    (200,)
    """
    from nasbed.benchmarks import REGISTRY

    datasets = options.get("dataset")
    if isinstance(datasets, (list, tuple)) and "dataset" in REGISTRY.options(name):
        from nasbed.benchmarks.tables.several import Several, require_several

        require_several(datasets)
        return Several([REGISTRY.make(name, {**options, "dataset": dataset}) for dataset in datasets])
    return REGISTRY.make(name, options)


def benchmark_of(given: object) -> Benchmark:
    """A benchmark that is given by name or made; raises :class:`~nasbed.errors.OptionError` for anything else."""
    if isinstance(given, str):
        return load_benchmark(given)
    if not isinstance(given, Benchmark):
        call = f"; make it: {given.__name__}()" if isinstance(given, type) else ""
        raise OptionError(f"benchmark = {shown(given)}; expected the name of a benchmark, or a Benchmark{call}")
    return given


def datasets_of(name: str) -> list[str]:
    """The values that a benchmark's option ``dataset`` may have; none where it has no such option."""
    from nasbed.benchmarks import REGISTRY

    return REGISTRY.load(name).datasets()


def load_strategy(name: str, /, **options: Any) -> Strategy | Function:
    """A strategy by name ("regularized_evolution", a plug-in's, "package.module:Class", or "function:package.module:f").

    >>> import nasbed
    >>> nasbed.load_strategy("regularized_evolution", population=20)
    RegularizedEvolution(population=20, sample=3)
    """
    if isinstance(name, str) and name.startswith("function:"):
        function = load_object(name.removeprefix("function:"), f"function {shown(name)}")
        if not callable(function):
            raise OptionError(f"{shown(name)} is {shown(function)}; expected a function that takes a query")
        try:
            _, *parameters = inspect.signature(function).parameters.values()
        except ValueError:  # it takes nothing, or does not say what
            raise OptionError(f"{shown(name)} is {shown(function)}; expected a function that takes a query") from None
        known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        for option in options if len(known) == len(parameters) else ():
            if option not in known:
                raise unknown("option", option, known, name)
        return Function(function, options)
    from nasbed.strategies import REGISTRY

    return REGISTRY.make(name, options)


@dataclass(frozen=True)
class Function:
    """Code that owns its own loop: ``function(query, **options)`` is called once a seed (see :func:`observe`)."""

    function: Callable[..., Any]
    options: Mapping[str, Any]

    @property
    def needs(self) -> Needs:
        """Nothing: such code declares nothing, and sees what there is in ``query.task``."""
        return Needs()

    def search(self, query: Query) -> bool:
        """Call the function until it returns or the budget is spent; whether it returned before.

        Raises what the function raises, and :class:`~nasbed.errors.StrategyError` where it goes on after the budget's end.
        """
        try:
            self.function(query, **self.options)
        except BudgetExhausted:
            return False
        except _Insistent as insistent:
            raise StrategyError(str(insistent)) from insistent
        if query._failure is not None:  # which the function has swallowed
            raise query._failure
        return True

    def require_one_worker(self, workers: int) -> None:
        """Raises :class:`~nasbed.errors.OptionError` for several workers."""
        if workers != 1:
            raise OptionError("code that owns its own loop queries one architecture at a time; set workers = 1")


@dataclass(frozen=True)
class SearchResult:
    """A finished search: its outcomes in the order of arrival, and its scores by the benchmark's referee.

    ``thinking`` holds the strategy's seconds before each trial, ``measured`` how many measures it had asked for by then (empty
    where it asked for none);
    ``ended`` says that it stopped before its budget did. In ``outcomes`` higher is better, so the sign of what is minimised is
    turned; :meth:`scores` and :meth:`frame` are in natural numbers.
    """

    outcomes: tuple[Outcome, ...]
    thinking: tuple[float, ...]
    measured: tuple[int, ...]
    ended: bool
    seed: int
    benchmark: Benchmark
    rules: Rules

    @cached_property
    def incumbent(self) -> Outcome | None:
        """The outcome whose architecture the search returns, by the incumbent rule; ``None`` if there is none."""
        import numpy as np

        from nasbed.analysis.judge import incumbents

        if not self.outcomes:
            return None
        values = np.array([[outcome.value for outcome in self.outcomes]])
        epochs = np.array([[outcome.epochs for outcome in self.outcomes]])
        archs = np.array([[self.benchmark.space.index(outcome.arch) for outcome in self.outcomes]])
        place = int(incumbents(values, epochs, archs, self.rules.incumbent)[0, -1])
        return self.outcomes[place] if place >= 0 else None

    def scores(self) -> dict[str, float]:
        """Validation regret, test regret and test value of the incumbent, in natural numbers of the objective: a loss is
        positive, and so are regrets whatever the direction. ``nan`` without an incumbent. Where the benchmark has no referee,
        ``validation`` alone: the value that the search saw.
        """
        import numpy as np

        from nasbed.analysis.judge import refereed

        referee = refereed(self.benchmark)
        if referee is None:
            seen = float("nan") if self.incumbent is None else self.incumbent.value
            return {"validation": self.benchmark.objectives[0].natural(seen)}
        if self.incumbent is None:
            return dict.fromkeys(("validation_regret", "test_regret", "test"), float("nan"))
        index = np.array([self.benchmark.space.index(self.incumbent.arch)])
        validation, test = (
            float(referee.validation(index)[0]),
            float(referee.test(index, np.array([self.incumbent.value]))[0]),
        )
        best_validation, best_test = referee.best()
        regrets = {"validation_regret": best_validation - validation, "test_regret": best_test - test}
        return {**regrets, "test": self.benchmark.objectives[0].natural(test)}

    def frame(self) -> pd.DataFrame:
        """One row an evaluation, in natural numbers: benchmark, seed, trial, architecture, epochs, value (of the first
        objective), cost, time, last (whether the search ended here, before its budget), and the further objectives by name.

        With a column that names the strategy it is what :meth:`~nasbed.analysis.results.Results.from_frame` reads.
        """
        import pandas as pd

        first, *others = self.benchmark.objectives
        outcomes, columns = self.outcomes, list(zip(*(outcome.values for outcome in self.outcomes), strict=True))
        columns = columns or [()] * (1 + len(others))
        return pd.DataFrame(
            {
                "benchmark": self.benchmark.label,
                "seed": self.seed,
                "trial": [outcome.trial for outcome in outcomes],
                "architecture": [self.benchmark.space.format(outcome.arch) for outcome in outcomes],
                "epochs": [outcome.epochs for outcome in outcomes],
                "value": [first.natural(value) for value in columns[0]],
                "cost": [outcome.cost for outcome in outcomes],
                "time": [outcome.time for outcome in outcomes],
                "last": [self.ended and place == len(outcomes) for place in range(1, len(outcomes) + 1)],
                **{
                    objective.name: [objective.natural(value) for value in column]
                    for objective, column in zip(others, columns[1:], strict=True)
                },
            }
        )


class Setting(Protocol):
    """What a query runs on."""

    task: Task
    rng: Stream
    log: Log

    def begin(self, searcher: Searcher) -> Any:
        """An iterator over the outcomes of what a searcher proposes."""

    def blamed(self, error: BenchmarkError) -> BenchmarkError:
        """The error of a benchmark with its name and the moment."""

    def result(self) -> SearchResult:
        """The search, for who scores it."""


class _Setting:
    """What one search runs on: task, streams, oracle and log."""

    def __init__(self, benchmark: Benchmark, rules: Rules, seed: int) -> None:
        self.benchmark, self.rules, self.seed = benchmark, rules, require_seed(seed)
        with answering(benchmark, "it"):
            self.task = benchmark.task(rules.budget, rules.workers)
            self.oracle = examined(benchmark.oracle(rules.noise), self.task)
            self.measurements = benchmark.measurements()
            self.word = words(self.seed, benchmark.label)
            if benchmark.report == HELD_OUT:
                self.word = one_visit(self.word, benchmark.classes)
        _require_costs(benchmark, self.measurements)
        self.rng = stream(seed, benchmark.label, "search")
        self.log = Log(began=perf_counter())

    def begin(self, searcher: Searcher) -> Any:
        return loop(searcher, self.task, self.oracle, self.word, self.log, self.rules.repeats, self.measurements)

    @property
    def moment(self) -> str:
        """Where the search is, for messages."""
        return f"on {self.benchmark.label}, seed {self.seed}, after {len(self.log.outcomes)} evaluations"

    def blamed(self, error: BenchmarkError) -> BenchmarkError:
        """The error of a benchmark with its name, the moment and what was raised."""
        raised = f" {where(error.__cause__)}" if error.__cause__ is not None else ""
        return BenchmarkError(f"the benchmark failed {self.moment}: {error}{raised}")

    def result(self) -> SearchResult:
        log = self.log
        measured = tuple(log.measured.get(trial, 0) for trial in range(len(log.thinking))) if log.measured else ()
        records = tuple(log.outcomes), tuple(log.thinking), measured
        return SearchResult(*records, log.ended, self.seed, self.benchmark, self.rules)


def _require_costs(benchmark: Benchmark, measurements: Mapping[str, tuple[Any, Any]]) -> None:
    """Raises :class:`~nasbed.errors.BenchmarkError` for a measure whose seconds are none."""
    for name, (_, seconds) in measurements.items():
        if (known := real(seconds)) is None or known < 0:
            raise BenchmarkError(
                f"the benchmark {benchmark.label} gave a query of the measure {name!r} the cost {seconds!r}; expected seconds,"
                " finite and at least 0"
            )


class _Insistent(BaseException):
    """Ends code that goes on after BudgetExhausted; not an Exception, because such code swallows those."""


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
                raise _Insistent(f"{_INSISTENCE:,} queries after the search was over; stop on BudgetExhausted")
            raise BudgetExhausted(self._end())
        return outcome

    def _end(self) -> str:
        """Why there is no answer."""
        budget, log = self.task.budget, self._setting.log
        if self._over:
            return "the search is over, since its result was asked for"
        if log.ended:
            return f"the search is over before its budget of {budget}: repeats cost nothing, and nothing else was left to learn"
        return f"the budget of {budget} is spent"

    def result(self) -> SearchResult:
        """The search with its scores. Asking for it ends the search: further queries raise ``BudgetExhausted``."""
        self._over = True
        return self._setting.result()


def observe(
    benchmark: Benchmark | str,
    budget: Budget | Mapping[str, Any],
    seed: int = 0,
    *,
    noise: str = "draw",
    repeats: Any = "charge",
) -> Query:
    """A query function for code that owns its own loop, as most published NAS code does.

    ``benchmark`` is one that is made, or a name. ``budget`` is a mapping such as ``{"evaluations": 200}``,
    ``{"seconds": 12_000}`` (simulated) or ``{"epochs": 2400}``; ``noise`` is ``draw``, ``mean`` or ``run:K``, ``repeats`` is
    ``charge``, ``free`` or ``refuse`` (docs/concepts.md).
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
    return Query(_Setting(searched, rules, seed))


def require_purchase(budget: Budget, benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.BudgetError` for a budget that does not buy the cheapest evaluation of a benchmark."""
    cheapest = benchmark.cheapest() if isinstance(benchmark, Priced) else 0.0
    least = {"evaluations": 1.0, "seconds": cheapest, "epochs": float(benchmark.epochs[0])}[budget.kind]
    if budget.amount < least:
        raise BudgetError(
            f"a budget of {budget} allows no evaluation on {benchmark.label}: the cheapest takes {least:,.6g} {budget.kind}"
        )


def execute(strategy: Strategy | Function, benchmark: Benchmark, rules: Rules, seed: int) -> SearchResult:
    """Run one search to its end.

    What the strategy raises becomes a :class:`~nasbed.errors.StrategyError`, what the benchmark raises a
    :class:`~nasbed.errors.BenchmarkError`.
    """
    if isinstance(strategy, Function):
        strategy.require_one_worker(rules.workers)
    setting = _Setting(benchmark, rules, seed)
    if isinstance(strategy, Strategy):
        strategy.require(setting.task)
    try:
        with _at_home():
            _search(strategy, setting)
    except (BenchmarkError, Halt):
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
            raise  # Ctrl-C; where that ends a process at once, as in a worker, it was the strategy's
        source = sys.modules.get((strategy.function if isinstance(strategy, Function) else type(strategy)).__module__)
        what = said(error) if isinstance(error, NasbedError) else where(error, getattr(source, "__file__", None))
        raise StrategyError(f"{setting.moment}: {what}") from error
    return setting.result()


def _search(strategy: Strategy | Function, setting: _Setting) -> None:
    """Run a search to its end; the setting's log holds it."""
    if isinstance(strategy, Function):
        setting.log.ended |= strategy.search(Query(setting))
        return
    if setting.rules.stages:
        check(setting.rules.stages, setting.task)
        searcher: Searcher = StagedSearcher(strategy, setting.task, setting.rng, setting.rules.stages)
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
