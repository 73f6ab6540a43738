"""The fronts that strategies selected, against the true front and the whole space, all without noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, shown
from nasbed.figures import plane as plane_
from nasbed.figures.objectives import figure_of_objectives
from nasbed.figures.plane import CROP, DOT, MARK, TRUE, Plane
from nasbed.figures.plane import require as require
from nasbed.figures.sentences import of_fronts
from nasbed.figures.style import axes_or_new, marker_of, style_of
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.dominance import nondominated
from nasbed.tables import fronts as fronts_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult

Run = int | Literal["median", "union"]
"""Whose front: that of a seed, of each strategy's run of median hypervolume regret, or of all runs together."""

SPACE, RUN = "space", "run"
GREY = "#cccccc"


def numbers(
    results: Results, *, objectives: Sequence[str] | None = None, run: Run = "median", at: int | None = None
) -> pd.DataFrame:
    """What is drawn, in natural units and without noise.

    Columns: ``benchmark``, ``strategy``, ``source`` (``run``, ``space`` or ``true front``), ``seed`` (-1 where there is none),
    ``architecture``, ``x``, ``y``, and ``edge``: whether nothing of the same strategy dominates it in this plane, so that the
    line runs through it. ``objectives`` are the one across and the one upwards (the second and the first by default), ``at`` a
    number of evaluations. Raises what :func:`~nasbed.results.multiobjective.fronts.frame` does, and
    :class:`~nasbed.errors.OptionError` for a seed that is not there.
    """
    frames = []
    for label, benchmark in results.benchmarks.items():
        plane = plane_.plane_of(results, label, objectives)
        scorer = truths.truth(benchmark)
        points = scorer.values[:, plane.places]
        shown = [_rows(SPACE, SPACE, -1, np.flatnonzero(~np.isnan(points).any(axis=1)), points, plane)]
        shown.append(_rows(TRUE, TRUE, -1, scorer.front, points, plane))
        shown += [
            _selected(results, results.series_of(label, name), points, plane, run, at) for name in results.strategies
        ]
        frames += shown
    return pd.concat(frames, ignore_index=True)


def _selected(
    results: Results, series: SeriesResult, points: np.ndarray, plane: Plane, run: Run, at: int | None
) -> pd.DataFrame:
    seeds = series.runs.seeds.tolist()
    if run == "median":
        place, archs = fronts.median_front(series, fronts.scales(results, series.benchmark).validation, at)
        return _rows(series.strategy, RUN, seeds[place], archs, points, plane)
    found = [archs for _, archs in fronts.selected(series, at)]
    if run == "union":
        return _rows(series.strategy, RUN, -1, np.unique(np.concatenate(found)), points, plane)
    if run not in seeds:
        raise OptionError(
            f"run = {shown(run)}; expected 'median', 'union' or one of the seeds {min(seeds)} to {max(seeds)} of {series.strategy}"
        )
    return _rows(series.strategy, RUN, run, found[seeds.index(run)], points, plane)


def _rows(strategy: str, source: str, seed: int, archs: np.ndarray, points: np.ndarray, plane: Plane) -> pd.DataFrame:
    mine = points[archs]
    edge = np.zeros(len(archs), dtype=bool)
    if source != SPACE:
        edge[nondominated(mine)] = True
    x, y = (mine * plane.signs).T
    columns = {
        "benchmark": plane.benchmark,
        "strategy": strategy,
        "source": source,
        "seed": seed,
        "architecture": archs,
    }
    return pd.DataFrame({**columns, "x": x, "y": y, "edge": edge})


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    ax: Axes | None = None,
    benchmark: str | None = None,
    *,
    objectives: Sequence[str] | None = None,
    crop: float = CROP,
) -> Axes:
    """The panel of a benchmark (the first, by default): the space as faint points (rasterised), the true front in black, a line
    and marks a strategy. What the edge of the panel would cut is left out.

    ``numbers`` are those of :func:`numbers` for the same ``objectives``, and made where they are not given; ``crop`` is the share
    of the true front's points that may lie beyond the worse end of the axis upwards.
    """
    ax, plane = axes_or_new(ax), plane_.plane_of(results, benchmark, objectives)
    if numbers is None:
        numbers = _numbers(results.subset(benchmarks=[plane.benchmark]), objectives=objectives)
    shown = numbers[numbers["benchmark"] == plane.benchmark]
    space, true, made = (shown[shown["source"] == source] for source in (SPACE, TRUE, RUN))
    of = dict(iter(made.groupby("strategy")))
    end = plane.signs[0] * plane_.worst_across(plane_.true_points(results, plane))
    plane_.lay_out(ax, results, plane, crop)
    space = space[plane_.within(ax, space[["x", "y"]].to_numpy(), DOT)]
    dots: dict[str, Any] = {"color": GREY, "markeredgewidth": 0, "linestyle": "none", "marker": "."}
    ax.plot(space["x"], space["y"], **dots, markersize=1.5, rasterized=True, zorder=1)
    ax.plot([], [], **dots, markersize=5, label=SPACE)
    front: dict[str, Any] = {"color": "black", "linewidth": 1.0, "zorder": 2}
    _series(ax, true, plane, end, front, {"marker": "o", "markersize": 2.2}, TRUE)
    styles, markers = style_of(results.looks), marker_of(results.looks)
    for name in results.strategies:
        marks = {"marker": markers[name], "markersize": 3.4, "markerfacecolor": "white", "markeredgewidth": 0.8}
        line = {**styles[name], "linewidth": 0.9, "zorder": 3}
        _series(ax, of.get(name, true[:0]), plane, end, line, marks, name)
    return ax


def _series(
    ax: Axes, rows: pd.DataFrame, plane: Plane, end: float, line: dict[str, Any], marks: dict[str, Any], label: str
) -> None:
    ax.plot(*plane_.staircase(rows.loc[rows["edge"], ["x", "y"]].to_numpy(), plane, end), **line)
    shown = rows[plane_.within(ax, rows[["x", "y"]].to_numpy(), MARK)]
    ax.plot(shown["x"], shown["y"], **{**line, **marks, "linestyle": "none", "zorder": line["zorder"] + 1})
    ax.plot([], [], **line, **marks, label=label)


_numbers = numbers


def about(results: Results, *, run: Run = "median", at: int | None = None, crop: float = CROP) -> str:
    """What is drawn, and how fronts were selected."""
    count = len(results.series[0].runs.seeds)
    whose = {
        "median": f"the run whose hypervolume regret is the median of {count:,}",
        "union": f"all {count:,} runs together, so better than any one of them",
    }.get(str(run), f"seed {run}")
    return (
        f"Architectures on the fronts that strategies selected (of each strategy: {whose}), by noise-free values; since they were"
        " selected by noisy ones, some are dominated. The line of a strategy is the border of what they attain. Black: the true"
        f" front; grey: the whole space. {plane_.outside(results, crop)} Marks that the edge would cut are left out."
        f" {fronts_table.selection(results, at)}"
    ).replace("  ", " ")


FIGURE = figure_of_objectives(
    "pareto", 90, "the fronts that strategies selected, for two or more objectives", numbers, draw, about, of_fronts
)
