"""What the interactive curves of a report are drawn from: mean regrets with intervals on a grid common to all strategies.

The numbers are those of ``Results.curves`` and ``mean_interval``, to six digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from nasbed.reports import architectures, runs
from nasbed.results import curves as curves_
from nasbed.results.kept import Runs
from nasbed.results.known import in_simulated_time, score_name, score_unit
from nasbed.results.results import Results
from nasbed.results.series import METRICS
from nasbed.results.summary import LEAST
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary import Budget, Meter
from nasbed.vocabulary.meters import EVALUATIONS

MOST = 200
"""At most about so many numbers of evaluations are kept, all of them if there are no more."""

MOMENTS = 60
"""Points of an axis that is not of evaluations."""


def content(results: Results, curves: pd.DataFrame) -> list[dict[str, Any]]:
    """By benchmark: ``label``, ``names`` and ``floor`` by regret, ``unit``, ``axes``, its ``architectures``
    (:mod:`nasbed.reports.architectures`) and its ``runs`` (:mod:`nasbed.reports.runs`).

    An axis, by the name of its meter, has a ``title``, a ``label`` with its unit, what ``x`` is ``divided`` by to be in that unit,
    what is then ``counted``, ``x`` itself, and by regret (``validation`` or ``test``) a curve for each strategy in
    the order of the study: ``mean``, ``low`` and ``high`` from the place ``first`` of ``x`` on. ``curves`` is
    ``results.curves()``.
    """
    return [
        {
            "label": label,
            "names": {_short(metric): score_name(benchmark, metric) for metric in METRICS},
            "unit": score_unit(benchmark),
            "floor": {
                _short(metric): _rounded(value) for metric, value in zip(METRICS, results.floor(label), strict=True)
            },
            "architectures": architectures.content(results, label),
            "runs": runs.content(results, label),
            "axes": {axis.name: _axis(axis, results, label, curves) for axis in _axes(results, label)},
        }
        for label, benchmark in results.benchmarks.items()
    ]


def moments(axis: Meter, budget: Budget, scored: list[Runs]) -> np.ndarray:
    """Readings of a meter, as simulated seconds or epochs, at which the strategies are compared: from the first at which a
    strategy has an incumbent in every run to the end of the budget or of the longest run, evenly in logarithms, to three digits.
    """
    end = curves_.horizon(axis, scored, budget)
    start = min(float(one.first(axis).max()) for one in scored)
    if not 0 < start < end:
        return np.array([end])
    inside = [float(f"{moment:.3g}") for moment in curves_.spaced(axis, start, end, MOMENTS)[1:-1]]
    return np.unique([start, *(moment for moment in inside if start < moment < end), end])


def at_moments(axis: Meter, scored: Runs, metric: str, grid: np.ndarray, budget: Budget) -> np.ndarray:
    """The metric of each run at readings of a meter, (runs, moments); ``nan`` in all runs after the budget has stopped one of them,
    and where a run has no incumbent yet.
    """
    found = scored.at(axis, metric, grid)
    found[:, grid > curves_.known_to(axis, scored, budget)] = np.nan
    return found


def _axes(results: Results, label: str) -> list[Meter]:
    return curves_.axes_of(results.series_on(label))


def _axis(axis: Meter, results: Results, label: str, curves: pd.DataFrame) -> dict[str, Any]:
    """The points of an axis, its words, and the curves."""
    found = _evaluations(results, label, curves) if axis is EVALUATIONS else _readings(axis, results, label)
    divided, unit = axis.unit(found["x"][-1])
    simulated = in_simulated_time([results.benchmarks[label]])
    return {
        "label": axis.label(unit, simulated=simulated),
        "title": axis.label("", simulated=simulated),
        "divided": divided,
        "counted": axis.counting(unit, simulated=simulated),
        **found,
    }


def _evaluations(results: Results, label: str, curves: pd.DataFrame) -> dict[str, Any]:
    mine = curves[(curves["benchmark"] == label) & (curves["axis"] == EVALUATIONS.name)]
    width = int(mine["x"].max()) if len(mine) else 1
    grid = np.unique(np.geomspace(1, width, MOST).round()) if width > MOST else np.arange(1.0, width + 1)
    found: dict[str, Any] = {"x": grid.astype(int).tolist()}
    for metric in METRICS:
        of_metric = mine[mine["metric"].isin((metric, _short(metric)))]
        found[_short(metric)] = [
            _curve(grid, of_metric[of_metric["strategy"] == strategy]) for strategy in results.strategies
        ]
    return found


def _readings(axis: Meter, results: Results, label: str) -> dict[str, Any]:
    all_series = results.series_on(label)
    budget = all_series[0].rules.budget
    grid = moments(axis, budget, [series.runs for series in all_series])
    found: dict[str, Any] = {"x": [float(f"{moment:.10g}") for moment in grid]}
    for metric in METRICS:
        found[_short(metric)] = []
        for series in all_series:
            values = series.shown(at_moments(axis, series.runs, metric, grid, budget))
            there = ~np.isnan(values).any(axis=0)
            least = -np.inf if series.absolute else LEAST.get(metric, -np.inf)
            low, high = mean_interval(values[:, there], least=least)
            frame = {"x": grid[there], "mean": values[:, there].mean(axis=0), "low": low, "high": high}
            found[_short(metric)].append(_curve(grid, pd.DataFrame(frame)))
    return found


def _curve(grid: np.ndarray, frame: pd.DataFrame) -> dict[str, Any]:
    """A curve at the points of the grid at which it is defined, which lie side by side."""
    kept = frame[frame["x"].isin(grid)]
    first = int(np.searchsorted(grid, kept["x"].iloc[0])) if len(kept) else 0
    return {"first": first, **{name: [_rounded(one) for one in kept[name]] for name in ("mean", "low", "high")}}


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")


def _short(metric: str) -> str:
    return metric.removesuffix("_regret")
