"""Who the incumbent was at every moment, and what the referee says of it.

This module owns the incumbent rule. Arrays are (runs, evaluations) in the order of arrival; rows of runs that ended
early are padded with ``nan`` values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nasbed.results.unlogged import every_evaluation
from nasbed.searches.columns import ADDED, ARCHITECTURE, EPOCHS, LAST, SEED, TIME, VALUE
from nasbed.searches.incumbents import seen_incumbents
from nasbed.searches.rules import Incumbent
from nasbed.statistics.precision import resolution, settled
from nasbed.vocabulary import Exhaustive, Meter, Referee, Spending


@dataclass(frozen=True)
class ScoredRuns:
    """The runs of one strategy on one benchmark, scored.

    ``validation_regret``, ``test_regret``, ``validation``, ``test`` and ``observed`` (what the search saw of its incumbent, by
    which it was chosen: under the rule ``mean`` the mean of its evaluations so far) are (runs, evaluations), carried forward where
    a run ended early and ``nan`` before its first incumbent. ``time`` is the simulated clock at each arrival (``inf`` where a run
    has ended), ``epochs`` the epochs trained by then, ``ended`` whether its strategy stopped before its budget did, ``count`` its
    evaluations, ``distinct`` how many different networks were among them, ``incumbent`` the number of the architecture that it
    returned (-1 where there is none). ``costs`` are what was spent up to each arrival of the further costs of the benchmark; they
    and ``epochs`` end as ``time`` does.
    """

    seeds: np.ndarray
    time: np.ndarray
    epochs: np.ndarray
    validation_regret: np.ndarray
    test_regret: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    observed: np.ndarray
    ended: np.ndarray
    count: np.ndarray
    distinct: np.ndarray
    incumbent: np.ndarray
    costs: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Evaluations of the longest run, and at least 1."""
        return int(self.time.shape[1])

    def along(self, axis: Meter) -> np.ndarray:
        """The readings of a meter at each arrival, (runs, evaluations); where a run has ended ``inf``, but of evaluations."""
        places = np.broadcast_to(np.arange(1.0, self.time.shape[1] + 1), self.time.shape)
        readings: np.ndarray = axis.reading(Spending(places, self.epochs, self.time, self.costs))
        return readings

    def final(self, name: str) -> np.ndarray:
        """A score of each run at its end, (runs,)."""
        final: np.ndarray = getattr(self, name)[:, -1]
        return final

    def first(self, axis: Meter) -> np.ndarray:
        """The reading of a meter at the first arrival of each run, (runs,)."""
        return self.along(axis)[:, 0]

    def last(self, axis: Meter) -> np.ndarray:
        """The reading of a meter at the last arrival of each run, (runs,)."""
        return self.last_of(self.along(axis))

    def at_changes(self, axis: Meter) -> np.ndarray:
        """The readings of a meter wherever an incumbent changes, (runs, evaluations); nothing is promised of other places."""
        return self.along(axis)

    def at(self, axis: Meter, name: str, grid: np.ndarray) -> np.ndarray:
        """A score of each run at readings of a meter, (runs, points); ``nan`` where a run has no evaluation yet."""
        place = np.stack([np.searchsorted(row, grid, side="right") for row in self.along(axis)]) - 1
        there = np.take_along_axis(getattr(self, name), np.maximum(place, 0), axis=1)
        return np.where(place >= 0, there, np.nan)

    @property
    def spent(self) -> dict[str, np.ndarray]:
        """The further costs of each run at its end, (runs,), by name."""
        return {name: self.last_of(totals) for name, totals in self.costs.items()}

    def last_of(self, totals: np.ndarray) -> np.ndarray:
        """The numbers at the last arrival of each run, (runs,), of those at each, (runs, evaluations); a run without evaluations
        gives its first.
        """
        last: np.ndarray = np.take_along_axis(totals, np.maximum(self.count - 1, 0)[:, None], axis=1)[:, 0]
        return last


