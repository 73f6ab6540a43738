"""Weights of networks that lie side by side in one module, each drawn by a seed of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from nasbed.benchmarks.training.fitting.weights import uniform
from nasbed.streams import key

Draw = Callable[[tuple[int, ...], int], Tensor]
"""Draws a tensor of a shape by 64 bits of a seed."""


def drawn_within(fan_in: float) -> Draw:
    """Uniform draws within 1 / sqrt(``fan_in``), as PyTorch's linear, convolutional and recurrent layers have them."""
    return lambda shape, seed: uniform(shape, fan_in, seed)


def normal(deviation: float = 1.0) -> Draw:
    """Normal draws around 0, as PyTorch's embeddings have them."""
    return lambda shape, seed: deviation * torch.randn(shape, generator=torch.Generator().manual_seed(seed % 2**63))


def constant(value: float) -> Draw:
    """The same value everywhere, whatever the seed."""
    return lambda shape, _: torch.full(shape, value)


class SideBySide(nn.Module):
    """A part of several networks at once, one for each of ``seeds``; ``part`` names it where weights are drawn.

    A parameter has the networks as its first dimension, and no such dimension in a single network: then it is as in PyTorch's own
    modules.
    """

    def __init__(self, seeds: Sequence[int], part: str) -> None:
        super().__init__()
        self.seeds, self.part, self.count = tuple(seeds), part, len(seeds)

    def hold(self, name: str, shape: tuple[int, ...], draw: Draw) -> None:
        """Make a parameter of a shape, drawn for each network by its seed, the part and the name."""
        drawn = [draw(shape, key(seed, "network", self.part, name)) for seed in self.seeds]
        self.register_parameter(name, nn.Parameter(drawn[0] if self.count == 1 else torch.stack(drawn)))

    def held(self, name: str) -> Tensor:
        """A parameter with the networks as its first dimension, be it one."""
        value: Tensor = self._parameters[name]  # type: ignore[assignment]  # every name is held
        return value[None] if self.count == 1 else value

    def linear(self, name: str, features: Tensor) -> Tensor:
        """Features (networks, steps, sequences, inputs) by the weight and bias of a name: (networks, steps, sequences, outputs)."""
        weight, bias = self.held(f"{name}weight"), self.held(f"{name}bias")
        flat = features.reshape(self.count, -1, features.shape[-1])
        return torch.baddbmm(bias[:, None], flat, weight.transpose(1, 2)).view(*features.shape[:-1], -1)
