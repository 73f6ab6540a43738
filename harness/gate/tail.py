"""Rare disasters, which a mean does not see: an exact test of how many seeds are worse than all of the baseline's.

How bad a seed is, is its worst score over the benchmarks, in standard deviations of the baseline above the baseline's mean. A
disaster is a seed that is worse than every one of the baseline's. Were new seeds drawn like the stored ones, any ``c`` of all of
them would be equally likely to be the worst ``c``, whatever the distribution and however the benchmarks hang together, so the
chance of at least ``c`` disasters is the hypergeometric one that all of these are new (a precedence test: Nelson, Technometrics 5,
1963). Ties and shared streams only make it smaller. The count can but grow, so a gate may stop as soon as it is reached without a
further chance of error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, log, log1p

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.gate.verdict import Disaster, Tail
from nasbed.numeric import whole
from nasbed.statistics.spread import spread
from nasbed.studies.study import MOST_SEEDS

SEEDS = 375
"""Seeds of the test: against 5,000 stored ones two disasters are then enough at the level of a tenth of 0.05."""

SHARE = 0.1
"""The part of alpha that is spent here; the means have the rest."""

STATED = (0.01, 0.002)
"""The shares of seeds that are disasters for which the chance to find them is stated."""

FOUND = 0.8
"""The chance for which a number of seeds is named."""

_STEP, _MOST = 25, 4
"""Between numbers of seeds that are named, and the largest of them in baselines: more find hardly more."""


@dataclass(frozen=True)
class TailPlan:
    """A test of ``seeds`` new seeds against ``stored`` ones, which errs with probability ``level`` at most."""

    seeds: int
    stored: int
    level: float

    def chance(self, least: int) -> float:
        """The chance of at least so many disasters where nothing has changed.

        >>> plan = TailPlan(1_000, stored=5_000, level=0.005)
        >>> round(plan.chance(1), 4), round(plan.chance(3), 4)
        (0.1667, 0.0046)
        """
        found = 1.0
        for place in range(least):
            found *= max(0, self.seeds - place) / (self.stored + self.seeds - place)
        return found

    @property
    def critical(self) -> int:
        """The number of disasters from which on a change fails.

        >>> TailPlan(375, stored=5_000, level=0.005).critical
        2
        """
        least, chance = 0, 1.0
        while chance > self.level:
            chance *= max(0, self.seeds - least) / (self.stored + self.seeds - least)
            least += 1
        return least

    def power(self, share: float) -> float:
        """The chance to find that a share of all seeds are disasters.

        >>> round(TailPlan(375, stored=5_000, level=0.005).power(0.01), 2)
        0.89
        """
        critical = self.critical
        missed = sum(
            exp(_choices(self.seeds, few) + few * log(share) + (self.seeds - few) * log1p(-share))
            for few in range(min(critical, self.seeds + 1))
        )
        return max(0.0, 1 - missed)

    @cache  # noqa: B019  # of few plans
    def needed(self, share: float) -> int | None:
        """The seeds that find a share of disasters four times in five; none where four times as many as are stored do not.

        >>> TailPlan(375, stored=5_000, level=0.005).needed(0.002)
        5125
        """
        sizes = range(_STEP, _MOST * self.stored + 1, _STEP)
        return next((one for one in sizes if TailPlan(one, self.stored, self.level).power(share) >= FOUND), None)


def require_tail_seeds(seeds: object, least: int) -> int:
    """The number of seeds that a user asks for: none, or those of a first look at least."""
    number = whole(seeds)
    if number is None or not (number == 0 or least <= number <= MOST_SEEDS):
        raise OptionError(
            f"tail_seeds = {shown(seeds)}; expected a whole number in {least} .. {MOST_SEEDS:,}, or 0 for no test of disasters"
        )
    return number


def percent(share: float) -> str:
    """A share as readers see it.

    >>> percent(0.002)
    '0.2 %'
    """
    return f"{100 * share:g} %"


def badness(scores: np.ndarray, stored: np.ndarray) -> np.ndarray:
    """How far (benchmarks, seeds) scores lie above the means of the ``stored`` ones, in their standard deviations."""
    found: np.ndarray = (scores - stored.mean(axis=1, keepdims=True)) / spread(stored, axis=1)[:, None]
    return found


def tail_of(scores: np.ndarray, stored: np.ndarray, labels: Sequence[str], first_seed: int, plan: TailPlan) -> Tail:
    """What (benchmarks, seeds) new scores, lower is better, say about disasters. Each benchmark's ``stored`` ones have spread."""
    new = badness(scores[:, : plan.seeds], stored)
    worst = float(badness(stored, stored).max())
    found = [
        Disaster(labels[row], first_seed + column, float(scores[row, column]), float(new[row, column]))
        for row, column in np.argwhere(new > worst).tolist()
    ]
    count = int((new > worst).any(axis=0).sum())
    return Tail(
        seeds=new.shape[1],
        planned=plan.seeds,
        count=count,
        critical=plan.critical,
        chance=plan.chance(count),
        level=plan.level,
        worst_sds=worst,
        powers={percent(share): plan.power(share) for share in STATED},
        needed={percent(share): plan.needed(share) for share in STATED},
        disasters=tuple(sorted(found, key=lambda one: -one.sds)),
    )


def _choices(n: int, few: int) -> float:
    """The logarithm of the number of ways to choose a few of n."""
    return lgamma(n + 1) - lgamma(few + 1) - lgamma(n - few + 1)