def judge(
    records: Mapping[str, np.ndarray],
    seeds: np.ndarray,
    referee: Referee | None,
    rule: Incumbent,
    *,
    elsewhere: bool = False,
    retrained: bool = False,
    costs: Sequence[str] = (),
) -> ScoredRuns:
    """Score flat records, sorted by seed and in the order of arrival within a run.

    Columns: ``seed``, ``architecture`` (index), ``epochs``, ``value`` (higher is better), ``time``, ``last``, which
    marks the last evaluation of a run that its strategy ended by itself, ``epochs_added`` where trainings can be resumed, and
    ``evaluation``, the number within the run, where some evaluations are not there: they count, and are no incumbents.
    ``seeds`` are all of the study, sorted; ``elsewhere`` says that the referee is of another benchmark than the one searched,
    whose runs nobody has seen. Without a ``referee`` the validation value is what the search saw, there is no test, and every
    architecture is a network of its own. Where no best is known regrets are counted from 0, so that their differences are right.
    Where incumbents are ``retrained`` the referee knows those that searches returned, so that the validation value is what the
    search saw. ``costs`` names further columns: what each evaluation cost beside seconds.
    """
    records = every_evaluation(records)
    runs, archs = np.searchsorted(seeds, records[SEED.name]), records[ARCHITECTURE.name]
    count = np.bincount(runs, minlength=len(seeds))
    width = max(1, int(count.max(initial=0)))
    column = np.arange(len(runs)) - np.repeat(np.cumsum(count) - count, count)

    def matrix(flat: np.ndarray, fill: float, dtype: type | np.dtype) -> np.ndarray:
        out: np.ndarray = np.full((len(seeds), width), fill, dtype=dtype)
        out[runs, column] = flat
        return out

    archs_ = matrix(archs, 0, np.promote_types(archs.dtype, np.int64))
    values = matrix(records[VALUE.name], np.nan, float)
    place, observed = seen_incumbents(values, matrix(records[EPOCHS.name], 0, np.int64), archs_, rule)
    chosen = np.take_along_axis(archs_, np.maximum(place, 0), axis=1)
    seen = np.take_along_axis(values, np.maximum(place, 0), axis=1)
    best_validation, best_test = best_of(referee)
    if referee is None:
        validation, test, same = observed, np.full(seen.shape, np.nan), archs
    else:
        test = np.where(place >= 0, referee.test(chosen, None if elsewhere else seen), np.nan)
        validation = observed if retrained else np.where(place >= 0, referee.validation(chosen), np.nan)
        same = referee.distinct(archs)
    _, networks = np.unique(same, return_inverse=True)
    stride = int(networks.max(initial=0)) + 1
    pairs = np.unique(runs * stride + networks) // stride
    return ScoredRuns(
        seeds=seeds,
        time=matrix(records[TIME.name], np.inf, float),
        epochs=np.cumsum(matrix(records.get(ADDED.name, records[EPOCHS.name]), np.inf, float), axis=1),
        validation_regret=regret_of(best_validation, validation),
        test_regret=regret_of(best_test, test),
        validation=validation,
        test=test,
        observed=observed,
        ended=np.bincount(runs[records[LAST.name]], minlength=len(seeds)) > 0,
        count=count,
        distinct=np.bincount(pairs, minlength=len(seeds)),
        incumbent=np.where(place[:, -1] >= 0, chosen[:, -1], -1),
        costs={name: np.cumsum(matrix(records[name], np.inf, float), axis=1) for name in costs},
    )


def floor(searched: Referee | None, scored: Referee | None, noise: str) -> tuple[float, float]:
    """Expected validation and test regret, on ``scored``, of exhaustive search under ``noise`` on ``searched``; ``nan`` where no
    search can go through all of the space, or no best is known.
    """
    if searched is None or scored is None or not isinstance(searched, Exhaustive):
        return float("nan"), float("nan")
    index, seen, chance = searched.winner(noise)
    best_validation, best_test = scored.best()
    validation, test = (
        chance @ scored.validation(index),
        chance @ scored.test(index, seen if searched is scored else None),
    )
    return _exact(best_validation, float(validation)), _exact(best_test, float(test))


def _exact(best: float, score: float) -> float:
    """How far an expectation is from the best, not rounded; 0 where only an error of rounding is left, ``nan`` where neither is
    known.
    """
    regret = best - score
    return 0.0 if abs(regret) <= resolution(best, score) else regret


def best_of(referee: Referee | None) -> tuple[float, float]:
    """The validation and the test value that regrets are counted from: 0 where no best is known."""
    validation, test = np.nan_to_num((np.nan, np.nan) if referee is None else referee.best())
    return float(validation), float(test)


def regret_of(best: float, scores: np.ndarray) -> np.ndarray:
    """How far scores are from the best, equal ones exactly equal and the best exactly 0."""
    return settled(best - scores, best, scores)
