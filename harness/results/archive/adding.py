"""Adds a results folder to an archive, if it is what an archive holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np

from nasbed.benchmarks import REGISTRY
from nasbed.benchmarks.tables.home import shipped
from nasbed.errors import StoreError, named, shown
from nasbed.results.archive.archive import Archive, ArchivedSeries
from nasbed.results.archive.beside import KEPT_RULES
from nasbed.results.archive.packed import PackedRuns, packed, unpacked
from nasbed.searches.columns import Columns
from nasbed.studies.batches import run_batch
from nasbed.studies.imported import require_own
from nasbed.studies.series import Entry, Series, rules_content
from nasbed.studies.shards import digest
from nasbed.studies.store import Store
from nasbed.studies.study import Study

PROTOCOL: dict[str, Any] = {
    "budget": {"kind": "evaluations", "amount": 100},
    "noise": "draw",
    "repeats": "charge",
    "incumbent": "best",
    "workers": 1,
    "stages": [],
    "first_seed": 0,
}
"""Under which all searches of the archive are run."""

LEAST_SEEDS = 20
"""Seeds that a series of the archive has at least: with fewer, nobody's comparison with it could show anything."""

AGAIN = 3
"""Seeds of each series that are run again when it is added, and at half the budget."""


def add_folder(
    archive: Archive, folder: str, conforming: Callable[[Entry], None] = lambda entry: None
) -> list[ArchivedSeries]:
    """Add every series of a results folder to an archive, or none; returns what was added.

    The runs must be whole, on a benchmark that ships with nasbed, under the protocol of the archive, and by the code that is here:
    some are run again and must come out the same. ``conforming`` raises for a strategy that does not conform. The same first seeds
    at half the budget tell whether a strategy looks at its budget. Raises :class:`~nasbed.errors.NasbedError`, which names what is
    in the way.
    """
    store = Store(folder)
    record = store.read_record()
    require_own(record, folder, "the archive holds runs that nasbed has made; run the strategy in a study")
    if not record.get("complete"):
        raise StoreError(f"{named(folder)} is not complete; run its study again, which makes what is missing")
    study = Study.parse(record["study_text"], named(store.record)).with_seeds(record["seeds"]["count"])
    entries = {(one["benchmark"], one["strategy"]): one for one in record["series"]}
    found = [(series, entries[series.benchmark.label, series.strategy.label]) for series in study.series()]
    for series, entry in found:
        _require_ours(archive, series, entry, study.seeds)
    for strategy in study.strategies:
        conforming(strategy)
    added = [_archived(store, series, entry, study.seeds) for series, entry in found]
    archive.put(added, PROTOCOL)
    return [one for one, _ in added]


def _require_ours(archive: Archive, series: Series, entry: dict[str, Any], seeds: Sequence[int]) -> None:
    """Raises :class:`~nasbed.errors.StoreError` for a series that the archive cannot hold, before anything is run."""
    said = f"{series.strategy.label} on {series.benchmark.label}"
    if series.benchmark.use not in REGISTRY.builtin():
        raise StoreError(
            f"{said}: {shown(series.benchmark.use)} is no benchmark that ships with nasbed, so others could not judge these runs;"
            f" the archive takes {', '.join(shipped())}"
        )
    benchmark = series.load_benchmark()
    if entry["content"]["benchmark"]["data"] != benchmark.checksum:
        raise StoreError(
            f"{said}: the checksum of the data was {entry['content']['benchmark']['data'][:12]} when it was run and is"
            f" {benchmark.checksum[:12]} here; run it again on the data that ship with nasbed"
        )
    if entry["key"] != series.key:
        changed = [part for part, value in series.content.items() if value != entry["content"].get(part)]
        raise StoreError(
            f"{said} was run by other code than is here ({', '.join(changed)} changed since); run it again"
        )
    _require_protocol(said, series, seeds)
    label = benchmark.label
    for held in archive.series:
        same = (held.content["strategy"], held.benchmark) == (series.content["strategy"], label)
        if same or (held.strategy, held.benchmark) == (series.strategy.label, label):
            raise StoreError(
                f"{said}: the archive has it already, as {shown(held.strategy)} with {held.seeds} seeds by nasbed {held.version};"
                " give another strategy a label of its own"
            )


def _require_protocol(said: str, series: Series, seeds: Sequence[int]) -> None:
    """Raises :class:`~nasbed.errors.StoreError`, which names every rule that differs from those of the archive."""
    ours = rules_content(series.rules)
    differing = [
        f"{what} is {_said(ours[what])}, not {_said(PROTOCOL[what])}"
        for what in ("budget", *KEPT_RULES)
        if ours[what] != PROTOCOL[what]
    ]
    if seeds[0] != PROTOCOL["first_seed"]:
        differing.append(f"first_seed is {seeds[0]}, not {PROTOCOL['first_seed']}")
    if len(seeds) < LEAST_SEEDS:
        differing.append(f"there are {len(seeds)} seeds, fewer than {LEAST_SEEDS}")
    if differing:
        raise StoreError(f"{said} has another protocol than the archive: {'; '.join(differing)}; run it with that")


def _said(value: Any) -> str:
    return f"{value['amount']} {value['kind']}" if isinstance(value, dict) else shown(value)


def _archived(
    store: Store, series: Series, entry: dict[str, Any], seeds: Sequence[int]
) -> tuple[ArchivedSeries, PackedRuns]:
    """A stored series as the archive has it."""
    said, benchmark = f"{series.strategy.label} on {series.benchmark.label}", series.load_benchmark()
    answers = store.read("answers", entry["folder"], seeds)
    runs = packed(answers, seeds, benchmark)
    some = list(seeds[:AGAIN])
    again, _ = run_batch(series, some)
    if not _same(again, store.read("answers", entry["folder"], some)):
        raise StoreError(
            f"{said}: its first {AGAIN} seeds came out otherwise when they were run again; the archive holds runs that can be"
            " repeated: draw from the streams that the strategy is given, and run the study with --fresh"
        )
    about = ArchivedSeries(
        strategy=series.strategy.label,
        benchmark=benchmark.label,
        version=version("nasbed"),
        key=series.key,
        content=series.content,
        options=series.strategy.options,
        first=seeds[0],
        seeds=len(seeds),
        answers=runs.answers,
        epochs=runs.epochs,
        sees_budget=_sees_budget(series, some, runs.chosen(np.arange(len(some)))),
        digest=digest(answers),
    )
    return about, runs


def _same(one: Columns, other: Columns) -> bool:
    return digest(one) == digest(other)


def _sees_budget(series: Series, seeds: list[int], runs: PackedRuns) -> bool:
    """Whether some searches begin otherwise under half their budget than under the whole."""
    half = series.rules.budget.evaluations or 1
    budget = replace(series.rules.budget, amount=max(1, half // 2))
    shorter = replace(series, rules=replace(series.rules, budget=budget))
    cut = unpacked(runs.cut(int(budget.amount)), seeds, series.load_benchmark())
    return not _same(run_batch(shorter, seeds)[0], cut)
