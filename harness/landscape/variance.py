"""What the scores of a space vary by: the noise between trainings, and shares of single decisions. Pure functions on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from nasbed.statistics.recorded import mean_of_runs
from nasbed.statistics.spread import varies

GROUPS = 10
"""Quantile groups of the noise."""


@dataclass(frozen=True)
class Noise:
    """Noise of single trainings in quantile groups of the mean over runs, worst group first.

    ``mean`` is the group's mean value, ``sd`` the standard deviation over runs, pooled over its architectures with two
    runs or more (``nan`` where it has none), ``overall`` that of all.
    """

    mean: np.ndarray
    sd: np.ndarray
    overall: float


def noise(runs: np.ndarray, groups: int = GROUPS) -> Noise | None:
    """Noise by quantile of ``runs`` (architectures, runs; ``nan``: not made); ``None`` where nothing was run twice.

    >>> found = noise(np.array([[1.0, 3.0], [5.0, np.nan], [7.0, 7.0], [9.0, 9.0]]), groups=2)
    >>> found.mean.tolist(), found.sd.round(4).tolist(), round(found.overall, 4)
    ([3.5, 8.0], [1.4142, 0.0], 0.8165)
    """
    made = ~np.isnan(runs)
    count = made.sum(axis=1)
    if count.max(initial=0) < 2:
        return None
    mean = mean_of_runs(runs)
    squares = (np.where(made, runs - mean[:, None], 0.0) ** 2).sum(axis=1)
    order = np.argsort(np.where(count > 0, mean, np.inf), kind="stable")[: int((count > 0).sum())]
    parts = [part for part in np.array_split(order, groups) if len(part)]

    def pooled(part: np.ndarray) -> float:
        freedom = np.maximum(count[part] - 1, 0).sum()
        return float(np.sqrt(squares[part].sum() / freedom)) if freedom else float("nan")

    return Noise(
        np.array([mean[part].mean() for part in parts]), np.array([pooled(part) for part in parts]), pooled(order)
    )


@dataclass(frozen=True)
class Effects:
    """Functional analysis of variance over a full product space (Hooker, JCGS 2007; Hutter et al., ICML 2014).

    Shares are of the variance over all architectures, and exact: ``main[i]`` is that of the mean over everything but decision
    ``i``; ``pairs[i, j]`` what decisions ``i`` and ``j`` explain together and neither alone (symmetric, 0 on the
    diagonal); ``higher`` what is left for three decisions or more. ``means[i]`` holds the mean value for each choice
    of decision ``i`` minus the mean of all.
    """

    main: np.ndarray
    pairs: np.ndarray
    higher: float
    means: tuple[np.ndarray, ...]


def effects(values: np.ndarray, archs: np.ndarray, choices: Sequence[int]) -> Effects | None:
    """Main effects and pairwise interactions of the decisions.

    ``None`` where they are not defined without further assumptions: in a space that is no full product of its choices,
    with values missing, or without any variance.

    >>> archs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> found = effects(np.array([0.0, 1.0, 2.0, 3.0]), archs, (2, 2))
    >>> found.main.round(9).tolist(), found.pairs.round(9).tolist(), found.means[0].tolist()
    ([0.8, 0.2], [[0.0, 0.0], [0.0, 0.0]], [-1.0, 1.0])
    >>> effects(np.array([0.0, 1.0, 1.0, 0.0]), archs, (2, 2)).pairs.round(9).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    >>> effects(np.array([0.0, 1.0, 2.0]), archs[:3], (2, 2)) is None
    True
    """
    if len(values) != prod(choices) or np.isnan(values).any() or not varies(values):
        return None
    grid = np.empty(tuple(choices))
    grid[tuple(archs.T)] = values - values.mean()
    variance = float((grid**2).mean())
    everything = set(range(len(choices)))
    means = tuple(grid.mean(axis=tuple(everything - {place})) for place in range(len(choices)))
    main = np.array([float((mean**2).mean()) for mean in means]) / variance
    pairs = np.zeros((len(choices),) * 2)
    for i, j in combinations(range(len(choices)), 2):
        joint = grid.mean(axis=tuple(everything - {i, j})) - means[i][:, None] - means[j][None, :]
        pairs[i, j] = pairs[j, i] = float((joint**2).mean()) / variance
    return Effects(main, pairs, float(1 - main.sum() - pairs.sum() / 2), means)
