"""Empirical distribution of runtimes: how many pairs of run and target are solved within a budget, as COCO draws it.

Hansen et al., Optimization Methods and Software 36, 2021, section 4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.figures.arrays import POINTS, TOGETHER, axis_of, lines, together
from nasbed.figures.kind import FigureKind
from nasbed.figures.lines import bands_along
from nasbed.figures.lines import sheet as sheet
from nasbed.figures.style import axes_or_new
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
    """Columns: benchmark, strategy, x, mean (share of pairs of run and target), low, high (95 % t over seeds).

    ``x`` are evaluations, or what else the budgets count, such as simulated seconds or epochs.
    """
    frames, shares = [], []
    axis = axis_of(results)
    for label in results.benchmarks:
        runtimes = {name: _runtimes(results, label, name, axis) for name in results.strategies}
        x = _grid(results, label, axis)
        solved = {name: _solved(mine, x) for name, mine in runtimes.items()}
        frames.append(lines(label, x, solved))
        shares.append(solved)
    if together(results):
        means = {name: np.mean([solved[name] for solved in shares], axis=0) for name in results.strategies}
        frames.append(lines(TOGETHER, x, means))
    return pd.concat(frames, ignore_index=True)


def _runtimes(results: Results, label: str, strategy: str, axis: Meter) -> np.ndarray:
    """Evaluations, or readings of another axis, until each target is hit, (seeds, targets); ``inf`` where it never is."""
    scored = results.series_of(label, strategy).runs
    hit = runtime_to_target(scored.validation_regret, targets(results, label))
    if axis is EVALUATIONS:
        return hit
    place = np.where(np.isfinite(hit), hit, 1).astype(int) - 1
    return np.where(np.isfinite(hit), np.take_along_axis(scored.along(axis), place, axis=1), np.inf)


def _grid(results: Results, label: str, axis: Meter) -> np.ndarray:
    all_series = results.series_on(label)
    budget = all_series[0].rules.budget
    if axis is EVALUATIONS:
        longest = max(int(series.runs.count.max()) for series in all_series)
        return spaced(axis, 1, budget.evaluations or max(1, longest), POINTS)
    runs = [series.runs for series in all_series]
    first = min(float(one.along(axis)[:, 0].min()) for one in runs)
    last = horizon(axis, runs, budget)
    return spaced(axis, min(first, last), last, POINTS)


def _solved(runtimes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Share of the targets of each run that are solved at each ``x``, (seeds, points)."""
    ordered = np.sort(runtimes, axis=1)
    share: np.ndarray = np.stack([np.searchsorted(row, x, side="right") for row in ordered]) / runtimes.shape[1]
    return share


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    order: Sequence[str] | None = None,
    benchmark: str | None = None,
) -> Axes:
    """The panel of a benchmark, the first by default."""
    ax = axes_or_new(ax)
    numbers = _numbers(results) if numbers is None else numbers
    mine = numbers[numbers["benchmark"] == (benchmark or next(iter(results.benchmarks)))]
    bands_along(ax, mine, axis_of(results), results, order)
    ax.set_ylim(0, 1.01)
    ax.set_ylabel("share of run-target pairs")
    return ax


def about(results: Results) -> str:
    """What the figure shows, with the ends of the targets."""
    ends = [f"{label}: {hard[0]:.3g} to {hard[-1]:.3g}" for label, hard in _all_targets(results).items()]
    return (
        "Empirical distribution of runtimes (COCO): share of all pairs of run and target that are solved within a budget, with"
        f" 95 % t intervals over seeds; the first hit counts. {COUNT} targets of validation regret a benchmark, evenly"
        " spaced on a logarithmic scale from the regret of the median architecture of the space to the floor, expected regret of"
        f" exhaustive search, or to that of the best 0.01 % where the floor is 0 ({'; '.join(ends)}). There are no targets of test:"
        " a search cannot know when it hits one."
    )


def _all_targets(results: Results) -> dict[str, np.ndarray]:
    return {label: targets(results, label) for label in results.benchmarks}


FIGURE = FigureKind(
    "ecdf", 10, "share of runs and targets solved within a budget (COCO)", _numbers, draw, sheet, about, require
)
