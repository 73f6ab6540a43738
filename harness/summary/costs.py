"""Statistics of what the runs of a strategy spent, and of how many there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import fsum

import numpy as np

from nasbed.summary.statistic import Family, Shown, ShownUnit, Spent, Statistic, Written

_HOUR = 3600.0


def _mean(name: str, of: Callable[[Spent], np.ndarray], unit: float = 1.0) -> Callable[[Spent], Mapping[str, float]]:
    """The mean over runs of what they spent."""

    def numbers(spent: Spent) -> dict[str, float]:
        values = of(spent)
        return {name: fsum(values.tolist()) / len(values) / unit}

    return numbers


def _thinking(spent: Spent) -> dict[str, float]:
    """Seconds of thinking in a run: the median and the quartiles."""
    low, median, high = spent.thinking.quartiles()
    return {"thinking_seconds": median, "thinking_seconds_low": low, "thinking_seconds_high": high}


def _amount(name: str) -> Callable[[Written], str]:
    return lambda row: row.amount(name)


STATISTICS = (
    Statistic(
        "without_incumbent",
        Family.COSTS,
        "without incumbent",
        adds=("without_incumbent",),
        numbers=lambda spent: {"without_incumbent": spent.without_incumbent},
        shown=frozenset(),
        place=10,
    ),
    Statistic(
        "evaluations",
        Family.COSTS,
        "evaluations",
        adds=("evaluations",),
        numbers=_mean("evaluations", lambda spent: spent.evaluations),
        heads={Shown.LATEX: "evaluated"},
        group="Architectures",
        text=_amount("evaluations"),
        place=20,
    ),
    Statistic(
        "distinct",
        Family.COSTS,
        "distinct",
        adds=("distinct",),
        numbers=_mean("distinct", lambda spent: spent.distinct),
        group="Architectures",
        text=_amount("distinct"),
        about="distinct: networks that differ after removal of isomorphic copies.",
        place=30,
    ),
    Statistic(
        "feasible",
        Family.COSTS,
        "feasible",
        adds=("feasible",),
        numbers=lambda spent: {"feasible": spent.feasible},
        group="Architectures",
        text=lambda row: row.share("feasible"),
        place=35,
        optional=True,
    ),
    Statistic(
        "simulated_hours",
        Family.COSTS,
        "hours",
        adds=("simulated_hours",),
        numbers=_mean("simulated_hours", lambda spent: spent.seconds, _HOUR),
        heads={Shown.LATEX: "clock, h"},
        units=(
            ShownUnit(1 / 3600, "seconds", {Shown.LATEX: "clock, s"}),
            ShownUnit(1 / 60, "minutes", {Shown.LATEX: "clock, min"}),
            ShownUnit(1.0, "hours", {Shown.LATEX: "clock, h"}),
        ),
        group="Time",
        text=_amount("simulated_hours"),
        about="hours, minutes or seconds: time on the clock, which is simulated where answers are looked up.",
        place=40,
    ),
    Statistic(
        "thinking_microseconds",
        Family.COSTS,
        "µs a query",
        adds=("thinking_microseconds",),
        numbers=lambda spent: {"thinking_microseconds": spent.thinking.mean * 1e6},
        heads={Shown.LATEX: r"thinking, $\mu$s"},
        group="Time",
        text=_amount("thinking_microseconds"),
        about="µs a query: the strategy's own thinking time on the machine of the run.",
        place=50,
    ),
    Statistic(
        "thinking_seconds",
        Family.COSTS,
        "s a run",
        adds=("thinking_seconds", "thinking_seconds_low", "thinking_seconds_high"),
        numbers=_thinking,
        heads={Shown.LATEX: "thinking, s a run"},
        whole="seconds of thinking a run",
        group="Time",
        text=lambda row: row.between("thinking_seconds", "thinking_seconds_low", "thinking_seconds_high"),
        about="s a run: seconds of thinking in a run, median [quartiles]; a dash where timings were not kept.",
        place=55,
    ),
)
