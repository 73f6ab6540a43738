"""Where a search goes: one run of each strategy on the landscape, by distance to the best architecture and regret."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from nasbed.errors import OptionError, unknown
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.naming import called
from nasbed.figures.sentences import of_paths
from nasbed.figures.style import axes_or_new, difference_unit
from nasbed.results.known import known_referee, require_best
from nasbed.results.listing import listed, require_listed
from nasbed.searches.columns import ARCHITECTURE, EPOCHS, EVALUATION, VALUE, signed
from nasbed.searches.incumbents import incumbents
from nasbed.statistics.precision import settled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.vocabulary import Benchmark

SPACE = "space"
QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
MOST = 12
"""Strategies that have a panel, so that the figure fits a page."""
_GOLDEN = 0.6180339887498949


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where a space has no list of its architectures."""
    require_listed(results.benchmarks.values(), "the figure 'trajectory'")
    require_best(results.benchmarks.values(), "the figure 'trajectory'")


@lru_cache(maxsize=8)
def landscape(benchmark: Benchmark) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every architecture the decisions in which it differs from the nearest best one, its noise-free validation regret, and
    whether it is feasible. The best are feasible; what is not may have a regret below 0.
    """
    what = "the figure 'trajectory'"
    space, referee = listed(benchmark, what), known_referee(benchmark, what)
    archs = np.array(space.archs, dtype=np.int16)
    values, broken = settled(referee.validation(np.arange(len(space)))), benchmark.violations()
    feasible = np.ones(len(archs), dtype=bool) if broken is None else broken == 0
    best = archs[feasible & (values == np.nanmax(values[feasible]))]
    distance = np.min([(archs != one).sum(axis=1) for one in best], axis=0)
    return distance, settled(referee.best()[0] - values, values), feasible


def numbers(results: Results, *, benchmark: str | None = None, seed: int | None = None) -> pd.DataFrame:
    """Every evaluation of one seed (the first by default) on one benchmark (the first by default), and the space around.

    Columns: benchmark, strategy, source (``run``, or ``space`` for all architectures), seed, evaluation (from 1), distance, regret
    (noise-free) and incumbent, whether it became that; of the space, the five quartiles of the regret at each distance,
    numbered by evaluation. A run without evaluations has no rows. Where there are constraints, those are of what is feasible, and a
    column feasible says what else is.
    """
    label, seed = _chosen(results, benchmark, seed)
    distance, regret, feasible = landscape(results.benchmarks[label])
    frames = []
    for steps in np.unique(distance[feasible]):
        levels = np.nanquantile(regret[feasible & (distance == steps)], QUANTILES)
        content = {
            "strategy": SPACE,
            "source": SPACE,
            EVALUATION.name: range(1, 6),
            "distance": steps,
            "regret": levels,
            "incumbent": False,
            "feasible": True,
        }
        frames.append(pd.DataFrame(content))
    for strategy in results.strategies:
        series = results.series_of(label, strategy)
        mine = series.records_of([seed])
        tried = mine[ARCHITECTURE.name].to_numpy()
        if not len(tried):
            continue
        values = signed({str(name): column.to_numpy() for name, column in mine.items()}, series.searched)[VALUE.name]
        places = incumbents(values[None], mine[EPOCHS.name].to_numpy()[None], tried[None], series.rules.incumbent)[0]
        became = np.zeros(len(tried), dtype=bool)
        became[places[np.diff(places, prepend=-1) != 0]] = True
        content = {
            "strategy": strategy,
            "source": "run",
            EVALUATION.name: mine.get(EVALUATION.name, np.arange(1, len(tried) + 1)),
            "distance": distance[tried],
        }
        frames.append(
            pd.DataFrame(content | {"regret": regret[tried], "incumbent": became, "feasible": feasible[tried]})
        )
    found = pd.concat(frames, ignore_index=True)
    if feasible.all():
        del found["feasible"]
    found.insert(1, "seed", seed)
    found.insert(0, "benchmark", label)
    return found


def _chosen(results: Results, benchmark: str | None, seed: int | None) -> tuple[str, int]:
    label = benchmark or next(iter(results.benchmarks))
    if label not in results.benchmarks:
        raise unknown("benchmark", label, results.benchmarks)
    seeds = results.series[0].runs.seeds
    if seed is not None and seed not in seeds:
        raise OptionError(f"seed = {seed}; the results have {seeds.min()} to {seeds.max()}")
    return label, int(seeds[0]) if seed is None else seed


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    strategy: str | None = None,
    benchmark: str | None = None,
    seed: int | None = None,
) -> Axes:
    """The path of a strategy (the first by default): points are evaluations, darker the later; the line runs along incumbents."""
    ax = axes_or_new(ax)
    numbers = _numbers(results, benchmark=benchmark, seed=seed) if numbers is None else numbers
    strategy = strategy or results.strategies[0]
    of_space = numbers["source"] == SPACE
    _background(ax, numbers[of_space])
    path = numbers[~of_space & (numbers["strategy"] == strategy)]
    count = path["evaluation"].to_numpy()
    x = path["distance"].to_numpy() + ((count * _GOLDEN) % 1 - 0.5) * 0.5
    y = np.maximum(path["regret"].to_numpy(), 0)
    within = path["feasible"].to_numpy() if "feasible" in path else np.ones(len(path), dtype=bool)
    became = path["incumbent"].to_numpy()
    late = count / max(count.max(initial=1), 2)
    points: dict[str, Any] = {"cmap": "YlGnBu", "vmin": -0.35, "vmax": 1.0, "rasterized": True, "clip_on": False}
    ax.scatter(x[within], y[within], c=late[within], s=5, linewidths=0, zorder=3, **points)
    ax.scatter(x[~within], y[~within], c=late[~within], marker="x", s=6, linewidths=0.5, zorder=2.5, **points)
    colour = results.looks[strategy].color
    ax.plot(x[became], y[became], color=colour, linewidth=1.1, zorder=4)
    ends: dict[str, Any] = {"marker": "o", "linestyle": "none", "clip_on": False}
    ax.plot(x[became][:1], y[became][:1], color="white", markeredgecolor=colour, markersize=4, zorder=5, **ends)
    ax.plot(x[became][-1:], y[became][-1:], color=colour, markeredgecolor="black", markersize=4.5, zorder=6, **ends)
    regret = numbers["regret"].to_numpy()
    positive = regret[regret > 0]
    threshold = 10 ** np.floor(np.log10(positive.min() if len(positive) else 1.0))
    threshold = float(max(threshold, 10 ** np.ceil(np.log10(regret.max() / 1e4)) if len(positive) else 0))
    ax.set_yscale("symlog", linthresh=threshold, linscale=0.5)
    ax.set_ylim(-0.25 * threshold, 1.5 * regret.max())
    last = numbers["distance"].max()
    ax.set_xlim(last + 0.5, -0.5)
    ax.set_xticks(range(0, int(last) + 1, 1 if last <= 3 else 2 if last <= 8 else -(-int(last) // 6)))
    label = numbers["benchmark"].iloc[0]
    ax.set_xlabel("decisions from the best")
    ax.set_ylabel(f"regret ({difference_unit(results.benchmarks[label])})")
    return ax


def _background(ax: Axes, space: pd.DataFrame) -> None:
    """Range and middle half of the regrets of the space at each distance."""
    levels = space.pivot(index="distance", columns="evaluation", values="regret")
    for low, high, grey in ((1, 5, "#eeeeee"), (2, 4, "#d9d9d9")):
        ax.fill_between(levels.index, levels[low], levels[high], color=grey, linewidth=0, zorder=0)
    ax.plot(levels.index, levels[3], color="#aaaaaa", linewidth=0.8, zorder=1)


def sheet(
    results: Results,
    numbers: pd.DataFrame,
    style: str,
    *,
    benchmark: str | None = None,
    seed: int | None = None,
) -> Sheet:
    """The figure as one panel for each strategy, on common axes."""
    across = min(len(results.strategies), 4 if style == "double" else 3)
    marks: dict[str, Any] = {"marker": "o", "markersize": 3.5, "linestyle": "none", "markeredgewidth": 0}
    keys = [
        (Line2D([], [], color="#aaaaaa", linewidth=0.8), "median of the space"),
        (Line2D([], [], color="#A8DDB5", **marks), "early evaluation"),
        (Line2D([], [], color="#081D58", **marks), "late evaluation"),
        (Line2D([], [], color="black", linewidth=1.1), "incumbents, the first open"),
    ]
    if "feasible" in numbers:
        keys.insert(3, (Line2D([], [], color="#7F7F7F", marker="x", markersize=3, linestyle="none"), "infeasible"))
    names = called(results.strategies)
    panels = [Panel(names[name], {"strategy": name}) for name in results.strategies[:MOST]]
    return Sheet(panels, across, 1.5, keys, sharex=True, sharey=True)


def about(results: Results, *, benchmark: str | None = None, seed: int | None = None) -> str:
    """What the figure shows, as the sentences of its caption."""
    label, seed = _chosen(results, benchmark, seed)
    count = len(results.strategies)
    shown = f" The first {MOST} of {count} strategies; others where they are named." if count > MOST else ""
    crossed = (
        " Crosses: infeasible evaluations, at 0 where better than the best feasible one; the space is what is feasible."
    )
    bounded = "" if landscape(results.benchmarks[label])[2].all() else crossed
    return (
        f"The search of one seed ({seed}) on {label}: each evaluation by the number of decisions in which the architecture differs"
        " from the nearest of the best mean validation, and by its noise-free validation regret (linear near 0, logarithmic"
        " beyond). Points are evaluations, the darker the later, spread sideways so as not to hide each other; the line runs"
        " along the incumbents, which the search chose by noisy values; grey: range, middle half and median of the whole"
        f" space.{bounded} One run is an illustration, not evidence.{shown}"
    )


FIGURE = FigureKind(
    "trajectory",
    80,
    "one run of each strategy on the landscape",
    _numbers,
    draw,
    sheet,
    about,
    require,
    of_paths,
)
