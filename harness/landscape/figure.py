"""The figure of a benchmark's landscapes. It computes nothing: what is drawn is in ``landscape.csv``. Lengths are in inches."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from nasbed.figures import fonts
from nasbed.figures.edges import keep_whole
from nasbed.figures.notebook_figure import NotebookFigure
from nasbed.figures.style import STYLE, WIDTHS, style_of
from nasbed.landscape.heat import PAIRS, SEPARATE, effects, height, numbered_choices, ranks
from nasbed.landscape.survey import Site, Survey
from nasbed.landscape.text import alike, caption, difference, missing, quantity
from nasbed.results.looks import placed
from nasbed.vocabulary import HELD_OUT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES, PANEL = 3.95, (1.6, 1.2)
"""Height of the two rows of lines; width and height of a panel there."""
COLUMNS = (0.53, 2.93, 5.3)
"""Where the panels of lines begin."""
LETTERS = 26
"""Of a line beside an axis; a second line has room at the inner panels alone."""
_LONG = 10_000
"""Numbers along a logarithmic axis that are written with an exponent, as 2e4, since they would touch."""


def draw(survey: Survey) -> Figure:
    """A page's width: distribution, noise, walk, distance, rank correlation, front; then what decisions do."""
    sites = [site for site in survey.sites if site.landscape.effects]
    words = textwrap.wrap(_caption(survey), 128)
    across = max(1, int((WIDTHS["double"] - 0.2) / (0.062 * max(len(site.name) for site in survey.sites) + 0.5)))
    legend = 0.22 * -(-len(survey.sites) // across) if len(survey.sites) > 1 else 0.0
    notes, maps = 0.125 * len(words) + 0.1, height(sites, WIDTHS["double"]) if sites else 0.0
    total = notes + maps + LINES + legend
    fonts.warn([survey.name, *(site.name for site in survey.sites)])
    with mpl.rc_context(STYLE), fonts.quiet():  # type: ignore[arg-type]
        figure = NotebookFigure(figsize=(WIDTHS["double"], total))
        if legend:
            _legend(figure, survey, across)
        _lines(figure, survey, notes + maps)
        if sites:
            effects(partial(_place, figure, notes), sites, WIDTHS["double"])
        figure.text(
            0.012,
            0.06 / total,
            "\n".join(words),
            fontsize=6.5,
            color="#333333",
            va="bottom",
            parse_math=False,
            linespacing=1.3,
        )
        fonts.fit(figure)
    return figure


def _place(figure: Figure, above: float, x: float, y: float, width: float, height: float) -> Axes:
    """Axes whose lower end is ``y`` above ``above``."""
    total = figure.get_size_inches()[1]
    return figure.add_axes((x / WIDTHS["double"], (above + y) / total, width / WIDTHS["double"], height / total))


def _caption(survey: Survey) -> str:
    first = survey.sites[0]
    sites = [site for site in survey.sites if site.landscape.effects]
    distances = ", ".join(f"{site.name} {site.landscape.fitness_distance:z.2f}" for site in survey.sites)
    others = "between data sets, and " if len(survey.sites) > 1 else ""
    fronts = [site.front for site in survey.sites if site.front]
    scaled = "score, from the worst (0) to the best (1) of its data set, since their units differ"
    lines = [
        caption(survey),
        f"(a) Share of the architectures up to each {quantity(first) if alike(survey) else scaled}.",
        "(b) Standard deviation over recorded runs, pooled in tenths of the architectures by their mean.",
        "(c) Autocorrelation of a random walk that changes one decision a step.",
        f"(d) Mean by the number of steps to the nearest best architecture; fitness-distance correlation: {distances}.",
        f"(e) Spearman's correlation of the scores {others}with what a search sees at a fidelity.",
    ]
    if fronts:
        _, second, *more = fronts[0].objectives
        projected = f", projected from {2 + len(more)} objectives" if more else ""
        lines.append(f"(f) Pareto front of the score and {second.name}{projected}.")
    if len(sites) > SEPARATE:
        lines += [
            "(g) Share of the variance of the score that one decision explains alone, data sets by number.",
            f"(h) What two decisions explain beyond that: the {PAIRS} pairs with the largest mean at most, and what is left to"
            " higher orders.",
        ]
    elif sites:
        named = numbered_choices(sites, WIDTHS["double"])
        lines += [
            f"(g) Mean of the score by choice minus the mean of all{named and f', choices by number ({named})'}.",
            "(h) Shares of the variance of the score: main effects on the diagonal, interactions of two decisions below it,"
            " and what is left to higher orders.",
        ]
    return " ".join([*lines, *missing(survey)])


def _drawn(survey: Survey, site: Site) -> Callable[[np.ndarray], np.ndarray]:
    """What scores, higher is better, are drawn as: natural numbers, or where units differ 0 for the worst to 1 for the best."""
    worst, best = site.landscape.quantiles[[0, -1]]
    if alike(survey) or best == worst:
        return site.objective.natural
    return lambda values: (values - worst) / (best - worst)


def _legend(figure: Figure, survey: Survey, across: int) -> None:
    names = [site.name for site in survey.sites]
    handles = [Line2D([], [], **style) for style in style_of(placed(names)).values()]
    legend = figure.legend(
        handles,
        [str(place) for place in range(len(names))],
        loc="upper center",
        ncols=across,
        frameon=False,
        handlelength=2.8,
        columnspacing=1.6,
        borderaxespad=0.3,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):  # as it is: no mathematics, nothing hidden
        text.set_text(name)
        text.set_parse_math(False)


def _lines(figure: Figure, survey: Survey, above: float) -> None:
    place = partial(_place, figure, above)
    upper, lower = LINES - 0.3 - PANEL[1], 0.5
    distribution, noise, walk = (place(x, upper, *PANEL) for x in COLUMNS)
    distance, front = (place(x, lower, *PANEL) for x in (COLUMNS[0], COLUMNS[2]))
    left = COLUMNS[0] + PANEL[0] + 0.2
    ranks(place, survey, COLUMNS[2] - 0.6, lower + PANEL[1], (COLUMNS[2] - 0.6 - left, PANEL[1]))
    styles = style_of(placed([site.name for site in survey.sites]))
    marks: dict[str, Any] = {"marker": ".", "markersize": 4}
    for site in survey.sites:
        one, style, objective = site.landscape, styles[site.name], site.objective
        drawn, rising = _drawn(survey, site), objective.maximise or not alike(survey)
        share = np.linspace(0, 100, len(one.quantiles))
        distribution.plot(drawn(one.quantiles), share if rising else 100 - share, **style)
        if site.noise:
            noise.plot(range(1, len(site.noise.sd) + 1), site.noise.sd, **marks, **style)
        walk.plot(range(len(one.autocorrelation)), one.autocorrelation, **marks, **style)
        distance.plot(range(len(one.by_distance)), drawn(one.by_distance), **marks, **style)
        if site.front:
            thin = {"linewidth": 0.8} if len(site.front.objectives) == 2 else {"linestyle": "none"}
            heights = drawn(objective.signed(site.front.values[:, 0]))
            front.plot(site.front.values[:, 1], heights, **{**marks, **style, **thin})
    first = survey.sites[0]
    score = quantity(first).replace(f" on {HELD_OUT}", "") if alike(survey) else "score, worst 0, best 1"
    fronts = [site.front for site in survey.sites if site.front]
    _named(distribution, "(a) distribution", score, "architectures (%)")
    _named(noise, "(b) noise", "tenth of the architectures, best last", f"sd over runs ({difference(first)})")
    _named(walk, "(c) random walk", "lag (steps)", "autocorrelation")
    mean = f"mean {score}"
    _named(distance, "(d) distance", "steps to the nearest best", mean if len(mean) <= LETTERS else "mean score")
    if fronts:
        second = fronts[0].objectives[1]
        _named(front, "(f) Pareto front", f"{second.name} ({second.unit})", score)
        _stretch(front, np.concatenate([one.values[:, 1] for one in fronts]))
    else:
        _named(front, "(f) Pareto front", "", "")
        _empty(front, "none: no seconds" if first.benchmark.untimed else "none: all cost the same")
    walk.axhline(0, color="#999999", linewidth=0.6, zorder=0)
    for axes in (noise, walk, distance):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    distribution.ticklabel_format(axis="x", scilimits=(-2, 4))
    for axes in (noise, distance, front):
        axes.ticklabel_format(axis="y", scilimits=(-2, 4))
    if any(site.noise for site in survey.sites):
        noise.set_ylim(bottom=0, top=1.05 * noise.dataLim.y1 or 1.0)
    else:
        _empty(noise, "unknown: no repeated runs")
    for axes in (noise, walk, distance, front):
        keep_whole(axes)


def _empty(axes: Axes, why: str) -> None:
    """A panel without lines says why."""
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")
    axes.set(xticks=[], yticks=[])


def _named(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(textwrap.fill(y, LETTERS), parse_math=False)


def _short(value: float) -> str:
    """A number along a logarithmic axis, one digit of each power of ten.

    >>> _short(0.5), _short(5_000), _short(20_000)
    ('0.5', '5000', '2e4')
    """
    return f"{value:g}" if value < _LONG else f"{value:.0e}".replace("e+0", "e")


def _stretch(axes: Axes, x: np.ndarray) -> None:
    """A logarithmic axis where positive numbers spread widely."""
    if x.min() > 0 and x.max() > 8 * x.min():
        axes.set_xscale("log")
        ratio = x.max() / x.min()
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1.0, 2.0, 5.0) if ratio < 25 else (1.0, 3.0) if ratio < 250 else (1.0,))
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
