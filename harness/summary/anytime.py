"""Statistics of the whole course of a search, not of its end alone."""

from __future__ import annotations

import numpy as np

from nasbed.statistics.anytime import area_under_curve, expected_running_time, runtime_to_target
from nasbed.statistics.intervals import mean_interval
from nasbed.summary.statistic import Family, SearchCourse, Shown, Statistic, Written

_BESIDE = frozenset({Shown.MARKDOWN, Shown.LATEX, Shown.HTML})


def _area(of: SearchCourse) -> dict[str, float]:
    areas = area_under_curve(of.curve)
    areas = areas[~np.isnan(areas)]
    if not len(areas):
        return {}
    ends = mean_interval(areas, least=of.least)
    low, high = sorted(of.turn * float(end) for end in ends)
    return {"area": of.turn * float(areas.mean()), "area_low": low, "area_high": high}


def _runtime(of: SearchCourse) -> dict[str, float]:
    if of.target != of.target:
        return {}
    runtimes = runtime_to_target(of.whole, np.array([of.target]))[:, 0]
    return {
        "target": of.turn * of.target,
        "reached": float(np.isfinite(runtimes).mean()),
        "expected_running_time": expected_running_time(runtimes, of.spent),
    }


def _area_text(row: Written) -> str:
    if row.value("area_low") != row.value("area_low"):
        return row.number("area")
    return f"{row.number('area')} [{row.number('area_low')}, {row.number('area_high')}]"


STATISTICS = (
    Statistic(
        "area",
        Family.ANYTIME,
        "AUC",
        adds=("area", "area_low", "area_high"),
        numbers=_area,
        shown=_BESIDE,
        whole="area under the curve",
        group="Whole search",
        text=_area_text,
        about="AUC: area under the curve, the mean over evaluations of the incumbent's validation score, with its 95 % t interval.",
        place=10,
    ),
    Statistic(
        "reached",
        Family.ANYTIME,
        "reached",
        adds=("target", "reached", "expected_running_time"),
        numbers=_runtime,
        shown=_BESIDE,
        group="Whole search",
        text=lambda row: row.share("reached"),
        about="reached: share of runs whose incumbent is ever as good as the target, the median validation score with which the"
        " runs of {reference} end.",
        place=20,
    ),
    Statistic(
        "expected_running_time",
        Family.ANYTIME,
        "ERT",
        shown=_BESIDE,
        whole="expected running time",
        group="Whole search",
        text=lambda row: row.amount("expected_running_time"),
        about="ERT: expected running time to it, all evaluations spent over the runs that reached it (Hansen et al. 2009).",
        place=30,
    ),
)
