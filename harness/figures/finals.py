"""Regret at the end of the budget, every seed a point, with the median and the quartiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nasbed.errors import unknown
from nasbed.figures import published as published_
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Sheet
from nasbed.figures.naming import called
from nasbed.figures.rows import ROOM, name_rows, sheet_of_rows
from nasbed.figures.sentences import typical
from nasbed.figures.style import FLOOR, METRIC, difference_unit, panel_of
from nasbed.results.known import require_best

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, fill an interval evenly, in any number: points don't hide each other, and nothing is drawn by lot."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no best is known of a benchmark, and there is no regret."""
    require_best(results.benchmarks.values(), "the figure 'finals'")


def numbers(
    results: Results, *, metric: str = "validation_regret", published: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Columns: benchmark, strategy, seed, regret, and source: ``run``, or what says that it is a published mean (seed -1).

    Seeds without an incumbent are left out.
    """
    if metric not in METRIC:
        raise unknown("metric", metric, METRIC)
    parts = [
        (label, strategy, "run", results.series_of(label, strategy).runs.seeds, scores[:, column])
        for strategy, scores in results.scores(metric).items()
        for column, label in enumerate(results.benchmarks)
    ]
    for label in results.benchmarks:
        if published is None:
            break
        for row in published_.regrets(results, published, label, metric).itertuples():
            parts.append((label, str(row.strategy), published_.LABEL, np.array([-1]), np.array([row.regret], float)))
    parts = [(*names, seeds[~np.isnan(mine)], mine[~np.isnan(mine)]) for *names, seeds, mine in parts]
    texts = zip(*(names for *names, _, _ in parts), strict=True)
    benchmark, strategy, source = (_repeated(of, [len(mine) for *_, mine in parts]) for of in texts)
    seeds, found = (np.concatenate([part[place] for part in parts]) for place in (3, 4))
    return pd.DataFrame(
        {"benchmark": benchmark, "strategy": strategy, "seed": seeds, "regret": found, "source": source}, copy=False
    )


def _repeated(texts: Sequence[str], counts: Sequence[int]) -> pd.Series:
    """Each text so many times, in a byte or two a row, since there may be a million."""
    known = list(dict.fromkeys(texts))
    codes = np.repeat(np.array([known.index(text) for text in texts], dtype=np.int64), counts)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(known)))


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
    metric: str = "validation_regret",
    published: pd.DataFrame | None = None,
    room: float = ROOM["double"],
) -> Axes:
    """The panel of a benchmark (the first by default), strategies from top to bottom, published means below.

    ``room`` is for names, in inches. Points are rasterised, so that a vector file stays small.
    """
    numbers = _numbers(results, metric=metric, published=published) if numbers is None else numbers
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, results.benchmarks)
    of_runs = numbers["source"] == "run"
    for place, strategy in enumerate(results.strategies):
        regret = mine.loc[(mine["source"] == "run") & (mine["strategy"] == strategy), "regret"].to_numpy()
        if len(regret):
            _strip(ax, place, regret, results.looks[strategy].color)
    rows = [*results.strategies, *dict.fromkeys(numbers.loc[~of_runs, "strategy"])]
    for _, row in mine[mine["source"] != "run"].iterrows():
        place = rows.index(row["strategy"], len(results.strategies))
        ax.plot([row["regret"]], [place], **published_.looks(numbers[~of_runs])[row["strategy"]])
    if mine.empty:
        ax.text(0.5, 0.5, "no run has an incumbent", transform=ax.transAxes, ha="center", va="center")
    floor = results.floor(benchmark)[0 if metric == "validation_regret" else 1]
    if floor == floor:
        ax.axvline(floor, zorder=1, **FLOOR)
    threshold = _threshold(mine["regret"].to_numpy())
    ax.set_xscale("symlog", linthresh=threshold, linscale=0.5)
    ax.set_xlim(left=float(mine["regret"].to_numpy().min(initial=0.0)) - 0.15 * threshold)
    name_rows(ax, _named(rows, len(results.strategies)), room)
    ax.set_ylim(len(rows) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"{METRIC[metric]} ({difference_unit(results.benchmarks[benchmark])})")
    return ax


def _strip(ax: Axes, place: int, regret: np.ndarray, colour: str) -> None:
    count = len(regret)
    spread = ((np.arange(count) * _GOLDEN) % 1 - 0.5) * 0.7
    size, alpha = (7.0, 0.6) if count <= 60 else (4.0, 0.4)
    ax.scatter(
        regret,
        place + spread,
        s=size,
        color=colour,
        alpha=alpha,
        linewidths=0,
        rasterized=True,
        zorder=2,
        clip_on=False,
    )
    low, middle, high = np.quantile(regret, [0.25, 0.5, 0.75])
    ax.plot([low, high], [place, place], color="black", linewidth=2.0, solid_capstyle="butt", zorder=3)
    ax.plot(
        [middle], [place], "o", color="white", markeredgecolor="black", markeredgewidth=0.9, markersize=3.8, zorder=4
    )


def _threshold(regret: np.ndarray) -> float:
    """Where the axis turns from linear to logarithmic: the power of ten below the lowest tenth of the regrets above 0."""
    positive = regret[regret > 0]
    low = float(np.quantile(positive, 0.1)) if len(positive) else 1.0
    return float(10 ** np.floor(np.log10(low)))


def sheet(
    results: Results,
    numbers: pd.DataFrame,
    style: str,
    *,
    metric: str = "validation_regret",
    published: pd.DataFrame | None = None,
) -> Sheet:
    """Three panels in a row, with the names at the left."""
    rows = [*results.strategies, *dict.fromkeys(numbers.loc[numbers["source"] != "run", "strategy"])]
    names = _named(rows, len(results.strategies))
    options = {"metric": metric, "published": published}
    return sheet_of_rows(list(results.benchmarks), names, style, least=1.4, options=options)


def _named(rows: Sequence[str], count: int) -> list[str]:
    """The names of rows; those after ``count`` are published."""
    return [*called(rows[:count]).values(), *map(published_.name_of, rows[count:])]


def about(results: Results, *, metric: str = "validation_regret", published: pd.DataFrame | None = None) -> str:
    """What the figure shows, as the sentences of its caption."""
    return (
        f"{METRIC[metric].capitalize()} at the end of the budget: a point a seed, spread upwards and downwards only so as not"
        " to hide each other; the bar runs from the first to the third quartile, the circle is the median; the axis is"
        " linear from 0 to its first number and logarithmic beyond; dotted: the floor, expected regret of exhaustive search under"
        " the same noise." + (f" {published_.ABOUT}" if published is not None else "")
    )


FIGURE = FigureKind(
    "finals",
    40,
    "regret at the end of the budget, every seed a point",
    _numbers,
    draw,
    sheet,
    about,
    require,
    typical("median regret", "regret"),
)
