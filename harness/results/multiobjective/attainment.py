"""Attainment surfaces: what share of the runs of a strategy attains a point, with a front at least as good everywhere.

The surface of a share is the border of what at least that share of the runs attains: Grunert da Fonseca, Fonseca and Hall,
EMO 2001; Lopez-Ibanez, Paquete and Stuetzle, 2010. Computed by moocore (Fonseca, Guerreiro, Lopez-Ibanez and Paquete, EMO 2011).
Values are (points, 2), higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np

from nasbed.errors import OptionError, shown

QUARTILES = (0.25, 0.5, 0.75)
"""The surface that the best quarter of the runs attains, the median surface, and the one that three quarters attain."""


def surfaces(fronts: Sequence[np.ndarray], shares: Sequence[float] = QUARTILES) -> list[np.ndarray]:
    """For each share the corners of its surface, (corners, 2), by falling first value; none where too few runs have a front.

    A run without a point attains nothing, and counts. Raises :class:`~nasbed.errors.OptionError` for a share outside (0, 1], no
    run, or fronts that are not of two objectives.

    >>> one, two = np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.5, 1.5]])
    >>> [surface.tolist() for surface in surfaces([one, two], [0.5, 1.0])]
    [[[2.0, 1.0], [1.5, 1.5], [1.0, 2.0]], [[1.5, 1.0], [1.0, 1.5]]]
    """
    if not fronts:
        raise OptionError("no fronts given; an attainment surface needs at least one run")
    for share in shares:
        if not 0 < share <= 1:
            raise OptionError(
                f"a share of {shown(share)}; expected more than 0 and at most 1, as 0.5 for the median surface"
            )
    if wrong := [front.shape for front in fronts if front.ndim != 2 or front.shape[1] != 2]:
        raise OptionError(f"a front of shape {wrong[0]}; expected (points, 2): choose two objectives")
    there = [front for front in fronts if len(front)]
    nowhere = [np.full((1, 2), -np.finfo(float).max)] * (len(fronts) - len(there))
    sets = np.concatenate([np.full(len(front), number) for number, front in enumerate([*there, *nowhere])])
    levels = [round(100.0 * share, 9) for share in shares]
    found = moocore.eaf(-np.concatenate([*there, *nowhere]), sets, percentiles=sorted(set(levels)))
    return [_corners(-found[found[:, 2] == level, :2]) for level in levels]


def _corners(points: np.ndarray) -> np.ndarray:
    kept = points[(points > -np.finfo(float).max).all(axis=1)]
    return kept[np.argsort(-kept[:, 0], kind="stable")]


def attained(surface: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The highest second value that a surface attains together with each ``first`` value; ``nan`` where there is none.

    >>> attained(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([0.5, 1.0, 1.5, 2.0, 2.5])).tolist()
    [2.0, 2.0, 1.0, 1.0, nan]
    """
    reached = np.where(surface[:, :1] >= first, surface[:, 1:], -np.inf).max(axis=0, initial=-np.inf)
    return np.where(np.isfinite(reached), reached, np.nan)
