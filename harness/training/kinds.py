"""The kinds of data that networks are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.benchmarks.training.sequences.sequences import SequenceData
from nasbed.benchmarks.training.sequences.sources import is_sequences
from nasbed.errors import NasbedError
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


def trainers_of(text: str, used: NetworkBenchmark[Any], data: Any, folder: Path | str | None) -> list[str]:
    """The other benchmarks that train networks in whose space a text is an architecture: those on the ``data`` that are ``used``,
    and if there is none, those on data of another kind. An index says nothing of its space, so it is of none. A benchmark that
    needs other options for these data has the space of its own.
    """
    if text.strip().lstrip("+-").isdigit():
        return []
    found: dict[bool, list[str]] = {True: [], False: []}
    for name, made in _trainers():
        alike = made.kind is used.kind
        ways = [*([kind_of(made).options(data, folder, {})] if alike else []), {}]
        if name != used.name and any(_has(made, text, options) for options in ways):
            found[alike].append(name)
    return found[True] or found[False]


def _has(made: type[Any], text: str, options: dict[str, Any]) -> bool:
    """Whether the space of a benchmark with such options has an architecture; not where it cannot be made with them."""
    try:
        made(**options).space.parse(text)
    except NasbedError:
        return False
    return True


def _trainers() -> Iterator[tuple[str, Any]]:
    """Every benchmark by name that trains networks; what cannot be loaded is none."""
    from nasbed.benchmarks import REGISTRY

    for name in REGISTRY.names():
        with suppress(NasbedError):
            if issubclass(made := REGISTRY.load(name), NetworkBenchmark):
                yield name, made


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
