"""One look of the group-sequential test of a change against a stored baseline, and what the looks come to.

The mean of the new runs is set against that of thousands of stored ones. The stored runs of the same seeds are a control variate
(Lavenberg and Welch, Management Science 27, 1981), which removes what the two share. Scores are lower-is-better, so an effect
above zero is a regression. Everything is elementwise: a number for one gate, or an array for many. SciPy is imported by what needs
it, since an unchanged strategy needs no test and should be told at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.gate.boundaries import boundaries, crossing, height
from nasbed.numeric import real
from nasbed.statistics.spread import spread, varies

BATCH = 25
"""Seeds between two looks."""

FIRST = 100
"""Seeds before the first look, enough for a mean of skewed scores to be nearly normal."""

LIMIT = 1_000
"""Seeds after which a gate ends undecided."""

HIGHEST_POWER = 0.99
"""The highest chance to catch a regression of the margin's size that can be asked for."""

_EXACT = 1e-9
"""The least residual variance, in variances of the baseline: two strategies may give the same scores on every seed."""


@dataclass(frozen=True)
class GatePlan:
    """What is tested: the margin in standard deviations of the baseline, and the probabilities of error.

    Nine tenths of ``alpha`` and eight tenths of ``1 - power`` are spent, so that what is promised holds for scores that are
    not normal. With several benchmarks half of alpha is spent on the mean of their effects, whose margin is half of theirs, and
    half on all of them alike (Bonferroni).
    """

    margin: float = 0.2
    alpha: float = 0.05
    power: float = 0.9

    def __post_init__(self) -> None:
        for name, low, high in (("margin", 0.01, 2.0), ("alpha", 0.001, 0.2), ("power", 0.5, HIGHEST_POWER)):
            number = real(value := getattr(self, name))
            if number is None or not low <= number <= high:
                what = "in standard deviations, " if name == "margin" else ""
                raise OptionError(f"{name} = {shown(value)}; expected a number {what}from {low:g} to {high:g}")
            object.__setattr__(self, name, number)

    @classmethod
    def parse(cls, margin: str | float = "0.2sd", alpha: float = 0.05, power: float = 0.9) -> GatePlan:
        """A plan with a margin such as "0.2sd"; raises :class:`~nasbed.errors.OptionError`.

        >>> GatePlan.parse("0.3sd").margin
        0.3
        """
        if isinstance(margin, str):
            try:
                margin = float(margin.strip().removesuffix("sd"))
            except ValueError:
                raise OptionError(
                    f"margin = {shown(margin)}; expected standard deviations of the baseline, as in 0.2sd"
                ) from None
        return cls(margin, alpha, power)

    def hypotheses(self, sd: np.ndarray) -> Hypotheses:
        """The tests of benchmarks whose baselines have the standard deviations ``sd`` (..., benchmarks); of several also that
        of their mean, which comes last.
        """
        count, beta = sd.shape[-1], 0.8 * (1 - self.power)
        alone = boundaries(0.9 * self.alpha * (1.0 if count == 1 else 0.5 / count), beta)
        if count == 1:
            return Hypotheses(self.margin * sd, np.array([alone.c1]), np.array([alone.c2]))
        pooled = boundaries(0.45 * self.alpha, beta)
        together = np.full((*sd.shape[:-1], 1), self.margin / 2)
        return Hypotheses(
            np.concatenate([self.margin * sd, together], axis=-1),
            np.array([alone.c1] * count + [pooled.c1]),
            np.array([alone.c2] * count + [pooled.c2]),
        )


@dataclass(frozen=True)
class Hypotheses:
    """The margin of each test, in the unit of the score, and the constants of its boundaries."""

    margin: np.ndarray
    c1: np.ndarray
    c2: np.ndarray

    def planned(self) -> np.ndarray:
        """The information (one over the variance of the estimate) at which both boundaries meet, and the test must end, for each
        test.
        """
        found: np.ndarray = ((self.c1 + self.c2) / self.margin) ** 2
        return found

    def levels(self) -> np.ndarray:
        """The confidence of the repeated intervals: the chance that no look of :data:`~nasbed.gate.boundaries.LOOKS` misses."""
        return np.array([1 - 2 * crossing(c1, 0.0, 0.0, futility=False)[0] for c1 in self.c1.tolist()])


