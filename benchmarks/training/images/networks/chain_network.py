"""The networks of chains of layers, for one architecture or for several trainings of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.spaces.chain_layers import Layer, Shape, shapes
from nasbed.benchmarks.training.fitting.weights import uniform
from nasbed.streams import key

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": torch.tanh_,
    "elu": functional.elu_,
}
"""In place: nothing else reads what comes out of a convolution, a dense layer or batch norm."""
_VECTOR = 8
"""Numbers of a vector of a CPU's arithmetic."""


def layout_of(layers: Sequence[Layer], count: int) -> torch.memory_format:
    """Where the numbers of feature maps lie in memory: those of a pixel together, but where batch norm has fewer channels than fill
    a vector, which takes it twice as long (docs/performance.md).
    """
    narrow = any(layer.kind == "conv" and layer.norm and layer.width * count < _VECTOR for layer in layers)
    return torch.contiguous_format if narrow else torch.channels_last


class ChainNetworks(nn.Module):
    """Networks of the same layers side by side, one for each of ``seeds``, independent of each other; one is as good as many.

    The last layer is a linear classifier. Initial weights are PyTorch's defaults, drawn by the seed and the place in the chain.
    ``image`` is the shape of one image. Each network's dropout draws from a generator of its own, in ``generators``, which
    whoever trains seeds.
    """

    def __init__(self, layers: Sequence[Layer], image: Shape, classes: int, seeds: Sequence[int]) -> None:
        super().__init__()
        self.layers = (*layers, Layer("dense", width=classes, activation=""))
        self.count, self.image = len(seeds), image
        self.layout = layout_of(layers, self.count)
        self.generators = [torch.Generator() for _ in seeds]
        before = [image, *shapes(self.layers, image)]
        for place, (layer, shape) in enumerate(zip(self.layers, before, strict=False)):
            if layer.trains and shape is not None:
                self._make(place, layer, shape, [key(seed, "network", f"layer {place}") for seed in seeds])

    def _make(self, place: int, layer: Layer, shape: Shape, seeds: Sequence[int]) -> None:
        """The weights of a layer, those of all networks in one tensor each."""
        conv, count, width = layer.kind == "conv", self.count, layer.width
        fan_in = shape.channels * layer.size**2 if conv else shape.numbers
        drawn = torch.stack([uniform((width, fan_in + 1), fan_in, seed) for seed in seeds])
        weight = drawn[..., :-1]
        if conv:
            kernels = weight.reshape(count * width, shape.channels, layer.size, layer.size)
            self._hold(f"weight{place}", kernels.contiguous(memory_format=self.layout))
        else:
            self._hold(f"weight{place}", (weight[0] if count == 1 else weight).contiguous())
        if layer.norm:
            self._hold(f"scale{place}", torch.ones(count * width))
            self._hold(f"shift{place}", torch.zeros(count * width))
            self.register_buffer(f"mean{place}", torch.zeros(count * width))
            self.register_buffer(f"variance{place}", torch.ones(count * width))
        else:
            bias = drawn[..., -1]
            self._hold(f"bias{place}", (bias.reshape(-1) if conv or count == 1 else bias[:, None]).contiguous())

    def _hold(self, name: str, values: Tensor) -> None:
        self.register_parameter(name, nn.Parameter(values))

    def alone(self, place: int) -> dict[str, Tensor]:
        """The state of one of the networks, as that of a module with no other."""
        if self.count == 1:
            return self.state_dict()
        return {name: self._own(name, values, place) for name, values in self.state_dict().items()}

    def _own(self, name: str, values: Tensor, place: int) -> Tensor:
        """What is one network's in a tensor of all: networks come first in a dense layer's weights and biases, and lie after one
        another in the channels elsewhere.
        """
        dense = self.layers[int(name.lstrip("abcdefghijklmnopqrstuvwxyz"))].kind == "dense"
        if dense and name.startswith(("weight", "bias")):
            return values[place].squeeze(0) if name.startswith("bias") else values[place]
        return values.chunk(self.count)[place]

    def drawn(self, images: int) -> list[Tensor]:
        """The draws of each layer with dropout for so many images, (images, networks, width), uniform in [0, 1); those of a network
        are from its own generator.
        """
        layers = [layer for layer in self.layers if layer.dropout]
        return [
            torch.stack([torch.rand((images, layer.width), generator=one) for one in self.generators], 1)
            for layer in layers
        ]

    def forward(self, images: Tensor, *drawn: Tensor) -> Tensor:
        """Logits (images, networks, classes) of images (images, networks * colours, height, width). Dropout reads what was
        ``drawn`` for as many images, or draws itself.
        """
        count, features = self.count, images
        draws = iter(drawn if drawn or not self.training else self.drawn(len(images)))
        for place, layer in enumerate(self.layers):
            if layer.kind == "conv":
                features = self._conv(place, layer, features, draws)
            elif layer.kind == "dense":
                features = self._dense(place, layer, features, draws)
            elif layer.kind == "max":
                features = functional.max_pool2d(features, layer.size, 2)
            else:
                features = functional.avg_pool2d(features, layer.size, 2)
        return features[:, None] if count == 1 else features.transpose(0, 1)

    def _conv(self, place: int, layer: Layer, features: Tensor, draws: Iterator[Tensor]) -> Tensor:
        weight = self._parameters[f"weight{place}"]
        bias = None if layer.norm else self._parameters[f"bias{place}"]
        padding = layer.size // 2 if layer.padding == "same" else 0
        out = functional.conv2d(features, weight, bias, 1, padding, 1, self.count)  # type: ignore[arg-type]
        return self._after(place, layer, out, draws)

    def _dense(self, place: int, layer: Layer, features: Tensor, draws: Iterator[Tensor]) -> Tensor:
        """Features are (images, networks * channels, height, width) after a convolution, and (images, numbers) or
        (networks, images, numbers) after a dense layer.
        """
        weight, count = self._parameters[f"weight{place}"], self.count
        bias = None if layer.norm else self._parameters[f"bias{place}"]
        assert weight is not None
        if features.dim() == 4 and features.requires_grad:
            # The gradient arrives in the order of the flat numbers, and every layer before would work across two layouts.
            features.register_hook(self._laid_out)
        if count == 1:
            out = functional.linear(features.flatten(1), weight, bias)
            return self._after(place, layer, out, draws)
        if features.dim() == 4:
            features = features.reshape(len(features), count, -1).transpose(0, 1)
        out = (weight @ features.transpose(1, 2)).transpose(1, 2)
        if bias is not None:
            return self._regularised(layer, out + bias, draws)
        flat = out.transpose(0, 1).reshape(out.shape[1], -1)
        normed = self._normed(place, flat).reshape(out.shape[1], count, -1).transpose(0, 1)
        return self._regularised(layer, normed, draws)

    def _laid_out(self, values: Tensor) -> Tensor:
        return values.contiguous(memory_format=self.layout)

    def _after(self, place: int, layer: Layer, out: Tensor, draws: Iterator[Tensor]) -> Tensor:
        return self._regularised(layer, self._normed(place, out) if layer.norm else out, draws)

    def _normed(self, place: int, out: Tensor) -> Tensor:
        named, held = self._parameters, self._buffers
        return functional.batch_norm(
            out,
            held[f"mean{place}"],
            held[f"variance{place}"],
            named[f"scale{place}"],
            named[f"shift{place}"],
            self.training,
        )

    def _regularised(self, layer: Layer, out: Tensor, draws: Iterator[Tensor]) -> Tensor:
        """Activation and dropout, of (images, networks * channels, height, width), (images, units) or (networks, images, units)."""
        if layer.activation:
            out = ACTIVATIONS[layer.activation](out)
        if not layer.dropout or not self.training:
            return out
        own = next(draws)
        own = own.transpose(0, 1) if out.dim() == 3 else own.flatten(1)
        # 1 / (1 - dropout) is not rounded to bfloat16, which would scale all numbers by a little too much or too little.
        kept = (own >= layer.dropout).to(out.device, torch.promote_types(out.dtype, torch.float32))
        mask = kept / (1.0 - layer.dropout)
        return (out * (mask[:, :, None, None] if out.dim() == 4 else mask)).to(out.dtype)
