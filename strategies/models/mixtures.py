"""Two mixtures of product kernels at architectures, which a table holds so that a query samples and compares them in microseconds
(multivariate Parzen estimators: Watanabe 2023, arXiv 2304.11127).

Architectures are rows of codes: (architectures, decisions) of whole numbers.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise
from math import prod

import numpy as np

from nasbed.strategies.models.parzen import LEAST

_MOST = 1e18
"""A number of which no random share is a choice, and which is a whole number of 64 bits."""
_KEPT = 512
"""How many tables of kernels are kept, by how many there are: searches of a study ask for the same again and again."""
_AHEAD, _TOGETHER = 7, 2**14
"""For how many samples random numbers are drawn at once, which is for how many queries a seventh of the outcomes is as many; and of
how many architectures at most, where a sample is not of more.
"""


class Redraws:
    """Which kernels of a mixture a sample comes from, and what of their centres is drawn anew. This depends on the number of
    kernels and not on their centres, so it is drawn for several samples at once.
    """

    def __init__(self, choices: tuple[int, ...], prior: float) -> None:
        self._choices, self._prior = choices, prior
        self._ahead: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._drawn_for: tuple[int, int, bool] | None = None

    def of_a_sample(
        self, kernels: int, count: int, rng: np.random.Generator, copies: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each of ``count`` architectures, or fewer where those that are a copy of a kernel's centre are left out, the place of
        its kernel, (architectures,), and for each of its decisions whether it is drawn anew and which choice, each (decisions,
        architectures).
        """
        asked = kernels, count, copies
        if not self._ahead or asked != self._drawn_for:
            self._ahead, self._drawn_for = self._draw(kernels, count, rng, copies), asked
        return self._ahead.pop()

    def _draw(
        self, kernels: int, count: int, rng: np.random.Generator, copies: bool
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        counts, _, sums = _columns(self._choices)
        shares, weights = _drawn_anew(self._choices, kernels, self._prior)
        samples = min(_AHEAD, max(1, _TOGETHER // count))
        if copies:
            sizes = np.full(samples, count)
        else:
            shares = shares[:-1]
            sizes = rng.binomial(count, shares[-1], samples)
        ends = [0, *sizes.cumsum().tolist()]
        chance = rng.random((2 + len(counts), ends[-1]))
        beyond = chance[0] * shares[-1] >= shares[:, None]
        scaled = weights.take(np.add.reduce(beyond.view(np.uint8), axis=0, dtype=sums), axis=1)
        scaled *= chance[2:]
        numbers = scaled.astype(np.int64)
        anew, choices = numbers < counts, numbers.astype(counts.dtype)
        places = (chance[1] * kernels).astype(np.intp)
        return [(places[low:high], anew[:, low:high], choices[:, low:high]) for low, high in pairwise(ends)]


class Mixtures:
    """Two mixtures, of the ``first`` of some architectures and of the others, with a kernel at each of their n and one component of
    weight ``prior`` that is uniform.

    A kernel counts the choice of its centre once and every choice s = ``prior`` / (n + 1) times: it draws a decision of c choices
    anew with probability c / (c + 1 / s). So it is (1 + 1 / s) ** (m - decisions) times the product of (1 + s) / (1 + c s), where m
    is how many decisions agree with its centre. The architectures are columns of a ``table``, and ``first`` is the numbers of those
    of the first: the choice of each decision, and then, with a row for every choice of every decision, 1 where it is chosen and 0
    where not. The others have decisions + 1 more in the rows of the first decision, so that a sum over one row of each decision
    tells the part, too.
    """

    def __init__(
        self, table: np.ndarray, choices: tuple[int, ...], first: np.ndarray, prior: float, redraws: Redraws
    ) -> None:
        self._table, self._choices, self._first, self._prior, self._redraws = table, choices, first, prior, redraws

    def sample(self, count: int, rng: np.random.Generator, copies: bool = True) -> np.ndarray:
        kernels, anew, choices = self._redraws.of_a_sample(len(self._first), count, rng, copies)
        drawn: np.ndarray = self._table[: len(self._choices)].take(self._first.take(kernels), axis=1)
        np.copyto(drawn, choices, where=anew)
        return drawn.T

    def log_ratio(self, codes: np.ndarray) -> np.ndarray:
        first = len(self._first)
        _, rows, kind = _columns(self._choices)
        kernels, uniform = _parts(self._choices, first, self._table.shape[1] - first, self._prior)
        agreeing = np.add.reduce(self._table.take(codes.T + rows, axis=0), axis=0, dtype=kind)
        sums = np.add.reduce(kernels.take(agreeing), axis=1)
        sums += uniform
        ratio: np.ndarray = np.log(sums.real / sums.imag)
        return ratio


@cache
def _columns(choices: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.dtype]:
    """The number of choices of each decision and the row of its first choice in a table of :class:`Mixtures`, two columns,
    (decisions, 1), each of the smallest type, and the type of a sum over its rows.
    """
    counts = np.array(choices)[:, None]
    rows = len(choices) + counts.cumsum(axis=0) - counts
    return (
        counts.astype(np.min_scalar_type(max(choices))),
        rows.astype(np.min_scalar_type(len(choices) + sum(choices))),
        np.min_scalar_type(2 * len(choices) + 1),
    )


@lru_cache(maxsize=_KEPT)
def _drawn_anew(choices: tuple[int, ...], count: int, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """What a mixture of so many kernels draws anew, by cases: everything, from the uniform component; nothing before one decision,
    which is drawn anew; nothing at all.

    Returns the probability of each case or one before it, (decisions + 2,), and by decision and case the number of which a random
    share is the new choice, where it is below the number of choices.
    """
    decisions, weight = len(choices), (count + 1) / prior
    kept = np.cumprod([count / (count + prior), *(weight / (one + weight) for one in choices)])
    scales = np.full((decisions, decisions + 2), _MOST)
    for decision, one in enumerate(choices):
        scales[decision, : decision + 2] = min(one + weight, _MOST)
        scales[decision, [0, decision + 1]] = one
    return np.append(1 - kept, 1.0), scales


@lru_cache(maxsize=_KEPT)
def _parts(choices: tuple[int, ...], first: int, others: int, prior: float) -> tuple[np.ndarray, complex]:
    """What a kernel adds to the density of its part by how many decisions agree, none to all, for either part one after the other;
    and what the uniform component adds. The density of the first is the real part, that of the others the imaginary one, so that
    one sum gives both.
    """
    kernels, uniform = list[complex](), 0j
    for count, unit in ((first, 1), (others, 1j)):
        share, whole = prior / (count + 1), count + prior
        most = prod((1 + share) / (1 + one * share) for one in choices) / whole
        kernels += [most * (1 + 1 / share) ** missing * unit for missing in range(-len(choices), 1)]
        uniform += max(prior / prod(map(float, choices)) / whole, LEAST) * unit
    return np.array(kernels), uniform
