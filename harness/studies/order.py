"""The order of a study: benchmarks first, as its file names them, and on each of them all strategies, as it names them.

Tables, figures with their legends and colours, reports, CSV and JSON show series in this order, whatever names they have; who
shows them takes it from ``Study.series``, or from ``series``, ``benchmarks`` and ``strategies`` of ``Results``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import TypeVar

B = TypeVar("B")
S = TypeVar("S")
T = TypeVar("T")


def crossed(benchmarks: Iterable[B], strategies: Iterable[S]) -> list[tuple[B, S]]:
    """Every strategy on every benchmark.

    >>> crossed(["c10", "c100"], ["tpe", "asha"])
    [('c10', 'tpe'), ('c10', 'asha'), ('c100', 'tpe'), ('c100', 'asha')]
    """
    return list(product(benchmarks, strategies))


def in_order(all_series: Iterable[T], names: Callable[[T], tuple[str, str]]) -> list[T]:
    """Series of every strategy on every benchmark, in the order of a study, in which benchmarks and strategies stand as they come
    first; ``names`` are the benchmark and the strategy of a series.

    >>> in_order([("c10", "tpe"), ("a", "tpe"), ("c10", "asha"), ("a", "asha")], tuple)
    [('c10', 'tpe'), ('c10', 'asha'), ('a', 'tpe'), ('a', 'asha')]
    """
    by_names = {names(series): series for series in all_series}
    benchmarks, strategies = (dict.fromkeys(of) for of in zip(*by_names, strict=True))
    return [by_names[pair] for pair in crossed(benchmarks, strategies)]
