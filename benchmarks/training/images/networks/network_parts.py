"""Parts of the networks of NAS-Bench-201 and NATS-Bench, each for several networks side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.training.fitting.weights import uniform
from nasbed.streams import key


class StackedNetworks(nn.Module):
    """So many networks of stacked cells side by side, which have no dropout, so that nothing is drawn in a step."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.layout = torch.channels_last
        self.generators = [torch.Generator() for _ in range(count)]

    def alone(self, place: int) -> dict[str, Tensor]:
        """The state of the one network, as that of a module with no other."""
        assert self.count == 1
        return alone(self.state_dict())

    def drawn(self, images: int) -> list[Tensor]:
        """Nothing is drawn for so many images."""
        return []


class Norm(nn.Module):
    """Batch norm of each network's channels."""

    def __init__(self, count: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(count * channels))
        self.bias = nn.Parameter(torch.zeros(count * channels))
        self.mean: Tensor
        self.variance: Tensor
        self.register_buffer("mean", torch.zeros(count * channels))
        self.register_buffer("variance", torch.ones(count * channels))

    def forward(self, features: Tensor) -> Tensor:
        flat = features.flatten(1, 2)
        normed = functional.batch_norm(flat, self.mean, self.variance, self.weight, self.bias, self.training)
        return normed.view_as(features)


class ConvNorm(nn.Module):
    """ReLU (where ``activate``), convolution and batch norm of ``count`` networks."""

    def __init__(
        self, count: int, fan_in: int, fan_out: int, kernel: int, seed: int, *, stride: int = 1, activate: bool = True
    ) -> None:
        super().__init__()
        self.count, self.fan_out, self.stride, self.padding, self.activate = (
            count,
            fan_out,
            stride,
            kernel // 2,
            activate,
        )
        weight = uniform((fan_out, fan_in, kernel, kernel), fan_in * kernel**2, seed)
        self.weight = nn.Parameter(weight.repeat(count, 1, 1, 1))
        self.norm = Norm(count, fan_out)

    def forward(self, features: Tensor) -> Tensor:
        flat = features.flatten(1, 2)
        flat = functional.relu(flat) if self.activate else flat
        return self.convolved(flat, features.shape[1])

    def convolved(self, flat: Tensor, groups: int) -> Tensor:
        """What comes after the ReLU, of maps (images, networks * channels, height, breadth); ``groups`` is 1 where all networks
        read the same images.
        """
        out = functional.conv2d(flat, self.weight, None, self.stride, self.padding, 1, groups)
        normed: Tensor = self.norm(out.unflatten(1, (self.count, self.fan_out)))
        return normed


class Heads(nn.Module):
    """A linear classifier for each network."""

    def __init__(self, count: int, features: int, classes: int, seed: int) -> None:
        super().__init__()
        numbers = uniform((classes, features + 1), features, seed)
        self.weight = nn.Parameter(numbers[:, :-1].repeat(count, 1, 1))
        self.bias = nn.Parameter(numbers[:, -1].repeat(count, 1))

    def forward(self, features: Tensor) -> Tensor:
        return torch.einsum("bnf,ncf->bnc", features, self.weight) + self.bias


class Reduction(nn.Module):
    """The residual block between stages: stride 2; the shortcut is an average pool and a 1 x 1 convolution without norm."""

    def __init__(self, count: int, fan_in: int, fan_out: int, seed: int, stage: int) -> None:
        super().__init__()
        self.count, self.fan_out = count, fan_out
        seeds = [key(seed, "network", f"reduction {stage}, {part}") for part in ("first", "second", "shortcut")]
        self.first = ConvNorm(count, fan_in, fan_out, 3, seeds[0], stride=2)
        self.second = ConvNorm(count, fan_out, fan_out, 3, seeds[1])
        self.shortcut = nn.Parameter(uniform((fan_out, fan_in, 1, 1), fan_in, seeds[2]).repeat(count, 1, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        pooled = functional.avg_pool2d(features.flatten(1, 2), 2)
        short = functional.conv2d(pooled, self.shortcut, groups=self.count).unflatten(1, (self.count, self.fan_out))
        residual: Tensor = self.second(self.first(features))
        return residual + short


def alone(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of one network without the dimension that the classifiers of several have."""
    return {name: values[0] if name.startswith("head.") else values for name, values in state.items()}
