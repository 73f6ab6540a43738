"""The network of NAS-Bench-201 (Dong and Yang, ICLR 2020, section 2) for any cell, for one architecture or many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS
from nasbed.streams import key
from nasbed.vocabulary import Arch

_NONE, _SKIP, _CONV1, _CONV3, _POOL = range(len(OPERATIONS))
_KERNELS = {_CONV1: 1, _CONV3: 3}


class Networks(nn.Module):
    """The networks of several cells side by side, independent of each other; one is as good as many.

    Feature maps are (images, networks, channels, side, side). Convolutions of all networks that have the same operation on
    the same edge are one grouped convolution. Initial weights (PyTorch's defaults) are those of ``seed`` and of the
    place in the network, not of the cell, so that networks of one seed are paired.
    """

    def __init__(self, archs: Sequence[Arch], shape: NetworkShape, seed: int) -> None:
        super().__init__()
        self.count, self.shape = len(archs), shape
        self.stem = _ConvNorm(
            self.count, shape.colours, shape.channels, 3, key(seed, "network", "stem"), activate=False
        )
        stages = []
        for stage, width in enumerate(shape.widths):
            blocks: list[nn.Module] = []
            if stage:
                blocks.append(_Reduction(self.count, shape.widths[stage - 1], width, seed, stage))
            blocks += [
                _Cells(archs, width, shape.sides[stage], seed, f"stage {stage}, cell {cell}")
                for cell in range(shape.cells)
            ]
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.norm = _Norm(self.count, shape.widths[-1])
        self.head = _Heads(self.count, shape.widths[-1], shape.classes, key(seed, "network", "head"))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (images, networks, classes) of images (images, colours, side, side), the same for every network."""
        features = self.norm(self.stages(self.stem(images[:, None])))
        logits: Tensor = self.head(functional.relu(features).mean(dim=(3, 4)))
        return logits


class _Norm(nn.Module):
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


class _ConvNorm(nn.Module):
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
        weight = _uniform((fan_out, fan_in, kernel, kernel), fan_in * kernel**2, seed)
        self.weight = nn.Parameter(weight.repeat(count, 1, 1, 1))
        self.norm = _Norm(count, fan_out)

    def forward(self, features: Tensor) -> Tensor:
        flat = features.flatten(1, 2)
        flat = functional.relu(flat) if self.activate else flat
        groups = features.shape[1]  # 1 where all networks read the same images
        out = functional.conv2d(flat, self.weight, None, self.stride, self.padding, 1, groups)
        normed: Tensor = self.norm(out.unflatten(1, (self.count, self.fan_out)))
        return normed


class _Heads(nn.Module):
    """A linear classifier for each network."""

    def __init__(self, count: int, features: int, classes: int, seed: int) -> None:
        super().__init__()
        numbers = _uniform((classes, features + 1), features, seed)
        self.weight = nn.Parameter(numbers[:, :-1].repeat(count, 1, 1))
        self.bias = nn.Parameter(numbers[:, -1].repeat(count, 1))

    def forward(self, features: Tensor) -> Tensor:
        return torch.einsum("bnf,ncf->bnc", features, self.weight) + self.bias


class _Reduction(nn.Module):
    """The residual block between stages: stride 2; the shortcut is an average pool and a 1 x 1 convolution without norm."""

    def __init__(self, count: int, fan_in: int, fan_out: int, seed: int, stage: int) -> None:
        super().__init__()
        self.count, self.fan_out = count, fan_out
        seeds = [key(seed, "network", f"reduction {stage}, {part}") for part in ("first", "second", "shortcut")]
        self.first = _ConvNorm(count, fan_in, fan_out, 3, seeds[0], stride=2)
        self.second = _ConvNorm(count, fan_out, fan_out, 3, seeds[1])
        self.shortcut = nn.Parameter(_uniform((fan_out, fan_in, 1, 1), fan_in, seeds[2]).repeat(count, 1, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        pooled = functional.avg_pool2d(features.flatten(1, 2), 2)
        short = functional.conv2d(pooled, self.shortcut, groups=self.count).unflatten(1, (self.count, self.fan_out))
        residual: Tensor = self.second(self.first(features))
        return residual + short


class _Cells(nn.Module):
    """One cell of each network."""

    def __init__(self, archs: Sequence[Arch], channels: int, side: int, seed: int, place: str) -> None:
        super().__init__()
        self.count = len(archs)
        self.pool: Tensor
        self.register_buffer("pool", _pooling(side), persistent=False)
        self.convolutions = nn.ModuleDict()
        self.uses: list[list[_Use]] = [[], [], []]
        """For each node but the last, the edges and operations that read it."""
        for edge, (source, target) in enumerate(EDGES):
            users = defaultdict(list)
            for network, arch in enumerate(archs):
                users[arch[edge]].append(network)
            for operation in sorted(users.keys() - {_NONE}):
                use = _Use(edge, operation, target)
                self.uses[source].append(use)
                self.register_buffer(use.who, torch.tensor(users[operation]), persistent=False)
                if operation in _KERNELS:
                    own = key(seed, "network", f"{place}, edge {edge}, {OPERATIONS[operation]}")
                    made = _ConvNorm(len(users[operation]), channels, channels, _KERNELS[operation], own)
                    self.convolutions[f"{edge}-{operation}"] = made

    def forward(self, features: Tensor) -> Tensor:
        arriving: list[list[tuple[Tensor, Tensor]]] = [[], [], [], []]
        node = features
        for source, uses in enumerate(self.uses):
            if source:
                node = self._joined(arriving[source], features)
            groups = [self.get_buffer(use.who) for use in uses]
            for use, who, part in zip(uses, groups, _Split.apply(node, *groups), strict=True):
                arriving[use.target].append((who, self._applied(use, part)))
        return self._joined(arriving[3], features)

    def _applied(self, use: _Use, part: Tensor) -> Tensor:
        if use.operation == _POOL:
            return (part.flatten(3) @ self.pool).view_as(part)
        return part if use.operation == _SKIP else self.convolutions[f"{use.edge}-{use.operation}"](part)

    def _joined(self, arriving: list[tuple[Tensor, Tensor]], like: Tensor) -> Tensor:
        joined: Tensor = _Join.apply(like, *(who for who, _ in arriving), *(part for _, part in arriving))
        return joined


class _Use(NamedTuple):
    """An operation on an edge, and the node it leads to."""

    edge: int
    operation: int
    target: int

    @property
    def who(self) -> str:
        """The name of the buffer with the networks that have it there."""
        return f"who-{self.edge}-{self.operation}"


class _Split(torch.autograd.Function):
    """The parts of a node's features that are read by some networks each; one buffer takes all their gradients."""

    @staticmethod
    def forward(context: Any, features: Tensor, *who: Tensor) -> tuple[Tensor, ...]:
        context.save_for_backward(*who)
        context.shape = features.shape
        return tuple(
            features.view_as(features) if len(some) == features.shape[1] else features.index_select(1, some)
            for some in who
        )

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Any:
        total = gradients[0].new_zeros(context.shape)
        for some, gradient in zip(context.saved_tensors, gradients, strict=True):
            total.index_add_(1, some, gradient)
        return total, *(None for _ in gradients)


class _Join(torch.autograd.Function):
    """The sum of parts, each of the features of some networks."""

    @staticmethod
    def forward(context: Any, like: Tensor, *arriving: Tensor) -> Tensor:
        half = len(arriving) // 2
        context.save_for_backward(*arriving[:half])
        total = like.new_zeros(like.shape)
        for some, part in zip(arriving[:half], arriving[half:], strict=True):
            total.index_add_(1, some, part)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Any:
        who = context.saved_tensors
        return None, *(None for _ in who), *(gradient.index_select(1, some) for some in who)


def _pooling(side: int) -> Tensor:
    """Average pooling (3 x 3, stride 1, without the padding) as a matrix on flattened maps."""
    line = (torch.arange(side)[:, None] - torch.arange(side)).abs() <= 1
    both = (line[:, None, :, None] & line[None, :, None, :]).reshape(side**2, side**2).float()
    return (both / both.sum(1, keepdim=True)).T.contiguous()


def _uniform(shape: tuple[int, ...], fan_in: int, seed: int) -> Tensor:
    """PyTorch's default initial weights: uniform within 1 / sqrt(fan_in)."""
    generator = torch.Generator().manual_seed(seed % 2**63)
    return (2.0 * torch.rand(shape, generator=generator) - 1.0) / fan_in**0.5
