"""Archived runs beside one's own: those of the same seeds under the same protocol, and what is refused since it is not the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from nasbed.errors import NasbedError, OptionError, shown
from nasbed.results.archive.archive import Archive, ArchivedSeries
from nasbed.results.archive.packed import PackedRuns, unpacked
from nasbed.results.joining import Joined, Part, joined
from nasbed.results.looks import Identity, Look, looks_of
from nasbed.results.series import SeriesResult, series_results, with_added
from nasbed.results.thinking import RunThinking
from nasbed.results.twins import twins
from nasbed.searches.columns import Columns, valued
from nasbed.searches.rules import Rules
from nasbed.studies.series import Entry, Series, canonical, loaded, rules_content
from nasbed.studies.shards import digest
from nasbed.studies.study import ARCHIVED, Study
from nasbed.vocabulary import Benchmark, Budget

KEPT_RULES = ("noise", "repeats", "incumbent", "workers", "stages")
"""The rules that must be the same there and here, beside the budget."""


class FromArchive(NamedTuple):
    """Archived series, the seeds that they and one's own have, and what a reader should know of them."""

    series: list[SeriesResult]
    seeds: list[int]
    warnings: list[str]


def drawn(mine: Sequence[SeriesResult], strategies: Sequence[str], archive: Archive) -> FromArchive:
    """Archived runs of some strategies, labelled ``archive:NAME``, on every benchmark of one's own series and with their seeds, as
    far as the archive has them.

    Longer runs are read at the budget of ``mine``, if their strategy does not look at its budget. Raises
    :class:`~nasbed.errors.OptionError`, which names what differs, :class:`~nasbed.errors.UnknownNameError`, and
    :class:`~nasbed.errors.StoreError`.
    """
    if not strategies:
        raise OptionError(f"no archived strategy is named; expected some of {', '.join(archive.strategies)}")
    pairs = [
        (first, _entry(archive, name, first.searched))
        for name in dict.fromkeys(strategies)
        for first in _first_of_each(mine)
    ]
    for first, entry in pairs:
        _require_same_protocol(first.rules, entry)
    own = mine[0].runs.seeds.tolist()
    seeds, warnings = _common_seeds(own, [entry for _, entry in pairs])
    found: list[SeriesResult] = []
    for first, entry in pairs:
        warnings += _changes(entry)
        labels = {one.benchmark: one.scored for one in mine if _searches_alike(one, first)}
        found += _judged(archive, entry, first, labels, seeds)
    benchmarks = len({one.benchmark for one in mine})
    warnings += twins(itertools.product(mine, found), np.asarray(seeds), benchmarks)
    return FromArchive(found, seeds, list(dict.fromkeys(warnings)))


def of_reference(mine: Sequence[SeriesResult], strategy: str) -> FromArchive:
    """The runs of the archived strategy that a study names as its reference, of all its seeds; what is raised is that of
    :func:`drawn`.
    """
    found = drawn(mine, [strategy], Archive.load())
    _require_all(len(mine[0].runs.seeds), found.seeds, strategy)
    return found


def require_reference(study: Study) -> None:
    """Raises what :func:`of_reference` would, before anything is run."""
    archive, entries = Archive.load(), []
    for series in study.series():
        entries.append(_entry(archive, study.archived, series.load_benchmark()))
        _require_same_protocol(series.rules, entries[-1])
    _require_all(len(study.seeds), _common_seeds(study.seeds, entries)[0], study.archived)


def _require_all(wanted: int, seeds: Sequence[int], strategy: str) -> None:
    if len(seeds) < wanted:
        raise OptionError(
            f"the reference {ARCHIVED}{strategy} has {len(seeds):,} of the {wanted:,} seeds of the study in the archive, {seeds[0]}"
            f" to {seeds[-1]}; set seeds = {len(seeds)} and first_seed = {seeds[0]}, or run that strategy in the study"
        )


@dataclass
class _Part:
    """Results as :func:`~nasbed.results.joining.joined` takes them."""

    title: str
    reference: str
    strategies: list[str]
    warnings: list[str]
    series: list[SeriesResult]
    bounds: dict[str, Any]
    looks: dict[str, Look]
    names: dict[str, str]


