"""The summary of a study: the numbers of all declared statistics, a row a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nasbed.results.known import turn_of
from nasbed.results.series import METRICS, SeriesResult
from nasbed.summary.registry import statistics
from nasbed.summary.statistic import Family, FinalScores, Pair, SearchCourse, Spent

LEAST = {"validation_regret": 0.0}
"""The lowest that a score can be, where there is one: no network is better than the best, free of noise."""

Contrasts = Mapping[tuple[str, str, str], Mapping[str, float]]
"""Contrasts with the reference by benchmark, strategy and metric."""


def summarised(all_series: Sequence[SeriesResult], reference: str, contrasts: Contrasts) -> pd.DataFrame:
    """One row a series: scores, costs, and where there are ``contrasts`` what strategies are against the reference."""
    references = {series.benchmark: series for series in all_series if series.strategy == reference}
    lasts = {
        label: _last([series for series in all_series if series.benchmark == label])
        for label in dict.fromkeys(series.benchmark for series in all_series)
    }
    rows = []
    for series in all_series:
        row: dict[str, Any] = {
            "benchmark": series.benchmark,
            "strategy": series.strategy,
            "seeds": len(series.runs.seeds),
        }
        for metric in (*METRICS, "validation", "test"):
            scores = series.final(metric)
            there = scores[~np.isnan(scores)]
            given = FinalScores(there, LEAST.get(metric, -np.inf))
            row |= _numbers(Family.SCORES, given, len(there), f"{metric}_")
            row |= _numbers(Family.ROBUST, given, len(there), f"{metric}_")
        row |= _numbers(Family.COSTS, _spent(series), len(series.runs.seeds))
        course = _course(series, lasts[series.benchmark], references[series.benchmark])
        row |= _numbers(Family.ANYTIME, course, len(course.whole))
        for metric in METRICS if contrasts else ():
            compared = contrasts.get((series.benchmark, series.strategy, metric), {})
            pair = _pair(series, references[series.benchmark], metric, compared)
            for family in (Family.CONTRASTS, Family.EQUIVALENCE):
                row |= _numbers(family, pair, len(pair.ours) if compared else 0, f"{metric}_")
        rows.append(row)
    frame = pd.DataFrame(rows)
    optional = [name for one in statistics(Family.COSTS) if one.optional for name in one.adds]
    return frame.drop(columns=[name for name in optional if frame[name].isna().all()])


def _numbers(
    family: Family, given: FinalScores | Pair | Spent | SearchCourse, runs: int, prefix: str = ""
) -> dict[str, float]:
    """The numbers of the statistics of a family, all ``nan`` where there are no runs."""
    found: dict[str, float] = {}
    for one in statistics(family):
        numbers = one.numbers(given) if one.numbers and runs else {}
        found |= {f"{prefix}{name}": numbers[name] if numbers else np.nan for name in one.adds}
    return found


def _spent(series: SeriesResult) -> Spent:
    runs = series.runs
    return Spent(
        runs.count, runs.distinct, series.seconds(), series.thinking, series.without_incumbent, series.feasible()
    )


def _last(all_series: Sequence[SeriesResult]) -> int:
    """The last evaluation to which the searches of all series of a benchmark go, or are carried on; those that made none are left
    out.
    """
    runs = [series.runs for series in all_series]
    most = all_series[0].rules.budget.evaluations or max(1, *(int(one.count.max(initial=1)) for one in runs))
    return min(int(one.count[~one.ended & (one.count > 0)].min(initial=most)) for one in runs)


def _course(series: SeriesResult, last: int, reference: SeriesResult) -> SearchCourse:
    """How the searches went; a run without an incumbent has no curve, and reaches nothing."""
    runs, metric = series.runs, METRICS[0]
    whole, ends = getattr(runs, metric), reference.runs.final(metric)
    ends = ends[~np.isnan(ends)]
    return SearchCourse(
        whole[~np.isnan(whole[:, -1])][:, np.minimum(np.arange(last), whole.shape[1] - 1)],
        whole,
        runs.count,
        float(np.median(ends)) if len(ends) else np.nan,
        -np.inf if series.absolute else LEAST[metric],
        turn_of(series.scored),
    )


def _pair(series: SeriesResult, reference: SeriesResult, metric: str, tested: Mapping[str, float]) -> Pair:
    """The regrets over the seeds in which both have one."""
    ours, theirs = (one.runs.final(metric) for one in (series, reference))
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    return Pair(ours[both], theirs[both], tested)
