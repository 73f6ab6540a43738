"""What a second of thinking buys: regret against the seconds that a strategy's own computing takes in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from nasbed.errors import OptionError
from nasbed.figures import lines
from nasbed.figures.kind import FigureKind
from nasbed.figures.naming import called
from nasbed.figures.sentences import typical
from nasbed.figures.style import METRIC, difference_unit, panel_of
from nasbed.results.known import require_best
from nasbed.results.multiobjective.dominance import nondominated
from nasbed.statistics.intervals import mean_interval
from nasbed.vocabulary.units import scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.figures.layout import Sheet
    from nasbed.results.results import Results

_FRONT: dict[str, Any] = {"color": "#888888", "linewidth": 0.9, "linestyle": (0, (4, 1.5))}
_ROOM = 1.5
"""By what factor an axis goes on beyond the points."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no thinking time was kept, or no best is known."""
    require_best(results.benchmarks.values(), "the figure 'thinking'")
    if not any(series.thinking.known for series in results.series):
        raise OptionError(
            "no thinking times are stored; the figure 'thinking' needs results that nasbed ran, with their timings"
        )


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, x (seconds of thinking in a run, the median), x_low, x_high (quartiles), mean (validation
    regret at the end of the budget), low, high (95 % interval of the mean), and front: whether no strategy there that thinks no
    longer has a lower mean. Strategies without timings, or without an incumbent, are left out.
    """
    require(results)
    rows = []
    for series in results.series:
        regret = series.runs.final("validation_regret")
        regret = regret[~np.isnan(regret)]
        x_low, x, x_high = series.thinking.quartiles()
        if len(regret) and x > 0:
            low, high = mean_interval(regret, least=0.0)
            rows.append(
                (series.benchmark, series.strategy, x, x_low, x_high, regret.mean(), float(low), float(high), False)
            )
    names = ["benchmark", "strategy", "x", "x_low", "x_high", "mean", "low", "high", "front"]
    frame = pd.DataFrame(rows, columns=names)
    for _, mine in frame.groupby("benchmark", sort=False):
        frame.loc[mine.index[nondominated(-mine[["x", "mean"]].to_numpy())], "front"] = True
    return frame


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default: a mark a strategy, filled on the front, and the front as a line."""
    numbers = _numbers(results) if numbers is None else numbers
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    ax.set_xscale("log")
    logarithmic = bool((mine["mean"] > 0).all())
    if logarithmic and len(mine):
        ax.set_yscale("log")
        ax.set_ylim(mine["mean"].min() / _ROOM, _ROOM * max(mine["mean"].max(), mine["high"].max()))
    factor, unit = scaling("s", float(numbers["x"].max()))
    left, right = mine["x_low"].min() / factor / _ROOM, mine["x_high"].max() / factor * _ROOM
    front = mine[mine["front"]].sort_values("x", kind="stable")
    ax.step([*(front["x"] / factor), right], [*front["mean"], *front["mean"].tail(1)], where="post", zorder=1, **_FRONT)
    for row in mine.to_dict("records"):
        colour, _, marker = results.looks[row["strategy"]]
        bottom = row["low"] if row["low"] > 0 or not logarithmic else ax.get_ylim()[0]
        x_low, x, x_high = (row[name] / factor for name in ("x_low", "x", "x_high"))
        ax.plot([x, x], [bottom, row["high"]], color=colour, linewidth=0.8, zorder=2)
        ax.plot([x_low, x_high], [row["mean"]] * 2, color=colour, linewidth=0.8, zorder=2)
        ax.plot(x, row["mean"], marker, color=colour, markersize=5, markeredgewidth=0.9, label=row["strategy"],
                markerfacecolor=colour if row["front"] else "white", zorder=3)  # fmt: skip
    if len(mine):
        ax.set_xlim(left, right)
    ax.set_xlabel(f"thinking in a run ({unit})")
    ax.set_ylabel(f"{METRIC['validation_regret']} ({difference_unit(results.benchmarks[benchmark])})")
    return ax


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """A panel for each benchmark, with the marks of the strategies and the line of the front below."""
    names = called(results.strategies)
    keys = [
        (Line2D([], [], color=look.color, marker=look.marker, linestyle="none", markersize=5), names[strategy])
        for strategy, look in results.looks.items()
        if strategy in set(numbers["strategy"])
    ]
    keys.append((Line2D([], [], **_FRONT), "least regret for the seconds"))
    return replace(lines.sheet(results, numbers, style), legend=keys)


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    machines = list(dict.fromkeys(name for series in results.series for name in series.thinking.processors))
    on = f"on {' and '.join(machines)}" if machines else "on a machine that the records do not name"
    return (
        "Validation regret at the end of the budget, mean over seeds with its 95 % t interval, against the seconds of a strategy's"
        f" own computing in a run, {on}: median and quartiles over seeds; logarithmic axes. Filled: no strategy that thinks no"
        " longer has a lower mean; the dashed line is the least regret that so many seconds buy. Seconds are those of the clock,"
        " with whatever else the machine did; simulated time does not contain them."
    )


FIGURE = FigureKind(
    "thinking",
    71,
    "regret against the seconds of a strategy's own computing in a run",
    _numbers,
    draw,
    sheet,
    about,
    require,
    typical("seconds of thinking in a run", "x"),
)
