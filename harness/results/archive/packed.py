"""The records of a series as a few bytes an evaluation: which architecture, and which of its recorded trainings answered.

All else follows from these and the benchmark (:mod:`nasbed.studies.lookups`): every search of the archive has one simulated worker
and trains at one fidelity, so that only how many evaluations there are, and whether the strategy ended the run itself, is kept
beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nasbed.errors import StoreError
from nasbed.searches.columns import ADDED, ARCHITECTURE, EPOCHS, LAST, SEED, TRIAL, Columns, index_dtype
from nasbed.studies.lookups import RUN, shortened, whole
from nasbed.vocabulary import Benchmark

FORM = {"looked_up": [], "workers": 1}
"""What is left out of the records, as :func:`~nasbed.studies.lookups.whole` is told."""


class PackedRuns(NamedTuple):
    """The runs of a series, one after the other.

    ``planes`` are the bytes of architecture · ``answers`` + run, lowest first, (bytes, evaluations); ``counts`` the evaluations of
    each run, and ``ended`` whether its strategy ended it before the budget did, (runs,).
    """

    planes: np.ndarray
    counts: np.ndarray
    ended: np.ndarray
    answers: int
    epochs: int

    def cut(self, evaluations: int) -> PackedRuns:
        """The first evaluations of each run, as under a budget of so many."""
        place = np.arange(self.planes.shape[1]) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        return self._replace(
            planes=self.planes[:, place < evaluations],
            counts=np.minimum(self.counts, evaluations),
            ended=self.ended & (self.counts < evaluations),
        )

    def chosen(self, places: np.ndarray) -> PackedRuns:
        """The runs at some places, which rise."""
        kept = np.isin(np.repeat(np.arange(len(self.counts)), self.counts), places)
        return self._replace(planes=self.planes[:, kept], counts=self.counts[places], ended=self.ended[places])


def packed(answers: Columns, seeds: Sequence[int], benchmark: Benchmark) -> PackedRuns:
    """The records of runs, sorted by seed, in little room.

    Raises :class:`~nasbed.errors.StoreError` for records that could not be had again bit for bit.
    """
    left, form = shortened(answers, benchmark, 1)
    run, count = left.get(RUN.name), np.bincount(np.searchsorted(seeds, answers[SEED.name]), minlength=len(seeds))
    epochs = np.unique(answers[EPOCHS.name])
    if run is None or form.get("workers") != 1 or len(epochs) != 1 or not count.all():
        raise StoreError(
            f"the records on {benchmark.label} cannot be looked up again: expected of every run one simulated worker, one fidelity"
            f" (found {', '.join(map(str, epochs))} epochs), and answers that a table lists; the archive holds no others"
        )
    most = int(run.max()) + 1
    codes = answers[ARCHITECTURE.name].astype(np.uint64) * np.uint64(most) + run.astype(np.uint64)
    width = max(1, (int(codes.max()).bit_length() + 7) // 8)
    planes = np.ascontiguousarray(codes.astype("<u8").view(np.uint8).reshape(-1, 8).T[:width])
    ends = np.cumsum(count) - 1
    found = PackedRuns(planes, count.astype(np.int32), answers[LAST.name][ends], most, int(epochs[0]))
    again = _left(found, seeds, benchmark)
    if differing := [name for name, values in again.items() if not np.array_equal(values, left[name])]:
        raise StoreError(
            f"the records on {benchmark.label} differ in {', '.join(differing)} from those of searches with one worker and one"
            " fidelity, which are all that the archive holds"
        )
    return found


def unpacked(runs: PackedRuns, seeds: Sequence[int], benchmark: Benchmark) -> Columns:
    """The records, as they were stored, of a benchmark that answers as it did."""
    return whole(_left(runs, seeds, benchmark), FORM, benchmark)


def _left(runs: PackedRuns, seeds: Sequence[int], benchmark: Benchmark) -> Columns:
    """What :func:`~nasbed.studies.lookups.shortened` leaves of the records."""
    codes = np.zeros((runs.planes.shape[1], 8), dtype=np.uint8)
    codes[:, : len(runs.planes)] = runs.planes.T
    number = codes.view("<u8")[:, 0]
    total, ends = len(number), np.cumsum(runs.counts)
    last = np.zeros(total, dtype=bool)
    last[ends - 1] = runs.ended
    found: Mapping[str, np.ndarray] = {
        SEED.name: np.repeat(np.asarray(seeds, dtype=SEED.dtype), runs.counts),
        TRIAL.name: (np.arange(total) - np.repeat(ends - runs.counts, runs.counts)).astype(TRIAL.dtype),
        ARCHITECTURE.name: (number // np.uint64(runs.answers)).astype(index_dtype(benchmark.space.size)),
        EPOCHS.name: np.full(total, runs.epochs, dtype=EPOCHS.dtype),
        LAST.name: last,
        RUN.name: (number % np.uint64(runs.answers)).astype(RUN.dtype),
    }
    added = {ADDED.name: found[EPOCHS.name]} if benchmark.resumable else {}
    return {**found, **added}
