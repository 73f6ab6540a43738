"""The size of the network that stacks a NAS-Bench-201 cell: parameters and multiply-accumulates, from the structure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise

from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.errors import OptionError
from nasbed.numeric import require_whole
from nasbed.vocabulary import Arch

_SIZES = {OPERATIONS.index("nor_conv_1x1"): 1, OPERATIONS.index("nor_conv_3x3"): 3}


@dataclass(frozen=True)
class NetworkShape:
    """A stem of ``channels``, then ``stages`` of ``cells`` cells, each stage with twice the channels and half the side of the
    one before, for images of ``pixels`` x ``breadth`` (0 where they are square) in ``colours`` (Dong and Yang, ICLR 2020, section
    2.1).

    Raises :class:`~nasbed.errors.OptionError` for a size that is no whole number from 1 on, and for images that cannot be
    halved so often.

    >>> shape = NetworkShape()
    >>> shape.parameters((3, 3, 3, 3, 3, 3)), shape.flops((0, 0, 0, 0, 0, 0))
    (1531546, 7783050)
    """

    channels: int = 16
    cells: int = 5
    stages: int = 3
    classes: int = 10
    pixels: int = 32
    colours: int = 3
    breadth: int = 0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            object.__setattr__(self, name, require_whole(name, value, 0 if name == "breadth" else 1, 10_000))
        if self.breadth == 0:
            object.__setattr__(self, "breadth", self.pixels)
        if self.pixels % (1 << (self.stages - 1)) or self.breadth % (1 << (self.stages - 1)):
            raise OptionError(
                f"{self.stages} stages halve images of {self.pixels} x {self.breadth} pixels {self.stages - 1} times;"
                " use fewer stages or larger images"
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of channels of each stage."""
        return tuple(self.channels << stage for stage in range(self.stages))

    @property
    def sides(self) -> tuple[int, ...]:
        """Pixels along the height of each stage's feature maps."""
        return tuple(self.pixels >> stage for stage in range(self.stages))

    @property
    def maps(self) -> tuple[tuple[int, int], ...]:
        """Height and breadth of each stage's feature maps, in pixels."""
        return tuple((self.pixels >> stage, self.breadth >> stage) for stage in range(self.stages))

    def described(self) -> dict[str, int]:
        """What decides the network beside its cell, as plain data."""
        said: dict[str, int] = asdict(self)
        return said if self.breadth != self.pixels else {name: said[name] for name in said if name != "breadth"}

    def parameters(self, arch: Arch) -> int:
        """Trainable parameters, those of edges that lead nowhere included. NAS-Bench-201 on CIFAR-10: 73,306 +
        28,000 n(1x1) + 243,040 n(3x3); the published counts are wrong on some rows.
        """
        return _parameters(self, _kernels(arch))

    def flops(self, arch: Arch) -> int:
        """Multiply-accumulates of a forward pass on one image."""
        return _flops(self, _kernels(arch))


def _kernels(arch: Arch) -> tuple[int, ...]:
    """Sides of the kernels of a cell's convolutions in order of size: all that its counts depend on."""
    return tuple(sorted(_SIZES[operation] for operation in arch if operation in _SIZES))


@lru_cache(1024)
def _parameters(shape: NetworkShape, kernels: tuple[int, ...]) -> int:
    widths, last = shape.widths, shape.widths[-1]
    stem = shape.colours * 9 * shape.channels + 2 * shape.channels
    reductions = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b + a * b for a, b in pairwise(widths))
    head = 2 * last + last * shape.classes + shape.classes
    return stem + reductions + head + sum(shape.cells * sum(k**2 * w**2 + 2 * w for w in widths) for k in kernels)


@lru_cache(1024)
def _flops(shape: NetworkShape, kernels: tuple[int, ...]) -> int:
    places = [(width, height * breadth) for width, (height, breadth) in zip(shape.widths, shape.maps, strict=True)]
    stem = shape.colours * 9 * shape.channels * shape.pixels * shape.breadth
    reductions = sum((9 * a * b + 9 * b * b + a * b) * area for (a, _), (b, area) in pairwise(places))
    head = shape.widths[-1] * shape.classes + shape.classes
    return stem + reductions + head + sum(shape.cells * sum(k**2 * w**2 * area for w, area in places) for k in kernels)
