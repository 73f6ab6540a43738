"""What a comparison could have found: smallest detectable differences, and how far common seeds pair two strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from nasbed.errors import OptionError

if TYPE_CHECKING:
    from nasbed.analysis.results import Results

EFFICIENCY = 3 / np.pi
"""Asymptotic relative efficiency of the Wilcoxon signed-rank test against the t test for normal differences (Lehmann,
Nonparametrics, 1975, chapter 4); for skewed differences it is higher, so what follows errs on the safe side.
"""


def pair_correlation(ours: np.ndarray, theirs: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Pearson's correlation of paired scores (seeds,), with its interval by Fisher's z.

    All ``nan`` with fewer than four seeds, or where a strategy's scores do not vary.
    """
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if len(ours) < 4 or min(np.ptp(ours), np.ptp(theirs)) < 1e-9:
        return (float("nan"),) * 3
    found = stats.pearsonr(ours, theirs)
    low, high = found.confidence_interval(level)
    return float(found.statistic), float(low), float(high)


def smallest_detectable_difference(
    ours: np.ndarray, theirs: np.ndarray, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Mean paired difference, in the scores' unit, that a two-sided test at ``alpha`` finds with a chance of ``power``.

    From the standard deviation of the paired differences (seeds,) and the efficiency of the signed-rank test; ``nan``
    with fewer than six pairs. Raises :class:`~nasbed.errors.OptionError`.
    """
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise OptionError(f"alpha = {alpha:g}, power = {power:g}; expected 0 < alpha < power < 1")
    difference = np.asarray(ours, float) - np.asarray(theirs, float)
    count = len(difference)
    if count < 6:
        return float("nan")
    error = difference.std(ddof=1) / np.sqrt(count * EFFICIENCY)
    return float((stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * error)


def power_line(results: Results, metric: str = "validation_regret", alpha: float = 0.05, power: float = 0.8) -> str:
    """A sentence for under a table: what its contrasts with the reference could have found on each benchmark.

    The narrowest and the widest of the strategies are named, at the first and strictest step of Holm's correction;
    correlations are those with the reference, over all strategies and benchmarks. Empty with one strategy, or fewer than
    six seeds.
    """
    scores = results.scores(metric)
    others = [name for name in results.strategies if name != results.reference]
    seeds = len(scores[results.reference])
    if not others or seeds < 6:
        return ""
    family = len(others) * len(results.benchmarks)
    found, correlations = [], []
    for column, label in enumerate(results.benchmarks):
        widths = []
        reference = scores[results.reference][:, column]
        for name in others:
            both = ~np.isnan(scores[name][:, column]) & ~np.isnan(reference)
            pair = scores[name][both, column], reference[both]
            widths.append((smallest_detectable_difference(*pair, alpha / family, power), name))
            correlations.append(pair_correlation(*pair)[0])
        there = sorted(one for one in widths if not np.isnan(one[0]))
        if there:
            ends = dict.fromkeys((there[0], there[-1]))
            found.append(" to ".join(f"{width:.3g} ({name})" for width, name in ends) + f" on {label}")
    known = [one for one in correlations if not np.isnan(one)]
    paired = (
        f" Pairing by seed: correlation with {results.reference} from {min(known):.2f} to {max(known):.2f}."
        if known
        else ""
    )
    if not found:
        return paired.strip()
    return (
        f"Power: {seeds} seeds find a difference of mean {metric.replace('_', ' ')} from {results.reference} of {'; '.join(found)}"
        f" with a chance of {100 * power:.0f} % at p < {alpha:g} / {family} (the first step of Holm's correction).{paired}"
    )
