"""The size space of NATS-Bench (Dong et al., TPAMI 2021, arXiv 2009.00437): the widths of the five layers of one network.

Every layer has 8, 16, ..., 64 channels; the cell is the same in all, ``|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+
|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|``. An architecture is five integers below 8, one a layer.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nasbed.benchmarks.spaces.base import changed
from nasbed.benchmarks.spaces.product import ProductSpace
from nasbed.errors import ArchitectureError
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    import numpy as np

    from nasbed.streams import Stream

WIDTHS = tuple(range(8, 65, 8))
"""Channels of a layer, by its integer."""
LAYERS = 5


def layers() -> dict[str, tuple[str, ...]]:
    """The layers by name, and the widths that each can have as texts, in the order of their numbers."""
    return {f"layer {layer}": tuple(map(str, WIDTHS)) for layer in range(1, LAYERS + 1)}


class NATSSizeSpace(ProductSpace):
    """The 32,768 architectures in the official order, in which the width of the last layer changes first.

    Encodings, both injective: ``one_hot`` (40 entries) and ``widths`` (5, channels over 64).

    >>> space = NATSSizeSpace()
    >>> arch = space.parse("8:16:24:32:40")
    >>> arch, space.index(arch), len(space.neighbours(arch))
    ((0, 1, 2, 3, 4), 668, 35)
    """

    encodings = ("one_hot", "widths")

    def __init__(self) -> None:
        choices = (len(WIDTHS),) * LAYERS
        super().__init__("nats_size", choices, list(itertools.product(*map(range, choices))))

    def ordered(self) -> tuple[bool, ...]:
        """Every layer has widths in ascending order."""
        return (True,) * LAYERS

    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        """An architecture in which one layer, drawn uniformly, gets another width, drawn uniformly."""
        self.require(arch)
        return changed(arch, rng.below(LAYERS), rng.below(len(WIDTHS) - 1))

    def parse(self, text: str) -> Arch:
        """The architecture of its widths, ``8:16:24:32:40``, or of an index.

        >>> NATSSizeSpace().parse("8:16:24:32:44")
        Traceback (most recent call last):
        nasbed.errors.ArchitectureError: malformed architecture '8:16:24:32:44': expected 5 widths of 8, 16, 24, 32, 40, 48, ...
        """
        stripped = self._written(text)
        if (numbered := self._numbered(stripped)) is not None:
            return numbered
        codes = {str(width): code for code, width in enumerate(WIDTHS)}
        arch = tuple(codes.get(width, -1) for width in stripped.split(":"))
        if arch not in self:
            widths = ", ".join(map(str, WIDTHS))
            raise ArchitectureError(
                f"malformed architecture {text[:60]!r}: expected {LAYERS} widths of {widths}, as 8:16:24:32:40, or an index"
            )
        return arch

    def format(self, arch: Arch) -> str:
        """The widths of the layers, separated by colons, as ``8:16:24:32:40``."""
        return ":".join(str(WIDTHS[code]) for code in self._own(arch))

    def _widths(self, arch: Arch) -> np.ndarray:
        import numpy as np

        return np.array([WIDTHS[code] for code in arch]) / WIDTHS[-1]


def count(text: str, classes: int, pixels: int) -> tuple[int, int]:
    """Trainable parameters, and multiply-accumulates on one image of ``pixels`` x ``pixels`` in three colours, of the network of
    an architecture's text.
    """
    return network_sizes(tuple(map(int, text.split(":"))), classes, 3, pixels, pixels)


def network_sizes(widths: tuple[int, ...], classes: int, colours: int, height: int, breadth: int) -> tuple[int, int]:
    """Trainable parameters, and multiply-accumulates on one image of ``height`` x ``breadth``, from the structure.

    A stem of one convolution, then cell, reduction, cell, reduction, cell, each with the width of its layer, then a linear
    classifier. A cell has five convolutions 3 x 3, and one 1 x 1 for its skip where the width changes; a reduction is a
    residual block of two, with a shortcut 1 x 1. A batch norm follows every convolution but that of the shortcut, and
    one stands before the classifier.
    """
    first, second, third, fourth, fifth = widths
    area, half, quarter = (height // times * (breadth // times) for times in (1, 2, 4))
    parts = [
        (9 * colours * first, 2 * first, area),
        (*_cell(first, first), area),
        (*_reduction(first, second), half),
        (*_cell(second, third), half),
        (*_reduction(third, fourth), quarter),
        (*_cell(fourth, fifth), quarter),
    ]
    head = fifth * classes + classes
    parameters = sum(weights + norms for weights, norms, _ in parts) + 2 * fifth + head
    return parameters, sum(weights * pixels for weights, _, pixels in parts) + head


def _cell(before: int, after: int) -> tuple[int, int]:
    """Weights of the convolutions, and parameters of the norms."""
    skip = before != after
    return 9 * after * (2 * before + 3 * after) + skip * before * after, 2 * after * (5 + skip)


def _reduction(before: int, after: int) -> tuple[int, int]:
    return 9 * after * (before + after) + before * after, 4 * after
