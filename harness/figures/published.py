"""Published numbers as reference marks. They were made under other protocols, and every mark and caption says so.

A frame has the columns ``strategy``, ``dataset``, ``split`` (``validation`` or ``test``), ``mean`` and optionally ``sd``, in the
unit of the objective, as in ``results/published``. A row belongs to the benchmarks that end in ``/DATASET``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from nasbed.errors import DataError, shown
from nasbed.results.known import known_referee
from nasbed.results.looks import MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

LABEL = "reported, other protocol"
ABOUT = (
    f"Open grey marks are published means ({LABEL}), each at the end of its own budget, and so beside every panel of curves:"
    " budgets, noise, tuning and splits may differ, so that they can't be compared with the rest by a test."
)
_COLUMNS = ("strategy", "dataset", "split", "mean")
_GREY = "#777777"
_SIZE, _PANEL = 0.065, 0.38
"""Inches from mark to mark, and of the lowest panel."""


def read(path: Path | str) -> pd.DataFrame:
    """Read kept published numbers; lines that begin with ``#`` say whose. Raises :class:`~nasbed.errors.DataError`."""
    try:
        frame = pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as published numbers: {error}") from None
    require(frame, str(path))
    return frame


def require(frame: pd.DataFrame, name: str = "the published numbers") -> None:
    """Raises :class:`~nasbed.errors.DataError` where a column or a split is not what is expected."""
    missing = [column for column in _COLUMNS if column not in frame]
    if missing:
        raise DataError(f"{name}: no column {missing[0]!r}; expected {', '.join(_COLUMNS)}, and optionally sd")
    strange = sorted(set(frame["split"]) - {"validation", "test"})
    if strange:
        raise DataError(f"{name}: the split {shown(strange[0])}; expected validation or test")


def regrets(results: Results, frame: pd.DataFrame, benchmark: str, metric: str) -> pd.DataFrame:
    """Strategy and regret of the published rows of a benchmark and of a metric's split, in their order."""
    require(frame)
    split = metric.removesuffix("_regret")
    here = [dataset for dataset in frame["dataset"].unique() if benchmark.endswith(f"/{dataset}")]
    mine = frame[(frame["split"] == split) & frame["dataset"].isin(here)]
    scored = results.benchmarks[benchmark]
    best = known_referee(scored, "a published mean").best()[0 if split == "validation" else 1]
    regret = best - scored.objectives[0].signed(mine["mean"].to_numpy())
    return pd.DataFrame({"strategy": mine["strategy"].tolist(), "regret": regret})


def looks(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How published strategies are drawn: an open grey marker for each, by the strategy's name."""
    names = list(dict.fromkeys(frame["strategy"]))
    common = {
        "color": _GREY,
        "markerfacecolor": "white",
        "markeredgewidth": 0.9,
        "markersize": 4.0,
        "linestyle": "none",
    }
    return {name: {**common, "marker": MARKERS[place % len(MARKERS)]} for place, name in enumerate(names)}


def name_of(strategy: str) -> str:
    """What a published strategy is called in a figure.

    >>> name_of("REA")
    'REA (reported)'
    """
    return f"{strategy} (reported)"


def keys(results: Results, frame: pd.DataFrame, metric: str) -> list[tuple[Line2D, str]]:
    """Legend entries of the published rows that are drawn somewhere."""
    drawn = {name for label in results.benchmarks for name in regrets(results, frame, label, metric)["strategy"]}
    return [(Line2D([], [], **look), name_of(name)) for name, look in looks(frame).items() if name in drawn]


def mark_beside(ax: Axes, results: Results, frame: pd.DataFrame, benchmark: str, metric: str) -> None:
    """Marks at the right of a panel whose scale is set, side by side where they would cover each other."""
    marks = looks(frame)
    rows = regrets(results, frame, benchmark, metric).sort_values("regret")
    low, high = ax.get_ylim()
    within = rows["regret"][rows["regret"] > (0 if ax.get_yscale() == "log" else -np.inf)]
    ax.set_ylim(min(low, within.min() / 1.1 if low > 0 else within.min()), max(high, 1.1 * within.max()))
    low, high = (float(end) for end in ax.transScale.transform([(1, end) for end in ax.get_ylim()])[:, 1])
    lanes: list[float] = []
    for _, row in rows.loc[within.index].iterrows():
        height = (float(ax.transScale.transform((1, row["regret"]))[1]) - low) / (high - low) * _PANEL
        lane = next((place for place, last in enumerate(lanes) if height - last >= _SIZE), len(lanes))
        lanes[lane : lane + 1] = [height]
        moved = ScaledTranslation((0.9 + lane) * _SIZE, 0, ax.figure.dpi_scale_trans)
        ax.plot([1.0], [row["regret"]], transform=ax.get_yaxis_transform() + moved, clip_on=False, zorder=5,
                scalex=False, scaley=False, **marks[row["strategy"]])  # fmt: skip
