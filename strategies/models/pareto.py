"""Dominance among vectors of objectives, higher is better: non-dominated ranks and crowding distance as in NSGA-II (Deb, Pratap,
Agarwal and Meyarivan, IEEE Transactions on Evolutionary Computation 6(2), 2002), and contributions to the hypervolume.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np

from nasbed.vocabulary import Outcome

Preference = tuple[int, float]
"""Rank, then minus the crowding distance: less is better (the crowded comparison of NSGA-II, section III-B)."""


def feasible(outcome: Outcome) -> bool:
    """Whether every objective has a value."""
    return all(value == value for value in outcome.values)


def rows(outcomes: Iterable[Outcome]) -> np.ndarray:
    """The values of outcomes, (outcomes, objectives); -inf throughout where one of them is nan.

    So what is infeasible is dominated by all that is feasible, as under the constrained domination of NSGA-II, section VI.
    """
    values = np.array([outcome.values for outcome in outcomes], dtype=float)
    values[np.isnan(values).any(axis=1)] = -np.inf
    return values


def ranks(values: np.ndarray) -> np.ndarray:
    """For each row, free of nan, how many fronts have to be taken off before nothing dominates it. Equal rows have equal ranks.

    Two objectives take O(n log n), by a sweep (Jensen, IEEE Transactions on Evolutionary Computation 7(5), 2003); more take
    O(n^2), by counting who dominates (NSGA-II, section III-A).
    """
    return _swept(values) if values.shape[1] == 2 else _peeled(values)


def _swept(values: np.ndarray) -> np.ndarray:
    points = values.tolist()
    found = np.zeros(len(points), dtype=int)
    heights: list[float] = []
    """For each front so far its highest second value, negated: what follows in the sweep is dominated by it unless higher."""
    rank, last = 0, [np.nan]
    for place in sorted(range(len(points)), key=points.__getitem__, reverse=True):
        if points[place] != last:
            last = points[place]
            rank = bisect_right(heights, -last[1])
            heights[rank : rank + 1] = [-last[1]]
        found[place] = rank
    return found


def _peeled(values: np.ndarray) -> np.ndarray:
    covers = np.ones((len(values), len(values)), dtype=bool)
    for column in values.T:
        covers &= column[:, None] >= column
    dominates = covers & ~covers.T
    above = dominates.sum(axis=0)
    found = np.zeros(len(values), dtype=int)
    front, rank = np.flatnonzero(above == 0), 0
    while len(front):
        found[front] = rank
        above -= dominates[front].sum(axis=0)
        above[front] = -1
        front, rank = np.flatnonzero(above == 0), rank + 1
    return found


def crowding(values: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """For each row the sides, summed, of the box between its neighbours of the same rank; infinite at the ends of an objective.

    Each objective is measured in the range that the front spans in it. Of equal values, the earlier row comes first.
    """
    distance = np.zeros(len(values))
    for column in values.T:
        order = np.lexsort((column, rank))
        along = column[order]
        edges = np.flatnonzero(np.diff(rank[order], prepend=-1, append=-1))
        starts, ends = edges[:-1], edges[1:] - 1
        with np.errstate(invalid="ignore"):  # -inf - -inf
            span = np.repeat(along[ends] - along[starts], np.diff(edges))
            sides = np.zeros(len(values))
            sides[1:-1] = along[2:] - along[:-2]
        sides = np.divide(sides, span, out=np.zeros(len(values)), where=span > 0)
        sides[starts] = sides[ends] = np.inf
        distance[order] += sides
    return distance


def preferences(values: np.ndarray) -> list[Preference]:
    """What each row is compared by."""
    rank = ranks(values)
    return list(zip(rank.tolist(), (-crowding(values, rank)).tolist(), strict=True))


def constrained_preferences(outcomes: Sequence[Outcome]) -> list[Preference]:
    """What each outcome is compared by under constrained domination (NSGA-II, section VI-A): what keeps to the constraints by
    :func:`preferences`, and behind it what breaks them, by how much.
    """
    found = preferences(rows(outcomes))
    violations = [outcome.violation for outcome in outcomes]
    if not any(violations):
        return found
    kept = [place for place, violation in enumerate(violations) if not violation]
    among = dict(zip(kept, preferences(rows(outcomes[place] for place in kept)), strict=True)) if kept else {}
    behind = {violation: len(kept) + place for place, violation in enumerate(sorted({v for v in violations if v}))}
    return [among[at] if at in among else (behind[violation], found[at][1]) for at, violation in enumerate(violations)]


def contributions(values: np.ndarray, reference: float) -> np.ndarray:
    """The volume above the corner ``reference`` that each row alone dominates; the rows lie above it in every objective.

    Exact, on the grid that the rows span: n rows of m objectives take O(n^(m + 1)).
    """
    alone = np.ones(len(values), dtype=bool)
    widths = []
    for column in values.T:
        edges = np.sort(column)
        widths.append(np.diff(edges, prepend=reference))
        reached = column[:, None] >= edges
        alone = alone[..., None] & reached.reshape(len(values), *(1,) * (alone.ndim - 1), -1)
    alone &= alone.sum(axis=0) == 1
    volumes = alone.astype(float)
    for width in reversed(widths):
        volumes = volumes @ width
    return volumes
