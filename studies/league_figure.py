"""The picture of docs/league.md: what each row leaves of random search's regret on each family, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import league_standings as standings
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from figures import IMAGES, picture
from league_setup import REFERENCE, Family
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nasbed.figures.style import STYLE, WIDTHS

BLUE, GREY = "#0072B2", "#666666"
ACROSS = 3
TICKS, TENS = (1, 2, 5, 10, 20, 30, 50, 70, 100, 150, 200, 300, 500), (1, 10, 100, 3, 30, 300)
LEAST = 1.0
"""Per cent at which the logarithmic axis begins: intervals that reach further are cut there."""


def write_figure(found: Mapping[str, pd.DataFrame], ground: Mapping[str, Family]) -> None:
    """Write docs/images/league.png from the standings of families."""
    figure = draw(found, ground)
    (IMAGES / "league.png").write_bytes(picture(figure))
    plt.close(figure)


def draw(found: Mapping[str, pd.DataFrame], ground: Mapping[str, Family]) -> Figure:
    """A panel a family, a line a row of the league in the same order everywhere; filled marks are not ruled out as the best."""
    labels = [str(label) for label in standings.overall(found).index]
    down = ceil(len(found) / ACROSS)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            down,
            ACROSS,
            figsize=(WIDTHS["double"], down * (0.75 + 0.135 * len(labels))),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax, (name, one) in zip(axes.flat, found.items(), strict=False):
            _panel(ax, ground[name], one, labels)
        for ax in axes.flat[len(found) :]:
            ax.set_axis_off()
        axes[0, 0].set_yticks(range(len(labels)), labels)
        axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
        spreads = [family.title for name, family in ground.items() if name in found and family.unit == "spread"]
        apart = f" ({', '.join(spreads)}: difference in its standard deviations)" if spreads else ""
        figure.supxlabel(f"validation regret in % of random search's{apart}", fontsize=STYLE["axes.labelsize"])
    return figure


def _panel(ax: Axes, family: Family, found: pd.DataFrame, labels: list[str]) -> None:
    """One family, at the evaluations that all of its rows have."""
    factor = 100.0 if family.unit == "mean" else 1.0
    ahead = standings.not_ruled_out(found)
    for place, label in enumerate(labels):
        if label not in found.index:
            continue
        low, middle, high = factor * found.loc[label, ["relative_low", "relative", "relative_high"]].to_numpy(float)
        colour = GREY if label == REFERENCE else BLUE
        ax.plot([low, high], [place, place], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=2)
        ax.plot(
            middle,
            place,
            "o",
            markersize=4,
            color=colour,
            markerfacecolor=colour if label in ahead else "white",
            zorder=3,
        )
    ax.axvline(100.0 if family.unit == "mean" else 0.0, color=GREY, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    ax.set_title(family.title.replace(", ", ",\n"), loc="left")
    ax.grid(axis="y", color="#e6e6e6", linewidth=0.5, zorder=0)
    ax.tick_params(axis="y", length=0)
    if family.unit == "mean":
        ax.set_xscale("log")
        least = max(LEAST, 0.8 * factor * found["relative_low"].min())
        most = 1.25 * factor * found["relative_high"].max()
        ticks = [tick for tick in TICKS if least <= tick <= most]
        ticks = [tick for tick in ticks if tick in TENS] if len(ticks) > 4 else ticks
        ax.set_xlim(least, most)
        ax.set_xticks(ticks, [f"{tick}" for tick in ticks])
        ax.set_xticks([], minor=True)
    else:
        reach = found[["relative_low", "relative_high"]].to_numpy()
        ax.set_xlim(np.floor(reach.min() * 2) / 2, np.ceil(reach.max() * 2) / 2)
        ax.xaxis.set_major_locator(MaxNLocator(4))
