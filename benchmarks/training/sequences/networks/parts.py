"""The layers of networks for sequences, of several networks side by side.

Features are (networks, steps, sequences, width): what is one step of all sequences lies together, as recurrent layers and the taps
of convolutions want it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.spaces.sequence_layers import GATES, SequenceLayer
from nasbed.benchmarks.training.sequences.networks.recurrence import recurrence
from nasbed.benchmarks.training.sequences.networks.side_by_side import SideBySide, constant, drawn_within, normal
from nasbed.benchmarks.training.sequences.networks.steps import Steps


class Block(SideBySide):
    """A layer with what stands around it: dropout of what it gives, and a residual connection. ``generators`` draw the dropout, one
    for each network.
    """

    def __init__(
        self, layer: SequenceLayer, width: int, seeds: Sequence[int], part: str, generators: Sequence[torch.Generator]
    ) -> None:
        super().__init__(seeds, part)
        self.layer, self.width, self.generators = layer, width, generators

    def hold_norm(self, name: str) -> None:
        """Make the weights of layer norm, where the layer has it."""
        if self.layer.norm:
            self.hold(f"{name}weight", (self.width,), constant(1.0))
            self.hold(f"{name}bias", (self.width,), constant(0.0))

    def normed(self, name: str, features: Tensor) -> Tensor:
        """Features after layer norm, where the layer has it."""
        if not self.layer.norm:
            return features
        weight, bias = self.held(f"{name}weight"), self.held(f"{name}bias")
        if self.count == 1:
            return functional.layer_norm(features, (self.width,), weight[0], bias[0])
        plain = functional.layer_norm(features, (self.width,))
        return torch.addcmul(bias[:, None, None], plain, weight[:, None, None])

    def around(self, features: Tensor, given: Tensor) -> Tensor:
        """What leaves a layer that has made ``given`` of features: with dropout, and added to them where it is residual."""
        if self.layer.dropout and self.training:
            shape = (given.shape[2], self.width)
            drawn = torch.stack([torch.rand(shape, generator=generator) for generator in self.generators])
            kept = (drawn >= self.layer.dropout).to(given.device, given.dtype) / (1.0 - self.layer.dropout)
            given = given * kept[:, None]
        return features + given if self.layer.residual else given


class Recurrent(Block):
    """A plain recurrent layer, GRU or LSTM, in one direction or in both; weights are called as in PyTorch's modules."""

    def __init__(
        self, layer: SequenceLayer, width: int, seeds: Sequence[int], part: str, generators: Sequence[torch.Generator]
    ) -> None:
        super().__init__(layer, width, seeds, part, generators)
        self.hold_norm("norm_")
        units, gates = layer.units(width), GATES[layer.kind]
        self.directions = ("", "_reverse") if layer.both else ("",)
        for direction in self.directions:
            self.hold(f"weight_ih{direction}", (gates * units, width), drawn_within(units))
            self.hold(f"weight_hh{direction}", (gates * units, units), drawn_within(units))
            self.hold(f"bias_ih{direction}", (gates * units,), drawn_within(units))
            self.hold(f"bias_hh{direction}", (gates * units,), drawn_within(units))

    def forward(self, features: Tensor, steps: Steps) -> Tensor:
        """What the layer makes of features, (networks, steps, sequences, width)."""
        inputs = self.normed("norm_", features)
        if not self.layer.both:
            return self.around(features, recurrence(self.layer.kind, inputs, *self._weights("")))
        weights = (torch.cat(pair) for pair in zip(*map(self._weights, self.directions), strict=True))
        out = recurrence(self.layer.kind, torch.cat([inputs, steps.reversed(inputs)]), *weights)
        ahead, back = out.chunk(2)
        return self.around(features, torch.cat([ahead, steps.reversed(back)], 3))

    def _weights(self, direction: str) -> list[Tensor]:
        return [self.held(f"{name}{direction}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


class Convolution(Block):
    """A temporal convolution with ReLU, of as many steps as its input."""

    def __init__(
        self, layer: SequenceLayer, width: int, seeds: Sequence[int], part: str, generators: Sequence[torch.Generator]
    ) -> None:
        super().__init__(layer, width, seeds, part, generators)
        self.hold_norm("norm_")
        self.hold("weight", (width, width, layer.kernel), drawn_within(width * layer.kernel))
        self.hold("bias", (width,), drawn_within(width * layer.kernel))

    def forward(self, features: Tensor, steps: Steps) -> Tensor:
        """What the layer makes of features, (networks, steps, sequences, width)."""
        inputs = self.normed("norm_", features)
        reach, dilation = (self.layer.kernel - 1) * self.layer.dilation, self.layer.dilation
        if self.layer.both:
            inputs = steps.zeroed(inputs)
        ahead = reach // 2 if self.layer.both else 0
        padded = functional.pad(inputs, (0, 0, 0, 0, reach - ahead, ahead))
        count, length = self.count, inputs.shape[1]
        weight = self.held("weight").permute(3, 0, 2, 1)
        out = self.held("bias")[:, None]
        for tap in range(self.layer.kernel):
            shifted = padded.narrow(1, tap * dilation, length).reshape(count, -1, self.width)
            out = torch.baddbmm(out, shifted, weight[tap])
        return self.around(features, functional.relu(out).view(features.shape))


class Attention(Block):
    """A block of self-attention and a feed-forward part."""

    def __init__(
        self,
        layer: SequenceLayer,
        width: int,
        seeds: Sequence[int],
        part: str,
        generators: Sequence[torch.Generator],
        longest: int,
    ) -> None:
        super().__init__(layer, width, seeds, part, generators)
        self.longest = longest
        if layer.positions == "learned":
            self.hold("positions", (longest, width), normal(0.02))
        self.hold_norm("norm_")
        # Xavier's bound for the three maps in one, and no bias, as nn.MultiheadAttention has them.
        self.hold("attended_weight", (3 * width, width), drawn_within(width / 1.5))
        self.hold("attended_bias", (3 * width,), constant(0.0))
        self.hold("joined_weight", (width, width), drawn_within(width))
        self.hold("joined_bias", (width,), constant(0.0))
        self.hold_norm("second_norm_")
        inner = layer.ratio * width
        self.hold("wide_weight", (inner, width), drawn_within(width))
        self.hold("wide_bias", (inner,), drawn_within(width))
        self.hold("narrow_weight", (width, inner), drawn_within(inner))
        self.hold("narrow_bias", (width,), drawn_within(inner))

    def forward(self, features: Tensor, steps: Steps) -> Tensor:
        """What the block makes of features, (networks, steps, sequences, width)."""
        placed = self._placed(features, steps)
        attended = self._attended(self.normed("norm_", placed), steps)
        middle = self.around(placed, self.linear("joined_", attended))
        wide = functional.relu(self.linear("wide_", self.normed("second_norm_", middle)))
        return self.around(middle, self.linear("narrow_", wide))

    def _placed(self, features: Tensor, steps: Steps) -> Tensor:
        """Features with their positions."""
        length = features.shape[1]
        if self.layer.positions == "sinusoidal":
            return features + sinusoids(length, self.width).to(features)[:, None]
        if self.layer.positions == "none":
            return features
        if length > self.longest:
            steps.require_within(self.longest)
        own = self.held("positions")[:, :length]
        return features + functional.pad(own, (0, 0, 0, length - own.shape[1]))[:, :, None]

    def _attended(self, inputs: Tensor, steps: Steps) -> Tensor:
        count, length, sequences, width = inputs.shape
        heads = self.layer.heads
        parts = self.linear("attended_", inputs).view(count, length, sequences, 3, heads, width // heads)
        queries, keys, values = parts.permute(3, 0, 2, 4, 1, 5).flatten(1, 2)
        out = functional.scaled_dot_product_attention(
            queries, keys, values, *steps.attended(causal=not self.layer.both)
        )
        return out.view(count, sequences, heads, length, -1).permute(0, 3, 1, 2, 4).reshape(inputs.shape)


def sinusoids(length: int, width: int) -> Tensor:
    """The positions of Vaswani et al. (NeurIPS 2017, section 3.5), (steps, width): sines at even places and cosines at odd ones."""
    place = torch.arange(length, dtype=torch.float32)[:, None]
    angle = place * torch.exp(torch.arange(0, width, 2) * (-9.210340371976184 / width))  # ln 10,000
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)[:, :width]
