"""Results of a study of which runs are missing: the seeds that all series have that are shown, and which are not shown yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nasbed.monitoring.folders import series_of
from nasbed.results.results import Results
from nasbed.results.stored import read_stored
from nasbed.studies.store import Store
from nasbed.studies.study import Study

SHARE = 0.5
"""A benchmark is shown once it has so many of the seeds of the one that has most: fewer would take seeds from all others."""


class ResultsSoFar(NamedTuple):
    """What can be judged of a study by now, if anything, and in words what of it is not there yet."""

    results: Results | None
    lacking: str


class _Shown(NamedTuple):
    """What is shown of a study: benchmarks, strategies, and how many seeds of each, from the first on."""

    benchmarks: list[str]
    strategies: list[str]
    seeds: int


def results_so_far(folder: Path | str) -> ResultsSoFar:
    """The results of what a folder holds by now. Raises :class:`~nasbed.errors.StoreError` for one that holds no study or a damaged
    shard.
    """
    store = Store(folder)
    names = {(str(one.get("benchmark")), str(one.get("strategy"))): one["folder"] for one in series_of(store)}
    held = {pair: store.seeds(name)[0] for pair, name in names.items()}
    lacking = ""

    def part(study: Study) -> Study:
        nonlocal lacking
        shown = _shown(study, {pair: _common(study, seeds) for pair, seeds in held.items()})
        lacking = _lacking(study, shown)
        if not shown.seeds:
            return replace(study, targets=(), strategies=())
        return replace(
            study,
            seeds=study.seeds[: shown.seeds],
            targets=tuple(one for one in study.targets if one.entry.label in shown.benchmarks),
            strategies=tuple(one for one in study.strategies if one.label in shown.strategies),
            reference=study.reference if study.archived or study.reference in shown.strategies else shown.strategies[0],
        )

    found = read_stored(folder, part)
    if not found.all_series:
        return ResultsSoFar(None, lacking)
    return ResultsSoFar(Results.of_stored(found), lacking)


def _common(study: Study, seeds: set[int]) -> int:
    """How many seeds are there from the first of the study on, without a gap."""
    return next((place for place, seed in enumerate(study.seeds) if seed not in seeds), len(study.seeds))


def _shown(study: Study, counts: dict[tuple[str, str], int]) -> _Shown:
    """The benchmarks on which all strategies have seeds; until there is one, the strategies that have some on the first."""
    strategies = [entry.label for entry in study.strategies]
    benchmarks = [target.entry.label for target in study.targets]
    of = {label: min(counts.get((label, strategy), 0) for strategy in strategies) for label in benchmarks}
    if most := max(of.values()):
        kept = [label for label, count in of.items() if count >= SHARE * most]
        return _Shown(kept, strategies, min(of[label] for label in kept))
    for label in benchmarks:
        begun = {strategy: count for strategy in strategies if (count := counts.get((label, strategy), 0))}
        if begun:
            kept = [strategy for strategy, count in begun.items() if count >= SHARE * max(begun.values())]
            return _Shown([label], kept, min(begun[strategy] for strategy in kept))
    return _Shown([], [], 0)


def _lacking(study: Study, shown: _Shown) -> str:
    """What of a study is not shown, in words; empty where nothing is missing."""
    if not shown.seeds:
        return "no run is stored yet"
    found = []
    if shown.seeds < len(study.seeds):
        found.append(f"the first {shown.seeds:,} of {len(study.seeds):,} seeds")
    for words, labels, kept in (
        ("benchmarks", [target.entry.label for target in study.targets], shown.benchmarks),
        ("strategies", [entry.label for entry in study.strategies], shown.strategies),
    ):
        if left := [label for label in labels if label not in kept]:
            found.append(f"without the {words} {', '.join(left)}, of which too few runs are stored")
    return f"so far: {'; '.join(found)}" if found else ""
