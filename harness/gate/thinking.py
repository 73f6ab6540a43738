"""Thinking time: what a strategy takes before an evaluation, and how much longer that is than in the baseline.

Seconds of two machines, or of one machine under another load, cannot be compared. So two loops of fixed work, of plain Python and
of linear algebra, are timed in turns with the strategy's runs, in the same process, when the baseline is made and when a change
is judged. A strategy is slower by as much as its time has grown beyond that of the loop that has grown more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from nasbed.errors import OptionError, shown
from nasbed.gate.runs import GatedSeries, Runs, joined, make_runs
from nasbed.gate.verdict import ThinkingTime
from nasbed.numeric import real

FACTOR = 5.0
"""How many times as long a strategy may think as in the baseline, by default."""

OFF = "off"
"""What stands for no limit."""

_CHUNK = 5
"""Seeds between which the strategy, random search and the loops take turns."""

_AT_LEAST, _AT_MOST = 0.002, 0.1
"""Seconds of a loop in each turn: as many as the strategy thinks there, so that both share what else the machine does."""


@dataclass(frozen=True)
class ThinkingTimes:
    """Seconds of a strategy before an evaluation, the median over runs, and of one pass of each loop, the median over turns."""

    strategy: float
    python: float
    linear_algebra: float


@dataclass(frozen=True)
class Timed:
    """Runs of a series, those of random search on the same seeds, and how long the strategy and the loops took in turns."""

    runs: Runs
    control: Runs
    times: ThinkingTimes


def timed(gated: GatedSeries, seeds: Sequence[int]) -> Timed:
    """Runs of a series, of random search and of the loops, in turns; called in a worker."""
    control = gated.control()
    ours, theirs, passes = [], [], []
    for turn in (seeds[begin : begin + _CHUNK] for begin in range(0, len(seeds), _CHUNK)):
        ours.append(make_runs(gated, turn))
        theirs.append(make_runs(control, turn))
        thought = float((ours[-1].thinking * ours[-1].evaluations).sum())
        passes.append([_pass(loop, min(max(thought, _AT_LEAST), _AT_MOST)) for loop in (_plain, _algebra)])
    python, algebra = np.median(passes, axis=0).tolist()
    runs = joined(ours)
    return Timed(runs, joined(theirs), ThinkingTimes(float(np.median(runs.thinking)), python, algebra))


def compared(now: Mapping[str, ThinkingTimes], then: Mapping[str, ThinkingTimes]) -> list[ThinkingTime]:
    """The times of a strategy set against the baseline's, by benchmark. How much slower the machine is, is the same for all: of
    each loop the median over benchmarks.
    """
    machine = max(
        float(np.median([getattr(times, loop) / getattr(then[name], loop) for name, times in now.items()]))
        for loop in ("python", "linear_algebra")
    )
    return [ThinkingTime(name, times.strategy, then[name].strategy, machine) for name, times in now.items()]


def require_factor(value: object) -> float | None:
    """The factor that a user allows, as a number or a text, or none where the limit is off.

    >>> require_factor("2.5"), require_factor("off"), require_factor(None)
    (2.5, None, None)
    """
    if value is None or value == OFF:
        return None
    try:
        number = real(float(value) if isinstance(value, str) else value) or 0.0
    except ValueError:
        number = 0.0
    if not 1 < number <= 1000:
        raise OptionError(
            f"thinking = {shown(value)}; expected a ratio to the baseline's thinking time above 1, as in {FACTOR:g}, or {OFF!r}"
        )
    return number


def _pass(loop: Callable[[], object], seconds: float) -> float:
    """Seconds that a loop takes, the mean over as many passes as fit."""
    begin, passes, spent = time.perf_counter(), 0, 0.0
    while spent < seconds:
        loop()
        passes, spent = passes + 1, time.perf_counter() - begin
    return spent / passes


def _plain() -> dict[int, int]:
    counts: dict[int, int] = {}
    for number in range(500):
        counts[number * number % 97] = counts.get(number % 97, 0) + number
    return counts


def _algebra() -> np.ndarray:
    found: np.ndarray = np.linalg.cholesky(_matrix() @ _matrix())
    return found


@cache
def _matrix() -> np.ndarray:
    return np.eye(64) + 1 / 64
