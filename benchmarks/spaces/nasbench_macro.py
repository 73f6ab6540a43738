"""The space of NAS-Bench-Macro (Su et al., CVPR 2021, arXiv 2103.11922): one of three blocks in each of eight layers.

The layers are in three stages of 2, 3 and 3. The first of each stage halves the resolution and doubles the channels
(32 after the stem), and its identity is a strided 1 x 1 convolution with batch norm; every other identity does nothing.
"""

from __future__ import annotations

from functools import cached_property

from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.vocabulary import Arch

BLOCKS = ("identity", "MBConv k3 e3", "MBConv k5 e6")
"""What the digits stand for; ``k`` is the kernel size and ``e`` the expansion of a MobileNetV2 block."""
STAGES = (2, 3, 3)
"""The number of layers of each stage."""


class NASBenchMacroSpace(DigitSpace):
    """The 6,561 architectures, written as eight digits and numbered in their order.

    >>> space = NASBenchMacroSpace()
    >>> space.canonical(space.parse("00010201"))
    (0, 0, 0, 1, 0, 2, 1, 0)
    """

    encodings = ("one_hot", "operations")
    ambiguous = ("operations",)

    def __init__(self) -> None:
        super().__init__("nasbench_macro", (len(BLOCKS),) * sum(STAGES))

    def canonical(self, arch: Arch) -> Arch:
        """The same network, written with the layers that do nothing at the end of their stage; 3,969 writings are left."""
        arch = self._own(arch)
        layers: list[int] = []
        start = 0
        for count in STAGES:
            first, *rest = arch[start : start + count]
            blocks = [block for block in rest if block]
            layers += [first, *blocks, *[0] * (len(rest) - len(blocks))]
            start += count
        return tuple(layers)

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """For each index the smallest index of the same network."""
        first: dict[Arch, int] = {}
        return tuple(first.setdefault(self.canonical(arch), index) for index, arch in enumerate(self.archs))
