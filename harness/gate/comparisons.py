"""The numbers of a verdict: effects with their intervals, margins and the smallest differences that could have been found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbed.gate.sequential import Anchor, Locks, Looks, Moments, estimate, half_width, rows_of, shares
from nasbed.gate.verdict import Comparison

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
) -> tuple[Comparison, ...]:
    """Each benchmark, and of several their mean last, of (benchmarks, seeds) areas and regrets at the end."""
    now, tests = looks.estimate(scores), looks.tests
    rows = zip(
        now.effect, half_width(now, tests), now.information, shares(now, tests), now.correlation, tests.margin,
        tests.levels(), *_finals(finals, stored_finals), strict=True,
    )  # fmt: skip
    found = []
    for place, row in enumerate(rows):
        effect, width, information, share, correlation, margin, level, final, final_width = map(float, row)
        pooled = place == len(labels)
        sd = 1.0 if pooled else float(looks.sd[place])
        unit, in_unit = ("sd", float("nan")) if pooled else (units[place], 1.0)
        found.append(
            Comparison(
                label=f"mean of {len(labels)} benchmarks" if pooled else labels[place],
                outcome=settled(looks.locks, place),
                unit=unit,
                effect=effect * in_unit,
                margin=margin * in_unit,
                mean=float(scores[place].mean()) if not pooled else in_unit,
                baseline_mean=float(looks.anchor.mean[place]) * in_unit,
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


def _finals(finals: np.ndarray, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effects on the regret at the end, by the same estimate, and the half widths of their 95 % intervals."""
    sd = stored.std(axis=1, ddof=1)
    scale = np.where(sd > 0, sd, 1.0)
    kept = rows_of(stored, scale)
    found = estimate(Moments.of(rows_of(finals, scale), kept[:, : finals.shape[1]]), Anchor.of(kept))
    return found.effect, _WIDE / np.sqrt(found.information)


def settled(locks: Locks, place: int) -> str:
    """What is known of one test: worse, better, equivalent, not worse, or open."""
    if locks.worse[place]:
        return "worse"
    if not locks.not_worse[place]:
        return "open"
    if locks.better[place]:
        return "better"
    return "equivalent" if locks.not_better[place] else "not worse"


def reason(outcome: str, comparisons: Sequence[Comparison], limit: int) -> str:
    """What a verdict rests on, in a line."""
    last, several = comparisons[-1], len(comparisons) > 1
    if outcome == "worse":
        of = [one for one in comparisons if one.outcome == "worse"]
        return ", ".join(f"{one.effect_sd:+.2f} sd ({one.label})" for one in of)
    if outcome:
        benchmarks = f"; no benchmark worse by {comparisons[0].margin_sd:g} sd" if several else ""
        return f"{last.effect_sd:+.2f} sd ({last.label}), margin {last.margin_sd:g} sd{benchmarks}"
    undone = [one.label for one in comparisons if one.outcome == "open"]
    if undone:
        return f"after {limit:,} seeds it is open whether it is worse ({', '.join(undone)})"
    return f"after {limit:,} seeds it is not worse, and open whether it is better"


def detectable_at(count: int, seeds: int) -> float:
    """The smallest difference, in standard deviations of a benchmark, that ``seeds`` runs against a baseline of ``count``
    would find four times in five, for planning.

    >>> round(detectable_at(5_000, 1_000), 3)
    0.116
    """
    return PLANNING * DETECTABLE * float(np.sqrt(1 / seeds + 1 / count))
