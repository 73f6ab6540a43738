"""What one search runs on: its task, streams, oracle and log."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from nasbed.errors import (
    BenchmarkError,
)
from nasbed.numeric import real, require_seed
from nasbed.searches.loop import Log
from nasbed.searches.loop import search as loop
from nasbed.searches.oracles import answering, examined
from nasbed.searches.result import SearchResult
from nasbed.searches.rules import Rules
from nasbed.streams import one_visit, stream, words
from nasbed.vocabulary import (
    HELD_OUT,
    Benchmark,
    Searcher,
)
from nasbed.vocabulary.registry import where


class Setting:
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
