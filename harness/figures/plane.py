"""The plane of two objectives, which the Pareto front and the attainment surface are drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nasbed.errors import DataError, OptionError, shown, unknown
from nasbed.results.multiobjective import fronts, truths
from nasbed.statistics.spread import varies
from nasbed.vocabulary import Objective
from nasbed.vocabulary.objectives import signs
from nasbed.vocabulary.units import scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nasbed.results.results import Results

TRUE = "true front"

CROP = 0.1
"""The share of the true front's points that may lie beyond the worse end of the axis upwards."""

MARGIN = 0.06
"""The share of an axis that stays free beside the points at its ends."""

MARK, DOT = 0.045, 0.01
"""The shares of an axis that a mark and a faint point need at its ends, so that the edge of even a narrow panel cuts none."""


BOUND = "#888888"
"""The colour of the bounds of constraints."""


class Plane(NamedTuple):
    """The benchmark, the objective across and the one upwards, and their places among its objectives."""

    benchmark: str
    across: Objective
    up: Objective
    places: tuple[int, int]

    @property
    def signs(self) -> np.ndarray:
        """1 where an objective is maximised, -1 where it is minimised; (2,)."""
        return signs((self.across, self.up))


def plane_of(results: Results, benchmark: str | None = None, objectives: Sequence[str] | None = None) -> Plane:
    """The plane of a benchmark (the first with several objectives, by default) and two of its objectives, the one across first
    (its second and first by default). Raises :class:`~nasbed.errors.OptionError`, :class:`~nasbed.errors.UnknownNameError`.
    """
    if benchmark is None:
        benchmark = [*fronts.multiobjective(results), *results.benchmarks][0]
    if benchmark not in results.benchmarks:
        raise unknown("benchmark", benchmark, results.benchmarks)
    known = results.benchmarks[benchmark].objectives
    truths.require_objectives(results.benchmarks[benchmark])
    names = [one.name for one in known]
    wanted = (names[1], names[0]) if objectives is None else tuple(objectives)
    for name in wanted:
        if name not in names:
            raise unknown("objective", name, names, benchmark)
    if len(set(wanted)) != 2 or len(wanted) != 2:
        raise OptionError(
            f"objectives = {shown(list(wanted))}; expected two of {', '.join(names)}, the one across first"
        )
    across, up = (names.index(name) for name in wanted)
    return Plane(benchmark, known[across], known[up], (across, up))


def require(results: Results) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where a front of some benchmark cannot be drawn: it has one objective, no table,
    or records of the first objective alone.
    """
    for benchmark in results.benchmarks.values():
        try:
            truths.recorded(benchmark)
        except DataError as error:
            raise OptionError(str(error)) from None
    for series in results.series:
        fronts.require_columns(series)


def true_points(results: Results, plane: Plane) -> np.ndarray:
    """The true front in the plane, (points, 2), higher is better; it may have been found with further objectives."""
    scorer = truths.truth(results.benchmarks[plane.benchmark])
    points: np.ndarray = scorer.values[scorer.front][:, plane.places]
    return points


def worst_across(points: np.ndarray) -> float:
    """Where lines end at the worse side of the horizontal axis: the worst of ``points``, (points, 2), and a margin."""
    first = points[:, 0]
    return float(first.min() - MARGIN * _span(first))


def lay_out(axes: Axes, results: Results, plane: Plane, crop: float = CROP) -> None:
    """Limit both axes to the true front but for the share ``crop`` of its points that are worst upwards, and label them.

    A few cheap architectures that hardly learn would otherwise fill the panel. Bounds of constraints are thin lines
    across it.
    """
    points = true_points(results, plane)
    axes.set_xlim(_ends(points[:, 0], plane.signs[0], 0.0))
    axes.set_ylim(_ends(points[:, 1], plane.signs[1], crop))
    for axis, objective, arrows in zip((axes.xaxis, axes.yaxis), (plane.across, plane.up), ("←→", "↓↑"), strict=True):
        factor, unit = scaling(objective.unit, max(map(abs, axis.get_view_interval())))
        axis.set_label_text(f"{objective.words} ({unit}), better {arrows[objective.maximise]}", parse_math=False)
        if factor != 1:
            axis.set_major_locator(_Scaled(factor))
            axis.set_major_formatter(FuncFormatter(partial(_scaled, factor)))
    for constraint in results.benchmarks[plane.benchmark].constraints:
        line = {plane.across: axes.axvline, plane.up: axes.axhline}.get(constraint.objective)
        if line:
            line(constraint.bound, color=BOUND, linewidth=0.6, zorder=1)


def within(axes: Axes, points: np.ndarray, room: float) -> np.ndarray:
    """Which ``points``, (points, 2), lie in the window of :func:`lay_out`, no nearer to its edge than a share of it, ``room``."""
    ends = np.sort([axes.get_xlim(), axes.get_ylim()], axis=1).T
    free = room * (ends[1] - ends[0])
    inside: np.ndarray = ((points >= ends[0] + free) & (points <= ends[1] - free)).all(axis=1)
    return inside


class _Scaled(MaxNLocator):
    """Ticks at round numbers of a unit that is ``factor`` of that of the data."""

    def __init__(self, factor: float) -> None:
        super().__init__(nbins="auto", steps=[1, 2, 2.5, 5, 10])
        self._factor = factor

    def tick_values(self, vmin: float, vmax: float) -> Any:
        return np.asarray(super().tick_values(vmin / self._factor, vmax / self._factor)) * self._factor


def _scaled(factor: float, value: float, _: int) -> str:
    return f"{value / factor:.6g}"


def outside(results: Results, crop: float) -> str:
    """What :func:`lay_out` leaves out, what a plane does not show, and what its straight lines are, for captions."""
    words = [f"The {crop:.0%} of the true front's points that are worst upwards lie outside."] if crop else []
    if any(len(benchmark.objectives) > 2 for benchmark in results.benchmarks.values()):
        words.append(
            "Fronts of more than two objectives are projected: what lies below a line may be better in another one."
        )
    if any(benchmark.constraints for benchmark in results.benchmarks.values()):
        words.append("Thin straight lines across the panel: the bounds of constraints.")
    return " ".join(words)


def _ends(points: np.ndarray, sign: float, crop: float) -> tuple[float, float]:
    """The ends of an axis in natural units, low first."""
    worst = float(np.quantile(points, crop, method="lower"))
    margin = MARGIN * _span(points[points >= worst])
    low, high = sorted((sign * (worst - margin), sign * (float(points.max()) + margin)))
    return low, high


def _span(points: np.ndarray) -> float:
    return float(np.ptp(points)) if varies(points) else abs(float(points.max())) or 1.0


def staircase(corners: np.ndarray, plane: Plane, end: float) -> tuple[np.ndarray, np.ndarray]:
    """The border of what ``corners``, (corners, 2) in natural units and none dominated, attain, as a line.

    It runs from the best value across to ``end``, a value across in natural units that is no better than any.
    """
    x, y = corners[np.argsort(-plane.signs[0] * corners[:, 0], kind="stable")].T
    return np.repeat([*x, end], 2)[1:-1] if len(x) else x, np.repeat(y, 2)
