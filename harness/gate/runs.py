"""Runs of a strategy for the gate: made afresh, scored where they were made, and not stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from nasbed.errors import StrategyError
from nasbed.gate.fingerprint import fingerprints
from nasbed.gate.metrics import COLUMNS, run_scores, start_of
from nasbed.results.judge import judge
from nasbed.searches import columns
from nasbed.searches.columns import Columns
from nasbed.searches.referees import refereed
from nasbed.studies.batches import run_batch
from nasbed.studies.series import Entry, Series, Target, loaded
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark, Referee, Strategy

CONTROL = Entry("random_search", "random_search", {})
"""What every strategy is timed against, and what shows whether a benchmark still answers as it did."""


@dataclass(frozen=True)
class GatedSeries:
    """One strategy on one benchmark, and the data sets that it is judged on: for each its label and options."""

    series: Series
    scored_on: tuple[tuple[str, dict[str, Any]], ...]
    start: float

    @property
    def name(self) -> str:
        """The label of the benchmark that is searched."""
        return self.series.benchmark.label

    def control(self) -> GatedSeries:
        """The same series with random search in place of the strategy."""
        return replace(self, series=replace(self.series, strategy=CONTROL))


def all_gated(study: Study, strategy: Entry) -> list[GatedSeries]:
    """A strategy of a study on each of its benchmarks."""
    return [_gated(study, target, strategy) for target in study.targets]


def _gated(study: Study, target: Target, strategy: Entry) -> GatedSeries:
    series = Series(strategy, target.entry, replace(study.rules, budget=target.budget, stages=target.stages))
    loaded_strategy = series.load_strategy()
    warm_up = loaded_strategy.warm_up if isinstance(loaded_strategy, Strategy) else 0
    return GatedSeries(series, target.scored_on, start_of(target.budget, warm_up))


@dataclass(frozen=True)
class Runs:
    """The runs of a series, sorted by seed.

    ``scores`` holds, by label of a data set and name of a score, (runs,) numbers, ``nan`` for a run that has none.
    ``evaluations`` and ``failed`` count trainings and those of them that failed, ``thinking`` is the strategy's mean
    seconds before an evaluation. ``crashes`` holds what the strategy raised, by seed.
    """

    seeds: np.ndarray
    scores: dict[str, dict[str, np.ndarray]]
    fingerprints: np.ndarray
    evaluations: np.ndarray
    failed: np.ndarray
    thinking: np.ndarray
    crashes: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Scorer:
    """A referee that takes every architecture for a network of its own: the gate counts no duplicates, and starts sooner."""

    referee: Referee

    def validation(self, index: np.ndarray) -> np.ndarray:
        return self.referee.validation(index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self.referee.test(index, seen)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        return index

    def best(self) -> tuple[float, float]:
        return self.referee.best()


@lru_cache(maxsize=16)
def _scorer(benchmark: Benchmark) -> _Scorer | None:
    referee = refereed(benchmark)
    return None if referee is None else _Scorer(referee)


def make_runs(gated: GatedSeries, seeds: Sequence[int]) -> Runs:
    """Run some seeds of a series; called in a worker."""
    answers, timings, crashes = _answers(gated.series, list(seeds))
    made = np.array(sorted(seeds))
    searched = gated.series.load_benchmark()
    records = columns.valued(answers, searched)
    signed = columns.signed(records, searched)
    scores = {}
    for label, options in gated.scored_on:
        scored = loaded(gated.series.benchmark.use, options)
        elsewhere = scored.label != searched.label
        judged = judge(
            signed,
            made,
            _scorer(scored),
            gated.series.rules.incumbent,
            elsewhere=elsewhere,
            costs=searched.cost_names[1:],
        )
        scores[label] = run_scores(judged, gated.series.rules.budget, gated.start)
    place = np.searchsorted(made, answers[columns.SEED.name])
    count = np.bincount(place, minlength=len(made))
    asked = np.searchsorted(made, timings[columns.SEED.name])
    thought = np.bincount(asked, weights=timings[columns.THINKING.name], minlength=len(made))
    return Runs(
        made,
        scores,
        fingerprints(signed, made),
        count,
        np.bincount(place, weights=~np.isfinite(records[columns.VALUE.name]), minlength=len(made)).astype(np.int64),
        thought / np.maximum(np.bincount(asked, minlength=len(made)), 1),
        crashes,
    )


def joined(parts: Sequence[Runs]) -> Runs:
    """Several runs of a series as one, sorted by seed."""
    order = np.argsort(np.concatenate([part.seeds for part in parts]), kind="stable")

    def column(name: str) -> np.ndarray:
        values: np.ndarray = np.concatenate([getattr(part, name) for part in parts])[order]
        return values

    scores = {
        label: {name: np.concatenate([part.scores[label][name] for part in parts])[order] for name in COLUMNS}
        for label in parts[0].scores
    }
    crashes = {seed: what for part in parts for seed, what in part.crashes.items()}
    return Runs(
        column("seeds"),
        scores,
        column("fingerprints"),
        column("evaluations"),
        column("failed"),
        column("thinking"),
        dict(sorted(crashes.items())),
    )


def _answers(series: Series, seeds: list[int]) -> tuple[Columns, Columns, dict[int, str]]:
    """Records and timings; where a seed makes the strategy raise, of the others."""
    try:
        return *run_batch(series, seeds), {}
    except StrategyError as error:
        if len(seeds) == 1:
            declared = columns.answers_of(series.load_benchmark())
            return columns.empty(declared), columns.empty(columns.TIMINGS), {seeds[0]: str(error)}
    parts = [_answers(series, [seed]) for seed in seeds]
    crashes = {seed: what for _, _, crashed in parts for seed, what in crashed.items()}
    answers, timings = (columns.merge(made) for made in ([one for one, _, _ in parts], [one for _, one, _ in parts]))
    return answers, timings, crashes
