"""Networks of cells as PyTorch's own modules: those of NAS-Bench-201, and those of NATS-Bench's size space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain_layers import Shape
from nasbed.benchmarks.spaces.nasbench201 import EDGES, OPERATIONS
from nasbed.benchmarks.training.plain import PlainNetwork
from nasbed.vocabulary import Arch

_MODULES = {
    "skip_connect": "nn.Identity()",
    "nor_conv_1x1": "ConvNorm(channels, channels, 1)",
    "nor_conv_3x3": "ConvNorm(channels, channels, 3)",
    "avg_pool_3x3": "nn.AvgPool2d(3, 1, 1, count_include_pad=False)",
}
_CONV_NORM = '''class ConvNorm(nn.Sequential):
    """ReLU, convolution and batch norm."""

    def __init__(self, before, after, kernel, stride=1):
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(after),
        )
'''
_REDUCTION = '''class Reduction(nn.Module):
    """The residual block between stages, which halves the sides of feature maps."""

    def __init__(self, before, after):
        super().__init__()
        self.first = ConvNorm(before, after, 3, stride=2)
        self.second = ConvNorm(after, after, 3)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, after, 1, bias=False))

    def forward(self, features):
        return self.second(self.first(features)) + self.shortcut(features)
'''
_SIZED_CELL = '''class Cell(nn.Module):
    """Convolutions between four nodes, of which the first is the input, and a skip from input to output."""

    def __init__(self, before, after):
        super().__init__()
        self.edge_1_0 = ConvNorm(before, after, 3)
        self.edge_2_0 = ConvNorm(before, after, 3)
        self.edge_2_1 = ConvNorm(after, after, 3)
        self.edge_3_0 = nn.Identity()
        if before != after:
            self.edge_3_0 = nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))
        self.edge_3_1 = ConvNorm(after, after, 3)
        self.edge_3_2 = ConvNorm(after, after, 3)

    def forward(self, node_0):
        node_1 = self.edge_1_0(node_0)
        node_2 = self.edge_2_0(node_0) + self.edge_2_1(node_1)
        return self.edge_3_0(node_0) + self.edge_3_1(node_1) + self.edge_3_2(node_2)
'''
_SIZED_EDGES = {
    "edge_1_0": "first",
    "edge_2_0": "second",
    "edge_2_1": "middle",
    "edge_3_1": "third",
    "edge_3_2": "last",
}


def plain_cells(cell: Arch, shape: NetworkShape) -> PlainNetwork:
    """The network that stacks a cell without dead edges, as modules.

    >>> print(plain_cells((3, 0, 1, 0, 0, 1), NetworkShape(8, 1, 2, 10, 8, 1)).code)
    nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        Cell(8),
        Reduction(8, 16),
        Cell(16),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )
    """
    blocks: list[_Block] = []
    convolutions = {
        f"edge_{target}_{source}": f"convolutions.{edge}-{cell[edge]}"
        for edge, (source, target) in enumerate(EDGES)
        if OPERATIONS[cell[edge]].startswith("nor_conv")
    }
    for stage, width in enumerate(shape.widths):
        first = f"stages.{stage}."
        if stage:
            blocks.append((f"Reduction({shape.widths[stage - 1]}, {width})", _reduction(f"{first}0")))
        for place in range(shape.cells):
            own = f"{first}{place + bool(stage)}"
            names = {
                name: found for edge, where in convolutions.items() for name, found in _conv(edge, f"{own}.{where}")
            }
            blocks.append((f"Cell({width})", names))
    texts = [_CONV_NORM] if convolutions or shape.stages > 1 else []
    texts += [_cell_class(cell), *([_REDUCTION] if shape.stages > 1 else [])]
    return _network(blocks, shape.colours, shape.widths[0], shape.widths[-1], shape.classes, texts)


def plain_sizes(widths: Sequence[int], image: Shape, classes: int) -> PlainNetwork:
    """The network of NATS-Bench's size space with the widths of its five layers, as modules."""
    first, second, third, fourth, fifth = widths
    blocks = [
        (f"Cell({first}, {first})", _sized_cell("layers.0", first, first)),
        (f"Reduction({first}, {second})", _reduction("layers.1")),
        (f"Cell({second}, {third})", _sized_cell("layers.2", second, third)),
        (f"Reduction({third}, {fourth})", _reduction("layers.3")),
        (f"Cell({fourth}, {fifth})", _sized_cell("layers.4", fourth, fifth)),
    ]
    return _network(blocks, image.channels, first, fifth, classes, [_CONV_NORM, _SIZED_CELL, _REDUCTION])


