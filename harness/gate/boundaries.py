"""The constants of the group-sequential test: one-sided boundaries of the power family.

At the share t of the planned information, "worse" is called at z >= c1 t^(Delta - 1/2), "not worse" at
z <= (c1 + c2) t^(1/2) - c2 t^(Delta - 1/2); the two meet at t = 1 (Pampallona and Tsiatis, Journal of Statistical Planning and
Inference 42, 1994; the family is that of Wang and Tsiatis, Biometrics 43, 1987). The probabilities of crossing come from the
recursion of Armitage, McPherson and Rowe (Journal of the Royal Statistical Society A 132, 1969).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from math import sqrt

import numpy as np

from nasbed.errors import OptionError

SHAPE = 0.25
"""Delta of the power family: between O'Brien and Fleming (0), who rarely stop early, and Pocock (1/2)."""

LOOKS = 20
"""Equally spaced looks that the constants are made for."""

_NODES = 96
"""Points of a quadrature between the boundaries of a look."""


@dataclass(frozen=True)
class Boundaries:
    """``c1`` and ``c2``: with them a change of no effect is called worse with probability ``alpha``, and one of the margin's
    size is called not worse with probability ``beta``.
    """

    alpha: float
    beta: float
    c1: float
    c2: float

    @property
    def drift(self) -> float:
        """The expected z at full information of an effect of the margin's size; margin times root of the information."""
        return self.c1 + self.c2


def height(constant: np.ndarray | float, share: np.ndarray | float) -> np.ndarray:
    """A boundary of z at a share of the information in (0, 1]."""
    found: np.ndarray = constant * np.asarray(share, float) ** (SHAPE - 0.5)
    return found


def crossing(
    c1: float, c2: float, drift: float, looks: int = LOOKS, *, shape: float = SHAPE, futility: bool = True
) -> tuple[float, float]:
    """The probabilities that z leaves by the upper and by the lower boundary, at equally spaced looks.

    ``drift`` is the expected z at full information. Without ``futility`` there is no lower boundary before the last look.

    >>> upper, lower = crossing(1.6448536, 1.2815516, 0.0, looks=1)
    >>> round(upper, 4), round(lower, 4)
    (0.05, 0.95)
    """
    from scipy.special import ndtr

    step = 1 / looks
    above = below = 0.0
    points, density = np.zeros(1), np.ones(1)  # scores z sqrt(t) that go on, and their weighted density
    for look in range(1, looks + 1):
        share = look / looks
        upper = c1 * share**shape
        lower = (c1 + c2) * share - c2 * share**shape if futility or look == looks else upper - 12.0
        centre = points + drift * step
        above += float(density @ ndtr((centre - upper) / sqrt(step)))
        below += float(density @ ndtr((lower - centre) / sqrt(step)))
        nodes, weights = _legendre()
        half = (upper - lower) / 2
        following = lower + half * (nodes + 1)
        kernel = np.exp(-((following[:, None] - centre) ** 2) / (2 * step)) / sqrt(2 * np.pi * step)
        points, density = following, half * weights * (kernel @ density)
    return above, below


@cache
def _legendre() -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


@lru_cache(maxsize=64)
def boundaries(alpha: float, beta: float, looks: int = LOOKS, shape: float = SHAPE) -> Boundaries:
    """The constants for one-sided error probabilities ``alpha`` and ``beta``.

    Raises :class:`~nasbed.errors.OptionError`.

    >>> found = boundaries(0.045, 0.08)
    >>> round(found.c1, 3), round(found.c2, 3)
    (1.926, 1.694)
    """
    if not (0 < alpha < 0.5 and 0 < beta < 0.5 and looks >= 1):
        raise OptionError(
            f"alpha = {alpha}, beta = {beta}, looks = {looks}; expected probabilities between 0 and 0.5, and at least one look"
        )
    from scipy.optimize import root
    from scipy.special import ndtri

    def excess(constants: np.ndarray) -> list[float]:
        c1, c2 = constants
        worse, _ = crossing(c1, c2, 0.0, looks, shape=shape)
        _, missed = crossing(c1, c2, c1 + c2, looks, shape=shape)
        return [float(ndtri(worse) - ndtri(alpha)), float(ndtri(missed) - ndtri(beta))]

    start = np.array([-ndtri(alpha), -ndtri(beta)]) * 1.15
    found = root(excess, start, tol=1e-10)
    c1, c2 = map(float, found.x)
    return Boundaries(alpha, beta, c1, c2)
