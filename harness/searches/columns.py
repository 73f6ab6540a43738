"""Records of searches: which columns they have, of which type, what each means and which sign its numbers have.

Whatever makes, stores, reads or shows records takes names and types from here. In records a value is in the natural numbers of its
objective, as users read it; :func:`signed` turns it into what a search saw, where higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nasbed.errors import StudyError
from nasbed.searches.feasibility import violations_of
from nasbed.vocabulary import Benchmark

if TYPE_CHECKING:
    import numpy as np

Columns = dict[str, "np.ndarray"]
"""Records as arrays by name, with one entry for each record."""


@dataclass(frozen=True)
class RecordColumn:
    """A column of records. ``dtype`` is its type in memory and on disk, by NumPy's name; Arrow's type is the same, and a text for
    ``object``, which are Python's whole numbers.
    """

    name: str
    dtype: str
    meaning: str


STRATEGY = RecordColumn("strategy", "str", "label of the strategy")
BENCHMARK = RecordColumn("benchmark", "str", "label of the benchmark that was searched")
SEED = RecordColumn("seed", "int32", "seed of the run")
TRIAL = RecordColumn("trial", "int32", "number of the training within its run, in the order in which trainings began")
ARCHITECTURE = RecordColumn(
    "architecture",
    "int32",
    "index in the space; int64 where the space has more than 2^31, text of its digits where it has more than 2^63",
)
EPOCHS = RecordColumn("epochs", "int32", "fidelity: epochs of training")
ADDED = RecordColumn(
    "epochs_added",
    "int32",
    "epochs beyond those of the training that was resumed; only where the benchmark's can be",
)
COST = RecordColumn("cost", "float64", "seconds that the evaluation took")
TIME = RecordColumn("time", "float64", "seconds on the clock of the run when it arrived")
MEASURES = RecordColumn("measures", "int32", "measures asked for by then; only where the benchmark has measures")
LAST = RecordColumn("last", "bool", "whether the strategy ended its run here, before the budget did")
VALUE = RecordColumn("value", "float64", "first objective, in its unit and natural sign; nan where the training failed")
EVALUATION = RecordColumn(
    "evaluation",
    "int32",
    "number of the evaluation within its run, from 1; only where records made elsewhere lack some",
)
THINKING = RecordColumn("thinking", "float32", "seconds that the strategy took before the trial, to 8 significant bits")

TRAJECTORY = (ARCHITECTURE, EPOCHS, VALUE)
"""What makes two runs the same, in the order of arrival."""

NEEDED = (STRATEGY, BENCHMARK, SEED, ARCHITECTURE, VALUE, TIME)
"""Columns that a frame of records made elsewhere must have."""

OPTIONAL = (EPOCHS, LAST, TRIAL, ADDED, EVALUATION)
"""Columns that such a frame may have."""

TIMINGS = (SEED, TRIAL, THINKING)
"""Columns of the stored timings, with one record for each trial."""


def answers_of(benchmark: Benchmark) -> tuple[RecordColumn, ...]:
    """The columns of the stored answers of a benchmark, in their order: each objective is a column of its own name."""
    measures = (MEASURES,) if benchmark.measures else ()
    objectives = (RecordColumn(one.name, VALUE.dtype, f"in {one.unit}") for one in benchmark.objectives)
    added, further = (ADDED,) if benchmark.resumable else (), further_costs_of(benchmark)
    return SEED, TRIAL, _indices_of(benchmark), EPOCHS, *added, COST, TIME, *measures, LAST, *objectives, *further


def further_costs_of(benchmark: Benchmark) -> tuple[RecordColumn, ...]:
    """The columns of what evaluations of a benchmark cost beside seconds, by the names of the costs."""
    return tuple(
        RecordColumn(name, COST.dtype, f"{name} that the evaluation took") for name in benchmark.cost_names[1:]
    )


def further_objectives_of(benchmark: Benchmark) -> tuple[RecordColumn, ...]:
    """The columns of the objectives of a benchmark beside the first, by their names."""
    return tuple(RecordColumn(one.name, VALUE.dtype, f"{one.name}, in {one.unit}") for one in benchmark.objectives[1:])


def judged_of(benchmark: Benchmark) -> tuple[RecordColumn, ...]:
    """The columns without which a benchmark's records cannot be judged."""
    return SEED, VALUE, TIME, _indices_of(benchmark), EPOCHS, LAST, *further_costs_of(benchmark)


