"""How well a low fidelity ranks what a search trained there: rank correlation with the noise-free score, along the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from nasbed.figures.arrays import axis_of
from nasbed.figures.fidelities import end_of, readings, require_several, several
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet, line_keys
from nasbed.figures.lines import about_bands, bands
from nasbed.figures.style import axes_or_new
from nasbed.results.known import in_simulated_time, known_referee, require_best
from nasbed.searches.columns import ARCHITECTURE, EPOCHS, SEED, VALUE
from nasbed.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult

POINTS, SEEDS, FEWEST = 8, 50, 5
"""Points of a line, seeds at most that it is a mean of, and architectures at least that are ranked."""


NOTHING = f"no run has trained {FEWEST} architectures\nto one fidelity"


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no benchmark offers several fidelities, or no best is known of one."""
    require_several(results, "the figure 'fidelity_ranks'")
    require_best(results.benchmarks.values(), "the figure 'fidelity_ranks'")


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, fidelity (epochs), strategy, x, mean (Spearman's correlation), low and high (95 % t over seeds), seeds.

    Correlated are the values that a run saw of the architectures that it had trained to a fidelity by then, the last of each, and
    their noise-free scores. Seeds that have trained fewer than five there, or of which all are equal, are left out.
    """
    require(results)
    rows = []
    for label in several(results):
        referee = known_referee(results.benchmarks[label], "the figure 'fidelity_ranks'")
        grid = np.linspace(0, end_of(results, label), POINTS + 1)[1:]
        for series in results.series_on(label):
            for fidelity, found in _correlations(results, series, referee.validation, grid).items():
                for x, column in zip(grid, found.T, strict=True):
                    there = column[~np.isnan(column)]
                    if len(there):
                        low, high = mean_interval(there, least=-1.0, most=1.0)
                        rows.append(
                            (label, fidelity, series.strategy, x, there.mean(), float(low), float(high), len(there))
                        )
    return pd.DataFrame(rows, columns=["benchmark", "fidelity", "strategy", "x", "mean", "low", "high", "seeds"])


def _correlations(results: Results, series: SeriesResult, score: object, grid: np.ndarray) -> dict[int, np.ndarray]:
    """By fidelity the correlation in each of the first runs up to each point of the axis, (runs, points)."""
    assert callable(score)
    records, _, reading = readings(results, series)
    seeds = series.runs.seeds[:SEEDS]
    archs, runs, epochs = (records[one.name].to_numpy() for one in (ARCHITECTURE, SEED, EPOCHS))
    values = series.searched.objectives[0].signed(records[VALUE.name].to_numpy())
    scores, seen = np.asarray(score(archs), dtype=float), ~np.isnan(values)
    found = {}
    for fidelity in series.searched.epochs:
        made = np.full((len(seeds), len(grid)), np.nan)
        for place, seed in enumerate(seeds):
            mine = np.flatnonzero(seen & (runs == seed) & (epochs == fidelity))
            for point, x in enumerate(grid):
                by_then = mine[reading[mine] <= x]
                last = by_then[::-1][np.unique(archs[by_then][::-1], return_index=True)[1]]
                if len(last) >= FEWEST and np.ptp(values[last]) and np.ptp(scores[last]):
                    made[place, point] = np.corrcoef(stats.rankdata(values[last]), stats.rankdata(scores[last]))[0, 1]
        found[fidelity] = made
    return found


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
    fidelity: int | None = None,
) -> Axes:
    """The panel of a benchmark and a fidelity, the first of each by default."""
    ax = axes_or_new(ax)
    numbers = _numbers(results) if numbers is None else numbers
    benchmark = benchmark or several(results)[0]
    mine = numbers[numbers["benchmark"] == benchmark]
    fidelity = mine["fidelity"].min() if fidelity is None else fidelity
    axis = axis_of(results, benchmark)
    end = end_of(results, benchmark)
    scale, unit = axis.unit(end)
    bands(ax, mine[mine["fidelity"] == fidelity], results, scale)
    ax.axhline(0, color="#999999", linewidth=0.6, zorder=0)
    ax.set_xlim(0, end / scale)
    ax.set_ylim(min([-0.1, *(mine["mean"] - 0.05)]), 1.02)
    if mine.empty:
        ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, ha="center", va="center")
    ax.set_xlabel(axis.label(unit, simulated=in_simulated_time([results.benchmarks[benchmark]])))
    ax.set_ylabel("rank correlation")
    return ax


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """A panel a benchmark and fidelity, three in a row of a page's width, two in one of its columns."""
    pairs = numbers[["benchmark", "fidelity"]].drop_duplicates().sort_values("fidelity", kind="stable")
    order = {label: place for place, label in enumerate(results.benchmarks)}
    found = sorted(pairs.itertuples(index=False), key=lambda pair: (order[str(pair[0])], pair[1]))
    panels = [
        Panel(f"{label}: at {fidelity} epoch{'s' * (fidelity > 1)}", {"benchmark": label, "fidelity": fidelity})
        for label, fidelity in found
    ]
    panels = panels or [Panel(several(results)[0], {"benchmark": several(results)[0]})]
    return Sheet(
        panels, min(len(panels), 2 if style == "single" else 3), 1.7, line_keys(results), sharey=True, least=1.2
    )


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    count = min(SEEDS, len(results.series[0].runs.seeds))
    return (
        "Spearman's rank correlation between what a search saw at a fidelity and the noise-free validation score at the highest, of"
        f" the architectures that it had trained to that fidelity by then: mean over {count} seeds, of those with {FEWEST} such"
        f" architectures at least, with 95 % t intervals. A search chooses what it trains, so that this is no property of the"
        f" space.{about_bands(results)}"
    )


FIGURE = FigureKind(
    "fidelity_ranks",
    120,
    "rank correlation of each fidelity with the score, along the search",
    _numbers,
    draw,
    sheet,
    about,
    require,
)
