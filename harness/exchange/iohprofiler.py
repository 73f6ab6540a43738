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
from itertools import count
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
from nasbed.searches.columns import ADDED, EPOCHS, EVALUATION, LAST, TIME
from nasbed.vocabulary import Space

EVALUATIONS, VALUE = "evaluations", "raw_y"
"""The first two columns of a file of evaluations."""

_KEPT = tuple(one.name for one in (TIME, EPOCHS, ADDED, LAST))
"""Columns of records that are columns of the file, too, where a run has them."""

_POSITION = re.compile("x[0-9]+")

ALWAYS = "log every evaluation, by triggers = [ioh.logger.trigger.ALWAYS]"


def files_of(results: Any) -> dict[str, Content]:
    """The files of results, by their path in the folder of the export: a folder for each strategy."""
    files: dict[str, Content] = {}
    numbers: dict[str, int] = {}
    folders: dict[str, str] = {}
    for label, series in searches_of(results):
        number = numbers.setdefault(label, len(numbers) + 1)
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
    for seeds in seed_blocks(series):
        for _, run in series.records_of(seeds).groupby("seed", sort=True):
            lines = [" ".join(names)]
            numbers = run[["value", *kept, "architecture"]].to_dict("records")
            for place, row in zip(_numbers(run), numbers, strict=True):
                cells = [place, *(float(row[name]) for name in ("value", *kept)), int(row["architecture"])]
                lines.append(" ".join([*map(repr, cells), *map(str, space.at(int(row["architecture"])))]))
            yield "\n".join(lines) + "\n"


def _numbers(run: pd.DataFrame) -> list[int]:
    """The numbers of the evaluations of a run, from 1 on."""
    return run[EVALUATION.name].tolist() if EVALUATION.name in run else list(range(1, len(run) + 1))


def _about(series: SeriesResult, number: int, label: str, data: str) -> str:
    objective, space = series.searched.objectives[0], series.searched.space
    runs = []
    for seeds in seed_blocks(series):
        for seed, run in series.records_of(seeds).groupby("seed", sort=True):
            signed = objective.signed(run["value"].to_numpy(float))
            at = int(np.nanargmax(signed)) if np.isfinite(signed).any() else 0
            best = run.iloc[at]
            arch = list(space.at(int(best["architecture"])))
            places = _numbers(run)
            found = {"evals": places[at], "y": float(best["value"]), "x": arch}
            runs.append({"instance": 1, "evals": places[-1], "best": found, "seed": int(str(seed))})
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
                frame = _records(run, data, spaces[label])
                frames.append(frame.assign(strategy=content["algorithm"]["name"], benchmark=label, seed=seed))
                if "seed" not in about:
                    remarks["runs have no attribute seed and are numbered from 0 as they stand in their file"] = None
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
        or not isinstance(scenarios, list)
        or not all(isinstance(one, dict) for one in scenarios)
    ):
        raise OptionError(f"{named(file)}: algorithm or scenarios are none of IOHprofiler's; export it again")
    found: dict[str, Any] = content
    return found


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


def _records(run: pd.DataFrame, data: Path, space: Space) -> pd.DataFrame:
    """The evaluations of one run as records, without those names that all of its rows share."""
    numbers = run[EVALUATIONS].tolist()
    if numbers != list(range(1, len(numbers) + 1)):
        gap = next(place for place, number in enumerate(numbers, 1) if number != place)
        raise OptionError(
            f"{named(data)}: a run lacks evaluation {gap}; only some were logged, and a budget counts all of them: {ALWAYS}"
        )
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
    return pd.DataFrame(found)
