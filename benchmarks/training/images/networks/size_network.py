"""The network of NATS-Bench's size space (Dong et al., TPAMI 2021): one cell, and a width for each of five layers."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.spaces.chain_layers import Shape
from nasbed.benchmarks.training.images.networks.network_parts import ConvNorm, Heads, Norm, Reduction, StackedNetworks
from nasbed.streams import key


class SizedNetwork(StackedNetworks):
    """A stem, then cell, reduction, cell, reduction, cell, each with the width of its layer, and a linear classifier.

    Feature maps are (images, 1, channels, height, breadth). Initial weights are PyTorch's defaults, drawn by the seed and the
    place in the network.
    """

    def __init__(self, widths: tuple[int, ...], image: Shape, classes: int, seed: int) -> None:
        super().__init__(1)
        first, second, third, fourth, fifth = widths
        self.stem = ConvNorm(1, image.channels, first, 3, key(seed, "network", "stem"), activate=False)
        self.layers = nn.Sequential(
            _Cell(first, first, seed, "layer 1"),
            Reduction(1, first, second, seed, 1),
            _Cell(second, third, seed, "layer 3"),
            Reduction(1, third, fourth, seed, 2),
            _Cell(fourth, fifth, seed, "layer 5"),
        )
        self.norm = Norm(1, fifth)
        self.head = Heads(1, fifth, classes, key(seed, "network", "head"))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (images, 1, classes) of images (images, colours, height, breadth)."""
        features = self.norm(self.layers(self.stem(images[:, None])))
        logits: Tensor = self.head(functional.relu(features).mean(dim=(3, 4)))
        return logits


class _Cell(nn.Module):
    """The best cell of NATS-Bench on CIFAR-100 (section 3.2): convolutions 3 x 3 on all edges but that from input to output,
    which is a skip; where the width changes that is a convolution 1 x 1 with batch norm.
    """

    def __init__(self, fan_in: int, fan_out: int, seed: int, place: str) -> None:
        super().__init__()

        def convolution(edge: str, before: int, kernel: int = 3, *, activate: bool = True) -> ConvNorm:
            own = key(seed, "network", f"{place}, edge {edge}")
            return ConvNorm(1, before, fan_out, kernel, own, activate=activate)

        self.first = convolution("1<-0", fan_in)
        self.second = convolution("2<-0", fan_in)
        self.middle = convolution("2<-1", fan_out)
        self.skip = nn.Identity() if fan_in == fan_out else convolution("3<-0", fan_in, 1, activate=False)
        self.third = convolution("3<-1", fan_out)
        self.last = convolution("3<-2", fan_out)

    def forward(self, features: Tensor) -> Tensor:
        one = self.first(features)
        two = self.second(features) + self.middle(one)
        out: Tensor = self.skip(features) + self.third(one) + self.last(two)
        return out
