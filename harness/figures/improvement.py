"""Who beats whom: the probability of improvement of each strategy over each other (Agarwal et al., NeurIPS 2021, figure 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap

from nasbed.errors import OptionError, unknown
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.naming import called
from nasbed.figures.rows import MANY_ROWS, ROOM, height_of_rows, name_rows, wrapped
from nasbed.figures.sentences import typical
from nasbed.figures.style import METRIC, axes_or_new, width_of
from nasbed.results.known import absolute, score_names
from nasbed.results.looks import COLOURS
from nasbed.statistics.comparisons import contrasts
from nasbed.statistics.paired import untested
from nasbed.tables.numbers import NOTHING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

LEVEL = 0.05
CELL = 0.15
"""Inches of a cell below which it holds no number."""
NAMED, LONGEST = 14, 30
"""Strategies, and characters of a name, beyond which columns have numbers instead of names."""
_MARKS = {"all": "*", "some": "°", "": ""}


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where there is one strategy only, and nothing to compare it with."""
    if len(results.strategies) < 2:
        raise OptionError(f"one strategy ({results.strategies[0]}); the figure 'improvement' compares two or more")
    if all(series.without_incumbent == len(series.runs.seeds) for series in results.series):
        raise OptionError("no run has an incumbent; the figure 'improvement' compares runs that have one")


def numbers(results: Results, *, metric: str = "validation_regret") -> pd.DataFrame:
    """A row an ordered pair: strategy, rival, mean (probability of improvement, A12, mean over benchmarks), significant.

    ``significant`` is ``all`` where the paired Wilcoxon test (Holm over all pairs and benchmarks) finds a difference in the
    direction of the mean on every benchmark, ``some`` where it does on some and none finds the contrary, and empty otherwise.
    """
    require(results)
    if metric not in METRIC:
        raise unknown("metric", metric, METRIC)
    compared = contrasts(results, metric, against="all")
    rows = []
    for (strategy, rival), pair in compared.groupby(["strategy", "rival"], sort=False):
        mean = float(pair["improvement"].mean())  # nan where no benchmark has a seed with an incumbent in both
        found = pair["p_holm"].to_numpy(float) < LEVEL
        ahead = (pair["wins"].to_numpy(float) > 0.5) == (mean > 0.5)
        mark = "" if not found.any() or (found & ~ahead).any() else "all" if found.all() else "some"
        rows.append((strategy, rival, mean, mark))
        rows.append((rival, strategy, 1 - mean, mark))
    return pd.DataFrame(rows, columns=["strategy", "rival", "mean", "significant"])


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    metric: str = "validation_regret",
    cell: float = 0.3,
    room: float = ROOM["double"],
) -> Axes:
    """A cell a pair: the row's chance in percent to beat the column, blue above a half, white at it and orange below.

    ``cell`` is its width and ``room`` that for names, in inches; cells narrower than ``CELL`` hold no number.
    """
    ax = axes_or_new(ax)
    numbers = _numbers(results, metric=metric) if numbers is None else numbers
    names = results.strategies
    table = numbers.pivot(index="strategy", columns="rival", values="mean").reindex(index=names, columns=names)
    colours = LinearSegmentedColormap.from_list("chance", (COLOURS[1], "white", COLOURS[0]))
    ax.imshow(table.to_numpy(float), cmap=colours.with_extremes(bad="#eeeeee"), vmin=0, vmax=1, aspect="auto")
    places = {name: place for place, name in enumerate(names)}
    if cell >= CELL:
        size = min(7.0, 23 * cell)
        for row in numbers.itertuples():
            mean = float(str(row.mean))
            ax.text(
                places[str(row.rival)],
                places[str(row.strategy)],
                NOTHING if mean != mean else f"{100 * mean:.0f}{_MARKS[str(row.significant)]}",
                ha="center",
                va="center",
                fontsize=size,
                fontweight="bold" if row.significant == "all" else "normal",
                color="white" if mean >= 0.8 else "black",
            )
    if _numbered(names):
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if step * cell >= 0.1 or step == 100)
        shown = range(len(names)) if step == 1 else range(step - 1, len(names), step)
        ax.set_xticks(shown, [str(place + 1) for place in shown])
        ax.tick_params(labelbottom=False, labeltop=True, axis="x")
    else:
        ax.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor", parse_math=False)
    name_rows(ax, _names(names), room)
    ax.tick_params(length=0)
    ax.set_ylabel("strategy")
    ax.set_xlabel("beats …")
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xticks(np.arange(1, len(names)) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, len(names)) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=0.6)
    ax.tick_params(which="minor", length=0)
    return ax


def sheet(results: Results, numbers: pd.DataFrame, style: str, *, metric: str = "validation_regret") -> Sheet:
    """The figure as one panel, which is no wider than it needs to be."""
    count, rows = len(results.strategies), _names(results.strategies)
    numbered, longest = _numbered(results.strategies), max(map(len, rows))
    names = min(0.054 * longest, ROOM[style])
    tall = max(name.count("\n") for name in wrapped(rows, ROOM[style]))
    cell = min(0.42 if style == "double" else 0.36, (width_of(style) - names - 0.45) / count)
    row = height_of_rows(rows, ROOM[style]) / count if count > MANY_ROWS else 0.13 + 0.12 * tall
    height = 0.45 + (0.0 if numbered else 0.72 * names) + count * max(row, min(0.24, cell))
    panel = Panel("", {"metric": metric, "cell": cell, "room": ROOM[style]})
    return Sheet([panel], 1, height, width=names + 0.45 + cell * count, least=height)


def _numbered(names: Sequence[str]) -> bool:
    """Whether columns have numbers, and rows numbers beside their names."""
    return len(names) > NAMED or max(map(len, names)) > LONGEST


def _names(names: Sequence[str]) -> list[str]:
    """The names of rows, with the numbers that columns have."""
    found = called(names)
    if not _numbered(names) or any(found[name] != name for name in names):
        return list(found.values())
    return [f"{place} {name}" for place, name in enumerate(names, 1)]


def about(results: Results, *, metric: str = "validation_regret") -> str:
    """What the figure shows, as the sentences of its caption."""
    several = len(results.benchmarks) > 1
    test = untested(len(results.series[0].runs.seeds)) or (
        f"* significant{' on every benchmark' if several else ''}"
        + (", ° on some and nowhere the contrary" if several else "")
        + ": two-sided Wilcoxon signed-rank test, paired by seed, 5 % after Holm's correction over all pairs"
        + (" and benchmarks" if several else "")
    )
    benchmarks = results.benchmarks.values()
    score, better = score_names(benchmarks, metric), "better" if any(map(absolute, benchmarks)) else "lower"
    return (
        "Probability of improvement in percent (blue above 50, white at it, orange below): the chance that a run of the strategy"
        f" of the row ends with a {better} {score} than one of the column's (A12), ties counted half"
        f"{', mean over benchmarks' if several else ''}."
        f" {test[:1].upper()}{test[1:]}."
    )


FIGURE = FigureKind(
    "improvement",
    50,
    "probability of improvement of each strategy over each other",
    _numbers,
    draw,
    sheet,
    about,
    require,
    typical("median chance over the rivals", "mean", highest=True),
)
