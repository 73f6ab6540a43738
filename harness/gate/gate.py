"""The gate: new runs of a strategy, in a fixed order of seeds, until it can be called better, equivalent or worse.

The runs are made afresh and not stored. Seeds, their order and the looks are fixed by the baseline, so a second run gives the
same verdict, with any number of processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np

from nasbed.errors import OptionError, require_name, shown
from nasbed.gate.baseline import CHECKED, Baseline, StoredStrategy
from nasbed.gate.comparisons import compare, reason
from nasbed.gate.exact import compare_exactly, outcome_of, together
from nasbed.gate.metrics import METRICS, columns_of
from nasbed.gate.packing import rounded
from nasbed.gate.record import Workers, chosen, thinking_ratio, workers
from nasbed.gate.remarks import changed, crashes_of, declared, extremes_of, failing, reach
from nasbed.gate.runs import GatedSeries, Runs, all_gated, joined
from nasbed.gate.sequential import LIMIT, GatePlan, Looks, look_sizes
from nasbed.gate.verdict import Extreme, Outcome, ThinkingRatio, Verdict
from nasbed.numeric import real
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
    thinking: float | None = None,
    engine: str = "here",
    progress: Progress | None = None,
) -> list[Verdict]:
    """Judge each strategy of a study, or the one that is named, against a stored baseline.

    ``margin`` is the least effect that counts as a regression, in standard deviations of the baseline; a change of no effect
    is called worse with probability ``alpha`` at most, one of the margin's size with probability ``power`` at least.
    ``metric`` is the regret whose area is tested. A strategy that thinks more than ``thinking`` times as long as in the
    baseline, both relative to random search, is worse too.

    Raises :class:`~nasbed.errors.BaselineError` where the baseline does not fit, :class:`~nasbed.errors.OptionError`.
    """
    plan = GatePlan.parse(margin, alpha, power)
    require_name("metric", metric, METRICS)
    if thinking is not None and not 1 < (real(thinking) or 0) <= 1000:
        raise OptionError(f"thinking = {shown(thinking)}; expected a ratio to the baseline's thinking time, above 1")
    study = study if isinstance(study, Study) else Study.load(study)
    baseline = against if isinstance(against, Baseline) else Baseline.load(against)
    entries = chosen(study, strategy)
    baseline.require(study, [entry.label for entry in entries])
    _require_stored(baseline, entries, metric)
    study.examine()
    total = len(entries) * len(study.targets) * min(LIMIT, baseline.count)
    with workers(engine, progress, total) as pool:
        return [_Gate(study, entry, baseline, plan, metric, thinking).judge(pool) for entry in entries]


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
        of, seeds, label = self.all_gated, self.baseline.seeds, self.entry.label
        early = pool.make_timed(of, seeds[:CHECKED], label)
        runs = [first for first, _ in early]
        if (size := _same_on(len(of))) > CHECKED and self._same(of, runs) == CHECKED * len(of):
            more = pool.make(of, seeds[CHECKED:size], label)
            runs = [joined(pair) for pair in zip(runs, more, strict=True)]
        if self._same(of, runs) == len(of) * len(runs[0].seeds):
            what = f"the same trajectories as the baseline's on the first {len(runs[0].seeds)} seeds of every benchmark"
            return self._timed(replace(self._found(of, runs, early), outcome="unchanged", reason=what))
        stored = self._stored(self._columns[0])
        fixed = ~varies(stored, axis=1)
        looks, outcome = None if fixed.all() else Looks(self.plan, stored[~fixed]), ""
        for size in look_sizes(min(LIMIT, len(seeds))):
            if size > len(runs[0].seeds):
                more = pool.make(of, seeds[len(runs[0].seeds) : size], label)
                runs = [joined(pair) for pair in zip(runs, more, strict=True)]
            if crashes := crashes_of(runs, self.metric):
                total = sum(len(made.seeds) * len(made.scores) for made in runs)
                what = f"{len(crashes)} of {total} runs fail, the first of them on seed {crashes[0].seed}: {crashes[0].what}"
                found = replace(self._found(of, runs, early), crashes=crashes)
                return self._timed(replace(found, outcome="worse", reason=what))
            scores = self._scores(runs, self._columns[0])
            exact = [outcome_of(new, old) for new, old in zip(scores[fixed], stored[fixed], strict=True)]
            tested = looks.look(scores[~fixed]) if looks else "equivalent"
            outcome = together(exact, tested)
            if outcome or "open" in exact:
                break
        return self._timed(self._told(self._found(of, runs, early), looks, runs, outcome, fixed))

    def _same(self, of: Sequence[GatedSeries], runs: Sequence[Runs]) -> int:
        """How many runs have the baseline's trajectories."""
        pairs = ((made.fingerprints, self.known.fingerprints[gated.name]) for gated, made in zip(of, runs, strict=True))
        return sum(int((found == stored[: len(found)]).sum()) for found, stored in pairs)

    def _found(self, of: Sequence[GatedSeries], runs: Sequence[Runs], early: Sequence[tuple[Runs, Runs]]) -> Verdict:
        """All but the verdict and what it rests on."""
        same, compared = self._same(of, runs), sum(len(made.seeds) for made in runs)
        notes = declared(self.entry.use, self.known, of)
        if same < compared:
            notes += changed(self.baseline, self.known, of, [control for _, control in early])
        ratios = [
            ThinkingRatio(gated.name, thinking_ratio(*pair), self.known.thinking_ratio[gated.name])
            for gated, pair in zip(of, early, strict=True)
        ]
        return Verdict(
            study=self.study.name,
            strategy=self.entry.label,
            outcome="undecided",
            reason="",
            metric=self.metric,
            seeds=len(runs[0].seeds),
            limit=min(LIMIT, self.baseline.count),
            first_seed=self.baseline.first_seed,
            baseline_seeds=self.baseline.count,
            baseline_made=str(self.baseline.session["started"])[:10],
            same=same,
            compared=compared,
            margin=self.plan.margin,
            alpha=self.plan.alpha,
            power=self.plan.power,
            budget="; ".join(dict.fromkeys(str(gated.series.rules.budget) for gated in of)),
            rules=" ".join([*_rules(of), *self._in_place()]),
            thinking=tuple(ratios),
            notes=(*notes, *failing(self.known, of, runs)),
        )

    def _stored(self, name: str) -> np.ndarray:
        """A score of the baseline, (benchmarks, seeds)."""
        return np.stack([columns[name] for columns in self.known.scores.values()])

    def _scores(self, runs: Sequence[Runs], name: str) -> np.ndarray:
        """A score of new runs, rounded as the baseline's are, so that equal runs have equal scores."""
        found = {label: columns[name] for made in runs for label, columns in made.scores.items()}
        return np.stack([rounded(found[label], self.known.steps[label][name]) for label in self.known.scores])

    def _told(
        self, found: Verdict, looks: Looks | None, runs: Sequence[Runs], outcome: str, fixed: np.ndarray
    ) -> Verdict:
        """The verdict with its comparisons; on the ``fixed`` benchmarks the baseline has no spread."""
        area, final = self._columns
        scores, finals, stored_finals = self._scores(runs, area), self._scores(runs, final), self._stored(final)
        labels, units = np.array(list(self.known.scores)), np.array(self._units())
        comparisons = compare_exactly(
            scores[fixed], self._stored(area)[fixed], finals[fixed], stored_finals[fixed], labels[fixed].tolist(),
            units[fixed].tolist(), self.plan.margin,
        )  # fmt: skip
        extremes: tuple[Extreme, ...] = ()
        if looks:
            free = ~fixed
            named = labels[free].tolist()
            comparisons += compare(looks, scores[free], finals[free], stored_finals[free], named, units[free].tolist())
            extremes = extremes_of(scores[free], looks, named, self.baseline.seeds)
        given: Outcome = outcome or "undecided"  # type: ignore[assignment]  # of the texts that a look may give
        return replace(
            found,
            outcome=given,
            reason=reason(outcome, comparisons, found.limit),
            comparisons=comparisons,
            extremes=extremes,
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

    def _timed(self, found: Verdict) -> Verdict:
        """Worse where it thinks longer than allowed."""
        slow = [one for one in found.thinking if self.thinking is not None and one.ratio > self.thinking]
        if not slow:
            return found
        worst = max(slow, key=lambda one: one.ratio)
        what = f"it thinks {worst.ratio:.1f} times as long as the baseline on {worst.benchmark}, more than {self.thinking:g}"
        return replace(found, outcome="worse", reason="; ".join(filter(None, (what, found.reason))))


def _rules(of: Sequence[GatedSeries]) -> list[str]:
    """Noise and incumbent rule in sentences, as on every other page."""
    told = [(gated.name, gated.series.rules.sentences(gated.series.load_benchmark())) for gated in of]
    return [text for place in (0, 1) for text in grouped((label, words[place]) for label, words in told)]
