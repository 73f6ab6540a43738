"""What a comparison could have found: smallest detectable differences, and how far common seeds pair two strategies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from nasbed.errors import OptionError, shown
from nasbed.statistics.paired import FEWEST
from nasbed.statistics.spread import difference_spread, in_spreads, spread, varies

if TYPE_CHECKING:
    from nasbed.statistics.scored import Scored

EFFICIENCY = 3 / np.pi
"""Asymptotic relative efficiency of the Wilcoxon signed-rank test against the t test for normal differences; never below 0.864,
and higher for heavy tails (Hodges and Lehmann, Annals of Mathematical Statistics 27, 1956).
"""

SIMULATED = 40
"""Pairs up to which the power of the signed-rank test is simulated."""

LEAST_EFFECT = 1e-6
"""The smallest difference, in standard deviations, for which seeds are counted: it takes some ten million million."""

_SAMPLES = 4_000
_SEED = 0x6E617362


def pair_correlation(ours: np.ndarray, theirs: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Pearson's correlation of paired scores (seeds,), with its interval by Fisher's z.

    All ``nan`` with fewer than four seeds, or where a strategy's scores have no spread.
    """
    ours, theirs = _paired(ours, theirs)
    if len(ours) < 4 or not (varies(ours) and varies(theirs)):
        return (float("nan"),) * 3
    found = stats.pearsonr(ours, theirs)
    low, high = found.confidence_interval(level)
    return float(found.statistic), float(low), float(high)


