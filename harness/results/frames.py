"""Records made elsewhere, read from a frame and checked: a row an evaluation, in the order of arrival."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from reprlib import repr as shortened
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from nasbed.errors import NasbedError, OptionError, UnwiseWarning, shown
from nasbed.numeric import SEEDS
from nasbed.results.cells import label_of, seconds_of, text_of, truth_of, value_of, whole_of
from nasbed.results.recorded import require_recorded
from nasbed.results.series import SeriesResult, series_result
from nasbed.results.thinking import RunThinking
from nasbed.results.unlogged import every_evaluation
from nasbed.searches import columns
from nasbed.searches.columns import Columns, RecordColumn
from nasbed.searches.rules import Rules
from nasbed.studies.appearance import LABEL, is_label
from nasbed.studies.order import crossed
from nasbed.vocabulary import Benchmark, Space, Spending

_NEEDED = tuple(column.name for column in columns.NEEDED)
_OPTIONAL = tuple(column.name for column in columns.OPTIONAL)


def series_of_frame(
    frame: pd.DataFrame, benchmarks: Mapping[str, Benchmark] | Benchmark, rules: Rules, *, common: bool = False
) -> list[SeriesResult]:
    """The runs by strategy and benchmark, judged; raises :class:`~nasbed.errors.OptionError`.

    Every row is judged, or the frame is refused with the first row that cannot be; rows are counted from 0. With ``common`` runs of
    seeds that not every strategy has on every benchmark are left out, with a warning that says how many.
    """
    known = _known(benchmarks)
    rows = _rows(frame, known)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, names in enumerate(zip(rows.benchmark, rows.strategy, strict=True)):
        groups.setdefault(names, []).append(row)
    if common:
        groups = _paired(groups, rows)
    seeds = tuple(sorted({rows.seed[row] for places in groups.values() for row in places}))
    _require_whole(groups, rows, seeds)
    all_series = []
    for (label, strategy), places in groups.items():
        benchmark, where = known[label], f"{shown(strategy)} on {shown(label)}"
        columns.require_storable(benchmark)
        places.sort(key=lambda row: rows.seed[row])
        answers = _answers(rows, places, benchmark, where, rules.noise)
        if (cost := rules.budget.meter.cost) and cost not in rows.costs:
            raise OptionError(f"the frame has no column {shown(cost)}, which a budget of {rules.budget} counts; add it")
        if columns.EVALUATION.name in answers and rules.incumbent == "mean":
            raise OptionError(
                f"{where}: records lack evaluations, so means over repeats are unknown; judge them by the incumbent rule best"
            )
        _require_within(answers, benchmark, rules, where)
        all_series.append(
            series_result(strategy, label, benchmark, benchmark, rules, answers, seeds, RunThinking.unknown(len(seeds)))
        )
    return all_series


@dataclass(frozen=True)
class _Rows:
    """The columns of a frame, a list each. ``epochs``, ``last``, ``trial``, ``added`` and ``evaluation`` are ``None`` where there
    is none, and ``costs`` and ``objectives``, which are those beside the first, hold those that there are.
    """

    strategy: list[str]
    benchmark: list[str]
    seed: list[int]
    architecture: list[Any]
    value: list[float]
    time: list[float]
    epochs: list[int] | None
    last: list[bool] | None
    trial: list[int] | None
    added: list[int] | None
    evaluation: list[int] | None
    costs: dict[str, list[float]]
    objectives: dict[str, list[float]]


def _known(benchmarks: Mapping[str, Benchmark] | Benchmark) -> dict[str, Benchmark]:
    """The benchmarks by label."""
    if isinstance(benchmarks, Benchmark):
        return {benchmarks.label: benchmarks}
    if (
        not isinstance(benchmarks, Mapping)
        or not benchmarks
        or not all(is_label(label) and isinstance(one, Benchmark) for label, one in benchmarks.items())
    ):
        raise OptionError(
            f"benchmarks = {text_of(benchmarks)}; expected a benchmark, or a mapping from labels to benchmarks; a label is {LABEL}"
        )
    return dict(benchmarks)


def _rows(frame: object, known: Mapping[str, Benchmark]) -> _Rows:
    """The columns of a frame, each cell of the right kind."""
    if not isinstance(frame, pd.DataFrame):
        raise OptionError(f"{type(frame).__name__} given; expected a pandas DataFrame")
    names = [name for name in frame.columns if isinstance(name, str)]
    for name in _NEEDED:
        if name not in names:
            raise OptionError(
                f"the frame has no column {name!r}; expected {', '.join(_NEEDED)} (and {', '.join(_OPTIONAL)}), it has"
                f" {text_of(list(frame.columns))}"
            )
    for name in names:
        if name in (*_NEEDED, *_OPTIONAL) and names.count(name) > 1:
            raise OptionError(f"the frame has {names.count(name)} columns {name!r}; expected one")
        meant = [] if name in (*_NEEDED, *_OPTIONAL) else get_close_matches(name.strip().lower(), _OPTIONAL, 1, 0.8)
        if meant and meant[0] not in names:
            raise OptionError(
                f"the frame has a column {shown(name)}; did you mean {meant[0]!r}? Rename it, or leave it out"
            )
    further = {one.name: one for benchmark in known.values() for one in columns.further_costs_of(benchmark)}
    objectives = {one.name: one for benchmark in known.values() for one in columns.further_objectives_of(benchmark)}
    if not len(frame):
        raise OptionError("the frame has no rows")

    def column(one: RecordColumn, read: Callable[[Any], Any], expected: str) -> list[Any]:
        cells = frame[one.name].tolist()
        found = []
        for row, cell in enumerate(cells):
            try:
                found.append(read(cell))
            except (TypeError, ValueError, OverflowError):
                _refuse(row, one.name, cell, expected)
        return found

    def optional(one: RecordColumn, read: Callable[[Any], Any], expected: str) -> list[Any] | None:
        return column(one, read, expected) if one.name in names else None

    rows = _Rows(
        column(columns.STRATEGY, label_of, "a name, as text of one line"),
        column(columns.BENCHMARK, label_of, f"a label, as text of one line: {', '.join(known)}"),
        column(columns.SEED, whole_of, f"a whole number from 0 to {SEEDS - 1:,}"),
        frame[columns.ARCHITECTURE.name].tolist(),
        column(
            columns.VALUE, value_of, "a number (nan: the training failed); pandas.to_numeric makes numbers of texts"
        ),
        column(columns.TIME, seconds_of, "seconds, a finite number that is not negative"),
        optional(columns.EPOCHS, whole_of, "a whole number"),
        optional(columns.LAST, truth_of, "true or false"),
        optional(columns.TRIAL, whole_of, "a whole number that is not negative"),
        optional(columns.ADDED, whole_of, "a whole number of epochs"),
        optional(columns.EVALUATION, whole_of, "the number of the evaluation in its run, from 1 on"),
        {
            name: column(one, seconds_of, f"{name}, a finite number that is not negative")
            for name, one in further.items()
            if name in names
        },
        {
            name: column(one, value_of, f"a number, {one.meaning} (nan where there is none)")
            for name, one in objectives.items()
            if name in names
        },
    )
    for row, label in enumerate(rows.benchmark):
        if label not in known:
            _refuse(row, columns.BENCHMARK.name, label, f"one that is given: {', '.join(known)}")
    return rows


def _refuse(row: int, name: str, cell: object, expected: str) -> NoReturn:
    raise OptionError(f"row {row} of the frame, column {shown(name)}: {text_of(cell)}; expected {expected}")


def _paired(groups: Mapping[tuple[str, str], list[int]], rows: _Rows) -> dict[tuple[str, str], list[int]]:
    """The rows of the seeds that all strategies have on all benchmarks, by benchmark and strategy; a warning says what else there
    is. Raises :class:`~nasbed.errors.OptionError` where no seed is common.
    """
    held = {names: {rows.seed[row] for row in places} for names, places in groups.items()}
    common = set.intersection(*held.values())
    left = {names: len(seeds - common) for names, seeds in held.items() if seeds - common}
    if not left:
        return dict(groups)
    if not common:
        which = "; ".join(
            f"{shown(names[1])} on {shown(names[0])}: {shortened(sorted(of))}" for names, of in held.items()
        )
        raise OptionError(
            f"no seed is common to all strategies and benchmarks ({which}); runs are paired by seed: number those of every strategy"
            " alike, as from 0 on, or import the strategies into folders of their own"
        )
    counts = ", ".join(f"{count:,} of {strategy} on {label}" for (label, strategy), count in left.items())
    warnings.warn(
        f"runs are paired by seed: kept are those of the {len(common):,} seeds that every strategy has on every benchmark;"
        f" left out are the runs of other seeds: {counts}",
        UnwiseWarning,
        stacklevel=4,
    )
    return {names: [row for row in places if rows.seed[row] in common] for names, places in groups.items()}


def _require_whole(groups: Mapping[tuple[str, str], Sequence[int]], rows: _Rows, seeds: Sequence[int]) -> None:
    """Every strategy needs runs of the same seeds on every benchmark."""
    for label, strategy in crossed(dict.fromkeys(rows.benchmark), dict.fromkeys(rows.strategy)):
        here = {rows.seed[row] for row in groups.get((label, strategy), ())}
        if missing := [seed for seed in seeds if seed not in here]:
            raise OptionError(
                f"{shown(strategy)} on {shown(label)} lacks seeds that others have ({shortened(missing)}); every strategy"
                " needs the same seeds on every benchmark"
            )


def _answers(rows: _Rows, places: Sequence[int], benchmark: Benchmark, where: str, noise: str) -> Columns:
    """The records of a strategy on a benchmark as columns, in which what the benchmark cannot have said is refused."""
    space, top = benchmark.space, benchmark.epochs[-1]
    read = cache(lambda text: space.index(space.parse(text)))
    indices = []
    for row in places:
        cell = rows.architecture[row]
        try:
            indices.append(read(cell) if isinstance(cell, str) else _index(space, cell))
        except (NasbedError, LookupError, TypeError, ValueError, OverflowError) as error:
            said = f": {error}" if isinstance(error, NasbedError) else ""
            raise OptionError(
                f"the frame's architectures for {where}, row {row}: {text_of(cell)}; expected the text of an architecture, a tuple"
                f" of choices, or an index from 0 to {space.size - 1:,}{said}"
            ) from None
    epochs = [top if rows.epochs is None else rows.epochs[row] for row in places]
    for row, number in zip(places, epochs, strict=True):
        if number not in benchmark.epochs:
            _refuse(
                row, columns.EPOCHS.name, number, f"one of {benchmark.label}: {', '.join(map(str, benchmark.epochs))}"
            )
    cells = {
        columns.SEED.name: [rows.seed[row] for row in places],
        columns.VALUE.name: [rows.value[row] for row in places],
        columns.TIME.name: [rows.time[row] for row in places],
        columns.ARCHITECTURE.name: indices,
        columns.EPOCHS.name: epochs,
        columns.LAST.name: [rows.last is not None and rows.last[row] for row in places],
    }
    if benchmark.resumable and rows.added is not None:
        for row, whole in zip(places, epochs, strict=True):
            if not 1 <= rows.added[row] <= whole:
                _refuse(row, columns.ADDED.name, rows.added[row], f"from 1 to the epochs of the training, {whole}")
        cells[columns.ADDED.name] = [rows.added[row] for row in places]
    further = [one for one in columns.further_objectives_of(benchmark) if one.name in rows.objectives]
    cells |= {one.name: [rows.objectives[one.name][row] for row in places] for one in further}
    missing = np.full(len(places), np.nan)
    for cost in columns.further_costs_of(benchmark):
        cells[cost.name] = [rows.costs[cost.name][row] for row in places] if cost.name in rows.costs else missing
    if rows.evaluation is not None:
        cells[columns.EVALUATION.name] = [rows.evaluation[row] for row in places]
    others = [one for one in (columns.ADDED, columns.EVALUATION) if one.name in cells]
    records = columns.arrays([*columns.judged_of(benchmark), *others, *further], cells)
    require_recorded(records, places, benchmark, noise)
    _require_runs(records, places, rows.trial, where)
    return _numbered(records, places, benchmark, where)


def _numbered(records: Columns, places: Sequence[int], benchmark: Benchmark, where: str) -> Columns:
    """Records without the numbers of evaluations where none is lacking. What is lacking is counted, so it must be known what it
    was: a training at the same fidelity as all others.
    """
    if (numbers := records.get(columns.EVALUATION.name)) is None:
        return records
    first = np.diff(records[columns.SEED.name], prepend=-1) != 0
    if (early := np.flatnonzero(np.where(first, numbers < 1, np.diff(numbers, prepend=0) < 1))).size:
        expected = "numbers that rise within a run, from 1 on, in the order of arrival"
        _refuse(places[int(early[0])], columns.EVALUATION.name, int(numbers[early[0]]), expected)
    if (np.where(first, numbers, np.diff(numbers, prepend=0)) == 1).all():
        return {name: values for name, values in records.items() if name != columns.EVALUATION.name}
    if benchmark.resumable or columns.further_costs_of(benchmark) or len(np.unique(records[columns.EPOCHS.name])) > 1:
        raise OptionError(
            f"{where}: records lack evaluations, by their numbers, and what those took is unknown where trainings differ in"
            " fidelity, go on from others, or cost more than time; log every evaluation"
        )
    return records


def _index(space: Space, cell: object) -> int:
    """The index of an architecture that is written as a tuple of choices or as an index."""
    if isinstance(cell, (tuple, list, np.ndarray)):
        return space.index(tuple(whole_of(choice) for choice in cell))
    index = whole_of(cell, space.size)
    space.at(index)
    return index


def _require_runs(records: Columns, places: Sequence[int], trials: list[int] | None, where: str) -> None:
    """Within a run times do not decrease, the mark of the last evaluation is on the last, and trials are numbered once."""
    seeds, time, last = (records[one.name] for one in (columns.SEED, columns.TIME, columns.LAST))
    same = np.diff(seeds) == 0
    if (backwards := np.flatnonzero((np.diff(time) < 0) & same)).size:
        after = int(backwards[0]) + 1
        raise OptionError(
            f"{where}, seed {seeds[after]}: times decrease at row {places[after]}; rows must be in the order of arrival"
        )
    if (early := np.flatnonzero(last[:-1] & same)).size:
        _refuse(places[int(early[0])], columns.LAST.name, True, "true on the last row of a run only")
    if trials is None:
        return
    seen = set()
    for seed, row in zip(seeds.tolist(), places, strict=True):
        if (seed, trials[row]) in seen:
            once = f"each trial of a run once; {where}, seed {seed}, has it before: is the frame there twice?"
            _refuse(row, columns.TRIAL.name, trials[row], once)
        seen.add((seed, trials[row]))


def _require_within(answers: Columns, benchmark: Benchmark, rules: Rules, where: str) -> None:
    """Nothing may arrive after the budget; and a run that neither ended by itself nor spent it is warned about.

    Where trainings go on and the frame does not say how many epochs were added, of each architecture the most count.
    """
    budget, further, answers = rules.budget, benchmark.cost_names[1:], every_evaluation(answers)
    by_run = pd.DataFrame(answers).groupby("seed")
    unsaid = benchmark.resumable and columns.ADDED.name not in answers
    epochs = by_run[columns.ADDED.name if columns.ADDED.name in answers else columns.EPOCHS.name].sum()
    if unsaid:
        epochs = pd.DataFrame(answers).groupby(["seed", "architecture"])["epochs"].max().groupby("seed").sum()
    spending = Spending(by_run.size(), epochs, by_run["time"].max(), {name: by_run[name].sum() for name in further})
    per = budget.meter.reading(spending)
    if (spent := float(per.max())) > budget.amount:
        raise OptionError(f"{where}: a run has {spent:,.10g} {budget.kind}, more than its budget of {budget}")
    if unsaid and budget.meter.epoch:
        return
    most = {name: rules.workers * float(answers[name].max()) for name in further}
    least = budget.meter.reading(Spending(1, benchmark.epochs[-1], rules.workers * _longest(answers), most))
    left = budget.amount - per
    open_ = left.index[(left >= least) & (left > 0) & ~by_run["last"].any()]
    if len(open_):
        seed, more = open_[0], f"; so do {len(open_) - 1} more" if len(open_) > 1 else ""
        warnings.warn(
            f"{where}, seed {seed}: the run spent {per[seed]:,.10g} of its budget of {budget}, and nothing says that"
            f" it ended by itself{more}. Mark its last row with last = true where its strategy stopped, or give the budget under"
            " which it was run",
            UnwiseWarning,
            stacklevel=4,
        )


def _longest(answers: Columns) -> float:
    """The longest time from one arrival of a run to the next, or to its first."""
    seeds, time = answers[columns.SEED.name], answers[columns.TIME.name]
    first = np.append(True, np.diff(seeds) != 0)
    return float(np.where(first, time, np.diff(time, prepend=0.0)).max())
