"""What one search runs on: its task, streams, oracle and log."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from nasbed.errors import BenchmarkError, BudgetError, OptionError, shown
from nasbed.numeric import real, require_seed, whole
from nasbed.searches.columns import taken_in
from nasbed.searches.functions import Function
from nasbed.searches.live import Live
from nasbed.searches.loop import Log, Measurements, run_loop
from nasbed.searches.oracles import answering, examined
from nasbed.searches.pools import Simulated
from nasbed.searches.records import SearchRecord
from nasbed.searches.result import SearchResult
from nasbed.searches.rules import Rules
from nasbed.searches.stages import described
from nasbed.searches.supernets import SupernetMeasurements
from nasbed.streams import one_visit, stream, words
from nasbed.vocabulary import (
    HELD_OUT,
    AsksTogether,
    Benchmark,
    Budget,
    Proposal,
    ScriptSearcher,
    Searcher,
    SharedWeights,
    SharesWeights,
    Space,
    Strategy,
    TrainedBenchmark,
    TrainedSupernet,
)
from nasbed.vocabulary.registry import where


class BenchmarkSetting:
    """What one search runs on: task, streams, oracle and log."""

    def __init__(
        self,
        benchmark: Benchmark,
        rules: Rules,
        seed: int,
        *,
        executor: Executor | None = None,
        record: Path | str | None = None,
        strategy: Strategy | Function | None = None,
        trainings: Path | str | None = None,
    ) -> None:
        self.benchmark, self.rules, self.seed = benchmark, rules, require_seed(seed)
        with answering(benchmark, "it"):
            self.task = benchmark.task(rules.budget, rules.workers)
            self.measurements: Measurements = benchmark.measurements()
            self.word = words(self.seed, benchmark.label)
            if benchmark.judged_on == HELD_OUT:
                self.word = one_visit(self.word, benchmark.classes)
        _require_costs(benchmark, self.measurements)
        if self.task.shares_weights:
            train = partial(self._supernet, folder=trainings)
            self.measurements = SupernetMeasurements(self.measurements, benchmark.space, train)
        self.rng = stream(seed, benchmark.label, "search")
        self.pool: Simulated | Live = self._pool(executor, record, strategy, trainings)
        self.log = Log(began=perf_counter())

    def _supernet(self, weights: SharedWeights, folder: Path | str | None) -> TrainedSupernet:
        """The benchmark's supernet for this search, trained now where it is not in ``folder``."""
        budget = self.rules.budget
        _require_epochs(weights, budget)
        with answering(self.benchmark, f"the training of its supernet by {weights.method!r}"):
            assert isinstance(self.benchmark, SharesWeights)
            return self.benchmark.supernet(weights, self.seed, folder, budget.amount if budget.meter.clock else inf)

    def _pool(
        self, executor: Executor | None, record: Path | str | None, strategy: object, trainings: Path | str | None
    ) -> Simulated | Live:
        """Where the evaluations are made: in simulated time, or by an executor where the benchmark trains."""
        benchmark, rules = self.benchmark, self.rules
        with answering(benchmark, "it"):
            oracle = benchmark.oracle(rules.noise)
        if not isinstance(benchmark, TrainedBenchmark):
            for name, given in {"executor": executor, "record": record}.items():
                if given is not None:
                    raise OptionError(
                        f"{name} = {shown(given)}: {benchmark.label} answers in simulated time and trains nothing; leave it out, or"
                        " search a nasbed.TrainedBenchmark"
                    )
            return Simulated(examined(oracle, self.task), self.task)
        with answering(benchmark, "its trainer()"):
            trainer = benchmark.trainer()
        if executor is not None and not isinstance(executor, Executor):
            raise OptionError(f"executor = {shown(executor)}; expected a concurrent.futures.Executor")
        if record is None:
            return Live(trainer, self.task, executor, folder=trainings)
        what = {
            "strategy": _identity(strategy),
            "benchmark": benchmark.label,
            "checksum": benchmark.checksum,
            "seed": self.seed,
            "repeats": rules.repeats,
            "workers": rules.workers,
            "stages": described(rules.stages),
        }
        return Live(trainer, self.task, executor, SearchRecord(record, what), trainings)

    def close(self) -> None:
        """Give up what a live search has under way, and close its record."""
        if isinstance(self.pool, Live):
            self.pool.close()

    def begin(self, searcher: Searcher) -> Any:
        if isinstance(searcher, ScriptSearcher) and isinstance(self.benchmark, AsksTogether):
            searcher.announce(partial(_expect, self.benchmark, self.task.space))
        return run_loop(
            searcher,
            self.task,
            self.pool,
            self.word,
            self.log,
            self.rules.repeats,
            self.measurements,
        )

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
        records = tuple(log.outcomes), tuple(log.thinking), measured, tuple(log.added)
        return SearchResult(*records, log.ended, self.seed, self.benchmark, self.rules)


def _expect(benchmark: AsksTogether, space: Space, batch: list[Proposal]) -> None:
    """Tell a benchmark which architectures are about to be trained; what is none of the space the loop refuses in its turn."""
    index = []
    for proposal in batch:
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            if proposal.measure is None:
                index.append(space.index(proposal.arch))
    benchmark.expect(index)


def _identity(strategy: object) -> str:
    """What tells a strategy and its options from others."""
    if isinstance(strategy, Function):
        made, options = strategy.function, dict(strategy.options)
    else:
        made, options = type(strategy), dict(getattr(strategy, "__dict__", {}))
    return (
        f"{made.__module__}:{made.__qualname__}({', '.join(f'{name}={options[name]!r}' for name in sorted(options))})"
    )


def _require_epochs(weights: SharedWeights, budget: Budget) -> None:
    """Raises :class:`~nasbed.errors.BudgetError` where a budget counts epochs, and the training of a supernet alone has more."""
    epochs = whole(dict(weights.settings).get("epochs"))
    if budget.meter.epoch and epochs is not None and epochs * budget.meter.epoch > budget.amount:
        raise BudgetError(
            f"a budget of {budget} is below the training of the supernet by {weights.method}, of {epochs} epochs; give more, or ask"
            " for fewer epochs"
        )


def _require_costs(benchmark: Benchmark, measurements: Mapping[str, tuple[Any, Any]]) -> None:
    """Raises :class:`~nasbed.errors.BenchmarkError` for names of costs that cannot stand beside those of objectives and columns,
    and for a measure whose seconds are none.
    """
    names = benchmark.cost_names
    taken = {*taken_in(benchmark), *(objective.name for objective in benchmark.objectives)}
    if not names or names[0] != "seconds" or len({*names} - taken) < len(names):
        raise BenchmarkError(
            f"the benchmark {benchmark.label} has cost_names = {names!r}; expected 'seconds' first, then others that are neither an"
            f" objective nor a column of records ({', '.join(sorted(taken))})"
        )
    for name, (_, seconds) in measurements.items():
        if (known := real(seconds)) is None or known < 0:
            raise BenchmarkError(
                f"the benchmark {benchmark.label} gave a query of the measure {name!r} the cost {seconds!r}; expected seconds,"
                " finite and at least 0"
            )
