"""The network of NAS-Bench-201 (Dong and Yang, ICLR 2020, section 2) for any cell, for one architecture or many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS
from nasbed.benchmarks.training.images.networks.network_parts import ConvNorm, Heads, Norm, Reduction, StackedNetworks
from nasbed.streams import key
from nasbed.vocabulary import Arch

_NONE, _SKIP, _CONV1, _CONV3, _POOL = range(len(OPERATIONS))
_KERNELS = {_CONV1: 1, _CONV3: 3}
_LARGEST = 256
"""Pixels of a map up to which pooling by a matrix is faster."""


class Networks(StackedNetworks):
    """The networks of several cells side by side, independent of each other; one is as good as many.

    Feature maps are (images, networks, channels, height, breadth). Convolutions of all networks that have the same operation on
    the same edge are one grouped convolution. Initial weights (PyTorch's defaults) are those of ``seed`` and of the
    place in the network, not of the cell, so that networks of one seed are paired.
    """

    def __init__(self, archs: Sequence[Arch], shape: NetworkShape, seed: int) -> None:
        super().__init__(len(archs))
        self.shape = shape
        self.stem = ConvNorm(self.count, shape.colours, shape.channels, 3, key(seed, "network", "stem"), activate=False)
        stages = []
        for stage, width in enumerate(shape.widths):
            blocks: list[nn.Module] = []
            if stage:
                blocks.append(Reduction(self.count, shape.widths[stage - 1], width, seed, stage))
            blocks += [
                _Cells(archs, width, shape.maps[stage], seed, f"stage {stage}, cell {cell}")
                for cell in range(shape.cells)
            ]
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.norm = Norm(self.count, shape.widths[-1])
        self.head = Heads(self.count, shape.widths[-1], shape.classes, key(seed, "network", "head"))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (images, networks, classes) of images (images, colours, height, breadth), the same for every network."""
        features = self.norm(self.stages(self.stem(images[:, None])))
        logits: Tensor = self.head(functional.relu(features).mean(dim=(3, 4)))
        return logits


class _Cells(nn.Module):
    """One cell of each network."""

    def __init__(self, archs: Sequence[Arch], channels: int, size: tuple[int, int], seed: int, place: str) -> None:
        super().__init__()
        self.count = len(archs)
        self.pool: Tensor | None
        self.register_buffer("pool", _pooling(*size) if size[0] * size[1] <= _LARGEST else None, persistent=False)
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
                    made = ConvNorm(len(users[operation]), channels, channels, _KERNELS[operation], own)
                    self.convolutions[f"{edge}-{operation}"] = made

    def forward(self, features: Tensor) -> Tensor:
        if self.count == 1 and not _in_rows(features):
            return self._alone(features)
        arriving: list[list[tuple[Tensor, Tensor]]] = [[], [], [], []]
        node = features
        for source, uses in enumerate(self.uses):
            if source:
                node = self._joined(arriving[source], features)
            groups = [self.get_buffer(use.who) for use in uses]
            for use, who, part in zip(uses, groups, _Split.apply(node, *groups), strict=True):
                arriving[use.target].append((who, self._applied(use, part)))
        return self._joined(arriving[3], features)

    def _alone(self, features: Tensor) -> Tensor:
        """The same of one network: its maps stay in the layout they have, and a node is rectified once for all its convolutions."""
        arriving: list[list[Tensor]] = [[features], [], [], []]
        for source, uses in enumerate(self.uses):
            node = _total(arriving[source], features)
            flat = node.flatten(1, 2)
            rectified = functional.relu(flat) if any(use.operation in _KERNELS for use in uses) else flat
            for use in uses:
                part = node
                if use.operation in _KERNELS:
                    made = self.convolutions[f"{use.edge}-{use.operation}"]
                    assert isinstance(made, ConvNorm)
                    part = made.convolved(rectified, 1)
                elif use.operation == _POOL:
                    part = functional.avg_pool2d(flat, 3, 1, 1, count_include_pad=False).view_as(node)
                arriving[use.target].append(part)
        return _total(arriving[3], features)

    def _applied(self, use: _Use, part: Tensor) -> Tensor:
        if use.operation == _POOL:
            if self.pool is not None:
                return (part.flatten(3) @ self.pool).view_as(part)
            return functional.avg_pool2d(part.flatten(1, 2), 3, 1, 1, count_include_pad=False).view_as(part)
        return part if use.operation == _SKIP else self.convolutions[f"{use.edge}-{use.operation}"](part)

    def _joined(self, arriving: list[tuple[Tensor, Tensor]], like: Tensor) -> Tensor:
        joined: Tensor = _Join.apply(like, *(who for who, _ in arriving), *(part for _, part in arriving))
        return joined


def _in_rows(features: Tensor) -> bool:
    """Whether maps are summed into rows and pooled by a matrix, as float32 on a CPU always were: the last bits of stored trainings
    depend on it. Elsewhere channels stay last, which is faster on a GPU, and no weight of pooling is rounded to bfloat16.
    """
    return features.device.type == "cpu" and features.dtype != torch.bfloat16


def _total(parts: Sequence[Tensor], like: Tensor) -> Tensor:
    return reduce(torch.add, parts) if parts else torch.zeros_like(like)


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


def _pooling(height: int, breadth: int) -> Tensor:
    """Average pooling (3 x 3, stride 1, without the padding) as a matrix on flattened maps."""
    rows, columns = ((torch.arange(size)[:, None] - torch.arange(size)).abs() <= 1 for size in (height, breadth))
    both = (rows[:, None, :, None] & columns[None, :, None, :]).reshape((height * breadth,) * 2).float()
    return (both / both.sum(1, keepdim=True)).T.contiguous()
