"""Anytime curves: mean regret against evaluations, simulated time and what else a budget counts, from ``Results.curves``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.errors import OptionError, unknown
from nasbed.figures import published as published_
from nasbed.figures.arrays import axis_of
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet, line_keys
from nasbed.figures.lines import about_bands, bands, label_of, to_the_bottom
from nasbed.figures.sentences import of_curves
from nasbed.figures.style import FLOOR, METRIC, axes_or_new
from nasbed.results.curves import axes_of
from nasbed.results.known import absolute, followed_on_test, score_name, score_names, score_unit
from nasbed.vocabulary.meters import EVALUATIONS, SECONDS, meter_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

NOTHING = "at no moment does\nevery run have an incumbent"

ACROSS = 4
"""Most panels in a row of a page's width; in one of its columns there are three."""


def metric_of(results: Results, metric: str | None = None) -> str:
    """The metric that is drawn: that of test, or where no benchmark has test values that of validation, unless one is named.

    Raises :class:`~nasbed.errors.UnknownNameError`, and :class:`~nasbed.errors.OptionError` where there is nothing to draw of it.
    """
    there = any(map(followed_on_test, results.benchmarks.values()))
    if metric is None:
        return "test_regret" if there else "validation_regret"
    if metric not in METRIC:
        raise unknown("metric", metric, METRIC)
    if metric == "test_regret" and not there:
        raise OptionError(
            f"metric = {metric!r}: {', '.join(results.benchmarks)} has no test values along a search; expected"
            " 'validation_regret', the best-seen validation"
        )
    return metric


def numbers(results: Results, *, metric: str | None = None, published: pd.DataFrame | None = None) -> pd.DataFrame:
    """``Results.curves`` of a metric: benchmark, strategy, metric, axis, x, mean, low, high (95 % t over seeds)."""
    return _of_metric(results.curves(), metric_of(results, metric))


def _of_metric(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    return frame[frame["metric"].isin((metric, metric.removesuffix("_regret")))].reset_index(drop=True)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
    axis: str = EVALUATIONS.name,
    metric: str | None = None,
    published: pd.DataFrame | None = None,
) -> Axes:
    """The curves of a benchmark (the first by default) along an axis, on logarithmic axes; dotted: the floor."""
    ax, metric = axes_or_new(ax), metric_of(results, metric)
    benchmark = benchmark or next(iter(results.benchmarks))
    frame = _of_metric(results.curves() if numbers is None else numbers, metric)
    mine = frame[(frame["benchmark"] == benchmark) & (frame["axis"] == axis)]
    meter = meter_of(axis)
    scale, unit = meter.unit(frame.loc[frame["axis"] == axis, "x"].max())  # one for all panels
    seen = absolute(results.benchmarks[benchmark])
    logarithmic = bool((mine["mean"] > 0).any()) and not seen
    shown = mine.assign(low=to_the_bottom(mine["low"], mine["mean"])) if logarithmic else mine
    bands(ax, shown, results, scale)
    floor = results.floor(benchmark)[0 if metric == "validation_regret" else 1]
    if floor > 0:
        ax.axhline(floor, **FLOOR)
    ax.set_xlabel(label_of(meter, unit, results.subset(benchmarks=[benchmark])))
    scored = results.benchmarks[benchmark]
    ax.set_ylabel(f"{score_name(scored, metric)} ({score_unit(scored)})")
    if mine.empty:
        unseen = metric == "test_regret" and not followed_on_test(results.benchmarks[benchmark])
        untimed = meter is SECONDS and results.series_on(benchmark)[0].searched.untimed
        _say_nothing(
            ax, "no times\nwere recorded" if untimed else "no test values\nalong the search" if unseen else NOTHING
        )
        return ax
    if logarithmic:
        ax.set_yscale("log")
    ax.set_xscale("log")
    start, end = mine["x"].min() / scale, mine["x"].max() / scale
    ax.set_xlim(start, end if end > start else 2 * start)
    if published is not None:
        published_.mark_beside(ax, results, published, benchmark, metric)
    return ax


