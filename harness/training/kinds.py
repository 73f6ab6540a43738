"""The kinds of data that networks are trained on."""

from __future__ import annotations

from typing import Any

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.sources import is_sequences
from nasbed.training.image_kind import ImageKind
from nasbed.training.kind import DataKind
from nasbed.training.sequence_kind import SequenceKind

_KINDS: dict[type, DataKind] = {ImageData: ImageKind(), SequenceData: SequenceKind()}


def kind_of(benchmark: NetworkBenchmark[Any] | type[NetworkBenchmark[Any]]) -> DataKind:
    """The kind of the data of a benchmark, or of those of a class of them."""
    return _KINDS[benchmark.kind]


def benchmark_for(source: Any) -> str:
    """The benchmark that trains on a user's data where none is asked for: ``sequence`` on files of sequences, and in Python on
    texts, on series of several lengths, and on padded arrays with their lengths; else ``chain``.

    >>> benchmark_for("digits"), benchmark_for((["ab", "ba"], [0, 1]))
    ('chain', 'sequence')
    """
    sequences = _are_sequences(source) if isinstance(source, tuple) and source else is_sequences(source)
    return "sequence" if sequences else "chain"


def _are_sequences(source: tuple[Any, ...]) -> bool:
    examples = source[0]
    kind = getattr(getattr(examples, "dtype", None), "kind", "")
    if len(source) == 3 or kind == "U":
        return True
    if kind == "O" and getattr(examples, "ndim", 0) == 1:  # texts of pandas
        return any(isinstance(one, str) for one in examples)
    if not isinstance(examples, (list, tuple)):
        return False
    lengths = {len(one) for one in examples if hasattr(one, "__len__")}
    return len(lengths) > 1 or any(isinstance(one, str) for one in examples)
