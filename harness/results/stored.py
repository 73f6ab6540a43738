"""Reads a results folder: its records, judged, and what has changed since they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nasbed.errors import NasbedError, StoreError, StudyError, named, shown
from nasbed.results.archive.beside import of_reference
from nasbed.results.looks import Identity
from nasbed.results.series import TOGETHER, SeriesResult, series_results, with_added
from nasbed.results.thinking import RunThinking, seconds_of
from nasbed.results.twins import twins
from nasbed.searches.columns import THINKING, Columns, valued
from nasbed.studies.imported import numbered_seeds, origin_of, remarks_of
from nasbed.studies.series import Series, canonical, loaded, supernets_of
from nasbed.studies.store import Store, is_folder_name
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark, Retrained

RETRAININGS = "retrainings"
"""The folder of a results folder that holds what retrainings gave."""
_LISTED = 12
"""Series up to which a warning names all."""


class Stored(NamedTuple):
    """The judged series of a results folder, its study, what has changed since, and the scales of several objectives."""

    all_series: list[SeriesResult]
    study: Study
    warnings: list[str]
    bounds: Mapping[str, Any] | None


def read_stored(folder: Path | str, part: Callable[[Study], Study] | None = None) -> Stored:
    """Read a results folder and judge its runs; with ``part``, those of the study that it makes of the whole.

    Raises :class:`~nasbed.errors.StoreError` where the folder is damaged, or lacks runs.
    """
    store = Store(folder)
    record = store.read_record()
    if "table" in record:
        raise StoreError(
            f"{named(store.folder)} holds trainings of a table, and no results of a study; nasbed data info"
            f" {named(store.folder / 'table')} says what it has, and nasbed status {named(store.folder)} how far it is"
        )
    with _damaged(store.record):
        _require_kinds(record, "", study_text=str)
    study = Study.parse(record["study_text"], named(store.record), load=False)
    with _damaged(store.record):
        _require_form(record)
        study = study.with_seeds(record["seeds"]["count"])
        study = replace(study, seeds=numbered_seeds(record) or study.seeds)
    study = study if part is None else part(study)
    stored = {(entry["benchmark"], entry["strategy"]): entry for entry in record["series"]}
    origin, changed = origin_of(record), list[str]()
    all_series: list[SeriesResult] = []
    found: list[tuple[Series, dict[str, Any]]] = []
    for series in study.series():
        entry = stored.get((series.benchmark.label, series.strategy.label))
        if entry is None:
            raise StoreError(
                f"{named(store.record)} lacks {series.strategy.label} on {series.benchmark.label}; run the study again"
            )
        searched = series.load_benchmark()
        if not origin:
            found.append((series, entry))
        elif entry["content"].get("benchmark", {}).get("data") != searched.checksum:
            changed.append(
                f"the data of {series.benchmark.label} are others than those that records were checked against"
            )
        (target,) = (target for target in study.targets if target.entry is series.benchmark)
        labels = {}
        for name, options in target.scored_on:
            scored = loaded(series.benchmark.use, options)
            if isinstance(scored, Retrained):
                scored = scored.judged_in(str(store.folder / RETRAININGS))
            labels[name] = scored
        label = series.strategy.label
        own = Identity(series.strategy.use, canonical(series.strategy.options))
        judged = series_results(
            label,
            labels,
            searched,
            series.rules,
            partial(_answers, store, entry["folder"], searched),
            study.seeds,
            _thinking(store, entry["folder"], study.seeds, _processors(record)),
            _supernet_costs(series, searched),
        )
        identity = Identity(label) if origin else own
        all_series += [replace(one, identity=identity, origin=origin) for one in judged]
    benchmarks = len({one.benchmark for one in all_series})
    alike = list(twins(combinations(all_series, 2), np.asarray(study.seeds), benchmarks))
    if study.archived and all_series:
        reference = of_reference(all_series, study.archived)
        all_series, changed = [*all_series, *reference.series], [*changed, *reference.warnings]
    told = [*remarks_of(record), *dict.fromkeys(changed), *_staleness(found), *alike]
    return Stored(all_series, study, told, record.get("bounds", record.get("frames")))


def _answers(store: Store, folder: str, searched: Benchmark, seeds: Sequence[int]) -> Columns:
    """The records of some seeds of a series, as they are judged."""
    return with_added(valued(store.read("answers", folder, seeds), searched), searched)


def _supernet_costs(series: Series, benchmark: Benchmark) -> str:
    """What the seconds of the supernets of a series are; nothing where it trains none, or its code is not here."""
    try:
        shared = supernets_of(benchmark, series.load_strategy())
    except NasbedError:
        return ""
    return shared.supernet_costs if shared else ""


_EXPECTED: dict[type, str] = {str: "a text", dict: "a table", list: "a list"}


@contextmanager
def _damaged(record: Path) -> Iterator[None]:
    """What is wrong with the record of a study is told with its path and the remedy."""
    try:
        yield
    except (StoreError, StudyError) as error:
        raise StoreError(f"{named(record)} is damaged: {error}; run the study again") from None


def _require_form(record: dict[str, Any]) -> None:
    """Raises :class:`~nasbed.errors.StoreError` for what is missing of the record of a study, or is not what it must be."""
    _require_kinds(record, "", study_text=str, seeds=dict, series=list)
    _require_kinds(record["seeds"], " of seeds", count=object)
    for entry in record["series"]:
        _require_kinds(entry, " of a series", strategy=str, benchmark=str, key=str, folder=str, content=dict)
        if not is_folder_name(entry["folder"]):
            raise StoreError(f"folder of a series = {shown(entry['folder'])}; expected the name of one below answers")


def _require_kinds(table: dict[str, Any], owner: str, **kinds: type) -> None:
    for key, kind in kinds.items():
        if key not in table:
            raise StoreError(f"the key {key!r}{owner} is missing")
        if not isinstance(table[key], kind):
            raise StoreError(f"{key}{owner} = {shown(table[key])}; expected {_EXPECTED[kind]}")


def _staleness(stored: Sequence[tuple[Series, dict[str, Any]]]) -> list[str]:
    """Warnings where stored results were made by other code or data than what is here."""
    changes: dict[str, list[str]] = {}
    missing: list[str] = []
    for series, entry in stored:
        name = f"{series.strategy.label} on {series.benchmark.label}"
        try:
            if entry["key"] == series.key:
                continue
        except NasbedError as error:
            missing.append(f"{name}: its code is not here, so whether it has changed is unknown ({error})")
            continue
        changed = [part for part, value in series.content.items() if value != entry["content"].get(part)]
        changes.setdefault(", ".join(changed), []).append(name)
    return [
        *missing,
        *(
            f"{_listed(names)} {'was' if len(names) == 1 else 'were'} run by other code or data ({changed} changed since);"
            f" run the study again to renew {'it' if len(names) == 1 else 'them'}"
            for changed, names in changes.items()
        ),
    ]


def _listed(names: Sequence[str]) -> str:
    """The names of series in a warning; of many the first, and how many more there are."""
    return "; ".join(names) if len(names) <= _LISTED else f"{'; '.join(names[:3])} and {len(names) - 3:,} others"


def _thinking(store: Store, folder: str, seeds: Sequence[int], processors: tuple[str, ...]) -> RunThinking:
    """What thinking took in each run, where timings were kept."""
    if not (store.folder / "timings" / folder).is_dir():
        return RunThinking.unknown(len(seeds))
    parts, trials = [np.empty(0)], 0
    for first in range(0, len(seeds), TOGETHER):
        block = seeds[first : first + TOGETHER]
        timings = store.read("timings", folder, block)
        parts.append(seconds_of(timings, block))
        trials += len(timings[THINKING.name])
    return RunThinking(np.concatenate(parts), trials, processors)


def _processors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The processors of the sessions that a record knows of, each once."""
    sessions = record.get("sessions") or []
    named = [(one.get("platform") or {}).get("cpu") for one in sessions if isinstance(one, Mapping)]
    return tuple(dict.fromkeys(str(name) for name in named if name))
