"""NAS-Bench-Graph on eight data sets; import it with ``nasbed data fetch nasbench_graph``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from nasbed.benchmarks.spaces.nasbench_graph import NASBenchGraphSpace
from nasbed.benchmarks.tables.table import Table


class NASBenchGraph(Table):
    """26,206 graph networks for node classification, a space that is no product (Qin et al., NeurIPS 2022).

    Numbers are means over three trainings, accuracies in percent: there is no noise, and ``draw`` and ``mean`` answer the same.
    There are no training times, and the package does not say for how many epochs each data set was trained: a training costs 1
    simulated second and counts 1 epoch, so every budget counts trainings. ``objectives`` beside ``accuracy`` are ``latency``
    (seconds of a pass over the graph) and ``parameters`` (millions). Strategies that draw each decision by itself also draw outside
    the space.
    """

    table = "nasbench_graph"
    known = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv")
    space: NASBenchGraphSpace

    def __init__(self, dataset: str = "cora", objectives: Sequence[str] = ("accuracy",)) -> None:
        super().__init__(dataset, objectives=objectives)
        self.space = _space()

    def representatives(self) -> np.ndarray:
        """Each architecture itself: the space holds no network twice."""
        return np.arange(len(self.space))


@cache
def _space() -> NASBenchGraphSpace:
    return NASBenchGraphSpace()
