"""The kinds of data that networks are trained on."""

from __future__ import annotations

from typing import Any

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.training.image_kind import ImageKind
from nasbed.training.kind import DataKind

_KINDS: dict[type, DataKind] = {ImageData: ImageKind()}


def kind_of(benchmark: NetworkBenchmark[Any] | type[NetworkBenchmark[Any]]) -> DataKind:
    """The kind of the data of a benchmark, or of those of a class of them."""
    return _KINDS[benchmark.kind]
