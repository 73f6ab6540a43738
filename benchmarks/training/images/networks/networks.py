"""Networks that can be trained on images: a chain of layers, and the stacked cells of NAS-Bench-201."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.spaces import chain_layers
from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain_layers import Layer, Shape
from nasbed.benchmarks.spaces.nats_size import network_sizes
from nasbed.benchmarks.training.images.networks.cell_plain import plain_cells, plain_sizes
from nasbed.benchmarks.training.images.networks.chain_plain import plain_chain
from nasbed.benchmarks.training.plain import PlainNetwork
from nasbed.vocabulary import Arch

if TYPE_CHECKING:
    from nasbed.benchmarks.training.images.images import ImageData
    from nasbed.benchmarks.training.images.networks.cell_network import Networks
    from nasbed.benchmarks.training.images.networks.chain_network import ChainNetworks
    from nasbed.benchmarks.training.images.networks.size_network import SizedNetwork

_MOST, _NUMBERS = 8, 16_384
"""The most networks of a program, and the most numbers of a feature map of an image for all of them together: with more its
convolutions are slower than those of one network after another (docs/performance.md).
"""


def image_shape(data: ImageData) -> Shape:
    """The shape of one image of a data set."""
    return Shape(data.colours, data.height, data.width)


@dataclass(frozen=True)
class ChainNetwork:
    """A chain of layers with a linear classifier at its end."""

    layers: tuple[Layer, ...]

    def described(self) -> dict[str, Any]:
        """The layers, as plain data."""
        return {"chain": [asdict(layer) for layer in self.layers]}

    def build(self, data: ImageData, seeds: Sequence[int]) -> ChainNetworks:
        """The network with the initial weights of a seed, or several side by side."""
        from nasbed.benchmarks.training.images.networks.chain_network import ChainNetworks

        return ChainNetworks(self.layers, image_shape(data), len(data.classes), seeds)

    def sizes(self, data: ImageData) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one image."""
        return chain_layers.sizes(self.layers, image_shape(data), len(data.classes))

    def together(self, data: ImageData) -> int:
        """How many seeds of it are trained faster in one program than one after another."""
        image = image_shape(data)
        largest = max(shape.numbers for shape in (image, *chain_layers.shapes(self.layers, image)) if shape is not None)
        return max(1, min(_MOST, _NUMBERS // largest))

    def plain(self, data: ImageData) -> PlainNetwork:
        """The network as PyTorch's own modules."""
        return plain_chain(self.layers, image_shape(data), len(data.classes))


@dataclass(frozen=True)
class CellNetwork:
    """A cell of NAS-Bench-201 without dead edges, stacked in a network of a shape, which says its images and classes too."""

    cell: Arch
    shape: NetworkShape

    def described(self) -> dict[str, Any]:
        """The cell and the shape, as plain data."""
        return {"cell": list(self.cell), "shape": self.shape.described()}

    def build(self, data: ImageData, seeds: Sequence[int]) -> Networks:
        """The network with the initial weights of the one seed."""
        from nasbed.benchmarks.training.images.networks.cell_network import Networks

        (seed,) = seeds
        return Networks([self.cell], self.shape, seed)

    def sizes(self, data: ImageData) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one image."""
        return self.shape.parameters(self.cell), self.shape.flops(self.cell)

    def plain(self, data: ImageData) -> PlainNetwork:
        """The network as PyTorch's own modules."""
        return plain_cells(self.cell, self.shape)

    def together(self, data: ImageData) -> int:
        """One: several seeds in one program are not made."""
        return 1


@dataclass(frozen=True)
class SizeNetwork:
    """The network of NATS-Bench's size space with the widths of its five layers."""

    widths: tuple[int, ...]

    def described(self) -> dict[str, Any]:
        """The widths, as plain data."""
        return {"widths": list(self.widths)}

    def build(self, data: ImageData, seeds: Sequence[int]) -> SizedNetwork:
        """The network with the initial weights of the one seed."""
        from nasbed.benchmarks.training.images.networks.size_network import SizedNetwork

        (seed,) = seeds
        return SizedNetwork(self.widths, image_shape(data), len(data.classes), seed)

    def sizes(self, data: ImageData) -> tuple[int, int]:
        """Trainable parameters, and multiply-accumulates of a forward pass on one image."""
        return network_sizes(self.widths, len(data.classes), *image_shape(data))

    def plain(self, data: ImageData) -> PlainNetwork:
        """The network as PyTorch's own modules."""
        return plain_sizes(self.widths, image_shape(data), len(data.classes))

    def together(self, data: ImageData) -> int:
        """One: several seeds in one program are not made."""
        return 1