@dataclass(frozen=True)
class BaselineScores:
    """The stored baseline's score: mean, standard deviation and number of seeds."""

    mean: np.ndarray
    sd: np.ndarray
    count: int

    @classmethod
    def of(cls, scores: np.ndarray) -> BaselineScores:
        """The moments of a baseline's ``scores``, (..., seeds)."""
        return cls(scores.mean(axis=-1), spread(scores, axis=-1), scores.shape[-1])


@dataclass(frozen=True)
class Moments:
    """Means, variances and covariance of the new scores and of the stored ones of the same ``count`` seeds."""

    count: int
    mean: np.ndarray
    paired_mean: np.ndarray
    variance: np.ndarray
    paired_variance: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, paired: np.ndarray) -> Moments:
        """The moments of new ``scores`` and of the stored ones of the same seeds, ``paired``, (..., seeds) each."""
        count = scores.shape[-1]
        mean, paired_mean = scores.mean(axis=-1), paired.mean(axis=-1)
        new, old = scores - mean[..., None], paired - paired_mean[..., None]
        vary, pairs_vary = varies(scores, -1), varies(paired, -1)
        variance, paired_variance, covariance = (
            np.where(there, (one * other).sum(axis=-1) / (count - 1), 0.0)
            for one, other, there in ((new, new, vary), (old, old, pairs_vary), (new, old, vary & pairs_vary))
        )
        return cls(count, mean, paired_mean, variance, paired_variance, covariance)


@dataclass(frozen=True)
class Estimate:
    """The effect of a change in the unit of the score (above zero is worse), its information, and what pairing gave.

    ``information`` is one over the variance of ``effect``; ``weight`` is the coefficient of the control variate,
    ``correlation`` that between the new and the stored scores of the same seeds.
    """

    count: int
    effect: np.ndarray
    information: np.ndarray
    weight: np.ndarray
    correlation: np.ndarray

    def z(self, effect: np.ndarray | float) -> np.ndarray:
        """The normal score with the tail probability of an effect in Student's distribution."""
        from scipy.special import ndtri, stdtr

        found: np.ndarray = ndtri(stdtr(self.count - 2, effect * np.sqrt(self.information)))
        return found


def estimate(moments: Moments, before_scores: BaselineScores) -> Estimate:
    """The effect after a look.

    The residual variance is at least that which the correlation and the baseline's own spread give: a few skewed scores
    that happen to lie close together would look more certain than they are.
    """
    spread, paired = before_scores.sd**2, moments.paired_variance
    there = paired > 0
    weight = np.clip(np.divide(moments.covariance, paired, out=np.zeros_like(paired), where=there), 0, 1)
    both = np.sqrt(moments.variance * paired)
    correlation = np.divide(moments.covariance, both, out=np.zeros_like(both), where=both > 0)
    effect = moments.mean - weight * moments.paired_mean - (1 - weight) * before_scores.mean
    own = moments.variance - 2 * weight * moments.covariance + weight**2 * paired
    residual = np.maximum(own, (1 - correlation**2) * spread) * moments.count / (moments.count - 2)
    error = np.maximum(residual, _EXACT * spread) / moments.count + (1 - weight) ** 2 * spread / before_scores.count
    return Estimate(moments.count, effect, 1 / error, weight, correlation)


@dataclass(frozen=True)
class Decisions:
    """What is settled: of each pair neither side, or the one whose boundary was crossed first."""

    worse: np.ndarray
    not_worse: np.ndarray
    better: np.ndarray
    not_better: np.ndarray

    @classmethod
    def none(cls, shape: tuple[int, ...] = ()) -> Decisions:
        """The decisions before the first look, when nothing is settled, in arrays of a shape."""
        return cls(*(np.zeros(shape, bool) for _ in range(4)))


