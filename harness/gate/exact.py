"""Benchmarks on which the baseline has no spread: its score is one number, and each new run is above it, below it, or there.

A margin in standard deviations means nothing there, and no test is needed. A change is worse where some runs are worse and none
is better, better where it is the other way round, equivalent where all are the same, and open where there are both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbed.gate.comparisons import at_the_end
from nasbed.gate.verdict import GateComparison
from nasbed.statistics.precision import resolutions

_UNKNOWN = float("nan")


def outcome_of(scores: np.ndarray, stored: np.ndarray) -> str:
    """Compare the new scores of a benchmark with the baseline's, which are all the same; lower is better.

    >>> outcome_of(np.array([1.0, 2.0]), np.array([1.0, 1.0])), outcome_of(np.array([0.5, 2.0]), np.array([1.0, 1.0]))
    ('worse', 'open')
    """
    away = scores - stored[0]
    same = np.abs(away) <= resolutions(np.maximum(np.abs(scores), abs(stored[0])))
    above, below = bool((away > 0)[~same].any()), bool((away < 0)[~same].any())
    return "open" if above and below else "worse" if above else "better" if below else "equivalent"


def together(outcomes: Sequence[str], tested: str) -> str:
    """The verdict of these outcomes and of what the test of the other benchmarks says: "" for more seeds, or where there are none.

    >>> together(["worse", "better"], ""), together(["better"], "equivalent"), together(["open"], "better")
    ('worse', 'better', '')
    """
    if "worse" in (*outcomes, tested):
        return "worse"
    if not tested or "open" in outcomes:
        return ""
    return "better" if "better" in outcomes else tested


def compare_exactly(
    scores: np.ndarray,
    stored: np.ndarray,
    finals: np.ndarray,
    stored_finals: np.ndarray,
    labels: Sequence[str],
    units: Sequence[str],
    margin: float,
) -> tuple[GateComparison, ...]:
    """Each benchmark, of (benchmarks, seeds) areas and regrets at the end; what is in standard deviations is ``nan``."""
    found = []
    for new, old, final, old_final, label, unit in zip(
        scores, stored, finals, stored_finals, labels, units, strict=True
    ):
        (end,), (width,) = at_the_end(final[None], old_final[None])
        found.append(
            GateComparison(
                label=label,
                outcome=outcome_of(new, old),
                unit=unit,
                effect=float(new.mean() - old[0]),
                effect_sd=_UNKNOWN,
                low_sd=_UNKNOWN,
                high_sd=_UNKNOWN,
                level=_UNKNOWN,
                margin=_UNKNOWN,
                margin_sd=margin,
                detectable_sd=_UNKNOWN,
                mean=float(new.mean()),
                baseline_mean=float(old[0]),
                sd=0.0,
                share=_UNKNOWN,
                correlation=_UNKNOWN,
                final_effect=float(end),
                final_half_width=float(width),
            )
        )
    return tuple(found)
