"""The supernet of the NAS-Bench-201 cell: every operation on every edge, with weights that all cells of the space share.

The network around the cells is that of :mod:`nasbed.benchmarks.training.images.networks.cell_network` (Dong and Yang, ICLR 2020,
section 2). In the cells batch norm has neither scale and shift nor running statistics, as in the published runs, and around them no
running statistics either: they would be those of other paths. So a batch is always normalised by itself, also when an architecture
is scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.training.fitting.weights import uniform
from nasbed.benchmarks.training.supernets.flat_weights import FlatWeights, Views
from nasbed.errors import ArchitectureError, OptionError, shown
from nasbed.streams import Stream, key
from nasbed.vocabulary import Arch

_NONE, _SKIP, _CONV1, _CONV3, _POOL = range(len(OPERATIONS))
_KERNELS = {_CONV1: 1, _CONV3: 3}
_FROM = tuple(tuple(edge for edge, (source, _) in enumerate(EDGES) if source == node) for node in range(3))
"""The edges that leave each node but the last. Their convolutions of one kernel are one tensor, and one call where all count."""
_PLACE = {edge: place for edges in _FROM for place, edge in enumerate(edges)}
_ORDER = [edge for edges in _FROM for edge in edges]
"""The edges in the order of the nodes that they leave."""


class CellSupernet:
    """The cell's supernet in a network of a shape, with the initial weights of a seed; ``codes`` are the operations that it has.

    With ``parts`` above 1 operations read and write the first of so many parts of the channels, and the others pass an edge as they
    are (PC-DARTS: Xu et al., ICLR 2020, section 3.2), also where the operation is ``none``; then the channels are shuffled. Such
    a supernet's path is no stand-alone network.

    Raises :class:`~nasbed.errors.OptionError` where the channels cannot be so divided.
    """

    def __init__(
        self,
        shape: NetworkShape,
        seed: int,
        codes: Sequence[int] = range(len(OPERATIONS)),
        parts: int = 1,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if shape.channels % parts:
            raise OptionError(
                f"channels = {shape.channels} cannot be cut into {parts} parts; expected a multiple of it"
            )
        self.shape, self.codes, self.parts = shape, tuple(codes), parts
        self.weights = FlatWeights(_initial(shape, seed, self.codes, parts), dtype)

    @property
    def choices(self) -> tuple[int, ...]:
        """How many operations the supernet offers on each edge."""
        return (len(self.codes),) * len(EDGES)

    def described(self) -> dict[str, Any]:
        """What decides the supernet beside its plan, as plain data."""
        return {"cell": self.shape.described()}

    def uniform(self) -> np.ndarray:
        """The probability of each operation on each edge (edges, operations of the space) where each is as probable."""
        table = np.zeros((len(EDGES), len(OPERATIONS)))
        table[:, list(self.codes)] = 1 / len(self.codes)
        return table

    def sample(self, rng: Stream) -> Arch:
        """A cell of the operations that the supernet has, each edge's drawn uniformly."""
        return tuple(rng.choice(self.codes) for _ in EDGES)

    def begin(self, seed: int) -> None:
        """There is no dropout in a cell, so nothing is drawn by a seed."""

    def path(
        self, images: Tensor, arch: Arch, views: Views, scales: Tensor | None = None, edges: Tensor | None = None
    ) -> Tensor:
        """Logits of one cell, the same in the whole network; nothing of the other operations is computed.

        ``scales`` (edges,) multiply the operations on each edge, and ``edges`` (edges,) all that passes it.
        """
        if self.parts == 1:  # what leads nowhere is not computed
            arch = live(arch)
        return self._logits(images, views, partial(self._along, views, arch, scales, edges))

    def mixture(
        self, images: Tensor, mixing: Tensor, views: Views, auxiliary: float = 0.0, edges: Tensor | None = None
    ) -> Tensor:
        """Logits where each edge is a sum of all operations, weighted by ``mixing`` (edges, operations); ``auxiliary`` is the
        weight of a further skip on each edge, and ``edges`` (edges,) multiply all that passes one.
        """
        return self._logits(images, views, partial(self._mixed, views, mixing, auxiliary, edges))

    def require(self, arch: Arch) -> None:
        """Raises :class:`~nasbed.errors.ArchitectureError` for what is no cell of the supernet's operations."""
        if not isinstance(arch, tuple) or len(arch) != len(EDGES) or not set(arch) <= set(self.codes):
            names = ", ".join(f"{code} {OPERATIONS[code]}" for code in self.codes)
            raise ArchitectureError(
                f"the supernet does not hold {shown(arch)}; expected {len(EDGES)} numbers of operations: {names}"
            )

    def paths(
        self, images: Tensor, archs: Sequence[Arch], views: Views, edges: Tensor | None = None
    ) -> Iterator[tuple[int, Tensor]]:
        """Logits of many cells, each with its place in ``archs``, in another order. In the first cell of the network what two of
        them have in common is computed once.
        """
        if self.parts > 1 or edges is not None:
            yield from ((place, self.path(images, arch, views, edges=edges)) for place, arch in enumerate(archs))
            return
        pruned = [live(arch) for arch in archs]
        stem = self._stem(images, views)
        nodes: list[Tensor | None] = [stem, None, None]
        known: list[dict[tuple[int, int], Tensor | None]] = [{}, {}, {}]
        before: Arch = ()

        def term(edge: int, arch: Arch) -> Tensor | None:
            source, code = EDGES[edge][0], arch[edge]
            node, cache = nodes[source], known[source]
            if node is None or code == _NONE:
                return None
            if (edge, code) not in cache:
                cache[edge, code] = self._applied(views, 0, edge, code, node)
            return cache[edge, code]

        for place in sorted(range(len(archs)), key=pruned.__getitem__):
            arch = pruned[place]
            if arch[:1] != before[:1]:
                nodes[1], known[1] = term(0, arch), {}
            if arch[:3] != before[:3]:
                nodes[2], known[2] = _sum(term(1, arch), term(2, arch)), {}
            before = arch
            first = _sum(_sum(term(3, arch), term(4, arch)), term(5, arch))
            features = torch.zeros_like(stem) if first is None else first
            yield place, self._rest(features, views, partial(self._along, views, arch, None, None), 1)

    def _logits(self, images: Tensor, views: Views, cell: Any) -> Tensor:
        return self._rest(self._stem(images, views), views, cell, 0)

    @staticmethod
    def _stem(images: Tensor, views: Views) -> Tensor:
        made = functional.conv2d(images, views["stem"], None, 1, 1)
        # of images in one colour PyTorch cannot tell in which order their numbers lie
        return _normed(made.contiguous(memory_format=torch.channels_last), views, "stem")

    def _rest(self, features: Tensor, views: Views, cell: Any, begin: int) -> Tensor:
        """Logits of what enters the cell of number ``begin``; ``cell`` makes the output of a numbered cell of its input."""
        for number in range(begin, self.shape.stages * self.shape.cells):
            stage, within = divmod(number, self.shape.cells)
            if stage and not within:
                features = _reduced(features, views, f"reduction {stage}")
            features = cell(number, features)
        features = functional.relu(_normed(features, views, "last")).mean((2, 3))
        return functional.linear(features, views["head"], views["head shift"])

    def _applied(self, views: Views, number: int, edge: int, code: int, node: Tensor) -> Tensor:
        """An operation other than ``none`` on the features of a node."""
        if code == _SKIP:
            return node
        if code == _POOL:
            return _pooled(node)
        kernel, width = _KERNELS[code], node.shape[1]
        start = _PLACE[edge] * width
        weight = views[_name(number, EDGES[edge][0], kernel)][start : start + width]
        out = functional.conv2d(functional.relu(node), weight, None, 1, kernel // 2)
        return functional.batch_norm(out, None, None, training=True)

    def _along(
        self,
        views: Views,
        arch: Arch,
        scales: Tensor | None,
        edges: Tensor | None,
        number: int,
        features: Tensor,
    ) -> Tensor:
        """The output of one cell whose edges have one operation each; a node that nothing reaches is zero, and stays ``None``."""
        nodes: list[Tensor | None] = [features, None, None, None]
        for edge, (source, target) in enumerate(EDGES):
            node, code = nodes[source], arch[edge]
            if node is None or (code == _NONE and self.parts == 1):
                continue
            part, rest = self._cut(node)
            out = torch.zeros_like(part) if code == _NONE else self._applied(views, number, edge, code, part)
            if scales is not None:
                out = out * scales[edge]
            out = self._whole(out, rest, None if edges is None else edges[edge])
            nodes[target] = _sum(nodes[target], out)
        last = nodes[3]
        return torch.zeros_like(features) if last is None else last

    def _mixed(
        self,
        views: Views,
        mixing: Tensor,
        auxiliary: float,
        edges: Tensor | None,
        number: int,
        features: Tensor,
    ) -> Tensor:
        """The output of one cell whose edges are sums of all operations. The weights of convolutions are the scales of their batch
        norms, since these have no other.
        """
        nodes: list[Tensor | None] = [features, None, None, None]
        width, begin = features.shape[1] // self.parts, 0
        columns = dict(zip(self.codes, mixing[_ORDER].unbind(1), strict=True))
        skips: Sequence[Tensor] = (columns[_SKIP] + auxiliary).unbind() if _SKIP in columns else ()
        if not skips and auxiliary:
            skips = mixing.new_full((len(EDGES),), auxiliary).unbind()
        pools = columns[_POOL].unbind() if _POOL in columns else ()
        for source, leaving in enumerate(_FROM):
            node, end = nodes[source], begin + len(leaving)
            if node is not None:
                part, rest = self._cut(node)
                convolved = self._convolved(views, number, source, part, columns, slice(begin, end))
                # not sliced: gradients of slices lie in another order in memory, which batch norm is slow in
                pieces = None if convolved is None else convolved.split(width, 1)
                pooled = _pooled(part) if pools else None
                for place, edge in enumerate(leaving, begin):
                    out = None if pieces is None else pieces[place - begin]
                    if skips:
                        out = _plus(out, part, skips[place])
                    if pooled is not None:
                        out = _plus(out, pooled, pools[place])
                    if out is None and self.parts == 1:
                        continue
                    whole = torch.zeros_like(part) if out is None else out
                    whole = self._whole(whole, rest, None if edges is None else edges[edge])
                    target = EDGES[edge][1]
                    nodes[target] = _sum(nodes[target], whole)
            begin = end
        last = nodes[3]
        return torch.zeros_like(features) if last is None else last

    def _convolved(
        self, views: Views, number: int, source: int, part: Tensor, columns: dict[int, Tensor], own: slice
    ) -> Tensor | None:
        """The weighted sum of a node's convolutions for all edges that leave it, side by side along the channels; ``own`` are their
        places in ``columns``.
        """
        active, total = None, None
        for code, kernel in _KERNELS.items():
            if code in columns:
                active = functional.relu(part) if active is None else active
                out = functional.conv2d(active, views[_name(number, source, kernel)], None, 1, kernel // 2)
                scale = columns[code][own].repeat_interleave(part.shape[1])
                total = _sum(total, functional.batch_norm(out, None, None, scale, None, training=True))
        return total

    def _cut(self, node: Tensor) -> tuple[Tensor, Tensor | None]:
        """The channels that operations work on, and those that pass by."""
        if self.parts == 1:
            return node, None
        width = node.shape[1] // self.parts
        part, rest = node.split([width, node.shape[1] - width], 1)
        return part, rest

    def _whole(self, out: Tensor, rest: Tensor | None, scale: Tensor | None) -> Tensor:
        """What passes an edge: all channels, shuffled (Zhang et al., CVPR 2018) where only a part was worked on."""
        if rest is not None:
            joined = torch.cat([out, rest], 1)
            grouped = joined.unflatten(1, (self.parts, out.shape[1]))
            out = grouped.transpose(1, 2).flatten(1, 2).contiguous(memory_format=torch.channels_last)
        return out if scale is None else out * scale


def _sum(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """The sum of features, where ``None`` is zero."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _plus(out: Tensor | None, features: Tensor, weight: Tensor) -> Tensor:
    return features * weight if out is None else torch.addcmul(out, features, weight)


def _pooled(features: Tensor) -> Tensor:
    return functional.avg_pool2d(features, 3, 1, 1, count_include_pad=False)


def _normed(features: Tensor, views: Views, name: str) -> Tensor:
    """Batch norm with the scale and shift of its place, by the statistics of the batch."""
    return functional.batch_norm(features, None, None, views[f"{name} scale"], views[f"{name} shift"], training=True)


def _reduced(features: Tensor, views: Views, name: str) -> Tensor:
    """The residual block between stages, as in the stand-alone network."""
    out = functional.conv2d(functional.relu(features), views[f"{name} first"], None, 2, 1)
    out = functional.relu(_normed(out, views, f"{name} first"))
    out = _normed(functional.conv2d(out, views[f"{name} second"], None, 1, 1), views, f"{name} second")
    return out + functional.conv2d(functional.avg_pool2d(features, 2), views[f"{name} shortcut"])


def _name(number: int, source: int, kernel: int) -> str:
    return f"cell {number}, from {source}, {kernel}x{kernel}"


def _initial(shape: NetworkShape, seed: int, codes: Sequence[int], parts: int) -> dict[str, Tensor]:
    """The initial weights by name: PyTorch's defaults, drawn by the seed and the place in the network."""
    found: dict[str, Tensor] = {}

    def drawn(name: str, fan_out: int, fan_in: int, kernel: int) -> Tensor:
        return uniform((fan_out, fan_in, kernel, kernel), fan_in * kernel**2, key(seed, "supernet", name))

    def hold(name: str, width: int, weight: Tensor | None = None) -> None:
        if weight is not None:
            found[name] = weight
        found[f"{name} scale"], found[f"{name} shift"] = torch.ones(width), torch.zeros(width)

    hold("stem", shape.channels, drawn("stem", shape.channels, shape.colours, 3))
    for stage, (before, width) in enumerate(pairwise(shape.widths), 1):
        name = f"reduction {stage}"
        hold(f"{name} first", width, drawn(f"{name} first", width, before, 3))
        hold(f"{name} second", width, drawn(f"{name} second", width, width, 3))
        found[f"{name} shortcut"] = drawn(f"{name} shortcut", width, before, 1)
    for number in range(shape.stages * shape.cells):
        width = shape.widths[number // shape.cells] // parts
        for source, leaving in enumerate(_FROM):
            for code in set(codes) & _KERNELS.keys():
                kernel = _KERNELS[code]
                each = [
                    drawn(f"cell {number}, edge {edge}, {OPERATIONS[code]}", width, width, kernel) for edge in leaving
                ]
                found[_name(number, source, kernel)] = torch.cat(each)
    last = shape.widths[-1]
    hold("last", last)
    numbers = uniform((shape.classes, last + 1), last, key(seed, "supernet", "head"))
    found["head"], found["head shift"] = numbers[:, :-1], numbers[:, -1]
    return found
