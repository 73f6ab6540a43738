"""Results as tables for other tools: one of all evaluations, and one of what came of each run, a few thousand runs at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from nasbed.results.known import tested
from nasbed.results.results import Results
from nasbed.results.series import TOGETHER, SeriesResult
from nasbed.searches import columns
from nasbed.searches.columns import RecordColumn

ARCHITECTURE = RecordColumn(columns.ARCHITECTURE.name, "str", "the architecture, as its space writes it")

_ORDER = (
    columns.STRATEGY,
    columns.BENCHMARK,
    columns.SEED,
    columns.TRIAL,
    columns.EVALUATION,
    ARCHITECTURE,
    columns.EPOCHS,
    columns.ADDED,
    columns.VALUE,
    columns.TIME,
    columns.COST,
    columns.LAST,
    columns.MEASURES,
)

_FINALS = {
    "strategy": "label of the strategy",
    "benchmark": "label of the benchmark that the search is judged on",
    "seed": "seed of the run",
    "validation_regret": "best noise-free validation value of the space minus that of the incumbent; lower is better",
    "test_regret": "best test value of the space minus that of the incumbent; lower is better",
    "validation": "noise-free validation value of the incumbent",
    "test": "test value of the incumbent",
    "evaluations": "evaluations of the run",
    "distinct": "networks among them that differ after removal of isomorphic copies",
    "seconds": "seconds on the clock of the run, which is simulated where answers are looked up",
}


class ExportTable(NamedTuple):
    """A table: its name, its columns, and what makes its rows, some at a time."""

    name: str
    columns: list[RecordColumn]
    blocks: Callable[[], Iterator[pd.DataFrame]]


def tables_of(results: Results) -> list[ExportTable]:
    """The table ``evaluations``, with the columns that :meth:`Results.from_frame` reads, and the table ``finals``."""
    return [_evaluations(results), _finals(results)]


def csv_of(table: ExportTable) -> Iterator[str]:
    """The text of a CSV file, in parts; numbers have all their digits."""
    for place, block in enumerate(table.blocks()):
        yield block.to_csv(index=False, header=not place, lineterminator="\n")


def parquet_of(table: ExportTable) -> bytes:
    """The bytes of a Parquet file."""
    schema = pa.schema([(one.name, pa.string() if one.dtype == "str" else _arrow(one.dtype)) for one in table.columns])
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for block in table.blocks():
            writer.write_table(pa.Table.from_pandas(block, schema=schema, preserve_index=False))
    return bytes(sink.getvalue().to_pybytes())


def sha256_of(path: Path | str) -> str:
    """The hexadecimal SHA-256 of a file, which is read in parts."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def searches_of(results: Results) -> list[tuple[str, SeriesResult]]:
    """Each search once, though it may be judged on several data sets: the label of what it searched, and its series."""
    found: dict[int, tuple[str, SeriesResult]] = {}
    for series in results.series:
        own = series.searched.label == series.scored.label
        if own or id(series.recorded) not in found:
            found[id(series.recorded)] = (series.benchmark if own else series.searched.label, series)
    return list(found.values())


def seed_blocks(series: SeriesResult) -> Iterator[list[int]]:
    """The seeds of a series, as many at a time as are held in memory together."""
    seeds = series.runs.seeds.tolist()
    for first in range(0, len(seeds), TOGETHER):
        yield seeds[first : first + TOGETHER]


def _arrow(dtype: str) -> pa.DataType:
    return pa.bool_() if dtype == "bool" else pa.type_for_alias(dtype)


def _evaluations(results: Results) -> ExportTable:
    searches = searches_of(results)
    there: dict[str, RecordColumn] = {}
    for _, series in searches:
        benchmark = series.searched
        further = *columns.further_objectives_of(benchmark), *columns.further_costs_of(benchmark)
        known = {one.name: one for one in (*_ORDER, *further)}
        held = series.records_of(series.runs.seeds[:1].tolist()).columns
        there |= {name: known[name] for name in ("strategy", "benchmark", *held) if name in known}
    first = [one for one in _ORDER if one.name in there]
    wanted = [*first, *(one for one in there.values() if one not in first)]

    def blocks() -> Iterator[pd.DataFrame]:
        texts: dict[int, Callable[[int], str]] = {}  # of spaces, which several benchmarks may share
        for label, series in searches:
            space = series.searched.space
            text = texts.setdefault(id(space), cache(lambda index, space=space: space.format(space.at(index))))
            for seeds in seed_blocks(series):
                frame = series.records_of(seeds)
                told: dict[str, Any] = {"strategy": series.strategy, "benchmark": label}
                told["architecture"] = [text(index) for index in frame["architecture"].tolist()]
                if columns.ADDED.name in there and columns.ADDED.name not in frame:
                    told[columns.ADDED.name] = frame[columns.EPOCHS.name]  # no training is resumed there
                yield frame.assign(**told).reindex(columns=[one.name for one in wanted])

    return ExportTable("evaluations", wanted, blocks)


def _finals(results: Results) -> ExportTable:
    frame = results.finals_of(results.series[0])
    lost = [] if any(map(tested, results.benchmarks.values())) else ["test_regret", "test"]
    kept = [name for name in frame.columns if name not in lost]
    types = {name: "str" if name in ("strategy", "benchmark") else frame[name].dtype.name for name in kept}

    def blocks() -> Iterator[pd.DataFrame]:
        for series in results.series:
            yield results.finals_of(series)[kept]

    described = [
        RecordColumn(name, dtype, _FINALS.get(name, f"{name} that the run took")) for name, dtype in types.items()
    ]
    return ExportTable("finals", described, blocks)
