"""Chains of layers as PyTorch's own modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nasbed.benchmarks.spaces.chain_layers import Layer, Shape, shapes
from nasbed.benchmarks.training.plain import PlainNetwork

_ACTIVATIONS = {"relu": "nn.ReLU()", "tanh": "nn.Tanh()", "elu": "nn.ELU()"}
_NORM = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}


def plain_chain(layers: Sequence[Layer], image: Shape, classes: int) -> PlainNetwork:
    """A chain with its linear classifier as a sequence of modules, for images of a shape.

    >>> print(plain_chain([Layer("conv", 3, 8, "tanh"), Layer("max", 2)], Shape(1, 8, 8), 10).code)
    nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.Tanh(),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(128, 10),
    )
    """
    lines: list[str] = []
    weights: dict[str, str] = {}
    for line, names in _modules([*layers, Layer("dense", width=classes, activation="")], image):
        weights |= {f"{len(lines)}.{name}": own for name, own in names.items()}
        lines.append(f"    {line},\n")
    return PlainNetwork(f"nn.Sequential(\n{''.join(lines)})", weights)


def _modules(layers: Sequence[Layer], image: Shape) -> Iterator[tuple[str, dict[str, str]]]:
    """Each module as code, and for each of its weights the name in a trained chain."""
    before, flat = image, False
    for place, (layer, after) in enumerate(zip(layers, shapes(layers, image), strict=True)):
        assert after is not None
        named = {"weight": f"weight{place}"} | ({} if layer.norm else {"bias": f"bias{place}"})
        bias = ", bias=False" if layer.norm else ""
        if layer.kind == "conv":
            padding = f", padding={layer.size // 2}" if layer.padding == "same" else ""
            yield f"nn.Conv2d({before.channels}, {layer.width}, {layer.size}{padding}{bias})", named
        elif layer.kind == "dense":
            if not flat:
                yield "nn.Flatten()", {}
            flat = True
            yield f"nn.Linear({before.numbers}, {layer.width}{bias})", named
        else:
            yield f"nn.{'MaxPool2d' if layer.kind == 'max' else 'AvgPool2d'}({layer.size}, 2)", {}
        dimensions = "1d" if flat else "2d"
        if layer.norm and layer.trains:
            yield f"nn.BatchNorm{dimensions}({layer.width})", {name: f"{own}{place}" for name, own in _NORM.items()}
        if layer.trains and layer.activation:
            yield _ACTIVATIONS[layer.activation], {}
        if layer.trains and layer.dropout:
            yield f"nn.Dropout{'' if flat else '2d'}({layer.dropout:g})", {}
        before = after
