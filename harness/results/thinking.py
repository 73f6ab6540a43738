"""How long a strategy thought in each run, where timings are kept, and on which machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nasbed.searches.columns import SEED, THINKING, Columns


class RunThinking(NamedTuple):
    """``seconds`` that the strategy's own computing took in each run, (seeds,), ``nan`` where timings were not kept; the ``trials``
    of all runs together; and the ``processors`` of the sessions, by the names that their systems give them.
    """

    seconds: np.ndarray
    trials: int = 0
    processors: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, runs: int) -> RunThinking:
        """That of so many runs without timings."""
        return cls(np.full(runs, np.nan))

    def of(self, places: np.ndarray, trials: int) -> RunThinking:
        """That of the runs at some places, which have so many trials."""
        return self._replace(seconds=self.seconds[places], trials=trials)

    @property
    def known(self) -> bool:
        """Whether timings were kept of any run."""
        return not np.isnan(self.seconds).all()

    @property
    def mean(self) -> float:
        """Mean seconds before a trial."""
        return float(self.seconds.sum()) / self.trials if self.trials else float("nan")

    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile of the seconds of a run; ``nan`` where none is known.

        >>> RunThinking(np.array([1.0, 2.0, 4.0]), 30).quartiles()
        (1.5, 2.0, 3.0)
        """
        if not self.known:
            return np.nan, np.nan, np.nan
        low, median, high = np.nanquantile(self.seconds, (0.25, 0.5, 0.75)).tolist()
        return low, median, high


def seconds_of(timings: Columns, seeds: Sequence[int]) -> np.ndarray:
    """The seconds of thinking of each of some runs, (seeds,), by the timings of their trials; 0 of a run without trials."""
    places = {seed: place for place, seed in enumerate(seeds)}
    rows, inverse = np.unique(np.asarray(timings[SEED.name]), return_inverse=True)
    spent = np.bincount(inverse, np.asarray(timings[THINKING.name], float), minlength=len(rows))
    found = np.zeros(len(seeds))
    found[[places[int(seed)] for seed in rows]] = spent
    return found
