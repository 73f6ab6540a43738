"""What the values of a space look like to a search: pure functions on arrays.

``values`` holds one number for each architecture, by index, higher is better and ``nan`` where there is none.
``neighbours`` is (architectures, degree): the indices of each architecture's neighbours, -1 where there are fewer.
Nothing here is sampled: walks, climbs and variance shares are exact over the whole space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import rankdata

from nasbed.landscape.variance import Effects, effects
from nasbed.statistics.spread import varies

LAGS = 10
"""Longest lag of the autocorrelation, in steps."""


def hamming_neighbours(archs: np.ndarray, choices: Sequence[int]) -> np.ndarray:
    """The neighbours at Hamming distance 1 in a full product space, by position and then by value.

    ``archs`` is (architectures, decisions), every combination of ``choices`` once, in any order.

    >>> hamming_neighbours(np.array([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]), (2, 3)).tolist()[:2]
    [[3, 1, 2], [4, 0, 2]]
    """
    strides = np.array([prod(choices[place + 1 :]) for place in range(len(choices))])
    codes = archs @ strides
    index = np.empty(len(archs), dtype=np.int32)
    index[codes] = np.arange(len(archs))
    columns = []
    for place, count in enumerate(choices):
        own = archs[:, place]
        for other in range(count - 1):
            columns.append(index[codes + (other + (other >= own) - own) * strides[place]])
    return np.stack(columns, axis=1)


def padded(lists: Sequence[Sequence[int]]) -> np.ndarray:
    """Lists of neighbours of unequal length as one array, filled with -1.

    >>> padded([[1, 2], [0], []]).tolist()
    [[1, 2], [0, -1], [-1, -1]]
    """
    degrees = np.array([len(row) for row in lists])
    filled = np.full((len(lists), int(degrees.max(initial=0))), -1, dtype=np.int32)
    filled[np.arange(filled.shape[1]) < degrees[:, None]] = [other for row in lists for other in row]
    return filled


def local_optima(values: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """The local maxima, one index each.

    A local maximum is a plateau (a connected set of architectures of equal value, most often a single one) of which no
    member has a better neighbour; its smallest index stands for it.

    >>> chain = np.array([[1, -1], [0, 2], [1, 3], [2, 4], [3, -1]])
    >>> local_optima(np.array([2.0, 1.0, 3.0, 3.0, 0.0]), chain).tolist()
    [0, 2]
    >>> local_optima(np.array([0.0, 1.0, 1.0, 2.0, 0.0]), chain).tolist()
    [3]
    """
    around = _around(values, neighbours)
    rows, columns = np.nonzero(around == values[:, None])
    edges = (np.ones(len(rows), dtype=bool), (rows, neighbours[rows, columns]))
    count, plateau = connected_components(coo_array(edges, shape=(len(values),) * 2), directed=False)
    leaves = np.zeros(count, dtype=bool)
    leaves[plateau[(around > values[:, None]).any(axis=1) | np.isnan(values)]] = True
    first = np.unique(plateau, return_index=True)[1]
    return np.sort(first[~leaves])


def climb(values: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Where best-improvement hill climbing ends from each architecture, (architectures,).

    Each step goes to the best neighbour, the first of equals in the order of ``neighbours``, while it is better. From an
    architecture without a value the climb begins at its best neighbour.

    >>> climb(np.array([2.0, 1.0, 3.0, 0.0]), np.array([[1, -1], [0, 2], [1, 3], [2, -1]])).tolist()
    [0, 2, 2, 2]
    """
    here = np.arange(len(values))
    if not neighbours.size:
        return here
    around = np.nan_to_num(_around(values, neighbours), nan=-np.inf)
    column = around.argmax(axis=1)
    better = around[here, column] > np.nan_to_num(values, nan=-np.inf)
    end: np.ndarray = np.where(better, neighbours[here, column], here)
    while (end[end] != end).any():
        end = end[end]
    return end


def autocorrelation(values: np.ndarray, neighbours: np.ndarray, lags: int = LAGS) -> np.ndarray:
    """Autocorrelation of an endless random walk at the lags 0 .. ``lags`` (Weinberger, Biological Cybernetics 63, 1990).

    The walk goes to a neighbour drawn uniformly, so it visits architectures in proportion to their number of neighbours;
    expectations over it are computed, not estimated. Architectures without a value are not stepped on. ``nan``
    where all values are equal.

    >>> autocorrelation(np.array([0.0, 1.0, 0.0, 1.0]), np.array([[1, 3], [0, 2], [1, 3], [0, 2]]), 2).tolist()
    [1.0, -1.0, 1.0]
    """
    open_ = ~np.isnan(_around(values, neighbours)) & ~np.isnan(values)[:, None]
    degree = open_.sum(axis=1)
    if not degree.any() or not varies(values[degree > 0]):
        return np.full(lags + 1, np.nan)
    weight = degree / degree.sum()
    filled = np.nan_to_num(values)
    centred = np.where(degree > 0, filled - weight @ filled, 0.0)
    variance = weight @ centred**2
    starts = np.concatenate([[0], np.cumsum(degree)])
    step = csr_array(
        (np.repeat(1 / np.maximum(degree, 1), degree), neighbours[open_], starts), shape=(len(values),) * 2
    )
    ahead, products = centred, [variance]
    for _ in range(lags):
        ahead = step @ ahead
        products.append(weight @ (centred * ahead))
    correlations: np.ndarray = np.array(products) / variance
    return correlations


