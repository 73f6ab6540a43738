"""The gate: new runs of a strategy, in a fixed order of seeds, until it can be called better, equivalent or worse.

The runs are made afresh and not stored. Seeds, their order and the looks are fixed by the baseline, so a second run gives the
same verdict, with any number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np

from nasbed.errors import OptionError, require_name
from nasbed.gate.baseline import CHECKED, Baseline, StoredStrategy
from nasbed.gate.comparisons import compare, reason
from nasbed.gate.exact import compare_exactly, outcome_of, together
from nasbed.gate.metrics import METRICS, columns_of
from nasbed.gate.packing import rounded
from nasbed.gate.record import Workers, chosen, workers
from nasbed.gate.remarks import candidate_of, changed, crashes_of, declared, elsewhere, failing, reach, unchanged, why
from nasbed.gate.runs import GatedSeries, Runs, all_gated, joined
from nasbed.gate.sequential import FIRST, LIMIT, GatePlan, Looks, look_sizes
from nasbed.gate.tail import SEEDS as TAIL_SEEDS
from nasbed.gate.tail import SHARE, TailPlan, require_tail_seeds, tail_of
from nasbed.gate.thinking import FACTOR, Timed, compared, require_factor
from nasbed.gate.verdict import FAILS, Crash, Outcome, Tail, ThinkingTime, Verdict
from nasbed.progress import Progress
from nasbed.searches.rules import grouped
from nasbed.statistics.spread import varies
from nasbed.studies.series import Entry
from nasbed.studies.study import Study

UNCHANGED = 100
"""Runs, over all benchmarks, that must have the baseline's trajectories for a strategy to be called unchanged.

