"""The numbers of a verdict: effects with their intervals, margins and the smallest differences that could have been found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbed.gate.sequential import BaselineScores, Decisions, Looks, Moments, estimate, half_width, rows_of, shares
from nasbed.gate.verdict import GateComparison
from nasbed.statistics.spread import NO_SPREAD, spread

DETECTABLE = 2.80
"""Standard errors of the smallest difference that a two-sided test at 5 % finds four times in five: 1.96 + 0.84."""

PLANNING = 1.2
"""By how much that difference grows where it is foretold from the baseline alone: a change alters the spread as well."""

_WIDE = 1.96


def compare(
    looks: Looks,
    scores: np.ndarray,
    finals: np.ndarray,
    stored_finals: np.ndarray,
    labels: Sequence[str],
    units: Sequence[str],
) -> tuple[GateComparison, ...]:
    """The comparisons of each benchmark, and of several their mean last, from areas and final regrets, (benchmarks, seeds)."""
    now, tests = looks.estimate(scores), looks.tests
    rows = zip(
        now.effect, half_width(now, tests), now.information, shares(now, tests), now.correlation, tests.margin,
        tests.levels(), *at_the_end(finals, stored_finals), strict=True,
    )  # fmt: skip
    found = []
    for place, row in enumerate(rows):
        effect, width, information, share, correlation, margin, level, final, final_width = map(float, row)
        pooled = place == len(labels)
        sd = 1.0 if pooled else float(looks.sd[place])
        unit, in_unit = ("sd", float("nan")) if pooled else (units[place], 1.0)
        found.append(
            GateComparison(
                label=f"mean of {len(labels)} benchmarks" if pooled else labels[place],
                outcome=settled(looks.decisions, place),
                unit=unit,
                effect=effect * in_unit,
                margin=margin * in_unit,
                mean=float(scores[place].mean()) if not pooled else in_unit,
                baseline_mean=float(looks.before_scores.mean[place]) * in_unit,
                sd=sd * in_unit,
                effect_sd=effect / sd,
                low_sd=(effect - width) / sd,
                high_sd=(effect + width) / sd,
                level=level,
                margin_sd=margin / sd,
                detectable_sd=DETECTABLE / float(np.sqrt(information)) / sd,
                share=share,
                correlation=correlation,
                final_effect=final,
                final_half_width=final_width,
            )
        )
    return tuple(found)


def at_the_end(finals: np.ndarray, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effects on the regret at the end, by the same estimate, and the half widths of their 95 % intervals.

    Their mean over benchmarks is ``nan`` where the baseline's regrets have no spread on one of them.
    """
    unit = spread(stored, axis=1)
    scale = np.where(unit > 0, unit, 1.0)
    kept = rows_of(stored, scale)
    with np.errstate(divide="ignore"):  # nothing varies at all: the effect is known, and the interval has no width
        found = estimate(Moments.of(rows_of(finals, scale), kept[:, : finals.shape[1]]), BaselineScores.of(kept))
    effect, width = found.effect.copy(), _WIDE / np.sqrt(found.information)
    if len(effect) > len(unit) and not (unit > 0).all():
        effect[-1] = width[-1] = np.nan
    return effect, width


def settled(decisions: Decisions, place: int) -> str:
    """What is known of one test: worse, better, equivalent, not worse, or open."""
    if decisions.worse[place]:
        return "worse"
    if not decisions.not_worse[place]:
        return "open"
    if decisions.better[place]:
        return "better"
    return "equivalent" if decisions.not_better[place] else "not worse"


def reason(outcome: str, comparisons: Sequence[GateComparison], limit: int) -> str:
    """What a verdict rests on, in a line."""
    last, several = comparisons[-1], len(comparisons) > 1
    if outcome == "worse":
        of = [one for one in comparisons if one.outcome == "worse"]
        return ", ".join(_sized(one) for one in of)
    exact = [one for one in comparisons if np.isnan(one.effect_sd)]
    if outcome:
        known = [_sized(one) for one in exact]
        if len(exact) == len(comparisons):
            return ", ".join(known)
        benchmarks = f"; no benchmark worse by {comparisons[0].margin_sd:g} sd" if several else ""
        return ", ".join([*known, f"{_sized(last)}, margin {last.margin_sd:g} sd{benchmarks}"])
    if both := [one.label for one in exact if one.outcome == "open"]:
        return (
            f"some runs are better and some worse than the baseline, whose scores have {NO_SPREAD} ({', '.join(both)}), so a margin"
            " in standard deviations means nothing"
        )
    undone = [one.label for one in comparisons if one.outcome == "open"]
    if undone:
        return f"after {limit:,} seeds it is open whether it is worse ({', '.join(undone)})"
    return f"after {limit:,} seeds it is not worse, and open whether it is better"


def _sized(one: GateComparison) -> str:
    if np.isnan(one.effect_sd):
        return f"{one.effect:+.3g} {one.unit} ({one.label}, where the baseline has {NO_SPREAD})"
    return f"{one.effect_sd:+.2f} sd ({one.label})"


def detectable_at(count: int, seeds: int) -> float:
    """The smallest difference, in standard deviations of a benchmark, that ``seeds`` runs against a baseline of ``count``
    would find four times in five, for planning.

    >>> round(detectable_at(5_000, 1_000), 3)
    0.116
    """
    return PLANNING * DETECTABLE * float(np.sqrt(1 / seeds + 1 / count))
