"""IOHprofiler's data format: a JSON file for each algorithm and function, and beside it files of evaluations, a row each.

Facts of the format (IOHexperimenter 0.3 and later): the JSON names ``algorithm``, ``function_name``, ``maximization``, the
``attributes`` (columns) and ``run_attributes``, and ``scenarios``, each with a ``dimension``, the ``path`` of its file and its
``runs``. In that file each run begins with a line of the names of the columns; the first two are ``evaluations``, which counts
from 1, and ``raw_y``; with the positions stored the last are ``x0``, ``x1`` and so on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, named, shown
from nasbed.exchange.completing import unknown_label
from nasbed.exchange.foreign import Foreign
from nasbed.exchange.tables import searches_of, seed_blocks
from nasbed.files import Content
from nasbed.results.series import SeriesResult
from nasbed.searches.columns import ADDED, EPOCHS, EVALUATION, LAST, SEED, TIME, Columns
from nasbed.vocabulary import Space

EVALUATIONS, VALUE = "evaluations", "raw_y"
"""The first two columns of a file of evaluations."""

_KEPT = tuple(one.name for one in (TIME, EPOCHS, ADDED, LAST))
"""Columns of records that are columns of the file, too, where a run has them."""

_POSITION = re.compile("x[0-9]+")

OTHERWISE = "log every evaluation, by triggers = [ioh.logger.trigger.ALWAYS]"


def files_of(results: Any) -> dict[str, Content]:
    """The files of results, by their path in the folder of the export: a folder for each strategy that has evaluated anything."""
    files: dict[str, Content] = {}
    numbers: dict[str, int] = {}
    folders: dict[str, str] = {}
    for label, series in searches_of(results):
        number = numbers.setdefault(label, len(numbers) + 1)
        if not series.runs.count.any():
            continue
        name = re.sub(r"[^A-Za-z0-9_.+-]+", "_", label)
        mine = re.sub(r"[^A-Za-z0-9_.+-]+", "_", series.strategy).lstrip(".") or "strategy"
        free = (
            place for step in count(1) if (place := mine if step == 1 else f"{mine}-{step}") not in folders.values()
        )
        folder = (
            folders.setdefault(series.strategy, next(free))
            if series.strategy not in folders
            else folders[series.strategy]
        )
        data = f"data_f{number}_{name}/IOHprofiler_f{number}_DIM{len(series.searched.space.choices)}.dat"
        files[f"{folder}/{data}"] = _rows(series)
        files[f"{folder}/IOHprofiler_f{number}_{name}.json"] = [_about(series, number, label, data)]
    return files


def _columns(series: SeriesResult) -> list[str]:
    """The columns of the file of a series."""
    held = series.records_of(series.runs.seeds[:1].tolist()).columns
    decisions = [f"x{place}" for place in range(len(series.searched.space.choices))]
    return [EVALUATIONS, VALUE, *(name for name in _KEPT if name in held), "architecture", *decisions]


def _rows(series: SeriesResult) -> Iterator[str]:
    """The file of a series, a run at a time."""
    names, space = _columns(series), series.searched.space
    kept = [name for name in _KEPT if name in names]
    choices = cache(lambda index: " ".join(map(str, (index, *space.at(index)))))
    head = " ".join(names) + "\n"
    for _, run in _runs_of(series):
        told = (run[name].astype(float).tolist() for name in ("value", *kept))
        numbers = zip(_numbers(run), *told, strict=True)
        archs = map(choices, run["architecture"].tolist())
        yield head + "".join(f"{' '.join(map(repr, row))} {arch}\n" for row, arch in zip(numbers, archs, strict=True))


def _runs_of(series: SeriesResult) -> Iterator[tuple[int, Columns]]:
    """The seed and the records of each run that has evaluated anything, in the order of seeds."""
    for seeds in seed_blocks(series):
        records = series.recorded(seeds)
        begins = np.searchsorted(records[SEED.name], [*seeds, seeds[-1] + 1])
        for seed, (begin, end) in zip(seeds, pairwise(begins.tolist()), strict=True):
            if begin < end:
                yield seed, {name: values[begin:end] for name, values in records.items()}


def _numbers(run: Columns) -> list[int]:
    """The numbers of the evaluations of a run, from 1 on."""
    numbers: list[int] = run[EVALUATION.name].tolist() if EVALUATION.name in run else []
    return numbers or list(range(1, len(run["value"]) + 1))


def _about(series: SeriesResult, number: int, label: str, data: str) -> str:
    objective, space = series.searched.objectives[0], series.searched.space
    runs = []
    for seed, run in _runs_of(series):
        signed = objective.signed(run["value"])
        at = int(np.nanargmax(signed)) if np.isfinite(signed).any() else 0
        places = _numbers(run)
        found = {"evals": places[at], "y": float(run["value"][at]), "x": list(space.at(int(run["architecture"][at])))}
        runs.append({"instance": 1, "evals": places[-1], "best": found, "seed": seed})
    content = {
        "version": "0.3.18",
        "suite": "nasbed",
        "function_id": number,
        "function_name": label,
        "maximization": objective.maximise,
        "algorithm": {"name": series.strategy, "info": ""},
        "run_attributes": ["seed"],
        "attributes": [name for name in _columns(series) if not _POSITION.fullmatch(name)],
        "scenarios": [{"dimension": len(space.choices), "path": data, "runs": runs}],
    }
    return json.dumps(content) + "\n"


def read(path: Path | str, spaces: Mapping[str, Space], maximised: Mapping[str, bool]) -> Foreign:
    """The runs of a JSON file, or of all in a folder, as a frame of records; raises :class:`~nasbed.errors.OptionError`.

    ``spaces`` and ``maximised`` are those of the benchmarks by label. A function is the benchmark of its name, or the only one. The
    seed is a run's attribute ``seed``, else the number of the run in its file, from 0 on.
    """
    place = Path(path)
    files = sorted(place.rglob("IOHprofiler_*.json")) if place.is_dir() else [place]
    if not files:
        raise OptionError(
            f"{named(place)} holds no IOHprofiler_*.json; expected a folder that IOHexperimenter has written"
        )
    frames: list[pd.DataFrame] = []
    remarks: dict[str, None] = {}
    sources: list[Path] = []
    for file in files:
        content = _content(file)
        label = _label(content, spaces)
        if bool(content.get("maximization")) is not maximised[label]:
            raise OptionError(
                f"{named(file)}: maximization = {shown(content.get('maximization'))}, and {label} is"
                f" {'maximised' if maximised[label] else 'minimised'}; log the value in its own unit and sign, with that direction"
            )
        sources.append(file)
        done = 0
        for scenario in content["scenarios"]:
            data = file.parent / str(scenario.get("path"))
            runs = _runs(data)
            told = scenario.get("runs", [])
            if len(told) != len(runs):
                raise OptionError(
                    f"{named(data)} has {len(runs)} runs, and {named(file)} names {len(told)}; export it again whole"
                )
            sources.append(data)
            for run, about in zip(runs, told, strict=True):
                seed = about.get("seed", done)
                done += 1
                frame = _records(run, about, data, spaces[label])
                frames.append(frame.assign(strategy=content["algorithm"]["name"], benchmark=label, seed=seed))
                if "seed" not in about:
                    remarks["runs have no attribute seed and are numbered from 0 as they stand in their file"] = None
    if not frames:
        raise OptionError(f"{named(place)} names no run; expected scenarios with runs, as IOHexperimenter writes them")
    if any(EVALUATION.name in frame for frame in frames):
        frames = [
            frame if EVALUATION.name in frame else frame.assign(**{EVALUATION.name: range(1, len(frame) + 1)})
            for frame in frames
        ]
    return Foreign(pd.concat(frames, ignore_index=True), list(remarks), sources)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        algorithm, scenarios = content["algorithm"]["name"], content["scenarios"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise OptionError(
            f"{named(file)}: expected IOHprofiler's JSON with algorithm, function_name, maximization and scenarios;"
            f" {type(error).__name__}: {error}"
        ) from None
    if (
        not isinstance(algorithm, str)
        or not _are_tables(scenarios)
        or not all(_are_tables(one.get("runs", [])) for one in scenarios)
    ):
        raise OptionError(f"{named(file)}: algorithm or scenarios are none of IOHprofiler's; export it again")
    found: dict[str, Any] = content
    return found


def _are_tables(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, dict) for one in given)


def _label(content: Mapping[str, Any], spaces: Mapping[str, Space]) -> str:
    name = str(content.get("function_name"))
    if name in spaces:
        return name
    if len(spaces) == 1:
        return next(iter(spaces))
    raise unknown_label(name, spaces)


def _runs(data: Path) -> list[pd.DataFrame]:
    """The runs of a file of evaluations, each with its columns."""
    runs: list[tuple[list[str], list[list[str]]]] = []
    try:
        with data.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                words = line.replace('"', "").split()
                if words and words[0] == EVALUATIONS:
                    runs.append((words, []))
                elif words and runs and len(words) == len(runs[-1][0]):
                    runs[-1][1].append(words)
                elif words:
                    expected = (
                        f"{len(runs[-1][0])} numbers, as its columns"
                        if runs
                        else f"the columns, which begin with {EVALUATIONS}"
                    )
                    raise OptionError(f"{named(data)}, line {number}: {shown(line.strip())}; expected {expected}")
        return [pd.DataFrame(rows, columns=names).astype(float) for names, rows in runs]
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise OptionError(
            f"{named(data)} cannot be read: {what}; keep it beside its JSON file, as it was written"
        ) from None


def _records(run: pd.DataFrame, about: Mapping[str, Any], data: Path, space: Space) -> pd.DataFrame:
    """The evaluations of one run as records, without those names that all of its rows share; their numbers are among them where
    the file lacks some.

    What was not logged counts, and improved nothing: where it came last, the best so far stands once more at the last number.
    """
    if VALUE not in run:
        raise OptionError(f"{named(data)}: no column {VALUE}, but {', '.join(run.columns)}; log the property RAWY")
    found: dict[str, Any] = {"value": run[VALUE].tolist()}
    found |= {name: run[name].tolist() for name in _KEPT if name in run}
    decisions = [name for name in run.columns if _POSITION.fullmatch(name)]
    if "architecture" in run:
        found["architecture"] = run["architecture"].tolist()
    elif len(decisions) == len(space.choices):
        found["architecture"] = [tuple(row) for row in run[decisions].to_numpy().tolist()]
    else:
        raise OptionError(
            f"{named(data)}: nothing says which architecture was evaluated ({len(decisions)} columns x0, x1, ... of"
            f" {len(space.choices)} decisions); log the positions, by store_positions=True, or a column architecture with the index"
        )
    return _counted(pd.DataFrame(found), run[EVALUATIONS].tolist(), about, data)


def _counted(found: pd.DataFrame, numbers: list[float], about: Mapping[str, Any], data: Path) -> pd.DataFrame:
    """The records of a run with the numbers of its evaluations, where some were not logged."""
    if numbers == list(range(1, len(numbers) + 1)) and about.get("evals", len(numbers)) == len(numbers):
        return found
    count, best = about.get("evals"), about.get("best")
    at = best.get("evals") if isinstance(best, dict) else None
    if not isinstance(count, int) or at not in numbers or count < numbers[-1]:
        raise OptionError(
            f"{named(data)}: a run lacks evaluations, and its JSON says evals = {shown(count)} and best.evals = {shown(at)};"
            " expected how many it made, and among its rows the best; log every improvement, by"
            f" triggers = [ioh.logger.trigger.ON_IMPROVEMENT], or {OTHERWISE}"
        )
    found = found.assign(**{EVALUATION.name: numbers})
    if count == numbers[-1]:
        return found
    if TIME.name in found:
        raise OptionError(
            f"{named(data)}: a run has times, and none of its evaluation {count:,}, which was the last; {OTHERWISE}"
        )
    again = found.loc[[numbers.index(at)]].assign(**{EVALUATION.name: count})
    return pd.concat([found, again], ignore_index=True)
