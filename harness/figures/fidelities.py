"""When what was trained to where: the share of the epochs that each strategy spent at each fidelity, along its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from nasbed.errors import OptionError
from nasbed.figures.arrays import axis_of
from nasbed.figures.kind import FigureKind
from nasbed.figures.layout import Sheet
from nasbed.figures.naming import called
from nasbed.figures.rows import ROOM, lay_rows, sheet_of_rows
from nasbed.figures.style import panel_of
from nasbed.results.known import in_simulated_time
from nasbed.searches.columns import ADDED, EPOCHS, SEED, TIME
from nasbed.vocabulary.meters import Spending

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results
    from nasbed.results.series import SeriesResult

PARTS = 20
"""Into how many parts of equal length the axis is divided."""


def several(results: Results) -> list[str]:
    """The benchmarks that offer several fidelities."""
    offered = {series.benchmark: series.searched.epochs for series in results.series}
    return [label for label in results.benchmarks if len(offered[label]) > 1]


def require_several(results: Results, what: str) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no benchmark offers several fidelities."""
    if not several(results):
        raise OptionError(
            f"no benchmark offers several fidelities; {what} needs them in the study, as epochs = [1, 4, 12] of a benchmark"
        )


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no benchmark offers several fidelities."""
    require_several(results, "the figure 'fidelities'")


def readings(results: Results, series: SeriesResult) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The records of a series, what each spent in epochs, and what its run had spent by then of what its budget counts."""
    records = series.evaluations_of(series.runs.seeds.tolist())
    added = records[ADDED.name if ADDED.name in records else EPOCHS.name]
    runs = records[SEED.name]
    costs = {
        name: records[name].groupby(runs).cumsum().to_numpy() for name in series.searched.cost_names if name in records
    }
    spent = Spending(
        runs.groupby(runs).cumcount().to_numpy() + 1,
        added.groupby(runs).cumsum().to_numpy(),
        records[TIME.name].to_numpy(),
        costs,
    )
    return records, added.to_numpy(), np.asarray(axis_of(results, series.benchmark).reading(spent), dtype=float)


def end_of(results: Results, label: str) -> float:
    """The end of the axis of a benchmark: its budget, or the last evaluation where that counts something else."""
    budget = results.series_on(label)[0].rules.budget
    if budget.meter is axis_of(results, label):
        return float(budget.amount)
    return max(float(readings(results, series)[2].max(initial=1.0)) for series in results.series_on(label))


def numbers(results: Results) -> pd.DataFrame:
    """Columns: benchmark, strategy, fidelity (epochs), x (the end of a part of the axis), evaluations (mean number in a run that
    arrive in that part), epochs (mean number that those added) and share (of the epochs of that part; ``nan`` where it has none).
    """
    require(results)
    frames = []
    for label in several(results):
        edges = np.linspace(0, end_of(results, label), PARTS + 1)
        for series in results.series_on(label):
            records, added, reading = readings(results, series)
            part = np.clip(np.searchsorted(edges, reading, side="left") - 1, 0, PARTS - 1)
            runs = len(series.runs.seeds)
            fidelities = series.searched.epochs
            at = [records[EPOCHS.name].to_numpy() == fidelity for fidelity in fidelities]
            epochs = np.array([np.bincount(part[mine], added[mine], PARTS) for mine in at]) / runs
            counts = np.array([np.bincount(part[mine], minlength=PARTS) for mine in at]) / runs
            total = epochs.sum(axis=0)
            share = np.divide(epochs, total, out=np.full_like(epochs, np.nan), where=total > 0)
            for place, fidelity in enumerate(fidelities):
                columns = {"evaluations": counts[place], "epochs": epochs[place], "share": share[place]}
                named = {"benchmark": label, "strategy": series.strategy, "fidelity": fidelity, "x": edges[1:]}
                frames.append(pd.DataFrame({**named, **columns}))
    return pd.concat(frames, ignore_index=True)


_numbers = numbers


def draw(
    results: Results,
    numbers: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    benchmark: str | None = None,
    room: float = ROOM["double"],
) -> Axes:
    """The panel of a benchmark (the first with several fidelities by default): a row a strategy, the darker the more epochs."""
    numbers = _numbers(results) if numbers is None else numbers
    ax, benchmark, mine = panel_of(numbers, ax, benchmark, several(results))
    axis, colours = axis_of(results, benchmark), _colours(numbers)
    scale, unit = axis.unit(mine["x"].max())
    for place, strategy in enumerate(results.strategies):
        below = np.full(PARTS, place + 0.4)
        for fidelity, rows in mine[mine["strategy"] == strategy].groupby("fidelity"):
            above = below - 0.8 * rows["share"].fillna(0).to_numpy()
            edges = np.concatenate([[0.0], rows["x"] / scale])
            ax.stairs(above, edges, baseline=below, fill=True, color=colours[int(str(fidelity))], linewidth=0)
            below = above
    lay_rows(ax, list(called(results.strategies).values()), room)
    ax.set_xlim(0, mine["x"].max() / scale)
    ax.set_xlabel(axis.label(unit, simulated=in_simulated_time([results.benchmarks[benchmark]])))
    return ax


def _colours(numbers: pd.DataFrame) -> dict[int, str]:
    """The colour of each fidelity, the highest darkest."""
    found = sorted(set(numbers["fidelity"]))
    shades = np.linspace(0.2, 0.95, len(found)) if len(found) > 1 else [0.95]
    return {fidelity: to_hex(mpl.colormaps["Blues"](shade)) for fidelity, shade in zip(found, shades, strict=True)}


def sheet(results: Results, numbers: pd.DataFrame, style: str) -> Sheet:
    """Three panels in a row, with the names at the left."""
    marks: dict[str, Any] = {"marker": "s", "markersize": 6, "linestyle": "none"}
    keys = [
        (Line2D([], [], color=colour, **marks), f"{fidelity} epoch{'s' * (fidelity > 1)}")
        for fidelity, colour in _colours(numbers).items()
    ]
    return sheet_of_rows(several(results), list(called(results.strategies).values()), style, keys)


def about(results: Results) -> str:
    """What the figure shows, as the sentences of its caption."""
    return (
        f"Fidelities along the search: of the epochs that the runs of a strategy spent in each of {PARTS} equal parts of the axis,"
        " the share of trainings to each number of epochs, the darker the more; all seeds together, a training counts where it"
        " ends, and with the epochs that it added. White: nothing was trained."
    )


FIGURE = FigureKind(
    "fidelities",
    110,
    "the share of epochs spent at each fidelity along the search",
    _numbers,
    draw,
    sheet,
    about,
    require,
)
