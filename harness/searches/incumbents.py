"""The incumbent rule: which architecture a search would return at every moment."""

from __future__ import annotations

from math import isfinite

import numpy as np

from nasbed.searches.rules import Incumbent


def incumbents(values: np.ndarray, epochs: np.ndarray, archs: np.ndarray, rule: Incumbent) -> np.ndarray:
    """The position of the incumbent after each evaluation, -1 before there is one.

    ``best``: the highest single observation at the highest fidelity seen so far, the first of equals. ``mean``: the
    highest mean over the repeated observations of an architecture there. Values of different fidelities are never
    compared; failed evaluations (``nan``, and what is infinite) are never incumbents.

    >>> values = np.array([[1.0, np.nan, 3.0, 2.0, 0.5]])
    >>> epochs = np.array([[12, 12, 12, 12, 200]])
    >>> incumbents(values, epochs, np.arange(5)[None], "best")
    array([[0, 0, 2, 2, 4]])
    """
    return seen_incumbents(values, epochs, archs, rule)[0]


def seen_incumbents(
    values: np.ndarray, epochs: np.ndarray, archs: np.ndarray, rule: Incumbent
) -> tuple[np.ndarray, np.ndarray]:
    """The positions of :func:`incumbents`, and what was seen of each of them by then, by which it was chosen: its value, or the
    mean of its values; ``nan`` before there is one.

    >>> places, seen = seen_incumbents(np.array([[5.0, 4.0, 1.0]]), np.ones((1, 3), int), np.array([[7, 8, 7]]), "mean")
    >>> places.tolist(), seen.tolist()
    ([[0, 0, 1]], [[5.0, 5.0, 4.0]])
    """
    if rule == "mean":
        found = [_by_mean(*row) for row in zip(values, epochs, archs, strict=True)]
        return np.stack([places for places, _ in found]), np.stack([seen for _, seen in found])
    places = _by_best(values, epochs)
    seen = np.take_along_axis(values, np.maximum(places, 0), axis=1)
    return places, np.where(places >= 0, seen, np.nan)


def _by_best(values: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    made = np.isfinite(values)
    _, fidelity = np.unique(epochs, return_inverse=True)
    _, order = np.unique(np.where(made, values, -np.inf), return_inverse=True)
    rank = np.where(made, fidelity.reshape(values.shape) * (order.max() + 1) + order.reshape(values.shape), -1)
    best = np.maximum.accumulate(rank, axis=1)
    before = np.concatenate([np.full((len(rank), 1), -1), best[:, :-1]], axis=1)
    place = np.where(rank > before, np.arange(rank.shape[1]), -1)
    return np.maximum.accumulate(place, axis=1)


def _by_mean(values: np.ndarray, epochs: np.ndarray, archs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    places, seen = np.full(len(values), -1), np.full(len(values), np.nan)
    top, best, highest = -1, -1, np.nan
    means: dict[int, tuple[float, int, int]] = {}
    for place, (value, fidelity, arch) in enumerate(zip(values.tolist(), epochs.tolist(), archs.tolist(), strict=True)):
        if isfinite(value) and fidelity >= top:
            if fidelity > top:
                top, means = fidelity, {}
            mean, count, first = means.get(arch, (0.0, 0, place))
            means[arch] = (mean + (value - mean) / (count + 1), count + 1, first)
            highest, _, best = max(means.values(), key=lambda entry: (entry[0], -entry[2]))
        places[place], seen[place] = best, highest
    return places, seen