def correlation_length(autocorrelation: np.ndarray) -> float:
    """Steps after which a walk has forgotten where it was: -1 / ln |r(1)| (Weinberger 1990).

    >>> round(correlation_length(np.array([1.0, np.exp(-0.5)])), 9)
    2.0
    """
    first = abs(float(autocorrelation[1]))
    return float(-1 / np.log(first)) if 0 < first < 1 else float("nan")


def distances(targets: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Steps from each architecture to the nearest of ``targets`` (indices), -1 where none can be reached.

    Neighbourhood must be mutual. In a product space this is the Hamming distance.

    >>> distances(np.array([0]), np.array([[1, -1], [0, 2], [1, -1], [-1, -1]])).tolist()
    [0, 1, 2, -1]
    """
    found = np.full(len(neighbours), -1)
    frontier, steps = np.asarray(targets), 0
    while len(frontier):
        found[frontier] = steps
        reached = np.zeros(len(neighbours) + 1, dtype=bool)  # the last is where -1 points
        reached[neighbours[frontier]] = True
        frontier, steps = np.flatnonzero(reached[:-1] & (found < 0)), steps + 1
    return found


def fitness_distance(values: np.ndarray, distance: np.ndarray) -> float:
    """Correlation of values with the distance to the nearest best architecture (Jones and Forrest, ICGA 1995).

    Pearson's, over all architectures that have a value and a way; -1 is the easiest for a search that maximises.

    >>> round(fitness_distance(np.array([3.0, 2.0, 1.0, np.nan]), np.array([0, 1, 2, 3])), 9)
    -1.0
    """
    there = ~np.isnan(values) & (distance >= 0)
    return _pearson(values[there], distance[there].astype(float))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation over the architectures that have both values; ties share their mean rank.

    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0, np.nan]), np.array([10.0, 30.0, 20.0, 0.0])), 9)
    0.5
    """
    there = ~np.isnan(first) & ~np.isnan(second)
    return _pearson(rankdata(first[there]), rankdata(second[there]))


def _pearson(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 2 or not (varies(first) and varies(second)):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def _around(values: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """The values of the neighbours, (architectures, degree), ``nan`` where there is no neighbour or no value."""
    return np.where(neighbours >= 0, values[neighbours], np.nan)


def pareto_front(points: np.ndarray) -> np.ndarray:
    """The rows of ``points`` (architectures, objectives; higher is better) that no other row dominates.

    A row dominates another if it is nowhere lower and somewhere higher; equal rows stay together. Rows with a ``nan`` are
    left out. Sorted by the first objective, highest first.

    >>> pareto_front(np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 2.0], [3.0, 0.0], [9.0, np.nan], [2.0, 2.0]])).tolist()
    [3, 1, 5, 0]
    """
    left = np.flatnonzero(~np.isnan(points).any(axis=1))
    # In lexicographic order, no row is dominated by a later one.
    left = left[np.lexsort(-points[left].T[::-1])]
    front: list[int] = []
    while len(left):
        best = points[left[0]]
        equal = (points[left] == best).all(axis=1)
        front += left[equal].tolist()
        left = left[~(points[left] <= best).all(axis=1)]
    return np.array(front, dtype=np.int64)


@dataclass(frozen=True)
class Landscape:
    """One array of values over a space.

    ``sd`` is over the architectures, ``quantiles`` are at 0, 1, .. 100 %, ``optima`` one index for each local maximum,
    ``reached`` the share of all starts from which climbing ends at a best value, ``autocorrelation`` at the lags 0 .. 10,
    ``by_distance`` the mean value at 0, 1, .. steps from the nearest best architecture.
    """

    count: int
    mean: float
    sd: float
    quantiles: np.ndarray
    best: np.ndarray
    optima: np.ndarray
    reached: float
    autocorrelation: np.ndarray
    fitness_distance: float
    by_distance: np.ndarray
    effects: Effects | None


def landscape(
    values: np.ndarray, neighbours: np.ndarray, archs: np.ndarray | None, choices: Sequence[int]
) -> Landscape:
    """Everything of one array of values; ``archs`` is ``None`` where the space is no full product of ``choices``.

    >>> line = np.array([[1, -1], [0, 2], [1, 3], [2, -1]])
    >>> found = landscape(np.array([2.0, 1.0, 3.0, 4.0]), line, None, ())
    >>> found.optima.tolist(), found.reached, found.by_distance.tolist()
    ([0, 3], 0.75, [4.0, 3.0, 1.0, 2.0])
    """
    there = values[~np.isnan(values)]
    best = np.flatnonzero(values == there.max())
    distance = distances(best, neighbours)
    known = ~np.isnan(values) & (distance >= 0)
    steps = np.bincount(distance[known])
    return Landscape(
        count=len(there),
        mean=float(there.mean()),
        sd=float(there.std()),
        quantiles=np.quantile(there, np.linspace(0, 1, 101)),
        best=best,
        optima=local_optima(values, neighbours),
        reached=float(np.isin(climb(values, neighbours), best).mean()),
        autocorrelation=autocorrelation(values, neighbours),
        fitness_distance=fitness_distance(values, distance),
        by_distance=np.bincount(distance[known], weights=values[known]) / np.where(steps > 0, steps, np.nan),
        effects=None if archs is None else effects(values, archs, choices),
    )