def with_archived(mine: Part, strategies: Sequence[str], archive: Archive) -> Joined:
    """Results and archived runs as one, of the seeds that both have; what is raised is that of :func:`drawn`."""
    found = drawn(mine.series, strategies, archive)
    own = mine.series
    if len(found.seeds) < len(own[0].runs.seeds):
        own = [_of_seeds(one, found.seeds) for one in own]
    ours = _Part("", mine.reference, mine.strategies, [], own, mine.bounds, mine.looks, mine.names)
    labels = list(dict.fromkeys(one.strategy for one in found.series))
    looks = looks_of({one.strategy: one.identity or Identity(one.strategy) for one in found.series})
    theirs = _Part("", labels[0], labels, [], found.series, {}, looks, {})
    whole = joined({"yours": ours, "the archive": theirs})
    return whole._replace(title=mine.title, warnings=[*mine.warnings, *found.warnings])


def _first_of_each(mine: Sequence[SeriesResult]) -> list[SeriesResult]:
    """One series of each benchmark that was searched, under its own rules."""
    found: list[SeriesResult] = []
    for one in mine:
        if not any(_searches_alike(one, other) for other in found):
            found.append(one)
    return found


def _searches_alike(one: SeriesResult, other: SeriesResult) -> bool:
    return (one.searched.label, one.rules) == (other.searched.label, other.rules)


def _entry(archive: Archive, strategy: str, searched: Benchmark) -> ArchivedSeries:
    """The archived series of a strategy on a benchmark."""
    there = archive.of(strategy)
    label = searched.label
    if label not in there:
        raise OptionError(
            f"the archive has no runs of {shown(strategy)} on {label}; it has them on {', '.join(there)}: report the others with"
            " nasbed report, or run it yourself"
        )
    entry = there[label]
    theirs = str(entry.content["benchmark"]["data"])
    if theirs != searched.checksum:
        raise OptionError(
            f"{label}: the checksum of the data is {theirs[:12]} in the archive and {searched.checksum[:12]} here; compare on"
            " the data that ship with nasbed"
        )
    given = loaded(entry.content["benchmark"]["use"], dict(entry.content["benchmark"]["options"]))
    names, own = ([one.name for one in benchmark.objectives] for benchmark in (given, searched))
    bounded = "with the same constraints" if given.constraints else "without constraints"
    pairs = (
        ("the fidelities (epochs)", given.epochs, searched.epochs, f"with epochs = {list(given.epochs)}"),
        ("the objectives", names, own, f"with objectives = {json.dumps(names)}"),
        ("the constraints", given.constraints, searched.constraints, bounded),
    )
    for what, there_is, here, remedy in pairs:
        if there_is != here:
            raise OptionError(
                f"{label}: {what} are {_said(there_is)} in the archive and {_said(here)} here; run yours {remedy} in its"
                " [[benchmark]]"
            )
    return entry


def _said(values: Any) -> str:
    return ", ".join(map(str, values)) or "none"


def _require_same_protocol(mine: Rules, entry: ArchivedSeries) -> None:
    """Raises :class:`~nasbed.errors.OptionError`, which names every rule that differs."""
    rules, budget = entry.content["rules"], mine.budget
    said = f"{entry.strategy} on {entry.benchmark}"
    if differing := list(differing_rules(mine, rules)):
        raise OptionError(
            f"{said} was not run as yours was: {'; '.join(differing)}. Seeds pair where the protocol is the same: run yours with"
            " that of the archive (nasbed archive list)"
        )
    amount = rules["budget"]["amount"]
    if budget.amount > amount:
        raise OptionError(
            f"{said}: the budget is {amount:,.0f} evaluations in the archive and {budget} here; run yours with"
            f" budget = {{ evaluations = {amount:.0f} }}"
        )
    if budget.amount < amount and entry.sees_budget:
        raise OptionError(
            f"{said}: the budget is {amount:,.0f} evaluations in the archive and {budget} here, and this strategy plans with its"
            " budget, so that its longer runs are no substitute; run yours with that of the archive"
        )


def differing_rules(mine: Rules, theirs: dict[str, Any]) -> Iterator[str]:
    """The rules in which a protocol differs, in words; of budgets the kind alone."""
    ours = rules_content(mine)
    if ours["budget"]["kind"] != theirs["budget"]["kind"]:
        yield f"the budget counts {theirs['budget']['kind']} in the archive and {ours['budget']['kind']} here"
    for what in KEPT_RULES:
        if ours[what] != theirs[what]:
            yield f"{what} is {shown(theirs[what] or 'none')} in the archive and {shown(ours[what] or 'none')} here"