A change that alters a share p of all runs escapes with probability (1 - p)^100: 5 % for a share of 3 %, which could move a mean by
0.2 standard deviations only if it moved each of those runs by 7.
"""

_STEP = 250
"""Seeds between two looks at whether there are crashes or enough disasters, after the means are settled."""


def _same_on(benchmarks: int) -> int:
    """Seeds on each benchmark: at least those that are timed."""
    return max(CHECKED, ceil(UNCHANGED / benchmarks))


def run_gate(
    study: Study | Path | str,
    against: Baseline | Path | str,
    *,
    margin: str | float = "0.2sd",
    alpha: float = 0.05,
    power: float = 0.9,
    metric: str = "validation_regret",
    strategy: str | None = None,
    thinking: float | str | None = FACTOR,
    tail_seeds: int | None = None,
    engine: str = "here",
    progress: Progress | None = None,
) -> list[Verdict]:
    """Judge each strategy of a study, or the one that is named, against a stored baseline.

    ``margin`` is the least effect that counts as a regression, in standard deviations of the baseline. A change without effect
    is called worse with probability ``alpha`` at most, a change of the margin's size with probability ``power`` at least.
    ``metric`` is the regret whose area is tested. A strategy that thinks at least ``thinking`` times as long as in the baseline,
    corrected for the machine, is slower; "off" or None allows any time. ``tail_seeds`` is the number of seeds in the test of rare
    disasters: by default 375, or all seeds of a smaller baseline; 0 switches the test off.

    Raises :class:`~nasbed.errors.BaselineError` if the baseline does not fit, and :class:`~nasbed.errors.OptionError`.
    """
    plan = GatePlan.parse(margin, alpha, power)
    require_name("metric", metric, METRICS)
    factor = require_factor(thinking)
    asked = None if tail_seeds is None else require_tail_seeds(tail_seeds, FIRST)
    study = study if isinstance(study, Study) else Study.load(study)
    baseline = against if isinstance(against, Baseline) else Baseline.load(against)
    entries = chosen(study, strategy)
    baseline.require(study, [entry.label for entry in entries])
    _require_stored(baseline, entries, metric)
    study.examine()
    tail = min(TAIL_SEEDS, baseline.count) if asked is None else asked
    total = len(entries) * len(study.targets) * max(tail, min(LIMIT, baseline.count))
    with workers(engine, progress, total) as pool:
        return [_Gate(study, entry, baseline, plan, metric, factor, tail).judge(pool) for entry in entries]


def _require_stored(baseline: Baseline, entries: Sequence[Entry], metric: str) -> None:
    """Refuse a regret that runs of the baseline do not have."""
    for entry in entries:
        for label, columns in baseline.strategies[entry.label].scores.items():
            if columns_of(metric)[0] not in columns:
                there = [repr(one) for one in METRICS if columns_of(one)[0] in columns]
                raise OptionError(
                    f"metric = {metric!r}: the runs of {entry.label} on {label} have none in the baseline; expected"
                    f" {' or '.join(there)}, or a baseline made anew with --update once the benchmark's referee scores them"
                )


@dataclass(frozen=True)
class _Gate:
    """A strategy that is judged, with its baseline and the numbers of the test."""

    study: Study
    entry: Entry
    baseline: Baseline
    plan: GatePlan
    metric: str
    thinking: float | None
    tail_seeds: int

    @property
    def known(self) -> StoredStrategy:
        return self.baseline.strategies[self.entry.label]

    @property
    def _columns(self) -> tuple[str, str]:
        """The scores that are judged."""
        return columns_of(self.metric)

    @property
    def all_gated(self) -> list[GatedSeries]:
        """The strategy on each of its benchmarks. Areas begin where the baseline's do, even if the new code has another warm-up."""
        return [replace(gated, start=self.known.starts[gated.name]) for gated in all_gated(self.study, self.entry)]

    def judge(self, pool: Workers) -> Verdict:
        """Run seeds until there is a verdict, and return it."""
        of, label = self.all_gated, self.entry.label
        early = pool.make_timed(of, self._seeds(0, CHECKED), label)
        made = _Made(pool, of, label, self._seeds, [timed.runs for timed in early])
        for size in self._sizes():
            if self._same(of, made.runs) < self._comparable(made.runs):
                break
            made.up_to(size)
        settled, crashes, tail = _Settled("unchanged"), crashes_of(made.runs, self.metric), self._tail(made.runs)
        if self._same(of, made.runs) < self._comparable(made.runs):
            settled, crashes = self._looked(made)
            tail = self._tail(made.runs)
            for size in self._sizes() if settled.outcome != "worse" else []:
                if crashes or (tail and tail.fails):
                    break
                made.up_to(size)
                crashes = crashes_of(made.runs, self.metric)
                tail = None if crashes else self._tail(made.runs)
        times = self._times(pool, early)
        return self._verdict(made.runs, settled, crashes, None if crashes else tail, times, early)

    def _seeds(self, begin: int, end: int) -> range:
        """Seeds by their places after the first one; the test of disasters may go beyond the baseline's."""
        first = self.baseline.first_seed
        return range(first + begin, first + end)

    def _sizes(self) -> list[int]:
        """The seeds after which it is looked whether all trajectories are the baseline's, and then for crashes and disasters."""
        least = min(_same_on(len(self.all_gated)), self.baseline.count)
        return [
            least,
            *range(least + _STEP, self.tail_seeds, _STEP),
            *([self.tail_seeds] if self.tail_seeds > least else []),
        ]

    def _looked(self, made: _Made) -> tuple[_Settled, tuple[Crash, ...]]:
        """What the means say, and the crashes that ended the looks at them."""
        stored = self._stored(self._columns[0])
        fixed = ~varies(stored, axis=1)
        looks, outcome, size = None if fixed.all() else Looks(self.plan, stored[~fixed]), "", 0
        for size in look_sizes(min(LIMIT, self.baseline.count)):
            made.up_to(size)
            if crashes := crashes_of(made.runs, self.metric):
                return _Settled("undecided", 0), crashes
            scores = self._scores(made.runs, self._columns[0])[:, :size]
            exact = [outcome_of(new, old) for new, old in zip(scores[fixed], stored[fixed], strict=True)]
            tested = looks.look(scores[~fixed]) if looks else "equivalent"
            outcome = together(exact, tested)
            if outcome or "open" in exact:
                break
        given: Outcome = outcome or "undecided"  # type: ignore[assignment]  # of the texts that a look may give
        return _Settled(given, size, looks), ()

    def _tail(self, runs: Sequence[Runs]) -> Tail | None:
        """The test of disasters, on the benchmarks whose baselines have some spread."""
        stored = self._stored(self._columns[0])
        free = varies(stored, axis=1)
        if not self.tail_seeds or not free.any():
            return None
        plan = TailPlan(self.tail_seeds, self.baseline.count, SHARE * self.plan.alpha)
        labels = np.array(list(self.known.scores))[free].tolist()
        return tail_of(self._scores(runs, self._columns[0])[free], stored[free], labels, self.baseline.first_seed, plan)

    def _times(self, pool: Workers, early: Sequence[Timed]) -> tuple[ThinkingTime, ...]:
        """How long it thinks; where that is too long it is measured again, and the shorter time counts."""

        def against(timings: Sequence[Timed]) -> list[ThinkingTime]:
            return compared({one.name: now.times for one, now in zip(of, timings, strict=True)}, self.known.thinking)

        of = self.all_gated
        found = against(early)
        if any(map(self._slow, found)):
            again = against(pool.make_timed(of, self._seeds(0, CHECKED), self.entry.label))
            found = [min(pair, key=lambda one: one.ratio) for pair in zip(found, again, strict=True)]
        return tuple(found)

    def _slow(self, one: ThinkingTime) -> bool:
        return self.thinking is not None and one.ratio >= self.thinking

    def _same(self, of: Sequence[GatedSeries], runs: Sequence[Runs]) -> int:
        """How many runs have the baseline's trajectories."""
        pairs = ((made.fingerprints, self.known.fingerprints[gated.name]) for gated, made in zip(of, runs, strict=True))
        return sum(int((found[: len(stored)] == stored[: len(found)]).sum()) for found, stored in pairs)

    def _comparable(self, runs: Sequence[Runs]) -> int:
        """How many of the runs have a trajectory in the baseline, which keeps the first ones."""
        return sum(min(len(made.seeds), LIMIT, self.baseline.count) for made in runs)

    def _verdict(
        self,
        runs: Sequence[Runs],
        settled: _Settled,
        crashes: tuple[Crash, ...],
        tail: Tail | None,
        times: tuple[ThinkingTime, ...],
        early: Sequence[Timed],
    ) -> Verdict:
        of = self.all_gated
        same, compared_ones = self._same(of, runs), self._comparable(runs)
        notes = declared(self.entry.use, self.known, of)
        if same < compared_ones:
            notes += changed(self.baseline, self.known, of, [timed.control for timed in early])
        found = Verdict(
            study=self.study.name,
            strategy=self.entry.label,
            outcome=settled.outcome,
            reason="",
            metric=self.metric,
            seeds=len(runs[0].seeds),
            tested=settled.size,
            limit=min(LIMIT, self.baseline.count),
            first_seed=self.baseline.first_seed,
            baseline_seeds=self.baseline.count,
            baseline_made=str(self.baseline.session["started"])[:10],
            same=same,
            compared=compared_ones,
            margin=self.plan.margin,
            alpha=self.plan.alpha,
            power=self.plan.power,
            budget="; ".join(dict.fromkeys(str(gated.series.rules.budget) for gated in of)),
            rules=" ".join([*_rules(of), *self._in_place()]),
            crashes=crashes,
            tail=tail,
            thinking=times,
            thinking_limit=self.thinking,
            machine=elsewhere(self.baseline.session),
            candidate=candidate_of(runs) if same < compared_ones or crashes else "",
            notes=(*notes, *failing(self.known, of, runs)),
        )
        if settled.size:
            found = self._told(found, settled, runs)
        slow = [one for one in times if self._slow(one)]
        held = {
            "crashes": crashes,
            "worse": settled.outcome == "worse",
            "disasters": tail and tail.fails,
            "slower": slow,
        }
        fails = tuple(name for name in FAILS if held[name])
        words = [why(name, found, slow) for name in fails] if fails else [found.reason or unchanged(found)]
        return replace(found, fails=fails, outcome=(*fails, settled.outcome)[0], reason="; ".join(words))

    def _stored(self, name: str) -> np.ndarray:
        """A score of the baseline, (benchmarks, seeds)."""
        return np.stack([columns[name] for columns in self.known.scores.values()])

    def _scores(self, runs: Sequence[Runs], name: str) -> np.ndarray:
        """A score of new runs, rounded as the baseline's are, so that equal runs have equal scores."""
        found = {label: columns[name] for made in runs for label, columns in made.scores.items()}
        return np.stack([rounded(found[label], self.known.steps[label][name]) for label in self.known.scores])

    def _told(self, found: Verdict, settled: _Settled, runs: Sequence[Runs]) -> Verdict:
        """The verdict with its comparisons, and whether they settle it; on ``fixed`` benchmarks the baseline has no spread."""
        area, final = self._columns
        scores, finals = (self._scores(runs, name)[:, : settled.size] for name in (area, final))
        stored, stored_finals, looks = self._stored(area), self._stored(final), settled.looks
        fixed = ~varies(stored, axis=1)
        labels, units = np.array(list(self.known.scores)), np.array(self._units())
        comparisons = compare_exactly(
            scores[fixed], stored[fixed], finals[fixed], stored_finals[fixed], labels[fixed].tolist(), units[fixed].tolist(),
            self.plan.margin,
        )  # fmt: skip
        if looks:
            free, named = ~fixed, labels[~fixed].tolist()
            comparisons += compare(looks, scores[free], finals[free], stored_finals[free], named, units[free].tolist())
        outcome = "" if settled.outcome == "undecided" else settled.outcome
        return replace(
            found,
            reason=reason(outcome, comparisons, found.limit),
            comparisons=comparisons,
            notes=(*found.notes, *(reach(looks, self.plan.margin, self.baseline.count) if looks else [])),
        )

    def _in_place(self) -> list[str]:
        """What stands for the regret of benchmarks of which no best is known, in sentences."""
        found = []
        for label in self.known.scores:
            words, turn = self.baseline.shown(label, self.metric)
            if words != self.metric:
                signs = ", with its sign turned so that lower is better" if turn < 0 else ""
                found.append(
                    f"{label}: no best is known, so its {words} is judged in place of the {self.metric.replace('_', ' ')}{signs}."
                )
        return found

    def _units(self) -> list[str]:
        """The unit of each benchmark that is judged."""
        return [
            self.baseline.all_gated[gated.name]["objective"]["unit"]
            for gated in self.all_gated
            for _ in gated.scored_on
        ]


@dataclass
class _Made:
    """The runs of a strategy that were made so far."""

    pool: Workers
    of: Sequence[GatedSeries]
    label: str
    seeds: Callable[[int, int], range]
    runs: list[Runs]

    def up_to(self, size: int) -> None:
        """Make the runs that are missing of the first seeds."""
        if size > (have := len(self.runs[0].seeds)):
            more = self.pool.make(self.of, self.seeds(have, size), self.label)
            self.runs = [joined(pair) for pair in zip(self.runs, more, strict=True)]


@dataclass(frozen=True)
class _Settled:
    """What the means say after ``size`` seeds; none of an unchanged strategy, and of one that crashed."""

    outcome: Outcome
    size: int = 0
    looks: Looks | None = None


def _rules(of: Sequence[GatedSeries]) -> list[str]:
    """Noise and incumbent rule in sentences, as on every other page."""
    told = [(gated.name, gated.series.rules.sentences(gated.series.load_benchmark())) for gated in of]
    return [text for place in (0, 1) for text in grouped((label, words[place]) for label, words in told)]
