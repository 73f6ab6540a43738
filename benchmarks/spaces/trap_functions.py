"""Sums of trap functions over groups of decisions, of which everything is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nasbed.streams import Stream
from nasbed.vocabulary import Arch

Parts = list[np.ndarray]
"""A function on the space that is a sum over groups of decisions: for each group an array with an axis for each decision."""

RANGE = 30.0
"""Points of validation accuracy between the best and the worst architecture."""

TRAP = 0.4
"""What it costs a pair of decisions to be half right, where a wrong decision costs 1 at most: it makes local optima."""

SLOWEST = 4.0
"""Most seconds of an epoch; the fastest takes 1."""


@dataclass(frozen=True)
class TrapLandscape:
    """The optimum, and what decisions do to validation and test accuracy, to the pace of learning and to its cost."""

    optimum: Arch
    penalty: Parts
    test_penalty: Parts
    slowness: Parts
    seconds: Parts


def trap_landscape(decisions: int, values: int, rng: Stream) -> TrapLandscape:
    optimum = tuple(rng.below(values) for _ in range(decisions))
    wrong = [_wrong(right, values, rng) for right in optimum]
    test_wrong = [cost * (0.8 + 0.4 * _uniform(values, rng)) for cost in wrong]
    slowness = [_uniform(values, rng) for _ in optimum]
    paces = [_uniform(values, rng) for _ in optimum]
    pairs = [range(first, min(first + 2, decisions)) for first in range(0, decisions, 2)]
    traps = [_trap([np.arange(values) == optimum[place] for place in pair]) for pair in pairs]
    scale = RANGE / math.fsum(float((_sum(wrong, pair) + trap).max()) for pair, trap in zip(pairs, traps, strict=True))
    fastest = math.fsum(float(pace.min()) for pace in paces)
    slowest = math.fsum(float(pace.max()) for pace in paces)
    stretch = (SLOWEST - 1.0) / (slowest - fastest)
    return TrapLandscape(
        optimum,
        [scale * (_sum(wrong, pair) + trap) for pair, trap in zip(pairs, traps, strict=True)],
        [scale * (_sum(test_wrong, pair) + trap) for pair, trap in zip(pairs, traps, strict=True)],
        [_sum(slowness, pair) for pair in pairs],
        [stretch * _sum([pace - float(pace.min()) for pace in paces], pair) for pair in pairs],
    )


def _uniform(values: int, rng: Stream) -> np.ndarray:
    return np.array([rng.random() for _ in range(values)])


def _wrong(right: int, values: int, rng: Stream) -> np.ndarray:
    """What each value of a decision costs: 0 if right, else evenly spaced up to a weight of 0.5 to 1, in random order."""
    levels = [(level + 1) / (values - 1) for level in range(values - 1)]
    rng.shuffle(levels)
    levels.insert(right, 0.0)
    return (0.5 + 0.5 * rng.random()) * np.array(levels)


def _trap(right: list[np.ndarray]) -> np.ndarray:
    """What a group of decisions costs for being half right; a decision without a partner is never that."""
    return TRAP * (right[0][:, None] != right[1]) if len(right) == 2 else np.zeros(len(right[0]))


def _sum(functions: list[np.ndarray], group: range) -> np.ndarray:
    """The sum of functions of single decisions over a group."""
    first, *rest = (functions[place] for place in group)
    return first[:, None] + rest[0] if rest else first


def values_of(parts: Parts, index: np.ndarray) -> np.ndarray:
    """The values of the architectures of some numbers, in any shape. Numbers that no machine word holds may be objects."""
    codes, rest = [], index
    for part in reversed(parts):
        codes.append((rest % part.size).astype(np.intp))
        rest = rest // part.size
    total = np.zeros(index.shape)
    for part, code in zip(parts, reversed(codes), strict=True):
        total = total + part.ravel()[code]
    return total


def sum_of(parts: list[list[float]], codes: list[int]) -> float:
    total = 0.0
    for part, code in zip(parts, codes, strict=True):
        total += part[code]
    return total


def covariance(first: Parts, second: Parts) -> float:
    """Covariance over the space, whose groups of decisions are independent; correctly rounded sums, the same everywhere."""

    def mean(values: np.ndarray) -> float:
        return math.fsum(values.ravel().tolist()) / values.size

    return math.fsum(mean((a - mean(a)) * (b - mean(b))) for a, b in zip(first, second, strict=True))
