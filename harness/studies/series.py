"""A series of runs: one strategy on one benchmark, and all that its results depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from nasbed.benchmarks.tables import home
from nasbed.searches.functions import Function
from nasbed.searches.loading import load_benchmark, load_strategy
from nasbed.searches.rules import Rules
from nasbed.searches.stages import Stage
from nasbed.studies.sources import fingerprint, source_files
from nasbed.vocabulary import Benchmark, Budget, SharesWeights, Strategy

_CORE = (
    "streams.py",
    "vocabulary/*.py",
    *(f"searches/{name}.py" for name in ("execution", "functions", "loop", "queries", "rules", "setting", "stages")),
)
"""What every search runs through: stored runs are of no use once it has changed."""


@dataclass(frozen=True)
class Entry:
    """One ``[[strategy]]`` or ``[[benchmark]]``: what to use, its label, and the other keys as options."""

    use: str
    label: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A ``[[benchmark]]``: what is searched, under which budget and stages, and the data sets that it is judged on.

    ``scored_on`` holds, for each, a label and the options of the benchmark that scores it.
    """

    entry: Entry
    budget: Budget
    stages: tuple[Stage, ...]
    scored_on: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True)
class Series:
    """All runs of one strategy on one benchmark under the same rules."""

    strategy: Entry
    benchmark: Entry
    rules: Rules

    def load_benchmark(self) -> Benchmark:
        """The benchmark; the same object within a process, since loading it takes longer than a search."""
        return loaded(self.benchmark.use, self.benchmark.options)

    def load_strategy(self) -> Strategy | Function:
        """The strategy of the series, made with its options."""
        return load_strategy(self.strategy.use, **self.strategy.options)

    @cached_property
    def content(self) -> dict[str, Any]:
        """All that the answers depend on, as plain data."""
        benchmark, strategy = self.load_benchmark(), self.load_strategy()
        shared = supernets_of(benchmark, strategy)
        classes = (type(benchmark), type(benchmark.space), *map(type, getattr(benchmark, "tables", ())))
        return {
            "strategy": {
                "use": self.strategy.use,
                "options": strategy.options if isinstance(strategy, Function) else vars(strategy),
                "source": fingerprint(
                    source_files(strategy.function)
                    if isinstance(strategy, Function)
                    else [*source_files(type(strategy)), *strategy.sources]
                ),
            },
            "benchmark": {
                "use": self.benchmark.use,
                "options": self.benchmark.options,
                "data": benchmark.checksum,
                "source": fingerprint(source_files(*classes, training=shared is not None)),
            },
            "core": _core(),
            "rules": rules_content(self.rules),
            **({"meter": fingerprint(counting)} if (counting := self._meter_files()) else {}),
            **({"supernet": shared.supernet_version} if shared else {}),
        }

    def _meter_files(self) -> list[Path]:
        """The code of a plug-in's kind of budget."""
        meter = type(self.rules.budget.meter)
        return [] if meter.__module__.startswith("nasbed.") else source_files(meter)

    @cached_property
    def key(self) -> str:
        """The identity of the series: the hexadecimal SHA-256 of :attr:`content`."""
        return key_of(self.content)

    def run_id(self, seed: int) -> str:
        """The identity of the run of one seed: it changes with all that :attr:`content` holds."""
        return hashlib.sha256(f"{self.key}:{seed}".encode()).hexdigest()


def key_of(content: Mapping[str, Any]) -> str:
    """The identity of a series of that content, as hexadecimal digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def distinct(plan: Sequence[Series]) -> list[Series]:
    """The series of a plan, those of one identity once: entries of a study that differ in their labels alone share their runs."""
    found: dict[str, Series] = {}
    for series in plan:
        found.setdefault(series.key, series)
    return list(found.values())


def supernets_of(benchmark: Benchmark, strategy: Strategy | Function) -> SharesWeights | None:
    """The benchmark as what has supernets, where a strategy trains them; else ``None``."""
    needs = isinstance(strategy, Strategy) and strategy.needs.shares_weights
    return benchmark if needs and isinstance(benchmark, SharesWeights) else None


def loaded(use: str, options: dict[str, Any]) -> Benchmark:
    """A benchmark, the same object each time within a process, unless the table of its name has been written anew."""
    return _loaded(use, canonical(options), _written(use))


@lru_cache(maxsize=16)
def _loaded(use: str, options: str, written: int) -> Benchmark:
    return load_benchmark(use, **json.loads(options))


def _written(use: str) -> int:
    """When the table of a name was written, in nanoseconds; 0 where there is none."""
    try:
        return (home.folder_of(use) / "manifest.toml").stat().st_mtime_ns
    except (OSError, ValueError):  # the latter of a name that no file can have
        return 0


@cache
def _core() -> str:
    harness = Path(__file__).parents[1]
    return fingerprint(file for pattern in _CORE for file in harness.glob(pattern))


def rules_content(rules: Rules) -> dict[str, Any]:
    """Rules as plain data, as the identity of a series has them."""
    return {**asdict(rules), "stages": [asdict(stage) for stage in rules.stages]}


def canonical(content: Any) -> str:
    """Plain data as JSON with sorted keys and no blanks, so that equal data are equal texts."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
