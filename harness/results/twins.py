"""Strategies whose runs are the same, so that a comparison of the two says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from nasbed.results.joining import same_runs
from nasbed.results.series import TOGETHER, SeriesResult


def twins(pairs: Iterable[tuple[SeriesResult, SeriesResult]], seeds: np.ndarray, benchmarks: int) -> Iterator[str]:
    """A warning for each two strategies whose runs of some seeds are the same, with where that is unless it is on all of so many
    ``benchmarks``. Records are read only of runs that are as long as each other and end in the same architectures.
    """
    where = dict[tuple[str, str], list[str]]()
    for one, other in pairs:
        if one.benchmark == other.benchmark and _alike(one, other, seeds) and _same(one, other, seeds):
            where.setdefault((one.strategy, other.strategy), []).append(one.benchmark)
    for (first, second), labels in where.items():
        on = f" on {', '.join(labels)}" if len(labels) < benchmarks else ""
        yield f"{first} and {second} are the same runs{on}, so a comparison of the two says nothing"


def _alike(one: SeriesResult, other: SeriesResult, seeds: np.ndarray) -> bool:
    """Whether runs have as many evaluations, of as many architectures, and the same incumbents; at least one evaluation."""
    ours, theirs = (
        np.stack([runs.count, runs.distinct, runs.incumbent])[:, np.isin(runs.seeds, seeds)]
        for runs in (one.runs, other.runs)
    )
    return bool(ours[0].any()) and np.array_equal(ours, theirs)


def _same(one: SeriesResult, other: SeriesResult, seeds: np.ndarray) -> bool:
    blocks = (seeds[first : first + TOGETHER] for first in range(0, len(seeds), TOGETHER))
    return all(same_runs(one, other, block) for block in blocks)
