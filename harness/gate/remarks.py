"""What a reviewer should know beside the test: what has changed, what failed, and what a mean would hide."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from nasbed.gate.baseline import Baseline, StoredStrategy
from nasbed.gate.definitions import sources
from nasbed.gate.metrics import columns_of, unscored
from nasbed.gate.record import options_of
from nasbed.gate.runs import CONTROL, GatedSeries, Runs
from nasbed.gate.sequential import FIRST, LIMIT, Looks
from nasbed.gate.verdict import Crash, ThinkingTime, Verdict
from nasbed.machine import cpu_model
from nasbed.studies.series import key_of


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


def candidate_of(runs: Sequence[Runs]) -> str:
    """A fingerprint of the trajectories of the first seeds, and of the crashes on them."""
    digest = blake2b(digest_size=8)
    for made in runs:
        digest.update(made.fingerprints[:FIRST].astype("<u4").tobytes())
        digest.update(json.dumps([seed for seed in made.crashes if seed in made.seeds[:FIRST]]).encode())
    return digest.hexdigest()


def elsewhere(session: Mapping[str, Any]) -> str:
    """Where a baseline was made, if that is another kind of machine than this one or cannot be known."""
    now = {"cpu": cpu_model(), "machine": platform.machine(), "cores": os.cpu_count()}
    then = session.get("platform")
    if not isinstance(then, dict) or not set(now) <= set(then):
        return "an unknown machine"
    same = all(now[name] == then[name] for name in now)
    return "" if same else f"another machine ({then['cpu']}, {then['cores']} cores)"


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
    """Where trajectories have changed, what else has, a sentence each: the source of the strategy, of the benchmark or the harness,
    the platform or a library, and whether random search has other trajectories too.
    """
    found = []
    now, then = sources(of), baseline.sources
    kinds = [kind for kind in ("benchmark", "harness") if any(now[label][kind] != then[label][kind] for label in now)]
    if all(gated.series.key == known.keys[gated.name] for gated in of):
        found.append(
            "the trajectories differ though neither code nor options have changed: another platform or library version (a strategy"
            " that uses linear algebra is the same on one only), or a strategy that draws from elsewhere than its rng"
        )
    elif not declared(of[0].series.strategy.use, known, of):
        apart = any(_key_with(gated, then[gated.name]) != known.keys[gated.name] for gated in of)
        found.append(f"the source of the strategy has {'' if apart else 'not '}changed since the baseline was made")
    moved = [
        gated.name
        for gated, runs in zip(of, control, strict=True)
        if (runs.fingerprints != baseline.control[gated.name]).any()
    ]
    if kinds:
        found.append(
            f"the source of the {' and of the '.join(kinds)} has changed since the baseline was made, which an edit of a comment or"
            " another version of nasbed is enough for"
            + ("" if moved else "; random search has the trajectories of the baseline, so no answer has changed there")
        )
    if moved and of[0].series.strategy.use != CONTROL.use:
        found.append(
            f"random search too has other trajectories than in the baseline on {', '.join(moved)}: a change of the harness or the"
            " benchmark is judged together with that of the strategy"
        )
    return found


def _key_with(gated: GatedSeries, then: Mapping[str, str]) -> str:
    """The identity that a series would have with the source of benchmark and harness that the baseline was made with."""
    content = gated.series.content
    return key_of(
        {**content, "benchmark": {**content["benchmark"], "source": then["benchmark"]}, "core": then["harness"]}
    )


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


def why(fails: str, found: Verdict, slow: Sequence[ThinkingTime]) -> str:
    """What a verdict that fails a change rests on, in a line."""
    if fails == "crashes":
        total = found.seeds * len({crash.benchmark for crash in found.crashes})
        first = found.crashes[0]
        return f"{len(found.crashes)} of {total:,} runs fail, the first of them on seed {first.seed}: {first.what}"
    if fails == "disasters" and found.tail:
        return (
            f"{found.tail.count} of {found.tail.seeds:,} seeds are worse than all {found.baseline_seeds:,} of the baseline, and"
            f" chance allows {found.tail.critical - 1}"
        )
    if fails == "slower":
        worst = max(slow, key=lambda one: one.ratio)
        limit = f"{found.thinking_limit:g} times are too long"
        return f"it thinks {worst.ratio:.1f} times as long as the baseline on {worst.benchmark}; {limit}"
    return found.reason


def unchanged(found: Verdict) -> str:
    """What an unchanged strategy's verdict rests on, in a line."""
    return f"the same trajectories as the baseline's on the first {found.seeds} seeds of every benchmark"
