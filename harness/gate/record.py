"""Making a baseline, and how far it has drifted from the first one."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from nasbed.engines.engine import Engine
from nasbed.engines.opening import open_engine
from nasbed.errors import BaselineError, OptionError, StrategyError, WorkerDied, require_name, shown
from nasbed.gate.baseline import CHECKED, SEEDS, Baseline, StoredStrategy, steps_of
from nasbed.gate.definitions import definitions, sources
from nasbed.gate.metrics import METRICS, columns_of, unscored
from nasbed.gate.packing import rounded
from nasbed.gate.runs import GatedSeries, Runs, all_gated, joined, make_runs
from nasbed.gate.sequential import BATCH, FIRST, LIMIT
from nasbed.gate.thinking import ThinkingTimes, Timed, timed
from nasbed.numeric import whole
from nasbed.progress import Counts, Progress, begin, happened, silent
from nasbed.results.known import score_name, tested
from nasbed.searches.functions import Function
from nasbed.statistics.precision import resolution
from nasbed.statistics.spread import spread
from nasbed.studies.batches import MEND, described
from nasbed.studies.provenance import session
from nasbed.studies.series import Entry, canonical, loaded
from nasbed.studies.study import MOST_SEEDS, Study
from nasbed.vocabulary import Refereed

R = TypeVar("R")


class Workers:
    """Makes runs with an engine. Which process makes a run does not change it."""

    def __init__(self, engine: Engine, progress: Progress | None, total: int) -> None:
        self._engine = engine
        self._progress = progress or silent
        self._total, self._done = total, 0
        begin(self._progress, "runs")
        self._progress("", 0, total)

    def make(self, of: Sequence[GatedSeries], seeds: Sequence[int], label: str) -> list[Runs]:
        """The runs of some seeds of each series, in the order of the series."""
        parts: dict[int, list[Runs]] = {place: [] for place in range(len(of))}
        turns = [seeds[begin : begin + BATCH] for begin in range(0, len(seeds), BATCH)]
        for place, runs in self._completed(make_runs, of, turns):
            parts[place].append(runs)
            self._made(label, runs)
        return [joined(part) for part in parts.values()]

    def make_timed(self, of: Sequence[GatedSeries], seeds: Sequence[int], label: str) -> list[Timed]:
        """The runs of some seeds of each series, and what was run and timed in turns with them."""
        found = {}
        for place, made in self._completed(timed, of, [seeds]):
            found[place] = made
            self._made(label, made.runs)
        return [found[place] for place in range(len(of))]

    def _completed(
        self, function: Callable[..., R], of: Sequence[GatedSeries], turns: Sequence[Sequence[int]]
    ) -> Iterator[tuple[int, R]]:
        """What a function makes of each series and each turn of seeds, with the place of the series, as it arrives."""
        calls = [((place, seeds), (gated, seeds)) for seeds in turns for place, gated in enumerate(of)]
        try:
            for (place, _), runs in self._engine.completed(function, calls):
                yield place, runs
        except WorkerDied as died:
            place, seeds = died.call
            raise WorkerDied(
                f"a worker process died ({died}) while it ran {described(of[place].series, seeds)}; nothing is stored: {MEND},"
                " and give the command again"
            ) from None

    def _made(self, label: str, runs: Runs) -> None:
        self._done += len(runs.seeds)
        happened(self._progress, Counts(int(runs.evaluations.sum()), failed=int(runs.failed.sum())))
        self._progress(label, self._done, self._total)


@contextmanager
def workers(engine: str, progress: Progress | None, total: int) -> Iterator[Workers]:
    """Workers of an engine, ended with the block."""
    with open_engine(engine) as opened:
        yield Workers(opened, progress, total)


def chosen(study: Study, strategy: str | None) -> list[Entry]:
    """The strategies of a study, or the one that is named."""
    if strategy is not None:
        require_name("strategy", strategy, [entry.label for entry in study.strategies], "the study")
    return [entry for entry in study.strategies if strategy in (None, entry.label)]


def make_baseline(
    study: Study,
    *,
    seeds: int = SEEDS,
    engine: str = "here",
    before: Baseline | None = None,
    progress: Progress | None = None,
    command: list[str] | None = None,
    metric: str = METRICS[0],
    judged: int = 0,
) -> Baseline:
    """Run every strategy of a study, and keep the records that the gate needs.

    ``before`` is the baseline to be replaced, against which ``judged`` candidates were judged; the new baseline keeps its record
    of the first baseline and the number of candidates. ``metric`` is the regret by which changes will be
    judged; every run must have it. The other regret is kept if all runs have it. Raises
    :class:`~nasbed.errors.BaselineError` and :class:`~nasbed.errors.StrategyError`.
    """
    if (number := whole(seeds)) is None or not FIRST <= number <= MOST_SEEDS:
        raise OptionError(
            f"seeds = {shown(seeds)}; expected a whole number in {FIRST} (those of a gate's first look) .. {MOST_SEEDS:,}"
        )
    require_name("metric", metric, METRICS)
    study.examine()
    study = study.with_seeds(number)
    _require_scored(study, metric)
    if before is not None:
        before.require(study, [])
    total = number * len(study.strategies) * len(study.targets)
    strategies: dict[str, StoredStrategy] = {}
    control: dict[str, np.ndarray] = {}
    with workers(engine, progress, total) as pool:
        for entry in study.strategies:
            of = all_gated(study, entry)
            timings = pool.make_timed(of, study.seeds[:CHECKED], entry.label)
            rest = pool.make(of, study.seeds[CHECKED:], entry.label)
            runs = [joined([early.runs, late]) for early, late in zip(timings, rest, strict=True)]
            thinking = {gated.name: early.times for gated, early in zip(of, timings, strict=True)}
            strategies[entry.label] = _stored_strategy(entry, of, runs, thinking, metric)
            control |= {gated.name: early.control.fingerprints for gated, early in zip(of, timings, strict=True)}
    made, first_gated = _session(engine, command), all_gated(study, study.strategies[0])
    first = before.first if before is not None else {}
    return Baseline(
        study.name,
        study.text,
        study.seeds[0],
        len(study.seeds),
        definitions(first_gated),
        sources(first_gated),
        strategies,
        control,
        made,
        {
            label: first.get(label, {"started": made["started"], "seeds": len(study.seeds), "means": known.means()})
            for label, known in strategies.items()
        },
        judged + (before.judged if before is not None else 0),
    )


def _session(engine: str, command: list[str] | None) -> dict[str, Any]:
    """A session's record without the build of its kernel: the file is public."""
    made = session(engine, command)
    return {**made, "platform": {**made["platform"], "system": platform.system()}}


