"""The front that a search selects: what nothing that it observed dominates.

Values are (evaluations, objectives) in the order of arrival, higher is better throughout. A row with a ``nan`` failed, has no
value of an objective, or breaks a constraint: it is never selected. As for a single incumbent (``judge``), values of different
fidelities are never compared, and of equals the first is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import moocore
import numpy as np

from nasbed.searches.rules import Incumbent


class Front(NamedTuple):
    """What a search would return: ``places`` of evaluations, ascending, and what was ``observed`` there, (places, objectives).

    Under the rule ``mean`` an architecture stands at its first evaluation, and its observed values are means over repeats.
    """

    places: np.ndarray
    observed: np.ndarray


def nondominated(values: np.ndarray) -> np.ndarray:
    """The rows that no other row dominates, ascending; of equal rows the first, and none with a ``nan`` or an infinite value.

    >>> nondominated(np.array([[1.0, 1.0], [2.0, 0.0], [1.0, 1.0], [1.0, 0.5], [9.0, np.nan]]))
    array([0, 1])
    """
    valid = np.flatnonzero(np.isfinite(values).all(axis=1))
    return valid[moocore.is_nondominated(values[valid], maximise=True)] if len(valid) else valid


def kept_to(feasible: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    """Values, (rows, objectives), with ``nan`` in place of those of rows that are not ``feasible``, (rows,); all where nothing is
    constrained.

    >>> kept_to(np.array([True, False]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[ 1.,  2.],
           [nan, nan]])
    """
    return values if feasible is None else np.where(feasible[:, None], values, np.nan)


def select(
    values: np.ndarray, epochs: np.ndarray | None = None, archs: np.ndarray | None = None, rule: Incumbent = "best"
) -> Front:
    """The front after all rows, by observed values alone.

    ``epochs`` are the fidelities of the rows (one for all by default): only the highest at which something was observed counts.
    ``archs`` are their architectures, which the rule ``mean`` needs: it selects by means over repeated evaluations.

    >>> select(np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 4.0]])).places
    array([0, 1])
    """
    places = _comparable(values, epochs)
    if rule == "mean" and archs is not None:
        places, observed = _means(places, values, archs)
    else:
        observed = values[places]
    kept = nondominated(observed)
    return Front(places[kept], observed[kept])


def selections(
    values: np.ndarray, epochs: np.ndarray | None = None, archs: np.ndarray | None = None, rule: Incumbent = "best"
) -> Iterator[tuple[int, Front]]:
    """The front whenever it changes, with the number of evaluations after which it does: what :func:`select` gives at each.

    >>> for count, front in selections(np.array([[1.0, 5.0], [1.0, 4.0], [2.0, 4.0], [3.0, 5.0]])):
    ...     print(count, front.places)
    1 [0]
    3 [0 2]
    4 [3]
    """
    if rule == "mean" and archs is not None and len(np.unique(archs)) < len(archs):
        yield from _selections_by_mean(values, epochs, archs)
        return
    members = Front(np.empty(0, dtype=int), np.empty((0, values.shape[1])))
    top = -np.inf
    for place in np.flatnonzero(np.isfinite(values).all(axis=1)).tolist():
        row, fidelity = values[place], 0 if epochs is None else epochs[place]
        if fidelity < top or (fidelity == top and (members.observed >= row).all(axis=1).any()):
            continue
        kept = np.full(len(members.places), False) if fidelity > top else ~(row >= members.observed).all(axis=1)
        top = fidelity
        members = Front(np.append(members.places[kept], place), np.vstack([members.observed[kept], row]))
        yield place + 1, members


def _selections_by_mean(
    values: np.ndarray, epochs: np.ndarray | None, archs: np.ndarray
) -> Iterator[tuple[int, Front]]:
    last: Front | None = None
    for place in np.flatnonzero(np.isfinite(values).all(axis=1)).tolist():
        until = slice(place + 1)
        front = select(values[until], None if epochs is None else epochs[until], archs[until], "mean")
        if last is None or not all(map(np.array_equal, front, last)):
            yield place + 1, front
        last = front


def _comparable(values: np.ndarray, epochs: np.ndarray | None) -> np.ndarray:
    """The places of the rows that have every value, at the highest fidelity among them."""
    valid = np.flatnonzero(np.isfinite(values).all(axis=1))
    return valid if epochs is None or not len(valid) else valid[epochs[valid] == epochs[valid].max()]


def _means(places: np.ndarray, values: np.ndarray, archs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first place of each architecture, ascending, and the mean of what was observed of it."""
    _, first, group, count = np.unique(archs[places], return_index=True, return_inverse=True, return_counts=True)
    sums = np.zeros((len(first), values.shape[1]))
    np.add.at(sums, group, values[places])
    order = np.argsort(first)
    return places[first[order]], (sums / count[:, None])[order]
