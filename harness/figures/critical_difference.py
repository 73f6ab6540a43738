"""Mean ranks across benchmarks: Demšar's diagram (JMLR 7, 2006, section 3.2.4), or intervals where benchmarks are few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.transforms import ScaledTranslation

from nasbed.errors import OptionError
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Panel, Sheet
from nasbed.figures.naming import called
from nasbed.figures.rows import ROOM, height_of_rows, name_rows, wrapped
from nasbed.figures.sentences import typical
from nasbed.figures.style import axes_or_new
from nasbed.results.known import score_names
from nasbed.statistics.across import whole_seeds
from nasbed.statistics.precision import settled
from nasbed.statistics.ranks import FEWEST, critical_difference, friedman
from nasbed.statistics.two_levels import two_level_bootstrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.looks import Look
    from nasbed.results.results import Results

LEVEL = 0.05
_ABOVE = 17.5
"""Points above the axis at which the critical difference is drawn, over the numbers of the ranks."""


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where there is one strategy only, and nothing to compare it with."""
    if len(results.strategies) < 2:
        raise OptionError(
            f"one strategy ({results.strategies[0]}); the figure 'critical_difference' compares two or more"
        )
    if not len(next(iter(whole_seeds(results).values()))):
        raise OptionError(
            "no seed has an incumbent of every strategy on every benchmark; the figure 'critical_difference' needs such"
        )


def numbers(results: Results) -> pd.DataFrame:
    """Columns: strategy, rank (mean over benchmarks of the ranks of means over seeds), low and high, cliques.

    From six benchmarks on the ends are half Nemenyi's critical difference away, and ``cliques`` numbers the groups that are not
    told apart, as a text; below, the ends are the 95 % interval of the bootstrap over benchmarks and seeds.
    """
    require(results)
    if len(results.benchmarks) < FEWEST:
        frame = two_level_bootstrap(whole_seeds(results), results.reference)
        frame = frame.rename(columns={"rank_low": "low", "rank_high": "high"})[["strategy", "rank", "low", "high"]]
        return frame.assign(cliques="")
    found = critical_difference(_table(results), results.strategies, alpha=LEVEL)
    member = [
        " ".join(str(number) for number, clique in enumerate(found.cliques, 1) if name in clique)
        for name in results.strategies
    ]
    half = found.difference / 2
    content = {"rank": found.ranks, "low": found.ranks - half, "high": found.ranks + half, "cliques": member}
    return pd.DataFrame({"strategy": results.strategies, **content})


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    room: float = ROOM["double"],
) -> Axes:
    """The diagram, or below six benchmarks the intervals, of all strategies; ``room`` is for names, in inches."""
    ax = axes_or_new(ax)
    numbers = _numbers(results) if numbers is None else numbers
    ordered = numbers.sort_values("rank", kind="stable").reset_index(drop=True)
    ordered["called"] = ordered["strategy"].map(called(results.strategies))
    paint = _diagram if len(results.benchmarks) >= FEWEST else _intervals
    paint(ax, ordered, results.looks, room)
    return ax


def _intervals(ax: Axes, ordered: pd.DataFrame, looks: Mapping[str, Look], room: float) -> None:
    for place, row in enumerate(ordered.to_dict(orient="records")):
        colour = looks[row["strategy"]].color
        ax.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        ax.plot([row["rank"]], [place], looks[row["strategy"]].marker, color=colour, markersize=4.5)
    last = len(ordered)
    name_rows(ax, ordered["called"].tolist(), room)
    ax.set_ylim(last - 0.5, -0.5)
    ax.set_xlim(0.9, last + 0.1)
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#dddddd", linewidth=0.5)
    ax.set_axisbelow(True)
    ax.set_xlabel("mean rank (1 is the best)")


