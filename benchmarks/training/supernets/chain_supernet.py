"""The supernet of chains of layers: the largest kernels and the most filters and units are held, and what is smaller is a slice.

A filter of side k is the centre of the largest one, and f filters are the first f of the most (Yu et al., Slimmable neural
networks, ICLR 2019; Cai et al., Once-for-all, ICLR 2020, section 3.2, without its matrices that transform kernels). A layer's
weights are those of its place in the chain. What reads feature maps whole, as the first dense layer and the classifier do, sees
them enlarged to the size of the image, so that maps of any size share its weights place by place; that is a stand-alone dense
layer whose weights are sums. Each place has one bias, used without batch norm, and one scale and shift, used with it; batches are
normalised by themselves. ``SHARING`` says which decisions share weights; the hyperparameters of a training are no architecture,
and are those of the supernet's plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.spaces.chain import DENSE_LAYERS, FEATURE_LAYERS, FILTERS, KERNELS, UNITS, ChainSpace
from nasbed.benchmarks.spaces.chain_layers import Layer
from nasbed.benchmarks.training.fitting.weights import uniform
from nasbed.benchmarks.training.images.networks.chain_network import ACTIVATIONS
from nasbed.benchmarks.training.supernets.flat_weights import FlatWeights, Views
from nasbed.errors import OptionError
from nasbed.streams import Stream, key
from nasbed.vocabulary import Arch

SHARING = {
    "feature layers": "the first layers of the longest chain",
    "dense layers": "the first of two",
    "kind": "convolutions have the weights of their place, poolings none",
    "kernel": "the centre of the largest",
    "filters": "the first of the most",
    "units": "the first of the most",
    "norm": "a scale and shift where there is one, a bias where there is none",
    "activation": "no weights",
    "dropout": "no weights",
    "padding": "no weights",
    "window": "no weights",
}
"""What the values of each decision have in common."""


class ChainSupernet:
    """The supernet of a space of chains for images of ``classes`` classes, with the initial weights of a seed.

    Raises :class:`~nasbed.errors.OptionError` for a space that searches hyperparameters alone.
    """

    def __init__(self, space: ChainSpace, classes: int, seed: int) -> None:
        self._searched = [variable.half == "architecture" for variable in space.variables]
        if not any(own and count > 1 for own, count in zip(self._searched, space.choices, strict=True)):
            raise OptionError(
                f"{space.name} searches hyperparameters alone, which no supernet holds; search the architecture"
            )
        self.space, self.classes = space, classes
        self.weights = FlatWeights(_initial(space, classes, seed))
        self._generator = torch.Generator()

    @property
    def choices(self) -> tuple[int, ...]:
        """How many values each decision has."""
        return self.space.choices

    def described(self) -> dict[str, Any]:
        """What decides the supernet beside its plan, as plain data."""
        image = self.space.image
        named = {"name": self.space.name, "classes": self.classes}
        return {"chain": {**named, "image": list(image), "choices": list(self.choices)}}

    def uniform(self) -> np.ndarray:
        """The probability of each value of each decision, where it counts, with architectures drawn by :meth:`sample`."""
        table = np.zeros((len(self.choices), max(self.choices)))
        for place, (count, searched) in enumerate(zip(self.choices, self._searched, strict=True)):
            if searched:
                table[place, :count] = 1 / count
            else:
                table[place, self.space.default[place]] = 1.0
        return table

    def sample(self, rng: Stream) -> Arch:
        """A chain as random search draws it, with the hyperparameters of the space's default."""
        drawn = zip(self.space.sample(rng), self.space.default, self._searched, strict=True)
        return tuple(code if searched else frozen for code, frozen, searched in drawn)

    def require(self, arch: Arch) -> None:
        """Raises :class:`~nasbed.errors.ArchitectureError` for what is no chain of the space."""
        self.space.require(arch)

    def begin(self, seed: int) -> None:
        """From here on dropout in paths is drawn by a seed."""
        self._generator.manual_seed(seed % 2**63)

    def path(self, images: Tensor, arch: Arch, views: Views) -> Tensor:
        """Logits of one chain, with dropout where it has such."""
        return self._logits(images, arch, views, True)

    def paths(
        self, images: Tensor, archs: Sequence[Arch], views: Views, edges: Tensor | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """Logits of many chains, each with its place in ``archs``, without dropout."""
        for place, arch in enumerate(archs):
            yield place, self._logits(images, arch, views, False)

    def _logits(self, images: Tensor, arch: Arch, views: Views, drops: bool) -> Tensor:
        features, place, dense = images, 0, 0
        for layer in self.space.chain(arch).layers:
            if layer.kind == "dense":
                dense += 1
                name = f"dense {dense}"
                features = self._regularised(layer, self._linear(features, views, name, layer.width, layer.norm), drops)
                continue
            place += 1
            if layer.kind == "conv":
                features = self._regularised(layer, _convolved(features, views, f"layer {place}", layer), drops)
            else:
                pool = functional.max_pool2d if layer.kind == "max" else functional.avg_pool2d
                features = pool(features, layer.size, 2)
        return self._linear(features, views, f"classifier after {dense}", self.classes, False)

    def _linear(self, features: Tensor, views: Views, name: str, width: int, norm: bool) -> Tensor:
        """A dense layer of so many units, on maps (images, channels, height, width) or on (images, numbers)."""
        weight = views[name][:width, : features.shape[1]]
        if features.dim() == 4:
            weight = gathered(weight, features.shape[2], features.shape[3])
        out = functional.linear(features.flatten(1), weight.flatten(1), None if norm else views[f"{name} bias"][:width])
        return _normed(out, views, name) if norm else out

    def _regularised(self, layer: Layer, out: Tensor, drops: bool) -> Tensor:
        """Activation and dropout, which after a convolution is of whole maps."""
        out = ACTIVATIONS[layer.activation](out)
        if not layer.dropout or not drops:
            return out
        drawn = torch.rand(out.shape[:2], generator=self._generator)
        kept = (drawn >= layer.dropout).to(out.device, out.dtype) / (1.0 - layer.dropout)
        return out * kept.view(*kept.shape, *(1,) * (out.dim() - 2))


def _convolved(features: Tensor, views: Views, name: str, layer: Layer) -> Tensor:
    """A convolution with slices of the weights of its place, and batch norm where the layer has it."""
    held, size, width = views[name], layer.size, layer.width
    rim = (held.shape[-1] - size) // 2
    weight = held[:width, : features.shape[1], rim : rim + size, rim : rim + size]
    padding = size // 2 if layer.padding == "same" else 0
    bias = None if layer.norm else views[f"{name} bias"][:width]
    out = functional.conv2d(features, weight, bias, 1, padding)
    return _normed(out, views, name) if layer.norm else out


def _normed(out: Tensor, views: Views, name: str) -> Tensor:
    width = out.shape[1]
    scale, shift = views[f"{name} scale"][:width], views[f"{name} shift"][:width]
    return functional.batch_norm(out, None, None, scale, shift, training=True)


def gathered(weight: Tensor, height: int, breadth: int) -> Tensor:
    """The weights of maps (units, channels, height, width) of a smaller size: each is the sum of those of the places that a number
    of the small map has in the large one, when that is enlarged to its nearest neighbours.
    """
    rows, columns = (
        functional.one_hot(torch.arange(large, device=weight.device) * small // large, small).to(weight.dtype)
        for large, small in zip(weight.shape[2:], (height, breadth), strict=True)
    )
    return torch.einsum("ucij,ih,jw->uchw", weight, rows, columns)


def _initial(space: ChainSpace, classes: int, seed: int) -> dict[str, Tensor]:
    """The initial weights by name: PyTorch's defaults for the largest layers, drawn by the seed and the place in the chain."""
    channels, height, width = space.image
    most, units, side = max(FILTERS), max(UNITS), max(KERNELS)
    found: dict[str, Tensor] = {}

    def hold(name: str, shape: tuple[int, ...], norm: bool = True) -> None:
        fan_in = int(np.prod(shape[1:]))
        numbers = uniform((shape[0], fan_in + 1), fan_in, key(seed, "supernet", name))
        found[name], found[f"{name} bias"] = numbers[:, :-1].reshape(shape), numbers[:, -1]
        if norm:
            found[f"{name} scale"], found[f"{name} shift"] = torch.ones(shape[0]), torch.zeros(shape[0])

    for place in range(1, FEATURE_LAYERS + 1):
        hold(f"layer {place}", (most, channels if place == 1 else max(most, channels), side, side))
    maps = (max(most, channels), height, width)
    for place in range(1, DENSE_LAYERS + 1):
        hold(f"dense {place}", (units, *(maps if place == 1 else (units,))))
    for before in range(DENSE_LAYERS + 1):
        hold(f"classifier after {before}", (classes, *(maps if before == 0 else (units,))), norm=False)
    return found
