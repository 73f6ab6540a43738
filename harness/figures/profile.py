"""Performance profiles: share of runs that end within a regret (Dolan and Moré 2002; Agarwal et al., NeurIPS 2021, figure 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.figures.arrays import POINTS, TOGETHER, lines
from nasbed.figures.ecdf import targets
from nasbed.figures.kind import FigureKind
from nasbed.figures.lines import about_bands, bands
from nasbed.figures.lines import sheet as sheet
from nasbed.figures.sentences import in_the_middle
from nasbed.figures.style import difference_unit, panel_of
from nasbed.results.known import require_best
from nasbed.results.listing import require_listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

_HAIR = 1e-9
"""By how much, as a share of itself, a point of the axis lies above its regret."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no best is known, and for several benchmarks of which one has no list of its
    architectures, from which the common scale comes.
    """
    require_best(results.benchmarks.values(), "the figure 'profile'")
    if len(results.benchmarks) > 1:
        require_listed(results.benchmarks.values(), "the figure 'profile' of several benchmarks")


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, x (regret), mean (share of runs), low and high (95 %, Wilson's, over seeds).

    Of ``all benchmarks``, where there are several, ``x`` is the regret in units of that of the median architecture of each space,
    and the share the mean over benchmarks. A run without an incumbent is within no regret.
    """
    scores = results.scores()
    labels = list(results.benchmarks)
    frames = []
    for column, label in enumerate(labels):
        mine = {name: values[:, [column]] for name, values in scores.items()}
        x = _grid(np.concatenate(list(mine.values())))
        frames += [lines(label, x, {name: (values <= x).astype(float)}) for name, values in mine.items()]
    if len(labels) > 1 and TOGETHER not in labels:
        unit = np.array([targets(results, label)[0] for label in labels])
        scaled = {name: values / unit for name, values in scores.items()}
        x = _grid(np.concatenate(list(scaled.values())))
        frames += [lines(TOGETHER, x, {name: _shares(values, x)}) for name, values in scaled.items()]
    return pd.concat(frames, ignore_index=True)


def _shares(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The share of the benchmarks on which each run is within each regret, (seeds, points)."""
    within: np.ndarray = np.zeros((len(values), len(x)))
    for column in values.T:
        within += column[:, None] <= x
    within /= values.shape[1]
    return within


def _grid(values: np.ndarray) -> np.ndarray:
    """From the smallest regret above 0, three powers of ten below the largest at least, to the largest; a hair above each."""
    positive = values[values > 0]
    top = float(positive.max(initial=0.0)) or 1.0
    low = max(float(positive.min(initial=top)), top / 1e3)
    return np.geomspace(min(low, top / 2), top, POINTS) * (1 + _HAIR)


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
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    bands(ax, mine, results)
    ax.set_xscale("log")
    ax.set_xlim(mine["x"].min(), mine["x"].max())
    ax.set_ylim(0, 1.01)
    unit = "medians" if benchmark == TOGETHER else difference_unit(results.benchmarks[benchmark])
    ax.set_xlabel(f"regret τ ({unit})")
    ax.set_ylabel("share of runs within τ")
    return ax


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    words = (
        "Performance profile: share of runs whose validation regret at the end of the budget is at most τ, with 95 %"
        " intervals over seeds (Wilson's). Lines begin above 0 where runs reached a smaller regret than the axis"
        " shows, as that of the best architecture."
    )
    if len(results.benchmarks) > 1:
        words += " For all benchmarks together, τ is in units of the regret of the median architecture of each space."
    return words + about_bands(results)


FIGURE = FigureKind(
    "profile",
    30,
    "share of runs that end within a regret",
    _numbers,
    draw,
    sheet,
    about,
    require,
    in_the_middle("share of runs"),
)
