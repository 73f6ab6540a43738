"""The runs themselves, for measures of a page that means do not tell: the moments at which regrets changed, while they are few."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbed.results.known import absolute
from nasbed.results.results import Results

MOST = 40_000
"""Moments of a benchmark up to which a page holds its runs, some 9 bytes each."""


def content(results: Results, label: str) -> dict[str, Any] | None:
    """The validation regrets of all runs on a benchmark: ``values``, and for each strategy of the study ``runs`` as lists of a
    number of evaluations and the place among the values of what the regret is from the next on, in turn; and the ``count`` of each.

    ``reference`` is the place of the strategy that others are compared with. Nothing where no best is known, where the strategies
    did not have the same seeds, or where there are more than :data:`MOST` moments.
    """
    all_series = results.series_on(label)
    seeds = [series.runs.seeds.tolist() for series in all_series]
    if absolute(results.benchmarks[label]) or any(one != seeds[0] for one in seeds):
        return None
    if sum(map(len, seeds)) > MOST:
        return None
    curves = [np.asarray(series.runs.validation_regret) for series in all_series]
    values = np.unique(np.concatenate([np.unique(curve) for curve in curves]))
    found, moments = [], 0
    for curve in curves:
        codes = np.searchsorted(values, curve)
        changed = np.diff(codes, axis=1, prepend=-1) != 0
        moments += int(changed.sum())
        places = [np.flatnonzero(row) for row in changed]
        found.append([np.stack([at, row[at]], axis=1).ravel().tolist() for at, row in zip(places, codes, strict=True)])
    if moments > MOST:
        return None
    return {
        "values": [None if np.isnan(value) else float(f"{value:.8g}") for value in values],
        "runs": found,
        "count": [series.runs.count.tolist() for series in all_series],
        "reference": results.strategies.index(results.reference),
    }