def _say_nothing(ax: Axes, text: str) -> None:
    ax.set_xticks([])
    ax.text(
        0.5,
        0.75,
        text,
        transform=ax.transAxes,
        ha="center",
        va="center",
    )


def sheet(
    results: Results,
    numbers: pd.DataFrame,
    style: str,
    *,
    metric: str | None = None,
    published: pd.DataFrame | None = None,
) -> Sheet:
    """A column a benchmark, evaluations above time and what else is counted; of one benchmark they are side by side."""
    labels, metric = list(results.benchmarks), metric_of(results, metric)
    drawn = set(numbers["axis"])
    axes = [axis.name for axis in axes_of(results.series) if axis.name in drawn or not drawn]
    own = (
        len({absolute(benchmark) for benchmark in results.benchmarks.values()}) > 1
    )  # a label of the vertical axis each
    options = {"metric": metric, "published": published}
    floors = any(results.floor(label)[0] == results.floor(label)[0] for label in labels)
    keys = line_keys(results, floor=floors)
    if published is not None:
        keys += published_.keys(results, published, metric)
    if len(labels) == 1:
        panels = [Panel("" if place else labels[0], {"benchmark": labels[0], "axis": axis, **options})
                  for place, axis in enumerate(axes)]  # fmt: skip
        return Sheet(panels, len(axes), 1.95, keys, sharey="row")
    across = min(len(labels), ACROSS if style == "double" else 1 if own else 3)
    found: list[Panel | None] = []
    for first in range(0, len(labels), across):
        for axis in axes:
            title = axis == axes[0]
            row: list[Panel | None] = [
                Panel(label if title else "", {"benchmark": label, "axis": axis, **options})
                for label in labels[first : first + across]
            ]
            found += row + [None] * (across - len(row))
    return Sheet(found, across, 1.95, keys, sharey="col" if len(labels) <= across else False, inner=own)


def _along_the_budget(results: Results, numbers: pd.DataFrame) -> pd.DataFrame:
    """The curves along what the budgets count alone."""
    mine = numbers[numbers["axis"] == axis_of(results).name]
    return mine if len(mine) else numbers


def _raised(results: Results) -> bool:
    return any(len({stage.epochs for stage in series.rules.stages}) > 1 for series in results.series)


def about(results: Results, *, metric: str | None = None, published: pd.DataFrame | None = None) -> str:
    """What the figure shows; of whichever metric its axes name."""
    unknown_ = [label for label, benchmark in results.benchmarks.items() if absolute(benchmark)]
    if len(unknown_) == len(results.benchmarks):
        names = score_names(results.benchmarks.values(), metric_of(results, metric))
        shown = f"Mean over seeds of the incumbent's {names} with 95 % t intervals; logarithmic horizontal axes."
    else:
        shown = (
            "Mean over seeds of the incumbent's regret with 95 % t intervals; logarithmic axes; dotted: the floor,"
            " expected regret of exhaustive search under the same noise, at the highest fidelity offered (not drawn where it is 0)."
        )
        if unknown_:
            shown += f" {', '.join(unknown_)}: its value in place of the regret, on a linear axis."
    begins = "A curve against anything but evaluations begins when every run has an incumbent and ends where its first run does."
    words = [f"{shown} {begins}{about_bands(results)}"]
    if _raised(results):
        words.append("Where a stage raises the fidelity, the incumbent begins anew.")
    if published is not None:
        words.append(published_.ABOUT)
    return " ".join(words)


FIGURE = FigureKind(
    "curves",
    0,
    "anytime curves: mean regret with intervals against evaluations, simulated time and what else a budget counts",
    _numbers,
    draw,
    sheet,
    about,
    says=of_curves,
    condensed=_along_the_budget,
)
