"""What is true of a benchmark with several objectives: noise-free values and the front of its whole space."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from nasbed.errors import DataError, OptionError
from nasbed.results.known import known_referee
from nasbed.results.listing import listed
from nasbed.results.multiobjective.indicators import Bounds, Truth
from nasbed.statistics.recorded import mean_of_runs
from nasbed.vocabulary import HELD_OUT, VALIDATED, Benchmark

Split = Literal["validation", "test"]


def require_objectives(benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where a benchmark has a single objective, and so no front."""
    if len(benchmark.objectives) < 2:
        raise OptionError(
            f"{benchmark.label} has one objective, {benchmark.objectives[0].name}; a front needs two or more: name them in the"
            ' benchmark, as objectives = ["accuracy", "latency"], or leave it out with results.subset(benchmarks=...)'
        )


def noise_free(benchmark: Benchmark, split: Split = "validation") -> np.ndarray:
    """The values of every architecture without noise, (architectures, objectives), higher is better.

    The first objective is the referee's validation or test value; the others are means over the recorded trainings of the
    highest fidelity that is offered, or do not depend on a training. Raises :class:`~nasbed.errors.OptionError` for a single
    objective and :class:`~nasbed.errors.DataError` where there is no table.
    """
    others = recorded(benchmark)[1:]
    index, referee = np.arange(len(listed(benchmark, "a true front"))), known_referee(benchmark, "a true front")
    first = referee.validation(index) if split == "validation" else referee.test(index)
    return np.column_stack([first, *map(mean_of_runs, others)])


def recorded(benchmark: Benchmark) -> list[np.ndarray]:
    """What is recorded of each objective at the highest fidelity that is offered, (architectures, runs) or (architectures, 1).

    Raises :class:`~nasbed.errors.OptionError` for a single objective and :class:`~nasbed.errors.DataError` where there is no
    table.
    """
    require_objectives(benchmark)
    found = benchmark.recorded(benchmark.epochs[-1])
    if found is None:
        raise DataError(
            f"{benchmark.label} has no table of all its values, so its true front is unknown; use a benchmark that has one, as"
            " nasbench201, or tabulate it first"
        )
    return found[0]


def truth(benchmark: Benchmark, bounds: Bounds | None = None, split: Split = "validation") -> Truth:
    """The noise-free values of a benchmark (see :func:`noise_free`), in the bounds of its own space unless others are given.

    The bounds depend on the data alone, so they are the same for every study of a version of the data. Raises
    :class:`~nasbed.errors.OptionError` for bounds of other objectives.

    >>> import nasbed
    >>> table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", "flops"])
    >>> len(truth(table).front), round(truth(table).volume, 4)
    (13, 0.99)
    """
    own = _truth(benchmark, split)
    if bounds is None:
        return own
    if bounds.objectives != own.bounds.objectives:
        raise OptionError(
            f"the bounds given for {benchmark.label} are of {_named(bounds)}; its objectives are {_named(own.bounds)}; order, units"
            " and directions must be the same"
        )
    return own if bounds == own.bounds else _rescaled(benchmark, split, bounds)


@lru_cache(maxsize=16)
def _rescaled(benchmark: Benchmark, split: Split, bounds: Bounds) -> Truth:
    return Truth(_truth(benchmark, split).values, bounds)


@lru_cache(maxsize=16)
def _truth(benchmark: Benchmark, split: Split) -> Truth:
    values = noise_free(benchmark, split)
    return Truth(values, Bounds.of(values, benchmark.objectives))


def tested(benchmark: Benchmark, given: Bounds | None) -> Truth | None:
    """The test values; none where none was recorded, or where the benchmark is judged on held-out runs, since which those are
    depends on the run seen.
    """
    return None if benchmark.judged_on in (HELD_OUT, VALIDATED) else truth(benchmark, given, "test")


def _named(bounds: Bounds) -> str:
    return ", ".join(
        f"{objective.name} ({objective.unit}, {'maximised' if objective.maximise else 'minimised'})"
        for objective in bounds.objectives
    )
