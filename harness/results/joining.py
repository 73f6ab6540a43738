"""Joins results of several folders: the same strategies on other benchmarks, or other strategies on the same benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import PurePath
from typing import Any, NamedTuple, Protocol

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.results.looks import Identity, Look, beside
from nasbed.results.series import SeriesResult
from nasbed.searches.columns import SEED, TRAJECTORY
from nasbed.studies.order import crossed

RULES = ("noise", "repeats", "incumbent", "workers")
"""The rules that one report has for all benchmarks."""

OWN_RULES = ("budget", "stages")
"""The rules that a benchmark may have of its own, and that all strategies on it share."""

LABELS = (
    "give one of them another label: by [appearance] labels in its study (nasbed run again runs nothing that is stored), by"
    " results.appearing(labels=...), or by nasbed report --apart"
)
"""What can be done where two strategies have one label."""


class Part(Protocol):
    """Results that are joined with others, as :class:`~nasbed.results.results.Results` has them."""

    title: str
    reference: str
    strategies: list[str]
    warnings: list[str]
    series: list[SeriesResult]
    bounds: dict[str, Any]
    looks: dict[str, Look]
    names: dict[str, str]


class Joined(NamedTuple):
    """What :class:`~nasbed.results.results.Results` is made of, in the order of its arguments."""

    all_series: list[SeriesResult]
    reference: str
    title: str
    warnings: list[str]
    bounds: dict[str, Any]
    looks: dict[str, Look]
    names: dict[str, str]


def joined(parts: Mapping[str, Part]) -> Joined:
    """Results by what messages call them, as one; raises :class:`~nasbed.errors.OptionError` for what cannot be compared."""
    _require_paired(parts)
    _require_rules(parts)
    for label in _labels(parts):
        if reason := _clash(parts, label):
            raise OptionError(f"{reason}; {LABELS}")
    by_names: dict[tuple[str, str], SeriesResult] = {}
    for part in parts.values():
        for series in part.series:
            by_names.setdefault((series.benchmark, series.strategy), series)
    _require_whole(by_names)
    first, *_ = parts.values()
    titles = dict.fromkeys(part.title for part in parts.values())
    title = " + ".join(titles)
    return Joined(
        list(by_names.values()),
        first.reference,
        title if len(title) <= 200 else f"{first.title} and {len(titles) - 1} more",
        _warnings(parts),
        _agreed([part.bounds for part in parts.values()]),
        beside({name: part.looks[name] for name in part.strategies} for part in parts.values()),
        _agreed([part.names for part in parts.values()]),
    )


def clashing(parts: Mapping[str, Part]) -> list[str]:
    """The labels by which several parts call strategies that differ, or whose runs on one benchmark do."""
    return [label for label in _labels(parts) if _clash(parts, label)]


def told_apart(folders: Sequence[str]) -> list[str]:
    """Folders by as many of their last parts as tell them apart.

    >>> told_apart(["results/before", "other/results/after"]), told_apart(["old/one", "new/one"])
    (['before', 'after'], ['old/one', 'new/one'])
    """
    parts = [PurePath(folder).parts for folder in folders]
    for count in range(1, max(map(len, parts)) + 1):
        ends = ["/".join(one[-count:]) for one in parts]
        if len(set(ends)) == len(folders) and all(ends):
            return ends
    return list(folders)


def _labels(parts: Mapping[str, Part]) -> list[str]:
    """The labels of all strategies, each once."""
    return list(dict.fromkeys(label for part in parts.values() for label in part.strategies))


def same_runs(one: SeriesResult, other: SeriesResult, seeds: np.ndarray) -> bool:
    """Whether the runs of some seeds have the same trajectories in two series."""
    columns = [column.name for column in (SEED, *TRAJECTORY)]
    ours, theirs = (series.records_of(seeds.tolist())[columns].reset_index(drop=True) for series in (one, other))
    return bool(ours.equals(theirs))


def _require_paired(parts: Mapping[str, Part]) -> None:
    """Raises where parts are of different seeds, so that runs would not be paired."""
    (first, whole), *others = ((name, part.series[0].runs.seeds) for name, part in parts.items())
    for name, seeds in others:
        if not np.array_equal(whole, seeds):
            ours, theirs = (f"{len(of):,} ({of.min()} to {of.max()})" for of in (whole, seeds))
            raise OptionError(
                f"the seeds differ: {ours} in {shown(first)} and {theirs} in {shown(name)}; runs are paired by seed, so run both"
                " studies with the same first_seed, and nasbed run --seeds N of the same number: what is stored is not run again"
            )


def _require_rules(parts: Mapping[str, Part]) -> None:
    """Raises where noise, incumbent rule and the like differ, or on one benchmark the budget or the data."""
    differing: dict[str, str] = {}
    for (one, ours), (other, theirs) in combinations(parts.items(), 2):
        pairs = [(what, getattr(ours.series[0].rules, what), getattr(theirs.series[0].rules, what)) for what in RULES]
        its = {series.benchmark: series for series in theirs.series}
        for label, mine in {series.benchmark: series for series in ours.series}.items():
            if label in its:
                pairs += [(f"{what} on {shown(label)}", *values) for what, *values in _of_benchmark(mine, its[label])]
        for what, a, b in pairs:
            if a != b:
                differing.setdefault(
                    what, f"{what} is {a or 'none'} in {shown(one)} and {b or 'none'} in {shown(other)}"
                )
    if differing:
        raise OptionError(
            f"what would stand side by side was not made alike: {'; '.join(differing.values())}. Run one of them again with the"
            " other's, or report them apart"
        )


def _of_benchmark(mine: SeriesResult, its: SeriesResult) -> Iterator[tuple[str, Any, Any]]:
    """What must be the same in two series on one benchmark: what it is, and both values of it."""
    for what in OWN_RULES:
        yield what, getattr(mine.rules, what), getattr(its.rules, what)
    for what, a, b in (("searched", mine.searched, its.searched), ("judged", mine.scored, its.scored)):
        yield f"the benchmark that is {what}", a.label, b.label
        yield f"the checksum of the data that are {what}", a.checksum[:12], b.checksum[:12]


def _clash(parts: Mapping[str, Part], label: str) -> str:
    """Why strategies of one label cannot stand as one, in words; empty where they can."""
    holding = {name: [one for one in part.series if one.strategy == label] for name, part in parts.items()}
    for (first, ours), (second, theirs) in combinations(((name, found) for name, found in holding.items() if found), 2):
        one, other = (found[0].identity or Identity(label) for found in (ours, theirs))
        if one != other:
            said = [f"{of.use} {of.options}" if of.options else "made elsewhere" for of in (one, other)]
            return (
                f"two strategies are called {shown(label)}: {said[0]} in {shown(first)}, {said[1]} in {shown(second)}"
            )
        for mine, its in ((a, b) for a in ours for b in theirs if a.benchmark == b.benchmark):
            if mine is not its and not same_runs(mine, its, mine.runs.seeds):
                return (
                    f"{shown(first)} and {shown(second)} hold different runs of {shown(label)} on {shown(mine.benchmark)},"
                    " as by other code"
                )
    return ""


def _require_whole(by_names: Mapping[tuple[str, str], SeriesResult]) -> None:
    """Raises where a strategy lacks a benchmark that another has."""
    benchmarks, strategies = (dict.fromkeys(of) for of in zip(*by_names, strict=True))
    if lacking := [pair for pair in crossed(benchmarks, strategies) if pair not in by_names]:
        (label, strategy), more = lacking[0], f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        raise OptionError(
            f"{shown(strategy)} on {shown(label)} is in none of them{more}; {_two_names(by_names)}join results in which every"
            " strategy has run on every benchmark: run what is missing, or join parts of them, by"
            " results.subset(strategies=..., benchmarks=...)"
        )


def _two_names(by_names: Mapping[tuple[str, str], SeriesResult]) -> str:
    """That a benchmark has two labels, if one has, and what to do, in words."""
    of = {
        label: (one.searched.label, one.searched.checksum, one.scored.label, one.rules)
        for (label, _), one in by_names.items()
    }
    for one, other in combinations(of, 2):
        if of[one] == of[other]:
            return f"{shown(one)} and {shown(other)} are one benchmark: give it one label in both studies; or "
    return ""


def _warnings(parts: Mapping[str, Part]) -> list[str]:
    """The warnings of all parts; of several parts each says whose it is."""
    if len(parts) == 1:
        return [text for part in parts.values() for text in part.warnings]
    return [f"{name}: {text}" for name, part in parts.items() for text in part.warnings]


def _agreed(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What tables hold, but for keys of which two say different things."""
    found: dict[str, Any] = {}
    gone = set()
    for table in tables:
        for key, value in table.items():
            if found.setdefault(key, value) != value:
                gone.add(key)
    return {key: value for key, value in found.items() if key not in gone}