def _diagram(ax: Axes, ordered: pd.DataFrame, looks: Mapping[str, Look], room: float) -> None:
    """The axis on top, the better half named at the left and the worse at the right, bars that join cliques between."""
    count = len(ordered)
    cliques = _cliques(ordered)
    left = (count + 1) // 2
    first = 0.6 + 0.45 * len(cliques)
    for place, row in enumerate(ordered.to_dict(orient="records")):
        at_left = place < left
        depth = first + (place if at_left else count - 1 - place) * 0.8 + 0.5
        end = 1 - 0.02 * count if at_left else count + 0.02 * count
        colour = looks[row["strategy"]].color
        ax.plot([row["rank"], row["rank"], end], [0, depth, depth], color=colour, linewidth=0.9, clip_on=False)
        ax.plot([row["rank"]], [0], looks[row["strategy"]].marker, color=colour, markersize=4, clip_on=False, zorder=3)
        ax.annotate(
            wrapped([row["called"]], room)[0],
            (end, depth),
            (-2 if at_left else 2, 0),
            textcoords="offset points",
            annotation_clip=False,
            ha="right" if at_left else "left",
            va="center",
            fontsize=7,
            parse_math=False,
        )
    for place, members in enumerate(cliques):
        ranks = ordered.loc[members, "rank"]
        y = 0.6 + 0.45 * place
        ax.plot([ranks.min() - 0.05, ranks.max() + 0.05], [y, y], color="black", linewidth=2.4, solid_capstyle="butt")
    difference = float(ordered["high"].iloc[0] - ordered["low"].iloc[0])
    above = ax.get_xaxis_transform() + ScaledTranslation(0, _ABOVE / 72, ax.figure.dpi_scale_trans)
    ax.plot(
        [1, 1 + difference], [1, 1], "|-", color="black", linewidth=0.9, markersize=4, clip_on=False, transform=above
    )
    middle, text = 1 + difference / 2, f"critical difference {difference:.2f}"
    ax.annotate(
        text, (middle, 1), (0, 2), above, "offset points", ha="center", va="bottom", fontsize=7, annotation_clip=False
    )
    ax.set_xlim(1, count)
    ax.set_ylim(first + left * 0.8 + 0.3, 0)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xticks(range(1, count + 1))
    ax.set_xlabel("mean rank (1 is the best)", labelpad=27)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.spines["top"].set_visible(True)


def _cliques(ordered: pd.DataFrame) -> list[list[int]]:
    """The places of the members of each clique."""
    numbered = [{int(one) for one in text.split()} for text in ordered["cliques"]]
    return [[place for place, mine in enumerate(numbered) if one in mine] for one in sorted(set().union(*numbered))]


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """The figure as one panel; with intervals it is one column of a page wide."""
    few = len(results.benchmarks) < FEWEST
    room = ROOM[style] if few else ROOM[style] * 0.75
    rows = height_of_rows(list(called(results.strategies).values()), room)
    height, width = (0.55 + rows, 4.6) if few else (1.1 + 0.66 * rows, 5.4)
    return Sheet([Panel("", {"room": room})], 1, height, width=width, least=height)


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    count, seeds = len(results.benchmarks), len(results.series[0].runs.seeds)
    score = score_names(results.benchmarks.values(), "validation_regret")
    whole = len(next(iter(whole_seeds(results).values())))
    kept = f" Of {whole} of {seeds} seeds, those with an incumbent everywhere." if whole < seeds else ""
    if count < FEWEST:
        return (
            f"Mean rank on {score} (mean over seeds) across {count} benchmark{'s' * (count > 1)}, with 95 % intervals"
            f" of a bootstrap that draws benchmarks and seeds anew. This is no critical-difference diagram: with fewer than"
            f" {FEWEST} benchmarks the tests of Friedman and Nemenyi say nothing, and are not made.{kept}"
        )
    return (
        f"Mean rank on {score} (mean over seeds) across {count} benchmarks, which are the blocks; {_found(results)}."
        f"{kept}"
    )


def _found(results: Results) -> str:
    """Which tests were made, and what the bars are."""
    if len(results.strategies) < 3:
        return (
            "a thick bar joins the two strategies where Nemenyi's test (5 %) does not tell them apart; Friedman's test needs three"
            " and is not made"
        )
    p = friedman(_table(results))
    if p >= LEVEL:
        return f"Friedman's test finds no difference (p = {p:.2g}), so none is told apart, and a thick bar joins all"
    said = "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
    return f"thick bars join strategies that Nemenyi's test (5 %), after Friedman's ({said}), does not tell apart"


def _table(results: Results) -> np.ndarray:
    """Means over seeds, (benchmarks, strategies); each benchmark has a scale of its own."""
    means = np.stack([mine.mean(axis=0) for mine in whole_seeds(results).values()], axis=1)
    return np.stack([settled(row) for row in means])


FIGURE = FigureKind(
    "critical_difference",
    60,
    "mean ranks across benchmarks, with what a test tells apart",
    _numbers,
    draw,
    sheet,
    about,
    require,
    typical("mean rank", "rank"),
)
