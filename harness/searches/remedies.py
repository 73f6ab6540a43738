"""Refusals with a remedy that takes more than the strategy to know: where an option belongs, which line offers a measure."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from nasbed.errors import NasbedError, UnknownNameError, UnmetNeedError, unknown
from nasbed.searches.functions import Function
from nasbed.searches.loading import load_strategy
from nasbed.vocabulary import TRANSFER, Benchmark, Strategy, Task, TrainedBenchmark

_SECONDS = 2.0
"""What a query of a proxy costs in an example."""


def make_strategy(use: str, options: Mapping[str, Any]) -> Strategy | Function:
    """A strategy by name, with its options.

    Raises :class:`~nasbed.errors.UnknownNameError` for an option that it lacks; where it takes a table of further ones, as
    ``optuna`` for its sampler, the message shows how to write it there.
    """
    try:
        return load_strategy(use, **options)
    except UnknownNameError as error:
        raise UnknownNameError(f"{error}{_in_a_table(use, options)}") from None


def options_of(use: str) -> list[str]:
    """The names of a strategy's options; none where it is code that owns its own loop."""
    from nasbed.strategies import REGISTRY

    return [] if use.startswith("function:") else REGISTRY.options(use)


def _in_a_table(use: str, options: Mapping[str, Any]) -> str:
    """How to write options that a strategy lacks in the table that one of its options is; empty where none is."""
    from nasbed.strategies import REGISTRY

    try:
        known = options_of(use)
        cls = REGISTRY.load(use) if known else None
    except NasbedError:
        return ""
    strange = {name: value for name, value in options.items() if name not in known}
    if cls is None or not strange:
        return ""
    hints = get_type_hints(cls)
    table = next((spec for spec in fields(cls) if dict in (hints[spec.name], *get_args(hints[spec.name]))), None)
    if table is None:
        return ""
    given = options.get(table.name) or {}
    inner = {**given, **strange} if isinstance(given, dict) else strange
    rest = {name: value for name, value in options.items() if name in known}
    where = f"; {table.metadata['help']}: {table.name} = {_toml(inner)}"
    try:
        REGISTRY.make(use, {**rest, table.name: inner})
    except NasbedError as error:
        return f"{where}; but {error}"
    return where


def _toml(values: Mapping[str, object]) -> str:
    return f"{{ {', '.join(f'{name} = {json.dumps(value, default=str)}' for name, value in values.items())} }}"


def require(strategy: Strategy, benchmark: Benchmark, task: Task) -> None:
    """Raises :class:`~nasbed.errors.UnmetNeedError` where a task of a benchmark lacks something that the strategy needs; for a
    measure, with those that the benchmark has and the line that offers it.
    """
    absent = [name for name in strategy.needs.measures if name not in task.measures]
    remedy = _offering(benchmark, absent) if absent else ""
    if remedy:
        names = " and ".join(map(repr, absent))
        raise UnmetNeedError(f"{type(strategy).__name__} needs the measure{'s' * (len(absent) > 1)} {names}; {remedy}")
    strategy.require(task)


def _offering(benchmark: Benchmark, absent: Iterable[str]) -> str:
    """How a benchmark is made to offer measures; empty where that is not known."""
    from nasbed.benchmarks import NASBench201
    from nasbed.benchmarks.tables.measures import published_seconds
    from nasbed.benchmarks.tables.table import Table

    if TRANSFER in absent:
        names = [] if isinstance(benchmark, TrainedBenchmark) else benchmark.datasets()
        elsewhere = [name for name in names if not benchmark.label.endswith(f"/{name}")]
        if not elsewhere:
            return f"{benchmark.label} has no other data set whose ranks it could be told; use one of several, as nasbench201"
        return f"write transfer = {json.dumps(elsewhere[:2])} below its [[benchmark]], of the data sets {', '.join(elsewhere)}"
    if "measures" not in inspect.signature(type(benchmark)).parameters:
        return f"{benchmark.label} has no measures; use nasbench201, say: {_offering(NASBench201(), absent)}"
    if not isinstance(benchmark, Table):
        return ""
    free = _measured(benchmark, {}).measures
    paid, problem = _proxies(benchmark)
    for name in absent:
        if paid and name not in (*free, *paid):
            return str(unknown("measure", name, (*free, *paid), benchmark.label))
    known = {name: seconds for name, seconds in benchmark.offered().measures.items() if seconds is not None}
    published = dict.fromkeys(free, 0.0) | known | published_seconds(benchmark.dataset)
    offered = {name: seconds for name, (_, seconds) in benchmark.measurements().items() if name not in free}
    costs = {**offered, **{name: published.get(name, _SECONDS) for name in absent}}
    line = json.dumps(list(costs)) if all(published.get(name) == costs[name] for name in costs) else _toml(costs)
    there = [*([f"{' and '.join(free)}, which cost 0"] if free else []), *([", ".join(paid)] if paid else [])]
    others = "" if paid else f"; for others, {problem}"
    return (
        f"write measures = {line} below its [[benchmark]], or make it with the same measures (names cost what is published;"
        f" {{ name = seconds }} declares another cost); there are {', and '.join(there) or 'none'}{others}"
    )


def _measured(benchmark: Any, measures: Mapping[str, float]) -> Benchmark:
    """The table of the same data set, offering measures."""
    made: Benchmark = type(benchmark)(dataset=benchmark.dataset, measures=measures)
    return made


def _proxies(benchmark: Benchmark) -> tuple[list[str], str]:
    """The names of the recorded proxies, or why there are none; a name that none can have makes the table say which it knows."""
    try:
        _measured(benchmark, {"": _SECONDS})
    except UnknownNameError as error:
        return str(error).rpartition("known: ")[2].split(", "), ""
    except NasbedError as error:
        return [], str(error)
    return [], "there is no list"
