"""The architectures of both spaces as text, in the official order."""

from __future__ import annotations

import itertools
from functools import cache

from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS, official_order
from nasbed.benchmarks.spaces.nats_size import WIDTHS


@cache
def topologies() -> tuple[str, ...]:
    """The cells of the topology space in their official order, as ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
    names = []
    for arch in official_order():
        a, b, c, d, e, f = (OPERATIONS[code] for code in arch)
        names.append(f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|")
    return tuple(names)


@cache
def sizes() -> tuple[str, ...]:
    """The architectures of the size space in their official order, as ``8:16:24:32:40``."""
    return tuple(":".join(map(str, widths)) for widths in itertools.product(WIDTHS, repeat=5))


@cache
def names(space: str) -> tuple[str, ...]:
    """The strings of all architectures of a space, ``nats_size`` or one of cells, by index."""
    return sizes() if space == "nats_size" else topologies()


@cache
def positions(space: str) -> dict[str, int]:
    """The index of each architecture of a space, by its string."""
    return {name: place for place, name in enumerate(names(space))}