def _common_seeds(own: Sequence[int], entries: Sequence[ArchivedSeries]) -> tuple[list[int], list[str]]:
    """The seeds of both, and a warning where some of mine are left out."""
    first, last = max(one.first for one in entries), min(one.first + one.seeds for one in entries) - 1
    common = [seed for seed in own if first <= seed <= last]
    if not common:
        raise OptionError(
            f"no seeds in common: {min(own)} to {max(own)} here, {first} to {last} in the archive; run yours with first_seed ="
            f" {first}"
        )
    if len(common) == len(own):
        return common, []
    return common, [
        f"of {len(own):,} seeds the {len(common):,} are shown that the archive has of every strategy named, {min(common)} to"
        f" {max(common)}"
    ]


def _changes(entry: ArchivedSeries) -> list[str]:
    """Warnings where the code here is another than that of the archived runs."""
    content = dict(entry.content)
    benchmark, strategy, rules = content["benchmark"], content["strategy"], content["rules"]
    series = Series(
        Entry(strategy["use"], entry.strategy, dict(entry.options)),
        Entry(benchmark["use"], entry.benchmark, dict(benchmark["options"])),
        Rules(_budget(rules), **{what: rules[what] for what in KEPT_RULES if what != "stages"}),
    )
    try:
        changed = [part for part, value in series.content.items() if value != content.get(part)]
    except NasbedError as error:
        return [f"{ARCHIVED}{entry.strategy}: its code is not here ({error})"]
    return [
        f"{ARCHIVED}{entry.strategy} on {entry.benchmark} was run by other code than is here ({', '.join(changed)} changed since);"
        " its runs are those of the version that is named"
    ] * bool(changed)


def _budget(rules: dict[str, Any]) -> Budget:
    return Budget(rules["budget"]["kind"], rules["budget"]["amount"])


def _judged(
    archive: Archive, entry: ArchivedSeries, mine: SeriesResult, labels: dict[str, Benchmark], seeds: Sequence[int]
) -> list[SeriesResult]:
    """The archived runs of some seeds at the budget of a series, judged on all benchmarks that it is judged on."""
    runs = archive.runs(entry)
    require_answered(entry, runs, mine.searched)
    amount = int(mine.rules.budget.amount)
    runs = runs.cut(amount).chosen(np.asarray(seeds) - entry.first)

    def recorded(some: Sequence[int]) -> Columns:
        places = np.searchsorted(seeds, some)
        answers = unpacked(runs.chosen(places), some, mine.searched)
        return with_added(valued(answers, mine.searched), mine.searched)

    judged = series_results(
        f"{ARCHIVED}{entry.strategy}",
        labels,
        mine.searched,
        mine.rules,
        recorded,
        seeds,
        RunThinking.unknown(len(seeds)),
    )
    identity = Identity(entry.content["strategy"]["use"], canonical(dict(entry.options)))
    archived = (
        f"run by nasbed {entry.version}, strategy source {entry.source}, seeds {entry.first} to {entry.first + entry.seeds - 1},"
        f" {entry.content['rules']['budget']['amount']:,.0f} evaluations"
    )
    as_run = canonical(dict(entry.content["strategy"]["options"]))
    return [replace(one, identity=identity, archived=archived, as_run=as_run) for one in judged]


def require_answered(entry: ArchivedSeries, runs: PackedRuns, benchmark: Benchmark) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where a benchmark no longer answers what the archived runs saw."""
    if digest(unpacked(runs, entry.numbers(), benchmark)) != entry.digest:
        raise OptionError(
            f"{entry.strategy} on {entry.benchmark}: the benchmark here answers otherwise than when the archived runs were made,"
            " although its data are the same; use the version of nasbed that the archive names"
        )


def _of_seeds(one: SeriesResult, seeds: Sequence[int]) -> SeriesResult:
    """The same series of some seeds alone."""
    kept = np.isin(one.runs.seeds, np.asarray(seeds))
    (found,) = series_results(
        one.strategy,
        {one.benchmark: one.scored},
        one.searched,
        one.rules,
        one.recorded,
        seeds,
        one.thinking.of(kept, int(one.runs.count[kept].sum())),
        one.supernet_costs,
    )
    return replace(found, identity=one.identity, origin=one.origin, archived=one.archived)
