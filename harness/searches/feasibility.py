"""By how much architectures break the constraints of a benchmark, whether it lists them or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from nasbed.vocabulary import Benchmark

if TYPE_CHECKING:
    import numpy as np


@runtime_checkable
class BoundedWithoutList(Protocol):
    """A benchmark of which no list says how its architectures break its constraints: it computes that of those it is asked for."""

    def violation_of(self, index: np.ndarray) -> np.ndarray:
        """By how much architectures break the constraints, of the shape of ``index``, 0 where they are feasible."""


def violations_of(benchmark: Benchmark, index: np.ndarray) -> np.ndarray | None:
    """By how much architectures of these indices break the constraints, of the shape of ``index``, 0 where they are feasible;
    ``None`` where the benchmark has no constraints.

    >>> import numpy as np, nasbed
    >>> table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", "latency"])
    >>> violations_of(table, np.array([0, 1])) is None
    True
    """
    if isinstance(benchmark, BoundedWithoutList) and benchmark.constraints:
        return benchmark.violation_of(index)
    every = benchmark.violations()
    return None if every is None else every[index]
