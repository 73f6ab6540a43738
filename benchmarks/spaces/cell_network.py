"""The size of the network that stacks a NAS-Bench-201 cell: parameters and multiply-accumulates, from the structure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.errors import OptionError
from nasbed.numeric import require_whole
from nasbed.vocabulary import Arch

_SIZES = {OPERATIONS.index("nor_conv_1x1"): 1, OPERATIONS.index("nor_conv_3x3"): 3}


@dataclass(frozen=True)
class NetworkShape:
    """A stem of ``channels``, then ``stages`` of ``cells`` cells, each stage with twice the channels and half the side of the
    one before, for images of ``pixels`` x ``pixels`` in ``colours`` (Dong and Yang, ICLR 2020, section 2.1).

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

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            object.__setattr__(self, name, require_whole(name, value, 1, 10_000))
        if self.pixels % (1 << (self.stages - 1)):
            raise OptionError(
                f"{self.stages} stages halve images of {self.pixels} x {self.pixels} pixels {self.stages - 1} times;"
                " use fewer stages or larger images"
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage."""
        return tuple(self.channels << stage for stage in range(self.stages))

    @property
    def sides(self) -> tuple[int, ...]:
        """Pixels along the side of each stage's feature maps."""
        return tuple(self.pixels >> stage for stage in range(self.stages))

    def parameters(self, arch: Arch) -> int:
        """Trainable parameters, those of edges that lead nowhere included. NAS-Bench-201 on CIFAR-10: 73,306 +
        28,000 n(1x1) + 243,040 n(3x3); the published counts are wrong on some rows.
        """
        stem = self.colours * 9 * self.channels + 2 * self.channels
        reductions = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b + a * b for a, b in pairwise(self.widths))
        last = self.widths[-1]
        head = 2 * last + last * self.classes + self.classes
        edges = sum(
            self.cells * sum(size**2 * w**2 + 2 * w for w in self.widths) for size in map(_SIZES.get, arch) if size
        )
        return stem + reductions + head + edges

    def flops(self, arch: Arch) -> int:
        """Multiply-accumulates of a forward pass on one image."""
        places = list(zip(self.widths, self.sides, strict=True))
        stem = self.colours * 9 * self.channels * self.pixels**2
        reductions = sum((9 * a * b + 9 * b * b + a * b) * side**2 for (a, _), (b, side) in pairwise(places))
        head = self.widths[-1] * self.classes + self.classes
        edges = sum(
            self.cells * sum(size**2 * w**2 * side**2 for w, side in places) for size in map(_SIZES.get, arch) if size
        )
        return stem + reductions + head + edges
