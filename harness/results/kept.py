"""The scores of the runs of a series, kept as the moments at which incumbents changed: a few of each run, however long it is.

What is asked for as (runs, evaluations) is made of them anew each time. Only the clock at every single arrival is not among them:
whoever wants that has the records read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nasbed.results.judge import ScoredRuns, regret_of
from nasbed.vocabulary import Meter
from nasbed.vocabulary.meters import EVALUATIONS

_BLOCK = 4096
"""Runs whose scores along an axis are made at a time."""


class Coded(NamedTuple):
    """Numbers of which many are equal: each ``values[codes]`` once, and where it stands."""

    values: np.ndarray
    codes: np.ndarray


def coded(numbers: np.ndarray) -> Coded:
    """The same numbers, coded in as few bytes as there need be.

    >>> coded(np.array([0.5, 0.25, 0.5]))
    Coded(values=array([0.25, 0.5 ]), codes=array([1, 0, 1], dtype=uint16))
    """
    values, codes = np.unique(numbers, return_inverse=True)
    return Coded(values, codes.astype(np.uint16 if len(values) <= 2**16 else np.uint32))


@dataclass(frozen=True)
class KeptRuns:
    """The runs of one strategy on one benchmark, scored: what :class:`~nasbed.results.judge.ScoredRuns` holds, in less memory.

    ``steps`` are how many moments there are of each run at which its incumbent changed, its first arrival included, (runs,);
    ``place`` is the number of evaluations before each, and ``scores`` what its validation and test values and what was seen of it
    became, all (moments,), run by run. ``readings`` are of the meters that the series is followed along, there; ``firsts`` and
    ``lasts`` at the first and the last arrival of each run, and ``spent`` its further costs. ``best`` are the validation and the
    test value that regrets are counted from, and ``again`` scores everything anew.
    """

    seeds: np.ndarray
    ended: np.ndarray
    count: np.ndarray
    distinct: np.ndarray
    incumbent: np.ndarray
    spent: Mapping[str, np.ndarray]
    best: tuple[float, float]
    width: int
    steps: np.ndarray
    place: np.ndarray
    scores: Mapping[str, Coded]
    readings: Mapping[str, np.ndarray]
    firsts: Mapping[str, np.ndarray]
    lasts: Mapping[str, np.ndarray]
    again: Callable[[], ScoredRuns]

    @property
    def validation_regret(self) -> np.ndarray:
        return self._everywhere(self.changes("validation_regret"))

    @property
    def test_regret(self) -> np.ndarray:
        return self._everywhere(self.changes("test_regret"))

    @property
    def validation(self) -> np.ndarray:
        return self._everywhere(self.changes("validation"))

    @property
    def test(self) -> np.ndarray:
        return self._everywhere(self.changes("test"))

    @property
    def observed(self) -> np.ndarray:
        return self._everywhere(self.changes("observed"))

    @property
    def time(self) -> np.ndarray:
        return self.again().time

    @property
    def epochs(self) -> np.ndarray:
        return self.again().epochs

    @property
    def costs(self) -> Mapping[str, np.ndarray]:
        return self.again().costs

    def along(self, axis: Meter) -> np.ndarray:
        """The readings of a meter at each arrival, as :meth:`ScoredRuns.along` gives them."""
        return self.again().along(axis)

    def changes(self, name: str) -> np.ndarray:
        """What a score became each time, (moments,)."""
        score = self.scores[name.removesuffix("_regret")]
        regret = name.endswith("_regret")
        values = regret_of(self.best[name == "test_regret"], score.values) if regret else score.values
        return np.take(values, score.codes)

    def final(self, name: str) -> np.ndarray:
        """A score of each run at its end, (runs,)."""
        final: np.ndarray = self.changes(name)[np.cumsum(self.steps) - 1]
        return final

    def first(self, axis: Meter) -> np.ndarray:
        """The reading of a meter at the first arrival of each run, (runs,)."""
        if axis is EVALUATIONS:
            return np.ones(len(self.seeds))
        return self.firsts[axis.name] if axis.name in self.firsts else self.again().first(axis)

    def last(self, axis: Meter) -> np.ndarray:
        """The reading of a meter at the last arrival of each run, (runs,)."""
        if axis is EVALUATIONS:
            last: np.ndarray = np.maximum(self.count, 1).astype(float)
            return last
        return self.lasts[axis.name] if axis.name in self.lasts else self.again().last(axis)

    def at_changes(self, axis: Meter) -> np.ndarray:
        """The readings of a meter wherever an incumbent changes, (runs, evaluations); nothing is promised of other places."""
        readings = self._readings(axis)
        return self.again().along(axis) if readings is None else self._everywhere(readings)

    def at(self, axis: Meter, name: str, grid: np.ndarray) -> np.ndarray:
        """A score of each run at readings of a meter, (runs, points); ``nan`` where a run has no evaluation yet."""
        if (readings := self._readings(axis)) is None:
            return self.again().at(axis, name, grid)
        values, ends = self.changes(name), np.cumsum(self.steps)
        found = np.empty((len(self.seeds), len(grid)))
        for start in range(0, len(self.seeds), _BLOCK):
            mine = ends[start : start + _BLOCK]
            before = mine - self.steps[start : start + _BLOCK]
            inside = slice(int(before[0]), int(mine[-1]))
            since = np.searchsorted(grid, readings[inside])
            run = np.repeat(np.arange(len(mine)), mine - before)
            arrived = np.bincount(run * (len(grid) + 1) + since, minlength=len(mine) * (len(grid) + 1))
            changed = np.cumsum(arrived.reshape(len(mine), -1)[:, :-1], axis=1)
            there = values[before[:, None] + np.maximum(changed - 1, 0)]
            found[start : start + _BLOCK] = np.where(changed > 0, there, np.nan)
        return found

    def _readings(self, axis: Meter) -> np.ndarray | None:
        """The readings of a meter at each change, (moments,), where they are kept."""
        return self.place + 1.0 if axis is EVALUATIONS else self.readings.get(axis.name)

    def _everywhere(self, changes: np.ndarray) -> np.ndarray:
        """What became of a score, carried on to each evaluation, (runs, evaluations)."""
        ends = np.cumsum(self.steps)
        until = np.append(self.place[1:], 0)
        until[ends - 1] = self.width
        carried: np.ndarray = np.repeat(changes, until - self.place).reshape(len(self.seeds), self.width)
        return carried


Runs = ScoredRuns | KeptRuns
"""The runs of a series, whichever way they are held."""

_SCORES = ("validation", "test", "observed")


def kept(
    parts: Sequence[Mapping[str, np.ndarray]], best: tuple[float, float], again: Callable[[], ScoredRuns]
) -> KeptRuns:
    """The runs of which parts are given as :func:`moments_of` them."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([part[name] for part in parts])

    def named(kind: str) -> dict[str, np.ndarray]:
        return {name[len(kind) :]: joined(name) for name in parts[0] if name.startswith(kind)}

    count = joined("count")
    return KeptRuns(
        **{name: joined(name) for name in ("seeds", "ended", "distinct", "incumbent", "steps", "place")},
        count=count,
        spent=named("spent "),
        best=best,
        width=max(1, int(count.max(initial=0))),
        scores={name: coded(values) for name, values in named("score ").items()},
        readings=named("reading "),
        firsts=named("first "),
        lasts=named("last "),
        again=again,
    )


def moments_of(block: ScoredRuns, axes: Sequence[Meter]) -> dict[str, np.ndarray]:
    """What is kept of some runs, which are followed along ``axes``: arrays by name."""
    matrices = {name: np.ascontiguousarray(getattr(block, name)) for name in _SCORES}
    changed = np.zeros(block.validation.shape, dtype=bool)
    for values in matrices.values():
        bits = values.view(np.int64)
        changed[:, 1:] |= bits[:, 1:] != bits[:, :-1]
    changed[:, 0] = True
    found = {name: getattr(block, name) for name in ("seeds", "ended", "count", "distinct", "incumbent")}
    found |= {"steps": changed.sum(axis=1), "place": np.nonzero(changed)[1].astype(np.int32)}
    found |= {f"score {name}": values[changed] for name, values in matrices.items()}
    found |= {f"spent {name}": totals for name, totals in block.spent.items()}
    for axis in axes:
        readings = block.along(axis)
        found |= {f"reading {axis.name}": readings[changed], f"first {axis.name}": readings[:, 0]}
        found[f"last {axis.name}"] = block.last_of(readings)
    return found
