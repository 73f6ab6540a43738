"""What a comparison could have found: smallest detectable differences, and how far common seeds pair two strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from nasbed.errors import OptionError

if TYPE_CHECKING:
    from nasbed.analysis.results import Results

FEWEST = 6
"""Pairs below which no two-sided signed-rank p under 0.05 is possible."""

EFFICIENCY = 3 / np.pi
"""Asymptotic relative efficiency of the Wilcoxon signed-rank test against the t test for normal differences; never below 0.864,
and higher for heavy tails (Hodges and Lehmann, Annals of Mathematical Statistics 27, 1956).
"""


def pair_correlation(ours: np.ndarray, theirs: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Pearson's correlation of paired scores (seeds,), with its interval by Fisher's z.

    All ``nan`` with fewer than four seeds, or where a strategy's scores do not vary.
    """
    difference = _paired(ours, theirs)
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if len(difference) < 4 or min(np.ptp(ours), np.ptp(theirs)) < 1e-9:
        return (float("nan"),) * 3
    found = stats.pearsonr(ours, theirs)
    low, high = found.confidence_interval(level)
    return float(found.statistic), float(low), float(high)


def smallest_detectable_difference(
    ours: np.ndarray, theirs: np.ndarray, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Mean paired difference, in the scores' unit, that a two-sided test at ``alpha`` finds with a chance of ``power``.

    (t(1 - alpha/2) + t(power)) sd / sqrt(0.955 n), with quantiles of Student's t at n - 1 degrees of freedom, the standard
    deviation of the n paired differences and the efficiency of the signed-rank test; ``nan`` with fewer than six pairs. Raises
    :class:`~nasbed.errors.OptionError`.
    """
    difference = _paired(ours, theirs)
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise OptionError(f"alpha = {alpha:g}, power = {power:g}; expected 0 < alpha < power < 1")
    if len(difference) < FEWEST:
        return float("nan")
    return _size(float(difference.std(ddof=1)), len(difference), alpha, power)


def seeds_for(difference: float, ours: np.ndarray, theirs: np.ndarray, alpha: float = 0.05, power: float = 0.8) -> int:
    """Seeds with which a two-sided test at ``alpha`` finds a mean paired ``difference`` with a chance of ``power``.

    ``ours`` and ``theirs`` (seeds,) are scores of a pilot of at least six pairs, whose differences give the standard
    deviation. Raises :class:`~nasbed.errors.OptionError`.
    """
    if not 0 < abs(difference) < np.inf:
        raise OptionError(
            f"difference = {difference!r}; expected a difference that is not 0, in the unit of the scores"
        )
    if np.isnan(smallest_detectable_difference(ours, theirs, alpha, power)):
        raise OptionError(f"a pilot of {len(ours)} pairs; expected {FEWEST} or more")
    spread = float(_paired(ours, theirs).std(ddof=1))
    normal = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    count = max(FEWEST, int((normal * spread / difference) ** 2 / EFFICIENCY))
    while _size(spread, count, alpha, power) > abs(difference):
        count += 1
    return count


def _paired(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape or ours.ndim != 1:
        raise OptionError(f"scores of the shapes {ours.shape} and {theirs.shape}; expected (seeds,), the same seeds")
    difference: np.ndarray = ours - theirs
    return difference


def _size(spread: float, count: int, alpha: float, power: float) -> float:
    quantiles = np.sum(stats.t.ppf([1 - alpha / 2, power], count - 1))
    return float(quantiles * spread / np.sqrt(count * EFFICIENCY))


def power_line(results: Results, metric: str = "validation_regret", alpha: float = 0.05, power: float = 0.8) -> str:
    """A sentence for under a table: what its contrasts with the reference could have found on each benchmark.

    Named are the strategies with the smallest and the largest detectable difference, at the first and strictest step of
    Holm's correction, in the objective's unit and in standard deviations of the reference over seeds; and the lowest and
    the highest correlation with the reference over all strategies and benchmarks, with its 95 % interval. Empty with one
    strategy, or fewer than six seeds.
    """
    scores = results.scores(metric)
    others = [name for name in results.strategies if name != results.reference]
    seeds = len(scores[results.reference])
    if not others or seeds < FEWEST:
        return ""
    family = len(others) * len(results.benchmarks)
    found, correlations = [], []
    for column, label in enumerate(results.benchmarks):
        widths = []
        reference = scores[results.reference][:, column]
        for name in others:
            both = ~np.isnan(scores[name][:, column]) & ~np.isnan(reference)
            pair = scores[name][both, column], reference[both]
            width = smallest_detectable_difference(*pair, alpha / family, power)
            if not np.isnan(width):
                spread = float(pair[1].std(ddof=1))
                widths.append(
                    (width, f"{width:.3g} ({width / spread:.2f} sd, {name})" if spread else f"{width:.3g} ({name})")
                )
            correlations.append(pair_correlation(*pair))
        ends = dict.fromkeys((min(widths), max(widths))) if widths else {}
        found += [" to ".join(text for _, text in ends) + f" on {label}"] if ends else []
    known = sorted(one for one in correlations if not np.isnan(one[0]))
    ends_of = dict.fromkeys((known[0], known[-1])) if known else {}
    paired = " to ".join(f"{one:.2f} ({low:.2f} to {high:.2f})" for one, low, high in ends_of)
    parts = []
    if found:
        parts.append(
            f"Power: with {seeds} seeds a difference from {results.reference} in mean {metric.replace('_', ' ')} is found with"
            f" {100 * power:.0f} % chance at alpha {alpha:g} / {family} (Holm's first step) from this size on: {'; '.join(found)}"
        )
    if paired:
        parts.append(f"measured pair correlation {paired}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""
