"""Which options of a grid matter: shares of variance (functional analysis of variance), their levels, and the first pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import unknown
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.style import METRIC, axes_or_new, broken
from nasbed.results.importance import ALL, importance, require_grid
from nasbed.results.known import better, score_name, score_names, score_unit
from nasbed.results.looks import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

ACROSS, WIDE = 4, {"single": 0.75, "double": 1.05}
"""Panels of a row across the page, and the inches that a panel has beside its labels."""
SHOWN = 2
"""Options whose levels are shown, those that matter most."""
LEAST = 4.0
"""Points of a number below which fields have none."""
BARS = 6
"""Shares that a panel has, the largest."""
FEWEST = 3
"""Bars for which a panel has room at least, so that one alone is a bar and no field."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no strategies are the settings of a grid."""
    require_grid(results)


def numbers(results: Results, *, metric: str = "validation_regret") -> pd.DataFrame:
    """What the figure plots: the frame of :func:`~nasbed.results.importance.importance`."""
    if metric not in METRIC:
        raise unknown("metric", metric, METRIC)
    return importance(results, metric)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
    grid: str | None = None,
    option: str = "",
    other: str = "",
    metric: str = "validation_regret",
    wide: float = 1.2,
) -> Axes:
    """Shares of a benchmark; with ``option`` what each of its levels reaches, and with ``other`` each pair of levels.

    The grid is the first where no method is named, and the benchmark too; ``wide`` are the inches of the panel itself.
    """
    ax = axes_or_new(ax)
    numbers = _numbers(results, metric=metric) if numbers is None else numbers
    label = benchmark or next(iter(results.benchmarks))
    mine = numbers[(numbers["grid"] == (grid or numbers["grid"].iloc[0])) & (numbers["benchmark"] == label)]
    if other:
        _draw_pair(
            ax,
            mine[(mine["kind"] == "pair") & (mine["option"] == option) & (mine["other"] == other)],
            wide,
            better(results.benchmarks[label]),
        )
    elif option:
        _draw_levels(ax, mine[(mine["kind"] == "main") & (mine["option"] == option)])
        shown = results.benchmarks[label]
        name = score_name(shown, metric).removeprefix("validation ")  # the caption says which
        ax.set_ylabel(f"{name} ({score_unit(shown)})", parse_math=False)
    else:
        _draw_shares(ax, mine[mine["kind"] == "share"])
    return ax


def _draw_shares(ax: Axes, rows: pd.DataFrame) -> None:
    rows = rows.sort_values("value", ascending=False, kind="stable").head(BARS)[::-1]
    names = [
        broken(f"{first} × {second}" if second else first, 18)
        for first, second in zip(rows["option"], rows["other"], strict=True)
    ]
    places, values = np.arange(len(rows)), 100 * rows["value"].to_numpy(float)
    ends = 100 * np.stack([rows["low"].to_numpy(float), rows["high"].to_numpy(float)])
    ax.barh(places, values, height=0.62, color=COLOURS[4])
    ax.hlines(places, *ends, color="black", linewidth=0.9)
    ax.plot(
        100 * rows["noise"], places, linestyle="none", marker="|", markersize=10, color=COLOURS[6], markeredgewidth=1.8
    )
    ax.set_yticks(places, names, parse_math=False)
    ax.set_xlim(0, 100)
    spare = max(0, FEWEST - len(rows)) / 2
    ax.set_ylim(-0.5 - spare, len(rows) - 0.5 + spare)
    ax.set_xlabel("share of variance, %")


def _draw_levels(ax: Axes, rows: pd.DataFrame) -> None:
    places, mean = np.arange(len(rows)), rows["value"].to_numpy(float)
    ends = [mean - rows["low"].to_numpy(float), rows["high"].to_numpy(float) - mean]
    ax.errorbar(places, mean, yerr=ends, color=COLOURS[0], marker="o", markersize=3.5, linewidth=1, elinewidth=0.9)
    ax.set_xticks(places, [broken(level, 10) for level in rows["level"]], parse_math=False)
    ax.set_xlim(-0.4, len(rows) - 0.6)
    ax.set_xlabel(rows["option"].iloc[0], parse_math=False)


