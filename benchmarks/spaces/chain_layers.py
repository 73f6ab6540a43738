"""A convolutional network as a chain of layers: what each layer does to the shape of its input, and how large it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["conv", "max", "average", "dense"]


class Shape(NamedTuple):
    """The shape of one image or feature map; a dense layer's output has a height and a width of 1."""

    channels: int
    height: int
    width: int

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return self.channels * self.height * self.width


@dataclass(frozen=True)
class Layer:
    """One layer. ``size`` is the side of a convolution's kernel (stride 1) or of a pooling's window (stride 2, no padding), and
    ``width`` the number of filters or units. Batch norm, the activation and dropout follow a convolution or dense layer in
    this order; dropout after a convolution is of whole feature maps.
    """

    kind: Kind
    size: int = 1
    width: int = 0
    activation: str = "relu"
    norm: bool = False
    dropout: float = 0.0
    padding: Literal["same", "valid"] = "same"

    @property
    def trains(self) -> bool:
        """Whether the layer has weights."""
        return self.kind in ("conv", "dense")

    def __str__(self) -> str:
        """The layer in words.

        >>> str(Layer("conv", 5, 16, "tanh", padding="valid")), str(Layer("max", 2))
        ('conv 5x5 16 valid tanh', 'max pool 2x2')
        """
        if not self.trains:
            return f"{self.kind} pool {self.size}x{self.size}"
        words = [self.kind, f"{self.size}x{self.size}" if self.kind == "conv" else "", str(self.width)]
        words += ["valid" if self.padding == "valid" else "", "norm" if self.norm else "", self.activation]
        words += [f"dropout {self.dropout:g}" if self.dropout else ""]
        return " ".join(word for word in words if word)

    def after(self, shape: Shape) -> Shape | None:
        """The shape of the output for an input of ``shape``, ``None`` where the input is too small."""
        if self.kind == "dense":
            return Shape(self.width, 1, 1)
        height, width = shape.height, shape.width
        if self.kind == "conv":
            loss = self.size - 1 if self.padding == "valid" else 0
            height, width = height - loss, width - loss
            channels = self.width
        else:
            height, width = (height - self.size) // 2 + 1, (width - self.size) // 2 + 1
            channels = shape.channels
        return Shape(channels, height, width) if min(height, width) > 0 else None

    def parameters(self, shape: Shape) -> int:
        """Trainable parameters for an input of ``shape``; where batch norm follows there is no bias."""
        if not self.trains:
            return 0
        fan_in = shape.channels * self.size**2 if self.kind == "conv" else shape.numbers
        return fan_in * self.width + self.width * (2 if self.norm else 1)

    def flops(self, shape: Shape) -> int:
        """Multiply-accumulates of convolution or matrix for one image of ``shape``; nothing else is counted."""
        if self.kind == "dense":
            return shape.numbers * self.width
        out = self.after(shape)
        if self.kind != "conv" or out is None:
            return 0
        return shape.channels * self.size**2 * out.numbers


def shapes(layers: Sequence[Layer], image: Shape) -> Iterator[Shape | None]:
    """The shape after each layer; ``None``, and nothing after it, where a layer's input is too small."""
    shape: Shape | None = image
    for layer in layers:
        assert shape is not None
        shape = layer.after(shape)
        yield shape
        if shape is None:
            return


def obstacle(layers: Sequence[Layer], image: Shape) -> str:
    """Why a chain cannot be built for images of a shape, in words; nothing where it can.

    >>> obstacle([Layer("max", 2), Layer("max", 2), Layer("conv", 3, 8, padding="valid")], Shape(1, 8, 8))
    'layer 3 (conv 3x3 8 valid relu) is larger than its input of 2x2, which is left of images of 8x8'
    """
    before: Shape | None = image
    for place, (layer, after) in enumerate(zip(layers, shapes(layers, image), strict=False), 1):
        assert before is not None
        if after is None:
            return (
                f"layer {place} ({layer}) is larger than its input of {before.height}x{before.width}, which is left of images of"
                f" {image.height}x{image.width}"
            )
        before = after
    return ""


def sizes(layers: Sequence[Layer], image: Shape, classes: int) -> tuple[int, int]:
    """Trainable parameters, and multiply-accumulates for one image, of a chain with a linear classifier at its end.

    >>> sizes([Layer("conv", 3, 8), Layer("max", 2)], Shape(1, 8, 8), 10)
    (1370, 5888)
    """
    whole = [*layers, Layer("dense", width=classes)]
    shape: Shape | None = image
    parameters = flops = 0
    for layer in whole:
        assert shape is not None
        parameters += layer.parameters(shape)
        flops += layer.flops(shape)
        shape = layer.after(shape)
    return parameters, flops


def drawn_rows(layers: Sequence[Layer], image: Shape) -> list[tuple[str, tuple[tuple[str, str, float], ...]]]:
    """A chain as rows of a drawing, from images of a shape to the classifier: a name, and one part as kind, details with the shape
    that a layer leaves, and width, which is that of the channels or units.

    >>> drawn_rows([Layer("conv", 3, 8), Layer("max", 2)], Shape(1, 8, 8))[1:3]
    [('1', (('conv', '3×3 relu → 8 of 8×8', 8),)), ('2', (('max pool', '2×2 → 8 of 4×4', 8),))]
    """
    rows: list[tuple[str, tuple[tuple[str, str, float], ...]]] = []
    for place, (layer, after) in enumerate(zip(layers, shapes(layers, image), strict=True), 1):
        shape = after or image
        kind = layer.kind if layer.trains else f"{layer.kind} pool"
        words = re.sub(r"(\d)x(\d)", r"\1×\2", str(layer)).split()
        said = [word for word in words if word not in (*kind.split(), str(layer.width))]
        left = str(shape.channels) if layer.kind == "dense" else f"{shape.channels} of {shape.height}×{shape.width}"
        rows.append((str(place), ((kind, " ".join([*said, "→", left]), shape.channels),)))
    first = ("", (("image", f"{image.channels} of {image.height}×{image.width}", float(image.channels)),))
    return [first, *rows, ("", (("linear classifier", "", 0.0),))]
