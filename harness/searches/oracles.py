"""What a benchmark may answer: what it raises names it, and its answers are examined before a search sees them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite, nan
from reprlib import repr as shortened
from typing import Any

from nasbed.errors import BenchmarkError, NasbedError
from nasbed.vocabulary import Benchmark, Oracle, Task
from nasbed.vocabulary.registry import where

_MOST, _LEAST = sys.float_info.max, sys.float_info.min
"""The highest finite number, and the lowest above 0."""


@contextmanager
def answering(benchmark: Benchmark, what: str) -> Iterator[None]:
    """What ``what`` of a benchmark raises beside our own errors becomes a :class:`~nasbed.errors.BenchmarkError` that names it."""
    try:
        yield
    except NasbedError:
        raise
    except (Exception, SystemExit) as error:
        raise BenchmarkError(f"the benchmark {benchmark.label} failed: {what} raised {where(error)}") from error


def examined(oracle: Oracle, task: Task) -> Oracle:
    """The oracle, with each answer examined: values that are not finite become ``nan``, a failed training.

    It raises :class:`~nasbed.errors.BenchmarkError` for what is not one number for each objective and a cost: seconds that are
    finite and not negative, and above 0 under a budget of seconds, which costs of 0 would never spend; likewise each further cost
    that the benchmark names. An oracle that says by an
    attribute ``examined`` that it answers from what was examined before, as those of tables do, is given back as it is: what an
    answer costs is most of what a search costs.
    """
    if getattr(oracle, "examined", False):
        return oracle
    count, single = len(task.objectives), len(task.objectives) == 1
    leasts = [_least(task, name) for name in task.cost_names]
    lowest, most, least, named = -_MOST, _MOST, leasts[0], len(leasts) > 1

    def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], Any]:
        answer = oracle(index, epochs, word)
        try:
            values, cost = answer
            total = values[0] if single else sum(values)
            sound = (  # only of Python's own floats: a comparison with one of NumPy's 32 bits could overflow
                type(total) is float
                and type(cost) is float
                and not named
                and lowest <= total <= most
                and least <= cost <= most
                and len(values) == count
                and type(values) is tuple
            )
            return answer if sound else (_finite(values, count), _costs(cost, leasts) if named else _cost(cost, least))
        except (TypeError, ValueError, IndexError, OverflowError, KeyError):
            raise BenchmarkError(
                f"asked for {task.space.format(task.space.at(index))} after {epochs} epochs, its oracle answered"
                f" {shortened(answer)}; {_expected(task)}"
            ) from None

    return evaluate


def _finite(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    """One number for each objective, ``nan`` where it is not finite; raises what is caught above where there is none."""
    found = tuple(float(value + 0.0) for value in values)  # a text is no number, and float() would make it one
    if len(found) != count:
        raise ValueError(len(found))
    return tuple(value if isfinite(value) else nan for value in found)


def _least(task: Task, cost: str) -> float:
    """The least that an evaluation may cost: above 0 of what the budget counts, which would never be spent otherwise."""
    meter = task.budget.meter
    return _LEAST if cost == meter.cost or (meter.clock and cost == task.cost_names[0]) else 0.0


def _cost(cost: float, least: float) -> float:
    number = float(cost + 0.0)
    if not least <= number <= _MOST:
        raise ValueError(cost)
    return number


def _costs(costs: tuple[float, ...], leasts: list[float]) -> tuple[float, ...]:
    return tuple(_cost(cost, least) for cost, least in zip(costs, leasts, strict=True))


def _expected(task: Task) -> str:
    names = ", ".join(objective.name for objective in task.objectives)
    several = (
        f"a tuple of {len(task.objectives)} numbers ({names})" if len(task.objectives) > 1 else f"(a number ({names}),)"
    )
    bounds = ["above 0" if _least(task, name) else "at least 0" for name in task.cost_names]
    if len(bounds) > 1:
        costs = ", ".join(f"{name} {bound}" for name, bound in zip(task.cost_names, bounds, strict=True))
        return f"expected {several}, in which nan is a failed training, and a tuple of its costs, finite: {costs}"
    return f"expected {several}, in which nan is a failed training, and its seconds, finite and {bounds[0]}"
