"""How good a front is: hypervolume, IGD+ and additive epsilon against the true front, in a space where objectives compare.

Hypervolume: Zitzler and Thiele, IEEE Transactions on Evolutionary Computation 3(4), 1999. IGD+: Ishibuchi, Masuda, Tanigaki and
Nojima, EMO 2015. Additive epsilon: Zitzler, Thiele, Laumanns, Fonseca and Grunert da Fonseca, IEEE Transactions on Evolutionary
Computation 7(2), 2003. All agree with Pareto dominance: a front that is better everywhere is never scored worse. Computed by
moocore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import moocore
import numpy as np

from nasbed.errors import DataError, OptionError, shown, unknown
from nasbed.results.multiobjective.dominance import kept_to, nondominated
from nasbed.vocabulary import Objective
from nasbed.vocabulary.objectives import signs

SPACE = "range of the noise-free values of the whole space"


@dataclass(frozen=True)
class Bounds:
    """How objectives are made comparable: ``ideal`` becomes 1 and ``worst`` 0; volumes are measured from ``reference``.

    One number for each objective, in its own unit and direction; ``source`` says where they come from. Raises
    :class:`~nasbed.errors.OptionError` where the ideal is not better than the worst.
    """

    objectives: tuple[Objective, ...]
    ideal: tuple[float, ...]
    worst: tuple[float, ...]
    reference: tuple[float, ...]
    source: str = SPACE

    def __post_init__(self) -> None:
        for name, point in (("ideal", self.ideal), ("worst", self.worst), ("reference", self.reference)):
            if len(point) != len(self.objectives) or not np.isfinite(point).all():
                raise OptionError(
                    f"{name} = {shown(point)}; expected a finite number for each of {self._named()}, in this order"
                )
        for objective, ideal, worst in zip(self.objectives, self.ideal, self.worst, strict=True):
            if not (ideal > worst if objective.maximise else ideal < worst):
                raise OptionError(
                    f"{objective.name}: ideal {ideal:g} and worst {worst:g}; the ideal must be the"
                    f" {'higher' if objective.maximise else 'lower'}, or no scale exists; leave an objective out that is constant"
                )

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        objectives: Sequence[Objective],
        reference: Mapping[str, float] | None = None,
        *,
        source: str = SPACE,
    ) -> Bounds:
        """The bounds of a whole space: its best and worst value in each objective, and the worst corner as reference point.

        ``values`` are (architectures, objectives), higher is better, ``nan`` where an architecture has none; ``source`` says
        what they are. A declared ``reference``, by the name of the objective and in its unit, wins.
        """
        directions = signs(objectives)
        if np.isnan(values).all(axis=0).any():
            place = int(np.isnan(values).all(axis=0).argmax())
            raise DataError(
                f"{objectives[place].name} has no value for any architecture; leave it out of the objectives"
            )
        ideal, worst = directions * np.nanmax(values, axis=0), directions * np.nanmin(values, axis=0)
        corner = worst if reference is None else np.array(_point(reference, objectives))
        best, lowest, point = (tuple(one.tolist()) for one in (ideal, worst, corner))
        return cls(tuple(objectives), best, lowest, point, source)

    def normalised(self, values: np.ndarray) -> np.ndarray:
        """Values, (..., objectives) and higher is better, on the scale of the bounds: 0 at the worst, 1 at the ideal."""
        low, high = self._directions * self.worst, self._directions * self.ideal
        scaled: np.ndarray = (values - low) / (high - low)
        return scaled

    @cached_property
    def corner(self) -> np.ndarray:
        """The reference point on the scale of the bounds, (objectives,)."""
        return self.normalised(self._directions * self.reference)

    def natural(self, values: np.ndarray) -> np.ndarray:
        """Values, (..., objectives) and higher is better, in the units and directions of the objectives."""
        turned: np.ndarray = values * self._directions
        return turned

    @property
    def _directions(self) -> np.ndarray:
        return signs(self.objectives)

    def _named(self) -> str:
        return ", ".join(objective.name for objective in self.objectives)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, to be stored with the scores that were made with it."""
        rows = zip(self.objectives, self.ideal, self.worst, self.reference, strict=True)
        return {
            "source": self.source,
            "objectives": [
                {**vars(objective), "ideal": ideal, "worst": worst, "reference": reference}
                for objective, ideal, worst, reference in rows
            ],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Bounds:
        """The bounds that :meth:`to_dict` described; raises :class:`~nasbed.errors.OptionError` for anything else."""
        try:
            rows = content["objectives"]
            objectives = tuple(Objective(row["name"], row["unit"], row["maximise"]) for row in rows)
            ideal, worst, reference = (
                tuple(float(row[name]) for row in rows) for name in ("ideal", "worst", "reference")
            )
            return cls(objectives, ideal, worst, reference, content["source"])
        except (KeyError, TypeError, ValueError) as error:
            raise OptionError(
                f"the bounds are damaged: {shown(error)}; expected source, and for each of objectives name, unit, maximise, ideal,"
                " worst and reference, as Bounds.to_dict gives them"
            ) from None

    def sentence(self) -> str:
        """The scale and the reference point in words, for captions."""
        scales = [
            f"{objective.name} from {worst:.6g} (0) to {ideal:.6g} (1) {objective.unit}"
            for objective, worst, ideal in zip(self.objectives, self.worst, self.ideal, strict=True)
        ]
        at = ", ".join(f"{value:.6g}" for value in self.reference)
        corner = "the worst corner of that range" if self.reference == self.worst else "declared"
        return f"Scale ({self.source}): {'; '.join(scales)}. Reference point: ({at}), {corner}."


def _point(given: Mapping[str, float], objectives: Sequence[Objective]) -> list[float]:
    names = [objective.name for objective in objectives]
    for name in given:
        if name not in names:
            raise unknown("objective", name, names, "the reference point")
    if missing := [name for name in names if name not in given]:
        raise OptionError(
            f"the reference point {shown(dict(given))} lacks {', '.join(missing)}; give a number for each objective"
        )
    return [float(given[name]) for name in names]


def hypervolume(points: np.ndarray, reference: np.ndarray) -> float:
    """The volume that the rows dominate above ``reference``; rows that do not lie above it add nothing, no row 0.

    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros(2))
    3.0
    """
    return float(moocore.hypervolume(points, ref=reference, maximise=True)) if len(points) else 0.0


def igd_plus(points: np.ndarray, front: np.ndarray) -> float:
    """Mean over ``front`` of the distance that the nearest row falls short of; 0 at best, ``nan`` without a row.

    >>> igd_plus(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0], [1.0, 2.0]]))
    0.5
    """
    return float(moocore.igd_plus(points, ref=front, maximise=True)) if len(points) else float("nan")


def additive_epsilon(points: np.ndarray, front: np.ndarray) -> float:
    """By how much every row must be raised until each of ``front`` is matched or dominated by one; ``nan`` without a row.

    >>> additive_epsilon(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0], [1.0, 2.0]]))
    1.0
    """
    return float(moocore.epsilon_additive(points, ref=front, maximise=True)) if len(points) else float("nan")


@dataclass(frozen=True)
class Truth:
    """What a whole space really offers, and the scores of fronts against it.

    ``values``: noise-free, (architectures, objectives), higher is better, ``nan`` where an architecture has none. ``feasible`` says
    which architectures keep to the constraints of the benchmark, (architectures,), where it has any: no other is on the true front,
    and no other scores.
    """

    values: np.ndarray
    bounds: Bounds
    feasible: np.ndarray | None = None

    @cached_property
    def scaled(self) -> np.ndarray:
        """The values on the scale of the bounds."""
        return self.bounds.normalised(self.values)

    @cached_property
    def front(self) -> np.ndarray:
        """The architectures of the true front, ascending; of equal ones the first."""
        return nondominated(kept_to(self.feasible, self.values))

    @cached_property
    def volume(self) -> float:
        """The hypervolume of the true front, the most that any front has."""
        return hypervolume(self.scaled[self.front], self.bounds.corner)

    def of(self, archs: np.ndarray) -> np.ndarray:
        """The noise-free values of architectures on the scale of the bounds; those without a value are left out, and under
        constraints those that break them.
        """
        points = kept_to(None if self.feasible is None else self.feasible[archs], self.scaled[archs])
        kept: np.ndarray = points[~np.isnan(points).any(axis=1)]
        return kept

    def hypervolume_regret(self, points: np.ndarray) -> float:
        """The volume of the true front minus that of ``points``, which are on the scale of the bounds; all of it without any."""
        return self.volume - hypervolume(points, self.bounds.corner)

    def igd_plus(self, points: np.ndarray) -> float:
        """IGD+ of ``points`` to the true front, on the scale of the bounds."""
        return igd_plus(points, self.scaled[self.front])

    def additive_epsilon(self, points: np.ndarray) -> float:
        """The additive epsilon of ``points`` to the true front, on the scale of the bounds."""
        return additive_epsilon(points, self.scaled[self.front])