def index_dtype(count: int) -> str:
    """The type of the indices of a space of ``count`` architectures, by NumPy's name; Python's whole numbers, as objects, where
    64 bits do not hold them.

    >>> index_dtype(15_625), index_dtype(2**31), index_dtype(2**31 + 1), index_dtype(2**63), index_dtype(2**63 + 1)
    ('int32', 'int32', 'int64', 'int64', 'object')
    """
    if count <= 2**31:
        return ARCHITECTURE.dtype
    return "int64" if count <= 2**63 else "object"


def index_array(index: Sequence[int], count: int) -> np.ndarray:
    """Indices of a space of ``count`` architectures as an array of the type that records hold them in; NumPy on its own makes
    rounded floats of some beyond 63 bits.

    >>> index_array([5, 2**63], 2**70).tolist()
    [5, 9223372036854775808]
    """
    import numpy as np

    return np.array(index, dtype=index_dtype(count))


def content_of(values: np.ndarray) -> bytes:
    """The bytes that a digest of a column is made of: the memory of numbers, and the digits of Python's, a line each.

    >>> import numpy as np
    >>> content_of(np.array([1, 2], dtype="int8")), content_of(index_array([5, 2**70], 2**80))
    (b'\\x01\\x02', b'5\\n1180591620717411303424\\n')
    """
    if values.dtype == object:
        return "".join(f"{value}\n" for value in values.tolist()).encode()
    return values.tobytes()


def _indices_of(benchmark: Benchmark) -> RecordColumn:
    return RecordColumn(ARCHITECTURE.name, index_dtype(benchmark.space.size), ARCHITECTURE.meaning)


def arrays(columns: Sequence[RecordColumn], cells: Mapping[str, Any]) -> Columns:
    """Records of some columns as arrays of their types, in the order of ``columns``; ``cells`` are sequences by name."""
    import numpy as np

    return {column.name: np.asarray(cells[column.name], dtype=column.dtype) for column in columns}


def empty(columns: Sequence[RecordColumn]) -> Columns:
    """No records, in arrays of the right types."""
    return arrays(columns, dict.fromkeys((column.name for column in columns), ()))


def merge(parts: Sequence[Columns]) -> Columns:
    """Records of several batches as one, sorted by seed (stable, so the order within a run stays)."""
    import numpy as np

    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined[SEED.name], kind="stable")
    return {name: values[order] for name, values in joined.items()}


def valued(answers: Columns, benchmark: Benchmark) -> Columns:
    """Stored answers with their first objective under the name that it has in records of every benchmark."""
    first = benchmark.objectives[0].name
    return {name: values for name, values in answers.items() if name != first} | {VALUE.name: answers[first]}


def signed(records: Mapping[str, np.ndarray], benchmark: Benchmark) -> Columns:
    """Records with the value as a search sees it: higher is better, and ``nan`` where an architecture breaks the constraints of the
    benchmark, so that it is no incumbent.
    """
    import numpy as np

    values = benchmark.objectives[0].signed(records[VALUE.name])
    violations = violations_of(benchmark, records[ARCHITECTURE.name])
    if violations is not None:
        values = np.where(violations > 0, np.nan, values)
    return {**records, VALUE.name: values}


def taken_in(benchmark: Benchmark) -> set[str]:
    """The names of columns that records of a benchmark have whatever its objectives and costs are called."""
    measures = (MEASURES,) if benchmark.measures else ()
    added = (ADDED,) if benchmark.resumable else ()
    return {one.name for one in (*NEEDED, TRIAL, EVALUATION, EPOCHS, *added, COST, LAST, *measures)}


def require_storable(benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.StudyError` for objectives that have the name of another column."""
    others = {*taken_in(benchmark), *benchmark.cost_names[1:]}
    for place, objective in enumerate(benchmark.objectives):
        if objective.name in others and (place or objective.name != VALUE.name):
            raise StudyError(
                f"{benchmark.label}: an objective is named {objective.name!r}, as another column of records is, so a study cannot"
                f" store it; name it otherwise, for example 'training_{objective.name}'"
            )