_Block = tuple[str, Mapping[str, str]]
"""A module as code, and for each of its weights the name in a trained network."""


def _network(
    blocks: Sequence[_Block], colours: int, first: int, last: int, classes: int, texts: Sequence[str]
) -> PlainNetwork:
    """Stem, blocks and classifier in a row."""
    rows: list[_Block] = [
        (f"nn.Conv2d({colours}, {first}, 3, padding=1, bias=False)", {"weight": "stem.weight"}),
        (f"nn.BatchNorm2d({first})", dict(_norm("", "stem.norm"))),
        *blocks,
        (f"nn.BatchNorm2d({last})", dict(_norm("", "norm"))),
        ("nn.ReLU()", {}),
        ("nn.AdaptiveAvgPool2d(1)", {}),
        ("nn.Flatten()", {}),
        (f"nn.Linear({last}, {classes})", {"weight": "head.weight", "bias": "head.bias"}),
    ]
    lines = "".join(f"    {code},\n" for code, _ in rows)
    weights = {f"{place}.{name}": own for place, (_, names) in enumerate(rows) for name, own in names.items()}
    return PlainNetwork(f"nn.Sequential(\n{lines})", weights, "\n\n".join(texts))


def _cell_class(cell: Arch) -> str:
    """The class of a cell, whose edges that are none do not appear."""
    made, sums = [], {}
    for target in (1, 2, 3):
        into = [(edge, source) for edge, (source, to) in enumerate(EDGES) if to == target and cell[edge]]
        made += [f"        self.edge_{target}_{source} = {_MODULES[OPERATIONS[cell[edge]]]}\n" for edge, source in into]
        sums[target] = " + ".join(f"self.edge_{target}_{source}(node_{source})" for _, source in into)
    nodes = "".join(f"        node_{target} = {sums[target]}\n" for target in (1, 2) if sums[target])
    return f'''class Cell(nn.Module):
    """Four nodes, of which the first is the input and the last the output: each is the sum of what its edges give."""

    def __init__(self, channels):
        super().__init__()
{"".join(made)}
    def forward(self, node_0):
{nodes}        return {sums[3] or "torch.zeros_like(node_0)"}
'''


def _sized_cell(own: str, before: int, after: int) -> dict[str, str]:
    names = dict(pair for edge, where in _SIZED_EDGES.items() for pair in _conv(edge, f"{own}.{where}"))
    if before != after:
        names |= {"edge_3_0.0.weight": f"{own}.skip.weight", **dict(_norm("edge_3_0.1.", f"{own}.skip.norm"))}
    return names


def _reduction(own: str) -> dict[str, str]:
    both = dict(pair for part in ("first", "second") for pair in _conv(part, f"{own}.{part}"))
    return {**both, "shortcut.1.weight": f"{own}.shortcut"}


def _conv(name: str, own: str) -> Iterator[tuple[str, str]]:
    """The weights of a ``ConvNorm``, and what a trained network calls them."""
    yield f"{name}.1.weight", f"{own}.weight"
    yield from _norm(f"{name}.2.", f"{own}.norm")


def _norm(name: str, own: str) -> Iterator[tuple[str, str]]:
    """The weights of a batch norm, and what a trained network calls them."""
    for theirs, ours in (("weight", "weight"), ("bias", "bias"), ("running_mean", "mean"), ("running_var", "variance")):
        yield f"{name}{theirs}", f"{own}.{ours}"
