"""A shard: the records of some seeds of a series as one Parquet file, which says what it holds and is verified when it is read.

Its description has the ``digest`` of the records as they are used, whatever of them is left out of the file
(:mod:`nasbed.studies.lookups`), and that of what is ``stored``: the description itself and the columns as they lie in the file.
Shards of before hold all records, and of the two digests the former alone, or none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nasbed.errors import NasbedError, StoreError
from nasbed.files import atomic_write
from nasbed.searches.columns import Columns, content_of
from nasbed.studies.arrow import from_arrow, to_arrow
from nasbed.studies.lookups import Shortened, is_shortened, whole
from nasbed.studies.series import canonical, loaded
from nasbed.vocabulary import Benchmark

ANEW = "delete it and run the study again to make it anew"
"""What can be done about a damaged shard."""


def digest(columns: Columns, description: str = "") -> str:
    """SHA-256 of the values, which does not depend on the version of the file format's writer, and of their ``description``."""
    total = hashlib.sha256(description.encode())
    for name in sorted(columns):
        total.update(f"{name}:{columns[name].dtype.str}:".encode())
        total.update(content_of(columns[name]))
    return total.hexdigest()


def write_shard(
    path: Path | str, columns: Columns, described: Mapping[str, Any], stored: Shortened | None = None
) -> None:
    """A Parquet file of numeric columns, or of what is left of them to be ``stored``; the same bytes each time. Indices beyond 64
    bits are texts of their digits, each once in the dictionary of their column.
    """
    left, form = stored or Shortened(columns, {})
    description = {**described, **form, "digest": digest(columns)}
    description["stored"] = digest(left, canonical(description))
    table = pa.table({name: to_arrow(values) for name, values in left.items()})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name, values in left.items() if values.dtype == object],
        column_encoding={name: encoding for name, values in left.items() if (encoding := _encoding(values))},
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"nasbed": canonical(description)})
    atomic_write(path, sink.getvalue().to_pybytes())


def _encoding(values: np.ndarray) -> str:
    """Parquet's encoding of a column; none in particular of truths."""
    return {"f": "BYTE_STREAM_SPLIT", "i": "DELTA_BINARY_PACKED"}.get(values.dtype.kind, "")


def description_of(path: Path | str) -> dict[str, Any]:
    """What a shard says of itself; raises :class:`~nasbed.errors.StoreError` where it is damaged."""
    with _damaged(path):
        return _described(pq.read_metadata(path).metadata)


def _described(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(metadata[b"nasbed"])
    content["seeds"] = list(map(int, content["seeds"]))
    return content


def verified(path: Path | str) -> tuple[Columns, dict[str, Any]]:
    """The columns as they lie in a shard, and what it says of itself; raises :class:`~nasbed.errors.StoreError` where they are not
    what was written.
    """
    with _damaged(path), pq.ParquetFile(path) as file:
        described, table = _described(file.metadata.metadata), file.read(use_threads=False)
        columns = {name: from_arrow(table.column(name)) for name in table.column_names}
    if "stored" in described:
        own = canonical({key: value for key, value in described.items() if key != "stored"})
        found, expected = digest(columns, own), described["stored"]
    else:
        found = digest(columns)
        expected = described.get("digest", found)
    if found != expected:
        raise StoreError(f"{path} is damaged: its digest differs; {ANEW}")
    return columns, described


def read_shard(path: Path | str) -> Columns:
    """The records of a shard, as :func:`read_described` gives them."""
    return read_described(path)[0]


def read_described(path: Path | str) -> tuple[Columns, dict[str, Any]]:
    """The records of a shard, with what its benchmark answers again, verified against the digest that it carries; and what it says
    of itself.

    Raises :class:`~nasbed.errors.StoreError` where it is damaged, and where the benchmark is not here or answers otherwise.
    """
    columns, described = verified(path)
    if not is_shortened(described):
        return columns, described
    benchmark = _benchmark_of(path, described)
    found = whole(columns, described, benchmark)
    if digest(found) != described["digest"]:
        raise StoreError(
            f"{path}: {benchmark.label} no longer answers what it answered when the study was run, although its data are the same;"
            " read it with the version of its code that ran the study, or run the study again"
        )
    return found, described


@contextmanager
def _damaged(path: Path | str) -> Iterator[None]:
    """What the file of a shard raises becomes a message that names it."""
    try:
        yield
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({' '.join(str(error).split())}); {ANEW}") from None


def _benchmark_of(path: Path | str, described: Mapping[str, Any]) -> Benchmark:
    """The benchmark in which the values of a shard are looked up, of the same data."""
    content = described["content"]["benchmark"]
    try:
        benchmark = loaded(content["use"], content["options"])
    except NasbedError as error:
        raise StoreError(
            f"{path}: its values are looked up in {content['use']}, which cannot be loaded: {error}"
        ) from None
    if benchmark.checksum != content["data"]:
        raise StoreError(
            f"{path}: its values are looked up in {benchmark.label}, whose data here are others than those that were searched"
            f" (checksum {benchmark.checksum[:12]}, not {content['data'][:12]}); bring those back, or run the study again"
        )
    return benchmark
