"""Who the incumbent was at every moment, and what the referee says of it.

This module owns the incumbent rule. Arrays are (runs, evaluations) in the order of arrival; rows of runs that ended
early are padded with ``nan`` values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from nasbed.analysis.precision import resolution, settled
from nasbed.errors import BenchmarkError
from nasbed.oracles import answering
from nasbed.protocol import Benchmark, Exhaustive, Referee, Refereed
from nasbed.rules import Incumbent


def incumbents(values: np.ndarray, epochs: np.ndarray, archs: np.ndarray, rule: Incumbent) -> np.ndarray:
    """The position of the incumbent after each evaluation, -1 before there is one.

    ``best``: the highest single observation at the highest fidelity seen so far, the first of equals. ``mean``: the
    highest mean over the repeated observations of an architecture there. Values of different fidelities are never
    compared; failed evaluations (``nan``, and what is infinite) are never incumbents.

    >>> values = np.array([[1.0, np.nan, 3.0, 2.0, 0.5]])
    >>> epochs = np.array([[12, 12, 12, 12, 200]])
    >>> incumbents(values, epochs, np.arange(5)[None], "best")
    array([[0, 0, 2, 2, 4]])
    """
    if rule == "mean":
        return np.stack([_by_mean(*row) for row in zip(values, epochs, archs, strict=True)])
    made = np.isfinite(values)
    _, fidelity = np.unique(epochs, return_inverse=True)
    _, order = np.unique(np.where(made, values, -np.inf), return_inverse=True)
    rank = np.where(made, fidelity.reshape(values.shape) * (order.max() + 1) + order.reshape(values.shape), -1)
    best = np.maximum.accumulate(rank, axis=1)
    before = np.concatenate([np.full((len(rank), 1), -1), best[:, :-1]], axis=1)
    place = np.where(rank > before, np.arange(rank.shape[1]), -1)
    return np.maximum.accumulate(place, axis=1)


def _by_mean(values: np.ndarray, epochs: np.ndarray, archs: np.ndarray) -> np.ndarray:
    places = np.full(len(values), -1)
    top, best = -1, -1
    means: dict[int, tuple[float, int, int]] = {}
    for place, (value, fidelity, arch) in enumerate(zip(values.tolist(), epochs.tolist(), archs.tolist(), strict=True)):
        if isfinite(value) and fidelity >= top:
            if fidelity > top:
                top, means = fidelity, {}
            mean, count, first = means.get(arch, (0.0, 0, place))
            means[arch] = (mean + (value - mean) / (count + 1), count + 1, first)
            best = max(means.values(), key=lambda entry: (entry[0], -entry[2]))[2]
        places[place] = best
    return places


def refereed(benchmark: Benchmark) -> Referee | None:
    """The referee of a benchmark, whose answers are arrays of numbers: it raises :class:`~nasbed.errors.BenchmarkError` where
    they are not, or where the benchmark's own raises. ``None`` where there is none, and scores are what the search saw.
    """
    if not isinstance(benchmark, Refereed):
        return None
    with answering(benchmark, "its referee()"):
        referee = benchmark.referee()
    return _Exhaustive(benchmark, referee) if isinstance(referee, Exhaustive) else _Refereed(benchmark, referee)


@dataclass(frozen=True)
class _Refereed:
    benchmark: Benchmark
    referee: Referee

    def validation(self, index: np.ndarray) -> np.ndarray:
        return self._numbers("validation", index)

    def test(self, index: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        return self._numbers("test", index, seen)

    def distinct(self, index: np.ndarray) -> np.ndarray:
        with answering(self.benchmark, "distinct() of its referee"):
            return self.referee.distinct(index)

    def best(self) -> tuple[float, float]:
        with answering(self.benchmark, "best() of its referee"):
            validation, test = self.referee.best()
            return validation + 0.0, test + 0.0

    def _numbers(self, method: str, index: np.ndarray, *seen: np.ndarray | None) -> np.ndarray:
        with answering(self.benchmark, f"{method}() of its referee"):
            answer = getattr(self.referee, method)(index, *seen)
            found: np.ndarray = np.asarray(answer)
            if found.shape != index.shape or found.dtype.kind not in "fiu":
                raise BenchmarkError(
                    f"the benchmark {self.benchmark.label} failed: {method}() of its referee answered with {found.dtype} of shape"
                    f" {found.shape}; expected a number for each architecture, {index.shape}"
                )
            return found if np.isfinite(found).all() else np.where(np.isfinite(found), found, np.nan)


class _Exhaustive(_Refereed):
    """The same of a referee that knows how an exhaustive search ends."""

    def winner(self, noise: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with answering(self.benchmark, "winner() of its referee"):
            found: tuple[np.ndarray, np.ndarray, np.ndarray] = self.referee.winner(noise)  # type: ignore[attr-defined]
            return found


@dataclass(frozen=True)
class Judged:
    """The runs of one strategy on one benchmark, scored.

    ``validation_regret``, ``test_regret``, ``validation``, ``test`` and ``observed`` (what the search saw of its incumbent) are
    (runs, evaluations), carried forward where a run ended early and ``nan`` before its first incumbent. ``time`` is the
    simulated clock at each arrival (``inf`` where a run has ended), ``ended`` whether its strategy stopped before its
    budget did, ``count`` its evaluations, ``distinct`` how many different networks were among them.
    """

    seeds: np.ndarray
    time: np.ndarray
    validation_regret: np.ndarray
    test_regret: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    observed: np.ndarray
    ended: np.ndarray
    count: np.ndarray
    distinct: np.ndarray


def judge(
    records: Mapping[str, np.ndarray],
    seeds: np.ndarray,
    referee: Referee | None,
    rule: Incumbent,
    *,
    elsewhere: bool = False,
) -> Judged:
    """Score flat records, sorted by seed and in the order of arrival within a run.

    Columns: ``seed``, ``architecture`` (index), ``epochs``, ``value`` (higher is better), ``time``, and ``last``, which
    marks the last evaluation of a run that its strategy ended by itself. ``seeds`` are all of the study, sorted;
    ``elsewhere`` says that the referee is of another benchmark than the one searched, whose runs nobody has seen. Without a
    ``referee`` the validation value is what the search saw, there is no test, and every architecture is a network of its own. Where
    no best is known regrets are counted from 0, so that their differences are right.
    """
    runs, archs = np.searchsorted(seeds, records["seed"]), records["architecture"]
    count = np.bincount(runs, minlength=len(seeds))
    width = max(1, int(count.max(initial=0)))
    column = np.arange(len(runs)) - np.repeat(np.cumsum(count) - count, count)

    def matrix(flat: np.ndarray, fill: float, dtype: type) -> np.ndarray:
        out: np.ndarray = np.full((len(seeds), width), fill, dtype=dtype)
        out[runs, column] = flat
        return out

    archs_ = matrix(archs, 0, np.int64)
    values = matrix(records["value"], np.nan, float)
    place = incumbents(values, matrix(records["epochs"], 0, np.int64), archs_, rule)
    chosen = np.take_along_axis(archs_, np.maximum(place, 0), axis=1)
    seen = np.take_along_axis(values, np.maximum(place, 0), axis=1)
    best_validation, best_test = np.nan_to_num((np.nan, np.nan) if referee is None else referee.best())
    if referee is None:
        validation, test, same = np.where(place >= 0, seen, np.nan), np.full(seen.shape, np.nan), archs
    else:
        test = np.where(place >= 0, referee.test(chosen, None if elsewhere else seen), np.nan)
        validation = np.where(place >= 0, referee.validation(chosen), np.nan)
        same = referee.distinct(archs)
    _, networks = np.unique(same, return_inverse=True)
    stride = int(networks.max(initial=0)) + 1
    pairs = np.unique(runs * stride + networks) // stride
    return Judged(
        seeds=seeds,
        time=matrix(records["time"], np.inf, float),
        validation_regret=_regret(best_validation, validation),
        test_regret=_regret(best_test, test),
        validation=validation,
        test=test,
        observed=np.where(place >= 0, seen, np.nan),
        ended=np.bincount(runs[records["last"]], minlength=len(seeds)) > 0,
        count=count,
        distinct=np.bincount(pairs, minlength=len(seeds)),
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
    """How far an expectation is from the best, not rounded; 0 where only an error of rounding is left."""
    regret = best - score
    return regret if abs(regret) > resolution(best, score) else 0.0


def _regret(best: float, scores: np.ndarray) -> np.ndarray:
    """How far scores are from the best, equal ones exactly equal and the best exactly 0."""
    return settled(best - scores, best, scores)
