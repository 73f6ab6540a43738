"""Empirical distribution of runtimes: how many pairs of run and target are solved within a budget, as COCO draws it.

Hansen et al., Optimization Methods and Software 36, 2021, section 4.4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.figures.arrays import POINTS, TOGETHER, axis_of, lines, together
from nasbed.figures.kind import FigureKind
from nasbed.figures.lines import about_bands, bands_along
from nasbed.figures.lines import sheet as sheet
from nasbed.figures.sentences import at_the_end
from nasbed.figures.style import panel_of
from nasbed.results.curves import horizon, spaced
from nasbed.results.known import known_referee, require_best
from nasbed.results.listing import listed, require_listed
from nasbed.statistics.anytime import runtime_to_target, targets_of
from nasbed.statistics.precision import settled
from nasbed.vocabulary.meters import EVALUATIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark, Meter

COUNT = 51
_BLOCK = 2048
"""Runs whose runtimes are found at a time."""

RARE = 1e-4
"""Share of the architectures of a space whose regret is the hardest target where the floor is 0."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where a space has no list of its architectures, from which targets come."""
    require_listed(results.benchmarks.values(), "the figure 'ecdf'")
    require_best(results.benchmarks.values(), "the figure 'ecdf'")


def targets(results: Results, benchmark: str) -> np.ndarray:
    """Validation regrets from that of the median architecture of the space to the floor, hardest last, evenly spaced on a
    logarithmic scale.

    The same whichever strategies are compared. Where the floor is 0, the hardest is the regret of the best 0.01 % of the space.
    """
    worst, rare = _regrets_of(results.benchmarks[benchmark])
    best = results.floor(benchmark)[0]
    hardest = best if best > 0 else rare
    return targets_of(min(hardest, worst / 2), worst, COUNT)


@lru_cache(maxsize=16)
def _regrets_of(benchmark: Benchmark) -> tuple[float, float]:
    """The median regret of a space, and that of its best 0.01 %; the smallest above 0 at least."""
    referee = known_referee(benchmark, "the figure 'ecdf'")
    values = referee.validation(np.arange(len(listed(benchmark, "the figure 'ecdf'"))))
    best, known = referee.best()[0], values[~np.isnan(values)]
    regret = settled(best - known, best, known)
    positive = regret[regret > 0]
    smallest = float(positive.min()) if len(positive) else 1.0
    return max(float(np.median(regret)), 2 * smallest), max(float(np.quantile(regret, RARE)), smallest)


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, x, mean (share of pairs of run and target), low, high (95 %, Wilson's, over seeds).

    ``x`` are evaluations, or what else the budgets count, such as simulated seconds or epochs.
    """
    frames: dict[str, list[pd.DataFrame]] = {label: [] for label in results.benchmarks}
    axis, common = axis_of(results), together(results)
    grids = {label: _grid(results, label, axis) for label in results.benchmarks}
    for strategy in results.strategies:
        total: np.ndarray | None = None
        for label, x in grids.items():
            solved = _solved(results, label, strategy, axis, x)
            frames[label].append(lines(label, x, {strategy: solved}))
            if common:
                total = solved if total is None else total + solved
        if total is not None:
            frames.setdefault(TOGETHER, []).append(lines(TOGETHER, x, {strategy: total / len(grids)}))
    return pd.concat([frame for of in frames.values() for frame in of], ignore_index=True)


def _solved(results: Results, label: str, strategy: str, axis: Meter, x: np.ndarray) -> np.ndarray:
    """Share of the targets that each run has solved at each ``x``, (seeds, points): the first hit of a target counts."""
    scored, hard = results.series_of(label, strategy).runs, targets(results, label)
    regret = scored.validation_regret
    readings = None if axis is EVALUATIONS else scored.at_changes(axis)
    shares = np.empty((len(regret), len(x)))
    for first in range(0, len(regret), _BLOCK):
        mine = slice(first, first + _BLOCK)
        runtimes = runtime_to_target(regret[mine], hard)
        if readings is not None:
            place = np.where(np.isfinite(runtimes), runtimes, 1).astype(int) - 1
            there = np.take_along_axis(readings[mine], place, axis=1)
            runtimes = np.where(np.isfinite(runtimes), there, np.inf)
        ordered = np.sort(runtimes, axis=1)
        shares[mine] = np.stack([np.searchsorted(row, x, side="right") for row in ordered]) / len(hard)
    return shares


def _grid(results: Results, label: str, axis: Meter) -> np.ndarray:
    all_series = results.series_on(label)
    budget = all_series[0].rules.budget
    if axis is EVALUATIONS:
        longest = max(int(series.runs.count.max()) for series in all_series)
        return spaced(axis, 1, budget.evaluations or max(1, longest), POINTS)
    runs = [series.runs for series in all_series]
    first = min(float(one.first(axis).min()) for one in runs)
    last = horizon(axis, runs, budget)
    return spaced(axis, min(first, last), last, POINTS)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default."""
    numbers = _numbers(results) if numbers is None else numbers
    ax, _, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    bands_along(ax, mine, axis_of(results), results)
    ax.set_ylim(0, 1.01)
    ax.set_ylabel("share of run-target pairs")
    return ax


def about(results: Results) -> str:
    """What the figure shows, with the ends of the targets."""
    ends = [f"{label}: {hard[0]:.3g} to {hard[-1]:.3g}" for label, hard in _all_targets(results).items()]
    return (
        "Empirical distribution of runtimes (COCO): share of all pairs of run and target that are solved within a budget, with"
        f" 95 % intervals over seeds (Wilson's); the first hit counts. {COUNT} targets of validation regret a benchmark, evenly"
        " spaced on a logarithmic scale from the regret of the median architecture of the space to the floor, expected regret of"
        f" exhaustive search, or to that of the best 0.01 % where the floor is 0 ({'; '.join(ends)}). There are no targets of test:"
        f" a search cannot know when it hits one.{about_bands(results)}"
    )


def _all_targets(results: Results) -> dict[str, np.ndarray]:
    return {label: targets(results, label) for label in results.benchmarks}


FIGURE = FigureKind(
    "ecdf",
    10,
    "share of runs and targets solved within a budget (COCO)",
    _numbers,
    draw,
    sheet,
    about,
    require,
    at_the_end("share of pairs solved", highest=True),
)
