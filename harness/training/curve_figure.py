"""The figure of trainings: loss and accuracy by epoch, on the training split and on validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nasbed.figures.layout import Panel, Sheet, lay_out
from nasbed.figures.style import style_of
from nasbed.results.looks import placed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS = {"train": "training split, running average", "validation": "validation"}
UNITS = {"loss": "loss (nats)", "accuracy": "accuracy (%)"}


def curve_figure(curves: pd.DataFrame, style: str = "double") -> Figure:
    """The curves of :func:`~nasbed.training.scores.curve_frame`: thin lines are trainings, thick ones their means as far as all of
    them have come.
    """
    looks = style_of(placed(list(WORDS)))
    keys = [(Line2D([], [], **looks[split]), words) for split, words in WORDS.items()]
    panels = [Panel("", {"metric": metric}) for metric in UNITS]

    def draw(*, ax: Axes, metric: str) -> None:
        for split in WORDS:
            _lines(ax, curves, f"{split}_{metric}", looks[split])
        ax.set_xlabel("epoch")
        ax.set_ylabel(UNITS[metric])
        ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        if metric == "loss":
            ax.set_ylim(bottom=0)

    return lay_out(Sheet(panels, 2, 2.1, keys, inner=True), style, draw)


def _lines(ax: Axes, curves: pd.DataFrame, column: str, look: dict[str, Any]) -> None:
    by_seed = curves.pivot(index="epoch", columns="seed", values=column)
    marked: dict[str, Any] = {"marker": "."} if len(by_seed) == 1 else {}
    if by_seed.shape[1] > 1:
        for seed in by_seed:
            ax.plot(by_seed.index, by_seed[seed], **{**look, "linewidth": 0.5, "alpha": 0.5, "linestyle": "-"})
    mean = by_seed.dropna().mean(axis=1)
    ax.plot(mean.index, mean, **look, **marked)


def caption(seeds: Sequence[object]) -> str:
    """What the figure shows, in a sentence."""
    mean = f"Thin: each of {len(seeds)} trainings; thick: their mean." if len(seeds) > 1 else "One training."
    return (
        f"Loss and accuracy after each epoch. {mean} Those of the training split are running averages while it trained."
    )
