"""The two spaces of Channel-Bench-Macro (Su et al., BCNet, CVPR 2021, arXiv 2105.10533): the widths of small networks on CIFAR-10.

Seven decisions, each a quarter, a half, three quarters or all of a layer's channels, written as the digits 1 to 4 in the order of
the published files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.vocabulary import Arch

LAYERS, WIDTHS = 7, 4
_CLASSES = 10
_WHOLE, _HALVED = 16 * 16, 8 * 8
"""Pixels after the stem, which halves the images of 32 x 32, and after the block that halves again."""


class ChannelNetwork(NamedTuple):
    """A family of networks: its name, what each decision is the width of, and the channels of a quarter of that width."""

    name: str
    decisions: tuple[str, ...]
    quarters: tuple[int, ...]
    separable: bool

    def space(self) -> DigitSpace:
        """The 16,384 networks in the order of their digits."""
        return DigitSpace(self.name, (WIDTHS,) * LAYERS, first=1)

    def widths(self) -> dict[str, tuple[str, ...]]:
        """What is decided, and the numbers of channels."""
        return {
            name: tuple(str(quarter * (value + 1)) for value in range(WIDTHS))
            for name, quarter in zip(self.decisions, self.quarters, strict=True)
        }

    def counts(self, arch: Arch) -> tuple[int, int]:
        """Parameters and multiply-accumulates, without those of batch norms in the latter.

        >>> MOBILENET.counts((3, 3, 2, 1, 1, 0, 3)), RESNET.counts((1, 2, 3, 1, 0, 1, 1))
        ((716234, 122923008), (2810378, 378373376))
        """
        channels = [quarter * (value + 1) for quarter, value in zip(self.quarters, arch, strict=True)]
        convolutions = list(self._convolutions(channels))
        last = channels[6] if self.separable else channels[4]
        parameters = sum(inside * outside * kernel + 2 * outside for inside, outside, kernel, _ in convolutions)
        operations = sum(inside * outside * kernel * pixels for inside, outside, kernel, pixels in convolutions)
        return parameters + last * _CLASSES + _CLASSES, operations + last * _CLASSES

    def _convolutions(self, channels: list[int]) -> Iterator[tuple[int, int, int, int]]:
        """Each convolution: inputs of a group, outputs, weights of the kernel, pixels of its outputs."""
        stem, *middle = channels
        yield 3, stem, 9, _WHOLE
        late = middle[3]
        blocks = [(stem, middle[0], stem, _WHOLE, _WHOLE), (stem, middle[1], stem, _WHOLE, _WHOLE)]
        blocks += [(stem, middle[2], late, _WHOLE, _HALVED), (late, middle[4], late, _HALVED, _HALVED)]
        if not self.separable:
            blocks.append((late, middle[5], late, _HALVED, _HALVED))
        for inside, width, outside, before, after in blocks:
            if self.separable:
                yield from ((inside, width, 1, before), (1, width, 9, after), (width, outside, 1, after))
            else:
                yield from ((inside, width, 9, after), (width, outside, 9, after))
        if self.separable:
            yield late, middle[5], 1, _HALVED


MOBILENET = ChannelNetwork(
    "channel_bench_mobilenet",
    ("stem", "inside block 1", "inside block 2", "inside block 3", "after block 3", "inside block 4", "head"),
    (32, 192, 192, 192, 64, 384, 256),
    separable=True,
)
"""Four inverted residual blocks, the third of which halves the resolution, and a 1 x 1 convolution."""
RESNET = ChannelNetwork(
    "channel_bench_resnet",
    ("stem", "inside block 1", "inside block 2", "inside block 3", "after block 3", "inside block 4", "inside block 5"),
    (64, 64, 64, 128, 128, 128, 128),
    separable=False,
)
"""Five blocks of two 3 x 3 convolutions, the third of which halves the resolution."""