def _require_scored(study: Study, metric: str) -> None:
    """Refuse a study of a benchmark whose runs can have no test value where they are to be judged by it."""
    for gated in all_gated(study, study.strategies[0]) if metric == "test_regret" else []:
        for label, options in gated.scored_on:
            scored = loaded(gated.series.benchmark.use, options)
            if not tested(scored):
                lacks = "no referee, and so no test values" if not isinstance(scored, Refereed) else "no test values"
                raise OptionError(
                    f"metric = {metric!r}: {label} has {lacks}; expected {METRICS[0]!r}, of which it has"
                    f" the {score_name(scored, METRICS[0])}, or a referee"
                )


def _stored_strategy(
    entry: Entry, of: Sequence[GatedSeries], runs: Sequence[Runs], thinking: dict[str, ThinkingTimes], metric: str
) -> StoredStrategy:
    scores: dict[str, dict[str, np.ndarray]] = {}
    for made in runs:
        for seed, what in made.crashes.items():
            raise StrategyError(f"{what}; a strategy that fails on seed {seed} cannot be a baseline")
        for label, columns in made.scores.items():
            lacking = unscored(columns)
            if lacking.any():
                raise BaselineError(
                    f"{entry.label} on {label}: {lacking.sum():,} of {len(lacking):,} runs end without an incumbent (seed"
                    f" {made.seeds[lacking][0]} first) and have no regret; give the study a larger budget"
                )
            lacking = np.isnan(columns[columns_of(metric)[0]])
            if lacking.any():
                raise BaselineError(
                    f"{entry.label} on {label}: {lacking.sum():,} of {len(lacking):,} runs have no {metric.replace('_', ' ')} (seed"
                    f" {made.seeds[lacking][0]} first); the referee must score every architecture, or choose another --metric"
                )
            whole_ones = [one for one in METRICS if not np.isnan([columns[name] for name in columns_of(one)]).any()]
            scores[label] = {name: columns[name] for one in whole_ones for name in columns_of(one)}
    steps = steps_of(scores)
    return StoredStrategy(
        entry.use,
        options_of(of[0]),
        {gated.name: gated.series.key for gated in of},
        {
            label: {name: rounded(values, steps[label][name]) for name, values in columns.items()}
            for label, columns in scores.items()
        },
        steps,
        {gated.name: made.fingerprints[:LIMIT] for gated, made in zip(of, runs, strict=True)},
        {gated.name: gated.start for gated in of},
        thinking,
        {
            gated.name: float(made.failed.sum() / max(1, made.evaluations.sum()))
            for gated, made in zip(of, runs, strict=True)
        },
    )


def options_of(gated: GatedSeries) -> dict[str, Any]:
    """The options that a strategy has, its code's defaults included, as plain data."""
    strategy = gated.series.load_strategy()
    found: dict[str, Any] = json.loads(
        canonical(strategy.options if isinstance(strategy, Function) else vars(strategy))
    )
    return found


@dataclass(frozen=True)
class Drift:
    """How far a strategy has come since the first baseline: means of an area, in its unit, and their difference in standard
    deviations of the first with the half width of its 95 % interval, ``nan`` where the first has no spread. A drift below 0 is
    better, and so are lower means, but for values of an objective that is maximised, which stand there where no best is known.
    """

    strategy: str
    benchmark: str
    metric: str
    first: float
    now: float
    sds: float
    half_width: float


def drift(baseline: Baseline) -> list[Drift]:
    """How far each strategy has drifted on each benchmark since the first baseline of the file.

    Each gate lets a change within its margin pass, so that many of them could add up.
    """
    found = []
    for strategy, known in baseline.strategies.items():
        first = baseline.first[strategy]
        for label, columns in known.scores.items():
            for metric in METRICS:
                name = columns_of(metric)[0]
                if name not in columns or name not in first["means"][label]:
                    continue
                mean, sd = first["means"][label][name]
                now = float(columns[name].mean())
                scale = sd if sd > resolution(mean) else float("nan")
                error = np.hypot(
                    sd / np.sqrt(first["seeds"]), float(spread(columns[name])) / np.sqrt(len(columns[name]))
                )
                words, turn = baseline.shown(label, metric)
                ends = turn * mean, turn * now
                found.append(Drift(strategy, label, words, *ends, (now - mean) / scale, float(1.96 * error / scale)))
    return found
