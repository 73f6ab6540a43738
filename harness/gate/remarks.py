"""What a reviewer should know beside the test: what has changed, what failed, and what a mean would hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasbed.gate.baseline import Baseline, StoredStrategy
from nasbed.gate.definitions import sources
from nasbed.gate.metrics import columns_of, unscored
from nasbed.gate.record import options_of
from nasbed.gate.runs import CONTROL, GatedSeries, Runs
from nasbed.gate.sequential import LIMIT, Looks
from nasbed.gate.verdict import Crash, Extreme


def crashes_of(runs: Sequence[Runs], metric: str) -> tuple[Crash, ...]:
    """The runs that have no regret, because the strategy raised or found no incumbent that is scored."""
    found = []
    for made in runs:
        for label, columns in made.scores.items():
            unseen = unscored(columns)
            for place in np.flatnonzero(np.isnan(columns[columns_of(metric)[0]])).tolist():
                seed = int(made.seeds[place])
                why = f"its incumbent has no {metric.replace('_', ' ')}" if not unseen[place] else "no incumbent"
                found.append(Crash(label, seed, made.crashes.get(seed, why)))
    return tuple(sorted(found, key=lambda crash: crash.seed))


def extremes_of(scores: np.ndarray, looks: Looks, labels: Sequence[str], seeds: Sequence[int]) -> tuple[Extreme, ...]:
    """Runs worse than every one of the baseline's by more than a standard deviation, of (benchmarks, seeds) scores."""
    found = []
    for label, new, stored, sd in zip(labels, scores, looks.stored, looks.sd.tolist(), strict=False):
        for run in np.flatnonzero(new > stored.max() + sd).tolist():
            found.append(Extreme(label, seeds[run], float(new[run]), float((new[run] - stored.mean()) / sd)))
    return tuple(found)


def declared(use: str, known: StoredStrategy, of: Sequence[GatedSeries]) -> list[str]:
    """How the study's entry of the strategy, and its options, differ from the baseline's."""
    found = [] if use == known.use else [f"the strategy is {use}, in the baseline {known.use}"]
    now = options_of(of[0])
    for name in dict.fromkeys([*known.options, *now]):
        then, is_now = (_shown(options, name) for options in (known.options, now))
        if then != is_now:
            found.append(f"the option {name} is {is_now}, in the baseline {then}")
    return found


def _shown(options: Mapping[str, Any], name: str) -> str:
    return repr(options[name]) if name in options else "absent"


def changed(baseline: Baseline, known: StoredStrategy, of: Sequence[GatedSeries], control: Sequence[Runs]) -> list[str]:
    """Where trajectories have changed, what else has, a sentence each: the source of the benchmark or the harness, the platform or
    a library, and whether random search has other trajectories too.
    """
    found = []
    for gated, now in sources(of).items():
        stored = baseline.sources[gated]
        found += [
            f"the source of the {kind} has changed since the baseline was made"
            for kind in now
            if now[kind] != stored[kind]
        ]
    if all(gated.series.key == known.keys[gated.name] for gated in of):
        found.append(
            "the trajectories differ though neither code nor options have changed: another platform or library version (a strategy"
            " that uses linear algebra is the same on one only), or a strategy that draws from elsewhere than its rng"
        )
    moved = [
        gated.name
        for gated, runs in zip(of, control, strict=True)
        if (runs.fingerprints != baseline.control[gated.name]).any()
    ]
    if moved and of[0].series.strategy.use != CONTROL.use:
        found.append(
            f"random search too has other trajectories than in the baseline on {', '.join(moved)}: a change of the harness or the"
            " benchmark is judged together with that of the strategy"
        )
    return list(dict.fromkeys(found))


def failing(known: StoredStrategy, of: Sequence[GatedSeries], runs: Sequence[Runs]) -> list[str]:
    """Benchmarks on which clearly more trainings fail than in the baseline."""
    found = []
    for gated, made in zip(of, runs, strict=True):
        share, stored = float(made.failed.sum() / max(1, made.evaluations.sum())), known.failed[gated.name]
        if share > stored + 0.01:
            found.append(f"{share:.1%} of the trainings on {gated.name} fail, in the baseline {stored:.1%}")
    return found


def reach(looks: Looks, margin: float, seeds: int) -> list[str]:
    """Whether the seed limit is too low for the margin."""
    limit = min(LIMIT, seeds)
    spread = looks.before_scores.sd**2 * (1 / limit + 1 / seeds)
    share = float((1 / spread / looks.tests.planned()).min())
    if share >= 1:
        return []
    return [
        f"without pairing {limit:,} seeds give {share:.0%} of the information that a margin of {margin:g} sd needs, so undecided is"
        " likely; widen the margin, or give the baseline more seeds"
    ]
