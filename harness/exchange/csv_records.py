"""Records in a CSV file: a line of the names of columns, then a row an evaluation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from nasbed.errors import OptionError, named, shown
from nasbed.exchange.foreign import Foreign
from nasbed.searches.columns import ARCHITECTURE, BENCHMARK, STRATEGY, VALUE
from nasbed.vocabulary import Benchmark, Objective

_DECLARED = re.compile(r"(?P<name>\S+) \((?P<unit>[^,()]+)(?:, (?P<direction>[^,()]+))?\)")
"""The head of a column that declares the unit of its values and whether they are maximised: ``latency (s, min)``."""

_WHOLE = re.compile(r"^([0-9]+)\.0+$")
"""An index as a spreadsheet writes it, or pandas where a cell of the column is missing."""

_TEXTS = {one.name: pa.string() for one in (STRATEGY, BENCHMARK, ARCHITECTURE)}
"""Columns that are text though all of their cells look like numbers: a label may be 007, and architectures 000120."""


def read(path: Path | str, benchmarks: Mapping[str, Benchmark]) -> Foreign:
    """The rows as a frame of records; raises :class:`~nasbed.errors.OptionError`.

    Labels and architectures stay the texts that they are, also where all of them look like numbers.

    The first objective is the column ``value``, or that of its name where there is no ``value``; the others are the columns of
    their names. A head may declare unit and direction, as ``latency (s, min)``; they must be those of the benchmarks.
    """
    place = Path(path)
    try:
        frame = csv.read_csv(place, convert_options=csv.ConvertOptions(column_types=_TEXTS)).to_pandas()
    except (OSError, ValueError) as error:  # Arrow raises kinds of both
        what = getattr(error, "strerror", None) or str(error).strip()
        raise OptionError(
            f"{named(place)} is no CSV file that can be read: {what}; expected a line of names, then a row an evaluation"
        ) from None
    if len(frame.columns) == 1 and (apart := next((one for one in ";\t" if one in frame.columns[0]), "")):
        raise OptionError(f"{named(place)}: its columns are separated by {shown(apart)}; expected commas")
    heads = [_name(head, benchmarks) for head in frame.columns]
    firsts = {one.objectives[0].name for one in benchmarks.values()}
    frame.columns = heads if VALUE.name in heads else [VALUE.name if head in firsts else head for head in heads]
    if heads.count(ARCHITECTURE.name) == 1:
        frame[ARCHITECTURE.name] = [_WHOLE.sub(r"\1", text) for text in frame[ARCHITECTURE.name].astype(str)]
    return Foreign(frame, [], [place])


def _name(head: str, benchmarks: Mapping[str, Benchmark]) -> str:
    """The name of a column, of which what its head declares is checked."""
    declared = _DECLARED.fullmatch(head.strip())
    if declared is None:
        return head
    name, unit, direction = declared["name"], declared["unit"], declared["direction"]
    values = {label: _objective(name, one) for label, one in benchmarks.items()}
    for label, objective in values.items():
        if objective is None:
            continue
        expected = "max" if objective.maximise else "min"
        if unit != objective.unit or direction not in (None, expected):
            raise OptionError(
                f"column {shown(head)}: {objective.name} of {label} is recorded in {objective.unit} and {expected}imised; give it"
                f" in that unit and direction, under '{name} ({objective.unit}, {expected})' or {name}"
            )
    return name if any(values.values()) else head


def _objective(name: str, benchmark: Benchmark) -> Objective | None:
    """The objective of a benchmark whose values a column of this name holds."""
    return (
        benchmark.objectives[0]
        if name == VALUE.name
        else next((one for one in benchmark.objectives if one.name == name), None)
    )
