"""Runs that COCO has logged, as records of a benchmark, as far as its files say which architecture was evaluated when.

COCO's loggers write some evaluations of a run alone. Their numbers are kept, so that all are counted, and what a run found best
must be among them, or nothing says which architecture it returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, named
from nasbed.exchange.coco_files import OTHERWISE, LoggedRow, LoggedRun, runs_of
from nasbed.exchange.foreign import Foreign
from nasbed.searches.columns import ARCHITECTURE, EVALUATION, VALUE
from nasbed.vocabulary import Benchmark, Objective

_UNWRITTEN = 1e21
"""From where on a value is the mark of one that is infinite (3e21) or missing (2e21)."""

_ROUNDED = 1e-9
"""How far, as a share, two numbers may lie apart that were written with ten digits."""


def read(path: Path | str, benchmarks: Mapping[str, Benchmark]) -> Foreign:
    """The runs of an ``.info`` file, or of all in a folder, as a frame of records; raises :class:`~nasbed.errors.OptionError`.

    All are of one function, and of the one benchmark that is given. x1, x2, ... are the choices of an architecture by number, from
    0 on. Several objectives are those of the benchmark, in its order. The seed of a run is its instance where an algorithm has each
    once, else its place, from 0 on.
    """
    place = Path(path)
    infos = sorted(place.rglob("*.info")) if place.is_dir() else [place]
    if not infos:
        raise OptionError(f"{named(place)} holds no .info file; expected a folder of COCO's data")
    if len(benchmarks) > 1:
        raise OptionError(
            f"nothing in COCO's data says which of {', '.join(benchmarks)} they are of; name one with --dataset"
        )
    ((label, benchmark),) = benchmarks.items()
    names = [one.name for one in benchmark.objectives]
    heads = [VALUE.name, *names[1:]]
    runs, sources = zip(*map(runs_of, infos), strict=True)
    by_algorithm: dict[str, list[LoggedRun]] = {}
    for run in (run for some in runs for run in some):
        by_algorithm.setdefault(run.algorithm, []).append(run)
    functions = list(dict.fromkeys(run.function for some in by_algorithm.values() for run in some))
    if len(functions) > 1:
        raise OptionError(
            f"{named(place)} holds runs of several functions, {', '.join(functions)}, and {label} is one; import the .info file of"
            " one"
        )
    frames, remarks, hidden = [], dict[str, None](), 0
    for algorithm, some in by_algorithm.items():
        instances = [run.instance for run in some]
        numbered = len(set(instances)) < len(instances)
        if numbered:
            remarks[
                f"{algorithm} has instances more than once, so its runs are numbered from 0, as they stand in the files"
            ] = None
        for number, run in enumerate(some):
            rows, unseen = _records(run, len(benchmark.space.choices), label)
            hidden += unseen > 0
            values = np.array([(row.value, *row.further) for row in rows])
            if values.shape[1] not in (1, len(names)):
                raise OptionError(
                    f"{named(run.data)} holds {values.shape[1]} objectives, and {label} {len(names)} ({', '.join(names)}); name"
                    " those that were searched, in their order, by --option objectives"
                )
            told = {EVALUATION.name: [row.evaluation for row in rows], ARCHITECTURE.name: [row.x for row in rows]}
            told |= dict(zip(heads, values.T.tolist(), strict=False))
            frames.append(pd.DataFrame({"strategy": algorithm, "seed": number if numbered else run.instance, **told}))
    if hidden:
        remarks[
            f"in {hidden:,} of {len(frames):,} runs the best was for a while an evaluation that is not in the files; until the next"
            " that is, the best before stands in its place"
        ] = None
    if not frames:
        raise OptionError(
            f"{named(place)} names no run; expected a line of a .dat file and its runs after that of funcId"
        )
    frame = pd.concat(frames, ignore_index=True)
    said: list[str] = []
    for name, objective in zip(heads, benchmark.objectives, strict=True):
        if name in frame:
            frame[name], done = _natural(frame[name].to_numpy(float), objective, place)
            said += done
    return Foreign(frame, [*said, *remarks], [file for some in sources for file in some])


def _records(run: LoggedRun, decisions: int, label: str) -> tuple[list[LoggedRow], int]:
    """The rows of a run, one for each evaluation that was logged, and how many of them say that the best was one that was not.

    Of the last number the row is that of the evaluation itself, where there is one, or of a best that no other row has; else the
    best told again, with the value that it had.
    """
    where = f"{named(run.data)}, instance {run.instance}"
    for row in run.rows:
        if len(row.x) != decisions:
            raise OptionError(
                f"{where}: x has {len(row.x)} numbers, and an architecture of {label} {decisions} decisions; import runs on that"
                " benchmark, whose x are the choices of an architecture by number (functions of COCO's own suites are no"
                " architectures)"
            )
    if not run.rows or run.rows[-1].evaluation != run.evaluations:
        there = f"the last row is of evaluation {run.rows[-1].evaluation:,}" if run.rows else "there is no row"
        raise OptionError(
            f"{where}: its .info file counts {run.evaluations:,} evaluations, and {there}; keep .info, .dat and .tdat files"
            " together, as they were written"
        )
    kept: list[LoggedRow] = []
    best, unseen, hides = None, 0, False
    for number, same in groupby(run.rows, key=lambda row: row.evaluation):
        rows = list(same)
        if number == run.evaluations and best is not None:
            rows = [row for row in rows if row.x != best.x] or [
                rows[-1]._replace(value=min(best.value, rows[-1].value))
            ]
        elif len({str(row.value) for row in rows}) > len({row.x for row in rows}):
            values = ", ".join(f"{row.value:.9g}" for row in rows)
            raise OptionError(
                f"{where}: evaluation {number:,} has the values {values} in its files; keep them as they were written"
            )
        kept.append(min(rows, key=_minimised))
        best = kept[-1] if best is None else min(best, kept[-1], key=_minimised)
        hides = kept[-1].best < _minimised(best) - _ROUNDED * max(1.0, abs(kept[-1].best))
        unseen += hides
    if hides:
        raise OptionError(
            f"{where}: the best of {run.evaluations:,} evaluations is {kept[-1].best:.9g}, and no row says which architecture it"
            " was of; log more targets, by the observer's option number_target_triggers (10000000 writes every improvement), or"
            f" {OTHERWISE}"
        )
    return kept, unseen


def _minimised(row: LoggedRow) -> float:
    """What the best row has least of."""
    return row.value if isfinite(row.value) else float("inf")


def _natural(values: np.ndarray, objective: Objective, place: Path) -> tuple[np.ndarray, list[str]]:
    """Values that were minimised in the natural numbers of their objective, and what was done to them."""
    values = np.where(np.abs(values) < _UNWRITTEN, values, np.nan)
    if not objective.maximise:
        return values, []
    known = values[np.isfinite(values)]
    if (known <= 0).all():
        return 0.0 - values, [f"values were minimised: {objective.name} is what stands in the files, its sign turned"]
    if objective.unit == "%" and (known >= 0).all():
        return 100.0 - values, [
            f"values were minimised: {objective.name} is 100 minus the error that stands in the files"
        ]
    raise OptionError(
        f"{named(place)}: values from {known.min():g} to {known.max():g}, and COCO minimises; expected {objective.name} in"
        f" {objective.unit} with its sign turned, so that none is above 0{', or an error in %' * (objective.unit == '%')}"
    )