def _draw_pair(ax: Axes, rows: pd.DataFrame, wide: float, which: str) -> None:
    first, second = (list(dict.fromkeys(rows[name])) for name in ("level", "other_level"))
    table = rows["value"].to_numpy(float).reshape(len(first), len(second)).T
    ax.imshow(table, cmap="cividis_r" if which == "lower" else "cividis", aspect="auto")
    size = min(7.0, 72 * wide / len(first) / (0.66 * max(len(_digits(value)) for value in table.flat)))
    middle = (table.min() + table.max()) / 2
    for (row, column), value in np.ndenumerate(table):
        ink = "white" if (value > middle) == (which == "lower") else "black"
        if size >= LEAST:
            ax.text(column, row, _digits(value), ha="center", va="center", fontsize=size, color=ink)
    ax.set_xticks(range(len(first)), [broken(level, 10) for level in first], parse_math=False)
    ax.set_yticks(range(len(second)), [broken(level, 10) for level in second], parse_math=False)
    ax.tick_params(length=0)
    ax.set_xlabel(rows["option"].iloc[0], parse_math=False)
    ax.set_ylabel(rows["other"].iloc[0], parse_math=False)


def _digits(value: float) -> str:
    """Three significant digits, zeros at the end included.

    >>> _digits(1.5), _digits(0.0644), _digits(125.0)
    ('1.50', '0.0644', '125')
    """
    return f"{value:#.3g}".rstrip(".")


def sheet(results: Results, numbers: pd.DataFrame, style: str, *, metric: str = "validation_regret") -> Sheet:
    """For each grid and benchmark its shares, the levels of the options that matter most, and their first pair; last the shares
    over all benchmarks.
    """
    panels = []
    for grid, of_grid in numbers.groupby("grid", sort=False):
        for label in dict.fromkeys(of_grid["benchmark"]):
            given = {"benchmark": str(label), "grid": str(grid), "metric": metric, "wide": WIDE[style]}
            title = str(label) if numbers["grid"].nunique() == 1 else f"{grid} on {label}"
            panels.append(Panel(title, given))
            if label == ALL:
                continue
            here = of_grid[(of_grid["benchmark"] == label) & (of_grid["kind"] == "share")]
            ranked = here.sort_values("value", ascending=False, kind="stable")
            panels += [
                Panel(title, {**given, "option": one}) for one in ranked[ranked["other"] == ""]["option"].head(SHOWN)
            ]
            pairs = ranked[ranked["other"] != ""].head(1)
            panels += [
                Panel(title, {**given, "option": one, "other": two})
                for one, two in zip(pairs["option"], pairs["other"], strict=True)
            ]
    across = 2 if style == "single" else ACROSS
    return Sheet(panels, across, 1.7, inner=True, least=1.7)


def about(results: Results, *, metric: str = "validation_regret") -> str:
    """What the figure shows, as the sentences of its caption."""
    found = require_grid(results)
    listed = "; ".join(
        f"{grid.use}: {', '.join(f'{option} ({len(levels)})' for option, levels in grid.levels.items())}"
        for grid in found
    )
    benchmarks = results.benchmarks.values()
    score = score_names(benchmarks, metric)
    return (
        f"Importance of options (levels) of full grids, {listed}: bars are shares of the variance of mean {score} between"
        " settings that an option explains alone, or a pair beyond both (functional analysis of variance), with 95 % percentile"
        f" intervals over resampled seeds of what is not chance, the {BARS} largest; with three options or more, what is left is of"
        " higher order. An upright mark is what noise alone would put there: where the bar ends at it, nothing was found. Lines:"
        f" mean {score} of each level over all settings of the other options, with 95 % t intervals over seeds. Fields: that"
        " of each two levels of the pair that matters most, the lighter the better."
        f"{f' Over {ALL}: mean of the shares.' if len(results.benchmarks) > 1 else ''}"
    )


FIGURE = FigureKind(
    "importance",
    95,
    "which options of a grid matter, and what their levels reach",
    _numbers,
    draw,
    sheet,
    about,
    require,
)