def smallest_p(seeds: int) -> float:
    """The smallest p that the two-sided signed-rank test of so many pairs can have: that of differences all of one sign.

    By the normal approximation, which :func:`~nasbed.statistics.paired.contrast` uses; 1 where nothing is tested.

    >>> round(smallest_p(10), 4), round(smallest_p(11), 4), smallest_p(5)
    (0.0051, 0.0033, 1.0)
    """
    return float(_p_value(seeds * (seeds + 1) // 2, seeds)) if seeds >= FEWEST else 1.0


def fewest_seeds(alpha: float = 0.05) -> int:
    """Seeds from which on a two-sided test at ``alpha`` can find a difference at all.

    >>> fewest_seeds(0.05), fewest_seeds(0.05 / 12), fewest_seeds(0.05 / 30)
    (6, 11, 13)
    """
    count = FEWEST
    while smallest_p(count) >= alpha:
        count += 1
    return count


def smallest_detectable_difference(
    ours: np.ndarray, theirs: np.ndarray, alpha: float = 0.05, power: float = 0.8, seeds: int | None = None
) -> float:
    """Mean paired difference, in the scores' unit, that a two-sided signed-rank test at ``alpha`` finds with a chance of ``power``
    with so many ``seeds``, those of the pairs by default.

    ``inf`` where the test cannot reach ``alpha`` with so few seeds, however large the difference; ``nan`` where the differences
    have no spread to judge by. Otherwise their standard deviation times a factor that allows for the discreteness of the test and
    for the error of that standard deviation: see docs/statistics.md. Raises :class:`~nasbed.errors.OptionError`.
    """
    ours, theirs = _paired(ours, theirs)
    require_chances(alpha, power)
    count = len(ours) if seeds is None else seeds
    if smallest_p(count) >= alpha:
        return float("inf")
    found = float(difference_spread(ours, theirs)) if len(ours) > 1 else 0.0
    return found * _factor(count, len(ours), alpha, power) if found else float("nan")


def seeds_for(difference: float, ours: np.ndarray, theirs: np.ndarray, alpha: float = 0.05, power: float = 0.8) -> int:
    """Seeds with which the two-sided signed-rank test at ``alpha`` finds a mean paired ``difference`` with a chance of ``power``.

    ``ours`` and ``theirs`` (seeds,) are scores of a pilot of at least six pairs, whose differences give the standard
    deviation. Raises :class:`~nasbed.errors.OptionError`.
    """
    if not 0 < abs(difference) < np.inf:
        raise OptionError(
            f"difference = {shown(difference)}; expected a difference that is not 0, in the unit of the scores"
        )
    ours, theirs = _paired(ours, theirs)
    require_chances(alpha, power)
    if len(ours) < FEWEST:
        raise OptionError(f"a pilot of {len(ours)} pairs; expected {FEWEST} or more")
    deviation = float(difference_spread(ours, theirs))
    if not deviation:
        raise OptionError(
            "the differences of the pilot have no spread; expected pairs that do not all differ by the same"
        )
    size = abs(difference) / deviation
    if size < LEAST_EFFECT:
        raise OptionError(
            f"difference = {shown(difference)} is {size:.1g} standard deviations of the pilot's differences; expected"
            f" {LEAST_EFFECT:g} or more"
        )
    return _seeds(size, len(ours), alpha, power)


def seeds_for_effect(effect: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Seeds with which the two-sided signed-rank test at ``alpha`` finds a standardised difference with a chance of ``power``.

    ``effect`` is d_z, the mean paired difference over the standard deviation of the differences, which is taken as known: of a
    pilot :func:`seeds_for` allows for the error of its own. Raises :class:`~nasbed.errors.OptionError`.

    >>> seeds_for_effect(0.5), seeds_for_effect(0.5, 0.05 / 12), seeds_for_effect(-3.0)
    (35, 63, 6)
    """
    if not LEAST_EFFECT <= abs(effect) < np.inf:
        raise OptionError(
            f"d_z = {shown(effect)}; expected a difference in standard deviations, {LEAST_EFFECT:g} or more in size"
        )
    require_chances(alpha, power)
    return _seeds(abs(effect), None, alpha, power)


def detectable_effect(seeds: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest standardised difference (d_z) that so many seeds find with a chance of ``power``; ``inf`` where there is none.

    It is taken as known, as by :func:`seeds_for_effect`. Raises :class:`~nasbed.errors.OptionError`.

    >>> round(detectable_effect(36), 2), detectable_effect(5)
    (0.49, inf)
    """
    require_chances(alpha, power)
    return _factor(seeds, None, alpha, power) if smallest_p(seeds) < alpha else float("inf")


def _seeds(size: float, pilot: int | None, alpha: float, power: float) -> int:
    """Seeds from which on a difference of ``size`` standard deviations is found."""
    count = max(fewest_seeds(alpha), int((_limit(1, pilot, alpha, power) / size) ** 2))
    while _factor(count, pilot, alpha, power) > size:
        count += 1
    return count


def _paired(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape or ours.ndim != 1:
        raise OptionError(f"scores of the shapes {ours.shape} and {theirs.shape}; expected (seeds,), the same seeds")
    return ours, theirs


def require_chances(alpha: float, power: float) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for a level and a power that no test can have."""
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise OptionError(f"alpha = {alpha:g}, power = {power:g}; expected 0 < alpha < power < 1")


@lru_cache(maxsize=256)
def _factor(count: int, pilot: int | None, alpha: float, power: float) -> float:
    """The smallest detectable difference of ``count`` pairs, in standard deviations of a ``pilot`` of so many pairs, or where
    there is none in known ones.

    A sample needs at least some shift to become significant. The factor is the quantile ``power`` of that shift over the standard
    deviation of an independent pilot, for normal differences. Beyond :data:`SIMULATED` pairs its excess over the limit falls as
    1 / n.
    """
    exact = min(count, SIMULATED)
    deviations = (
        1.0 if pilot is None else np.sqrt(_generator("pilot", pilot).chisquare(pilot - 1, _SAMPLES) / (pilot - 1))
    )
    simulated = float(np.quantile(_shifts(exact, alpha) / deviations, power))
    limit = _limit(exact, pilot, alpha, power)
    return _limit(count, pilot, alpha, power) * (1 + (simulated / limit - 1) * exact / count)


def _limit(count: int, pilot: int | None, alpha: float, power: float) -> float:
    """For many pairs: the shift is (z + z(1 - alpha/2)) sd / sqrt(0.955 n), and over a pilot's sd it is noncentral t."""
    return _quantile(pilot, alpha, power) / float(np.sqrt(EFFICIENCY * count))


@lru_cache(maxsize=256)
def _quantile(pilot: int | None, alpha: float, power: float) -> float:
    strict = stats.norm.ppf(1 - alpha / 2)
    return float(strict + stats.norm.ppf(power) if pilot is None else stats.nct.ppf(power, pilot - 1, strict))


@lru_cache(maxsize=64)
def _shifts(count: int, alpha: float) -> np.ndarray:
    """The least shift with which each of many samples of standard normal differences is found to be above 0.

    A sample of one pair more has the same pairs and one more, so that what more pairs find does not go up and down by chance; each
    sample is there with its signs turned as well.
    """
    samples, block = _samples()[:, :count], max(1, 4_000_000 // count**2)
    return np.concatenate([_needed(samples[first : first + block], alpha) for first in range(0, _SAMPLES, block)])


@lru_cache(maxsize=1)
def _samples() -> np.ndarray:
    half = _generator("pairs", SIMULATED).standard_normal((_SAMPLES // 2, SIMULATED))
    return np.concatenate([half, -half])


def _generator(purpose: str, count: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([_SEED, *purpose.encode(), count]))


def _needed(samples: np.ndarray, alpha: float) -> np.ndarray:
    """The least shift with which each row of differences is found to be above 0.

    The rank sum of positive differences is the number of Walsh averages (means of two differences, or of one with itself) above 0
    (Tukey 1949), so the shift that lifts the rank sum to its critical value is read off their order.
    """
    count = samples.shape[1]
    critical = int(np.argmax(_p_values(count) < alpha)) + count * (count + 1) // 4
    one, other = np.triu_indices(count)
    averages = (samples[:, one] + samples[:, other]) / 2
    place = averages.shape[1] - critical
    shifts: np.ndarray = -np.partition(averages, place, axis=1)[:, place]
    return shifts


@lru_cache(maxsize=64)
def _p_values(count: int) -> np.ndarray:
    """p of each rank sum from a half of the largest to all."""
    total = count * (count + 1) // 2
    return _p_value(np.arange(total // 2, total + 1), count)


def _p_value(sums: np.ndarray | int, count: int) -> np.ndarray:
    """p of the signed-rank test of ``count`` pairs, two-sided, by the normal approximation, of rank sums."""
    deviation = np.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    found: np.ndarray = 2 * stats.norm.sf((sums - count * (count + 1) // 2 / 2) / deviation)
    return found


def family_of(scores: Mapping[str, np.ndarray], reference: str) -> int:
    """How many contrasts with the reference Holm's correction is over: those of which enough seeds have both scores for a test.

    Where none has enough, as more seeds would test them, all that have any; and all where none has.
    """
    known = [~np.isnan(mine) & ~np.isnan(scores[reference]) for name, mine in scores.items() if name != reference]
    pairs = np.sum(known, axis=1)
    enough = pairs >= FEWEST if pairs.max(initial=0) >= FEWEST else pairs > 0
    return int(enough.sum()) or max(1, pairs.size)


def power_line(
    results: Scored, metric: str = "validation_regret", alpha: float = 0.05, power: float = 0.8, *, words: str = ""
) -> str:
    """A sentence for under a table: what its contrasts with the reference could have found on each benchmark.

    Named are the strategies with the smallest and the largest detectable difference, at the first and strictest step of
    Holm's correction, in the objective's unit and in standard deviations of the reference over seeds; and the lowest and
    the highest correlation with the reference over all strategies and benchmarks, with its 95 % interval. Where there are too few
    seeds to find a difference of any size, it says how many are needed. Empty with one strategy. ``words`` are those for the
    metric, its name by default.
    """
    named = words or metric.replace("_", " ")
    scores = results.scores(metric)
    others = [name for name in results.strategies if name != results.reference]
    seeds = len(scores[results.reference])
    if not others:
        return ""
    family = family_of(scores, results.reference)
    found, correlations = [], []
    for column, label in enumerate(results.benchmarks):
        widths = []
        reference = scores[results.reference][:, column]
        for name in others:
            both = ~np.isnan(scores[name][:, column]) & ~np.isnan(reference)
            pair = scores[name][both, column], reference[both]
            width = smallest_detectable_difference(*pair, alpha / family, power)
            if np.isfinite(width):
                sds = float(in_spreads(width, spread(pair[1])))
                widths.append(
                    (width, f"{width:.3g} ({name})" if np.isnan(sds) else f"{width:.3g} ({sds:.2f} sd, {name})")
                )
            correlations.append(pair_correlation(*pair))
        ends = dict.fromkeys((min(widths), max(widths))) if widths else {}
        found += [" to ".join(text for _, text in ends) + f" on {label}"] if ends else []
    known = sorted(one for one in correlations if not np.isnan(one[0]))
    ends_of = dict.fromkeys((known[0], known[-1])) if known else {}
    paired = " to ".join(f"{one:.2f} ({low:.2f} to {high:.2f})" for one, low, high in ends_of)
    parts = []
    if (too_few := out_of_reach(seeds, family, alpha, words)) or found:
        parts.append(
            too_few
            or f"Power: with {seeds} seeds a difference from {results.reference} in mean {named} is found with"
            f" {100 * power:.0f} % chance at alpha {alpha:g} / {family} (Holm's first step) from this size on: {'; '.join(found)}"
        )
    if paired:
        parts.append(f"measured pair correlation {'' if parts else f'of {named} '}{paired}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def out_of_reach(seeds: int, family: int, alpha: float = 0.05, words: str = "") -> str:
    """A clause that no difference can be found with so few seeds, and how many are needed; empty where there are enough. ``words``
    say of which metric, where that is not of all.

    >>> out_of_reach(4, 6)
    'Power: with 4 seeds no difference can be found at any size: below 6 nothing is tested; 9 seeds are needed'
    >>> out_of_reach(10, 9)
    ''
    """
    if smallest_p(seeds) < alpha / family:
        return ""
    why = (
        f"p is {smallest_p(seeds):.2g} at least, and Holm's first step asks for less than {alpha:g} / {family}"
        if seeds >= FEWEST
        else f"below {FEWEST} nothing is tested"
    )
    return (
        f"Power: with {seeds} seed{'s' * (seeds != 1)} no difference{f' in mean {words}' * bool(words)} can be found at any size:"
        f" {why};"
        f" {fewest_seeds(alpha / family)} seeds are needed"
    )
