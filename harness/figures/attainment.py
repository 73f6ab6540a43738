"""Attainment surfaces: what the median run of a strategy attains, and the quartiles of its runs, without noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from nasbed.figures import plane as plane_
from nasbed.figures.objectives import figure_of_objectives
from nasbed.figures.pareto import RUN
from nasbed.figures.plane import CROP, TRUE, Plane
from nasbed.figures.plane import require as require
from nasbed.figures.style import axes_or_new, style_of
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.attainment import QUARTILES, attained, surfaces
from nasbed.results.multiobjective.dominance import nondominated
from nasbed.tables import fronts as fronts_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results


BANDS = 3
"""Strategies beyond which only their medians are drawn: more bands cover each other."""


def numbers(results: Results, *, objectives: Sequence[str] | None = None, at: int | None = None) -> pd.DataFrame:
    """What is drawn, in natural units and without noise.

    Columns: ``benchmark``, ``strategy``, ``source`` (``run`` or ``true front``), ``x``, and the best second value that is attained
    together with ``x`` or better: by a quarter of the runs (``high``), by half of them (``median``), by three quarters
    (``low``); ``nan`` where none is. It changes at an ``x`` and holds towards worse ones, up to the next. ``objectives`` are
    the one across and the one upwards (the second and the first by default), ``at`` a number of evaluations. Raises what
    :func:`~nasbed.results.multiobjective.fronts.frame` does.
    """
    frames = []
    for label, benchmark in results.benchmarks.items():
        plane = plane_.plane_of(results, label, objectives)
        values = truths.truth(benchmark).values[:, plane.places]
        best = plane_.true_points(results, plane)
        end = plane_.worst_across(best)
        frames.append(_rows(TRUE, TRUE, [best[nondominated(best)]] * len(QUARTILES), end, plane))
        for name in results.strategies:
            found = [values[archs] for _, archs in fronts.selected(results.series_of(label, name), at)]
            made = [points[~np.isnan(points).any(axis=1)] for points in found]
            frames.append(_rows(name, RUN, surfaces(made, QUARTILES), end, plane))
    return pd.concat(frames, ignore_index=True)


def _rows(strategy: str, source: str, found: Sequence[np.ndarray], end: float, plane: Plane) -> pd.DataFrame:
    """The three surfaces at every value across at which one of them changes, best first, and at the end of the axis."""
    across = np.unique(np.concatenate([*(surface[:, 0] for surface in found), [end]]))[::-1]
    high, median, low = (plane.signs[1] * attained(surface, across) for surface in found)
    columns = {"benchmark": plane.benchmark, "strategy": strategy, "source": source, "x": plane.signs[0] * across}
    return pd.DataFrame({**columns, "low": low, "median": median, "high": high})


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    ax: Axes | None = None,
    benchmark: str | None = None,
    *,
    objectives: Sequence[str] | None = None,
    crop: float = CROP,
) -> Axes:
    """The panel of a benchmark (the first, by default): a line a strategy, bands if they are few, and the true front in black.

    ``numbers`` are those of :func:`numbers` for the same ``objectives``, and made where they are not given; ``crop`` is the share
    of the true front's points that may lie beyond the worse end of the axis upwards.
    """
    ax, plane = axes_or_new(ax), plane_.plane_of(results, benchmark, objectives)
    if numbers is None:
        numbers = _numbers(results.subset(benchmarks=[plane.benchmark]), objectives=objectives)
    mine = numbers[numbers["benchmark"] == plane.benchmark].sort_values("x", kind="stable")
    plane_.lay_out(ax, results, plane, crop)
    nothing = ax.get_ylim()[0 if plane.up.maximise else 1]
    step: Literal["post", "pre"] = "pre" if plane.across.maximise else "post"
    true, made = mine[mine["source"] == TRUE], mine[mine["source"] == RUN]
    ax.plot(true["x"], true["median"], drawstyle=f"steps-{step}", color="black", linewidth=0.8, label=TRUE)
    looks = style_of(results.looks)
    for name in results.strategies:
        look, line = looks[name], made[made["strategy"] == name]
        if len(results.strategies) <= BANDS:
            band = line["low"].fillna(nothing), line["high"].fillna(nothing)
            ax.fill_between(line["x"], *band, step=step, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(line["x"], line["median"], drawstyle=f"steps-{step}", **{**look, "linewidth": 1.2}, label=name)
    return ax


_numbers = numbers


def about(results: Results, *, at: int | None = None, crop: float = CROP) -> str:
    """What is drawn, and how fronts were selected."""
    count = len(results.series[0].runs.seeds)
    bands = (
        ", the band runs from what three quarters attain to what a quarter attains"
        if len(results.strategies) <= BANDS
        else f"; of more than {BANDS} strategies no quartiles are drawn, which are in the numbers"
    )
    return (
        f"Attainment surfaces of the {count:,} runs of each strategy, by noise-free values: the line is the border of what at least"
        f" half of the runs attain with a point of their front{bands}. Black: the true front."
        f" {plane_.outside(results, crop)} {fronts_table.selection(results, at)}"
    ).replace("  ", " ")


FIGURE = figure_of_objectives(
    "attainment", 100, "attainment surfaces, for two or more objectives", numbers, draw, about
)