def look(before: Decisions, found: Estimate, tests: Hypotheses) -> Decisions:
    """The decisions after a look; where both sides of a pair are crossed at once, a difference wins over its absence."""
    share, margin = shares(found, tests), tests.margin
    reject, accept = height(tests.c1, share), height(tests.c2, share)
    worse = before.worse | ~before.not_worse & (found.z(found.effect) >= reject)
    not_worse = before.not_worse | ~worse & (found.z(margin - found.effect) >= accept)
    better = before.better | ~before.not_better & (found.z(-found.effect) >= reject)
    not_better = before.not_better | ~better & (found.z(margin + found.effect) >= accept)
    return Decisions(worse, not_worse, better, not_better)


def verdict(decisions: Decisions) -> np.ndarray:
    """The verdict of each gate: "worse", "better" or "equivalent", or an empty text where more seeds are needed; the last axis of
    the decisions is the test.

    Worse on any benchmark is worse. To pass, no benchmark may be worse, and the mean over them, the last test, decides.
    """
    passed = decisions.not_worse.all(axis=-1)
    return np.select(
        [decisions.worse.any(axis=-1), passed & decisions.better[..., -1], passed & decisions.not_better[..., -1]],
        ["worse", "better", "equivalent"],
        "",
    )


def shares(found: Estimate, tests: Hypotheses) -> np.ndarray:
    """The share of the planned information that there is, at most 1."""
    share: np.ndarray = np.minimum(1.0, found.information / tests.planned())
    return share


def half_width(found: Estimate, tests: Hypotheses) -> np.ndarray:
    """The ends of the repeated confidence interval of the effect (Jennison and Turnbull, JRSS B 51, 1989).

    It holds at all looks together, so the one at which a gate stopped needs no correction, and it lies above zero when
    the change is called worse.
    """
    from scipy.special import ndtr, stdtrit

    limit = height(tests.c1, shares(found, tests))
    width: np.ndarray = stdtrit(found.count - 2, ndtr(limit)) / np.sqrt(found.information)
    return width


def rows_of(scores: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """What is tested, (..., tests, seeds), of scores (..., benchmarks, seeds): each benchmark, and below them, where there are
    several, their mean in standard deviations ``sd`` (..., benchmarks) of the baseline.
    """
    if scores.shape[-2] == 1:
        return scores
    return np.concatenate([scores, (scores / sd[..., None]).mean(axis=-2, keepdims=True)], axis=-2)


def look_sizes(limit: int) -> list[int]:
    """The seeds at each look.

    >>> look_sizes(160)
    [100, 125, 150, 160]
    """
    return [*range(FIRST, limit, BATCH), limit]


class Looks:
    """The looks of one gate. ``baseline`` is (benchmarks, seeds), each with some spread; new scores are of its first seeds."""

    def __init__(self, plan: GatePlan, baseline: np.ndarray) -> None:
        self.sd = spread(baseline, axis=-1)
        self.stored = rows_of(baseline, self.sd)
        self.before_scores = BaselineScores.of(self.stored)
        self.tests = plan.hypotheses(self.sd)
        self.decisions = Decisions.none((len(self.stored),))

    def estimate(self, scores: np.ndarray) -> Estimate:
        """The effects on each benchmark, and of several on their mean, of (benchmarks, seeds) new scores."""
        rows = rows_of(scores, self.sd)
        return estimate(Moments.of(rows, self.stored[:, : rows.shape[1]]), self.before_scores)

    def look(self, scores: np.ndarray) -> str:
        """The verdict after a look, or "" where more seeds are needed."""
        self.decisions = look(self.decisions, self.estimate(scores), self.tests)
        return str(verdict(self.decisions))
